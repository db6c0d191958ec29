"""The command ``awase-formula``: golden, lint, format."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from awase_formula.errors import FormulaError, FormulaSyntaxError, UnreadableFile
from awase_formula.files import text_of
from awase_formula.golden import run_file
from awase_formula.layout import format
from awase_formula.linting import lint
from awase_formula.parser import parse

FOUND, WRONG_USE = 1, 2
STANDARD_INPUT = "standard input"


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Gives 0, 1 where something was found, 2 where a file cannot be read or an argument is wrong."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except FormulaError as error:
        sys.stderr.write(f"awase-formula: {error.code} {error}\n")
        return WRONG_USE
    except BrokenPipeError:
        # Whoever reads has seen enough (``| head``); what is left must not be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FOUND
    except OSError as error:
        sys.stderr.write(f"awase-formula: {error.filename}: cannot be read ({error.strerror})\n")
        return WRONG_USE
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="awase-formula", description="Salesforce formulas: check, format, prove."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    golden = commands.add_parser("golden", help="run published cases and count the rows that agree")
    golden.add_argument("file", type=Path)
    golden.add_argument(
        "--json", action="store_true", help="one JSON object with cases, rows, agreed, misses"
    )
    golden.set_defaults(run=_golden)
    linting = commands.add_parser(
        "lint", help="say of each formula whether it parses and compiles, and what it needs"
    )
    linting.add_argument(
        "path", type=Path, help="a text file, JSON lines, or a folder of SFDX or mdapi metadata"
    )
    linting.add_argument("--json", action="store_true", help="one JSON object a formula")
    linting.set_defaults(run=_lint)
    formatting = commands.add_parser("format", help="write a formula out evenly")
    formatting.add_argument("file", type=Path, help="a file with one formula, or - for standard input")
    formatting.set_defaults(run=_format)
    return parser


def _golden(options: argparse.Namespace) -> int:
    outcome = run_file(options.file, datetime.now(UTC))
    if options.json:
        sys.stdout.write(json.dumps(outcome.document(), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"{outcome.cases} cases, {outcome.agreed} of {outcome.rows} rows agree\n")
        for miss in outcome.misses:
            sys.stdout.write(f"{miss.case}: {miss.inputs} expected {miss.expected}, got {miss.actual}\n")
    return 0


def _lint(options: argparse.Namespace) -> int:
    status, found = 0, False
    for finding in lint(options.path):
        found = True
        status = FOUND if finding.error else status
        if options.json:
            sys.stdout.write(json.dumps(finding.document(), ensure_ascii=False) + "\n")
        else:
            sys.stdout.write(f"{finding.told()}\n")
    if not found:
        sys.stderr.write(f"awase-formula: {options.path}: holds no formula; check the name\n")
    return status


def _standard_input() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise UnreadableFile(f"{STANDARD_INPUT}: is no UTF-8 text; give it as UTF-8") from None


def _format(options: argparse.Namespace) -> int:
    from_input = str(options.file) == "-"
    text = _standard_input() if from_input else text_of(options.file)
    try:
        formula = parse(text)
    except FormulaSyntaxError as error:
        whose = STANDARD_INPUT if from_input else options.file
        sys.stderr.write(f"{whose}:{error.at.line}:{error.at.column}: {error.code} {error.message}\n")
        return WRONG_USE
    sys.stdout.write(format(formula) + "\n")
    return 0


def run() -> None:
    """The entry point."""
    sys.exit(main())
