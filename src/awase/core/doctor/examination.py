"""Every question that is asked of one configuration, in the order in which the answers are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from awase.core.checks.rules import lacking, not_foreseen
from awase.core.doctor import conditions, forms, mappings, objects, owners, values
from awase.core.doctor.findings import Finding, Level
from awase.core.doctor.known import Known
from awase.core.mapping import Sync
from awase_formula import in_words

_QUESTIONS = (
    mappings.findings,
    objects.findings,
    values.findings,
    conditions.findings,
    owners.findings,
    forms.findings,
)


def examine(syncs: Sequence[tuple[int, Sync]], known: Known) -> list[Finding]:
    """The findings on ``syncs``, each with its place in the configuration, surest first within a sync."""
    found: list[Finding] = []
    for place, sync in syncs:
        own = [
            replace(finding, sync=sync.name)
            for question in _QUESTIONS
            for finding in question(sync, ("syncs", place), known)
        ]
        found += sorted(own, key=lambda finding: list(Level).index(finding.level))
    named = dict.fromkeys(object for _, sync in syncs for object in sync.crm_objects)
    return [*found, *(finding for name in named for finding in _rules(name, known))]


def _rules(name: str, known: Known) -> Iterator[Finding]:
    """Rules that preflight cannot judge, wholly or in part: the vendor alone will say."""
    object = known.object("crm", name)
    if object is None:
        return
    reasons = not_foreseen(object)
    for rule in object.rules:
        hidden = [] if rule.name in reasons else lacking(rule, object)
        if rule.name not in reasons and not hidden:
            continue
        yield Finding(
            kind="rule_foreseen_in_part" if hidden else "rule_not_foreseen",
            level=Level.ADVICE,
            who="integration",
            words="what the validation rule {rule} of {object} refuses can be foreseen in part only, for it also looks at: "
            "{lacking}"
            if hidden
            else "what the validation rule {rule} of {object} refuses cannot be foreseen: {reason}",
            remedy="Nothing has to be done: what it refuses is told when the CRM answers.",
            places={
                "rule": rule.name,
                "object": name,
                "reason": reasons.get(rule.name, ""),
                "lacking": in_words(hidden),
            },
            object=name,
            part=("rule", name, rule.name),
        )
