"""What was foreseen, held against what a target answered when everything was sent all the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from awase.core.checks import rules
from awase.core.operations import Diagnosis, Side, VendorError
from awase.core.predictions import Foreseen, RuleName

AUTOMATIONS = frozenset({"automation", "flow"})
"""Error types of custom code that refuses: nobody can foresee it, so it is counted apart."""


_OF_SEVERAL = frozenset({"state_country", "country_required"})
"""Error types about fields that belong together: the vendor may name another of them than we did."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a target said about one record that was sent."""

    link: int
    side: Side
    error: VendorError | None = None
    """None: it was saved."""
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """How one rule's predictions did."""

    rule: RuleName
    certain: bool
    """Whether any of them was certain."""
    foreseen: int = 0
    """Records that it was foreseen for and that were sent."""
    right: int = 0
    """Of these, those that were refused by it."""
    hidden: int = 0
    """Of these, those that were refused for another cause: the vendor names no more than its first layer."""
    passed: int = 0
    """Of these, those that were saved."""
    missed: int = 0
    """Records that it refused although nobody had foreseen that it would."""
    wrong: int = 0
    """Of those that were saved, those that it was sure to refuse."""


@dataclass(frozen=True, slots=True)
class Proof:
    """All of it. Records are counted once a side."""

    sent: int = 0
    refused: int = 0
    automations: int = 0
    """Refused by custom code alone; not among ``refused``."""
    certain: int = 0
    """Records that were sure to be refused."""
    certain_refused: int = 0
    named: int = 0
    """Refused records with a finding that names a rule that refused them."""
    covered: int = 0
    """Refused records that had a certain finding."""
    scores: tuple[Score, ...] = ()
    surprises: tuple[Answer, ...] = ()
    """Refusals that nobody had foreseen."""
    wrong: tuple[tuple[int, Side, RuleName], ...] = ()
    """Certain predictions of records that were saved."""

    @property
    def precision(self) -> float | None:
        """Of the certain records, the share that was refused."""
        return self.certain_refused / self.certain if self.certain else None

    @property
    def recall(self) -> float | None:
        """Of the refused records, the share that a finding named."""
        return self.named / self.refused if self.refused else None

    @property
    def coverage(self) -> float | None:
        """Of the refused records, the share that was sure."""
        return self.covered / self.refused if self.refused else None


@dataclass(slots=True)
class _Tally:
    certain: bool = False
    foreseen: int = 0
    right: int = 0
    hidden: int = 0
    passed: int = 0
    missed: int = 0
    wrong: int = 0


@dataclass(slots=True)
class _Count:
    tallies: defaultdict[RuleName, _Tally] = field(default_factory=lambda: defaultdict(_Tally))
    surprises: list[Answer] = field(default_factory=list)
    wrong: list[tuple[int, Side, RuleName]] = field(default_factory=list)


def is_formula(rule: RuleName) -> bool:
    """Whether it is judged by the formula language."""
    return rule.error_type == rules.ERROR_TYPE


def compare(
    foreseen: Mapping[tuple[int, Side], Iterable[Foreseen]],
    answers: Sequence[Answer],
    messages: Mapping[str, str],
) -> Proof:
    """``foreseen``: by link and side. ``messages``: validation rules by the words that they answer with."""
    count = _Count()
    refused = automations = sure = sure_refused = named = covered = 0
    for answer in answers:
        found = {one.rule: one for one in foreseen.get((answer.link, answer.side), ())}
        is_sure = any(one.certain for one in found.values())
        for rule, one in found.items():
            tally = count.tallies[rule]
            tally.certain |= one.certain
            tally.foreseen += 1
        sure += is_sure
        if answer.error is None:
            _note_passed(answer, found, count)
            continue
        sure_refused += is_sure
        if answer.diagnosis is not None and answer.diagnosis.error_type in AUTOMATIONS:
            automations += 1
            for rule in found:
                count.tallies[rule].hidden += 1
            continue
        refused += 1
        covered += is_sure
        named += _note_refused(answer, found, count, messages)
    scores = tuple(
        Score(rule, t.certain, t.foreseen, t.right, t.hidden, t.passed, t.missed, t.wrong)
        for rule, t in sorted(count.tallies.items())
    )
    return Proof(
        sent=len(answers),
        refused=refused,
        automations=automations,
        certain=sure,
        certain_refused=sure_refused,
        named=named,
        covered=covered,
        scores=scores,
        surprises=tuple(count.surprises),
        wrong=tuple(count.wrong),
    )


def _note_passed(answer: Answer, found: Mapping[RuleName, Foreseen], count: _Count) -> None:
    for rule, one in found.items():
        count.tallies[rule].passed += 1
        if one.certain:
            count.tallies[rule].wrong += 1
            count.wrong.append((answer.link, answer.side, rule))


def _note_refused(
    answer: Answer,
    found: Mapping[RuleName, Foreseen],
    count: _Count,
    messages: Mapping[str, str],
) -> bool:
    """Whether a finding names a rule that refused this record."""
    right = [rule for rule, one in found.items() if _names(rule, one.message, answer)]
    for rule in found:
        if rule in right:
            count.tallies[rule].right += 1
        else:
            count.tallies[rule].hidden += 1
    if not right:
        count.surprises.append(answer)
        for rule in refusing(answer, messages):
            count.tallies[rule].missed += 1
    return bool(right)


def _names(rule: RuleName, message: str, answer: Answer) -> bool:
    """Whether the answer says what this finding said."""
    error, diagnosis = answer.error, answer.diagnosis
    if error is None or diagnosis is None:
        return False
    if is_formula(rule):
        return bool(message) and message in error.message
    same = rule.error_type == diagnosis.error_type
    fields = {name.casefold() for name in (*error.fields, diagnosis.field or "") if name}
    if rule.field and fields:
        return rule.field.casefold() in fields or (same and rule.error_type in _OF_SEVERAL)
    return same


def refusing(answer: Answer, messages: Mapping[str, str]) -> list[RuleName]:
    """The rules that refused a record, as far as the answer tells."""
    error, diagnosis = answer.error, answer.diagnosis
    if error is None or diagnosis is None:
        return []
    field = next(iter(error.fields), diagnosis.field or "")
    if diagnosis.error_type == rules.ERROR_TYPE:
        named = [name for words, name in messages.items() if words and words in error.message]
        if named:
            return [RuleName(answer.side, rules.ERROR_TYPE, field, name) for name in named]
    return [RuleName(answer.side, diagnosis.error_type, field, diagnosis.rule or "")]
