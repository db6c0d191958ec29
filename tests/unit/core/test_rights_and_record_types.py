"""What the integration user may not do, record types it may not give, and fields that are watched without being mapped."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from awase.core.binding import bind
from awase.core.checks import findings, target_of
from awase.core.checks.preflight import seen, sends, value_column
from awase.core.checks.rules import lacking
from awase.core.mapping import BoundSync, CreateRule
from awase.core.schema import Field, Globals, ObjectSchema, Option, RecordType, Rule, Schema
from awase.core.values import DTYPES, Kind
from tests.unit.core.scene import CONSENT, EMAIL, Mapped, a_field, a_sync, mapped, schemas

TITLE = mapped("title")
SORT = Mapped(a_field("sort"), {"Lead": a_field("RecordTypeId", sorts=True)})
TYPES = (
    RecordType("012000000000001AAA", "Customer", "顧客", default=True),
    RecordType("012000000000002AAA", "Partner", "パートナー"),
    RecordType("012000000000003AAA", "Retired", "旧", available=False),
)
NOW = datetime(2026, 11, 26, tzinfo=UTC)


def bound_with(*fields: Mapped, more: tuple[Field, ...] = (), formula: str = "", **about: Any) -> BoundSync:
    """A sync to leads whose object has ``more`` fields, one rule and other facts ``about`` it."""
    sync = a_sync(EMAIL, *fields, create_as=(CreateRule("Lead"),))
    ma, crm = schemas(EMAIL, *fields)
    lead: ObjectSchema = crm.objects["Lead"]
    rules = (Rule(id="1", object="Lead", name="Rule", formula=formula, message="m"),) if formula else ()
    lead = replace(lead, fields={**lead.fields, **{one.name: one for one in more}}, rules=rules, **about)
    return bind(sync, ma, Schema({**crm.objects, "Lead": lead}), CONSENT)


def found(sync: BoundSync, *, stored: dict[str, Any] | None = None, **sent: Any) -> list[tuple[str, str]]:
    """Error type and field of each finding of one lead; nothing ``stored`` is a create. Values by CRM field name."""
    columns: dict[str, Any] = {"_link": [1], "_create": [stored is None]}
    stored = stored or {}
    for b in sync.fields:
        if (field := b.on("crm", "Lead")) is None:
            continue
        kind = DTYPES[field.kind]
        columns |= {
            value_column(b.name): pl.Series([sent.get(field.name)], dtype=kind),
            f"source:{b.name}": pl.Series([sent.get(field.name)], dtype=kind),
            sends(b.name): [field.name in sent],
            f"before:{b.name}": pl.Series([stored.get(field.name)], dtype=kind),
        }
    for name in sync.watched_on("crm", "Lead"):
        kind = DTYPES[sync.crm["Lead"].fields[name].kind]
        columns[seen(name)] = pl.Series([stored.get(name)], dtype=kind)
    frame = pl.DataFrame(columns)
    result = findings(frame, target_of(sync, "crm", "Lead", frame, NOW))
    return [(one.error_type, one.field) for one in result]


def test_whoever_may_not_create_or_edit_is_told_for_every_record() -> None:
    closed = bound_with(TITLE, createable=False)
    assert found(closed, Title__c="部長") == [("insufficient_access", "")]
    assert found(closed, stored={"Email": "a@b.jp"}, Title__c="部長") == []
    read_only = bound_with(TITLE, updateable=False)
    assert found(read_only, stored={"Email": "a@b.jp"}, Title__c="部長") == [("insufficient_access", "")]
    assert found(read_only, Title__c="部長") == []


def test_a_field_that_no_new_record_may_be_given_stops_creates_that_fill_it() -> None:
    later = mapped("title", crm={"createable": False})
    assert found(bound_with(later), Title__c="部長") == [("field_permission", "Title__c")]
    assert found(bound_with(later)) == []
    assert found(bound_with(later), stored={}, Title__c="部長") == []


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("012000000000002AAA", []),
        ("012000000000002", []),
        ("012000000000003AAA", [("record_type", "RecordTypeId")]),
        ("012000000000009AAA", [("record_type", "RecordTypeId")]),
    ],
)
def test_a_record_type_has_to_be_one_that_the_user_may_give(id: str, expected: list[tuple[str, str]]) -> None:
    assert found(bound_with(SORT, record_types=TYPES), RecordTypeId=id) == expected


def test_where_record_types_are_not_known_none_is_refused() -> None:
    assert found(bound_with(SORT), RecordTypeId="012000000000009AAA") == []


def test_a_rule_of_a_record_type_knows_the_default_of_new_records_and_the_type_of_old_ones() -> None:
    sort = a_field("RecordTypeId", sorts=True)
    sync = bound_with(
        TITLE,
        more=(sort,),
        record_types=TYPES,
        formula='AND(RecordType.DeveloperName = "Customer", ISBLANK(Title__c))',
    )
    assert sync.watched_on("crm", "Lead") == ("RecordTypeId",)
    assert found(sync) == [("validation_rule", "")]
    assert found(sync, stored={"RecordTypeId": TYPES[1].id, "Title__c": "x"}, Title__c=None) == []
    assert found(sync, stored={"RecordTypeId": TYPES[0].id, "Title__c": "x"}, Title__c=None) == [
        ("validation_rule", "")
    ]


def test_only_what_checks_look_at_is_watched_and_what_moves_with_a_save_is_not() -> None:
    more = (
        a_field("Tier__c"),
        a_field("Other__c"),
        a_field("Score__c", derived=True),
        a_field("Needed__c", required=True),
    )
    sync = bound_with(TITLE, more=more, formula='AND(Tier__c = "A", Score__c = "1", ISCHANGED(Title__c))')
    assert sync.watched_on("crm", "Lead") == ("Tier__c", "Needed__c")
    assert sync.watched_on("ma", "contact") == ()


def test_a_required_field_that_nobody_maps_is_missed_where_the_stored_record_lacks_it() -> None:
    sync = bound_with(TITLE, more=(a_field("Needed__c", required=True),))
    assert found(sync, stored={"Needed__c": "x"}, Title__c="部長") == []
    missing = [("required_value_missing", "Needed__c")]
    assert found(sync, stored={"Title__c": "課長"}, Title__c="部長") == missing
    assert found(sync, Title__c="部長") == missing


def test_a_default_that_is_known_is_what_a_rule_sees_of_a_new_record() -> None:
    flag = a_field("Flag__c", Kind.BOOLEAN, by_default=True, default=False)
    tier = a_field("Tier__c", by_default=True)
    sync = bound_with(TITLE, more=(flag, tier), formula="NOT(Flag__c)")
    assert found(sync, Title__c="x") == [("validation_rule", "")]
    # What the vendor would fill in is not known: nothing is foreseen.
    assert found(bound_with(TITLE, more=(tier,), formula="ISBLANK(Tier__c)"), Title__c="x") == []


def test_a_rule_that_looks_at_the_clock_is_judged_by_the_time_of_the_plan() -> None:
    plan = mapped("plan", Kind.DATE)
    sync = bound_with(plan, formula="Plan__c < TODAY()")
    today = NOW.date()
    assert found(sync, Plan__c=today) == []
    assert found(sync, Plan__c=today.replace(day=25)) == [("validation_rule", "")]


def test_rules_that_ask_who_writes_are_judged_where_that_is_known() -> None:
    formula = 'AND($Profile.Name = "Integration", NOT($Permission.Bypass))'
    unknown = bound_with(TITLE, formula=formula)
    assert found(unknown, Title__c="x") == []
    (rule,) = unknown.crm["Lead"].rules
    assert lacking(rule, unknown.crm["Lead"]) == [
        "global $Permission.Bypass",
        "global $Profile.Name",
    ]
    values = {"$Profile.Name": "Integration", "$permission.bypass": False}
    known = bound_with(TITLE, formula=formula, globals=Globals(values))
    assert found(known, Title__c="x") == [("validation_rule", "")]
    assert lacking(rule, known.crm["Lead"]) == []
    passes = Globals({**values, "$permission.bypass": True})
    assert found(bound_with(TITLE, formula=formula, globals=passes), Title__c="x") == []


CUSTOMER, PARTNER = TYPES[0].id, TYPES[1].id
CHOICES = {CUSTOMER: {"Rank__c": ("A", "B")}, PARTNER: {"Rank__c": ("B",)}}


def ranked(*more: Mapped, **about: Any) -> BoundSync:
    options = tuple(Option(value, value) for value in "ABC")
    rank = mapped("rank", ma={"options": options}, crm={"options": options, "restricted": True})
    extra = () if SORT in more else (a_field("RecordTypeId", sorts=True),)
    return bound_with(rank, *more, more=extra, record_types=TYPES, choices=CHOICES, **about)


def test_an_option_that_the_records_type_lacks_is_refused() -> None:
    refused = [("picklist_record_type", "Rank__c")]
    assert found(ranked(), stored={"RecordTypeId": PARTNER}, Rank__c="A") == refused
    assert found(ranked(), stored={"RecordTypeId": PARTNER}, Rank__c="B") == []
    assert found(ranked(), stored={"RecordTypeId": CUSTOMER}, Rank__c="A") == []
    # Of a record without a type, or of one that may not be read, nothing is refused.
    assert found(ranked(), stored={}, Rank__c="C") == []


def test_a_new_record_has_the_default_type_unless_it_is_given_another() -> None:
    refused = [("picklist_record_type", "Rank__c")]
    assert found(ranked(), Rank__c="A") == []
    assert found(ranked(), Rank__c="C") == refused
    assert found(ranked(SORT), Rank__c="A", RecordTypeId=PARTNER) == refused
    assert found(ranked(SORT), Rank__c="A", RecordTypeId=CUSTOMER) == []


def test_a_reference_with_a_filter_is_likely_to_be_refused_where_it_moves() -> None:
    lookup = mapped("partner", crm={"filtered": True})
    assert found(bound_with(lookup), Partner__c="x") == [("lookup_filter", "Partner__c")]
    assert found(bound_with(lookup), stored={"Partner__c": "x"}, Partner__c="x") == []
    assert found(bound_with(lookup)) == []
