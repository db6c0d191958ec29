"""Only what was applied becomes what both sides agreed on; everything else is said, and can be laid twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awase.catalogue import diagnosis, entries
from awase.core.frames import row_hash
from awase.core.operations import Diagnosis, Operation, OperationKind, Outcome, Side, State, VendorError
from awase.core.outcomes import UNANSWERED_CREATE, Effects, Settled, effects
from awase.core.plan import fingerprint
from awase.core.records import BaseRow, ItemKind, Link
from awase.core.values import Value, pack, unpack

FREE = Link(id=1, key="hub:contact:151", state="unlinked", ma_object="contact", ma_id="151")
LINKED = Link(
    id=1,
    key="hub:contact:151",
    state="linked",
    ma_object="contact",
    ma_id="151",
    crm_object="Lead",
    crm_id="00Q1",
)
NOT_APPLIED = [State.REJECTED, State.DEFERRED, State.UNKNOWN]
TOO_LONG = VendorError(code="STRING_TOO_LONG", message="Title: data value too large", fields=("Title",))


def update(values: dict[str, Value] | None = None) -> Operation:
    values = {"Title": "部長"} if values is None else values
    return Operation(link=1, side="crm", kind=OperationKind.UPDATE, object="Lead", id="00Q1", values=values)


def create(side: Side = "crm") -> Operation:
    object = "Lead" if side == "crm" else "contact"
    return Operation(link=1, side=side, kind=OperationKind.CREATE, object=object, values={"Title": "部長"})


def patch(ma: dict[str, Value] | None = None, crm: dict[str, Value] | None = None) -> BaseRow:
    return BaseRow(link=1, ma=pack(ma) if ma else None, crm=pack(crm) if crm else None)


TITLES = patch({"title": "部長"}, {"title": "部長"})


def what_became(
    operation: Operation,
    link: Link = LINKED,
    base: BaseRow | None = None,
    agreed: Iterable[BaseRow] = (),
    **outcome: Any,
) -> Effects:
    settled = Settled(operation, TITLES, Outcome(link=1, **outcome))
    bases = {1: base} if base else {}
    return effects([settled], agreed, {1: link}, bases, told, "c1")


def told(error: VendorError) -> Diagnosis:
    """What a catalogue would say of a refusal."""
    return Diagnosis(f"type of {error.code}", existing_id=error.existing_id)


def test_an_applied_update_moves_the_base_and_keeps_the_rest_of_it() -> None:
    base = BaseRow(link=1, ma=pack({"title": "課長", "phone": "03"}), crm=pack({"title": "課長"}))
    found = what_became(update(), base=base, state=State.APPLIED)
    (row,) = found.bases
    assert unpack(row.ma or b"") == {"title": "部長", "phone": "03"}
    assert unpack(row.crm or b"") == {"title": "部長"}
    assert (row.ma_hash, row.crm_hash) == (row_hash(row.ma or b""), row_hash(row.crm or b""))
    assert (found.links, found.items) == ([], [])


@pytest.mark.parametrize("state", NOT_APPLIED)
@pytest.mark.parametrize("operation", [update(), create()], ids=["update", "create"])
def test_what_was_not_applied_moves_neither_base_nor_link(operation: Operation, state: State) -> None:
    found = what_became(operation, link=FREE, state=state, error=TOO_LONG)
    assert (found.bases, found.links) == ([], [])
    assert [item.kind.value for item in found.items] == [state.value]


@pytest.mark.parametrize(
    ("side", "free", "joined"),
    [
        ("crm", FREE, LINKED),
        (
            "ma",
            Link(id=1, key="k", state="unlinked", crm_object="Lead", crm_id="00Q1"),
            Link(
                id=1,
                key="k",
                state="linked",
                ma_object="contact",
                ma_id="00Q9",
                crm_object="Lead",
                crm_id="00Q1",
            ),
        ),
    ],
)
def test_an_applied_create_joins_the_link(side: Side, free: Link, joined: Link) -> None:
    id = "00Q1" if side == "crm" else "00Q9"
    found = what_became(create(side), link=free, state=State.APPLIED, id=id)
    assert found.links == [joined]
    assert len(found.bases) == 1


def test_a_create_that_found_other_values_joins_the_link_and_agrees_on_nothing() -> None:
    found = what_became(create(), link=FREE, state=State.APPLIED, id="00Q1", created=False, exact=False)
    assert found.links == [LINKED]
    assert found.bases == []
    assert found.items == []


def test_a_create_and_an_update_of_one_person_leave_one_base_row() -> None:
    settled = [
        Settled(create(), TITLES, Outcome(link=1, state=State.APPLIED, id="00Q1")),
        Settled(update({"Phone": "03"}), patch({"phone": "03"}), Outcome(link=1, state=State.APPLIED)),
    ]
    found = effects(settled, [], {1: FREE}, {}, lambda error: Diagnosis(""), "c1")
    (row,) = found.bases
    assert unpack(row.ma or b"") == {"title": "部長", "phone": "03"}


def test_a_patch_agreed_without_a_write_is_laid_before_those_that_were_sent() -> None:
    agreed = [patch({"title": "課長", "phone": "03"}, {"phone": "03"})]
    (row,) = what_became(update(), agreed=agreed, state=State.APPLIED).bases
    assert unpack(row.ma or b"") == {"title": "部長", "phone": "03"}
    (row,) = what_became(update(), agreed=agreed, state=State.REJECTED, error=TOO_LONG).bases
    assert unpack(row.ma or b"") == {"title": "課長", "phone": "03"}


def test_a_refusal_carries_the_vendors_words_the_offending_value_and_what_was_sent() -> None:
    (item,) = what_became(update(), state=State.REJECTED, error=TOO_LONG).items
    assert item.kind == ItemKind.REJECTED
    assert (item.code, item.field, item.error_type) == ("STRING_TOO_LONG", "Title", "type of STRING_TOO_LONG")
    assert item.message == "Title: data value too large"
    assert item.value == "部長"
    assert item.record == "contact:151"
    assert item.detail == {"sent": fingerprint({"Title": "部長"}), "operation": "update"}
    assert (item.context, item.retry, item.source) == ("c1", False, "answered")


def test_a_refusal_over_several_fields_names_all_and_blames_no_single_value() -> None:
    error = VendorError(code="FIELD_INTEGRITY", message="no", fields=("Title", "Phone"), existing_id="00Q9")
    (item,) = what_became(update(), state=State.REJECTED, error=error).items
    assert (item.field, item.value, item.detail["existing"]) == ("Title,Phone", None, "00Q9")


def test_what_the_catalogue_reads_out_of_a_refusal_is_kept() -> None:
    error = VendorError(code="CANNOT_INSERT", message="LeadTrigger: no")
    settled = Settled(update(), TITLES, Outcome(link=1, state=State.REJECTED, error=error))
    read = Diagnosis("automation", rule="LeadTrigger", value="部長?", existing_id="00Q9", inner_code="LOCKED")
    (item,) = effects([settled], [], {1: LINKED}, {}, lambda _: read, "c1").items
    assert (item.error_type, item.value) == ("automation", "部長?")
    assert {"rule": "LeadTrigger", "existing": "00Q9", "inner_code": "LOCKED"}.items() <= item.detail.items()


def test_a_field_that_only_the_words_name_is_to_blame_with_its_value() -> None:
    error = VendorError(code="DUPLICATE_VALUE", message="duplicate value found: Title duplicates …")
    settled = Settled(update(), TITLES, Outcome(link=1, state=State.REJECTED, error=error))
    read = Diagnosis("duplicate_value", field="Title")
    (item,) = effects([settled], [], {1: LINKED}, {}, lambda _: read, "c1").items
    assert (item.field, item.value) == ("Title", "部長")


def test_a_refusal_of_a_field_that_was_not_sent_has_no_offending_value() -> None:
    error = VendorError(code="REQUIRED_FIELD_MISSING", message="no", fields=("Company",))
    (item,) = what_became(update(), state=State.REJECTED, error=error).items
    assert (item.field, item.value) == ("Company", None)


@pytest.mark.parametrize(
    ("state", "operation", "retry"),
    [
        (State.REJECTED, update(), False),
        (State.DEFERRED, update(), True),
        (State.DEFERRED, create(), True),
        (State.UNKNOWN, update(), True),
        (State.UNKNOWN, create(), False),
    ],
)
def test_only_what_may_succeed_by_itself_is_tried_again(
    state: State, operation: Operation, retry: bool
) -> None:
    (item,) = what_became(operation, state=state).items
    assert item.retry is retry


def test_an_unanswered_create_says_so_by_its_own_name() -> None:
    (item,) = what_became(create(), link=FREE, state=State.UNKNOWN).items
    assert (item.kind, item.code, item.error_type) == (ItemKind.UNKNOWN, UNANSWERED_CREATE, UNANSWERED_CREATE)
    (item,) = what_became(update(), state=State.UNKNOWN).items
    assert (item.code, item.error_type) == ("unknown", "type of unknown")


@pytest.mark.parametrize("state", NOT_APPLIED)
def test_what_became_of_a_write_has_an_entry_of_the_catalogue_even_where_nothing_was_said(
    state: State,
) -> None:
    settled = Settled(update(), TITLES, Outcome(link=1, state=state))
    (item,) = effects([settled], [], {1: LINKED}, {}, diagnosis, "c1").items
    assert item.error_type in entries()


# -- laws ----------------------------------------------------------------------------------------------------------

names = st.sampled_from(["title", "phone", "mail"])
rows = st.dictionaries(names, st.none() | st.sampled_from(["a", "b"]), max_size=3)
patches = st.builds(patch, rows, rows)
outcomes = st.builds(
    Outcome, link=st.just(1), state=st.sampled_from(State), id=st.just("00Q1"), exact=st.booleans()
)
settled_lists = st.lists(
    st.builds(Settled, st.sampled_from([update(), create()]), patches, outcomes), max_size=6
)


@given(settled_lists, st.lists(patches, max_size=2), st.none() | patches)
@settings(deadline=None, max_examples=150)
def test_laying_the_same_outcomes_twice_is_laying_them_once(
    settled: list[Settled], agreed: list[BaseRow], base: BaseRow | None
) -> None:
    once = effects(settled, agreed, {1: FREE}, {1: base} if base else {}, lambda e: Diagnosis(e.code), "c1")
    links = {1: FREE} | {link.id: link for link in once.links}
    bases = ({1: base} if base else {}) | {row.link: row for row in once.bases}
    twice = effects(settled, agreed, links, bases, lambda e: Diagnosis(e.code), "c1")
    assert twice.bases == once.bases
    assert {link.id: link for link in twice.links} == {link.id: link for link in once.links}
    assert twice.items == once.items


@given(settled_lists, st.none() | patches)
@settings(deadline=None, max_examples=100)
def test_the_base_never_moves_without_an_applied_outcome(
    settled: list[Settled], base: BaseRow | None
) -> None:
    found = effects(settled, [], {1: FREE}, {1: base} if base else {}, lambda e: Diagnosis(e.code), "c1")
    applied = [s for s in settled if s.outcome.state == State.APPLIED]
    assert bool(found.bases) == any(s.outcome.exact for s in applied)
    assert bool(found.links) == any(s.operation.kind == OperationKind.CREATE for s in applied)
    assert len(found.items) == len(settled) - len(applied)
