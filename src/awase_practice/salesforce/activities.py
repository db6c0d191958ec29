"""What the org works out and refuses for tasks, events and members of campaigns [rules from memory]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kernel.rows import Row
from .data import OrgData
from .errors import refused
from .fields import ObjectType
from .stock_activities import CLOSED_TASK_STATUSES, MEMBER_STATUSES, PRIORITIES
from .writer import Writer


def derive_activity(data: OrgData, kind: ObjectType, values: dict[str, Any]) -> None:
    """Complete the values of a task or an event in place: its account, and whether it is done."""
    what, who = values.get("WhatId"), values.get("WhoId")
    values["AccountId"] = _account_of(data, what) or _account_of(data, who)
    if kind.name == "Task":
        values["IsClosed"] = values.get("Status") in CLOSED_TASK_STATUSES
        values["IsHighPriority"] = values.get("Priority") == PRIORITIES[0]


def derive_member(data: OrgData, values: dict[str, Any]) -> None:
    """Complete the values of a campaign's member in place: its status, and whether that is a response."""
    statuses = _statuses(data, values.get("CampaignId"))
    if values.get("Status") is None:
        default = next((each for each in statuses if each.get("IsDefault")), None)
        values["Status"] = default["Label"] if default else None
    chosen = next((each for each in statuses if each.get("Label") == values.get("Status")), None)
    values["HasResponded"] = bool(chosen and chosen.get("HasResponded"))


def check(data: OrgData, kind: ObjectType, row: Row | None, values: Mapping[str, Any]) -> None:
    """Refuse what cannot be. row: None for a new one. Raises RowRefused."""
    if kind.name in {"Task", "Event"}:
        who = values.get("WhoId")
        if who and values.get("WhatId") and data.kind_of_id(who) == "Lead":
            text = "An activity that names a lead cannot be related to another record"
            raise refused("FIELD_INTEGRITY_EXCEPTION", text, "WhatId")
    elif kind.name == "CampaignMember":
        _check_member(data, row, values)


def follow_campaign(data: OrgData, row: Row, writer: Writer) -> None:
    """Give a campaign that has none its first statuses."""
    if _statuses(data, row.id):
        return
    table, defaults = data.tables["CampaignMemberStatus"], data.full["CampaignMemberStatus"].defaults
    for place, (label, responded) in enumerate(MEMBER_STATUSES):
        status = {"CampaignId": row.id, "Label": label, "HasResponded": responded, "IsDefault": place == 0}
        table.insert({**defaults, **status, "SortOrder": place + 1}, writer.author, data.now())


def _check_member(data: OrgData, row: Row | None, values: Mapping[str, Any]) -> None:
    people = [name for name in ("LeadId", "ContactId") if values.get(name)]
    if len(people) != 1:
        raise refused(
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [LeadId, ContactId]",
            "LeadId",
            "ContactId",
        )
    kind = data.full["CampaignMember"]
    through = kind.by_name[people[0].lower()]
    for other in data.children(kind, through, values[people[0]]):
        if other.values.get("CampaignId") == values.get("CampaignId") and (row is None or other.id != row.id):
            raise refused("DUPLICATE_VALUE", "Already a campaign member.")
    known = {each.get("Label") for each in _statuses(data, values.get("CampaignId"))}
    if known and values.get("Status") not in known:
        raise refused("INVALID_STATUS", f"invalid status value: {values.get('Status')}", "Status")


def _statuses(data: OrgData, campaign_id: str | None) -> list[Mapping[str, Any]]:
    if not campaign_id:
        return []
    kind = data.full["CampaignMemberStatus"]
    return [row.values for row in data.children(kind, kind.by_name["campaignid"], campaign_id)]


def _account_of(data: OrgData, row_id: str | None) -> str | None:
    if not row_id:
        return None
    if data.kind_of_id(row_id) == "Account":
        return row_id
    row = data.row(row_id)
    return row.values.get("AccountId") if row else None
