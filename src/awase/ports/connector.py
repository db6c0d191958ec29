"""What a connector offers: flows and pure functions, never IO."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Never, Protocol, runtime_checkable

import polars as pl

from awase.core.capabilities import Capabilities
from awase.core.checks.parents import ParentsAsked
from awase.core.doctor.known import Form
from awase.core.filters import Condition
from awase.core.importing import Search
from awase.core.new_fields import NewField
from awase.core.operations import Operation, OperationKind, Outcome
from awase.core.schema import (
    Choices,
    Globals,
    MatchingRule,
    ObjectSchema,
    Option,
    ParentField,
    Rule,
    Schema,
)
from awase.ports.flows import Flow, Page, Request, Response


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person gave us to sign in with: ``kind`` and named secrets. Never printed."""

    kind: str
    """``jwt``, ``client_credentials``, ``refresh_token``, ``token``, ``oauth`` …; each connector documents its own."""
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in session. ``access_token`` goes into each signed request."""

    access_token: str = field(repr=False)
    base_url: str
    renewed: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Credential values the vendor rotated (``refresh_token``); stored before the session is used."""


@dataclass(frozen=True, slots=True)
class OrgIdentity:
    """Which org or portal a connection leads to."""

    id: str
    name: str
    kind: Literal["production", "sandbox", "practice"]
    user: str
    """The integration user, as a person would recognise it."""
    user_id: str


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """Which object and fields to read; the frame of a decoded page has exactly these fields."""

    object: ObjectSchema
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LimitReading:
    """The vendor's own count of calls."""

    window: str
    """``day``: the window the budget is kept for."""
    maximum: int
    remaining: int


@dataclass(frozen=True, slots=True)
class Throttled:
    """The vendor refused a call before acting on it; the same request may be sent again after ``wait`` seconds."""

    wait: float
    reason: str
    exhausted: bool = False
    """The day's quota is gone: waiting within a run does not help."""


@dataclass(frozen=True, slots=True)
class WriteBatch:
    """Operations of one kind on one object, few enough for one call; relations and lists: all about the same one."""

    kind: OperationKind
    object: ObjectSchema
    operations: tuple[Operation, ...]
    assignment_rules: bool = False
    """The vendor's own assignment rules may run on these writes."""
    allow_duplicates: bool = False
    """Duplicate rules that only alert do not stop these writes."""


@dataclass(frozen=True, slots=True)
class PracticeCopy:
    """A practice org as a document that another process can go on from."""

    vendor: str
    name: str
    seed: int
    """With the name, what its ids are made from."""
    document: bytes = field(repr=False)
    """Holds personal data and what one signs in with."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who can own records there."""

    id: str
    email: str
    name: str
    active: bool
    may_own: bool
    """Of a sort whose records are synced (neither a queue nor an automated user)."""
    kind: str
    """The vendor's own word for the sort of user."""


class Connector(Protocol):
    """One vendor, as seen from one connection.

    Frames from ``decode`` carry the reserved columns ``_id`` String, ``_object`` String, ``_modified`` Datetime(UTC),
    ``_deleted`` Boolean, ``_key`` String (the value of the key field), ``_out`` Boolean (opted out; null = unknown)
    and then the query's fields in their canonical types; and where the vendor has such a thing ``_gone_to`` String,
    ``_absorbed`` List(String) and ``_barred`` String (``core.frames.RESERVED`` says what they mean).

    A relation (``Field.relation``) is read with the record and decoded like a field: one id, or a sorted list of ids.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    # -- sign-in and metadata ----------------------------------------------------------------------------------
    def sign_in(self, credentials: Credentials) -> Flow[Never, Session]:
        """A new session. Raises SignInRefused with the vendor's words when the vendor says no."""
        ...

    def identify(self) -> Flow[Never, OrgIdentity]:
        """Who and where we are."""
        ...

    def acting_as(self, user_id: str) -> Connector:
        """This connector, knowing the integration user (``OrgIdentity.user_id``): a history read leaves out its edits."""
        ...

    def describe(self, objects: Sequence[str]) -> Flow[Never, Schema]:
        """The objects named, as the integration user sees them. Raises SchemaMismatch for one that does not exist."""
        ...

    # -- reading -----------------------------------------------------------------------------------------------
    def read_snapshot(self, query: ReadQuery) -> Flow[Page, str]:
        """All records; ends with the cursor from which changes go on."""
        ...

    def read_changes(self, query: ReadQuery, since: str, overlap: timedelta) -> Flow[Page, str]:
        """Records changed since the cursor, less the overlap; ends with the next cursor.

        Among them the deleted ones (``_deleted``) and the merged and converted ones (``_gone_to``, ``_absorbed``), as far
        as the vendor gives evidence; a vendor may list older deletions again.
        """
        ...

    def read_by_id(self, query: ReadQuery, ids: Sequence[str]) -> Flow[Page, None]:
        """These records, from the system of record (never an index); missing ones are absent."""
        ...

    def read_by_key(self, query: ReadQuery, keys: Sequence[str]) -> Flow[Page, None]:
        """Records whose key field holds one of ``keys``, from the system of record."""
        ...

    def decode(self, page: Page, query: ReadQuery) -> pl.DataFrame:
        """A page as a frame."""
        ...

    def read_relations(self, query: ReadQuery, ids: Sequence[str]) -> Flow[Page, None]:
        """Only the query's relations of these records: for the sweep, where a change of them moves no stamp."""
        ...

    def decode_relations(self, page: Page, query: ReadQuery) -> pl.DataFrame:
        """``_id`` String and the query's relations; a record without any has nulls."""
        ...

    def read_owners(self) -> Flow[Never, tuple[Owner, ...]]:
        """Everybody who owns or may own records, inactive ones included."""
        ...

    # -- writing -----------------------------------------------------------------------------------------------
    def write(self, batch: WriteBatch) -> Flow[Never, list[Outcome]]:
        """Send one batch; one outcome an operation, in order. An item the answer does not account for is unknown."""
        ...

    def read_history(
        self, query: ReadQuery, ids: Sequence[str], since: str, overlap: timedelta, *, ours: bool = False
    ) -> Flow[Page, None]:
        """Edits of the query's fields on these records since the cursor, less the overlap: by others, or only ours."""
        ...

    def decode_history(self, page: Page, query: ReadQuery) -> pl.DataFrame:
        """``_id`` String, ``field`` String, ``value`` String (canonical text, null = cleared), ``at`` Datetime(UTC),
        ``by`` String: one row an edit."""
        ...

    # -- what the transport asks about an answer ----------------------------------------------------------------
    def session_expired(self, response: Response) -> bool:
        """A new session would help."""
        ...

    def throttled(self, response: Response) -> Throttled | None:
        """The vendor did not act on the call and says (or implies) when to come again."""
        ...

    def limit_reading(self, response: Response) -> LimitReading | None:
        """The vendor's own count, if this answer carries it."""
        ...

    def consent_breach(self, request: Request) -> str | None:
        """Why this request could turn an opt-out back (the last gate before transport), or None."""
        ...


@runtime_checkable
class Searchable(Protocol):
    """A connector that can ask its vendor for the records that meet a filter."""

    def prepare_search(self, object: ObjectSchema, tests: Sequence[Condition]) -> Flow[Never, Search]:
        """``tests`` with the fields they look at, those of related records among them (``Owner.Email``).

        Raises BadInput for a field that is not there (any more), may not be filtered by, or does not fit its test.
        """
        ...

    def read_matching(self, query: ReadQuery, search: Search) -> Flow[Page, None]:
        """All living records that meet the search."""
        ...


@runtime_checkable
class ChoiceReader(Protocol):
    """A connector whose vendor allows other options of a picklist by record type."""

    def read_choices(self, objects: Sequence[ObjectSchema]) -> Flow[Never, Mapping[str, Choices]]:
        """By object, what its record types allow; objects of which that may not be read are absent."""
        ...


@runtime_checkable
class MatchingRuleReader(Protocol):
    """A connector whose vendor shows by what it finds duplicates."""

    def read_matching_rules(
        self, objects: Sequence[str]
    ) -> Flow[Never, Mapping[str, tuple[MatchingRule, ...]]]:
        """The active matching rules that may be asked when a record of an object is saved, by object; an object
        without an active duplicate rule has none."""
        ...


@runtime_checkable
class Copyable(Protocol):
    """A connector whose practice org gives a copy of itself."""

    def read_copy(self) -> Flow[Never, PracticeCopy]:
        """The practice org as it is now. Raises NotConnected where it gives none."""
        ...

    def leading_to(self, address: str) -> Connector:
        """This connector for the same org at another address."""
        ...


@runtime_checkable
class RuleReader(Protocol):
    """A connector whose vendor shows the rules by which it refuses records."""

    def read_rules(self, objects: Sequence[str], known: Sequence[Rule]) -> Flow[Never, tuple[Rule, ...]]:
        """The active rules of these objects. ``known``: rules as they were read before; those that have not changed
        since are not read again. Empty where the integration user may not see them."""
        ...

    def read_globals(self, names: Collection[str]) -> Flow[Never, Globals]:
        """What formulas read of the user who writes (``$Profile.Name``) and of the org's own settings, as far as it may
        be read."""
        ...


@runtime_checkable
class ParentReader(Protocol):
    """A connector whose vendor's rules look at other records than the one that is saved."""

    def describe_parents(
        self, paths: Mapping[str, Collection[str]]
    ) -> Flow[Never, Mapping[str, Mapping[str, ParentField]]]:
        """By object, where the paths of its rules (``Account.Type``) lead; those that may not be read are absent."""
        ...

    def read_parents(self, asked: ParentsAsked) -> Flow[Page, None]:
        """The records asked for; missing ones are absent, and all of them where the vendor refuses to show them."""
        ...

    def decode_parents(self, page: Page, asked: ParentsAsked) -> pl.DataFrame:
        """A page as a frame (see ``ParentsAsked``)."""
        ...


@runtime_checkable
class FormReader(Protocol):
    """A connector whose vendor has forms by which people come in."""

    def read_forms(self) -> Flow[Never, tuple[Form, ...] | None]:
        """All forms in use; None where the integration user may not see any."""
        ...

    def several_lines(self, object: ObjectSchema) -> frozenset[str]:
        """Fields whose texts may have several lines."""
        ...


@runtime_checkable
class LayoutReader(Protocol):
    """A connector whose vendor shows records to people by page layouts."""

    def read_layouts(self, objects: Sequence[str]) -> Flow[Never, Mapping[str, Mapping[str, frozenset[str]]]]:
        """Object → layout → the fields on it; objects whose layouts cannot be seen are absent."""
        ...

    def opt_out_fields(self) -> Mapping[str, str]:
        """Object → the field that carries an opt-out from e-mail."""
        ...


@runtime_checkable
class FieldMaker(Protocol):
    """A connector that can make fields, and add to the options of one."""

    def field_name(self, source: str) -> str:
        """A name for a field made after ``source``, as this vendor allows names."""
        ...

    def field_definition(self, object: str, new: NewField) -> Mapping[str, object]:
        """``new`` in the vendor's own words: what would be sent. Raises BadInput where it cannot be made there."""
        ...

    def create_field(self, object: str, definition: Mapping[str, object]) -> Flow[Never, None]:
        """Make it; returns once it is there. Raises BadInput with the vendor's words when that is refused."""
        ...

    def add_options(self, object: str, name: str, options: Sequence[Option]) -> Flow[Never, int]:
        """Add those of ``options`` that the field does not have, behind the others; how many that were. None of the
        field's own is changed or taken away. Raises BadInput."""
        ...
