"""Every public exception is raised by the part it belongs to, and is told to a person in both languages."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from awase import assembly, errors
from awase.cli.approving import Approval
from awase.configuration import parse
from awase.connectors.hubspot.connector import HubSpotConnector
from awase.connectors.sdk.calls import read_failure
from awase.core.binding import bind
from awase.core.filters import Condition
from awase.core.mapping import BoundSync, FieldMapping, Sync
from awase.core.plan import Plan
from awase.core.planfile import load
from awase.core.schema import Field, ObjectSchema, Schema
from awase.core.values import Kind
from awase.engine.staleness import refuse_if_stale
from awase.errors import AwaseError
from awase.locale import spoken
from awase.ports.connector import Credentials, OrgIdentity
from awase.ports.flows import Request, Response, Unanswered
from awase.ports.store import Claim, ConnectionRecord, Settlement
from awase.store.connections import connect
from awase.store.embedded import start_server
from awase.store.memory import MemoryStore
from awase.transport.driving import drive
from awase.transport.hosts import loopback_only, require_allowed
from awase.transport.metering import Budget
from tests.unit.test_configuration import GOOD
from tests.unit.test_planfile import example
from tests.unit.transport.stub_vendor import Bench, asking
from tests.unit.transport.test_session import simulate

NOW = datetime(2026, 11, 23, tzinfo=UTC)
REQUEST = Request("GET", "/x")
_JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


def answered(status: int) -> Response:
    return Response(REQUEST, status, {}, b"", NOW)


def failed_read(status: int) -> None:
    raise read_failure(answered(status), vendor="HubSpot", doing="signing in", words="no")


def unanswered() -> None:
    raise read_failure(Unanswered(REQUEST, "refused", False), vendor="HubSpot", doing="signing in", words="")


def bound(*fields: FieldMapping, **settings: Any) -> BoundSync:
    text = {name: Field(name, name, Kind.TEXT, "string") for name in ("email", "Email", "optout")}
    sync = Sync(
        name="people",
        ma_connection="hubspot",
        ma_object="contact",
        crm_connection="salesforce",
        crm_objects=("Lead",),
        fields=(FieldMapping("email", {"Lead": "Email"}), *fields),
        **settings,
    )
    schemas = [Schema({name: ObjectSchema(name, name, text)}) for name in ("contact", "Lead")]
    return bind(sync, *schemas, {"ma": {"contact": ("optout",)}, "crm": {}})


def stale() -> None:
    refuse_if_stale(example(), bound(), {"ma": "1", "crm": "00D"})


def sign_in_without_a_token() -> None:
    connector = HubSpotConnector(now=lambda: NOW)

    async def nobody(requests: Any) -> Any:
        raise AssertionError("no call is needed to see that")

    asyncio.run(drive(connector.sign_in(Credentials("token", {})), nobody))


def hubspot() -> Any:
    return parse(GOOD).connection("hubspot")


def another_org() -> None:
    here = OrgIdentity("2", "Other", "production", "user", "7")
    pinned = ConnectionRecord(
        name="hubspot",
        vendor="hubspot",
        mode="live",
        org_id="1",
        org_name="Acme",
        org_kind="production",
        user="",
    )
    assembly._check_identity(hubspot(), here, pinned)


def practice_at_the_vendors_address() -> None:
    assembly._check_mode(hubspot(), "practice")


def over_budget() -> None:
    async def body(bench: Bench) -> None:
        transport = bench.transport(budget=Budget(5, 1))
        for _ in range(10):
            await transport.run(asking("a"))

    simulate(body)


def to_a_read_only_side() -> None:
    @dataclass
    class Silent:
        interactive: bool = False

    record = ConnectionRecord(
        name="salesforce",
        vendor="salesforce",
        mode="read-only",
        org_id="",
        org_name="",
        org_kind="production",
        user="",
    )
    approval = Approval(Silent(), bound().sync, {"salesforce": record}, yes=True, show=ignored)  # type: ignore[arg-type]
    assert approval(example()) is False
    raise approval.told(errors.StoppedByGuard("not approved"))


def ignored(plan: Plan) -> None:
    del plan


def guarded() -> None:
    """Raised by the engine with the real parts in ``tests/journey/test_cli_first_sync.py``; here by its reason."""
    sync = bound().sync
    approval = Approval(None, sync, {}, yes=False, show=ignored)  # type: ignore[arg-type]
    raise approval.told(
        errors.StoppedByGuard(
            "nothing was written: this plan wants an approval ({rules})",
            remedy="Look at it with `awase plan`, then run the same command with --yes.",
            rules="first_sync",
        )
    )


def claimed_twice() -> None:
    async def body() -> None:
        store = MemoryStore()
        async with store.claim("people"), store.claim("people"):
            pass

    asyncio.run(body())


def after_a_takeover() -> None:
    async def body() -> None:
        store = MemoryStore()
        async with store.claim("people") as claim:
            late = Claim(sync="people", epoch=claim.epoch - 1)
            await store.settle(late, Settlement(run=1), NOW)

    asyncio.run(body())


def undoing_an_opt_out() -> None:
    async def body(bench: Bench) -> None:
        bench.connector.consent_breach = lambda request: "it opts in"  # type: ignore[method-assign]
        await bench.transport().run(asking("a"))

    simulate(body)


def output_where_none_is_expected() -> None:
    def flow() -> Any:
        yield "page"

    async def nobody(requests: Any) -> Any:
        return []

    asyncio.run(drive(flow(), nobody))


def at_a_closed_port() -> None:
    asyncio.run(connect("postgresql://awase@127.0.0.1:9/awase"))


RAISED: Mapping[type[AwaseError], Callable[[], Any]] = {
    errors.VendorBusy: lambda: failed_read(503),
    errors.StoreBusy: at_a_closed_port,
    errors.BadInput: lambda: failed_read(302),
    errors.BadConfiguration: lambda: parse(GOOD.replace("time_zone", "timezone")),
    errors.FilterBroken: lambda: bound(filter_ma=(Condition("grade", filled=True),)),
    errors.ConsentMapping: lambda: bound(FieldMapping("optout", {"Lead": "Email"})),
    errors.SchemaMismatch: lambda: bound(FieldMapping("nickname", {"Lead": "Title"})),
    errors.StalePlan: stale,
    errors.DamagedFile: lambda: load([b"PK"]),
    errors.UnknownName: lambda: parse(GOOD).sync("persons"),
    errors.StoreUnusable: lambda: start_server(Path("/tmp") / ("long" * 40)),
    errors.NotConnected: lambda: require_allowed("http://example.net/", loopback_only),
    errors.SignInRefused: sign_in_without_a_token,
    errors.HostUnreachable: unanswered,
    errors.OrgChanged: another_org,
    errors.MixedConnections: practice_at_the_vendors_address,
    errors.MissingPermission: lambda: failed_read(403),
    errors.StoppedByGuard: guarded,
    errors.WritingIsOff: to_a_read_only_side,
    errors.BudgetSpent: over_budget,
    errors.AlreadyRunning: claimed_twice,
    errors.Bug: output_where_none_is_expected,
    errors.ConsentBreach: undoing_an_opt_out,
    errors.LostFence: after_a_takeover,
}
GROUPS = {errors.AwaseError, errors.Retry, errors.AskPerson}
"""They only group others and are never raised themselves."""


def public() -> set[type[AwaseError]]:
    return {
        found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, AwaseError)
    }


def test_every_public_exception_is_raised_here() -> None:
    assert set(RAISED) == public() - GROUPS


def test_codes_are_distinct_and_statuses_are_the_documented_ones() -> None:
    assert len({found.code for found in public()}) == len(public())
    assert {found.exit_status for found in public()} == {1, 2, 3, 4, 5, 70}


@pytest.mark.parametrize("kind", RAISED, ids=lambda kind: kind.__name__)
def test_it_is_raised_and_told_in_both_languages(kind: type[AwaseError]) -> None:
    with pytest.raises(kind) as caught:
        RAISED[kind]()
    assert type(caught.value) is kind
    for language in ("ja", "en"):
        said = spoken(caught.value, language)
        assert said.text
        assert "{" not in said.text + said.remedy
        # The words of a bug go to its trace; the user is told a sentence about its reference instead.
        if not issubclass(kind, errors.Bug):
            assert bool(_JAPANESE.search(said.text)) is (language == "ja")
