"""What a formula needs beside its row (``Checked.needs``), told to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from awase_formula.sentences import Sentence, together

_ALONE: Mapping[str, Sentence] = {
    "prior row": Sentence("what was stored before"),
    "operation": Sentence("whether the record is new"),
    "running user": Sentence("who writes"),
    "record type": Sentence("the record type"),
    "clock": Sentence("the time"),
}
_NAMED: Mapping[str, str] = {
    "parent": "the parent record {name}",
    "lookup": "other records of {name}",
    "platform": "what {name} gives",
}


def in_words(needs: Iterable[str]) -> Sentence:
    """These needs, joined by commas. A global is told by its name, and so is what is no need (a field)."""
    return together([_in_words(need) for need in needs], ", ")


def _in_words(need: str) -> str:
    kind, _, name = need.partition(" ")
    if need in _ALONE:
        return _ALONE[need]
    if kind in _NAMED and name:
        return Sentence(_NAMED[kind], name=name)
    return name if kind == "global" and name else need
