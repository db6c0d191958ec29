"""The merge once more, for one person and one field, in plain steps: what the frame form is compared with.

Written from the design's words, without the direction table of the code.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from awase.core.schema import Field
from awase.core.values import Kind, Value
from tests.unit.core.scene import Mapped

Agreed = tuple[Value, Value] | None
"""What was agreed, (MA, CRM); None where nothing was."""


def kept(value: Value, target: Field) -> Value:
    """``value`` as the field gives it back."""
    if isinstance(value, str):
        text = value.strip().lower() if target.email else value.strip()
        return text or None
    if isinstance(value, Decimal) and target.scale is not None:
        return value.quantize(Decimal(1).scaleb(-target.scale), ROUND_HALF_UP)
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    return value


def carried(value: Value, source: Field, target: Field, names: dict[str, str], zone: str) -> Value:
    """``value`` of one side as the other side would hold it."""
    if isinstance(value, str):
        value = names.get(value, value)
    if isinstance(value, datetime) and target.kind == Kind.DATE:
        value = value.astimezone(ZoneInfo(zone)).date()
    elif isinstance(value, date) and not isinstance(value, datetime) and target.kind == Kind.DATETIME:
        value = day_begins(value, zone)
    elif isinstance(value, Decimal) and target.kind == Kind.INTEGER:
        value = int(value.quantize(Decimal(1), ROUND_HALF_UP))
    elif source.kind == Kind.INTEGER and target.kind == Kind.DECIMAL and isinstance(value, int):
        value = Decimal(value)
    return kept(value, target)


def day_begins(day: date, zone: str) -> datetime:
    for hours in (0, 1, 2, 24):
        wall = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + timedelta(hours=hours)
        moment = wall.astimezone(UTC)
        if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall.replace(tzinfo=None):
            return moment
    raise AssertionError("a day without a beginning")


def merged(
    mapped: Mapped, object: str, ma: Value, crm: Value, agreed: Agreed, zone: str
) -> tuple[str, bool, Value, Value]:
    """(who is written, is it listed, what the CRM would be given, what the MA would be given)."""
    theirs = mapped.crm.get(object)
    if theirs is None:
        back = next(iter(mapped.crm.values()))
        return "nobody", False, None, carried(crm, back, mapped.ma, _reversed(mapped), zone)
    to_crm = carried(ma, mapped.ma, theirs, dict(mapped.values), zone)
    to_ma = carried(crm, theirs, mapped.ma, _reversed(mapped), zone)
    if to_crm == crm or to_ma == ma:
        return "nobody", False, to_crm, to_ma
    who, is_listed = _who(mapped, ma, crm, agreed)
    return who, is_listed, to_crm, to_ma


def _reversed(mapped: Mapped) -> dict[str, str]:
    names: dict[str, str] = {}
    for ma_value, crm_value in mapped.values.items():
        names.setdefault(crm_value, ma_value)
    return names


def _who(mapped: Mapped, ma: Value, crm: Value, agreed: Agreed) -> tuple[str, bool]:
    direction = mapped.direction.value
    if agreed is None:
        if crm is None:
            return ("nobody" if direction == "crm" else "crm"), False
        if ma is None:
            return ("nobody" if direction == "ma" else "ma"), False
        if direction == "two_way":
            return _conflict(mapped), True
        return ("crm" if direction == "ma" else "ma"), False
    ma_moved, crm_moved = ma != agreed[0], crm != agreed[1]
    if not ma_moved and not crm_moved:
        return "nobody", False
    if direction == "ma":
        return "crm", crm_moved
    if direction == "crm":
        return "ma", ma_moved
    if direction == "prefer_crm":
        if ma_moved and crm is None:
            return "crm", crm_moved
        return "ma", ma_moved
    if ma_moved and crm_moved:
        return _conflict(mapped), True
    return ("crm" if ma_moved else "ma"), False


def _conflict(mapped: Mapped) -> str:
    return {"crm": "ma", "ma": "crm", "wait": "wait"}[mapped.on_conflict.value]
