"""What both stores promise, said once and shown of each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from awase.core.consent import opted_out
from awase.core.operations import Operation, OperationKind, Outcome, State, VendorError
from awase.core.schema import Field, ObjectSchema, Option, Rule, Schema
from awase.core.values import Kind, Value
from awase.errors import AlreadyRunning, Bug, LostFence
from awase.ports.store import (
    MOST_SCHEMAS,
    BaseRow,
    CallUse,
    Claim,
    ConnectionRecord,
    Cursor,
    Item,
    ItemKind,
    JournalBatch,
    LedgerEntry,
    Link,
    MatchEntry,
    Note,
    RunCounts,
    RunRecord,
    Settlement,
    Store,
)
from tests.support.stores import AnyStore, InMemory, OnPostgres, Place

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture(params=[InMemory, OnPostgres], ids=["memory", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    made: Place = request.param()
    return made


def tell(place: Place, story: Callable[[AnyStore], Awaitable[None]]) -> None:
    async def told() -> None:
        async with place.open() as store:
            await story(store)

    asyncio.run(told())


def link(number: int, **sides: str) -> Link:
    return Link(id=number, key=f"key-{number}", state="linked", **sides)


def linked(number: int) -> Link:
    return link(number, ma_object="contact", ma_id=f"m{number}", crm_object="Contact", crm_id=f"c{number}")


def operation(number: int, **values: Value) -> Operation:
    return Operation(
        link=number, side="crm", kind=OperationKind.UPDATE, object="Contact", id=f"c{number}", values=values
    )


def batch(claim: Claim, run: int, *operations: Operation) -> JournalBatch:
    return JournalBatch(
        run=run,
        epoch=claim.epoch,
        side="crm",
        object="Contact",
        kind="update",
        sent_at=NOW,
        since="2026-04-01T08:00:00Z",
        operations=operations,
        after=tuple(BaseRow(link=one.link, ma=b"ma", crm=b"crm") for one in operations),
    )


def item(number: int, code: str = "TOO_LONG", **facts: object) -> Item:
    return msgspec.structs.replace(Item(link=number, side="crm", kind=ItemKind.HELD, code=code), **facts)


# -- claims and runs -------------------------------------------------------------------------------------------------


def test_both_stores_are_stores(place: Place) -> None:
    async def story(store: AnyStore) -> None:
        as_port: Store = store
        assert await as_port.runs() == []

    tell(place, story)


def test_a_sync_is_claimed_by_one_run_at_a_time(place: Place) -> None:
    async def story(store: AnyStore) -> None:
        async with store.claim("people") as first:
            with pytest.raises(AlreadyRunning):
                async with store.claim("people"):
                    raise AssertionError("claimed twice")
            async with store.claim("deals") as other:
                assert other.sync == "deals"
        async with store.claim("people") as second:
            assert second.epoch > first.epoch

    tell(place, story)


def test_the_claim_of_a_dead_process_is_free_and_what_it_committed_stays(place: Place) -> None:
    async def story(store: AnyStore) -> None:
        async with store.claim("people") as dead:
            run = await store.start_run(dead, "sync", NOW)
            await store.journal(dead, batch(dead, run, operation(1, name="x")))
            place.crash()
            async with place.open() as again, again.claim("people") as living:
                assert living.epoch > dead.epoch
                (found,) = await again.open_batches("people")
                assert found.outcomes is None
                await again.start_run(living, "sync", LATER)
                newest, oldest = await again.runs("people")
                assert (newest.state, oldest.state, oldest.ended) == ("running", "interrupted", LATER)

    tell(place, story)


def test_a_run_that_lost_its_claim_can_write_nothing_any_more(place: Place) -> None:
    async def story(store: AnyStore) -> None:
        async with store.claim("people") as old:
            run = await store.start_run(old, "sync", NOW)
            number = await store.journal(old, batch(old, run, operation(1, name="x")))
        async with store.claim("people") as new:
            with pytest.raises(LostFence):
                await store.start_run(old, "sync", NOW)
            with pytest.raises(LostFence):
                await store.journal(old, batch(old, run, operation(2, name="x")))
            with pytest.raises(LostFence):
                await store.journal(new, batch(old, run, operation(2, name="x")))
            with pytest.raises(LostFence):
                await store.answered(old, number, [Outcome(link=1, state=State.APPLIED)], NOW)
            with pytest.raises(LostFence):
                await store.settle(old, Settlement(run=run, links=(linked(1),)), NOW)
            with pytest.raises(LostFence):
                await store.finish_run(old, RunRecord(id=run, sync="people", kind="sync", started=NOW))
            assert await store.link_count("people") == {}
            (found,) = await store.open_batches("people")
            assert found.outcomes is None

    tell(place, story)


def test_a_finished_run_says_what_became_of_everything(place: Place) -> None:
    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim:
            run = await store.start_run(claim, "plan", NOW)
            record = RunRecord(
                id=run,
                sync="people",
                kind="plan",
                started=NOW,
                ended=LATER,
                state="done",
                sides={"ma:contact": RunCounts(read=3, created=1, held=2)},
                conflicts=4,
                calls={"read": 7},
                note=Note(
                    text="{side}終わり", code="AW-100", where="sync people", places={"side": "CRM", "left": 3}
                ),
            )
            await store.finish_run(claim, record)
            await store.start_run(claim, "sync", LATER)
            newest, finished = await store.runs("people")
            assert finished == record
            assert newest.id > run
            assert await store.runs("people", limit=1) == [newest]
            assert await store.runs("deals") == []
            with pytest.raises(Bug):
                await store.finish_run(claim, msgspec.structs.replace(record, id=run + 1000))

    tell(place, story)


# -- links and base --------------------------------------------------------------------------------------------------


def test_links_are_found_by_id_by_record_and_by_match_key(place: Place) -> None:
    one, two = linked(1), link(2, ma_object="contact", ma_id="m2")
    matches = (
        MatchEntry(link=1, side="ma", object="contact", key=-77),
        MatchEntry(link=1, side="crm", object="Contact", key=-77),
        MatchEntry(link=2, side="ma", object="contact", key=-77),
        MatchEntry(link=2, side="ma", object="contact", key=88),
    )

    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim, store.claim("other") as other:
            run = await store.start_run(claim, "sync", NOW)
            await store.settle(claim, Settlement(run=run, links=(two, one), matches=matches), NOW)
            await store.settle(other, Settlement(run=run, links=(linked(1),)), NOW)
        assert await store.links_by_id("people", [2, 1, 9]) == [one, two]
        assert await store.links_of("people", "ma", "contact", ["m2", "m1", "zz"]) == [one, two]
        assert await store.links_of("people", "crm", "Contact", ["c1", "c2"]) == [one]
        assert await store.links_of("people", "crm", "Lead", ["c1"]) == []
        assert await store.links_of("people", "ma", "contact", []) == []
        assert await store.links_by_match("people", "ma", [88, -77]) == [
            (-77, "contact", one),
            (-77, "contact", two),
            (88, "contact", two),
        ]
        assert await store.links_by_match("people", "crm", [-77]) == [(-77, "Contact", one)]
        assert await store.link_count("people") == {"linked": 2}

    tell(place, story)


def test_new_match_keys_replace_those_of_the_same_side_of_the_link(place: Place) -> None:
    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim:
            both = (
                MatchEntry(link=1, side="ma", object="contact", key=1),
                MatchEntry(link=1, side="crm", object="Contact", key=1),
            )
            moved = (MatchEntry(link=1, side="ma", object="contact", key=2),)
            await store.settle(claim, Settlement(run=1, links=(linked(1),), matches=both), NOW)
            await store.settle(claim, Settlement(run=1, matches=moved), NOW)
            assert [row[0] for row in await store.links_by_match("people", "ma", [1, 2])] == [2]
            assert [row[0] for row in await store.links_by_match("people", "crm", [1, 2])] == [1]

    tell(place, story)


def test_two_links_never_hold_the_same_record_or_key_but_may_swap(place: Place) -> None:
    swapped = (
        msgspec.structs.replace(linked(1), crm_id="c2"),
        msgspec.structs.replace(linked(2), crm_id="c1"),
    )

    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim:
            await store.settle(claim, Settlement(run=1, links=(linked(1), linked(2))), NOW)
            thief = link(3, crm_object="Contact", crm_id="c1")
            with pytest.raises(Bug):
                await store.settle(claim, Settlement(run=1, links=(linked(4), thief)), NOW)
            twin = msgspec.structs.replace(link(5), key="key-1")
            with pytest.raises(Bug):
                await store.settle(claim, Settlement(run=1, links=(twin,)), NOW)
            assert await store.link_count("people") == {"linked": 2}
            await store.settle(claim, Settlement(run=1, links=swapped), NOW)
            assert await store.links_by_id("people", [1, 2]) == list(swapped)
            freed = msgspec.structs.replace(swapped[0], crm_object=None, crm_id=None, state="unlinked")
            heir = link(6, crm_object="Contact", crm_id="c2")
            await store.settle(claim, Settlement(run=1, links=(freed, heir)), NOW)
            assert await store.link_count("people") == {"linked": 2, "unlinked": 1}

    tell(place, story)


def test_settling_one_side_of_a_base_leaves_the_other_as_it_is(place: Place) -> None:
    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim:
            first = BaseRow(link=-5, ma=b"\x00a", ma_hash=-1, crm=b"b", crm_hash=2)
            await store.settle(claim, Settlement(run=1, bases=(first,)), NOW)
            assert await store.bases("people", [-5, 6]) == [first]
            await store.settle(claim, Settlement(run=1, bases=(BaseRow(link=-5, crm=b"c", crm_hash=3),)), NOW)
            assert await store.bases("people", [-5]) == [
                BaseRow(link=-5, ma=b"\x00a", ma_hash=-1, crm=b"c", crm_hash=3)
            ]
        assert await store.bases("other", [-5]) == []

    tell(place, story)


def test_cursors_move_with_what_they_cover(place: Place) -> None:
    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim:
            first = (
                Cursor(side="ma", object="contact", value="1"),
                Cursor(side="crm", object="Lead", value="2"),
            )
            await store.settle(claim, Settlement(run=1, cursors=first), NOW)
            moved = Cursor(side="ma", object="contact", value="3")
            clash = link(2, ma_object="contact", ma_id="m1")
            with pytest.raises(Bug):
                await store.settle(claim, Settlement(run=1, cursors=(moved,), links=(linked(1), clash)), NOW)
            assert await store.cursors("people") == [first[1], first[0]]
            await store.settle(claim, Settlement(run=1, cursors=(moved,), links=(linked(1),)), NOW)
            assert await store.cursors("people") == [first[1], moved]

    tell(place, story)


# -- journal ---------------------------------------------------------------------------------------------------------

VALUES: dict[str, Value] = {
    "text": "山田 ＼ \U0001f600 \x00 end",
    "long": "長" * 20_000,
    "yes": True,
    "one": 1,
    "negative": -(2**63),
    "scale": Decimal("1.50"),
    "exponent": Decimal("1E+3"),
    "day": date(2026, 2, 28),
    "moment": datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=UTC),
    "texts": ("a", "b;c"),
    "cleared": None,
}


def test_the_journal_gives_back_exactly_what_was_meant_by_value_and_by_type(place: Place) -> None:
    update = Operation(
        link=-1,
        side="crm",
        kind=OperationKind.UPDATE,
        object="Contact",
        id="c1",
        values=VALUES,
        before=dict.fromkeys(VALUES) | {"scale": Decimal("0.00")},
    )
    create = Operation(
        link=2,
        side="crm",
        kind=OperationKind.CREATE,
        object="Lead",
        key="k",
        values={},
        opt_out=opted_out(address="a@example.jp", source="ma:contact:1"),
    )

    off = Operation(link=3, side="ma", kind=OperationKind.TAKE_OFF, object="contact", id="m3", list="7")

    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim:
            run = await store.start_run(claim, "sync", NOW)
            meant = batch(claim, run, update, create, off)
            number = await store.journal(claim, meant)
        (found,) = await store.run_batches(run)
        assert found.batch == msgspec.structs.replace(meant, id=number)
        kept = found.batch.operations[0]
        assert {name: type(value) for name, value in kept.values.items()} == {
            name: type(value) for name, value in VALUES.items()
        }
        assert str(kept.values["scale"]) == "1.50"
        assert str(kept.before["scale"]) == "0.00"

    tell(place, story)


def test_a_batch_nobody_answered_for_is_open_and_has_no_outcomes(place: Place) -> None:
    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim:
            run = await store.start_run(claim, "sync", NOW)
            first = await store.journal(claim, batch(claim, run, operation(1, name="x")))
            second = await store.journal(claim, batch(claim, run, operation(2, name="y")))
            outcome = Outcome(link=2, state=State.APPLIED, id="c2", stamp=NOW)
            await store.answered(claim, second, [outcome], LATER)
            found = await store.open_batches("people")
            assert [(one.batch.id, one.outcomes) for one in found] == [(first, None), (second, (outcome,))]

    tell(place, story)


def test_of_two_answers_to_a_batch_the_later_one_holds(place: Place) -> None:
    refused = VendorError(code="E", message="駄目\x00", fields=("a",), existing_id="c9", raw="{}")

    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim:
            run = await store.start_run(claim, "sync", NOW)
            number = await store.journal(claim, batch(claim, run, operation(1), operation(2)))
            unsure = [Outcome(link=1, state=State.UNKNOWN), Outcome(link=2, state=State.UNKNOWN)]
            resolved = [
                Outcome(link=1, state=State.APPLIED, id="c1", stamp=NOW),
                Outcome(link=2, state=State.REJECTED, error=refused),
            ]
            await store.answered(claim, number, unsure, NOW)
            await store.answered(claim, number, resolved, LATER)
            (found,) = await store.open_batches("people")
            assert found.outcomes == tuple(resolved)

    tell(place, story)


def test_outcomes_are_taken_only_for_a_batch_of_this_sync_and_for_each_operation(place: Place) -> None:
    applied = Outcome(link=1, state=State.APPLIED)

    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim, store.claim("other") as other:
            run = await store.start_run(claim, "sync", NOW)
            number = await store.journal(claim, batch(claim, run, operation(1)))
            with pytest.raises(Bug):
                await store.answered(claim, number, [applied, applied], NOW)
            with pytest.raises(Bug):
                await store.answered(claim, number + 1000, [applied], NOW)
            with pytest.raises(Bug):
                await store.answered(other, number, [applied], NOW)
            with pytest.raises(Bug):
                await store.journal(other, batch(other, run, operation(1)))
            (found,) = await store.open_batches("people")
            assert found.outcomes is None

    tell(place, story)


def test_a_folded_batch_is_no_longer_open_but_stays_in_the_journal(place: Place) -> None:
    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim:
            run = await store.start_run(claim, "sync", NOW)
            number = await store.journal(claim, batch(claim, run, operation(1)))
            await store.answered(claim, number, [Outcome(link=1, state=State.APPLIED)], NOW)
            await store.settle(claim, Settlement(run=run, folded=(number,)), NOW)
            assert await store.open_batches("people") == []
            assert [one.batch.id for one in await store.run_batches(run)] == [number]

    tell(place, story)


# -- items -----------------------------------------------------------------------------------------------------------


def test_an_item_found_again_is_the_same_item_with_one_attempt_more(place: Place) -> None:
    first = item(
        1,
        field="Name",
        error_type="too_long",
        record="Contact:c1",
        label="山田",
        value="\x00long:5000:abc",
        message="x",
        detail={"max": "80", "nul": "\x00"},
        context="a",
    )
    again = msgspec.structs.replace(first, message="y", source="foreseen", retry=True)

    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim:
            await store.settle(claim, Settlement(run=7, found=(first,)), NOW)
            await store.settle(claim, Settlement(run=8, found=(again,), cleared=(1,)), LATER)
            (stored,) = await store.open_items("people")
            assert stored.item == again
            facts = (stored.first_seen, stored.last_seen, stored.attempts, stored.run, stored.closed_at)
            assert facts == (NOW, LATER, 2, 8, None)

    tell(place, story)


def test_clearing_a_link_closes_its_items_except_those_found_again_and_settled_conflicts(
    place: Place,
) -> None:
    settled = item(1, "CONFLICT", kind=ItemKind.SETTLED, field="Name", value="a", other_value="b")
    found = (item(1, "A"), item(1, "B"), settled, item(2, "A"))

    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim:
            await store.settle(claim, Settlement(run=1, found=found), NOW)
            await store.settle(claim, Settlement(run=2, found=(item(1, "B"),), cleared=(1,)), LATER)
            rows = await store.open_items("people")
            assert [(row.item.link, row.item.code) for row in rows] == [(1, "B"), (1, "CONFLICT"), (2, "A")]
            assert [row.item.link for row in await store.open_items("people", [2, 3])] == [2]
            assert await store.open_items("people", []) == []
            await store.settle(claim, Settlement(run=3, found=(item(1, "A"),)), LATER)
            reopened = (await store.open_items("people", [1]))[0]
            assert (reopened.item.code, reopened.attempts, reopened.first_seen) == ("A", 1, LATER)

    tell(place, story)


def test_what_happened_to_a_field_on_another_occasion_is_another_item(place: Place) -> None:
    first = item(1, "CONFLICT", kind=ItemKind.SETTLED, field="Name", occasion="a")
    second = msgspec.structs.replace(first, occasion="b")

    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim:
            await store.settle(claim, Settlement(run=1, found=(second, first)), NOW)
            assert [row.item for row in await store.open_items("people")] == [first, second]

    tell(place, story)


def test_items_are_tried_again_when_they_say_so_or_schema_or_mapping_changed(place: Place) -> None:
    found = (
        item(1, "SAME", context="now"),
        item(2, "RETRY", context="now", retry=True),
        item(3, "OLD", context="then"),
    )

    async def story(store: AnyStore) -> None:
        async with store.claim("people") as claim:
            await store.settle(claim, Settlement(run=1, found=found), NOW)
            rows = await store.items_to_retry("people", "now")
            assert [row.item.code for row in rows] == ["RETRY", "OLD"]

    tell(place, story)


# -- consent ---------------------------------------------------------------------------------------------------------


def entry(link: int | None, address: int | None, source: str = "ma:contact:1") -> LedgerEntry:
    return LedgerEntry(link=link, address_key=address, state="out", scope="organisation", source=source)


def test_an_opt_out_is_kept_once_by_person_and_by_address_and_its_chain_holds(place: Place) -> None:
    async def story(store: AnyStore) -> None:
        await store.record_opt_outs("people", [entry(1, -11), entry(2, None), entry(None, 33)], NOW)
        await store.record_opt_outs("people", [entry(1, -11, "crm:Contact:c1"), entry(2, 22)], LATER)
        await store.record_opt_outs("people", [entry(4, 44), entry(4, 44)], LATER)
        assert await store.opted_out("people", [1, 2, 3, 4], [-11, 22, 33, 55]) == (
            {1, 2, 4},
            {-11, 22, 33},
        )
        assert await store.opted_out("people", [], []) == (set(), set())
        assert await store.opted_out("other", [1], [-11]) == (set(), set())
        assert await store.verify_ledger() is None
        with pytest.raises(Bug):
            await store.record_opt_outs("people", [entry(5, 5), entry(None, None)], NOW)
        assert await store.opted_out("people", [5], [5]) == (set(), set())

    tell(place, story)


# -- connections, secrets, budget ------------------------------------------------------------------------------------


def test_connections_secrets_and_settings_are_replaced_and_secrets_keep_a_second_slot(place: Place) -> None:
    sales = ConnectionRecord(
        name="sales", vendor="v", mode="read-only", org_id="o", org_name="O", org_kind="sandbox", user="u"
    )
    live = msgspec.structs.replace(sales, mode="live")

    async def story(store: AnyStore) -> None:
        await store.save_connection(sales)
        await store.save_connection(msgspec.structs.replace(sales, name="marketing"))
        await store.save_connection(live)
        assert [one.name for one in await store.connections()] == ["marketing", "sales"]
        assert (await store.connections())[1] == live
        assert await store.secret("sales") is None
        await store.save_secret("sales", b"\x00one")
        assert await store.previous_secret("sales") is None
        await store.save_secret("sales", b"two")
        assert (await store.secret("sales"), await store.previous_secret("sales")) == (b"two", b"\x00one")
        assert await store.setting("observe_only") is None
        await store.save_setting("observe_only", "はい")
        await store.save_setting("observe_only", "いいえ")
        assert await store.setting("observe_only") == "いいえ"
        assert dict(await store.settings()) == {"observe_only": "いいえ"}

    tell(place, story)


def test_calls_are_counted_by_lane_for_a_day_and_given_back_from_the_newest(place: Place) -> None:
    yesterday = NOW - timedelta(hours=25)
    before = NOW - timedelta(minutes=20)

    async def story(store: AnyStore) -> None:
        await store.reserve_calls("sales", "read", 100, yesterday)
        await store.reserve_calls("sales", "read", 10, before)
        await store.reserve_calls("sales", "read", 3, NOW)
        await store.reserve_calls("sales", "write", 5, NOW)
        await store.reserve_calls("marketing", "write", 50, NOW)
        assert await store.call_use("sales", NOW) == CallUse(by_lane={"read": 13, "write": 5}, total=18)
        await store.return_calls("sales", "read", 4, NOW)
        await store.return_calls("sales", "write", 9, NOW)
        await store.return_calls("sales", "audit", 9, NOW)
        assert await store.call_use("sales", NOW) == CallUse(by_lane={"read": 9}, total=9)
        assert (await store.call_use("sales", NOW, timedelta(hours=48))).total == 109
        assert (await store.call_use("sales", NOW + timedelta(hours=25))).total == 0

    tell(place, story)


def test_the_newest_word_of_the_vendor_about_its_count_holds(place: Place) -> None:
    async def story(store: AnyStore) -> None:
        await store.save_limit_reading("sales", 1000, 900, LATER)
        await store.save_limit_reading("sales", 1000, 950, NOW)
        use = await store.call_use("sales", LATER)
        assert (use.vendor_maximum, use.vendor_remaining, use.vendor_read_at) == (1000, 900, LATER)

    tell(place, story)


def a_schema(length: int) -> Schema:
    options = (Option("製造業", "製造", default=True, valid_for=("日本",)),)
    box = Field(
        "Title", "役職", Kind.TEXT, "picklist", max_length=length, options=options, references=("User",)
    )
    rule = Rule(id="r1", object="Lead", name="No_Chiefs", formula="TRUE", message="不可")
    return Schema({"Lead": ObjectSchema("Lead", "リード", {"Title": box}, key_field="k", rules=(rule,))})


def test_the_schemas_that_runs_used_come_back_whole_the_newest_first_and_only_a_few(place: Place) -> None:
    async def story(store: AnyStore) -> None:
        assert await store.schemas("people", "crm") == []
        moments = [NOW + timedelta(hours=hour) for hour in range(MOST_SCHEMAS + 3)]
        async with store.claim("people") as claim:
            for hour, moment in enumerate(moments):
                await store.keep_schemas(claim, {"ma": a_schema(1), "crm": a_schema(hour)}, moment)
            # One that was in use before is in use again.
            await store.keep_schemas(claim, {"crm": a_schema(len(moments) - 2)}, LATER + timedelta(days=1))
        (ma,) = await store.schemas("people", "ma")
        assert (ma.schema, ma.first_used, ma.last_used) == (a_schema(1), NOW, moments[-1])
        newest, *older = await store.schemas("people", "crm")
        assert newest.schema == a_schema(len(moments) - 2)
        assert newest.first_used == moments[-2]
        assert len(older) == MOST_SCHEMAS - 1
        assert older[0].schema == a_schema(len(moments) - 1)
        assert await store.schemas("deals", "crm") == []

    tell(place, story)


def test_whose_claim_was_taken_over_keeps_no_schema(place: Place) -> None:
    async def story(store: AnyStore) -> None:
        async with store.claim("people") as old:
            pass
        async with store.claim("people"):
            with pytest.raises(LostFence):
                await store.keep_schemas(old, {"ma": a_schema(1)}, NOW)
        assert await store.schemas("people", "ma") == []

    tell(place, story)
