"""Driving HubSpot's flows by hand: canned answers in, requests, pages and the end out. No network."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from awase.connectors.hubspot.connector import HubSpotConnector
from awase.connectors.hubspot.relations import relation_fields
from awase.core.operations import Operation, OperationKind
from awase.core.schema import Field, ObjectSchema
from awase.core.values import Kind
from awase.ports.connector import ReadQuery, WriteBatch
from awase.ports.flows import Answer, Flow, Page, Request, Response, Unanswered

NOW = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
DATE_HEADER = "Mon, 23 Nov 2026 01:00:00 GMT"
DATE_CURSOR = "2026-11-23T01:00:00+00:00"

Reply = Callable[[Request], Answer]


def connector(**settings: Any) -> HubSpotConnector:
    return HubSpotConnector(now=lambda: NOW, **settings)


def responding(body: Any = None, *, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """An answer of this status; ``body`` is JSON unless it is bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda request: Response(request, status, {"date": DATE_HEADER, **(headers or {})}, raw, NOW)


def silent(*, maybe_sent: bool) -> Reply:
    return lambda request: Unanswered(request, "the connection was closed", maybe_sent)


@dataclass
class Driven:
    """What a flow did until its end."""

    requests: list[Request] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    end: Any = None

    def body(self, at: int = 0) -> Any:
        return json.loads(self.requests[at].body or b"null")


def drive(flow: Flow[Any, Any], replies: Sequence[Reply] | Reply) -> Driven:
    """Answer each request with the next reply (or always with the one), until the flow ends."""
    driven = Driven()
    queue = iter(replies) if isinstance(replies, Sequence) else None
    sent: list[Answer] | None = None
    while True:
        try:
            item = flow.send(sent)
        except StopIteration as stop:
            driven.end = stop.value
            assert queue is None or not list(queue), "the flow ended before it asked for every answer"
            return driven
        if isinstance(item, Page):
            driven.pages.append(item)
            sent = None
            continue
        driven.requests += item
        driven.batches.append(len(item))
        sent = [(next(queue) if queue is not None else replies)(request) for request in item]  # type: ignore[operator]


CONTACT = ObjectSchema(
    name="contact",
    label="Contact",
    key_field="awase_key",
    fields={
        name: Field(name=name, label=name, kind=kind, vendor_type="test")
        for name, kind in {
            "email": Kind.TEXT,
            "lastname": Kind.TEXT,
            "budget": Kind.DECIMAL,
            "last_visit": Kind.DATE,
            "met_at": Kind.DATETIME,
            "is_partner": Kind.BOOLEAN,
            "interests": Kind.TEXTS,
            "awase_key": Kind.TEXT,
        }.items()
    },
)
DEAL = ObjectSchema(
    name="deal",
    label="Deal",
    key_field="awase_key",
    fields={
        **{
            name: Field(name=name, label=name, kind=Kind.TEXT, vendor_type="test")
            for name in ("dealname", "awase_key")
        },
        **relation_fields("deal"),
    },
)
KEYLESS = ObjectSchema(name="contact", label="Contact", fields=CONTACT.fields)


def query(*fields: str, object: ObjectSchema = CONTACT) -> ReadQuery:
    return ReadQuery(object, fields)


def wide_query(count: int, length: int = 40) -> ReadQuery:
    """A query of many properties with long names."""
    names = tuple(f"property_{at:04d}_".ljust(length, "x") for at in range(count))
    fields = {name: Field(name=name, label=name, kind=Kind.TEXT, vendor_type="test") for name in names}
    return ReadQuery(ObjectSchema(name="contact", label="Contact", fields=fields), names)


def record(id: str, **properties: str | None) -> dict[str, Any]:
    return {
        "id": id,
        "properties": properties,
        "updatedAt": "2026-11-20T10:00:00.123Z",
        "createdAt": "2026-11-01T10:00:00.000Z",
        "archived": False,
    }


def none_associated(id: str) -> dict[str, Any]:
    """What an association read says of a record that has none."""
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No contact is associated with deal {id}.",
        "context": {"fromObjectId": [id], "fromObjectType": ["deal"], "toObjectType": ["contact"]},
    }


def creating(*values: dict[str, Any], object: ObjectSchema = CONTACT) -> WriteBatch:
    operations = tuple(
        Operation(
            link=at + 1,
            side="ma",
            kind=OperationKind.CREATE,
            object=object.name,
            key=f"key-{at + 1}",
            values=dict(one),
        )
        for at, one in enumerate(values)
    )
    return WriteBatch(OperationKind.CREATE, object, operations)


def updating(*ids: str, values: dict[str, Any] | None = None) -> WriteBatch:
    operations = tuple(
        Operation(
            link=at + 1,
            side="ma",
            kind=OperationKind.UPDATE,
            object="contact",
            id=id,
            values=dict(values or {"lastname": "佐藤"}),
        )
        for at, id in enumerate(ids)
    )
    return WriteBatch(OperationKind.UPDATE, CONTACT, operations)
