"""A few connections to PostgreSQL, shared by everything one process does with the store.

Several, so that journal commits of calls in flight do not queue behind each other; few, so that many workers fit one
server. A connection that was left in the middle of anything is closed, never used again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from awase.errors import Bug, LostFence, StoreBusy, StoreUnusable
from awase.ports.store import Claim
from awase.store.statements import statements

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Parameters = Mapping[str, Any]

SCHEMA = "awase"
_AT_ONCE = 4
_SETTINGS: Mapping[str, Any] = {
    "application_name": "awase",
    # A plan made while a table was empty must not be kept for when it is full: measured, a first settlement of
    # 100,000 links took 150 s with the server's own choice.
    "options": f"-c search_path={SCHEMA} -c timezone=UTC -c plan_cache_mode=force_custom_plan -c jit=off",
    "client_encoding": "utf8",
    "connect_timeout": 10,
    # a worker's host may vanish without a word; its claim must not stay for hours
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
_PERSON_MUST_ACT = ("password authentication failed", "does not exist", "no pg_hba.conf entry", "no password")


def where(dsn: str) -> str:
    """Which database this is, without its password."""
    try:
        facts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return "the database address"
    return f"{facts.get('dbname') or 'postgres'} at {facts.get('host') or 'the local server'}"


async def connect(dsn: str) -> Connection:
    """A new connection, in autocommit. Raises StoreUnusable (a person must act) or StoreBusy (later may do)."""
    try:
        return await psycopg.AsyncConnection.connect(make_conninfo(dsn, **_SETTINGS), autocommit=True)
    except psycopg.OperationalError as problem:
        words = str(problem).strip()
        if any(sign in words for sign in _PERSON_MUST_ACT):
            raise StoreUnusable(
                "the database refuses us: {words}",
                words=words,
                where=where(dsn),
                remedy="Correct AWASE_DATABASE_URL, or the user's rights on the server.",
            ) from problem
        raise StoreBusy("the database does not answer: {words}", words=words, where=where(dsn)) from problem
    except psycopg.ProgrammingError as problem:
        raise StoreUnusable(
            "the database address cannot be read",
            remedy="AWASE_DATABASE_URL looks like postgresql://user:password@host:5432/database",
        ) from problem


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """The driver's exceptions as ours. What the database finds inconsistent is a mistake of ours."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as problem:
        raise StoreBusy("the database does not answer: {words}", words=str(problem).strip()) from problem
    except psycopg.errors.ReadOnlySqlTransaction as problem:
        raise StoreUnusable(
            "the database refuses to be written to", remedy="Use a primary server."
        ) from problem
    except psycopg.errors.InsufficientPrivilege as problem:
        raise StoreUnusable(
            "the database does not let us: {words}",
            words=str(problem).strip(),
            remedy="Use a user that owns the database, or may create a schema in it.",
        ) from problem
    except psycopg.errors.IntegrityError as problem:
        raise Bug("the database refuses inconsistent data: {words}", words=str(problem).strip()) from problem


class Connections:
    """Up to four connections, opened as needed."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._idle: list[Connection] = []
        self._gate = asyncio.Semaphore(_AT_ONCE)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Connection]:
        """A connection in autocommit, for this block alone."""
        async with self._gate, translated():
            connection = self._idle.pop() if self._idle else await connect(self.dsn)
            try:
                yield connection
            finally:
                if connection.info.transaction_status is TransactionStatus.IDLE:
                    self._idle.append(connection)
                else:
                    await connection.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        async with self.one() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def fenced(self, claim: Claim) -> AsyncIterator[Connection]:
        """One transaction that holds the claim's epoch. Raises LostFence."""
        async with self.transaction() as connection:
            cursor = await connection.execute(
                statements("runs")["fence"], {"sync": claim.sync, "epoch": claim.epoch}
            )
            if await cursor.fetchone() is None:
                raise lost_fence(claim)
            yield connection

    async def rows(self, statement: bytes, parameters: Parameters) -> list[tuple[Any, ...]]:
        """The rows of one statement, by itself."""
        async with self.one() as connection:
            return await (await connection.execute(statement, parameters)).fetchall()

    async def run(self, statement: bytes, parameters: Parameters) -> None:
        """One statement that returns nothing, committed by itself."""
        async with self.one() as connection:
            await connection.execute(statement, parameters)

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().close()


def lost_fence(claim: Claim) -> LostFence:
    """The sync was taken over since this claim was given."""
    return LostFence("epoch {epoch} of sync {sync} was taken over", sync=claim.sync, epoch=claim.epoch)
