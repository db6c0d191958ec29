"""Whatever state, kind or reason the code knows, the commands and the page have words for it, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import awase
from awase.cli import amounts, explain, reconcile, status, undo
from awase.core.operations import OperationKind, State
from awase.core.reconcile import Reason
from awase.core.records import ERROR_KINDS, ItemKind, LinkState, RunCounts
from awase.core.undo import Left, Then
from awase.locale import text
from awase.ports.store import RunRecord

_JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
_RUN_STATES = get_args(get_type_hints(RunRecord)["state"])

WORDS: Mapping[str, tuple[Mapping[Any, str], Iterable[Any]]] = {
    "states of links": (explain.LINK_STATES, get_args(LinkState)),
    "outcomes of writes": (explain.OUTCOMES, State),
    "kinds of items": (amounts.KIND_NAMES, ItemKind),
    "kinds of writes": (amounts.WRITES, OperationKind),
    "states of runs": (status.STATES, _RUN_STATES),
    "reasons of a difference": (reconcile.REASONS, Reason),
    "why an undo leaves a value": (undo._LEFT, Left),
    "what follows an undo": (undo._THEN, Then),
    "guards": (amounts.GUARDS, ("first_sync", "rewritten", "cleared", "deleted", "released")),
    "why a record stays out": (
        amounts.REASONS,
        (
            *("filtered", "excluded", "linked_elsewhere", "deleted", "merged"),
            *(f"{state}_there" for state in ("deleted", "merged")),
        ),
    ),
}


@pytest.mark.parametrize("what", list(WORDS))
def test_everything_that_can_be_said_has_words_in_both_languages(what: str) -> None:
    words, known = WORDS[what]
    assert sorted(map(str, words)) == sorted(map(str, known))
    for sentence in words.values():
        assert not _JAPANESE.search(text(sentence, "en"))
        assert _JAPANESE.search(text(sentence, "ja")), sentence


def test_every_kind_of_item_is_an_error_a_conflict_or_none_at_all() -> None:
    others = {ItemKind.CONFLICT, ItemKind.SETTLED, ItemKind.SKIPPED, ItemKind.SUSPENDED}
    assert set(ERROR_KINDS) | others == set(ItemKind)
    assert not set(ERROR_KINDS) & others


@pytest.mark.parametrize(
    ("table", "known"),
    [
        ("link_states", set(get_args(LinkState))),
        ("run_states", set(_RUN_STATES)),
        ("fates", set(RunCounts.__struct_fields__) - {"read", "reasons"}),
    ],
)
def test_the_page_has_words_for_every_state_and_fate(table: str, known: set[str]) -> None:
    template = Path(awase.__file__).parent / "server" / "templates" / "sync.html"
    found = re.search(rf"set {table} = \{{(.*?)\}}", template.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    assert set(re.findall(r'"(\w+)": _\(', found[1])) == known
