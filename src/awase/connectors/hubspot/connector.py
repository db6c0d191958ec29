"""The HubSpot connector: what it offers, declared as data, and the flows behind it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Never

import polars as pl

from awase.connectors.hubspot import (
    auth,
    consent,
    forms,
    history,
    limits,
    owners,
    properties,
    read,
    relations,
    rows,
    schema,
    write,
)
from awase.connectors.hubspot.paths import Paths
from awase.connectors.sdk import copies
from awase.connectors.sdk.bodies import JSON_HEADERS
from awase.connectors.sdk.chunks import chunks
from awase.core.capabilities import Capabilities
from awase.core.doctor.known import Form
from awase.core.new_fields import NewField
from awase.core.operations import Outcome
from awase.core.schema import ObjectSchema, Option, Schema
from awase.ports.connector import (
    Credentials,
    LimitReading,
    OrgIdentity,
    Owner,
    PracticeCopy,
    ReadQuery,
    Session,
    Throttled,
    WriteBatch,
)
from awase.ports.flows import Flow, Page, Request, Response


class HubSpotConnector:
    """One portal, as seen from one connection; implements ``awase.ports.connector.Connector`` and ``FieldMaker``.

    ``base_url``: where the API is. ``version``: ``v3`` or a date such as ``2026-09``. ``key_property``: the unique
    property that carries ``awase_key``. ``calls_per_ten_seconds``: 190, 110 for a public OAuth app, 100 on Free and
    Starter. ``now`` is our clock, UTC.

    It remembers three things it has learnt: the session (the app's identity is asked for with the token in the
    body), the portal's offset from UTC (its quota ends at midnight), and the app that acts (``acting_as``).
    """

    def __init__(
        self,
        *,
        base_url: str = "https://api.hubapi.com",
        version: str = "2026-09",
        key_property: str = "awase_key",
        now: Callable[[], datetime],
        calls_per_ten_seconds: int = 190,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._paths = Paths(version)
        self._key_property = key_property
        self._now = now
        self._bursts = limits.bursts(calls_per_ten_seconds)
        self._session: Session | None = None
        self._kind = ""
        self._zone: timedelta | None = None
        self._app_id: str | None = None

    @property
    def capabilities(self) -> Capabilities:
        """Without the app's id our own edits cannot be told from others' in the history, so there is none."""
        return Capabilities(
            vendor="hubspot",
            key_name=self._key_property,
            sizes=limits.SIZES,
            lag=limits.INDEX_LAG,
            concurrency=10,
            bursts=dict(self._bursts),
            history=self._app_id != "",
            reread_changes=True,
            consent_by_address=True,
            consent_fields=dict(schema.CONSENT_FIELDS),
            relations_move_stamps=False,
        )

    # -- sign-in and metadata ----------------------------------------------------------------------------------
    def sign_in(self, credentials: Credentials) -> Flow[Never, Session]:
        """A session for ``token`` or ``oauth`` credentials; see ``auth``."""
        session = yield from auth.sign_in(self._paths, self._base_url, credentials)
        self._session, self._kind = session, credentials.kind
        return session

    def identify(self) -> Flow[Never, OrgIdentity]:
        """The portal; ``user_id`` is the id of the app that acts, empty where HubSpot will not say."""
        portal = yield from auth.identify(self._paths, lambda: (self._session, self._kind))
        self._zone = portal.zone
        return portal.identity

    def read_copy(self) -> Flow[Never, PracticeCopy]:
        """The practice portal as it is now."""
        return copies.read_copy(JSON_HEADERS)

    def leading_to(self, address: str) -> HubSpotConnector:
        """This connector for the same portal at another address, signed out."""
        other = copy.copy(self)
        other._base_url, other._session = address.rstrip("/"), None
        return other

    def acting_as(self, user_id: str) -> HubSpotConnector:
        """This connector, leaving the edits of the app ``user_id`` out of histories."""
        other = copy.copy(self)
        other._app_id = user_id
        return other

    def describe(self, objects: Sequence[str]) -> Flow[Never, Schema]:
        """The objects by the names asked for (``contact`` or ``contacts``)."""
        return (yield from schema.describe(self._paths, objects, self._key_property))

    def field_name(self, source: str) -> str:
        return properties.field_name(source)

    def field_definition(self, object: str, new: NewField) -> Mapping[str, object]:
        return properties.definition(object, new)

    def create_field(self, object: str, definition: Mapping[str, object]) -> Flow[Never, None]:
        return properties.create(self._paths, object, definition)

    def add_options(self, object: str, name: str, options: Sequence[Option]) -> Flow[Never, int]:
        return properties.add_options(self._paths, object, name, options)

    # -- reading -----------------------------------------------------------------------------------------------
    def read_snapshot(self, query: ReadQuery) -> Flow[Page, str]:
        return (yield from read.read_snapshot(self._paths, query))

    def read_changes(self, query: ReadQuery, since: str, overlap: timedelta) -> Flow[Page, str]:
        return (yield from read.read_changes(self._paths, query, since, overlap))

    def read_by_id(self, query: ReadQuery, ids: Sequence[str]) -> Flow[Page, None]:
        yield from read.read_by_id(self._paths, query, ids)

    def read_by_key(self, query: ReadQuery, keys: Sequence[str]) -> Flow[Page, None]:
        yield from read.read_by_key(self._paths, query, keys)

    def decode(self, page: Page, query: ReadQuery) -> pl.DataFrame:
        return rows.decode(page, query)

    def read_relations(self, query: ReadQuery, ids: Sequence[str]) -> Flow[Page, None]:
        for some in chunks(list(ids), relations.READ_AT_ONCE):
            names = read.wanted_relations(query)
            told = yield from relations.read(self._paths, query.object.name, names, some)
            known = relations.answered(told, some)
            yield Page(query.object.name, "\n".join(known).encode(), len(known), told)

    def decode_relations(self, page: Page, query: ReadQuery) -> pl.DataFrame:
        return rows.decode_relations(page, query)

    def read_owners(self) -> Flow[Never, tuple[Owner, ...]]:
        return (yield from owners.read_owners(self._paths))

    def read_forms(self) -> Flow[Never, tuple[Form, ...] | None]:
        return forms.read_forms(self._paths)

    def several_lines(self, object: ObjectSchema) -> frozenset[str]:
        return forms.several_lines(object)

    # -- writing -----------------------------------------------------------------------------------------------
    def write(self, batch: WriteBatch) -> Flow[Never, list[Outcome]]:
        """Consent is written by address before a create, so ``opt_out`` on a create is not looked at here."""
        return (yield from write.write(self._paths, batch))

    def read_history(
        self, query: ReadQuery, ids: Sequence[str], since: str, overlap: timedelta, *, ours: bool = False
    ) -> Flow[Page, None]:
        yield from history.read_history(
            self._paths, query, ids, datetime.fromisoformat(since) - overlap, ours=ours
        )

    def decode_history(self, page: Page, query: ReadQuery) -> pl.DataFrame:
        return history.decode_history(page, query, self._app_id or "")

    # -- what the transport asks about an answer ---------------------------------------------------------------
    def session_expired(self, response: Response) -> bool:
        """A new session helps an app whose token lapsed; a service key stays what it is."""
        return response.status == 401

    def throttled(self, response: Response) -> Throttled | None:
        return limits.throttled(response, self._now(), self._zone)

    def limit_reading(self, response: Response) -> LimitReading | None:
        return limits.limit_reading(response)

    def consent_breach(self, request: Request) -> str | None:
        return consent.consent_breach(request)
