"""A connector signed in to a practice org over real HTTP, and the words in which both vendors are spoken of alike."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal
from urllib.parse import urlencode, urljoin, urlsplit

import polars as pl

from awase.connectors.hubspot.connector import HubSpotConnector
from awase.connectors.salesforce.connector import SalesforceConnector
from awase.core.operations import Operation, OperationKind, Outcome
from awase.core.packing import Batch, pack_calls, price
from awase.ports.connector import Connector, Credentials, ReadQuery, WriteBatch
from awase.ports.flows import Answer, Lane, Page, Request, Response
from awase_practice.kernel.clock import RealClock
from awase_practice.kernel.faults import FaultPlan
from awase_practice.server import PracticeServer, build_org

_WAIT = 20.0
_numbers = count(1)
NO_OVERLAP = timedelta(0)


@dataclass(frozen=True)
class Words:
    """What one vendor calls the things that both have."""

    side: Literal["ma", "crm"]
    person: str
    company: str
    deal: str
    title: str
    """A person's field that is plain text and free to change."""
    people: str
    """The relation of a deal that holds its people."""
    person_values: Mapping[str, Any]
    company_values: Mapping[str, Any]
    deal_values: Mapping[str, Any]


HUBSPOT = Words(
    side="ma",
    person="contact",
    company="company",
    deal="deal",
    title="jobtitle",
    people="associations.contact",
    person_values={"lastname": "佐藤"},
    company_values={"name": "株式会社例"},
    deal_values={"dealname": "新工場", "dealstage": "appointmentscheduled"},
)
SALESFORCE = Words(
    side="crm",
    person="Contact",
    company="Account",
    deal="Opportunity",
    title="Title",
    people="OpportunityContactRoles",
    person_values={"LastName": "佐藤"},
    company_values={"Name": "株式会社例"},
    deal_values={"Name": "新工場", "StageName": "提案", "CloseDate": "2026-12-31"},
)


@dataclass
class Side:
    """A connector and its org; every call is counted, and none may turn an opt-out back."""

    connector: Connector
    words: Words
    server: PracticeServer
    token: str = ""
    base: str = ""
    sent: list[Request] = field(default_factory=list)

    # -- driving flows ---------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        """One call over the wire."""
        assert self.connector.consent_breach(request) is None
        url = urlsplit(urljoin(self.base + "/", request.url))
        wire = http.client.HTTPConnection(url.netloc, timeout=_WAIT)
        signed = {"Authorization": f"Bearer {self.token}"} if request.signed else {}
        target = url.path + (f"?{url.query}" if url.query else "")
        try:
            wire.request(request.method, target, request.body, {**request.headers, **signed})
            said = wire.getresponse()
            names = {name.lower(): value for name, value in said.getheaders()}
            answer = Response(request, said.status, names, said.read(), datetime.now(UTC))
        finally:
            wire.close()
        self.sent.append(request)
        return answer

    def run(self, flow: Any, take: Callable[[Page], None] = lambda page: None) -> Any:
        """Drive a flow to its end; what it returns."""
        sent: list[Answer] | None = None
        while True:
            try:
                out = flow.send(sent)
            except StopIteration as end:
                return end.value
            if isinstance(out, Page):
                take(out)
                sent = None
            else:
                sent = [self.answer(request) for request in out]

    def read(self, query: ReadQuery, flow: Any) -> tuple[Any, pl.DataFrame]:
        """Drive a read: its cursor, and all its rows, the last reading of each."""
        pages: list[Page] = []
        end = self.run(flow, pages.append)
        frames = [self.connector.decode(page, query) for page in pages]
        empty = self.connector.decode(self._empty(query), query)
        return end, pl.concat([empty, *frames]).unique("_id", keep="last", maintain_order=True)

    def _empty(self, query: ReadQuery) -> Page:
        body = {"results": [], "records": [], "done": True, "totalSize": 0}
        return Page(query.object.name, json.dumps(body).encode(), 0)

    def calls(self, act: Callable[[], Any], *lanes: Lane) -> int:
        """How many calls of these lanes (none given: all) an act costs."""
        before = len(self.sent)
        act()
        return sum(1 for request in self.sent[before:] if not lanes or request.lane in lanes)

    # -- reading ---------------------------------------------------------------------------------------------------

    def query(self, object: str, *fields: str) -> ReadQuery:
        schema = self.run(self.connector.describe([object])).objects[object]
        return ReadQuery(schema, fields)

    def snapshot(self, query: ReadQuery) -> tuple[str, pl.DataFrame]:
        """All records, a minute later: cursors count whole seconds, so that what is older is surely not read again."""
        self.wait()
        cursor, frame = self.read(query, self.connector.read_snapshot(query))
        return str(cursor), frame

    def changes(self, query: ReadQuery, since: str) -> tuple[str, pl.DataFrame]:
        """What changed since the cursor, a minute later and without overlap."""
        self.wait()
        cursor, frame = self.read(query, self.connector.read_changes(query, since, NO_OVERLAP))
        return str(cursor), frame

    def by_id(self, query: ReadQuery, *ids: str) -> pl.DataFrame:
        return self.read(query, self.connector.read_by_id(query, ids))[1]

    def people_of(self, *deals: str) -> dict[str, set[str]]:
        """The people of deals, as a look at the relations alone shows them."""
        query = self.query(self.words.deal, self.words.people)
        frames: list[pl.DataFrame] = []
        self.run(
            self.connector.read_relations(query, deals),
            lambda page: frames.append(self.connector.decode_relations(page, query)),
        )
        return {id: set(people or ()) for id, people in pl.concat(frames).iter_rows()}

    # -- what people do there --------------------------------------------------------------------------------------

    def control(self, name: str, body: Mapping[str, Any] | None = None, /, **query: str) -> Any:
        """A control call that must succeed: POST with a body, else GET."""
        wire = http.client.HTTPConnection(urlsplit(self.server.control_url).netloc, timeout=_WAIT)
        target = f"/_practice/{name}" + (f"?{urlencode(query)}" if query else "")
        try:
            wire.request("GET" if body is None else "POST", target, json.dumps(body) if body else None)
            said = wire.getresponse()
            document = json.loads(said.read())
        finally:
            wire.close()
        assert said.status == 200, document
        return document

    def load(self, object: str, *rows: Mapping[str, Any]) -> list[str]:
        ids: list[str] = self.control("load", {"objects": {object: list(rows)}})["ids"][object]
        return ids

    def people(self, number: int) -> list[str]:
        return self.load(self.words.person, *[dict(self.words.person_values)] * number)

    def deals(self, number: int = 1) -> list[str]:
        return self.load(self.words.deal, *[dict(self.words.deal_values)] * number)

    def edit(self, object: str, id: str, **values: Any) -> None:
        self.control("edit", {"object": object, "id": id, "values": values, "author": "user:鈴木"})

    def delete(self, object: str, id: str) -> None:
        self.control("delete", {"object": object, "id": id, "author": "user:鈴木"})

    def restore(self, object: str, id: str) -> None:
        self.control("restore", {"object": object, "id": id, "author": "user:鈴木"})

    def merge(self, object: str, winner: str, *losers: str) -> str:
        told = self.control("merge", {"object": object, "winner": winner, "losers": list(losers)})
        return str(told.get("survivor", winner))

    def join(self, deal: str, person: str, *, remove: bool = False) -> None:
        """A person puts somebody into a deal, or takes them out."""
        words = self.words
        if words is HUBSPOT:
            ends = {"from_object": "deal", "from_id": deal, "to_object": "contact", "to_id": person}
            self.control("associate", {**ends, "remove": remove})
        elif not remove:
            self.load("OpportunityContactRole", {"OpportunityId": deal, "ContactId": person})
        else:
            rows = self.control("rows", object="OpportunityContactRole")
            for row in rows:
                if (row["OpportunityId"], row["ContactId"]) == (deal, person):
                    self.delete("OpportunityContactRole", row["id"])

    def settings(self, **settings: Any) -> None:
        self.control("settings", settings)

    def wait(self, seconds: float = 60) -> None:
        self.control("pass-time", {"seconds": seconds})

    # -- writing ---------------------------------------------------------------------------------------------------

    def operation(self, kind: OperationKind, object: str, id: str | None = None, **more: Any) -> Operation:
        number = next(_numbers)
        key = f"ma:contact:{number}" if kind is OperationKind.CREATE else None
        return Operation(link=number, side=self.words.side, kind=kind, object=object, id=id, key=key, **more)

    def relating(self, deal: str, now: Sequence[str], before: Sequence[str] = ()) -> Operation:
        """A deal's people as they shall be: adding some, or taking some away."""
        kind = OperationKind.UNRELATE if set(before) - set(now) else OperationKind.RELATE
        name = self.words.people
        return self.operation(
            kind,
            self.words.deal,
            deal,
            values={name: tuple(sorted(now)) or None},
            before={name: tuple(sorted(before)) or None},
        )

    def write(self, *operations: Operation, **more: Any) -> list[Outcome]:
        """Send operations of one kind as the engine does: packed, call by call, at the price that is shown before.

        Outcomes in the order of the operations, each for its own.
        """
        capabilities = {self.words.side: self.connector.capabilities}
        wanted = [_Wanted(one) for one in operations]
        batches = pack_calls(wanted, capabilities)  # type: ignore[arg-type]
        schemas = self.run(self.connector.describe(sorted({one.object for one in operations}))).objects
        before, found = len(self.sent), dict[int, Outcome]()
        for batch in batches:
            found |= self._send(batch, operations, schemas, more)
        promised = sum(line.calls for line in price(batches, capabilities) if line.kind != "audit")  # type: ignore[arg-type]
        assert len(self.sent) - before == promised
        assert {request.lane for request in self.sent[before:]} <= {Lane.WRITE, Lane.CONSENT}
        return [found[place] for place in range(len(operations))]

    def _send(
        self, batch: Batch, operations: Sequence[Operation], schemas: Any, more: Mapping[str, Any]
    ) -> dict[int, Outcome]:
        several = tuple(operations[place] for place in batch.places)
        outcomes = self.run(
            self.connector.write(WriteBatch(batch.kind, schemas[batch.object], several, **more))
        )
        assert [one.link for one in outcomes] == [one.link for one in several]
        return dict(zip(batch.places, outcomes, strict=True))


@dataclass(frozen=True)
class _Wanted:
    operation: Operation


def signed_in(server: PracticeServer, words: Words, version: str = "2026-09") -> Side:
    """A connector that knows who it is, at an org that listens."""
    given = server.org.credentials
    if words is HUBSPOT:
        clock = server.org.clock
        connector: Connector = HubSpotConnector(base_url=server.url, version=version, now=clock.now)
        credentials = Credentials("token", {"token": str(given["access_token"])})
    else:
        connector = SalesforceConnector(login_url=server.url, now=server.org.clock.now)
        wanted = ("client_id", "client_secret")
        credentials = Credentials("client_credentials", {name: str(given[name]) for name in wanted})
    side = Side(connector, words, server, base=server.url)
    session = side.run(connector.sign_in(credentials))
    side.token, side.base = session.access_token, server.url
    side.connector = connector.acting_as(side.run(connector.identify()).user_id)
    side.sent.clear()
    return side


@contextmanager
def connected(words: Words, version: str = "2026-09") -> Iterator[Side]:
    """A fresh org of a vendor behind real HTTP for as long as the block lasts, and a connector signed in to it."""
    faults = FaultPlan(1)
    vendor = "hubspot" if words is HUBSPOT else "salesforce"
    server = PracticeServer(build_org(vendor, "練習", RealClock(), faults), faults)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result(_WAIT)
        yield signed_in(server, words, version)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(_WAIT)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_WAIT)
        loop.close()


def moved(frame: pl.DataFrame, object: str) -> dict[str, str]:
    """Who has become whom, "object:id" to "object:id", by whichever evidence the vendor gives."""
    found: dict[str, str] = {}
    for row in frame.to_dicts():
        if row.get("_gone_to"):
            found[f"{object}:{row['_id']}"] = row["_gone_to"]
        for loser in row.get("_absorbed") or ():
            found[f"{object}:{loser}"] = f"{object}:{row['_id']}"
    return found
