"""Everything one portal holds, and the words in which a call reaches its handler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from ..kernel.clock import Clock
from ..kernel.faults import FaultPlan
from ..kernel.http import HttpRequest
from ..kernel.rows import Row, Table
from .associations import Associations
from .consent import Consent
from .forms import Forms
from .labels import Labels
from .limits import Limits, Locks
from .list_filters import Test, condition
from .lists import Lists
from .owners import Owners
from .pipelines import COMPUTED, DEALS, SALES, SUPPORT, TICKETS, Pipelines
from .records import Look, Records
from .settings import Settings
from .signin import Caller, SignIn
from .stock import AWASE_KEY, BY_NAME, OBJECTS, STOCK
from .webhooks import Webhooks
from .wire import Refusal, bad_request


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated call.

    version: ``v3``, ``v4`` or a date such as ``2026-09``. rest: the path's parts after API name and version.
    """

    request: HttpRequest
    version: str
    rest: tuple[str, ...]
    caller: Caller

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.request.method

    def next_page(self, after: str) -> dict[str, Any]:
        """The ``paging`` of an answer after whose last item there are more."""
        query = {**self.request.query, "after": [after]}
        link = f"{self.request.origin}{self.request.path}?{urlencode(query, doseq=True)}"
        return {"next": {"after": after, "link": link}}

    def needs(self, *scopes: str) -> None:
        """Raises Refusal (403) unless the caller's token has every scope."""
        missing = sorted(set(scopes) - self.caller.scopes)
        if missing:
            raise Refusal(
                403,
                "MISSING_SCOPES",
                "One or more of the following scopes are required.",
                context={"requiredGranularScopes": missing},
            )


class PortalState:
    """The parts of one portal."""

    def __init__(self, name: str, clock: Clock, faults: FaultPlan, seed: int) -> None:
        self.portal_id = 20_000_000 + crc32(name.encode()) % 9_000_000
        self.clock = clock
        self.faults = faults
        self.settings = Settings()
        self.signin = SignIn(self.portal_id, seed, clock, self.settings)
        self.limits = Limits(clock, faults, self.settings)
        self.locks = Locks(clock, lambda: self.settings)
        self.consent = Consent(self._mirror)
        self.owners = Owners()
        self.records = {
            kind.key: Records(kind, self.portal_id, clock, self.consent.mirror, self.owners)
            for kind in OBJECTS
        }
        self.associations = Associations(self.records, lambda: self.settings)
        self.labels = Labels()
        self.forms = Forms(self.portal_id)
        self.lists = Lists(
            lambda key, record_id: self.records[key].table.find(record_id) is not None, self._matching
        )
        self.pipelines = Pipelines(DEALS, SALES)
        self.pipelines_of = {"deal": self.pipelines, "ticket": Pipelines(TICKETS, SUPPORT)}
        self._join_pipelines()
        self.webhooks = Webhooks(self.portal_id, self.signin.client_secret, clock, seed)
        for key, records in self.records.items():
            records.table.watchers.append(partial(self.webhooks.watch, key))
        self.associations.links.watchers.append(self.webhooks.watch_link)
        self.calls: Counter[str] = Counter()
        self._answered = 0
        self._seed = seed
        self.set(self.settings)

    @property
    def tables(self) -> tuple[Table, ...]:
        """What is kept beside the records of the objects."""
        return (
            self.consent.table,
            self.associations.links,
            self.associations.primaries,
            self.lists.table,
            self.lists.members,
            self.forms.table,
            self.forms.submissions,
        )

    def now(self) -> datetime:
        """This moment, to the millisecond, which is as fine as the portal stamps."""
        now = self.clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def set(self, settings: Settings) -> None:
        """Put settings into effect everywhere."""
        had_key, self.settings = self.settings.awase_key, settings
        self.signin.settings = settings
        self.limits.set(settings)
        for records in self.records.values():
            records.index.lag = settings.index_lag
            records.default_stage = settings.default_stage
            records.conflict_on_update = settings.email_conflict_on_update
            if AWASE_KEY.name not in STOCK[records.kind.key]:
                continue
            if settings.awase_key and not had_key:
                records.properties.put(replace(AWASE_KEY, group=records.kind.group))
                records.unique.rebuild()
            elif had_key and not settings.awase_key:
                records.properties.archive(AWASE_KEY.name, self.now())
                records.unique.rebuild()

    def object(self, name: str) -> Records:
        """The records of an object by any of its names. Raises Refusal."""
        kind = BY_NAME.get(name.lower())
        if kind is None:
            raise bad_request(f"Unable to infer object type from: {name}")
        return self.records[kind.key]

    def existing(self, records: Records, record_id: str) -> Row:
        """A live record. Raises Refusal (404)."""
        row = records.find(record_id)
        if row is None:
            text = f"Object not found. objectId {record_id} is no live {records.kind.key}"
            raise Refusal(404, "OBJECT_NOT_FOUND", text, context={"id": [record_id]})
        return row

    def follow_pipelines(self) -> None:
        """Make the options of pipeline and stage those of the pipelines."""
        for key, pipelines in self.pipelines_of.items():
            properties, track = self.records[key].properties, pipelines.track
            stages = {stage.id: stage.label for each in pipelines for stage in each.stages}
            ways = {each.id: each.label for each in pipelines}
            for name, options in ((track.pipeline, ways), (track.stage, stages)):
                definition = properties.get(name)
                if definition is not None and dict(definition.options) != options:
                    properties.put(replace(definition, options=options, updated_at=self.now()))

    def users_of(self, key: str, name: str) -> list[str]:
        """What needs a property, so that it cannot be deleted: forms that ask for it."""
        return self.forms.asking_for(self.records[key].kind.type_id, name)

    def correlation_id(self) -> str:
        """A new id for an answer, the same in the same run."""
        self._answered += 1
        return f"{self._seed % 2**32:08x}-{self.portal_id >> 16 & 0xFFFF:04x}-4000-8000-{self._answered:012x}"

    def _join_pipelines(self) -> None:
        for key, pipelines in self.pipelines_of.items():
            self.records[key].placing = pipelines.place
        for name in COMPUTED:
            self.records["deal"].computed[name] = partial(self._of_stage, name)
        self.follow_pipelines()

    def _of_stage(self, name: str, record: Row, seen: Look) -> str | None:
        del record
        return self.pipelines.computed(seen.values, name)

    def list_condition(self, key: str, branch: Any) -> Test:
        """What a list's conditions mean. Raises Refusal."""
        return condition(branch, self.records[key], self.lists.has)

    def _matching(self, row: Row, record_id: str | None) -> Iterator[Row]:
        """The live records that fit the conditions of a list, or only the one of an id."""
        key = row.values["object"]
        fits = self.list_condition(key, row.values["branch"])
        table = self.records[key].table
        one = None if record_id is None else table.find(record_id)
        among = table.live() if record_id is None else iter([] if one is None else [one])
        return (each for each in among if fits(each))

    def _mirror(self, address: str, author: str, at: datetime) -> None:
        """Show an address's status on the contact that has it."""
        contacts = self.records["contact"]
        row = contacts.by_address(address)
        if row is not None:
            contacts.table.update(row, {"hs_email_optout": self.consent.mirror(address)}, author, at)
