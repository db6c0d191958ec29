"""Carrying a plan out: journalled before it is sent, settled item by item, opt-outs before everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from awase.core.mapping import BoundSync
from awase.core.operations import Operation, OperationKind, Outcome, Side, State, VendorError
from awase.core.outcomes import Settled
from awase.core.packing import Batch, pack_calls
from awase.core.plan import Plan, PlannedWrite
from awase.core.records import Item, ItemKind, LedgerEntry, Link
from awase.engine.auditing import audit
from awase.engine.environment import Environment
from awase.engine.resolving import NOT_FOUND, is_doubtful, may_come_late, resolve, resolve_refused
from awase.engine.switches import refusal
from awase.errors import AwaseError, BudgetSpent, NotConnected, Retry
from awase.ports.connector import WriteBatch
from awase.ports.flows import Errand
from awase.ports.store import Claim, JournalBatch, OpenBatch, Settlement

_FIRST = frozenset({OperationKind.CREATE, OperationKind.UPDATE})
_LAST = frozenset({OperationKind.TAKE_OFF, OperationKind.DELETE})


@dataclass(slots=True)
class Applied:
    """What became of a plan's writes."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    """By place in ``plan.writes()``."""
    batches: list[int] = field(default_factory=list)
    """Journal batches whose every outcome is known."""
    stragglers: list[tuple[JournalBatch, list[int]]] = field(default_factory=list)
    """Batches with the positions of operations whose call brought no answer and had not taken effect when looked for."""
    conflicts: list[Item] = field(default_factory=list)
    stopped: AwaseError | None = None
    """Why not everything was sent: the rest is waiting, and cursors stay."""


async def apply(
    env: Environment, sync: BoundSync, claim: Claim, run: int, plan: Plan, skip: frozenset[int] = frozenset()
) -> Applied:
    """Send every write of ``plan`` except the places in ``skip``. Returns; raises only for what ends the run."""
    applied = Applied()
    await _make_durable(env, sync, claim, run, plan, skip)
    writes = plan.writes()
    batches = pack_calls(writes, env.capabilities())
    consent = [b for b in batches if b.kind == OperationKind.OPT_OUT]
    rest = [b for b in batches if b.kind != OperationKind.OPT_OUT]
    since = {(c.side, c.object): c.value for c in plan.header.cursors}
    sender = _Sender(env, sync, claim, run, writes, applied, skip, since)
    sender.by_sort = {
        (op.link, op.side, op.kind, op.about): place for place, op in enumerate(w.operation for w in writes)
    }
    await sender.send(consent)
    silenced = sender.not_opted_out(consent)
    # What builds on other writes (relations of a record just created, deletions) waits until those are settled.
    for stage in (_FIRST, {OperationKind.RELATE}, {OperationKind.UNRELATE}, _LAST):
        await sender.send([batch for batch in rest if batch.kind in stage], silenced)
    await sender.audit(rest)
    applied.stopped = applied.stopped or next(iter(sender.spent.values()), None)
    return applied


async def _make_durable(
    env: Environment, sync: BoundSync, claim: Claim, run: int, plan: Plan, skip: frozenset[int]
) -> None:
    """What must not be lost by a crash is stored before anything is sent: who is whom, who is out, the values that
    are about to give way to others, and which deletions are owed."""
    links: list[Link] = [link for chunk in plan.chunks for link in chunk.links]
    rebased = tuple(row for chunk in plan.chunks for row in chunk.rebased)
    matches = [entry for chunk in plan.chunks for entry in chunk.matches]
    ledger: list[LedgerEntry] = [line for chunk in plan.chunks for line in chunk.ledger]
    now = env.clock.now()
    if ledger:
        await env.store.record_opt_outs(claim.sync, ledger, now)
    listed = [item for chunk in plan.chunks for item in chunk.items if item.kind == ItemKind.SETTLED]
    # The sign that a partner is gone comes once: what it asks for is owed from then on, whatever becomes of this run.
    listed += [
        _owed(env, sync, write)
        for place, write in enumerate(plan.writes())
        if write.operation.kind in _LAST and place not in skip
    ]
    if links or matches or listed or rebased:
        # A link that gives a record up is stored before the one that takes it.
        links.sort(key=lambda link: link.state != "failed")
        facts = Settlement(
            run=run, links=tuple(links), bases=rebased, matches=tuple(matches), found=tuple(listed)
        )
        await env.store.settle(claim, facts, now)


def _owed(env: Environment, sync: BoundSync, write: PlannedWrite) -> Item:
    """A deletion that is not done yet; the settlement of a run that does it closes this."""
    return Item(
        link=write.operation.link,
        side=write.operation.side,
        kind=ItemKind.DEFERRED,
        code=NOT_FOUND.code,
        error_type=env.diagnose(NOT_FOUND).error_type,
        record=write.record,
        label=write.label,
        detail={"operation": write.operation.kind.value},
        context=sync.context,
        retry=True,
    )


@dataclass(slots=True)
class _Sender:
    env: Environment
    sync: BoundSync
    claim: Claim
    run: int
    writes: Sequence[PlannedWrite]
    applied: Applied
    skip: frozenset[int]
    since: Mapping[tuple[Side, str], str]
    """The cursors of the read the plan rests on."""
    numbers: dict[int, int] = field(default_factory=dict)
    """Journal batch by place, of what was sent."""
    by_sort: dict[tuple[int, Side, OperationKind, str], int] = field(default_factory=dict)
    """Place by link, side, kind and relation: how operations on one record that build on each other find each other."""
    spent: dict[tuple[Side, Errand], BudgetSpent] = field(default_factory=dict)
    """Errands that may make no more calls on a side; more urgent ones go on."""
    refused: list[tuple[list[int], OpenBatch]] = field(default_factory=list)
    """Places and batches of creates whose refusal names a record that may be their own: looked for when all are sent."""

    async def send(
        self, batches: Iterable[Batch], silenced: frozenset[tuple[int, Side]] = frozenset()
    ) -> None:
        """Send ``batches``, a window of them in flight on each side."""
        queues: dict[Side, list[Batch]] = {"ma": [], "crm": []}
        for batch in batches:
            queues[batch.side].append(batch)
        async with self.env.tasks.nursery() as nursery:
            for side, queue in queues.items():
                queue.reverse()
                window = min(len(queue), self.env.sides[side].connector.capabilities.concurrency)
                for _ in range(window):
                    nursery.start(self._work_off(queue, silenced))
        await self._look_for_refused()

    async def _look_for_refused(self) -> None:
        groups: dict[tuple[Side, str], list[tuple[list[int], OpenBatch]]] = {}
        for places, sent in self.refused:
            groups.setdefault((sent.batch.side, sent.batch.object), []).append((places, sent))
        self.refused.clear()
        for group in groups.values():
            try:
                resolved = await resolve_refused(self.env, self.sync, self.claim, [sent for _, sent in group])
            except (BudgetSpent, Retry, NotConnected) as stop:
                # They stay open in the journal; the next run begins by looking.
                self.applied.stopped = self.applied.stopped or stop
                continue
            for (places, _), known in zip(group, resolved, strict=True):
                self.applied.batches.append(known.batch.id)
                self.applied.outcomes.update(zip(places, known.outcomes or (), strict=True))

    async def _work_off(self, queue: list[Batch], silenced: frozenset[tuple[int, Side]]) -> None:
        while queue:
            await self._send_one(queue.pop(), silenced)

    async def _send_one(self, batch: Batch, silenced: frozenset[tuple[int, Side]]) -> None:
        places = [p for p in batch.places if p not in self.skip and not self._is_silenced(p, silenced)]
        if not places:
            return
        # A person who throws a switch means the run that is under way, too.
        self.applied.stopped = self.applied.stopped or await refusal(self.env.store, self.claim.sync)
        stop = self.applied.stopped or self.spent.get((batch.side, _errand(batch.kind)))
        if stop is not None:
            self._defer(places, stop)
            return
        places, operations = self._addressed(places)
        if not places:
            return
        journalled = JournalBatch(
            run=self.run,
            epoch=self.claim.epoch,
            side=batch.side,
            object=batch.object,
            kind=batch.kind.value,
            sent_at=self.env.clock.now(),
            operations=operations,
            after=tuple(self.writes[p].patch for p in places),
            since=self.since[batch.side, batch.object],
        )
        number = await self.env.store.journal(self.claim, journalled)
        self.numbers |= dict.fromkeys(places, number)
        outcomes = await self._call(batch, operations)
        await self.env.store.answered(self.claim, number, outcomes, self.env.clock.now())
        if len(places) > 1 and all(outcome.error and outcome.error.whole_call for outcome in outcomes):
            # One record spoilt the call for all: halves are sent apart until it stands alone.
            self.applied.batches.append(number)
            for half in (places[: len(places) // 2], places[len(places) // 2 :]):
                await self._send_one(msgspec.structs.replace(batch, places=tuple(half)), silenced)
            return
        if any(outcome.state == State.UNKNOWN for outcome in outcomes):
            outcomes = await self._resolved(number, journalled, outcomes)
        elif any(is_doubtful(*pair) for pair in zip(operations, outcomes, strict=True)):
            batch_sent = msgspec.structs.replace(journalled, id=number)
            self.refused.append((places, OpenBatch(batch=batch_sent, outcomes=tuple(outcomes))))
        else:
            self.applied.batches.append(number)
        self.applied.outcomes.update(zip(places, outcomes, strict=True))

    async def _call(self, batch: Batch, operations: tuple[Operation, ...]) -> list[Outcome]:
        access = self.env.sides[batch.side]
        write = WriteBatch(
            kind=batch.kind,
            object=self.sync.object(batch.side, batch.object),
            operations=operations,
            assignment_rules=self.sync.sync.assignment_rules,
            allow_duplicates=self.sync.sync.allow_duplicates,
        )
        try:
            return await access.transport.run(access.connector.write(write), None, _errand(batch.kind))
        except (BudgetSpent, Retry, NotConnected) as stop:
            # Raised before the call went out: nothing happened, and nothing more of this will.
            self._note(batch, stop)
            error = VendorError(code=stop.code, message=str(stop))
            return [Outcome(link=op.link, state=State.DEFERRED, error=error) for op in write.operations]

    def _note(self, batch: Batch, stop: AwaseError) -> None:
        if not isinstance(stop, BudgetSpent):
            self.applied.stopped = self.applied.stopped or stop
            return
        errands = list(Errand)
        for errand in errands[errands.index(_errand(batch.kind)) :]:
            self.spent.setdefault((batch.side, errand), stop)

    async def _resolved(
        self, number: int, journalled: JournalBatch, outcomes: list[Outcome]
    ) -> list[Outcome]:
        batch = OpenBatch(batch=msgspec.structs.replace(journalled, id=number), outcomes=tuple(outcomes))
        try:
            resolved = await resolve(self.env, self.sync, self.claim, batch)
        except (BudgetSpent, Retry, NotConnected) as stop:
            # They stay unknown in the journal; the next run begins by looking.
            self.applied.stopped = self.applied.stopped or stop
            return outcomes
        self.applied.batches.append(number)
        if late := may_come_late(batch, resolved):
            self.applied.stragglers.append((batch.batch, late))
        return list(resolved.outcomes or ())

    def _addressed(self, places: Sequence[int]) -> tuple[list[int], tuple[Operation, ...]]:
        """Places and operations that have a record to go to.

        Relations of a record that this run creates go to the id its create brought; those of one that was not created,
        and what takes relations away after adding failed, wait for the next run.
        """
        kept: list[int] = []
        operations: list[Operation] = []
        for place in places:
            operation = self.writes[place].operation
            if operation.kind in (OperationKind.RELATE, OperationKind.UNRELATE):
                if operation.id is None:
                    operation = msgspec.structs.replace(operation, id=self._created_id(operation))
                if operation.id is None or self._adding_failed(operation):
                    self._defer([place], self._stopped_before(operation))
                    continue
            kept.append(place)
            operations.append(operation)
        return kept, tuple(operations)

    def _stopped_before(self, operation: Operation) -> AwaseError | None:
        """What kept the record itself from being created, where that was no fault of its own."""
        return self.applied.stopped or self.spent.get((operation.side, Errand.CREATES))

    def _created_id(self, operation: Operation) -> str | None:
        return self._outcome_of(operation, OperationKind.CREATE, "")

    def _adding_failed(self, operation: Operation) -> bool:
        planned = (operation.link, operation.side, OperationKind.RELATE, operation.about) in self.by_sort
        return (
            operation.kind == OperationKind.UNRELATE
            and planned
            and self._outcome_of(operation, OperationKind.RELATE, operation.about) is None
        )

    def _outcome_of(self, operation: Operation, kind: OperationKind, about: str) -> str | None:
        """The id of the record, if the operation of this kind on it was planned and applied."""
        place = self.by_sort.get((operation.link, operation.side, kind, about))
        outcome = None if place is None else self.applied.outcomes.get(place)
        return outcome.id if outcome is not None and outcome.state == State.APPLIED else None

    def _defer(self, places: Sequence[int], stop: AwaseError | None) -> None:
        error = VendorError(code=stop.code, message=str(stop)) if stop else NOT_FOUND
        for place in places:
            link = self.writes[place].operation.link
            self.applied.outcomes[place] = Outcome(link=link, state=State.DEFERRED, error=error)

    def _is_silenced(self, place: int, silenced: frozenset[tuple[int, Side]]) -> bool:
        operation = self.writes[place].operation
        if (operation.link, operation.side) not in silenced:
            return False
        if self.applied.stopped is not None:
            self._defer([place], self.applied.stopped)
            return True
        error = VendorError(code="opt_out_first", message="")
        self.applied.outcomes[place] = Outcome(link=operation.link, state=State.DEFERRED, error=error)
        return True

    def not_opted_out(self, consent: Iterable[Batch]) -> frozenset[tuple[int, Side]]:
        """Whose opt-out did not arrive: nothing else is written to them on that side in this run."""
        return frozenset(
            (self.writes[place].operation.link, batch.side)
            for batch in consent
            for place in batch.places
            if (outcome := self.applied.outcomes.get(place)) is None or outcome.state != State.APPLIED
        )

    async def audit(self, batches: Iterable[Batch]) -> None:
        """Look for edits that our writes covered; for updates as many reads as the price says."""
        groups: dict[tuple[Side, str], list[list[int]]] = {}
        for batch in batches:
            places = [p for p in batch.places if self._may_have_covered(p)]
            if places and self.env.sides[batch.side].connector.capabilities.history:
                groups.setdefault((batch.side, batch.object), []).append(places)
        for (side, object), lists in groups.items():
            per_read = self.env.sides[side].connector.capabilities.sizes.audit
            whole = [[place for places in lists for place in places]]
            for places in lists if per_read else whole:
                await self._audit_one(side, object, places)

    def _may_have_covered(self, place: int) -> bool:
        """Every update that was sent, and a create that found its record there."""
        outcome = self.applied.outcomes.get(place)
        if outcome is None or place not in self.numbers:
            return False
        return self.writes[place].operation.kind == OperationKind.UPDATE or not outcome.created

    async def _audit_one(self, side: Side, object: str, places: Sequence[int]) -> None:
        operations = [
            # Where it took effect: a vendor may carry out on a survivor what was sent to a record merged meanwhile.
            msgspec.structs.replace(op, id=self.applied.outcomes[p].id or op.id)
            for p in places
            if (op := self.writes[p].operation)
        ]
        try:
            found = await audit(self.env, self.sync, side, object, operations, self.since[side, object])
        except (BudgetSpent, Retry, NotConnected) as stop:
            # The audit is owed: these batches stay open, and the next run begins with it.
            self.applied.stopped = self.applied.stopped or stop
            owed = {self.numbers[place] for place in places}
            self.applied.batches = [number for number in self.applied.batches if number not in owed]
            return
        self.applied.conflicts += found


def _errand(kind: OperationKind) -> Errand:
    return Errand.CREATES if kind == OperationKind.CREATE else Errand.UPDATES


def settled_writes(writes: Sequence[PlannedWrite], applied: Applied) -> list[Settled]:
    """Each write that has an outcome, with it."""
    return [
        Settled(writes[place].operation, writes[place].patch, outcome)
        for place, outcome in sorted(applied.outcomes.items())
    ]
