"""Whether both orgs agree, and whether the sync found exactly what was planted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..seeds.story import FINDING_KINDS
from .fields import COMPANY_FIELDS, DEAL_FIELDS, FIELDS, OWNER, PERSON_FIELDS, Pairing, address_of, is_out
from .holdings import Holdings
from .pairs import COMPANIES, DEALS, PEOPLE, Kind, Name, Pairs, pair

_PEOPLE = (PEOPLE.hubspot, *PEOPLE.crm)

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
    people = ((object, row) for object, _, row in holdings.records() if object in _PEOPLE)
    return {address_of(object, row) for object, row in people if is_out(object, row)} - {""}


def _between_records(holdings: Holdings, planted: Mapping[str, Any]) -> Iterator[Difference]:
    excused = {record for kind in FINDING_KINDS if kind != "conflicts" for _, record in planted[kind]}
    allowed = {(record, name) for record, name in planted["fields"]}
    kinds = [kind for kind in (COMPANIES, PEOPLE, DEALS) if kind.hubspot in holdings.rows]
    paired = {kind.hubspot: pair(holdings, kind) for kind in kinds}
    for kind in kinds:
        pairs = paired[kind.hubspot]
        for object, id in pairs.alone:
            if f"{object}:{id}" not in excused:
                yield {"what": "only on one side", "record": f"{object}:{id}"}
        for contact, record in pairs.together.items():
            found = [*_of_pair(holdings, kind, contact, record), *_relations(holdings, kind, contact, paired)]
            for each in found:
                if (each["record"], each.get("field")) not in allowed:
                    yield each


def _fields(holdings: Holdings, kind: Kind) -> tuple[Pairing, ...]:
    if "company" not in holdings.rows:
        return FIELDS
    of = {"contact": PERSON_FIELDS, "company": COMPANY_FIELDS, "deal": DEAL_FIELDS}
    return (*of[kind.hubspot], OWNER)


def _of_pair(holdings: Holdings, kind: Kind, mine: str, record: Name) -> Iterator[Difference]:
    object, id = record
    here, there = holdings.rows[kind.hubspot][mine], holdings.rows[object][id]
    for each in _fields(holdings, kind):
        if object not in each.salesforce:
            continue
        one, two = here.get(each.hubspot), there.get(each.salesforce[object])
        if not each.same(one, two):
            yield _difference(kind, mine, record, each.hubspot, one, two)
    out = is_out(kind.hubspot, here), is_out(object, there)
    if kind is PEOPLE and out[0] != out[1]:
        names = {"record": f"{kind.hubspot}:{mine}", "other": f"{object}:{id}"}
        yield {"what": "opted out on one side only", **names, "hubspot": out[0], "salesforce": out[1]}


def _difference(kind: Kind, mine: str, record: Name, field: str, one: Any, two: Any) -> Difference:
    names = {"record": f"{kind.hubspot}:{mine}", "other": f"{record[0]}:{record[1]}"}
    return {"what": "different values", **names, "field": field, "hubspot": one, "salesforce": two}


def _relations(
    holdings: Holdings, kind: Kind, mine: str, paired: Mapping[str, Pairs]
) -> Iterator[Difference]:
    """What of a pair's company and people is not the same, each told by who is whose partner."""
    record = paired[kind.hubspot].together[mine]
    here, there = holdings.rows[kind.hubspot][mine], holdings.rows[record[0]][record[1]]
    if "company" not in holdings.rows or record[0] not in ("Contact", "Opportunity"):
        return
    company = str(here.get(_COMPANY[kind.hubspot]) or "")
    account = str(there.get("AccountId") or "")
    if paired["company"].together.get(company, ("", ""))[1] != account:
        yield _difference(kind, mine, record, "company", company, account)
    if kind is DEALS:
        people = paired["contact"].together
        partners = [people[id] for id in here.get("_contacts", ()) if id in people]
        wanted = sorted(id for object, id in partners if object == "Contact")
        if wanted != list(there.get("_contacts", ())) or len(wanted) != len(here.get("_contacts", ())):
            yield _difference(kind, mine, record, "contacts", here.get("_contacts"), there.get("_contacts"))


_COMPANY = {"contact": "associatedcompanyid", "deal": "hs_primary_associated_company"}


def _opted_in_again(holdings: Holdings, were_out: Iterable[str]) -> Iterator[Difference]:
    before = set(were_out)
    for object, id, row in holdings.records():
        if object in _PEOPLE and address_of(object, row) in before and not is_out(object, row):
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
