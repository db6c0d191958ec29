"""Two schemas compared: what differs is listed, mirrors, can be taken back, and is marked where it may matter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.core.drift import Change, What, changes, reverted, touching
from awase.core.drift_effects import NO_RIGHT, Stopped, may_cause, named, newly_held, people_of, relieved
from awase.core.filters import Condition
from awase.core.mapping import Direction
from awase.core.operations import Operation, OperationKind
from awase.core.plan import Draft, PlannedWrite
from awase.core.records import BaseRow, Item, ItemKind
from awase.core.schema import Field, ObjectSchema, Option, Rule, Schema
from awase.core.values import Kind
from tests.unit.core.scene import a_sync, mapped

NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.none() | st.tuples(st.sampled_from(["x", "y"]))
OPTIONS = st.builds(Option, NAMES, NAMES, active=st.booleans(), valid_for=TEXTS)


@st.composite
def fields(draw: st.DrawFn, name: str) -> Field:
    options = draw(
        st.none() | st.lists(OPTIONS, max_size=3, unique_by=lambda option: option.value).map(tuple)
    )
    numbers = st.none() | st.integers(1, 2)
    return Field(
        name,
        name,
        *draw(st.sampled_from([(Kind.TEXT, "string"), (Kind.DECIMAL, "double")])),
        required=draw(st.booleans()),
        createable=draw(st.booleans()),
        updateable=draw(st.booleans()),
        max_length=draw(numbers),
        precision=draw(numbers),
        scale=draw(numbers),
        options=options,
        restricted=draw(st.booleans()),
        unique=draw(st.booleans()),
    )


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    objects = {}
    for name in ("Contact", "Lead"):
        there = draw(st.sets(NAMES))
        rules = draw(st.dictionaries(NAMES, st.sampled_from(["TRUE", "FALSE"])))
        objects[name] = ObjectSchema(
            name,
            name,
            {field: draw(fields(field)) for field in sorted(there)},
            createable=draw(st.booleans()),
            updateable=draw(st.booleans()),
            deletable=draw(st.booleans()),
            rules=tuple(
                Rule(id=f"{rule}1", object=name, name=rule, formula=formula, message="")
                for rule, formula in rules.items()
            ),
        )
    return Schema(objects)


@given(schemas())
def test_a_schema_has_not_drifted_from_itself(schema: Schema) -> None:
    assert changes(schema, schema, "crm") == []


@given(schemas(), schemas())
def test_there_and_back_are_the_same_changes_mirrored(one: Schema, other: Schema) -> None:
    there, back = changes(one, other, "crm"), changes(other, one, "crm")
    assert [change.mirrored() for change in there] == back
    assert len(set(there)) == len(there)


@given(schemas(), schemas())
def test_with_every_change_taken_back_nothing_has_drifted(past: Schema, now: Schema) -> None:
    assert changes(past, reverted(now, past, changes(past, now, "crm")), "crm") == []


@given(schemas(), schemas(), st.data())
def test_taking_some_changes_back_leaves_the_others(past: Schema, now: Schema, data: st.DataObject) -> None:
    found = changes(past, now, "crm")
    # What a field brings with it goes where the field goes.
    whole = {(c.object, c.name) for c in found if c.what == What.FIELD}
    some = [c for c in found if (c.object, c.name) not in whole and data.draw(st.booleans())]
    assert set(changes(past, reverted(now, past, some), "crm")) == set(found) - set(some)


# -- each change by its name ------------------------------------------------------------------------------------------

BOX = Field(
    "Title", "Title", Kind.TEXT, "picklist", options=(Option("x", "X"), Option("y", "Y")), max_length=40
)


def lead(*fields: Field, **more: Any) -> Schema:
    return Schema({"Lead": ObjectSchema("Lead", "Lead", {field.name: field for field in fields}, **more)})


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (lead(), [(What.FIELD, "", "picklist", None)]),
        (lead(replace(BOX, max_length=20)), [(What.LENGTH, "", 40, 20)]),
        (lead(replace(BOX, required=True)), [(What.REQUIRED, "", False, True)]),
        (lead(replace(BOX, restricted=True)), [(What.RESTRICTED, "", False, True)]),
        (lead(replace(BOX, unique=True)), [(What.UNIQUE, "", False, True)]),
        (lead(replace(BOX, updateable=False)), [(What.UPDATEABLE, "", True, False)]),
        (lead(replace(BOX, precision=16, scale=2)), [(What.DIGITS, "", None, "16,2")]),
        (lead(replace(BOX, vendor_type="string")), [(What.TYPE, "", "picklist", "string")]),
        (lead(replace(BOX, options=None)), [(What.LIST, "", 2, None)]),
        (lead(replace(BOX, options=BOX.options[:1])), [(What.OPTION, "y", "Y", None)]),  # type: ignore[index]
        (
            lead(replace(BOX, options=(Option("x", "X", active=False), Option("y", "Z")))),
            [(What.OPTION_ACTIVE, "x", True, False), (What.OPTION_LABEL, "y", "Y", "Z")],
        ),
        (lead(BOX, createable=False), [(What.OBJECT_CREATEABLE, "", True, False)]),
        (lead(replace(BOX, label="Another label")), []),
    ],
)
def test_each_change_is_named(now: Schema, expected: list[tuple[Any, ...]]) -> None:
    found = changes(lead(BOX), now, "crm")
    assert [(c.what, c.option, c.before, c.after) for c in found] == expected
    assert [c.mirrored() for c in found] == changes(now, lead(BOX), "crm")


def test_a_new_field_that_is_required_says_both() -> None:
    found = changes(lead(), lead(replace(BOX, required=True)), "crm")
    assert [(c.what, c.before, c.after) for c in found] == [
        (What.FIELD, None, "picklist"),
        (What.REQUIRED, False, True),
    ]


# -- what matters -----------------------------------------------------------------------------------------------------


def change(name: str, what: What = What.LENGTH, object: str = "Lead", side: Any = "crm") -> Change:
    return Change(side, object, what, name)


@pytest.mark.parametrize(
    ("one", "matters"),
    [
        (change("Title__c"), True),
        (change("Title__c", object="Contact"), False),
        (change("title", object="contact", side="ma"), True),
        (change("Off__c"), False),
        (change("Status"), True),
        (change("Other__c"), False),
        (change("Other__c", What.REQUIRED), True),
        (change("Any_Rule", What.FORMULA), True),
        (change("", What.OBJECT_UPDATEABLE), True),
        (change("Any_Rule", What.RULE, object="Account"), False),
    ],
)
def test_what_is_mapped_tested_required_or_ruled_touches_the_sync(one: Change, matters: bool) -> None:
    sync = a_sync(
        mapped("title", on=["Lead"]),
        mapped("off", on=["Lead"], direction=Direction.OFF),
        filter_crm=(Condition("Lead.Status", is_in=("open",)),),
    )
    assert [c.touches for c in touching([one], sync)] == [matters]


# -- whom it stops ----------------------------------------------------------------------------------------------------


def item(link: int, field: str = "Title", error: str = "restricted", **more: Any) -> Item:
    given = {"kind": ItemKind.HELD, "source": "foreseen", "code": error, "error_type": error} | more
    return Item(link=link, side="crm", field=field, **given)


def drafted(*items: Item) -> Draft:
    return Draft(items=list(items))


def test_who_was_held_before_is_stopped_by_something_else() -> None:
    now = drafted(item(1), item(2), item(2, "Company", "required"), item(3, kind=ItemKind.WAITING))
    stopped = newly_held(now, drafted(item(2, "Company", "required")))
    assert (list(stopped), people_of(stopped)) == ([(1, "crm")], 1)


def test_a_change_causes_what_is_gone_without_it_and_not_what_is_only_called_otherwise() -> None:
    stopped = newly_held(drafted(item(1), item(1, "Company"), item(2)), drafted())
    without = drafted(item(1, "Company"), item(2, error="option_mismatch"))
    assert relieved(stopped, without) == {(1, "crm"): [item(1)]}


def test_whom_a_change_stops_is_named_with_the_value_or_as_having_no_right() -> None:
    held = item(1, record="contact:7", label="山田", value="係長")
    writes = [
        PlannedWrite(
            operation=Operation(link=link, side="crm", kind=OperationKind.CREATE, object="Lead"),
            patch=BaseRow(link=link),
            record=f"contact:{link}",
            label=str(link),
        )
        for link in (2, 3)
    ]
    assert named({(1, "crm"): [held]}, {(3, "crm")}, writes) == (
        Stopped("contact:7", "山田", "restricted", "Title", "係長"),
        Stopped("contact:3", "3", NO_RIGHT),
    )


def test_an_options_change_is_judged_only_where_somebody_has_it() -> None:
    stopped = newly_held(drafted(item(1, value="x")), drafted())
    one = Change("crm", "Lead", What.OPTION, "Title", "x")
    assert may_cause(one, stopped)
    assert not may_cause(replace(one, option="y"), stopped)
    assert not may_cause(replace(one, side="ma"), stopped)
