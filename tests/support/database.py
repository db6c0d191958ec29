"""A real PostgreSQL for tests: one embedded server a test session, a fresh database a test."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from awase.store.embedded import EmbeddedServer, start_server

_numbers = count(1)


@cache
def session_server() -> EmbeddedServer:
    """The server of this test process; stopped and removed when the process ends."""
    home = Path(tempfile.mkdtemp(prefix="awase-", dir="/tmp"))
    server = start_server(home)

    def stop() -> None:
        server.leave()
        shutil.rmtree(home, ignore_errors=True)

    atexit.register(stop)
    return server


def fresh_database() -> str:
    """A connection string to a new, empty database on the session's server."""
    server = session_server()
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} encoding 'UTF8' template template0").format(sql.Identifier(name))
        )
    return make_conninfo(server.dsn, dbname=name)


def ask(dsn: str, question: str) -> list[tuple[object, ...]]:
    """Look into a database past the store."""
    with psycopg.connect(dsn, autocommit=True, options="-c search_path=awase") as connection:
        return connection.execute(question.encode()).fetchall()


def do(dsn: str, command: str) -> None:
    """Change a database past the store."""
    with psycopg.connect(dsn, autocommit=True, options="-c search_path=awase") as connection:
        connection.execute(command.encode())
