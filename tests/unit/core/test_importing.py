"""What an import brings: which records, which writes of a whole plan, and numbers that add up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from awase.core.filters import Condition
from awase.core.importing import Import, brought, concerning, left_to_the_next_run, numbers, objects_of
from awase.core.operations import Operation, OperationKind, Side
from awase.core.plan import Arrival, Draft, PlannedWrite
from awase.core.records import BaseRow, Item, ItemKind, LedgerEntry, Link
from awase.core.selection import Selection, selected
from tests.unit.core.scene import bound

OBJECTS = ("Contact", "Lead")


def where(*tests: Condition) -> Import:
    return Import(where=tests)


def is_a(field: str) -> Condition:
    return Condition(field, is_in=("a",))


def test_a_test_that_names_an_object_brings_only_that_object() -> None:
    assert objects_of(Import(), OBJECTS) == ["Contact", "Lead"]
    assert objects_of(where(is_a("Email")), OBJECTS) == ["Contact", "Lead"]
    assert objects_of(where(is_a("Lead.Status")), OBJECTS) == ["Lead"]
    assert objects_of(where(is_a("Owner.Email"), is_a("Contact.Account.Name")), OBJECTS) == ["Contact"]
    assert objects_of(Import(where=(is_a("Lead.Status"),), objects=("Contact",)), OBJECTS) == []


def test_each_object_gets_the_tests_that_concern_it_under_its_own_names() -> None:
    either = Condition(any_of=(is_a("Lead.Status"), is_a("Contact.Title"), is_a("Owner.Email")))
    wanted = where(is_a("Lead.Status"), is_a("Email"), is_a("Contact.Account.Name"), either)
    assert concerning(wanted, "Lead", OBJECTS) == (
        is_a("Status"),
        is_a("Email"),
        Condition(any_of=(is_a("Status"), is_a("Owner.Email"))),
    )
    assert concerning(where(Condition(any_of=(is_a("Lead.Status"),))), "Contact", OBJECTS) == ()
    assert concerning(where(is_a("Account.Name")), "Account", ("Account",)) == (is_a("Name"),)


def write(link: int, side: Side, kind: OperationKind) -> PlannedWrite:
    operation = Operation(link=link, side=side, kind=kind, object="x", id=str(link), values={"a": "b"})
    return PlannedWrite(operation=operation, patch=BaseRow(link=link), record="", label="")


def linked(number: int, crm: bool = True, ma: bool = True) -> Link:
    return Link(
        id=number,
        key=str(number),
        state="linked",
        ma_object="contact" if ma else None,
        ma_id="1" if ma else None,
        crm_object="Lead" if crm else None,
        crm_id="2" if crm else None,
    )


def item(link: int, kind: ItemKind, side: Side = "ma") -> Item:
    return Item(link=link, side=side, kind=kind, code="x")


kinds = st.sampled_from([OperationKind.CREATE, OperationKind.UPDATE, OperationKind.OPT_OUT])
sides: st.SearchStrategy[Side] = st.sampled_from(["ma", "crm"])
links = st.integers(1, 6)
drafts = st.builds(
    Draft,
    arrivals=st.lists(links, unique=True).flatmap(
        lambda numbers: st.lists(sides, min_size=len(numbers), max_size=len(numbers)).flatmap(
            lambda chosen: st.just([Arrival(side, "o", n) for side, n in zip(chosen, numbers, strict=True)])
        )
    ),
    evaluated=st.lists(links, unique=True),
    writes=st.lists(st.builds(write, links, sides, kinds), max_size=12),
    links=st.lists(links, unique=True).map(lambda numbers: [linked(n) for n in numbers]),
    items=st.lists(st.builds(item, links, st.sampled_from([*ItemKind]), sides), max_size=6),
    ledger=st.lists(
        st.builds(
            LedgerEntry,
            link=links,
            address_key=st.none(),
            state=st.just("out"),
            scope=st.just("organisation"),
            source=st.just("x"),
        ),
        max_size=3,
    ),
)


@given(drafts, st.frozensets(links), st.none() | st.integers(1, 3))
def test_an_import_writes_nothing_to_the_crm_but_opt_outs_and_nothing_about_others(
    draft: Draft, records: frozenset[int], limit: int | None
) -> None:
    part = brought(draft, records, limit)
    for one in part.writes:
        assert one.operation.link in records
        assert one.operation.side == "ma" or one.operation.kind == OperationKind.OPT_OUT
    if limit is None:
        gone = [w for w in draft.writes if w.operation.kind == OperationKind.OPT_OUT]
        assert [w for w in gone if w.operation.link in records] == [
            w for w in part.writes if w.operation.kind == OperationKind.OPT_OUT
        ]
    else:
        assert len({w.operation.link for w in part.writes}) <= limit
    about = [link.id for link in part.links] + [one.link for one in part.items] + part.evaluated
    assert set(about) <= records
    left = {w.operation.link for w in draft.writes if w not in part.writes}
    if limit is None:
        assert not left & set(part.evaluated), "what stands against them may not be taken for settled"


@given(drafts, st.frozensets(links))
def test_the_numbers_of_an_import_add_up(draft: Draft, records: frozenset[int]) -> None:
    part = brought(draft, records, None)
    told = numbers(part)
    assert told.total == len(part.arrivals)
    assert told.total == told.new + told.matched + told.linked + sum(told.ignored.values())


def test_each_record_is_counted_by_what_becomes_of_it() -> None:
    draft = Draft(
        arrivals=[Arrival("crm", "Lead", n, skipped="filtered" if n == 5 else "") for n in range(1, 7)],
        writes=[write(1, "ma", OperationKind.CREATE), write(3, "ma", OperationKind.UPDATE)],
        links=[linked(1, ma=False), linked(2)],
        items=[item(4, ItemKind.HELD), item(3, ItemKind.SETTLED), item(6, ItemKind.AMBIGUOUS, "crm")],
    )
    told = numbers(draft)
    assert (told.total, told.new, told.matched, told.linked) == (6, 1, 1, 1)
    assert told.ignored == {"ambiguous": 1, "filtered": 1, "held": 1}


def test_a_pair_that_is_not_settled_is_left_to_the_next_run() -> None:
    arrivals = [Arrival("crm", "Lead", n) for n in (1, 2, 3)]
    assert left_to_the_next_run([linked(1), linked(2), linked(3, ma=False)], [2], arrivals) == {1}


def test_a_part_of_a_plan_keeps_whole_bases_of_those_it_is_about() -> None:
    draft = Draft(
        evaluated=[1, 2], rebased=[BaseRow(link=1), BaseRow(link=2)], labels={1: "a@x.jp", 2: "b@x.jp"}
    )
    part = selected(draft, Selection(only=("A@x.jp",)), bound())
    assert [row.link for row in part.rebased] == [1]
