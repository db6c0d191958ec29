"""The two stores behind one face, so that the same statements are made of both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from awase.store.memory import MemoryStore
from awase.store.postgres import PostgresStore
from tests.support.database import ask, fresh_database

AnyStore = MemoryStore | PostgresStore


class Place(Protocol):
    """Where stores of one kind live: opened again, it is the same store; a crash drops its claims."""

    def open(self) -> AbstractAsyncContextManager[AnyStore]: ...

    def crash(self) -> None: ...


class InMemory:
    def __init__(self) -> None:
        self._store = MemoryStore()

    def open(self) -> AbstractAsyncContextManager[AnyStore]:
        return self._open()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[AnyStore]:
        yield self._store

    def crash(self) -> None:
        self._store.crash()


class OnPostgres:
    def __init__(self) -> None:
        self.dsn = fresh_database()

    def open(self) -> AbstractAsyncContextManager[AnyStore]:
        return PostgresStore.open(self.dsn)

    def crash(self) -> None:
        """The server sees the connections of a dead process end."""
        ask(
            self.dsn,
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()",
        )
