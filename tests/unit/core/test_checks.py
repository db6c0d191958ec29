"""What the target would refuse is found before a call is spent, at the exact edge of each rule and never inside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.core.checks import findings, target_of
from awase.core.checks.check import Certainty, Finding
from awase.core.checks.identifiers import _shared
from awase.core.checks.preflight import sends, value_column
from awase.core.checks.rules import judged
from awase.core.mapping import Direction
from awase.core.schema import Option, Rule
from awase.core.values import DTYPES, Kind, Value
from tests.unit.core.scene import EMAIL, Mapped, as_cell, bound, mapped


def found(
    field: Mapped,
    value: Value,
    *,
    source: Value = None,
    sent: bool = True,
    creating: bool = False,
    stored: Value = None,
    beside: tuple[Mapped, ...] = (),
) -> list[Finding]:
    """Findings of one Lead to which ``value`` would be written, made from the MA's ``source`` (else the same)."""
    sync = bound(field, *beside) if field is not EMAIL else bound()
    columns: dict[str, Any] = {"_link": [1], "_create": [creating]}
    schema: dict[str, Any] = {"_link": pl.Int64, "_create": pl.Boolean}
    for b in sync.fields:
        mine = b.name == field.ma.name
        columns |= {
            value_column(b.name): [as_cell(value) if mine else None],
            f"source:{b.name}": [as_cell(value if source is None else source) if mine else None],
            sends(b.name): [sent and mine],
            f"before:{b.name}": [None if stored is None or not mine else as_cell(stored)],
        }
        source_kind = b.crm_kind if source is None else b.ma.kind
        schema |= {
            value_column(b.name): DTYPES[b.crm_kind],
            f"source:{b.name}": DTYPES[source_kind],
            sends(b.name): pl.Boolean,
            f"before:{b.name}": DTYPES[b.crm_kind],
        }
    frame = pl.DataFrame(columns, schema=schema)
    return findings(frame, target_of(sync, "crm", "Lead", frame))


def types(*args: Any, **more: Any) -> list[str]:
    return [f.error_type for f in found(*args, **more)]


# -- length --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "character",
    ["a", "山", "🙂"],
    ids=["latin", "kanji", "four bytes"],
)
def test_a_text_may_be_exactly_as_long_as_its_field(character: str) -> None:
    short = mapped("title", crm={"max_length": 5})
    assert types(short, character * 5) == []
    assert types(short, character * 6) == ["string_too_long"]


def test_a_combining_mark_counts_as_a_character_of_its_own() -> None:
    decomposed = "か\u3099"  # が in two characters
    assert types(mapped("title", crm={"max_length": 2}), decomposed) == []
    assert types(mapped("title", crm={"max_length": 1}), decomposed) == ["string_too_long"]


def test_a_finding_names_field_value_and_limit_and_is_certain() -> None:
    (finding,) = found(mapped("title", crm={"max_length": 2}), "部長代理")
    assert finding == Finding(
        1, "string_too_long", Certainty.CERTAIN, "Title__c", "部長代理", {"maximum": "2"}
    )


# -- numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "fits", "too_large"),
    [
        ({"precision": 5, "scale": 2}, "999.99", "1000"),
        ({"precision": 5, "scale": 2}, "-999.99", "-1000"),
        ({"precision": 3}, "999", "1000"),
        ({"precision": 18, "scale": 0}, "999999999999999999", "1000000000000000000"),
        ({"precision": 18, "scale": 2}, "9999999999999999.99", "10000000000000000"),
        ({"precision": 2, "scale": 2}, "0.99", "1"),
    ],
)
def test_a_number_may_have_as_many_digits_as_its_field(
    facts: Mapping[str, int], fits: str, too_large: str
) -> None:
    field = mapped("amount", Kind.DECIMAL, crm=facts)
    assert types(field, Decimal(fits)) == []
    assert types(field, Decimal(too_large)) == ["number_out_of_range"]


def test_a_number_field_without_a_declared_precision_holds_any_number() -> None:
    assert types(mapped("amount", Kind.DECIMAL), Decimal("9" * 28)) == []


def test_a_whole_number_field_has_its_digits_too() -> None:
    field = mapped("seats", Kind.INTEGER, crm={"precision": 8, "scale": 0})
    assert types(field, 99_999_999) == []
    assert types(field, -100_000_000) == ["number_out_of_range"]
    unlimited = mapped("seats", Kind.INTEGER)
    assert types(unlimited, 10**18 - 1) == []
    for too_large in (10**18, -(10**18), 2**63 - 1, -(2**63)):
        assert types(unlimited, too_large) == ["number_out_of_range"]


def test_a_number_no_integer_holds_is_held_and_not_cut() -> None:
    field = mapped("seats", Kind.DECIMAL, crm_kind=Kind.INTEGER)
    assert types(field, 2**63 - 1, source=Decimal("1e20")) == ["number_out_of_range"]
    assert types(field, 10**18 - 1, source=Decimal(10**18 - 1)) == []


@pytest.mark.parametrize("fraction", ["1.5", "0.0000000001", "-2.5", "12345678901234567.5"])
def test_a_fraction_is_not_rounded_into_a_whole_number(fraction: str) -> None:
    field = mapped("seats", Kind.DECIMAL, crm_kind=Kind.INTEGER)
    (finding,) = found(field, int(Decimal(fraction)), source=Decimal(fraction))
    assert (finding.error_type, Decimal(finding.value or "")) == ("wrong_type", Decimal(fraction))
    assert types(field, 2, source=Decimal("2.000")) == []


# -- dates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "refused"),
    [
        (date(1699, 12, 31), True),
        (date(1700, 1, 1), False),
        (date(4000, 12, 31), False),
        (date(4001, 1, 1), True),
    ],
)
def test_a_date_lies_in_the_years_a_crm_knows(day: date, refused: bool) -> None:
    expected = ["date_out_of_range"] if refused else []
    assert types(mapped("day", Kind.DATE), day) == expected
    assert types(mapped("day", Kind.DATETIME), datetime(day.year, day.month, day.day, tzinfo=UTC)) == expected


# -- e-mail --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "taro@example.jp",
        "taro.yamada+news@sales.example.co.jp",
        "o'brien@example.com",
        "_taro-90@docomo.ne.jp",
        '"taro..90."@docomo.ne.jp',
        "a@b.co",
        "taro@example.xn--q9jyb4c",
        "taro@123.example.jp",
        "!#$%&'*+/=?^_`{|}~-@example.jp",
    ],
)
def test_an_address_a_vendor_may_take_is_never_held(address: str) -> None:
    assert types(EMAIL, address) == []


@pytest.mark.parametrize(
    "address",
    [
        "taro",
        "taro@",
        "@example.jp",
        "taro@example",
        "taro@@example.jp",
        "taro@example..jp",
        "taro@.example.jp",
        "taro@-example.jp",
        "taro@example.jp.",
        "taro yamada@example.jp",
        "taro@exa mple.jp",
        "taro..90@docomo.ne.jp",
        "taro.@ezweb.ne.jp",
        ".taro@docomo.ne.jp",
        "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ",
        "山田@example.jp",
        "taro@example.jp, hanako@example.jp",
        "taro@example.jp\nbcc: x@y.jp",
        "taro@example.1",
    ],
)
def test_what_no_vendor_takes_for_an_address_is_held(address: str) -> None:
    assert types(EMAIL, address) == ["invalid_email"]


def test_a_blank_address_is_no_bad_address() -> None:
    assert types(EMAIL, None) == []


# -- picklists -----------------------------------------------------------------------------------------------------

OPTIONS = (Option("New", "新規"), Option("Old", "既存"), Option("Gone", "廃止", active=False))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("New", []),
        (None, []),
        ("Gone", ["restricted_picklist_value"]),
        ("Other", ["restricted_picklist_value"]),
        ("新規", ["option_mismatch"]),
        ("new ", ["option_mismatch"]),
    ],
)
def test_a_restricted_picklist_takes_its_active_values_only_and_no_label(
    value: str | None, found: list[str]
) -> None:
    field = mapped("stage", crm={"options": OPTIONS, "restricted": True})
    assert types(field, value) == found


SOURCE = (Option("first", "新規"), Option("third", "三番目"), Option("fourth", "四番目", active=False))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("first", "option_mismatch"),
        ("third", "picklist_option_missing"),
        ("fourth", "restricted_picklist_value"),
        ("free text", "restricted_picklist_value"),
    ],
)
@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.TEXTS])
def test_an_option_of_the_ma_that_the_crm_lacks_is_told_from_one_called_otherwise_and_from_no_option(
    value: str, found: str, kind: Kind
) -> None:
    field = mapped("rank", kind, ma={"options": SOURCE}, crm={"options": OPTIONS, "restricted": True})
    assert types(field, value if kind == Kind.TEXT else ("New", value)) == [found]


def test_a_mapped_value_that_the_crm_lacks_is_a_missing_option() -> None:
    field = mapped("rank", ma={"options": SOURCE}, crm={"options": OPTIONS, "restricted": True})
    assert types(field, "Third", source="third") == ["picklist_option_missing"]


def test_among_several_choices_the_worst_names_the_trouble() -> None:
    field = mapped("topics", Kind.TEXTS, ma={"options": SOURCE}, crm={"options": OPTIONS, "restricted": True})
    assert types(field, ("first", "third")) == ["picklist_option_missing"]
    assert types(field, ("first", "free text")) == ["restricted_picklist_value"]


STAGES = {"options": OPTIONS, "restricted": True, "steps_of_a_sale": "stage"}


def test_a_stage_that_the_crm_does_not_have_is_an_invalid_one_whatever_else_it_resembles() -> None:
    field = mapped("stage", ma={"options": SOURCE}, crm=STAGES)
    assert [types(field, value) for value in ("New", "first", "third", "x")] == [
        [],
        *[["invalid_deal_stage"]] * 3,
    ]


def found_in_ma(field: Mapped, value: Value, *, creating: bool = False) -> list[str]:
    """Error types of one contact to which ``value`` of a Lead would be written."""
    sync = bound(field, plain=True, match_on=None)
    (b,) = sync.fields
    frame = pl.DataFrame(
        {"_link": [1], "_create": [creating], value_column(b.name): [value], f"source:{b.name}": [value]},
        schema={
            "_link": pl.Int64,
            "_create": pl.Boolean,
            value_column(b.name): pl.String,
            f"source:{b.name}": pl.String,
        },
    ).with_columns(pl.lit(value is not None).alias(sends(b.name)))
    return [f.error_type for f in findings(frame, target_of(sync, "ma", "contact", frame))]


def test_on_the_way_to_the_ma_a_stage_of_the_crm_is_missing_and_what_is_no_stage_there_is_invalid() -> None:
    field = mapped("stage", ma=STAGES, crm={"options": SOURCE})
    assert found_in_ma(field, "New") == []
    assert found_in_ma(field, "third") == ["deal_stage_missing"]
    assert found_in_ma(field, "forgotten") == ["invalid_deal_stage"]


def test_an_option_that_the_ma_lacks_is_a_mismatch() -> None:
    field = mapped("rank", ma={"options": OPTIONS, "restricted": True}, crm={"options": SOURCE})
    assert found_in_ma(field, "third") == ["option_mismatch"]


def test_a_sale_without_a_pipeline_or_with_an_unknown_one_has_no_sales_process() -> None:
    field = mapped("way", ma={**STAGES, "steps_of_a_sale": "pipeline"})
    assert found_in_ma(field, "New", creating=True) == []
    assert found_in_ma(field, None, creating=True) == ["no_default_sales_process"]
    assert found_in_ma(field, "0125g0000000001AAA") == ["no_default_sales_process"]
    kept_there = mapped("way", ma={**STAGES, "steps_of_a_sale": "pipeline"}, direction=Direction.MA)
    assert found_in_ma(kept_there, None, creating=True) == []


def test_an_open_picklist_takes_anything_however_long() -> None:
    assert types(mapped("stage", crm={"options": OPTIONS, "max_length": 3}), "Something else") == []


def test_every_choice_of_a_multi_select_must_be_an_active_value() -> None:
    field = mapped("topics", Kind.TEXTS, crm={"options": OPTIONS, "restricted": True})
    assert types(field, ("New", "Old")) == []
    assert types(field, None) == []
    (finding,) = found(field, ("Gone", "New"))
    assert (finding.error_type, finding.value) == ("restricted_picklist_value", "Gone;New")
    assert finding.detail == {"allowed": "New; Old"}


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.TEXTS])
def test_a_restricted_picklist_without_values_takes_none(kind: Kind) -> None:
    field = mapped("stage", kind, crm={"options": (), "restricted": True})
    assert types(field, "x" if kind == Kind.TEXT else ("x",)) == ["restricted_picklist_value"]


# -- required ------------------------------------------------------------------------------------------------------

REQUIRED = mapped("company", crm={"required": True})


def test_a_required_field_must_be_filled_on_a_create_and_never_cleared() -> None:
    assert types(REQUIRED, None, creating=True, sent=False) == ["required_value_missing"]
    assert types(REQUIRED, None, sent=True) == ["required_value_missing"]
    assert types(REQUIRED, "甲", creating=True) == []


def test_an_update_of_other_fields_trips_over_a_required_field_that_is_empty_there() -> None:
    assert types(REQUIRED, None, sent=False) == ["required_value_missing"]
    assert types(REQUIRED, None, sent=False, stored="合わせ商事") == []


def test_a_required_field_that_nobody_maps_fails_every_create_and_no_update() -> None:
    sync_field = mapped("title")
    sync = bound(sync_field)
    lead = sync.crm["Lead"]
    needed = mapped("region", crm={"required": True}).crm["Lead"]
    fields = {**lead.fields, needed.name: needed}
    wanting = replace(sync, crm={**sync.crm, "Lead": replace(lead, fields=fields)})
    rows = pl.DataFrame(
        {
            "_link": [1, 2],
            "_create": [True, False],
            **{
                f"{part}{b.name}": [value, value]
                for b in sync.fields
                for part, value in (("set:", "a@x.jp"), ("source:", "a@x.jp"), ("sends:", True))
            },
        }
    )
    found_now = findings(rows, target_of(wanting, "crm", "Lead", rows))
    assert [(f.link, f.error_type, f.field, f.value) for f in found_now] == [
        (1, "required_value_missing", "Region__c", None)
    ]


# -- what is not touched -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (mapped("title", crm={"max_length": 1}), "long"),
        (EMAIL, "no address"),
        (mapped("stage", crm={"options": OPTIONS, "restricted": True}), "x"),
        (mapped("topics", Kind.TEXTS, crm={"options": OPTIONS, "restricted": True}), ("x",)),
        (mapped("amount", Kind.DECIMAL, crm={"precision": 1}), Decimal(100)),
        (mapped("seats", Kind.INTEGER, crm={"precision": 1}), 100),
        (mapped("day", Kind.DATE), date(1, 1, 1)),
    ],
    ids=["length", "e-mail", "picklist", "multi-select", "decimal", "integer", "date"],
)
def test_an_update_that_does_not_touch_a_field_is_not_judged_by_it(field: Mapped, value: Value) -> None:
    assert types(field, value, sent=False) == []
    assert types(field, value, sent=True) != []


def test_all_broken_rules_of_a_record_are_found_at_once() -> None:
    sync = bound(mapped("title", crm={"max_length": 1}))
    rows = pl.DataFrame(
        {
            "_link": [1],
            "_create": [False],
            **{f"set:{n}": ["zu lang"] for n in ("email", "title")},
            **{f"source:{n}": ["zu lang"] for n in ("email", "title")},
            **{f"sends:{n}": [True] for n in ("email", "title")},
        }
    )
    assert sorted(f.error_type for f in findings(rows, target_of(sync, "crm", "Lead", rows))) == [
        "invalid_email",
        "string_too_long",
    ]


# -- states and countries ------------------------------------------------------------------------------------------

COUNTRY = mapped(
    "country",
    crm={"place": True, "options": (Option("Japan", "Japan"), Option("United States", "United States"))},
)
STATE = mapped(
    "state",
    crm={
        "place": True,
        "controllers": ("Country__c",),
        "options": (
            Option("Tokyo", "Tokyo", valid_for=("JP", "Japan")),
            Option("Ohio", "Ohio", valid_for=("US", "United States")),
        ),
    },
)


def places(
    *,
    sent: Mapping[str, str | None],
    stored: Mapping[str, str] = {},
    country: Mapped | None = COUNTRY,
    state: Mapped = STATE,
) -> list[tuple[str, str]]:
    """Field and error type of each finding of one Lead that holds ``stored``; nothing stored is a create."""
    sync = bound(state, *([country] if country else []))
    columns: dict[str, Any] = {"_link": [1], "_create": [not stored]}
    for b in sync.fields:
        columns |= {
            value_column(b.name): pl.Series([sent.get(b.name)], dtype=pl.String),
            f"source:{b.name}": pl.Series([sent.get(b.name)], dtype=pl.String),
            sends(b.name): [b.name in sent],
            f"before:{b.name}": pl.Series([stored.get(b.name)], dtype=pl.String),
        }
    frame = pl.DataFrame(columns)
    found = findings(frame, target_of(sync, "crm", "Lead", frame))
    assert all(finding.certainty is Certainty.CERTAIN for finding in found) or country is not COUNTRY
    return [(finding.field, finding.error_type) for finding in found]


def test_a_state_belongs_to_its_country() -> None:
    assert places(sent={"country": "Japan", "state": "Tokyo"}) == []
    assert places(sent={"country": "Japan", "state": "Ohio"}) == [("State__c", "state_country")]


def test_a_state_that_stays_is_judged_by_the_country_that_comes() -> None:
    assert places(sent={"country": "United States"}, stored={"state": "Tokyo"}) == [
        ("State__c", "state_country")
    ]
    assert places(sent={"state": "Tokyo"}, stored={"country": "Japan"}) == []
    assert places(sent={"state": "Ohio"}, stored={"country": "Japan"}) == [("State__c", "state_country")]
    # One that no country has (any more) goes with none.
    assert places(sent={"country": "Japan"}, stored={"state": "江戸"}) == [("State__c", "state_country")]


def test_a_name_that_states_of_two_countries_have_goes_with_both() -> None:
    twice = (Option("Limburg", "Limburg", valid_for=("Japan", "United States")),)
    both = mapped("state", crm={"place": True, "controllers": ("Country__c",), "options": twice})
    for country in ("Japan", "United States"):
        assert places(sent={"country": country, "state": "Limburg"}, state=both) == []


def test_unknown_places_are_named_each_for_itself() -> None:
    assert places(sent={"country": "日本", "state": "東京都"}) == [
        ("State__c", "state_country"),
        ("Country__c", "state_country"),
    ]


def test_a_state_needs_a_country_in_the_same_write_or_there_already() -> None:
    assert places(sent={"state": "Tokyo"}) == [("State__c", "country_required")]
    assert places(sent={"country": None}, stored={"country": "Japan", "state": "Tokyo"}) == [
        ("State__c", "country_required")
    ]


def test_a_country_that_the_vendor_may_fill_in_is_missed_only_likely() -> None:
    filled = mapped("country", crm={"place": True, "options": (Option("Japan", "Japan", default=True),)})
    for country in (filled, None):
        assert places(sent={"state": "Tokyo"}, country=country) == [("State__c", "country_required")]


# -- ids and unique values -----------------------------------------------------------------------------------------


def test_what_is_no_id_does_not_go_into_a_reference() -> None:
    facts = {"id_pattern": r"^([0-9A-Za-z]{15}|[0-9A-Za-z]{18})$", "id_trouble": "salesforce_id_missing"}
    lookup = mapped("campaign", crm=facts)
    assert types(lookup, "701000000000001AAA") == []
    assert types(lookup, "701000000000001") == []
    assert types(lookup, "春の展示会") == ["salesforce_id_missing"]


def test_of_two_creates_with_one_unique_value_the_first_goes() -> None:
    code = mapped("code", crm={"unique": True})
    sync = bound(code)
    rows = len(("a", "b", "a", None, None))
    columns: dict[str, Any] = {"_link": list(range(rows)), "_create": [True] * rows}
    for b in sync.fields:
        values = pl.Series(
            ["a", "b", "a", None, None] if b.name == "code" else [None] * rows, dtype=pl.String
        )
        columns |= {
            value_column(b.name): values,
            f"source:{b.name}": values,
            f"before:{b.name}": [None] * rows,
        }
        columns[sends(b.name)] = values.is_not_null()
    frame = pl.DataFrame(columns)
    found = findings(frame, target_of(sync, "crm", "Lead", frame))
    assert [(f.link, f.error_type, f.value) for f in found] == [(2, "duplicate_value", "a")]


@pytest.mark.parametrize(("minds_case", "later"), [(True, [3]), (False, [2, 3])])
def test_a_refused_record_leaves_its_unique_value_to_the_next(minds_case: bool, later: list[int]) -> None:
    code = mapped("code", crm={"unique": True, "minds_case": minds_case, "max_length": 2})
    note = mapped("note", crm={"max_length": 3})
    sync = bound(code, note)
    given_values = {
        "email": [None] * 4,
        "code": ["a", "a", "A", "a"],
        "note": ["too long", None, None, None],
    }
    columns: dict[str, Any] = {"_link": list(range(4)), "_create": [True] * 4}
    for b in sync.fields:
        values = pl.Series(given_values[b.name], dtype=pl.String)
        columns |= {value_column(b.name): values, f"source:{b.name}": values}
        columns |= {f"before:{b.name}": pl.Series([None] * 4, dtype=pl.String)}
        columns[sends(b.name)] = values.is_not_null()
    frame = pl.DataFrame(columns)
    found = findings(frame, target_of(sync, "crm", "Lead", frame))
    assert [f.link for f in found if f.error_type == "duplicate_value"] == later
    assert [f.link for f in found if f.error_type == "string_too_long"] == [0]


@given(st.lists(st.sampled_from(["a", "b", "c", "山", "", None]), max_size=30))
def test_a_value_is_shared_where_it_stands_more_than_once(values: list[str | None]) -> None:
    shared = _shared(pl.Series(values, dtype=pl.String)).to_list()
    assert shared == [value is not None and values.count(value) > 1 for value in values]


# -- rules by formula ----------------------------------------------------------------------------------------------

OPEN_BY_JUNE = Rule(id="1", object="Lead", name="June", formula='Stage__c = "Open"', message="six")


@pytest.mark.parametrize(
    ("sent", "broken"),
    [
        ([True, True, True], [1]),
        ([False, False, False], [2]),
        ([True, False, True], [1, 2]),
    ],
    ids=["all of it is written", "none of it is written", "some of it is written"],
)
def test_a_rule_sees_what_is_written_and_elsewhere_what_is_stored(
    sent: list[bool], broken: list[int]
) -> None:
    sync = bound(mapped("stage"))
    columns: dict[str, Any] = {"_link": [1, 2, 3], "_create": [False] * 3}
    for b in sync.fields:
        columns |= {
            value_column(b.name): ["Open", None, "Lost"],
            f"source:{b.name}": ["Open", None, "Lost"],
            sends(b.name): sent,
            f"before:{b.name}": ["New", "Open", None],
        }
    rows = pl.DataFrame(columns)
    target = target_of(sync, "crm", "Lead", rows)
    found = findings(rows, replace(target, object=replace(target.object, rules=(OPEN_BY_JUNE,))))
    assert [f.link for f in found if f.error_type == "validation_rule"] == broken


def test_rules_are_compiled_once_for_as_long_as_neither_they_nor_their_fields_change() -> None:
    lead = replace(bound(mapped("stage")).crm["Lead"], rules=(OPEN_BY_JUNE,))
    again = replace(bound(mapped("stage")).crm["Lead"], rules=(OPEN_BY_JUNE,))
    ((_, ready),) = judged(lead)
    assert next(judged(again))[1] is ready
    stage = replace(lead.fields["Stage__c"], options=OPTIONS)
    changed = replace(lead, fields={**lead.fields, "Stage__c": stage})
    assert next(judged(changed))[1] is not ready
