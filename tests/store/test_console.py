"""What people ask of the store."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from awase.core.operations import Operation, OperationKind, Outcome, State
from awase.ports.store import (
    BaseRow,
    Item,
    ItemKind,
    JournalBatch,
    LedgerEntry,
    Link,
    MatchEntry,
    Settlement,
)
from awase.store.postgres import PostgresStore

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


def _item(link: int, kind: ItemKind, code: str) -> Item:
    return Item(link=link, side="crm", kind=kind, code=code, field="Name")


FOUND = (
    _item(1, ItemKind.HELD, "TOO_LONG"),
    _item(2, ItemKind.REJECTED, "TOO_LONG"),
    _item(3, ItemKind.HELD, "REQUIRED"),
    _item(1, ItemKind.CONFLICT, "CONFLICT"),
    _item(2, ItemKind.SETTLED, "CONFLICT"),
)


def test_errors_are_listed_and_counted_apart_from_conflicts(dsn: str) -> None:
    async def story() -> None:
        async with PostgresStore.open(dsn) as store:
            async with store.claim("people") as claim:
                await store.settle(claim, Settlement(run=1, found=FOUND), NOW)
            console = store.console
            assert await console.error_counts() == {"TOO_LONG": 2, "REQUIRED": 1}
            assert await console.error_counts("other") == {}
            assert [one.item for one in await console.errors()] == list(FOUND[:3])
            assert [one.item for one in await console.errors("people", kind=ItemKind.REJECTED)] == [FOUND[1]]
            assert [one.item for one in await console.errors(code="REQUIRED")] == [FOUND[2]]
            assert len(await console.errors(limit=1)) == 1
            assert [one.item for one in await console.conflicts()] == list(FOUND[3:])

    asyncio.run(story())


def test_errors_and_the_records_they_affect_are_counted_apart(dsn: str) -> None:
    def found(link: int, field: str, error_type: str, kind: ItemKind = ItemKind.HELD) -> Item:
        return Item(link=link, side="crm", kind=kind, code="X", field=field, error_type=error_type)

    items = (
        found(1, "Name", "string_too_long"),
        found(1, "City", "string_too_long"),
        found(1, "Email", "invalid_email"),
        found(2, "Name", "string_too_long"),
        found(3, "Name", "conflict", ItemKind.CONFLICT),
        found(4, "Name", "conflict", ItemKind.SETTLED),
        found(5, "Name", "conflict", ItemKind.SETTLED),
        found(6, "", "linked_elsewhere", ItemKind.SKIPPED),
    )

    async def story() -> None:
        async with PostgresStore.open(dsn) as store:
            async with store.claim("people") as claim:
                await store.settle(claim, Settlement(run=1, found=items), NOW)
            summary = await store.console.error_summary("people")
            assert (summary.errors, summary.records) == (4, 2)
            assert [(g.error_type, g.errors, g.records) for g in summary.groups] == [
                ("string_too_long", 3, 2),
                ("invalid_email", 1, 1),
            ]
            (part,) = summary.groups[0].parts
            assert (part.side, part.source, part.errors, part.records) == ("crm", "answered", 3, 2)
            assert await store.console.kind_counts("people") == {
                "conflict": 1,
                "held": 4,
                "settled": 2,
                "skipped": 1,
            }
            nothing = await store.console.error_summary("other")
            assert (nothing.errors, nothing.records, nothing.groups) == (0, 0, ())
            assert await store.console.kind_counts("other") == {}

    asyncio.run(story())


def test_a_person_is_found_by_record_key_or_address_with_their_whole_story(dsn: str) -> None:
    links = (
        Link(
            id=1, key="k1", state="linked", ma_object="contact", ma_id="151", crm_object="Lead", crm_id="00Q"
        ),
        Link(id=2, key="k2", state="linked", ma_object="contact", ma_id="152"),
    )
    operations = tuple(
        Operation(
            link=one.id, side="crm", kind=OperationKind.UPDATE, object="Lead", id="x", values={"a": "b"}
        )
        for one in links
    )
    base = BaseRow(link=1, ma=b"x", ma_hash=1)

    async def story() -> None:
        async with PostgresStore.open(dsn) as store:
            async with store.claim("people") as claim:
                run = await store.start_run(claim, "sync", NOW)
                meant = JournalBatch(
                    run=run,
                    epoch=claim.epoch,
                    side="crm",
                    object="Lead",
                    kind="update",
                    sent_at=NOW,
                    operations=operations,
                    after=(),
                )
                number = await store.journal(claim, meant)
                outcomes = [Outcome(link=one.id, state=State.APPLIED) for one in links]
                await store.answered(claim, number, outcomes, NOW)
                await store.journal(claim, meant)
                match = MatchEntry(link=1, side="ma", object="contact", key=-9)
                settled = Settlement(
                    run=run, links=links, bases=(base,), matches=(match,), found=FOUND[:2] + FOUND[3:4]
                )
                await store.settle(claim, settled, NOW)
                await store.settle(claim, Settlement(run=run, found=FOUND[3:4], cleared=(1,)), NOW)
            by_address = LedgerEntry(link=None, address_key=-9, state="out", scope="organisation", source="x")
            await store.record_opt_outs("people", [by_address], NOW)
            for text, key in (("151", None), ("00Q", None), ("k1", None), ("", -9)):
                (person,) = await store.console.find_person(None, text, key)
                assert (person.sync, person.link, person.base) == ("people", links[0], base)
                assert [one.item.code for one in person.open_items] == ["CONFLICT"]
                assert [one.item.code for one in person.closed_items] == ["TOO_LONG"]
                assert [line.operation for line in person.journal] == [operations[0]] * 2
                assert [line.outcome for line in person.journal] == [None, outcomes[0]]
                assert [line.entry for line in person.ledger] == [by_address]
            assert await store.console.find_person("other", "151") == []
            assert await store.console.find_person(None, "nobody") == []

    asyncio.run(story())
