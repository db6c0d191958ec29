"""What the org works out by itself when a row is saved or loaded: stages of a sale, names, record types."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .activities import derive_activity, derive_member
from .data import OrgData, shown_name
from .fields import ObjectType
from .stock_deals import FORECAST_CATEGORIES


def with_derived(
    data: OrgData,
    kind: ObjectType,
    before: Mapping[str, Any] | None,
    values: dict[str, Any],
    given: Collection[str],
) -> None:
    """Complete ``values`` in place. before: None for a new row. given: what was written explicitly and so wins."""
    if before is None and kind.default_record_type is not None and values.get("RecordTypeId") is None:
        values["RecordTypeId"] = kind.default_record_type.id
    if kind.name == "Opportunity":
        moved = before is None or before.get("StageName") != values.get("StageName")
        _stage(data, values, given, moved=moved)
    elif kind.name == "Account" and kind.find("IsPersonAccount") is not None:
        person = next((each for each in kind.record_types if each.id == values.get("RecordTypeId")), None)
        values["IsPersonAccount"] = person is not None and person.person
        if values["IsPersonAccount"]:
            values["Name"] = shown_name(values) or None
    elif kind.name in {"Task", "Event"}:
        derive_activity(data, kind, values)
    elif kind.name == "CampaignMember":
        derive_member(data, values)
    elif kind.name == "User":
        _user(values, given, creating=before is None)
    elif kind.name == "Group" and before is None:
        values["Type"] = values.get("Type") or "Queue"
        values["DeveloperName"] = values.get("DeveloperName") or values.get("Name")


def _stage(data: OrgData, values: dict[str, Any], given: Collection[str], *, moved: bool) -> None:
    stage: Mapping[str, Any] = data.stage(values.get("StageName") or "") or {}
    values["IsClosed"] = bool(stage.get("IsClosed"))
    values["IsWon"] = bool(stage.get("IsWon"))
    if moved and (values.get("Probability") is None or "Probability" not in given):
        values["Probability"] = stage.get("DefaultProbability", 0.0)
    if moved and (values.get("ForecastCategoryName") is None or "ForecastCategoryName" not in given):
        values["ForecastCategoryName"] = stage.get("ForecastCategoryName", "Pipeline")
    values["ForecastCategory"] = FORECAST_CATEGORIES.get(values["ForecastCategoryName"] or "", "Omitted")


def _user(values: dict[str, Any], given: Collection[str], *, creating: bool) -> None:
    values["Name"] = shown_name(values)
    if not creating:
        return
    if "IsActive" not in given:
        values["IsActive"] = True
    values["UserType"] = values.get("UserType") or "Standard"
    values["Email"] = values.get("Email") or values.get("Username")
    values["Alias"] = values.get("Alias") or str(values.get("LastName") or "")[:8]
