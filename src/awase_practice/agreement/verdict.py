"""Whether both orgs agree, and whether the sync found exactly what was planted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..seeds.story import FINDING_KINDS
from .fields import FIELDS, address_of, is_out
from .holdings import Holdings
from .pairs import Name, pair

Difference = dict[str, Any]
"""``what`` went wrong, and the records, fields and values that show it."""

Findings = Mapping[str, Mapping[str, Iterable[Sequence[str]]]]
"""Phase → kind (held, rejected, conflicts, waiting, skipped) → ``(toward, "object:id")`` each."""


def differences(
    holdings: Holdings, planted: Mapping[str, Any], found: Findings, were_out: Iterable[str] = ()
) -> list[Difference]:
    """All that keeps the two orgs from agreeing, and every finding that was not planted or planted but not found.

    planted: the seeds' note. found: what the sync says, of the phases that were run, in order. were_out: addresses
    that were opted out at any earlier moment, in either org.
    """
    phases = list(found)
    if not phases:
        raise ValueError("there is no phase to judge")
    now = planted[phases[-1]]
    return [
        *_between_records(holdings, now),
        *_opted_in_again(holdings, were_out),
        *(each for phase in phases for each in _between_findings(phase, planted[phase], found[phase])),
    ]


def out_addresses(holdings: Holdings) -> set[str]:
    """Every address that a record of either org says is out."""
    return {address_of(object, row) for object, _, row in holdings.records() if is_out(object, row)} - {""}


def _between_records(holdings: Holdings, planted: Mapping[str, Any]) -> Iterator[Difference]:
    excused = {record for kind in FINDING_KINDS if kind != "conflicts" for _, record in planted[kind]}
    pairs = pair(holdings)
    for object, id in pairs.alone:
        if f"{object}:{id}" not in excused:
            yield {"what": "only on one side", "record": f"{object}:{id}"}
    allowed = {(record, name) for record, name in planted["fields"]}
    for contact, record in pairs.together.items():
        yield from _of_pair(holdings, contact, record, allowed)


def _of_pair(
    holdings: Holdings, contact: str, record: Name, allowed: set[tuple[str, str]]
) -> Iterator[Difference]:
    object, id = record
    here, there = holdings.rows["contact"][contact], holdings.rows[object][id]
    names = {"record": f"contact:{contact}", "other": f"{object}:{id}"}
    for each in FIELDS:
        if object not in each.salesforce or (names["record"], each.hubspot) in allowed:
            continue
        one, two = here.get(each.hubspot), there.get(each.salesforce[object])
        if not each.same(one, two):
            yield {
                "what": "different values",
                **names,
                "field": each.hubspot,
                "hubspot": one,
                "salesforce": two,
            }
    if is_out("contact", here) != is_out(object, there):
        yield {
            "what": "opted out on one side only",
            **names,
            "hubspot": is_out("contact", here),
            "salesforce": is_out(object, there),
        }


def _opted_in_again(holdings: Holdings, were_out: Iterable[str]) -> Iterator[Difference]:
    before = set(were_out)
    for object, id, row in holdings.records():
        if address_of(object, row) in before and not is_out(object, row):
            yield {"what": "an opt-out was undone", "record": f"{object}:{id}"}


def _between_findings(
    phase: str, planted: Mapping[str, Any], found: Mapping[str, Iterable[Sequence[str]]]
) -> Iterator[Difference]:
    for kind in FINDING_KINDS:
        wanted = {tuple(each) for each in planted[kind]}
        got = {tuple(each) for each in found.get(kind, ())}
        for what, names in (("planted but not found", wanted - got), ("found but not planted", got - wanted)):
            for toward, record in sorted(names):
                yield {"what": what, "phase": phase, "kind": kind, "toward": toward, "record": record}
