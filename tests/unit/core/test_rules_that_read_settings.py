"""Rules that look at what the org has set are judged by it, in the types that the vendor tells."""

from __future__ import annotations

from typing import Any

import pytest

from awase.core.checks.rules import globals_read, lacking, not_foreseen
from awase.core.mapping import BoundSync
from awase.core.schema import Field, Globals
from awase.core.values import Kind

from .scene import a_field, mapped
from .test_rights_and_record_types import bound_with, found

COUNT = mapped("count", Kind.DECIMAL)
PLAN = mapped("plan", Kind.DATE)
SEEN = mapped("seen", Kind.DATETIME)
TITLE = mapped("title")
BROKEN = [("validation_rule", "")]
NAME = "$CustomMetadata.Limits__mdt.Lead.Value__c"


def with_value(formula: str, value: Any, *fields: Field) -> BoundSync:
    """A sync with a rule for which ``NAME`` holds this value, in a field that is told or not."""
    globals = Globals({NAME: value}, {NAME: fields[0]} if fields else {})
    return bound_with(COUNT, PLAN, SEEN, TITLE, formula=formula, globals=globals)


@pytest.mark.parametrize(
    ("formula", "value", "field", "breaks", "passes"),
    [
        (f"Count__c > {NAME}", 100.0, a_field("V", Kind.DECIMAL), {"Count__c": 101}, {"Count__c": 100}),
        (f"Count__c > {NAME}", 100, None, {"Count__c": 101}, {"Count__c": 100}),
        (f"Count__c > {NAME}", 12.5, a_field("V", Kind.DECIMAL, percent=True), {"Count__c": 1}, {"Count__c": 0}),
        (f"NOT({NAME}) && Count__c > 1", False, a_field("V", Kind.BOOLEAN), {"Count__c": 2}, {"Count__c": 1}),
        (f"NOT({NAME}) && Count__c > 1", None, a_field("V", Kind.BOOLEAN), {"Count__c": 2}, {"Count__c": 1}),
        (f"ISBLANK({NAME}) && Title__c = 'x'", None, a_field("V"), {"Title__c": "x"}, {"Title__c": "y"}),
        (f"CONTAINS({NAME}, Title__c)", "部長:課長", a_field("V"), {"Title__c": "課長"}, {"Title__c": "係長"}),
        (f"Title__c = TEXT({NAME})", 3.0, a_field("V", Kind.DECIMAL), {"Title__c": "3"}, {"Title__c": "3.0"}),
    ],
)  # fmt: skip
def test_a_value_counts_in_its_own_type(
    formula: str, value: Any, field: Field | None, breaks: dict[str, Any], passes: dict[str, Any]
) -> None:
    sync = with_value(formula, value, *([field] if field else []))
    object = sync.crm["Lead"]
    assert not_foreseen(object) == {}
    assert (globals_read(object), lacking(object.rules[0], object)) == ({NAME}, [])
    assert found(sync, **breaks) == BROKEN
    assert found(sync, **passes) == []


def test_dates_and_moments_of_a_setting_are_compared_as_such() -> None:
    from datetime import UTC, date, datetime

    day = with_value(f"Plan__c < {NAME}", "2026-04-01", a_field("V", Kind.DATE))
    assert found(day, Plan__c=date(2026, 3, 31)) == BROKEN
    assert found(day, Plan__c=date(2026, 4, 1)) == []
    moment = with_value(f"Seen__c < {NAME}", "2026-04-01T00:00:00.000+0000", a_field("V", Kind.DATETIME))
    assert found(moment, Seen__c=datetime(2026, 3, 31, 23, tzinfo=UTC)) == BROKEN
    assert found(moment, Seen__c=datetime(2026, 4, 1, tzinfo=UTC)) == []


def test_only_the_setting_that_was_not_read_is_lacking() -> None:
    formula = "NOT($Setup.Known__c.Skip__c) && NOT($Setup.Hidden__c.Skip__c) && Count__c > 1"
    sync = bound_with(COUNT, formula=formula, globals=Globals({"$Setup.Known__c.Skip__c": False}))
    object = sync.crm["Lead"]
    assert lacking(object.rules[0], object) == ["global $Setup.Hidden__c.Skip__c"]
    assert found(sync, Count__c=2) == []
    # A bypass that is known decides, whatever the other would say.
    passes = bound_with(COUNT, formula=formula, globals=Globals({"$setup.known__c.skip__c": True}))
    assert found(passes, Count__c=2) == []


def test_a_changed_setting_is_a_changed_schema() -> None:
    """So that a plan which was made before is not applied after."""
    from awase.core.schema import Schema

    one, other = (Schema(dict(with_value("TRUE", value).crm)).digest() for value in (100.0, 101.0))
    assert one != other
