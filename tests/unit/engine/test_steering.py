"""A person's word about who is who, and incidents, on the store alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from awase.core.identity import link_id, own_key
from awase.core.mapping import FieldMapping, Sync
from awase.core.operations import Diagnosis, Operation, OperationKind, Outcome, State, VendorError
from awase.core.outcomes import Settled, effects
from awase.core.records import BaseRow, ItemKind, LedgerEntry, Link
from awase.engine import incidents
from awase.engine.choosing import asked_for, kept_apart, leave_alone, pair, part, people_of
from awase.errors import BadInput, BudgetSpent, FilterBroken, SignInRefused, UnknownName, WritingIsOff
from awase.ports.store import Settlement
from awase.store.memory import MemoryStore

NOW = datetime(2026, 4, 1, tzinfo=UTC)
SYNC = Sync(
    name="people",
    ma_connection="hubspot",
    ma_object="contact",
    crm_connection="salesforce",
    crm_objects=("Contact", "Lead"),
    fields=(FieldMapping("email", {"Lead": "Email"}),),
)


class Stopped:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


CLOCK = Stopped()


def free(side: str, object: str, id: str) -> Link:
    key = own_key(side, object, id)
    if side == "ma":
        return Link(id=link_id(key), key=key, state="unlinked", ma_object=object, ma_id=id)
    return Link(id=link_id(key), key=key, state="unlinked", crm_object=object, crm_id=id)


MA, CRM = free("ma", "contact", "1"), free("crm", "Lead", "00Q1")


def in_store(body: Callable[[MemoryStore], Awaitable[None]]) -> None:
    async def work() -> None:
        store = MemoryStore()
        async with store.claim(SYNC.name) as claim:
            run = await store.start_run(claim, "sync", NOW)
            await store.settle(claim, Settlement(run=run, links=(MA, CRM)), NOW)
        await body(store)

    asyncio.run(work())


def test_two_records_become_one_person_and_the_next_run_looks_at_them() -> None:
    async def body(store: MemoryStore) -> None:
        await store.record_opt_outs(
            SYNC.name,
            [LedgerEntry(link=CRM.id, address_key=None, state="out", scope="organisation", source="x")],
            NOW,
        )
        await leave_alone(store, CLOCK, SYNC, CRM, "a rival")
        joined = await pair(store, CLOCK, SYNC, "contact:1", "00Q1")
        assert (joined.id, joined.record("crm"), joined.is_linked) == (MA.id, ("Lead", "00Q1"), True)
        (given_up,) = await store.links_by_id(SYNC.name, [CRM.id])
        assert (given_up.state, given_up.record("crm")) == ("failed", None)
        assert await asked_for(store, SYNC.name) == [MA.id]
        assert await store.opted_out(SYNC.name, [MA.id], []) == ({MA.id}, set())
        assert (await store.exclusions(SYNC.name))[MA.id] == "a rival"
        with pytest.raises(BadInput, match="linked already, with Lead:00Q1"):
            await pair(store, CLOCK, SYNC, "1", "00Q1")

    in_store(body)


def test_a_record_that_is_not_known_is_linked_with_nobody() -> None:
    async def body(store: MemoryStore) -> None:
        with pytest.raises(UnknownName, match="salesforce has no record “00Q9”"):
            await pair(store, CLOCK, SYNC, "1", "00Q9")

    in_store(body)


def test_a_parted_pair_is_two_again_forgets_what_was_agreed_and_is_remembered_as_parted() -> None:
    async def body(store: MemoryStore) -> None:
        joined = await pair(store, CLOCK, SYNC, "1", "00Q1")
        async with store.claim(SYNC.name) as claim:
            base = BaseRow(link=joined.id, ma=b"\x81\xa1x\x01", ma_hash=1, crm=b"\x81\xa1x\x01", crm_hash=1)
            await store.settle(claim, Settlement(run=1, bases=(base,)), NOW)
        one, two = await part(store, CLOCK, SYNC, joined, {"ma": "ma", "crm": "crm"})
        assert (one.record("ma"), one.record("crm")) == (("contact", "1"), None)
        assert (two.record("ma"), two.record("crm")) == (None, ("Lead", "00Q1"))
        assert two.id == CRM.id
        assert await kept_apart(store, SYNC.name) == {("contact:1", "Lead:00Q1")}
        (kept,) = await store.bases(SYNC.name, [one.id])
        assert (kept.ma, kept.ma_hash) == (b"\x80", None)
        with pytest.raises(BadInput, match="has no partner"):
            await part(store, CLOCK, SYNC, one, {"ma": "ma", "crm": "crm"})
        await pair(store, CLOCK, SYNC, "1", "00Q1")
        assert await kept_apart(store, SYNC.name) == set()

    in_store(body)


@pytest.mark.parametrize("text", ["1", "contact:1", MA.key])
def test_a_person_is_found_by_record_and_by_key(text: str) -> None:
    async def body(store: MemoryStore) -> None:
        assert [link.id for link in await people_of(store, SYNC, text)] == [MA.id]
        assert await people_of(store, SYNC, "contact:00Q1") == []

    in_store(body)


@pytest.mark.parametrize(
    ("error", "subject"),
    [
        (SignInRefused("no", connection="hubspot"), "connection:hubspot"),
        (BudgetSpent("spent", connection="salesforce"), "connection:salesforce"),
        (FilterBroken("broken", connection="hubspot"), "sync:people"),
        (WritingIsOff("off", connection="hubspot"), None),
    ],
)
def test_what_stops_a_connection_or_a_sync_is_an_incident_of_it(
    error: BudgetSpent, subject: str | None
) -> None:
    assert incidents.subject_of(error, SYNC) == subject


def test_an_incident_is_told_once_until_a_run_comes_through() -> None:
    async def body(store: MemoryStore) -> None:
        for _ in range(3):
            with pytest.raises(SignInRefused):
                async with incidents.around(store, CLOCK, SYNC):
                    raise SignInRefused("no", connection="hubspot")
        (incident,) = await store.incidents()
        assert (incident.subject, incident.code) == ("connection:hubspot", "AW-302")
        await incidents.end(store, CLOCK, SYNC)
        assert await store.incidents() == []

    in_store(body)


@pytest.mark.parametrize(
    ("code", "kind"), [("AW-403", ItemKind.SUSPENDED), ("UNABLE_TO_LOCK_ROW", ItemKind.DEFERRED)]
)
def test_what_a_stopped_run_left_is_no_error_of_the_record(code: str, kind: ItemKind) -> None:
    operation = Operation(link=1, side="crm", kind=OperationKind.UPDATE, object="Lead", id="00Q1")
    outcome = Outcome(link=1, state=State.DEFERRED, error=VendorError(code=code, message=""))
    (item,) = effects(
        [Settled(operation, BaseRow(link=1), outcome)], [], {}, {}, lambda error: Diagnosis(error.code), "now"
    ).items
    assert (item.kind, item.retry) == (kind, True)
