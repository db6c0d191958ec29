"""One simulated world: two practice orgs, one store, users, faults, and processes that live and die, all by one seed.

The engine, the transport and the connectors are the production code; only the wire, the clock, the scheduler and the
store (its in-memory twin) are the simulator's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from awase.connectors.hubspot.connector import HubSpotConnector
from awase.connectors.salesforce.connector import SalesforceConnector
from awase.core.mapping import CreateRule, Direction, FieldMapping, OnConflict, OnDelete, Sync
from awase.core.operations import Diagnosis, Outcome, Side, State, VendorError
from awase.core.values import Value, unpack
from awase.engine.environment import Access, Environment
from awase.engine.running import Report, sync_now
from awase.errors import AwaseError, Bug
from awase.ports.connector import Connector, Credentials
from awase.ports.store import JournalBatch, Link, StoredItem
from awase.store.memory import MemoryStore
from awase.transport.hosts import loopback_only
from awase.transport.metering import Budget
from awase.transport.session import Policy, SessionTransport
from awase_practice.hubspot.org import HubSpotPortal
from awase_practice.kernel.faults import FaultPlan
from awase_practice.kernel.front import Front
from awase_practice.salesforce.org import SalesforceOrg
from tests.simulation.scheduler import Killed, VirtualClock, VirtualTasks
from tests.simulation.wire import Network, SimulatedWire

ANSWER_SECONDS = 30.0
T = TypeVar("T")

FIELDS = (
    FieldMapping("email", {"Lead": "Email", "Contact": "Email"}),
    FieldMapping("lastname", {"Lead": "LastName", "Contact": "LastName"}),
    FieldMapping("company", {"Lead": "Company"}),
    FieldMapping("jobtitle", {"Lead": "Title", "Contact": "Title"}),
    FieldMapping("phone", {"Lead": "Phone", "Contact": "Phone"}, on_conflict=OnConflict.MA),
    FieldMapping("city", {"Lead": "City", "Contact": "MailingCity"}, direction=Direction.PREFER_CRM),
    FieldMapping("industry", {"Lead": "Industry", "Contact": "Industry__c"}, values={"製造": "製造業"}),
    FieldMapping("budget", {"Lead": "Budget__c", "Contact": "Budget__c"}, on_conflict=OnConflict.WAIT),
)

PHONE_RULE = {
    "name": "Phone_is_plausible",
    "field": "Phone",
    "message": "電話番号が正しくありません",
    "when": {"field": "Phone", "matches": "bad"},
    # A trigger: nobody can foresee it.
    "as": "trigger",
}

SYNC = Sync(
    name="people",
    ma_connection="hubspot",
    ma_object="contact",
    crm_connection="salesforce",
    crm_objects=("Contact", "Lead"),
    fields=FIELDS,
    create_as=(CreateRule("Lead"),),
    time_zone="Asia/Tokyo",
)


class KeptSecrets:
    """``ports.secrets.Secrets`` that survives crashes, as the database does."""

    def __init__(self, credentials: Mapping[str, Credentials]) -> None:
        self.now = dict(credentials)
        self.before: dict[str, Credentials] = {}

    async def credentials(self, connection: str) -> Credentials | None:
        return self.now.get(connection)

    async def save(self, connection: str, credentials: Credentials) -> None:
        self.now[connection] = credentials

    async def renew(self, connection: str, values: Mapping[str, str]) -> None:
        self.before[connection] = self.now[connection]
        old = self.now[connection]
        self.now[connection] = Credentials(old.kind, {**old.values, **values})

    async def before_renewal(self, connection: str) -> Credentials | None:
        return self.before.get(connection)


class WatchedStore(MemoryStore):
    """The in-memory store, with what only an oracle may ask."""

    def all_links(self) -> dict[int, Link]:
        return dict(self._sync(SYNC.name).links)

    def link_of(self, side: Side, object: str, id: str) -> Link | None:
        state = self._sync(SYNC.name)
        return state.links.get(state.by_record.get((side, object, id), 0))

    def knows_out(self, link: int) -> bool:
        return link in self._sync(SYNC.name).out_links

    def all_items(self) -> list[StoredItem]:
        state = self._sync(SYNC.name)
        return [item for items in state.items.values() for item in items.values()] + state.closed

    def agreed(self, side: Side, object: str, id: str) -> dict[str, Value]:
        """What both sides last agreed on for this record, as this side says it."""
        state = self._sync(SYNC.name)
        base = state.bases.get(state.by_record.get((side, object, id), 0))
        packed = None if base is None else base.ma if side == "ma" else base.crm
        return {} if packed is None else unpack(packed)

    def all_batches(self) -> list[JournalBatch]:
        return [batch for _, batch in self._batches.values()]

    def all_outcomes(self) -> list[tuple[JournalBatch, tuple[Outcome, ...]]]:
        """Every journalled batch that was answered, with what is known of it last."""
        return [
            (batch, self._outcomes[number][-1][1])
            for number, (_, batch) in self._batches.items()
            if self._outcomes.get(number)
        ]

    def keep_setting(self, name: str, value: str) -> None:
        """A setting saved by another process, in the middle of whatever goes on."""
        self._settings[name] = value

    def states_seen(self) -> set[State]:
        answers = [answer for history in self._outcomes.values() for _, answer in history]
        return {outcome.state for answer in answers for outcome in answer}


class OrgClock:
    """The orgs' clock: the scheduler's time."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock

    def now(self) -> datetime:
        return self.clock.now()

    def pass_time(self, span: timedelta) -> None:
        self.clock.time += span.total_seconds()


@dataclass
class World:
    seed: int
    with_key: bool = True
    index_lag: float = 0.0
    deleted_in_ma: OnDelete = OnDelete.KEEP
    deleted_in_crm: OnDelete = OnDelete.KEEP
    mints_ids: bool = False
    """A merge in the MA gives the survivor a new id."""
    rng: Random = field(init=False)
    events: list[str] = field(default_factory=list)
    bugs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = Random(f"{self.seed}/world")
        self.clock = VirtualClock(start=datetime(2026, 4, 1, tzinfo=UTC))
        org_clock = OrgClock(self.clock)
        self.faults: dict[Side, FaultPlan] = {"ma": FaultPlan(self.seed), "crm": FaultPlan(self.seed + 1)}
        self.portal = HubSpotPortal(name="portal", clock=org_clock, faults=self.faults["ma"])
        self.org = SalesforceOrg(name="org", clock=org_clock, faults=self.faults["crm"])
        self.portal.change_settings({"index_lag": self.index_lag, "merge_mints_new_id": self.mints_ids})
        if not self.with_key:
            self.portal.change_schema({"object": "contact", "remove_field": "awase_key"})
            for name in ("Lead", "Contact"):
                self.org.change_schema({"object": name, "remove_field": {"name": "Awase_Key__c"}})
        for name in ("Lead", "Contact"):
            self.org.change_schema({"object": name, "add_rule": PHONE_RULE})
        self.networks: dict[Side, Network] = {
            "ma": Network(Front(self.portal, self.faults["ma"]), Random(f"{self.seed}/net-ma")),
            "crm": Network(Front(self.org, self.faults["crm"]), Random(f"{self.seed}/net-crm")),
        }
        self.store = WatchedStore()
        sales = self.org.credentials
        self.secrets = KeptSecrets(
            {
                "hubspot": Credentials("token", {"token": self.portal.credentials["access_token"]}),
                "salesforce": Credentials(
                    "client_credentials",
                    {"client_id": sales["client_id"], "client_secret": sales["client_secret"]},
                ),
            }
        )

    # -- processes -------------------------------------------------------------------------------------------------
    def run_sync(self, process: int, kill_at: int | None = None) -> Report | AwaseError | None:
        """One process that runs the sync once. None: it was killed. An AwaseError: it ended with it."""
        policies = replace(SYNC, deleted_in_ma=self.deleted_in_ma, deleted_in_crm=self.deleted_in_crm)

        async def sync(env: Environment) -> Report:
            return await sync_now(env, policies, approve=lambda _: True)

        return self.run(process, sync, kill_at)

    def run(
        self, process: int, work: Callable[[Environment], Awaitable[T]], kill_at: int | None = None
    ) -> T | AwaseError | None:
        """One process that does ``work``; ends as ``run_sync`` does."""
        tasks = VirtualTasks(hash64(self.seed, process), self.clock)
        with tasks:
            try:
                return tasks.run(self._process(tasks, work), kill_at=kill_at)
            except Killed:
                self.store.crash()
                self.note("killed")
                return None
            except Bug:
                raise
            except AwaseError as error:
                self.note(f"ended: {error.code}")
                return error

    async def _process(self, tasks: VirtualTasks, work: Callable[[Environment], Awaitable[T]]) -> T:
        connectors: dict[Side, Connector] = {
            "ma": HubSpotConnector(base_url="http://127.0.0.1:1", now=self.clock.now),
            "crm": SalesforceConnector(login_url="http://127.0.0.1:2", now=self.clock.now),
        }
        names: dict[Side, str] = {"ma": "hubspot", "crm": "salesforce"}
        transports = {
            side: SessionTransport(
                connection=names[side],
                connector=connector,
                wire=SimulatedWire(self.networks[side], tasks, self.clock.monotonic),
                store=self.store,
                secrets=self.secrets,
                tasks=tasks,
                clock=self.clock,
                rng=Random(f"{self.seed}/jitter"),
                policy=Policy(
                    writing=True,
                    allowed_host=loopback_only,
                    budget=Budget(allotment=None, consent_reserve=200),
                    answer_seconds=ANSWER_SECONDS,
                ),
            )
            for side, connector in connectors.items()
        }
        accesses = {}
        for side, connector in connectors.items():
            org = await transports[side].run(connector.identify())
            accesses[side] = Access(connector.acting_as(org.user_id), transports[side], org)
        env = Environment(
            store=self.store,
            clock=self.clock,
            tasks=tasks,
            sides=accesses,
            diagnose=_by_code,
        )
        done = await work(env)
        for transport in transports.values():
            await transport.close()
        return done

    # -- time and traces -------------------------------------------------------------------------------------------
    def pass_time(self, seconds: float) -> None:
        self.clock.time += seconds
        for network in self.networks.values():
            network.arrive(self.clock.time)

    def came_late(self, side: Side, at: datetime) -> bool:
        """Whether something was made at ``at`` by a call that arrived after its client had given it up."""
        stamps = {
            moment.replace(microsecond=kept)
            for moment in self.networks[side].late
            # One org stamps to the millisecond, the other to the second.
            for kept in (moment.microsecond, moment.microsecond // 1000 * 1000, 0)
        }
        return at in stamps

    def note(self, event: str) -> None:
        self.events.append(f"{self.clock.time:.3f} {event}")

    def trace(self) -> str:
        """A digest of everything that happened: the same for the same seed."""
        hasher = hashlib.blake2b(digest_size=16)
        for line in [*self.events, *self.networks["ma"].calls, *self.networks["crm"].calls]:
            hasher.update(line.encode())
        for org, objects in ((self.portal, ("contact",)), (self.org, ("Lead", "Contact"))):
            for name in objects:
                for row in org.rows(name):
                    hasher.update(repr(sorted(row.items(), key=lambda kv: kv[0])).encode())
        return hasher.hexdigest()


def _by_code(error: VendorError) -> Diagnosis:
    return Diagnosis(error.code)


def hash64(*parts: Any) -> int:
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest(), "big")
