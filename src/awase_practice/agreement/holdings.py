"""What both orgs hold at one moment, taken through their control APIs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ..seeds.control import Control, rows
from ..seeds.owners import OWNERS

Row = Mapping[str, Any]
PEOPLE: Final = (("hubspot", "contact"), ("salesforce", "Contact"), ("salesforce", "Lead"))
"""Vendor and object; of the CRM's two the one that counts first comes first."""

SALES: Final = (
    ("hubspot", "company"),
    ("salesforce", "Account"),
    *PEOPLE,
    ("hubspot", "deal"),
    ("salesforce", "Opportunity"),
)
"""People with their companies and deals."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """Live records by object and id, each org's own time, and each org's id.

    A row also has ``_owner``, the owner's address, and that of a deal ``_contacts``, the ids of its people. How many
    records each object of HubSpot has in its archive stands in ``archived``.
    """

    rows: Mapping[str, Mapping[str, Row]]
    now: Mapping[str, datetime]
    org_ids: Mapping[str, str]
    archived: Mapping[str, int] = field(default_factory=dict)

    def records(self) -> Iterator[tuple[str, str, Row]]:
        """Object, id and row of every record."""
        for object, by_id in self.rows.items():
            for id, row in by_id.items():
                yield object, id, row


async def take(
    hubspot: Control, salesforce: Control, objects: Sequence[tuple[str, str]] = PEOPLE
) -> Holdings:
    """What both hold now of ``objects``."""
    controls = {"hubspot": hubspot, "salesforce": salesforce}
    states = {vendor: await control.ask("state") for vendor, control in controls.items()}
    owners = {str(each.number): each.email for each in OWNERS}
    owners |= {user["id"]: str(user.get("Email") or "") for user in await rows(salesforce, "User")}
    people = await _people_of_deals(hubspot, salesforce) if ("hubspot", "deal") in objects else {}
    found: dict[str, dict[str, Row]] = {}
    archived: dict[str, int] = {}
    for vendor, object in objects:
        stored = [row for row in await rows(controls[vendor], object) if not row.get("IsConverted")]
        found[object] = {str(row["id"]): _with_relations(row, owners, people) for row in stored}
        if vendor == "hubspot":
            archived[object] = len(await rows(controls[vendor], object, deleted=True))
    return Holdings(
        found,
        {vendor: datetime.fromisoformat(state["now"]) for vendor, state in states.items()},
        {vendor: str(state["org_id"]) for vendor, state in states.items()},
        archived,
    )


def _with_relations(row: Row, owners: Mapping[str, str], people: Mapping[str, set[str]]) -> Row:
    """Who is no owner in both systems, as the integration user is, counts for nobody."""
    address = owners.get(str(row.get("hubspot_owner_id") or row.get("OwnerId") or ""), "")
    known = address if any(address == each.email for each in OWNERS) else ""
    contacts = {"_contacts": sorted(people[row["id"]])} if row["id"] in people else {}
    return {**row, "_owner": known, **contacts}


async def _people_of_deals(hubspot: Control, salesforce: Control) -> dict[str, set[str]]:
    """Deal or opportunity → the ids of its people."""
    ends = await hubspot.ask("associations", from_object="deal", to_object="contact")
    told = [(each["from_id"], each["to_id"]) for each in ends]
    roles = await rows(salesforce, "OpportunityContactRole")
    told += [(each["OpportunityId"], each["ContactId"]) for each in roles]
    people: dict[str, set[str]] = {}
    for deal, contact in told:
        people.setdefault(deal, set()).add(contact)
    return people
