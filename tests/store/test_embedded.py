"""The embedded server: private, shared by processes, restarted after anything, stopped by the last one out."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from awase.errors import StoreUnusable
from awase.store.embedded import POSTGRES_MAJOR, backups_of, embedded_server
from awase.store.home import ROOTS_HOME, data_home
from awase.store.postgres import PostgresStore

AS_ROOT = os.geteuid() == 0

HOLDER = """
import asyncio, sys
from pathlib import Path
from awase.store.embedded import embedded_server

async def main():
    async with embedded_server(Path(sys.argv[1])):
        print("up", flush=True)
        await asyncio.to_thread(sys.stdin.readline)

asyncio.run(main())
"""

ORDINARY = """
import asyncio, os, stat, sys
from pathlib import Path
from awase.store.embedded import embedded_server
from awase.store.postgres import PostgresStore

async def main(home):
    async with embedded_server(home) as dsn, PostgresStore.open(dsn) as store:
        await store.save_setting("user", str(os.geteuid()))
        print(await store.setting("user"), oct(stat.S_IMODE(home.stat().st_mode)))

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A data home with a short path, in a directory that is closed to others."""
    above = Path(tempfile.mkdtemp(prefix="awase-", dir="/tmp"))
    yield above / "home"
    shutil.rmtree(above)


def use(home: Path) -> str:
    """Start the server, use it once, leave; returns the connection string it had."""

    async def used() -> str:
        async with embedded_server(home) as dsn:
            with psycopg.connect(dsn) as connection:
                assert connection.execute("select 1").fetchone() == (1,)
            return dsn

    return asyncio.run(used())


def holder(home: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def postmaster(home: Path) -> psutil.Process | None:
    """The server's process, if one runs."""
    mark = home / "postgres" / "postmaster.pid"
    if not mark.exists():
        return None
    pid = int(mark.read_text().split("\n")[0])
    return psutil.Process(pid) if psutil.pid_exists(pid) else None


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_server_stops_with_the_last_to_leave_and_keeps_its_data(home: Path) -> None:
    async def story() -> None:
        async with embedded_server(home) as dsn:
            async with PostgresStore.open(dsn) as store:
                await store.save_setting("kept", "yes")
            async with embedded_server(home) as again:
                assert again == dsn
            assert postmaster(home) is not None
        assert postmaster(home) is None
        async with embedded_server(home) as dsn, PostgresStore.open(dsn) as store:
            assert await store.setting("kept") == "yes"

    asyncio.run(story())


def test_processes_share_one_server(home: Path) -> None:
    other = holder(home)
    before = postmaster(home)
    use(home)
    assert postmaster(home) == before
    other.communicate("\n", timeout=30)
    assert postmaster(home) is None


def test_the_data_home_is_closed_to_everybody_else(home: Path) -> None:
    above = [(directory, mode(directory)) for directory in home.parents]

    async def story() -> None:
        async with embedded_server(home):
            assert all(mode(directory) & 0o067 == before & 0o067 for directory, before in above)
            assert mode(home) & 0o067 == 0
            assert mode(home / "postgres") == 0o700
            assert mode(home / "postgres-password") == 0o600

    asyncio.run(story())


def test_nobody_connects_without_the_password(home: Path) -> None:
    async def story() -> None:
        async with embedded_server(home) as dsn:
            for password in ("", "wrong"):
                with pytest.raises(psycopg.OperationalError, match="password"):
                    psycopg.connect(make_conninfo(dsn, password=password))

    asyncio.run(story())
    password = str(conninfo_to_dict(use(home))["password"])
    for file in (home / "postgres").rglob("*"):
        assert not file.is_file() or password.encode() not in file.read_bytes(), file


def test_the_server_listens_to_no_network(home: Path) -> None:
    async def story() -> None:
        async with embedded_server(home) as dsn:
            with psycopg.connect(dsn) as connection:
                assert connection.execute("show listen_addresses").fetchone() == ("",)

    asyncio.run(story())


def test_a_process_that_was_killed_does_not_keep_the_server_up(home: Path) -> None:
    victim = holder(home)
    victim.send_signal(signal.SIGKILL)
    victim.communicate(timeout=30)
    assert postmaster(home) is not None
    use(home)
    assert postmaster(home) is None


def test_a_killed_server_comes_back_for_the_same_process_and_loses_nothing(home: Path) -> None:
    async def story() -> None:
        async with embedded_server(home) as dsn:
            async with PostgresStore.open(dsn) as store:
                await store.save_setting("kept", "yes")
            server = postmaster(home)
            assert server is not None
            family = [server, *server.children(recursive=True)]
            for process in family:
                process.kill()
            psutil.wait_procs(family, timeout=30)
            async with embedded_server(home) as dsn, PostgresStore.open(dsn) as store:
                assert await store.setting("kept") == "yes"

    asyncio.run(story())


@pytest.mark.parametrize("mark", ["postmaster.pid", ".s.PGSQL.5432.lock"])
def test_a_stale_mark_with_the_number_of_another_process_is_not_believed(home: Path, mark: str) -> None:
    use(home)
    lines = [
        str(os.getpid()),
        str(home / "postgres"),
        "1",
        "5432",
        str(home / "postgres"),
        "",
        "1 1",
        "ready",
    ]
    (home / "postgres" / mark).write_text("\n".join(lines) + "\n")
    use(home)
    assert postmaster(home) is None


def test_a_number_that_another_process_has_by_now_is_taken_off_the_list(home: Path) -> None:
    use(home)
    listed = home / "postgres" / ".handle_pids.json"
    listed.write_text(json.dumps([os.getppid(), 999_999_999]))
    long_ago = time.time() - 10 * 365 * 86_400
    os.utime(listed, (long_ago, long_ago))
    use(home)
    assert postmaster(home) is None


def test_a_list_that_was_cut_short_does_not_matter(home: Path) -> None:
    use(home)
    (home / "postgres" / ".handle_pids.json").write_text("[12")
    use(home)
    assert postmaster(home) is None


def test_a_path_too_long_for_a_private_socket_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="too long"):
        use(tmp_path / ("x" * 100))
    assert list(tmp_path.iterdir()) == []


def test_data_of_another_postgresql_major_is_refused(home: Path) -> None:
    use(home)
    assert (home / "postgres-major").read_text().strip() == str(POSTGRES_MAJOR)
    (home / "postgres-major").write_text("16\n")
    with pytest.raises(StoreUnusable, match="PostgreSQL 16"):
        use(home)


def test_a_home_that_is_no_directory_is_told_with_what_to_do(home: Path) -> None:
    home.write_text("a file")
    with pytest.raises(StoreUnusable) as told:
        use(home)
    assert "AWASE_HOME" in told.value.remedy


@pytest.mark.skipif(not AS_ROOT, reason="needs root to give a directory away")
def test_a_home_of_another_user_is_refused(home: Path) -> None:
    home.mkdir()
    os.chown(home, 65534, 65534)
    with pytest.raises(StoreUnusable, match="another user"):
        use(home)


@pytest.mark.parametrize("variable", ["LANG", "LC_ALL"])
def test_a_locale_that_the_machine_lacks_is_no_obstacle(
    home: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "xx_XX.UTF-8")
    dsn = use(home)
    assert dsn
    assert os.environ[variable] == "xx_XX.UTF-8"


def test_where_the_home_is_unless_it_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWASE_HOME", "/somewhere/else")
    assert data_home() == Path("/somewhere/else")
    assert backups_of() == Path("/somewhere/else/backups")
    monkeypatch.delenv("AWASE_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert data_home() == (ROOTS_HOME if AS_ROOT else Path("/data/awase"))


@pytest.mark.skipif(not AS_ROOT, reason="runs as an ordinary user already")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv (util-linux)")
def test_an_ordinary_user_has_a_server_of_their_own(home: Path) -> None:
    ordinary = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    probe = [*ordinary, sys.executable, "-c", "import awase.store"]
    if subprocess.run(probe, env=environment, capture_output=True, check=False).returncode:
        pytest.skip("the interpreter is not readable by an ordinary user")
    home.parent.chmod(0o755)
    home.mkdir()
    os.chown(home, 65534, 65534)
    done = subprocess.run(
        [*ordinary, sys.executable, "-W", "error", "-c", ORDINARY, str(home)],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.stderr, done.stdout) == ("", "65534 0o700\n")
