"""What is foreseen of a record, and how right each rule has been so far: a rule that was wrong twice is only likely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from awase.core.operations import Side
from awase.core.records import Item

WRONG_AT_MOST = 1
"""A rule that was wrong more often is certain no more, until it changes."""


class RuleName(msgspec.Struct, frozen=True, order=True):
    """One rule of a target, as its refusals and our findings name it."""

    side: Side
    error_type: str
    field: str
    rule: str = ""
    """The vendor's name of a validation or matching rule."""


class Foreseen(msgspec.Struct, frozen=True):
    """One rule that a record would break."""

    rule: RuleName
    certain: bool
    message: str = ""
    """The words that the vendor answers with, where the rule has words of its own."""


class RuleScore(msgspec.Struct, frozen=True, kw_only=True):
    """How one rule's predictions have done, by what the target answered to records that were sent all the same."""

    rule: RuleName
    version: str = ""
    """The vendor's stamp of the rule's last change; another version begins anew."""
    right: int = 0
    """Records that it was foreseen for and that it refused."""
    wrong: int = 0
    """Records that it was sure to refuse and that were saved."""
    missed: int = 0
    """Records that it refused although nobody had foreseen it."""
    asked: datetime | None = None
    """When a held record was last sent to see, or when the first was held."""

    @property
    def demoted(self) -> bool:
        """Whether it holds nothing back any more."""
        return self.wrong > WRONG_AT_MOST

    @property
    def precision(self) -> float | None:
        """Of its predictions that were tried, the share that was right."""
        tried = self.right + self.wrong
        return self.right / tried if tried else None

    @property
    def recall(self) -> float | None:
        """Of what it refused, the share that had been foreseen."""
        refused = self.right + self.missed
        return self.right / refused if refused else None


Scores = Mapping[RuleName, RuleScore]


def rule_of(item: Item) -> RuleName:
    """The rule that a foreseen item names."""
    return RuleName(item.side, item.error_type, item.field, item.detail.get("rule", ""))


def foreseen_in(item: Item, *, certain: bool) -> Foreseen:
    return Foreseen(rule_of(item), certain, item.message)


def is_due(scores: Scores, rule: RuleName, now: datetime | None, every_seconds: int) -> bool:
    """Whether one record that this rule holds is to be sent, to see whether it is still right. Every 0 seconds is never."""
    score = scores.get(rule)
    if score is None or score.asked is None or now is None or not every_seconds:
        return False
    return now - score.asked >= timedelta(seconds=every_seconds)


def to_try(held: Iterable[Item], scores: Scores, now: datetime, every_seconds: int) -> set[int]:
    """Links to be looked at again: one of each rule that is to be tried, and all of those that hold nobody any more."""
    links: dict[RuleName, set[int]] = {}
    for item in held:
        links.setdefault(rule_of(item), set()).add(item.link)
    due = {min(links[rule]) for rule in links if is_due(scores, rule, now, every_seconds)}
    demoted = [links[rule] for rule, score in scores.items() if score.demoted and rule in links]
    return due.union(*demoted)


def current(kept: Iterable[RuleScore], versions: Mapping[tuple[Side, str], str]) -> dict[RuleName, RuleScore]:
    """The scores that still hold: of rules that have not changed since. ``versions``: by side and rule."""
    return {
        score.rule: score
        for score in kept
        if score.version == versions.get((score.rule.side, score.rule.rule), "")
    }
