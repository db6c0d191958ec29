"""The one place that builds concrete things and joins them: store, secrets, wire, transports, connectors.

    workspace ──▶ open_store ──▶ connect (once a connection)  ──▶ environment (once a run) ──▶ engine

What is checked here, before a run may begin: that each connection leads to the org it was pinned to, that practice
and live are never mixed, and that a token goes to the vendor's own hosts only (practice: to this machine only).
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from awase.catalogue import diagnosis
from awase.configuration import ConnectionSettings, Workspace
from awase.configuration.document import HubSpotPart
from awase.connectors.hubspot.connector import HubSpotConnector
from awase.connectors.salesforce.connector import SalesforceConnector
from awase.core.mapping import Sync
from awase.core.operations import Side
from awase.engine import incidents
from awase.engine.environment import Access, Environment
from awase.errors import BadInput, Bug, MixedConnections, NotConnected, OrgChanged
from awase.ports.connector import Connector, Copyable, Credentials, OrgIdentity
from awase.ports.runtime import Clock
from awase.ports.secrets import Secrets
from awase.ports.store import ConnectionRecord, Store
from awase.runtime.clock import SystemClock
from awase.runtime.tasks import AsyncioTasks
from awase.secrets.keyring import Keyring, open_keyring
from awase.secrets.sealed import SealedSecrets
from awase.store.embedded import backups_of, embedded_server
from awase.store.home import data_home, make_private
from awase.store.memory import MemoryStore
from awase.store.postgres import PostgresStore
from awase.transport.aiohttp_wire import AiohttpWire
from awase.transport.hosts import AllowedHost, loopback_only, within
from awase.transport.metering import Budget
from awase.transport.redaction import CallRecord, Recording, Redactor
from awase.transport.session import Policy, SessionTransport
from awase.transport.wire import Wire

DATABASE_VARIABLE = "AWASE_DATABASE_URL"
Mode = Literal["read-only", "practice", "live"]
T = TypeVar("T")

_WORKSPACE_SETTING = "workspace"
_LEAST_RESERVE = 200
_HOSTS: Mapping[str, AllowedHost] = {
    "hubspot": within("hubapi.com"),
    "salesforce": within("salesforce.com", "force.com"),
}
"""Where each vendor's API answers: api.hubapi.com and its regions; login, My Domain and sandbox hosts (from memory)."""

_calls = logging.getLogger("awase.calls")


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` on the fastest event loop of this platform."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)


# -- the store --------------------------------------------------------------------------------------------------------


def home_of(workspace: Workspace) -> Path:
    """Where this workspace keeps its database, key, backups and logs; made private. Raises StoreUnusable."""
    make_private(data_home())
    home = data_home() / workspace.name
    make_private(home)
    return home


@asynccontextmanager
async def database(workspace: Workspace) -> AsyncIterator[tuple[str, Path | None]]:
    """The connection string of the workspace's database, and where its backups go (None: a server of your own)."""
    dsn = os.environ.get(DATABASE_VARIABLE)
    if dsn:
        yield dsn, None
        return
    home = home_of(workspace)
    async with embedded_server(home) as embedded:
        yield embedded, backups_of(home)


@asynccontextmanager
async def open_store(workspace: Workspace) -> AsyncIterator[PostgresStore]:
    """The workspace's store, checked and migrated.

    Raises StoreUnusable or StoreBusy, and BadInput when the database belongs to another workspace.
    """
    async with database(workspace) as (dsn, backups), PostgresStore.open(dsn, backups=backups) as store:
        owner = await store.setting(_WORKSPACE_SETTING)
        if owner is None:
            await store.save_setting(_WORKSPACE_SETTING, workspace.name)
        elif owner != workspace.name:
            raise BadInput(
                "the database belongs to the workspace “{owner}”, not to “{name}”",
                where=str(workspace.file),
                remedy="Use a database for each workspace, or give the workspace its name back.",
                owner=owner,
                name=workspace.name,
            )
        yield store


def keyring_of(workspace: Workspace) -> Keyring:
    """The keys that seal this workspace's credentials. Raises BadInput or StoreUnusable."""
    return open_keyring(home_of(workspace), os.environ)


# -- connections ------------------------------------------------------------------------------------------------------


def leads_to_practice(settings: ConnectionSettings) -> bool:
    """Whether the configured address is on this machine, where only practice orgs live."""
    try:
        host = urlsplit(settings.address).hostname or ""
    except ValueError:
        return False
    return loopback_only(host.lower())


async def connect(
    workspace: Workspace,
    name: str,
    store: Store,
    *,
    credentials: Credentials | None = None,
    mode: Mode | None = None,
) -> ConnectionRecord:
    """Sign in, find out where the connection leads, pin it and keep the credentials.

    Without ``credentials`` the stored ones are tried (to change the mode). Without ``mode`` it stays as it was, at first
    read-only. Nothing is stored unless everything holds. Raises what signing in raises, OrgChanged, MixedConnections
    and NotConnected.
    """
    settings = workspace.connection(name)
    before = {record.name: record for record in await store.connections()}.get(name)
    secrets = SealedSecrets(store, keyring_of(workspace))
    candidate = _Candidate(credentials or await secrets.credentials(name))
    if candidate.held is None:
        raise _never_connected(name)
    wanted: Mode = mode or (before.mode if before else "read-only")
    _check_mode(settings, wanted)
    async with AiohttpWire() as wire:
        way = await _way_out(settings, store, candidate, wire, _recording(workspace), writing=False)
        try:
            org = await way.transport.run(way.connector.identify())
        finally:
            await way.transport.close()
    _check_identity(settings, org, before)
    record = ConnectionRecord(
        name=name,
        vendor=settings.vendor,
        mode=wanted,
        org_id=org.id,
        org_name=org.name,
        org_kind=org.kind,
        user=org.user,
    )
    await store.save_connection(record)
    await secrets.save(name, candidate.held)
    await store.end_incidents(incidents.of_connection(name), SystemClock().now())
    return record


def _check_mode(settings: ConnectionSettings, mode: Mode) -> None:
    practice = leads_to_practice(settings)
    if mode == "practice" and not practice:
        raise MixedConnections(
            "{connection} is to be a practice connection, but its address is not on this machine",
            remedy="Give it a practice org's address (`awase practice up` prints it), or choose read-only or live.",
            connection=settings.name,
        )
    if mode == "live" and practice:
        raise MixedConnections(
            "{connection} leads to a practice org and cannot be live",
            remedy="Choose --mode practice, or give the connection the vendor's address.",
            connection=settings.name,
        )


def _check_identity(settings: ConnectionSettings, org: OrgIdentity, pinned: ConnectionRecord | None) -> None:
    """Raise when the connection leads elsewhere than it was pinned to, or practice and real are mixed up."""
    if (org.kind == "practice") != leads_to_practice(settings):
        raise MixedConnections(
            "{connection} answers as an org of kind “{kind}”, which its address must not lead to",
            remedy="Practice orgs live on this machine only, real ones never; check the address.",
            connection=settings.name,
            kind=org.kind,
        )
    if pinned is not None and (pinned.org_id, pinned.vendor) != (org.id, settings.vendor):
        raise OrgChanged(
            "{connection} now leads to {found}; it was connected to {pinned}. Everything that is known about people "
            "belongs to that one, so nothing was done",
            remedy="Correct the address or the credentials; for another org make another connection and sync.",
            connection=settings.name,
            found=f"{org.name} ({org.id})",
            pinned=f"{pinned.org_name} ({pinned.org_id})",
        )


def _never_connected(name: str) -> NotConnected:
    return NotConnected(
        "{connection} has never been connected.", remedy="Run `awase connect {connection}`.", connection=name
    )


class _Candidate:
    """Credentials on trial: kept in memory until they have proved themselves (``ports.secrets.Secrets``)."""

    def __init__(self, held: Credentials | None) -> None:
        self.held = held

    async def credentials(self, connection: str) -> Credentials | None:
        del connection
        return self.held

    async def save(self, connection: str, credentials: Credentials) -> None:
        del connection
        self.held = credentials

    async def renew(self, connection: str, values: Mapping[str, str]) -> None:
        if self.held is None:
            raise _never_connected(connection)
        self.held = Credentials(self.held.kind, {**self.held.values, **values})

    async def before_renewal(self, connection: str) -> Credentials | None:
        del connection
        return None


# -- the environment of a run -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _WayOut:
    connector: Connector
    transport: SessionTransport


@asynccontextmanager
async def environment(
    workspace: Workspace, sync: Sync, store: Store, *, asked_for: bool = False
) -> AsyncIterator[Environment]:
    """What the engine needs for a run of ``sync``: both sides signed in and found to be who they were.

    ``asked_for``: a person asked for just this, so that it stops last when calls are scarce. What ends the block as a
    fault of a connection or of the whole sync is kept as an incident. Raises NotConnected, SignInRefused, HostUnreachable, OrgChanged or MixedConnections.
    """
    sides: dict[Side, ConnectionSettings] = {
        "ma": workspace.connection(sync.ma_connection),
        "crm": workspace.connection(sync.crm_connection),
    }
    secrets = SealedSecrets(store, keyring_of(workspace))
    recording = _recording(workspace)
    async with (
        incidents.around(store, SystemClock(), sync),
        AiohttpWire() as wire,
        AsyncExitStack() as stack,
    ):
        pinned = await _pinned(sides, store)
        accesses: dict[Side, Access] = {}
        for side, settings in sides.items():
            record = pinned[side]
            writing = record.mode != "read-only"
            way = await _way_out(
                settings, store, secrets, wire, recording, writing=writing, asked_for=asked_for
            )
            stack.push_async_callback(way.transport.close)
            org = await way.transport.run(way.connector.identify())
            _check_identity(settings, org, record)
            accesses[side] = Access(way.connector.acting_as(org.user_id), way.transport, org)
        yield Environment(
            store=store,
            clock=SystemClock(),
            tasks=AsyncioTasks(),
            sides=accesses,
            diagnose=diagnosis,
            windows=workspace.write_windows.get(sync.name),
        )


@asynccontextmanager
async def copy_of(
    workspace: Workspace, original: Access, address: str, credentials: Credentials
) -> AsyncIterator[Access]:
    """The way to a copy of a practice org, which may be written to freely: its calls are counted nowhere.

    Raises Bug for a connector that cannot lead elsewhere, and what signing in raises.
    """
    if not isinstance(original.connector, Copyable):
        raise Bug("the connector knows no copies", where=original.org.id)
    connector, clock = original.connector.leading_to(address), SystemClock()
    async with AiohttpWire() as wire:
        transport = SessionTransport(
            connection="copy",
            connector=connector,
            wire=wire,
            store=MemoryStore(),
            secrets=_Candidate(credentials),
            tasks=AsyncioTasks(),
            clock=clock,
            rng=SystemRandom(),
            policy=Policy(
                writing=True, allowed_host=loopback_only, budget=Budget(allotment=None, consent_reserve=0)
            ),
            recording=_recording(workspace),
        )
        try:
            org = await transport.run(connector.identify())
            yield Access(connector.acting_as(org.user_id), transport, org)
        finally:
            await transport.close()


async def _pinned(sides: Mapping[Side, ConnectionSettings], store: Store) -> dict[Side, ConnectionRecord]:
    """The connections as they were pinned. Checked before a token leaves: practice and real are never mixed."""
    known = {record.name: record for record in await store.connections()}
    for settings in sides.values():
        if settings.name not in known:
            raise _never_connected(settings.name)
    records = {side: known[settings.name] for side, settings in sides.items()}
    for side, settings in sides.items():
        if (records[side].org_kind == "practice") != leads_to_practice(settings):
            raise MixedConnections(
                "{connection} was connected to an org of kind “{kind}”, which its present address cannot lead to",
                remedy="Give the connection its address back, or make another connection.",
                connection=settings.name,
                kind=records[side].org_kind,
            )
    if (records["ma"].org_kind == "practice") != (records["crm"].org_kind == "practice"):
        raise MixedConnections(
            "{ma} and {crm} cannot be in one sync: one leads to a practice org and the other does not",
            remedy="Connect both to practice orgs, or neither.",
            ma=records["ma"].name,
            crm=records["crm"].name,
        )
    return records


async def _way_out(
    settings: ConnectionSettings,
    store: Store,
    secrets: Secrets,
    wire: Wire,
    recording: Recording,
    *,
    writing: bool,
    asked_for: bool = False,
) -> _WayOut:
    clock = SystemClock()
    connector = _connector(settings, clock)
    policy = Policy(
        writing=writing,
        allowed_host=loopback_only if leads_to_practice(settings) else _HOSTS[settings.vendor],
        budget=await budget_of(settings, store, clock),
        asked_for=asked_for,
        answer_seconds=settings.settings.call_timeout_seconds,
    )
    transport = SessionTransport(
        connection=settings.name,
        connector=connector,
        wire=wire,
        store=store,
        secrets=secrets,
        tasks=AsyncioTasks(),
        clock=clock,
        rng=SystemRandom(),
        policy=policy,
        recording=recording,
    )
    return _WayOut(connector, transport)


def _connector(settings: ConnectionSettings, clock: Clock) -> Connector:
    part = settings.settings
    if isinstance(part, HubSpotPart):
        return HubSpotConnector(
            base_url=part.base_url, version=part.version, key_property=part.key_property, now=clock.now
        )
    return SalesforceConnector(
        login_url=part.login_url, api_version=part.api_version, key_field=part.key_field, now=clock.now
    )


def allotment_setting(connection: str) -> str:
    """Setting: the allotment that a person gave; empty where the configuration holds."""
    return f"allotment:{connection}"


def reserve_setting(connection: str) -> str:
    """Setting: the calls that a person keeps for opt-outs; empty where the configuration holds."""
    return f"consent_reserve:{connection}"


async def budget_of(settings: ConnectionSettings, store: Store, clock: Clock) -> Budget:
    """What the connection may spend within 24 hours: as a person set it (``awase budget``), else as configured, else
    half of the vendor's limit, of which 2 % (at least 200 calls, never more than half) are kept for opt-outs."""
    part = settings.settings
    set_allotment = await store.setting(allotment_setting(settings.name))
    set_reserve = await store.setting(reserve_setting(settings.name))
    allotment = int(set_allotment) if set_allotment else part.allotment
    known = allotment
    if known is None:
        maximum = (await store.call_use(settings.name, clock.now())).vendor_maximum
        known = None if maximum is None else maximum // 2
    reserve = int(set_reserve) if set_reserve else part.consent_reserve
    if reserve is None:
        reserve = _LEAST_RESERVE if known is None else min(max(_LEAST_RESERVE, known // 50), known // 2)
    return Budget(allotment=allotment, consent_reserve=reserve)


def _recording(workspace: Workspace) -> Recording:
    """Every call goes to the logger ``awase.calls``, made unreadable with a key of this install."""

    def take(record: CallRecord) -> None:
        _calls.debug("%s", msgspec.json.encode(record).decode())

    return Recording(take, Redactor(keyring_of(workspace).derived("redaction")))
