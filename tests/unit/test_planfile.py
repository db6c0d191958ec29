"""A plan file gives back exactly the plan, or says which line is not what was written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awase.core.consent import opted_out
from awase.core.operations import Operation, OperationKind
from awase.core.plan import Arrival, Draft, Header, Plan, PlannedWrite, chunked, digest
from awase.core.planfile import FORMAT_VERSION, dump, load
from awase.core.records import BaseRow, Cursor, Item, ItemKind, LedgerEntry, Link, MatchEntry
from awase.core.values import pack
from awase.errors import DamagedFile

texts = st.text(st.characters(codec="utf-8"), max_size=20)
ids = st.integers(-(2**63), 2**63 - 1)
values = st.one_of(
    st.none(),
    texts,
    st.booleans(),
    ids,
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**20), max_value=10**20),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.lists(texts, max_size=3).map(tuple),
)
mapped = st.dictionaries(texts, values, max_size=4)


@st.composite
def writes(draw: st.DrawFn) -> PlannedWrite:
    link = draw(ids)
    operation = Operation(
        link=link,
        side=draw(st.sampled_from(["ma", "crm"])),
        kind=draw(st.sampled_from(OperationKind)),
        object=draw(texts),
        id=draw(st.none() | texts),
        key=draw(st.none() | texts),
        values=draw(mapped),
        before=draw(mapped),
        opt_out=draw(
            st.none() | st.builds(lambda a: opted_out(address=a, source="ma:contact:1"), st.none() | texts)
        ),
    )
    patch = BaseRow(link=link, ma=draw(st.none() | st.binary(max_size=20)), crm=pack({"a": "b"}))
    return PlannedWrite(operation=operation, patch=patch, record=draw(texts), label=draw(texts))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    draft = Draft(writes=draw(st.lists(writes(), max_size=5)))
    for link in draw(st.lists(ids, max_size=4)):
        draft.arrivals.append(Arrival("ma", "contact", link, skipped=draw(st.sampled_from(["", "deleted"]))))
        draft.evaluated.append(link)
        draft.links.append(Link(id=link, key=draw(texts), state="linked", ma_id=draw(st.none() | texts)))
        draft.matches.append(MatchEntry(link=link, side="crm", object="Lead", key=draw(ids)))
        draft.agreed.append(BaseRow(link=link, ma=draw(st.binary(max_size=9)), ma_hash=draw(ids)))
        draft.items.append(
            Item(
                link=link,
                side="crm",
                kind=draw(st.sampled_from(ItemKind)),
                code=draw(texts),
                value=draw(texts),
            )
        )
        draft.ledger.append(
            LedgerEntry(
                link=link, address_key=draw(ids), state="out", scope="organisation", source=draw(texts)
            )
        )
    return of(draft)


def of(draft: Draft) -> Plan:
    chunks = chunked(draft)
    header = Header(
        sync="people",
        context="c0ffee",
        made_at=datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=UTC),
        connections={"ma": "1", "crm": "00D"},
        cursors=(Cursor(side="ma", object="contact", value="17"),),
        read={"ma:contact": 4},
        writes={},
        items={},
        conflicts=0,
        read_calls=3,
        price=(),
        guards=(),
        linked_before=0,
    )
    return Plan(header=msgspec.structs.replace(header, digest=digest(header, chunks)), chunks=chunks)


def example() -> Plan:
    operation = Operation(
        link=7,
        side="crm",
        kind=OperationKind.UPDATE,
        object="Lead",
        id="00Q1",
        values={
            "Budget__c": Decimal("1.50"),
            "Visit__c": date(2026, 1, 2),
            "Tags__c": ("a", "b"),
            "Memo__c": None,
        },
        before={"Budget__c": Decimal("1.5")},
    )
    write = PlannedWrite(operation=operation, patch=BaseRow(link=7), record="contact:1", label="山田")
    return of(Draft(writes=[write]))


@settings(max_examples=60, deadline=None)
@given(plans())
def test_every_plan_comes_back_exactly(plan: Plan) -> None:
    again = load(dump(plan))
    assert again == plan
    for write, before in zip(again.writes(), plan.writes(), strict=True):
        assert [type(v) for v in write.operation.values.values()] == [
            type(v) for v in before.operation.values.values()
        ]


def test_a_decimal_keeps_its_written_places() -> None:
    value = load(dump(example())).writes()[0].operation.values["Budget__c"]
    assert str(value) == "1.50"


def test_every_cut_is_noticed() -> None:
    lines = list(dump(example()))
    for kept in range(len(lines)):
        with pytest.raises(DamagedFile):
            load(lines[:kept])
    with pytest.raises(DamagedFile):
        load([*lines[:-1], lines[-1][:-5]])


def test_a_changed_value_is_noticed_by_line() -> None:
    lines = list(dump(example()))
    changed = [lines[0], lines[1].replace("山田".encode(), "山本".encode()), lines[2]]
    with pytest.raises(DamagedFile, match=r"my\.plan:3: it was changed"):
        load(changed, "my.plan")


def test_a_broken_line_is_named() -> None:
    lines = list(dump(example()))
    with pytest.raises(DamagedFile, match=r"plan:2: this line cannot be read"):
        load([lines[0], lines[1][:-9], lines[2]])
    with pytest.raises(DamagedFile, match=r"plan:2: this line holds a value"):
        load([lines[0], lines[1].replace(b'"1.50"', b'"much"'), lines[2]])


def test_a_newer_format_is_named_as_such() -> None:
    lines = list(dump(example()))
    newer = lines[0].replace(b'"awase_plan":1', b'"awase_plan":2')
    with pytest.raises(DamagedFile) as refusal:
        load([newer, *lines[1:]])
    assert refusal.value.places == {"version": 2, "known": FORMAT_VERSION}


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"PK\x03\x04", b"\xff\xfe", b"[]", b"{}", b'{"awase_plan": 1}']
)
def test_what_is_no_plan_is_refused_at_its_first_line(content: bytes) -> None:
    with pytest.raises(DamagedFile, match=r"^plan:1: "):
        load([content, b"x"])
