"""What an org must offer so that the front, the control port and the server can carry it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from .clock import Clock
from .http import HttpRequest, HttpResponse
from .rows import Table


class ControlRefused(Exception):
    """The control port was asked for something that makes no sense; the text says what."""

    def __init__(self, text: str, details: Any = None) -> None:
        super().__init__(text)
        self.details = details


class PracticeOrg(Protocol):
    """One practice org of one vendor. Everything is synchronous and decided by its clock, faults and requests."""

    vendor: str
    name: str
    seed: int
    org_id: str
    clock: Clock
    tables: dict[str, Table]

    @property
    def credentials(self) -> Mapping[str, Any]:
        """What a client signs in with."""
        ...

    def handle_now(self, request: HttpRequest) -> HttpResponse:
        """Act on a request and answer it."""
        ...

    def is_sign_in(self, request: HttpRequest) -> bool:
        """Whether this is a call for tokens, which general faults leave alone."""
        ...

    def is_signed_in(self, request: HttpRequest) -> bool:
        """Whether the call carries a token that is good now."""
        ...

    def server_error(self, size: float) -> HttpResponse:
        """The vendor's own shape of a server error; size below 1 is an internal error, otherwise too busy."""
        ...

    def load(self, object: str, rows: Sequence[Mapping[str, Any]], author: str) -> list[str]:
        """Put rows in without rules; their ids in order. Raises ControlRefused."""
        ...

    def edit(self, object: str, id: str, values: Mapping[str, Any], author: str, rules: bool = False) -> None:
        """Change a row as a person would; through the org's rules if asked. Raises ControlRefused."""
        ...

    def delete(self, object: str, id: str, author: str) -> None:
        """Delete a row as a person would. Raises ControlRefused."""
        ...

    def rows(self, object: str, deleted: bool = False) -> list[dict[str, Any]]:
        """All live (or all deleted) rows: id, stored values, ``_modified``, ``_author``. Raises ControlRefused."""
        ...

    def history(self, object: str, id: str) -> list[dict[str, Any]]:
        """Who made and changed a row: at, author, field, old, new; the creation first. Raises ControlRefused."""
        ...

    def change_schema(self, body: Mapping[str, Any]) -> Any:
        """Add, change or remove a field, or add a rule. Raises ControlRefused."""
        ...

    def change_settings(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change settings; all settings as they are then. Raises ControlRefused."""
        ...

    def state(self) -> dict[str, Any]:
        """At least ``rows`` (count by object) and ``calls`` (count by kind)."""
        ...


ControlCall = Callable[[Mapping[str, Any]], Any]
"""A control call of one vendor: takes the body (GET: the first value of each parameter). Raises ControlRefused."""


@runtime_checkable
class OffersMore(Protocol):
    """An org that can be told or asked more than every org can."""

    def more_control(self) -> Mapping[tuple[str, str], ControlCall]:
        """The further control calls, by HTTP method and name."""
        ...


def history_of(table: Table, id: str) -> list[dict[str, Any]]:
    """A row's creation and changes as plain data, oldest first. Raises ControlRefused."""
    row = table.get(id)
    if row is None:
        raise ControlRefused(f"no {table.name} has the id {id}")
    created = {"at": row.created_at, "author": row.created_by, "field": None, "old": None, "new": None}
    return [created] + [
        {"at": c.at, "author": c.author, "field": c.field, "old": c.old, "new": c.new} for c in row.history
    ]
