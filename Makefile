# `make demo` and `make test` need python3 (3.11 or newer) and make; the rest they bring themselves, below this folder.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=
TIERS ?=
SEEDS ?= 2000
# Trust what this machine trusts, also behind a company's own proxy.
export UV_SYSTEM_CERTS := true

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint simulate bench reference lock clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12
	@echo 'For example: make demo ARGS="--lang en --people 1000"   make test TIERS="unit store"'

setup: $(READY) ## install everything into .venv (a stamp keeps it from running twice)

$(READY): pyproject.toml requirements.lock scripts/set-up scripts/find-python scripts/find-uv scripts/uv-requirements.txt
	@scripts/set-up $(VENV)
	@touch $@

demo: $(READY) ## two practice orgs, a first sync, a day's edits, the status page; ARGS="--once" ends by itself
	@$(BIN)/awase demo $(ARGS)

test: $(READY) ## lint and all tests, with a summary; TIERS="unit store" runs only those
	@$(BIN)/python scripts/run_tiers.py $(TIERS)

lint: $(READY) ## formatting, lint, types, import arrows
	@$(BIN)/python scripts/run_tiers.py lint

simulate: $(READY) ## the engine against SEEDS random worlds, and a tenth as many with merges and deletions
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS)
	@$(BIN)/python -m tests.simulation --identity --seeds $$(($(SEEDS) / 10))

bench: $(READY) ## what a sync costs on this machine, into bench/results.json; ARGS="--people 1000" measures less
	@$(BIN)/python -m bench $(ARGS)

reference: $(READY) ## write the pages in docs/reference that are made from code
	@$(BIN)/python scripts/write_reference.py

lock: ## pin every dependency, with hashes, in requirements.lock; ARGS="--upgrade" takes newer ones
	@"$$(scripts/find-uv)" pip compile --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-header --all-extras --group dev --quiet $(ARGS) pyproject.toml -o requirements.lock

clean: ## remove what make brought
	rm -rf $(VENV) .uv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
