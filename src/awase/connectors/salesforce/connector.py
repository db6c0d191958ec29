"""Salesforce as the engine sees it: what it offers, declared as data, and the flows behind it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Never

import polars as pl

from awase.connectors.salesforce import (
    auth,
    choices,
    consent,
    duplicates,
    formula_globals,
    history,
    identity,
    layouts,
    limits,
    parents,
    read,
    rows,
    rules,
    schema,
    searching,
    write,
)
from awase.connectors.sdk import copies
from awase.connectors.sdk.bodies import JSON_HEADERS
from awase.core.capabilities import Capabilities
from awase.core.checks.parents import ParentsAsked
from awase.core.filters import Condition
from awase.core.importing import Search
from awase.core.operations import Outcome
from awase.core.schema import Choices, Globals, MatchingRule, ObjectSchema, ParentField, Rule, Schema
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

_NO_RENEWAL = (
    "this session is not valid for use with the rest api",
    "connected app is not attached to agent",
)
"""Refusals by policy that come as 401: a new session gets the same answer, for ever (confirmed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesforceConnector:
    """One Salesforce org; implements ``awase.ports.connector.Connector`` and ``Searchable``. Holds no state and does no IO."""

    login_url: str
    """``https://login.salesforce.com``, ``https://test.salesforce.com`` or the org's My Domain address."""
    now: Callable[[], datetime]
    """Our clock, zone-aware; only for the lifetime of a JWT assertion."""
    api_version: str = "65.0"
    key_field: str = "Awase_Key__c"
    """API name of the unique external-id field that carries our key."""
    batch_size: int = limits.MAX_BATCH
    user_id: str = ""
    """The integration user, once known; see ``acting_as``."""

    def __post_init__(self) -> None:
        if not 1 <= self.batch_size <= limits.MAX_BATCH:
            raise ValueError(f"a write call holds 1 to {limits.MAX_BATCH} records, not {self.batch_size}")
        object.__setattr__(self, "login_url", self.login_url.rstrip("/"))

    @property
    def capabilities(self) -> Capabilities:
        return limits.capabilities(self.key_field, self.batch_size)

    def sign_in(self, credentials: Credentials) -> Flow[Never, Session]:
        return auth.sign_in(self.login_url, credentials, self.now)

    def identify(self) -> Flow[Never, OrgIdentity]:
        return identity.identify(self.api_version)

    def read_copy(self) -> Flow[Never, PracticeCopy]:
        return copies.read_copy(JSON_HEADERS)

    def leading_to(self, address: str) -> SalesforceConnector:
        return replace(self, login_url=address)

    def acting_as(self, user_id: str) -> SalesforceConnector:
        return replace(self, user_id=user_id)

    def describe(self, objects: Sequence[str]) -> Flow[Never, Schema]:
        return schema.describe(self.api_version, self.key_field, objects)

    def read_rules(self, objects: Sequence[str], known: Sequence[Rule]) -> Flow[Never, tuple[Rule, ...]]:
        return rules.read_rules(self.api_version, objects, known)

    def read_globals(self, names: Collection[str]) -> Flow[Never, Globals]:
        return formula_globals.read_globals(self.api_version, self.user_id, names)

    def describe_parents(
        self, paths: Mapping[str, Collection[str]]
    ) -> Flow[Never, Mapping[str, Mapping[str, ParentField]]]:
        return parents.describe_parents(self.api_version, paths)

    def read_parents(self, asked: ParentsAsked) -> Flow[Page, None]:
        return parents.read_parents(self.api_version, asked)

    def decode_parents(self, page: Page, asked: ParentsAsked) -> pl.DataFrame:
        return parents.decode_parents(page, asked)

    def read_choices(self, objects: Sequence[ObjectSchema]) -> Flow[Never, Mapping[str, Choices]]:
        return choices.read_choices(self.api_version, objects)

    def read_matching_rules(
        self, objects: Sequence[str]
    ) -> Flow[Never, Mapping[str, tuple[MatchingRule, ...]]]:
        return duplicates.read_matching_rules(self.api_version, objects)

    def read_layouts(self, objects: Sequence[str]) -> Flow[Never, Mapping[str, Mapping[str, frozenset[str]]]]:
        return layouts.read_layouts(self.api_version, objects)

    def opt_out_fields(self) -> Mapping[str, str]:
        return dict.fromkeys(consent.CONSENT_FIELDS, consent.OPT_OUT_FIELD)

    def read_snapshot(self, query: ReadQuery) -> Flow[Page, str]:
        return read.read_snapshot(self.api_version, query)

    def read_changes(self, query: ReadQuery, since: str, overlap: timedelta) -> Flow[Page, str]:
        return read.read_changes(self.api_version, query, since, overlap)

    def read_by_id(self, query: ReadQuery, ids: Sequence[str]) -> Flow[Page, None]:
        return read.read_by_id(self.api_version, query, ids)

    def read_by_key(self, query: ReadQuery, keys: Sequence[str]) -> Flow[Page, None]:
        return read.read_by_key(self.api_version, query, keys)

    def prepare_search(self, object: ObjectSchema, tests: Sequence[Condition]) -> Flow[Never, Search]:
        return searching.prepare(self.api_version, object, tests)

    def read_matching(self, query: ReadQuery, search: Search) -> Flow[Page, None]:
        return read.read_matching(self.api_version, query, search)

    def decode(self, page: Page, query: ReadQuery) -> pl.DataFrame:
        return rows.decode(page, query)

    def read_relations(self, query: ReadQuery, ids: Sequence[str]) -> Flow[Page, None]:
        """Never needed: the rows of a relation have stamps of their own, which ``read_changes`` looks at."""
        return read.read_by_id(self.api_version, query, ids)

    def decode_relations(self, page: Page, query: ReadQuery) -> pl.DataFrame:
        return rows.decode(page, query).select("_id", *read.relations(query))

    def read_owners(self) -> Flow[Never, tuple[Owner, ...]]:
        return identity.read_owners(self.api_version)

    def write(self, batch: WriteBatch) -> Flow[Never, list[Outcome]]:
        return write.write_batch(self.api_version, self.batch_size, batch)

    def read_history(
        self, query: ReadQuery, ids: Sequence[str], since: str, overlap: timedelta, *, ours: bool = False
    ) -> Flow[Page, None]:
        moment = datetime.fromisoformat(since) - overlap
        return history.read_history(self.api_version, query, ids, moment, self.user_id, ours=ours)

    def decode_history(self, page: Page, query: ReadQuery) -> pl.DataFrame:
        return history.decode_history(page, query)

    def session_expired(self, response: Response) -> bool:
        if response.status != 401:
            return False
        said = response.body.decode("utf-8", errors="replace").casefold()
        return not any(words in said for words in _NO_RENEWAL)

    def throttled(self, response: Response) -> Throttled | None:
        return limits.throttled(response)

    def limit_reading(self, response: Response) -> LimitReading | None:
        return limits.limit_reading(response)

    def consent_breach(self, request: Request) -> str | None:
        return consent.consent_breach(request)
