"""What the status page's server grants: its own machine's browsers, reading, and nothing else."""

from __future__ import annotations

import asyncio
import http.client
import logging
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from http.client import HTTPResponse
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from psycopg.conninfo import make_conninfo

from awase import __version__
from awase.configuration import Workspace
from awase.configuration.workspace import parse
from awase.errors import BadInput
from awase.server import serving
from awase.store.postgres import PostgresStore
from tests.support.database import ask, do, fresh_database
from tests.support.status_page import ADDRESS, CONFIGURATION, PERSONAL, filled, served

T = TypeVar("T")
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(filled(fresh_database()), tmp_path_factory.mktemp("workspace")) as address:
        yield address


def request(
    address: str, path: str = "/", *, method: str = "GET", **headers: str
) -> tuple[HTTPResponse, str]:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        host = headers.pop("host", parts.netloc)
        connection.request(method, path, headers={"Host": host, **headers})
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 200),
        ("/healthz", "GET", 200),
        ("/static/awase.css", "GET", 200),
        ("/nothing/here", "GET", 404),
        ("/static/secrets", "GET", 404),
        ("/static/..%2Fapp.py", "GET", 404),
        ("/", "POST", 405),
        ("/", "DELETE", 405),
        ("/healthz", "PUT", 405),
    ],
)
def test_every_answer_lets_a_browser_do_nothing_more(
    address: str, path: str, method: str, status: int
) -> None:
    response, _ = request(address, path, method=method)
    assert response.status == status
    assert response.headers.get_all("Content-Security-Policy") == [POLICY]
    assert response.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert response.headers.get_all("Referrer-Policy") == ["no-referrer"]
    assert response.headers.get_all("X-Frame-Options") == ["DENY"]
    assert response.headers.get_all("Cache-Control") == ["no-store"]
    assert response.headers["Server"] is None
    assert response.headers["Set-Cookie"] is None
    assert response.headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "attacker.example:8010",
        "127.0.0.1.attacker.example",
        "localhost.attacker.example",
        "0.0.0.0",  # noqa: S104
        "",
    ],
)
def test_a_name_that_is_not_loopback_is_refused_so_that_no_other_site_reads_along(
    address: str, host: str
) -> None:
    for path in ("/", "/healthz", "/static/awase.css", "/nothing"):
        response, body = request(address, path, host=host)
        assert response.status == 421
        assert "people" not in body


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8010", "[::1]:8010"])
def test_every_name_of_this_machine_is_answered(address: str, host: str) -> None:
    assert request(address, host=host)[0].status == 200


def test_nothing_on_the_page_is_script_or_inline_style(address: str) -> None:
    page = request(address)[1].lower()
    assert "<script" not in page
    assert "<style" not in page
    assert " style=" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_what_is_asked_for_is_never_echoed_as_markup(address: str) -> None:
    for path in ("/?lang=%3Cscript%3E", "/%3Cscript%3Ealert(1)%3C/script%3E"):
        assert "<script" not in request(address, path, **{"Accept-Language": "<script>;q=x"})[1]


@asynccontextmanager
async def in_process(workspace: Workspace, dsn: str) -> AsyncIterator[tuple[str, PostgresStore]]:
    async with PostgresStore.open(dsn) as store, serving(workspace, store, port=0) as address:
        yield address, store


def workspace() -> Workspace:
    return parse(CONFIGURATION, Path("awase.toml"))


async def elsewhere(work: Callable[[], T]) -> T:
    """Run a blocking request beside the server."""
    return await asyncio.to_thread(work)


def test_a_bug_gives_a_code_and_a_reference_and_its_trace_to_the_owner_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    async def fail(*_: object) -> None:
        raise ValueError(f"wrong with {ADDRESS} token=abcdef")

    monkeypatch.setattr("awase.server.app.read_status", fail)
    monkeypatch.setenv("AWASE_HOME", str(tmp_path / "home"))

    async def story() -> None:
        async with in_process(workspace(), fresh_database()) as (address, _):
            response, body = await elsewhere(lambda: request(address))
            assert response.status == 500
            assert "AW-900" in body
            (line,) = [record.getMessage() for record in caplog.records if record.name == "awase.server"]
            (file,) = (tmp_path / "home" / "logs").iterdir()
            trace = file.read_text(encoding="utf-8")
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert str(file) in line
            assert file.stem.rpartition("-")[2] in body
            assert "ValueError" in trace
            for secret in (*PERSONAL, "abcdef"):
                assert secret not in body + line + trace
            assert "ValueError" not in body
            assert "Traceback" not in body
            assert (await elsewhere(lambda: request(address, "/healthz")))[0].status == 200

    with caplog.at_level(logging.ERROR, "awase.server"):
        asyncio.run(story())


def test_health_is_degraded_while_the_database_is_away_and_ok_again_after() -> None:
    dsn = fresh_database()
    name = ask(dsn, "select current_database()")[0][0]

    def allow(connections: str) -> None:
        do(
            make_conninfo(dsn, dbname="postgres"),
            f"do $$ begin execute 'alter database {name} allow_connections {connections}';"
            f" perform pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{name}'; end $$",
        )

    async def story() -> None:
        async with in_process(workspace(), dsn) as (address, _):
            response, body = await elsewhere(lambda: request(address, "/healthz"))
            assert (response.status, body) == (
                200,
                f'{{"status":"ok","store":"ok","version":"{__version__}"}}',
            )
            await elsewhere(lambda: allow("false"))
            response, body = await elsewhere(lambda: request(address, "/healthz"))
            assert response.status == 503
            assert '"status":"degraded","store":"unreachable"' in body
            response, body = await elsewhere(lambda: request(address, "/?lang=en"))
            assert response.status == 503
            assert "The database does not answer" in body
            await elsewhere(lambda: allow("true"))
            await elsewhere(lambda: request(address, "/healthz"))
            assert (await elsewhere(lambda: request(address, "/healthz")))[0].status == 200

    asyncio.run(story())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com"])  # noqa: S104
def test_nothing_listens_beyond_this_machine(host: str) -> None:
    async def story() -> None:
        async with PostgresStore.open(fresh_database()) as store:
            with pytest.raises(BadInput, match="no sign-in yet"):
                async with serving(workspace(), store, host=host, port=0):
                    raise AssertionError("it listens")

    asyncio.run(story())
