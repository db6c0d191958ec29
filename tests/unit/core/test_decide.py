"""From what two records say to what is written, held, or left to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from awase.core.filters import Condition
from awase.core.frames import OUT
from awase.core.identity import hashed_match_key
from awase.core.mapping import CreateRule, Direction, OnConflict
from awase.core.operations import Operation, OperationKind, Side
from awase.core.outcomes import UNANSWERED_CREATE
from awase.core.packing import pack_calls
from awase.core.plan import Draft, fingerprint
from awase.core.records import Item, ItemKind
from awase.core.values import LONG_TEXT, Value, unpack
from tests.unit.core.scene import (
    BOTH,
    NAME,
    OPT_OUT_FIELD,
    Record,
    a_base,
    a_field,
    bound,
    capabilities,
    codes,
    mapped,
    operations,
    planned,
)

TITLE = mapped("title", crm={"max_length": 5})
SYNC = bound(NAME, TITLE)
TARO: dict[str, Value] = {"email": "taro@example.jp", "lastname": "山田", "title": "部長"}


def with_title(title: Value) -> dict[str, Value]:
    return {**TARO, "title": title}


def patch_of(draft: Draft, place: int = 0) -> tuple[dict[str, Value], dict[str, Value]]:
    patch = draft.writes[place].patch
    return unpack(patch.ma or b"\x80"), unpack(patch.crm or b"\x80")


# -- updates -------------------------------------------------------------------------------------------------------


def test_an_edit_is_one_write_of_that_field_with_what_it_replaces() -> None:
    base = [a_base(1, TARO, TARO)]
    draft = planned(SYNC, [Record(1, "151", with_title("課長"))], [Record(1, "00Q1", TARO)], base)
    (write,) = draft.writes
    assert write.operation == Operation(
        link=1,
        side="crm",
        kind=OperationKind.UPDATE,
        object="Lead",
        id="00Q1",
        values={"Title__c": "課長"},
        before={"Title__c": "部長"},
    )
    assert (write.record, write.label) == ("contact:151", "taro@example.jp")
    assert patch_of(draft) == ({"title": "課長"}, {"title": "課長"})
    assert draft.items == []


def test_agreement_is_remembered_without_a_write_but_never_for_a_field_that_is_written() -> None:
    base = [a_base(1, TARO, TARO)]
    draft = planned(SYNC, [Record(1, "151", with_title("課長"))], [Record(1, "00Q1", TARO)], base)
    (agreed,) = draft.agreed
    known = {"email": "taro@example.jp", "lastname": "山田", OUT: None}
    assert (unpack(agreed.ma or b""), unpack(agreed.crm or b"")) == (known, known)


def test_a_clear_is_written_as_a_clear() -> None:
    base = [a_base(1, TARO, TARO)]
    draft = planned(SYNC, [Record(1, "151", with_title(None))], [Record(1, "00Q1", TARO)], base)
    (operation,) = operations(draft)
    assert operation.values == {"Title__c": None}


def test_a_long_text_is_sent_in_full_and_kept_as_what_stands_for_it() -> None:
    sync = bound(mapped("note"))
    text = "長" * (LONG_TEXT + 1)
    draft = planned(sync, [Record(1, "1", {"note": text})], [Record(1, "00Q1", {})])
    (operation,) = operations(draft)
    assert operation.values == {"Note__c": text}
    assert len(str(patch_of(draft)[0]["note"])) < 100


def test_an_object_none_of_whose_fields_are_mapped_is_planned_as_nothing() -> None:
    email = mapped("email", on=("Contact",))
    sync = bound(email, plain=True)
    draft = planned(sync, [Record(1, "1", {"email": "a@x.jp"})], [Record(1, "00Q1", {}, object="Lead")])
    assert draft.writes == []


# -- conflicts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on_conflict", "kind", "winner", "written"),
    [
        (OnConflict.CRM, ItemKind.SETTLED, "crm", "ma"),
        (OnConflict.MA, ItemKind.SETTLED, "ma", "crm"),
        (OnConflict.WAIT, ItemKind.CONFLICT, None, None),
    ],
)
def test_a_conflict_is_listed_with_both_values_and_who_won(
    on_conflict: OnConflict, kind: ItemKind, winner: str | None, written: str | None
) -> None:
    sync = bound(NAME, replace(TITLE, on_conflict=on_conflict))
    ma, crm = Record(1, "151", with_title("課長")), Record(1, "00Q1", with_title("係長"))
    draft = planned(sync, [ma], [crm], [a_base(1, TARO, TARO)])
    (item,) = draft.items
    assert (item.kind, item.field, item.value, item.other_value) == (kind, "title", "課長", "係長")
    assert item.detail == ({"winner": winner} if winner else {})
    assert [operation.side for operation in operations(draft)] == ([written] if written else [])
    assert bool(item.occasion) == bool(winner)


def test_what_waits_is_not_agreed_on() -> None:
    sync = bound(NAME, replace(TITLE, on_conflict=OnConflict.WAIT))
    ma, crm = Record(1, "151", with_title("課長")), Record(1, "00Q1", with_title("係長"))
    (agreed,) = planned(sync, [ma], [crm], [a_base(1, TARO, TARO)]).agreed
    assert "title" not in unpack(agreed.ma or b"")


# -- held ----------------------------------------------------------------------------------------------------------


def test_a_held_record_has_an_item_for_each_finding_and_is_not_written() -> None:
    sync = bound(NAME, TITLE)
    draft = planned(sync, [Record(1, "151", {"email": "no address", "title": "代表取締役社長"})])
    assert draft.writes == []
    found = {(i.code, i.field, i.value) for i in draft.items}
    assert found == {
        ("invalid_email", "Email", "no address"),
        ("required_value_missing", "LastName", None),
        ("string_too_long", "Title__c", "代表取締役社長"),
    }
    for item in draft.items:
        assert (item.kind, item.side, item.source, item.link) == (ItemKind.HELD, "crm", "foreseen", 1)
        assert (item.record, item.label, item.context) == ("contact:151", "no address", sync.context)


def test_one_held_record_holds_nobody_else() -> None:
    draft = planned(SYNC, [Record(1, "1", with_title("長い長い肩書")), Record(2, "2", TARO)])
    assert [o.link for o in operations(draft)] == [2]
    assert [i.link for i in draft.items] == [1]


def test_a_field_that_is_not_sent_holds_nothing() -> None:
    base = [a_base(1, with_title("長い長い肩書"), with_title("長い長い肩書"))]
    now = {**with_title("長い長い肩書"), "lastname": "佐藤"}
    draft = planned(SYNC, [Record(1, "1", now)], [Record(1, "00Q1", with_title("長い長い肩書"))], base)
    assert [o.values for o in operations(draft)] == [{"LastName": "佐藤"}]


# -- creates -------------------------------------------------------------------------------------------------------


def test_a_create_carries_its_key_and_every_filled_field() -> None:
    draft = planned(SYNC, [Record(1, "151", TARO)])
    (operation,) = operations(draft)
    assert (operation.kind, operation.side, operation.object) == (OperationKind.CREATE, "crm", "Lead")
    assert (operation.id, operation.key, operation.before) == (None, "org:151", {})
    assert operation.values == {"Email": "taro@example.jp", "LastName": "山田", "Title__c": "部長"}
    assert patch_of(draft) == ({**TARO, OUT: None}, {**TARO, OUT: False})


def test_a_create_leaves_blanks_out_but_remembers_them_as_agreed() -> None:
    draft = planned(SYNC, [Record(1, "151", with_title("  "))])
    assert "Title__c" not in operations(draft)[0].values
    assert patch_of(draft)[1]["title"] is None


@pytest.mark.parametrize("side", ["ma", "crm"])
@pytest.mark.parametrize("direction", [d for d in Direction if d != Direction.OFF])
def test_a_create_never_carries_a_field_whose_direction_may_not_write_there(
    side: Side, direction: Direction
) -> None:
    sync = bound(NAME, replace(TITLE, direction=direction))
    record = Record(1, "1", TARO)
    draft = planned(sync, [record]) if side == "crm" else planned(sync, crm=[record])
    (operation,) = operations(draft)
    assert operation.side == side
    name = "Title__c" if side == "crm" else "title"
    assert (name in operation.values) == direction.may_write(side)


def test_the_first_rule_that_fits_says_what_a_person_becomes() -> None:
    rules = (
        CreateRule("Contact", (Condition("stage", ("customer", "partner")),), needs=("title",)),
        CreateRule("Lead", (Condition("stage", filled=True),)),
    )
    sync = bound(NAME, TITLE, extras=[a_field("stage")], create_as=rules)
    people = [
        Record(1, "1", {**TARO, "stage": "customer"}),
        Record(2, "2", {**TARO, "stage": "customer", "title": None}),
        Record(3, "3", {**TARO, "stage": "visitor"}),
        Record(4, "4", TARO),
    ]
    draft = planned(sync, people)
    assert {o.link: o.object for o in operations(draft)} == {1: "Contact", 2: "Lead", 3: "Lead"}


def test_without_a_rule_nobody_is_created_in_the_crm_and_the_ma_can_be_left_out_too() -> None:
    sync = bound(NAME, create_as=(), create_in_ma=False)
    assert planned(sync, [Record(1, "1", TARO)], [Record(2, "00Q2", TARO)]).writes == []


def test_an_unanswered_create_is_not_planned_again_but_stays_visible() -> None:
    waiting = Item(link=1, side="crm", kind=ItemKind.UNKNOWN, code=UNANSWERED_CREATE, record="contact:151")
    draft = planned(SYNC, [Record(1, "151", TARO)], unanswered={(1, "crm"): waiting})
    assert (draft.writes, draft.items) == ([], [waiting])


# -- refused writes ------------------------------------------------------------------------------------------------


def refusal(values: Mapping[str, Value]) -> Item:
    return Item(
        link=1,
        side="crm",
        kind=ItemKind.REJECTED,
        code="FIELD_INTEGRITY",
        detail={"sent": fingerprint(values)},
    )


CREATED: dict[str, Value] = {"Email": "taro@example.jp", "LastName": "山田", "Title__c": "部長"}


def test_a_refused_write_is_not_planned_again_and_its_error_stays() -> None:
    item = refusal(CREATED)
    draft = planned(SYNC, [Record(1, "151", TARO)], refused={(1, "crm"): item})
    assert (draft.writes, draft.items) == ([], [item])


@pytest.mark.parametrize("now", [with_title("課長"), with_title(None), {**TARO, "lastname": "佐藤"}])
def test_a_refused_write_is_planned_again_once_what_is_sent_has_changed(now: dict[str, Value]) -> None:
    draft = planned(SYNC, [Record(1, "151", now)], refused={(1, "crm"): refusal(CREATED)})
    assert len(draft.writes) == 1
    assert draft.items == []


def test_a_refused_clear_does_not_stop_the_text_none() -> None:
    base = [a_base(1, TARO, TARO)]
    refused = {(1, "crm"): refusal({"Title__c": None})}
    now = [Record(1, "151", with_title("None"))]
    assert len(planned(SYNC, now, [Record(1, "00Q1", TARO)], base, refused=refused).writes) == 1


# -- opt-outs ------------------------------------------------------------------------------------------------------


def out_states(draft: Draft) -> dict[Side, str | None]:
    return {o.side: o.id for o in operations(draft, OperationKind.OPT_OUT)}


@pytest.mark.parametrize(
    ("ma", "crm", "ledger", "written"),
    [
        (True, False, False, {"crm"}),
        (True, None, False, {"crm"}),
        (False, True, False, {"ma"}),
        (None, True, False, {"ma"}),
        (True, True, False, set()),
        (False, False, True, {"ma", "crm"}),
        (None, None, True, {"ma", "crm"}),
        (True, False, True, {"crm"}),
        (False, False, False, set()),
        (None, None, False, set()),
        (False, None, False, set()),
    ],
)
def test_an_opt_out_is_written_to_each_side_that_does_not_say_so(
    ma: bool | None, crm: bool | None, ledger: bool, written: set[Side]
) -> None:
    base = [a_base(1, TARO, TARO)]
    out = frozenset({1}) if ledger else frozenset()
    draft = planned(SYNC, [Record(1, "151", TARO, out=ma)], [Record(1, "00Q1", TARO, out=crm)], base, out=out)
    assert {o.side for o in operations(draft)} == written
    for operation in operations(draft):
        assert operation.kind == OperationKind.OPT_OUT
        assert operation.values == {}
        assert operation.opt_out is not None
        assert operation.opt_out.address == "taro@example.jp"
    is_out = bool(ma or crm or ledger)
    assert [line.state for line in draft.ledger] == (["out"] if is_out else [])
    assert [line.address_key for line in draft.ledger] == (
        [hashed_match_key("taro@example.jp")] if is_out else []
    )


def test_an_opt_out_names_where_it_was_seen_and_the_record_it_is_written_to() -> None:
    base = [a_base(1, TARO, TARO)]
    draft = planned(SYNC, [Record(1, "151", TARO, out=True)], [Record(1, "00Q1", TARO)], base)
    assert out_states(draft) == {"crm": "00Q1"}
    assert [o.opt_out.source for o in operations(draft) if o.opt_out] == ["ma:contact:151"]
    draft = planned(SYNC, [Record(1, "151", TARO)], [Record(1, "00Q1", TARO, out=True)], base)
    assert [o.opt_out.source for o in operations(draft) if o.opt_out] == ["crm:Lead:00Q1"]


def test_an_opt_out_goes_before_every_other_write() -> None:
    base = [a_base(n, TARO, TARO) for n in (1, 2)]
    ma = [Record(1, "1", with_title("課長")), Record(2, "2", TARO, out=True), Record(3, "3", TARO)]
    draft = planned(SYNC, ma, [Record(1, "00Q1", TARO), Record(2, "00Q2", TARO)], base)
    order = [batch.kind for batch in pack_calls(draft.writes, BOTH)]
    assert order == [OperationKind.OPT_OUT, OperationKind.CREATE, OperationKind.UPDATE]


def test_who_is_out_is_never_created_without_saying_so() -> None:
    draft = planned(SYNC, [Record(1, "151", TARO, out=True)])
    (operation,) = operations(draft)
    assert operation.kind == OperationKind.CREATE
    assert operation.opt_out is not None
    assert operation.opt_out.source == "ma:contact:151"
    assert OPT_OUT_FIELD not in operation.values
    assert patch_of(draft) == ({**TARO, OUT: True}, {**TARO, OUT: True})
    assert len(draft.ledger) == 1


def test_where_consent_belongs_to_the_address_it_is_written_before_the_create() -> None:
    draft = planned(SYNC, crm=[Record(1, "00Q1", TARO, out=True)])
    first, second = operations(draft)
    assert (first.kind, first.side, first.id) == (OperationKind.OPT_OUT, "ma", None)
    assert first.opt_out is not None
    assert first.opt_out.address == "taro@example.jp"
    assert (second.kind, second.side) == (OperationKind.CREATE, "ma")
    assert second.opt_out is not None


def test_the_ledger_speaks_for_a_person_whose_record_says_nothing() -> None:
    draft = planned(SYNC, [Record(1, "151", TARO)], out=frozenset({1}))
    by_kind = {o.kind: o for o in operations(draft)}
    assert by_kind[OperationKind.CREATE].opt_out is not None
    assert (by_kind[OperationKind.OPT_OUT].side, by_kind[OperationKind.OPT_OUT].id) == ("ma", "151")
    patches = {w.operation.kind: w.patch for w in draft.writes}
    assert unpack(patches[OperationKind.OPT_OUT].ma or b"") == {OUT: True}
    # What the create agrees on does not take back what the opt-out did.
    assert OUT not in unpack(patches[OperationKind.CREATE].ma or b"")


def test_who_never_spoke_is_created_as_unknown_where_consent_belongs_to_the_address() -> None:
    draft = planned(SYNC, crm=[Record(1, "00Q1", TARO)])
    assert patch_of(draft)[0][OUT] is None
    assert operations(draft)[0].opt_out is None


def test_an_opt_out_that_cannot_be_written_is_held_and_said() -> None:
    lead = SYNC.crm["Lead"]
    locked = replace(lead.fields[OPT_OUT_FIELD], updateable=False)
    sync = replace(
        SYNC, crm={**SYNC.crm, "Lead": replace(lead, fields={**lead.fields, OPT_OUT_FIELD: locked})}
    )
    base = [a_base(1, TARO, TARO)]
    draft = planned(sync, [Record(1, "151", TARO, out=True)], [Record(1, "00Q1", TARO)], base)
    assert draft.writes == []
    assert codes(draft.items) == ["opt_out_not_writable"]
    assert len(draft.ledger) == 1


@pytest.mark.parametrize("by_address", [True, False])
@pytest.mark.parametrize("out", [True, False, None])
@pytest.mark.parametrize("ledger", [True, False])
def test_consent_never_appears_among_the_values_of_a_write(
    out: bool | None, ledger: bool, by_address: bool
) -> None:
    both = {**BOTH, "crm": capabilities("crm", consent_by_address=by_address)}
    records = [Record(n, str(n), with_title(f"t{n}"), out=out) for n in (1, 2)]
    mirror = [Record(n, f"00Q{n}", TARO, out=None if out is None else not out) for n in (1, 3)]
    base = [a_base(1, TARO, TARO)]
    draft = planned(SYNC, records, mirror, base, both, out=frozenset({1, 2, 3}) if ledger else frozenset())
    mapped_names = {"Email", "LastName", "Title__c", "email", "lastname", "title"}
    for operation in operations(draft):
        assert set(operation.values) <= mapped_names
        assert (operation.kind == OperationKind.OPT_OUT) <= (operation.opt_out is not None)
        assert (operation.kind == OperationKind.OPT_OUT) <= (operation.values == {})
        if operation.kind == OperationKind.UPDATE:
            assert operation.opt_out is None


def test_everybody_who_was_looked_at_is_named() -> None:
    draft = planned(SYNC, [Record(1, "1", TARO)], [Record(2, "00Q2", TARO)])
    assert sorted(draft.evaluated) == [1, 2]
