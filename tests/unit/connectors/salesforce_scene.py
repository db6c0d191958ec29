"""A Salesforce org played by hand: flows are driven step by step with canned answers, no network."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from awase.connectors.salesforce.connector import SalesforceConnector
from awase.connectors.salesforce.roles import junction, relation_field
from awase.core.schema import Field, ObjectSchema, Option
from awase.core.values import Kind
from awase.ports.connector import ReadQuery
from awase.ports.flows import Answer, Page, Request, Response, Unanswered

NOW = datetime(2026, 11, 23, 3, 0, 0, tzinfo=UTC)
DATE = "Mon, 23 Nov 2026 03:00:05 GMT"
AFTER_DATE = "2026-11-23T03:00:05+00:00"

CONNECTOR = SalesforceConnector(login_url="https://login.salesforce.com/", now=lambda: NOW)


def answer(
    request: Request, content: Any = None, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A complete answer; ``content`` is JSON unless it is bytes."""
    body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    return Response(request, status, {"date": DATE, **(headers or {})}, body, NOW)


def error(code: str, message: str = "", fields: Sequence[str] | None = None) -> dict[str, Any]:
    """One element of a REST error body."""
    content: dict[str, Any] = {"message": message, "errorCode": code}
    return content if fields is None else {**content, "fields": list(fields)}


def lost(request: Request, maybe_sent: bool = True) -> Unanswered:
    return Unanswered(request, "connection reset", maybe_sent)


def play(flow: Any, reply: Callable[[Request], Answer]) -> tuple[Any, list[Page], list[list[Request]]]:
    """Drive ``flow`` to its end: its return value, the pages it emitted, and the requests of each step."""
    pages: list[Page] = []
    steps: list[list[Request]] = []
    sent: list[Answer] | None = None
    while True:
        try:
            out = flow.send(sent)
        except StopIteration as end:
            return end.value, pages, steps
        if isinstance(out, Page):
            pages.append(out)
            sent = None
        else:
            steps.append(list(out))
            sent = [reply(request) for request in out]


def soql_of(request: Request) -> str:
    return parse_qs(urlsplit(request.url).query)["q"][0]


def body_of(request: Request) -> Any:
    return json.loads(request.body or b"")


def field(name: str, kind: Kind = Kind.TEXT, **more: Any) -> Field:
    return Field(name=name, label=name, kind=kind, vendor_type="string", **more)


def lead(key: bool = True, opt_out: bool = True, **more: Field) -> ObjectSchema:
    """A Lead with one field of each kind."""
    fields = [
        field("Id"),
        field("IsConverted", Kind.BOOLEAN),
        field("LastName", required=True, max_length=80),
        field("Email", email=True),
        field("Interests__c", Kind.TEXTS, options=(Option("会計", "会計"), Option("人事", "人事"))),
        field("Budget__c", Kind.DECIMAL),
        field("NumberOfEmployees", Kind.INTEGER),
        field("Last_Visit__c", Kind.DATE),
        field("LastActivity__c", Kind.DATETIME),
        field("DoNotCall", Kind.BOOLEAN),
        *([field("HasOptedOutOfEmail", Kind.BOOLEAN)] if opt_out else []),
        *([field("Awase_Key__c", unique=True)] if key else []),
        *more.values(),
    ]
    return ObjectSchema(
        name="Lead",
        label="リード",
        fields={item.name: item for item in fields},
        key_field="Awase_Key__c" if key else None,
    )


ROLES = "OpportunityContactRoles"


def deal() -> ObjectSchema:
    """An Opportunity with its contact roles."""
    fields = [
        field("Id"),
        field("Name", required=True, max_length=120),
        field("StageName"),
        field("Awase_Key__c", unique=True),
        relation_field(ROLES, junction("Opportunity", ROLES), writable=True),
    ]
    return ObjectSchema(
        name="Opportunity",
        label="商談",
        fields={item.name: item for item in fields},
        key_field="Awase_Key__c",
    )


def reading(*fields: str, object: ObjectSchema | None = None) -> ReadQuery:
    return ReadQuery(object or lead(), fields or ("LastName", "Email"))


def record(id: str = "00Q000000000001AAA", **values: Any) -> dict[str, Any]:
    """One record of a query answer with what every query asks for."""
    return {
        "attributes": {"type": "Lead", "url": f"/services/data/v65.0/sobjects/Lead/{id}"},
        "Id": id,
        "SystemModstamp": "2026-11-23T01:02:03.000+0000",
        "IsDeleted": False,
        "Awase_Key__c": None,
        "HasOptedOutOfEmail": False,
        "IsConverted": False,
        **values,
    }


def rows(*records: dict[str, Any], next_path: str | None = None) -> dict[str, Any]:
    """A query answer."""
    content: dict[str, Any] = {
        "totalSize": len(records),
        "done": next_path is None,
        "records": list(records),
    }
    return content if next_path is None else {**content, "nextRecordsUrl": next_path}
