"""A workspace with something to show, and ``awase serve`` over it in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from awase.ports.store import (
    ConnectionRecord,
    Item,
    ItemKind,
    Link,
    Note,
    RunCounts,
    RunRecord,
    Settlement,
)
from awase.store.postgres import PostgresStore

CONFIGURATION = """\
[workspace]
name = "garden"
time_zone = "Asia/Tokyo"
language = "en"

[connections.hubspot]
vendor = "hubspot"
allotment = 2000

[connections.salesforce]
vendor = "salesforce"

[[syncs]]
name = "people"
ma = { connection = "hubspot", object = "contact" }
crm = { connection = "salesforce", objects = ["Contact", "Lead"] }

[[syncs.fields]]
ma = "email"
crm = "Email"
"""

ADDRESS, SURNAME, RIVAL, WORDS_OF_VENDOR = (
    "hanako.sato@secret.example",
    "佐藤花子",
    "SatoHanako",
    "value hanako is not allowed",
)
PERSONAL = (ADDRESS, "hanako", "secret.example", SURNAME, RIVAL, "03-1234-5678")
"""What is stored about people and must not be on the page."""

_NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
_COUNTS = {
    "ma:contact": RunCounts(read=1_240, created=1_000, updated=200, unchanged=30, held=7, rejected=3),
    "crm:Lead": RunCounts(read=12, updated=9, unchanged=1, waiting=1, skipped=1),
}


def _error(link: int, field: str, error_type: str, kind: ItemKind = ItemKind.HELD) -> Item:
    foreseen = kind == ItemKind.HELD
    return Item(
        link=link,
        side="crm",
        kind=kind,
        code="X",
        field=field,
        error_type=error_type,
        source="foreseen" if foreseen else "answered",
        record=f"contact:{link}",
        label=ADDRESS,
        value=SURNAME,
        message=WORDS_OF_VENDOR,
    )


def _conflict(link: int, kind: ItemKind, **detail: str) -> Item:
    return Item(
        link=link,
        side="ma",
        kind=kind,
        code="both_changed",
        field="lastname",
        error_type="conflict",
        record=f"contact:{link}",
        label=ADDRESS,
        value=SURNAME,
        other_value=RIVAL,
        detail=detail,
    )


FOUND = (
    _error(1, "Name", "string_too_long"),
    _error(1, "City", "string_too_long"),
    _error(2, "Name", "string_too_long"),
    _error(1, "Email", "invalid_email", ItemKind.REJECTED),
    _conflict(4, ItemKind.CONFLICT),
    _conflict(5, ItemKind.SETTLED, winner="crm"),
)
"""Four errors on two records; one conflict to decide and one settled."""


async def fill(dsn: str, *, observe_only: str | None = None) -> None:
    """Put a workspace's past into an empty database."""
    async with PostgresStore.open(dsn) as store:
        for vendor, mode in (("hubspot", "live"), ("salesforce", "read-only")):
            await store.save_connection(
                ConnectionRecord(
                    name=vendor,
                    vendor=vendor,
                    mode=mode,  # type: ignore[arg-type]
                    org_id=f"id-of-{vendor}",
                    org_name="Garden",
                    org_kind="production",
                    user="integration",
                )
            )
        now = datetime.now(UTC)
        await store.reserve_calls("hubspot", "read", 1_234, now)
        await store.save_limit_reading("hubspot", 625_000, 623_766, now)
        links = tuple(
            Link(id=n, key=f"k{n}", state="linked", ma_object="contact", ma_id=str(n)) for n in range(1, 6)
        )
        async with store.claim("people") as claim:
            run = await store.start_run(claim, "sync", _NOW)
            await store.settle(claim, Settlement(run=run, links=links, found=FOUND), _NOW)
            record = RunRecord(
                id=run,
                sync="people",
                kind="sync",
                started=_NOW,
                ended=_NOW,
                state="stopped",
                sides=_COUNTS,
                conflicts=2,
                calls={"read": 14, "write": 13},
                note=Note(
                    text="{vendor} answered {status} while {doing}: {words}",
                    code="AW-101",
                    where="hubspot",
                    places={
                        "vendor": "HubSpot",
                        "status": 500,
                        "doing": "signing in",
                        "words": f"<b>refused</b> {ADDRESS} 03-1234-5678",
                    },
                ),
            )
            await store.finish_run(claim, record)
        if observe_only is not None:
            await store.save_setting("observe_only", observe_only)


def filled(dsn: str, *, observe_only: str | None = None) -> str:
    """``dsn`` again, with a workspace's past in its database."""
    # A browser's driver may keep an event loop running in this thread.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(lambda: asyncio.run(fill(dsn, observe_only=observe_only))).result()
    return dsn


@contextmanager
def served(dsn: str, folder: Path, *options: str) -> Iterator[str]:
    """The address of ``awase serve`` over the database, until the end of the block."""
    (folder / "awase.toml").write_text(CONFIGURATION, encoding="utf-8")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "awase.cli.main",
            "serve",
            "--json",
            "--port",
            "0",
            "-C",
            str(folder),
            *options,
        ],
        env={**os.environ, "AWASE_DATABASE_URL": dsn, "AWASE_HOME": str(folder / "home")},
        stdout=subprocess.PIPE,
    )
    try:
        yield _announced(process)
    finally:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        assert process.stdout is not None
        process.stdout.close()
        process.wait()


def _announced(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    said = b""
    for line in process.stdout:
        said += line
        if line.strip() == b"}":
            return str(json.loads(said)["address"])
    raise AssertionError(f"serve ended with {process.wait()} and said {said!r}")
