"""Both practice orgs in processes of their own, for as long as a block lasts."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from awase.errors import Bug

VENDORS = ("hubspot", "salesforce")
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class PracticeOrg:
    """Where a practice org answers and how to sign in to it."""

    vendor: str
    url: str
    control: str
    org_id: str
    credentials: Mapping[str, str] = field(repr=False)


class _Announcement(msgspec.Struct):
    vendor: str
    url: str
    control: str
    org_id: str
    credentials: dict[str, str]


@asynccontextmanager
async def practice_orgs(logs: Path, seed: int) -> AsyncIterator[dict[str, PracticeOrg]]:
    """Both orgs by vendor, fresh and empty. They end with the block, and also when this process dies."""
    async with AsyncExitStack() as stack:
        started = [await stack.enter_async_context(_process(vendor, logs, seed)) for vendor in VENDORS]
        announced = await asyncio.gather(*(_announced(process, logs) for process in started))
        yield {org.vendor: org for org in announced}


@asynccontextmanager
async def _process(vendor: str, logs: Path, seed: int) -> AsyncIterator[asyncio.subprocess.Process]:
    with (logs / f"practice-{vendor}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "awase_practice.server",
            *("--vendor", vendor, "--org", "demo", "--seed", str(seed), "--until-stdin-closes"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            limit=_LONGEST_LINE,
        )
    try:
        yield process
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _announced(process: asyncio.subprocess.Process, logs: Path) -> PracticeOrg:
    if process.stdout is None:
        raise Bug("a practice org was started without a pipe to read from")
    try:
        line = await asyncio.wait_for(process.stdout.readline(), _START_SECONDS)
        said = msgspec.json.decode(line, type=_Announcement)
    except (TimeoutError, msgspec.DecodeError) as problem:
        raise Bug("a practice org did not start; see {logs}", logs=str(logs)) from problem
    return PracticeOrg(said.vendor, said.url, said.control, said.org_id, said.credentials)
