"""A plan is cut without loss, priced exactly, guarded at its limits, and named by everything it would send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from math import ceil
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awase.core.capabilities import Capabilities
from awase.core.consent import opted_out
from awase.core.operations import Operation, OperationKind, Side
from awase.core.packing import ORDER, pack_calls, price
from awase.core.plan import (
    BUCKETS,
    Arrival,
    Chunk,
    Draft,
    Plan,
    PlannedWrite,
    Tripped,
    assemble,
    chunked,
    fingerprint,
    guards,
    released_at_once,
)
from awase.core.records import BaseRow, Cursor, Item, ItemKind, LedgerEntry, Link, MatchEntry
from awase.core.values import Value, pack
from tests.unit.core.scene import BOTH, a_write, capabilities

SIDES: tuple[Side, ...] = ("ma", "crm")

links = st.integers(-(2**63), 2**63 - 1)
sides: st.SearchStrategy[Side] = st.sampled_from(SIDES)
kinds = st.sampled_from(OperationKind)
objects = {"ma": st.just("contact"), "crm": st.sampled_from(["Lead", "Contact"])}
writes = st.lists(
    sides.flatmap(lambda side: st.builds(a_write, links, st.just(side), kinds, objects[side])), max_size=60
)


def sized(side: Side, sizes: tuple[int, int, int, int], *, history: bool) -> Capabilities:
    create, update, opt_out, audit = sizes
    standard = capabilities(side, history=history)
    fitted = {"create": create, "update": update, "opt_out": opt_out, "audit": audit}
    facts = {name: getattr(standard.sizes, name) for name in standard.sizes.__slots__}
    return capabilities(side, history=history, sizes=type(standard.sizes)(**facts | fitted))


some_sizes = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(0, 9))


def plan_of(draft: Draft, linked_before: int = 1000, **changes: Any) -> Plan:
    facts: dict[str, Any] = {
        "sync": "people",
        "context": "c1",
        "made_at": datetime(2026, 11, 23, tzinfo=UTC),
        "connections": {"ma": "hub", "crm": "force"},
        "cursors": [Cursor(side="ma", object="contact", value="7")],
        "read_calls": 3,
        "linked_before": linked_before,
        "guard_share": 0.1,
        "guard_records": 500,
        "capabilities": BOTH,
    }
    return assemble(draft, **(facts | changes))


# -- chunks --------------------------------------------------------------------------------------------------------


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    draft = Draft(writes=draw(writes))
    for link in draw(st.lists(links, max_size=20)):
        draft.arrivals.append(
            Arrival(draw(sides), "contact", link, skipped=draw(st.sampled_from(["", "deleted"])))
        )
        draft.evaluated.append(link)
        draft.links.append(Link(id=link, key="k", state="unlinked"))
        draft.matches.append(MatchEntry(link=link, side="ma", object="contact", key=draw(links)))
        draft.agreed.append(BaseRow(link=link, ma=pack({"a": str(link)})))
        draft.items.append(Item(link=link, side="crm", kind=draw(st.sampled_from(ItemKind)), code="c"))
        draft.ledger.append(
            LedgerEntry(
                link=draw(st.just(link) | st.none()),
                address_key=1,
                state="out",
                scope="organisation",
                source="s",
            )
        )
    return draft


@given(drafts())
@settings(deadline=None, max_examples=60)
def test_cutting_a_plan_into_chunks_loses_nothing_and_keeps_the_order_within_a_bucket(draft: Draft) -> None:
    chunks = chunked(draft)
    numbers = [chunk.bucket for chunk in chunks]
    assert numbers == sorted(set(numbers))
    assert all(0 <= n < BUCKETS for n in numbers)
    for part in Chunk.__struct_fields__[1:]:
        wanted = getattr(draft, part)
        cut = [thing for chunk in chunks for thing in getattr(chunk, part)]
        assert Counter(map(repr, cut)) == Counter(map(repr, wanted))
    for chunk in chunks:
        mine = [w for w in draft.writes if w.operation.link % BUCKETS == chunk.bucket]
        assert list(chunk.writes) == mine


def test_nothing_to_do_has_no_chunks_no_price_and_no_guards() -> None:
    plan = plan_of(Draft(), linked_before=0)
    assert (plan.chunks, plan.header.price, plan.header.guards, plan.header.write_calls) == ((), (), (), 0)


def test_the_header_counts_what_the_chunks_hold() -> None:
    draft = Draft(writes=[a_write(1), a_write(2), a_write(3, "ma", OperationKind.CREATE)])
    draft.arrivals += [Arrival("ma", "contact", 1), Arrival("ma", "contact", 2), Arrival("crm", "Lead", 1)]
    draft.items += [
        Item(link=1, side="crm", kind=kind, code="c")
        for kind in (ItemKind.HELD, ItemKind.CONFLICT, ItemKind.SETTLED)
    ]
    header = plan_of(draft).header
    assert header.read == {"ma:contact": 2, "crm:Lead": 1}
    assert header.writes == {"crm:Lead:update": 2, "ma:contact:create": 1}
    assert header.items == {"held": 1, "conflict": 1, "settled": 1}
    assert header.conflicts == 2


# -- calls and price -----------------------------------------------------------------------------------------------


@given(writes, some_sizes, some_sizes, st.booleans(), st.booleans())
@settings(deadline=None, max_examples=150)
def test_the_price_is_the_least_that_arithmetic_allows_and_what_packing_makes(
    made: list[PlannedWrite],
    ma_sizes: tuple[int, int, int, int],
    crm_sizes: tuple[int, int, int, int],
    ma_history: bool,
    crm_history: bool,
) -> None:
    both: Mapping[Side, Capabilities] = {
        "ma": sized("ma", ma_sizes, history=ma_history),
        "crm": sized("crm", crm_sizes, history=crm_history),
    }
    batches = pack_calls(made, both)
    lines = {(line.side, line.object, line.kind): line for line in price(batches, both)}
    expected: dict[tuple[str, str, str], tuple[int, int]] = {}
    groups = Counter((w.operation.side, w.operation.object, w.operation.kind) for w in made)
    for (side, object, kind), records in groups.items():
        capability = both[side]
        size = getattr(capability.sizes, kind.value)
        expected[side, object, kind.value] = (records, ceil(records / size))
        if kind == OperationKind.UPDATE and capability.history:
            full, rest = divmod(records, size)
            per_read = capability.sizes.audit
            reads = full * ceil(size / per_read) + ceil(rest / per_read) if per_read else 1
            expected[side, object, "audit"] = (records if per_read else 0, reads)
    assert {key: (line.records, line.calls) for key, line in lines.items()} == expected
    sent = sum(line.calls for line in lines.values() if line.kind != "audit")
    assert sent == len(batches)


@given(writes)
@settings(deadline=None, max_examples=60)
def test_every_write_is_sent_once_opt_outs_first_then_creates_then_updates(made: list[PlannedWrite]) -> None:
    batches = pack_calls(made, BOTH)
    assert sorted(place for batch in batches for place in batch.places) == list(range(len(made)))
    order = [ORDER.index(batch.kind) for batch in batches]
    assert order == sorted(order)
    assert ORDER[0] == OperationKind.OPT_OUT
    for batch in batches:
        same = {
            (made[p].operation.side, made[p].operation.object, made[p].operation.kind) for p in batch.places
        }
        assert same == {(batch.side, batch.object, batch.kind)}
        assert {made[p].operation.about for p in batch.places} == {batch.about}
        assert list(batch.places) == sorted(batch.places)


def test_one_history_read_covers_a_runs_updates_of_an_object_where_the_vendor_allows() -> None:
    made = [a_write(n, "crm", object=o) for n in range(500) for o in ("Lead", "Contact")]
    lines = {(p.object, p.kind): p.calls for p in price(pack_calls(made, BOTH), BOTH)}
    assert lines == {
        ("Contact", "update"): 3,
        ("Contact", "audit"): 1,
        ("Lead", "update"): 3,
        ("Lead", "audit"): 1,
    }


def test_write_calls_of_the_header_are_the_sum_of_the_price() -> None:
    plan = plan_of(Draft(writes=[a_write(n, "ma") for n in range(101)]))
    assert [(line.kind, line.calls) for line in plan.header.price] == [("update", 2), ("audit", 3)]
    assert plan.header.write_calls == 5


# -- guards --------------------------------------------------------------------------------------------------------


def rewriting(count: int, side: Side = "crm") -> list[PlannedWrite]:
    return [a_write(n, side, values={"Title": "new"}, before={"Title": "old"}) for n in range(count)]


def clearing(count: int, side: Side = "crm") -> list[PlannedWrite]:
    return [a_write(n, side, values={"Title": None}, before={"Title": "old"}) for n in range(count)]


@pytest.mark.parametrize(
    ("linked", "share", "records", "limit"),
    [
        (1, 0.1, 500, 20),
        (200, 0.1, 500, 20),
        (210, 0.1, 500, 21),
        (5_000, 0.1, 500, 500),
        (100_000, 0.1, 500, 500),
        (1_000, 0.5, 100, 100),
        (1_000, 0.0, 500, 20),
        (100_000, 1.0, 5, 20),
    ],
)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("rule", "made"), [("rewritten", rewriting), ("cleared", clearing)])
def test_a_mass_change_stops_one_record_above_its_limit(
    rule: str, made: Any, side: Side, linked: int, share: float, records: int, limit: int
) -> None:
    assert guards(made(limit, side), linked, share, records) == ()
    assert guards(made(limit + 1, side), linked, share, records) == (Tripped(rule, side, limit + 1, limit),)


def test_filling_blanks_and_creating_is_no_mass_change() -> None:
    filling = [a_write(n, values={"Title": "new"}, before={"Title": None}) for n in range(100)]
    creating = [a_write(n, kind=OperationKind.CREATE, values={"Title": "new"}) for n in range(100)]
    silencing = [a_write(n, kind=OperationKind.OPT_OUT) for n in range(100)]
    assert guards([*filling, *creating, *silencing], 1, 0.1, 500) == ()


def test_sides_are_counted_apart() -> None:
    assert guards([*rewriting(20), *rewriting(20, "ma")], 1, 0.1, 500) == ()


def test_the_first_sync_of_a_pair_always_asks_for_each_side_it_writes() -> None:
    made = [
        a_write(1, "crm", OperationKind.CREATE),
        a_write(2, "crm"),
        a_write(3, "ma", OperationKind.OPT_OUT),
    ]
    assert guards(made, 0, 0.1, 500) == (
        Tripped("first_sync", "crm", 2, 0),
        Tripped("first_sync", "ma", 1, 0),
    )
    assert guards(made, 1, 0.1, 500) == ()


def test_what_was_stopped_goes_by_itself_up_to_a_number_and_asks_above_it() -> None:
    made = [a_write(n, kind=OperationKind.CREATE) for n in range(4)] + [a_write(9, "ma")]
    stopped: set[tuple[int, Side]] = {(0, "crm"), (1, "crm"), (2, "crm"), (3, "ma"), (9, "ma")}
    assert released_at_once(made, stopped, 3) == []
    assert released_at_once(made, stopped, 2) == [Tripped("released", "crm", 3, 2)]
    opt_outs = [a_write(n, kind=OperationKind.OPT_OUT) for n in range(3)]
    assert released_at_once(opt_outs, stopped, 0) == []


# -- digest --------------------------------------------------------------------------------------------------------

EXAMPLE = Operation(
    link=7,
    side="crm",
    kind=OperationKind.UPDATE,
    object="Lead",
    id="00Q1",
    values={"Title": "部長", "Memo": None, "Amount": Decimal("1.5")},
    before={"Title": "課長"},
)


def digest_of(operation: Operation = EXAMPLE, agreed: BaseRow | None = None, **changes: Any) -> str:
    write = PlannedWrite(operation=operation, patch=BaseRow(link=7), record="", label="")
    draft = Draft(writes=[write], agreed=[agreed] if agreed else [])
    return plan_of(draft, **changes).header.digest


def changed(**parts: Any) -> str:
    return digest_of(msgspec.structs.replace(EXAMPLE, **parts))


def test_the_digest_changes_when_anything_that_is_sent_changes() -> None:
    given_by_ma, given_by_crm = (
        opted_out(address="a@x.jp", source=s) for s in ("ma:contact:1", "crm:Lead:1")
    )
    digests = [
        digest_of(),
        changed(link=8),
        changed(side="ma"),
        changed(kind=OperationKind.CREATE),
        changed(object="Contact"),
        changed(id="00Q2"),
        changed(id=None),
        changed(id="None"),
        changed(key="k"),
        changed(values={}),
        changed(values={**EXAMPLE.values, "Title": "係長"}),
        changed(values={**EXAMPLE.values, "Memo": "None"}),
        changed(values={**EXAMPLE.values, "Memo": ""}),
        changed(values={**EXAMPLE.values, "Amount": "1.5"}),
        changed(values={n: v for n, v in EXAMPLE.values.items() if n != "Memo"}),
        changed(before={}),
        changed(before={"Title": None}),
        changed(opt_out=given_by_ma),
        changed(opt_out=given_by_crm),
        digest_of(agreed=BaseRow(link=7, ma=b"x")),
        digest_of(agreed=BaseRow(link=7, crm=b"x")),
        digest_of(context="c2"),
        digest_of(sync="other"),
        digest_of(connections={"ma": "hub", "crm": "sandbox"}),
    ]
    assert len(set(digests)) == len(digests)


def test_the_same_plan_made_later_has_the_same_digest() -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert digest_of(made_at=later, read_calls=9) == digest_of()
    assert changed(values={**EXAMPLE.values, "Amount": Decimal("1.50")}) == digest_of()


different: st.SearchStrategy[dict[str, Value]] = st.dictionaries(
    st.sampled_from(["a", "b", "a=b"]),
    st.sampled_from(
        [None, "None", "", "x", "x\x1fb=x", True, "true", 1, "1", Decimal("1.5"), "1.5", ("a", "b"), "a;b"]
    ),
)


@given(different, different)
def test_two_writes_have_one_fingerprint_only_when_they_are_the_same(
    one: dict[str, Value], two: dict[str, Value]
) -> None:
    typed = [{n: (type(v), v) for n, v in values.items()} for values in (one, two)]
    assert (fingerprint(one) == fingerprint(two)) == (typed[0] == typed[1])
    assert fingerprint(dict(reversed(one.items()))) == fingerprint(one)
