"""The Salesforce connector against the practice org, which shares no code with it: they agree on the vendor's API."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pytest

from awase.connectors.salesforce.connector import SalesforceConnector
from awase.core.consent import opted_out
from awase.core.operations import Operation, OperationKind, Outcome, State
from awase.core.schema import ObjectSchema
from awase.ports.connector import Credentials, ReadQuery, WriteBatch
from awase.ports.flows import Request, Response
from awase_practice.kernel.clock import VirtualClock
from awase_practice.kernel.faults import FaultPlan
from awase_practice.kernel.http import HttpRequest
from awase_practice.salesforce.org import SalesforceOrg

from ..unit.connectors.salesforce_scene import play

FIELDS = (
    "LastName",
    "Company",
    "Email",
    "Budget__c",
    "Interests__c",
    "Last_Visit__c",
    "NumberOfEmployees",
    "Memo__c",
)


class Scene:
    """A connector signed in to a practice org in the same process, without a socket."""

    def __init__(self) -> None:
        self.clock = VirtualClock(datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC))
        self.org = SalesforceOrg(name="acme", clock=self.clock, faults=FaultPlan(), seed=1)
        self.token = ""
        self.connector = SalesforceConnector(login_url="http://127.0.0.1:9", now=self.clock.now)
        self.sign_in("client_credentials")
        user = self.run(self.connector.identify()).user_id
        self.connector = self.connector.acting_as(user)
        self.lead: ObjectSchema = self.run(self.connector.describe(["Lead"])).objects["Lead"]
        self.query = ReadQuery(self.lead, FIELDS)

    def sign_in(self, kind: str) -> None:
        values = {name: str(self.org.credentials[name]) for name in self.org.credentials}
        self.token = self.run(self.connector.sign_in(Credentials(kind, values))).access_token

    def reply(self, request: Request) -> Response:
        assert self.connector.consent_breach(request) is None
        parts = urlsplit(request.url)
        headers = dict(request.headers) | (
            {"Authorization": f"Bearer {self.token}"} if request.signed else {}
        )
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        said = self.org.handle_now(
            HttpRequest.of(
                request.method, target, headers=headers, body=request.body or b"", host="127.0.0.1:9"
            )
        )
        stamp = {"date": format_datetime(self.clock.now(), usegmt=True)}
        names = stamp | {name.lower(): value for name, value in said.headers.items()}
        return Response(request, said.status, names, said.body, self.clock.now())

    def run(self, flow: Any) -> Any:
        return play(flow, self.reply)[0]

    def read(self, flow: Any) -> tuple[Any, pl.DataFrame]:
        end, pages, _ = play(flow, self.reply)
        return end, pl.concat([self.connector.decode(page, self.query) for page in pages])

    def write(self, *operations: Operation) -> list[Outcome]:
        outcomes: list[Outcome] = self.run(
            self.connector.write(WriteBatch(operations[0].kind, self.lead, operations))
        )
        return outcomes


@pytest.fixture
def scene() -> Scene:
    return Scene()


def create(number: int, out: bool = False, **values: Any) -> Operation:
    return Operation(
        link=number,
        side="crm",
        kind=OperationKind.CREATE,
        object="Lead",
        key=f"ma:contact:{number}",
        values={"LastName": f"佐藤{number}", "Company": "株式会社'例\\", **values},
        opt_out=opted_out(address=None, source="ma:contact:1") if out else None,
    )


def change(kind: OperationKind, id: str, **values: Any) -> Operation:
    out = opted_out(address=None, source="ma:contact:1") if kind is OperationKind.OPT_OUT else None
    return Operation(link=1, side="crm", kind=kind, object="Lead", id=id, values=values, opt_out=out)


@pytest.mark.parametrize("kind", ["jwt", "client_credentials", "refresh_token"])
def test_every_way_of_signing_in_is_accepted(scene: Scene, kind: str) -> None:
    scene.sign_in(kind)
    assert scene.run(scene.connector.identify()).id == scene.org.org_id


def test_what_was_created_is_read_back_as_it_was(scene: Scene) -> None:
    values = {
        "Email": "a@example.jp",
        "Budget__c": Decimal("1234.50"),
        "Interests__c": ("人事", "会計"),
        "Last_Visit__c": date(2026, 1, 2),
        "NumberOfEmployees": 5,
        "Memo__c": "行1\n行2",
    }
    (outcome,) = scene.write(create(1, out=True, **values))
    _, frame = scene.read(scene.connector.read_snapshot(scene.query))
    row = frame.row(0, named=True)
    assert (row["_id"], row["_key"], row["_out"]) == (outcome.id, "ma:contact:1", True)
    assert {name: row[name] for name in values} == {**values, "Interests__c": ["人事", "会計"]}
    assert row["Company"] == "株式会社'例\\"


def test_each_record_of_a_large_batch_has_its_own_outcome(scene: Scene) -> None:
    operations = [create(number) for number in range(450)]
    operations[3] = create(3, LastName="長" * 90)
    operations[4] = create(4, LeadSource="変な値")
    outcomes = scene.write(*operations)
    refused = {outcome.link: outcome.error.code for outcome in outcomes if outcome.error is not None}
    assert refused == {3: "STRING_TOO_LONG", 4: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"}
    ids = [outcome.id for outcome in outcomes if outcome.state is State.APPLIED and outcome.id]
    _, by_id = scene.read(scene.connector.read_by_id(scene.query, ids))
    keys = [f"ma:contact:{number}" for number in range(450)]
    _, by_key = scene.read(scene.connector.read_by_key(scene.query, keys))
    assert set(by_id["_id"]) == set(by_key["_id"]) == set(ids)
    assert len(ids) == 448


def test_a_create_sent_twice_makes_one_record(scene: Scene) -> None:
    (first,), (second,) = scene.write(create(1)), scene.write(create(1))
    assert (first.state, second.state) == (State.APPLIED, State.UNKNOWN)
    key = create(1).key or ""
    _, frame = scene.read(scene.connector.read_by_key(scene.query, [key]))
    assert frame.select("_id", "_key").rows() == [(first.id, key)]


def test_changes_opt_outs_and_clears_are_found_from_the_cursor_on(scene: Scene) -> None:
    one, two = (outcome.id or "" for outcome in scene.write(create(1, Budget__c=Decimal(7)), create(2)))
    scene.clock.advance(60)
    cursor, _ = scene.read(scene.connector.read_snapshot(scene.query))
    scene.clock.advance(60)
    scene.write(change(OperationKind.UPDATE, one, Budget__c=None))
    scene.write(change(OperationKind.OPT_OUT, one))
    after, frame = scene.read(scene.connector.read_changes(scene.query, cursor, timedelta(0)))
    assert frame.select("_id", "Budget__c", "_out").rows() == [(one, None, True)]
    assert after > cursor
    _, both = scene.read(scene.connector.read_changes(scene.query, cursor, timedelta(seconds=90)))
    assert set(both["_id"]) == {one, two}


def test_history_shows_the_edits_of_others_only(scene: Scene) -> None:
    (outcome,) = scene.write(create(1))
    since = scene.clock.now().isoformat()
    scene.clock.advance(5)
    scene.write(change(OperationKind.UPDATE, outcome.id or "", NumberOfEmployees=5))
    scene.org.edit("Lead", outcome.id or "", {"Budget__c": 7.25}, author="鈴木")
    flow = scene.connector.read_history(scene.query, [outcome.id or ""], since, timedelta(0))
    _, pages, _ = play(flow, scene.reply)
    frame = pl.concat([scene.connector.decode_history(page, scene.query) for page in pages])
    assert frame.select("_id", "field", "value").rows() == [(outcome.id, "Budget__c", "7.25")]
