"""Bringing the story into the two orgs, and playing its later days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .companies import company_number
from .control import Control, load, pass_time, rows
from .orgs import prepare_hubspot, prepare_salesforce
from .owners import OWNERS
from .people import company
from .story import FINDING_KINDS, PHASES, Event, Phase, Record, Story

NOTE: Final = "planted"
"""The practice note on the HubSpot org that says what must be found; to be read when all is over."""

_POINTERS: Final = {"Lead": "salesforceleadid", "Contact": "salesforcecontactid"}
_ACCOUNT_FIELDS: Final = {
    "contact": "associatedcompanyid",
    "Contact": "AccountId",
    "deal": "hs_primary_associated_company",
    "Opportunity": "AccountId",
}
_ACCOUNT_ID: Final = "salesforceaccountid"
"""Where HubSpot keeps the account of a contact when it knows no companies."""

_ORDER: Final = (
    ("salesforce", "Account"),
    ("hubspot", "company"),
    ("salesforce", "Lead"),
    ("salesforce", "Contact"),
    ("hubspot", "contact"),
    ("salesforce", "Opportunity"),
    ("hubspot", "deal"),
)
"""Records may name those before them."""

_ADDRESSES: Final = {
    "contact": "email",
    "Contact": "Email",
    "Lead": "Email",
    "company": "domain",
    "Account": "Website",
    "deal": "dealname",
    "Opportunity": "Name",
}
"""By which field people find a record again."""


@dataclass(slots=True)
class Stage:
    """The two orgs with the story in them."""

    hubspot: Control
    salesforce: Control
    story: Story
    ids: dict[str, str] = field(default_factory=dict)
    """Record name → id."""
    accounts: dict[tuple[str, int], str] = field(default_factory=dict)
    """Vendor and company number → id of its company or account."""
    users: list[str] = field(default_factory=list)
    """The CRM's user of each of ``OWNERS``."""

    def control(self, vendor: str) -> Control:
        """The control API of a vendor's org."""
        return self.hubspot if vendor == "hubspot" else self.salesforce


async def set_up(hubspot: Control, salesforce: Control, story: Story) -> Stage:
    """Fill two fresh orgs; leave the note of what must be found."""
    stage = Stage(hubspot, salesforce, story)
    await prepare_hubspot(hubspot)
    stage.users = await prepare_salesforce(salesforce)
    if not story.companies:
        await _load_accounts(stage)
    await _load_records(stage, "first")
    await hubspot.tell("note", {"name": NOTE, "note": expected(stage)})
    return stage


async def play(stage: Stage, phase: Phase) -> None:
    """What people do before a later phase's sync: the newcomers, then the edits, then what changes who is who."""
    await _load_records(stage, phase)
    edits = [edit for edit in stage.story.edits if edit.phase == phase]
    events = [event for event in stage.story.events if event.phase == phase]
    addressed: dict[tuple[str, str], dict[str, str]] = {}
    places: set[tuple[str, str]] = {(edit.vendor, edit.object) for edit in edits}
    places |= {(event.vendor, event.object) for event in events}
    places |= {("salesforce", "Account") for event in events if event.domain}
    for vendor, object in places:
        addressed[vendor, object] = _by_address(object, await rows(stage.control(vendor), object))
    for vendor, object in {(event.vendor, event.object) for event in events if event.kind == "restore"}:
        gone = _by_address(object, await rows(stage.control(vendor), object, deleted=True))
        addressed[vendor, object] = gone | addressed[vendor, object]
    for edit in edits:
        body = {
            "object": edit.object,
            "id": addressed[edit.vendor, edit.object][edit.address],
            "values": dict(edit.values),
            "author": edit.author,
        }
        await stage.control(edit.vendor).tell("edit", body)
    for event in events:
        await _happen(stage, event, addressed)


async def _happen(stage: Stage, event: Event, addressed: Mapping[tuple[str, str], Mapping[str, str]]) -> None:
    by_address = addressed[event.vendor, event.object]
    id = by_address[event.address]
    body: dict[str, Any] = {"object": event.object, "id": id, "author": event.author}
    if event.kind == "merge":
        body |= {"winner": id, "losers": [by_address[event.other]]}
    elif event.kind == "convert":
        body = {"lead": id, "author": event.author}
        if event.domain:
            body["account"] = addressed["salesforce", "Account"][event.domain]
    await stage.control(event.vendor).tell(event.kind, body)


async def let_pass(stage: Stage, seconds: float) -> None:
    """Move both orgs' clocks on."""
    await pass_time(stage.hubspot, seconds)
    await pass_time(stage.salesforce, seconds)


def expected(stage: Stage) -> dict[str, Any]:
    """For each phase and kind: what must be found, as ``[toward, "object:id"]``.

    Besides, ``named``: those of the rejected whose refusal names a record in the way; ``fields``: what stays
    different, as ``["object:id", property]``. Newcomers of later phases have no id yet, so nothing is ever planted on them.
    """
    names = {record.name: record for record in stage.story.records}
    told: dict[str, Any] = {}
    for phase in PHASES:
        now = [planted for planted in stage.story.planted if planted.holds(phase)]
        lists: dict[str, Any] = {
            kind: sorted(
                [planted.toward, stage_name(stage, names[planted.record])]
                for planted in now
                if planted.kind == kind
            )
            for kind in FINDING_KINDS
        }
        lists["named"] = sorted(
            [planted.toward, stage_name(stage, names[planted.record])] for planted in now if planted.named
        )
        lists["fields"] = sorted(
            [stage_name(stage, names[planted.record]), planted.field] for planted in now if planted.field
        )
        told[phase] = lists
    return told


def stage_name(stage: Stage, record: Record) -> str:
    """``object:id`` of a record that is loaded."""
    return f"{record.object}:{stage.ids[record.name]}"


async def _load_accounts(stage: Stage) -> None:
    numbers = sorted({r.account for r in stage.story.records if r.account is not None})
    accounts = [{"Name": company(n).name, "Industry": company(n).industry} for n in numbers]
    ids = await load(stage.salesforce, "Account", accounts, "user:sales")
    stage.accounts.update({("salesforce", n): id for n, id in zip(numbers, ids, strict=True)})


async def _load_records(stage: Stage, phase: Phase) -> None:
    """Parents first, and Salesforce before HubSpot, whose records may name its ids."""
    for vendor, object in _ORDER:
        due = [r for r in stage.story.records if (r.vendor, r.object, r.phase) == (vendor, object, phase)]
        if due:
            author = "user:sales" if vendor == "salesforce" else "user:sato"
            ids = await load(stage.control(vendor), object, [_row(stage, r) for r in due], author)
            stage.ids.update(zip((r.name for r in due), ids, strict=True))
            if object in ("company", "Account"):
                stage.accounts.update({(vendor, company_number(r)): stage.ids[r.name] for r in due})
            await _join_people(stage, [r for r in due if r.contacts])


async def _join_people(stage: Stage, deals: Sequence[Record]) -> None:
    """Give deals their people."""
    roles = []
    for deal in deals:
        for name in deal.contacts:
            ends = (stage.ids[deal.name], stage.ids[name])
            if deal.vendor == "salesforce":
                roles.append({"OpportunityId": ends[0], "ContactId": ends[1]})
                continue
            body = dict(zip(("from_id", "to_id"), ends, strict=True))
            body |= {"from_object": "deal", "to_object": "contact", "author": "user:sato"}
            await stage.hubspot.tell("associate", body)
    if roles:
        await load(stage.salesforce, "OpportunityContactRole", roles, "user:sales")


def _row(stage: Stage, record: Record) -> dict[str, Any]:
    row = dict(record.values)
    if record.account is not None:
        known = (record.vendor if stage.story.companies else "salesforce", record.account)
        kept = record.object == "contact" and not stage.story.companies
        row[_ACCOUNT_ID if kept else _ACCOUNT_FIELDS[record.object]] = stage.accounts[known]
    if record.owner is not None and record.vendor == "hubspot":
        row["hubspot_owner_id"] = str(OWNERS[record.owner].number)
    elif record.owner is not None:
        row["OwnerId"] = stage.users[record.owner]
    if record.points_to is not None:
        row[_POINTERS[record.points_to.rpartition("/")[2]]] = stage.ids[record.points_to]
    return row


def _by_address(object: str, found: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {str(row.get(_ADDRESSES[object])): str(row["id"]) for row in found}
