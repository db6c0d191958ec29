"""``awase practice``: both practice orgs on this machine, to try everything without touching a real one."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer

from awase.cli import practice_orgs, practice_people, practice_setup
from awase.cli.call import Call, help_text, verb
from awase.cli.connect import credentials_from
from awase.cli.plan_files import write_closed
from awase.errors import BadInput, HostUnreachable
from awase.ports.connector import Credentials

VENDORS: Mapping[str, str] = {"hubspot": "base_url", "salesforce": "login_url"}
"""Practice orgs that ``up`` starts, with the key of ``awase.toml`` that takes the address."""
FIRST_PORT = 8731
_FOLDER = Path("practice")
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Running:
    """A practice org that answers."""

    vendor: str
    url: str
    control: str
    org_id: str
    credentials: Mapping[str, str] = field(repr=False)
    left_out: tuple[str, ...] = ()
    """What of an SFDX project could not be taken over."""


def add_to(app: typer.Typer) -> None:
    """Make these verbs of ``awase practice``."""
    practice = typer.Typer(no_args_is_help=True, help=help_text("Practice orgs on this machine."))
    verb(practice, "up", "Start both practice orgs and run until Ctrl-C.")(up)
    verb(practice, "status", "Show what the practice orgs hold and how many calls they had.")(status)
    practice_people.add_to(practice)
    practice_orgs.add_to(practice)
    practice_setup.add_to(practice)
    app.add_typer(practice, name="practice")


def up(
    call: Call,
    port: Annotated[
        int,
        typer.Option("--port", min=1024, max=65500, help=help_text("The first of four ports to listen on.")),
    ] = FIRST_PORT,
    project: Annotated[
        Path | None,
        typer.Option(
            "--project",
            metavar="FOLDER",
            help=help_text("Set the new Salesforce org up as this SFDX project says."),
            show_default=False,
        ),
    ] = None,
) -> int:
    folder = call.directory / _FOLDER
    if project is not None:
        _must_be_new(folder, project)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise BadInput(
            "the folder cannot be made: {words}", where=str(folder), words=problem.strerror or ""
        ) from None
    call.run(_up(call, folder, port, project))
    return 0


async def _up(call: Call, folder: Path, port: int, project: Path | None) -> None:
    async with AsyncExitStack() as stack:
        running = []
        for place, vendor in enumerate(VENDORS):
            org = await stack.enter_async_context(
                practice_org(vendor, folder, port + place, project if vendor == "salesforce" else None)
            )
            write_closed(credentials_file(folder, vendor), [_credentials(org)])
            running.append(org)
        write_closed(
            folder / "orgs.json", [json.dumps({org.vendor: org.control for org in running}).encode()]
        )
        call.document(
            {
                "orgs": [
                    {
                        "vendor": org.vendor,
                        "url": org.url,
                        "control": org.control,
                        "org_id": org.org_id,
                        "credentials": str(credentials_file(folder, org.vendor)),
                        "left_out": org.left_out,
                    }
                    for org in running
                ]
            }
        )
        sys.stdout.flush()
        _tell(call, folder, running)
        await asyncio.Event().wait()


def _tell(call: Call, folder: Path, running: list[Running]) -> None:
    call.say("Both practice orgs are up. In awase.toml:")
    for org in running:
        call.say(
            '  [connections.{vendor}]  {key} = "{url}"',
            vendor=org.vendor,
            key=VENDORS[org.vendor],
            url=org.url,
        )
    call.say("Then:")
    for org in running:
        call.say(
            "  awase connect {vendor} --practice --credentials {file}",
            vendor=org.vendor,
            file=credentials_file(folder, org.vendor),
        )
    for text in (text for org in running for text in org.left_out):
        call.say("Left out of the project: {text}", text=text)
    call.say("Ctrl-C stops them; what they hold is kept in {folder}.", folder=folder)


def _must_be_new(folder: Path, project: Path) -> None:
    if not project.is_dir():
        raise BadInput("there is no such folder", where=str(project), remedy="Name an SFDX project's folder.")
    if (folder / "salesforce.snapshot").exists():
        raise BadInput(
            "the practice org is set up already",
            where=str(folder),
            remedy="To begin anew, delete this folder, or leave out --project.",
        )


def credentials_file(folder: Path, vendor: str) -> Path:
    """Where ``practice up`` leaves a practice org's credentials."""
    return folder / f"{vendor}.json"


def credentials_of(org: Running, *, without: Collection[str] = ()) -> Credentials:
    """What one signs in to a practice org with, of the first kind that needs nothing of ``without``."""
    values = {name: value for name, value in org.credentials.items() if name not in without}
    if "access_token" in values:
        values["token"] = values["access_token"]
    return credentials_from(values, org.vendor, org.url)


def _credentials(org: Running) -> bytes:
    given = credentials_of(org)
    return json.dumps({"kind": given.kind, **given.values}, indent=2).encode() + b"\n"


@asynccontextmanager
async def practice_org(
    vendor: str,
    folder: Path,
    port: int,
    project: Path | None = None,
    *,
    name: str = "practice",
    seed: int = 0,
) -> AsyncIterator[Running]:
    """One practice org in its own process; what it holds is kept in ``folder`` from one start to the next.

    port: 0 takes any free one. project: an SFDX project that says how a new org is set up.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "awase_practice.server", "--vendor", vendor, "--org", name, "--seed", str(seed)),
        *("--port", str(port), "--control-port", str(port + len(VENDORS) if port else 0)),
        *("--snapshot", str(folder / f"{vendor}.snapshot"), "--until-stdin-closes"),
        *(("--project", str(project)) if project is not None else ()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 20,
        # Ctrl-C is for us: the org then writes what it holds and ends.
        start_new_session=True,
    )
    try:
        yield await _announced(process, vendor, port)
    finally:
        await _ended(process)


async def _announced(process: asyncio.subprocess.Process, vendor: str, port: int) -> Running:
    assert process.stdout is not None  # noqa: S101  both were asked for
    assert process.stderr is not None  # noqa: S101
    try:
        line = await asyncio.wait_for(process.stdout.readline(), _START_SECONDS)
        said = json.loads(line)
    except (TimeoutError, ValueError):
        if process.returncode is None:
            process.terminate()
        words = (await process.stderr.read()).decode(errors="replace").strip().splitlines()
        raise BadInput(
            "the practice org of {vendor} does not start on port {port}: {words}",
            where="practice",
            remedy="Choose other ports with --port.",
            vendor=vendor,
            port=port,
            words=words[-1] if words else "no answer",
        ) from None
    return Running(
        said["vendor"],
        said["url"],
        said["control"],
        said["org_id"],
        said["credentials"],
        tuple(said.get("left_out", ())),
    )


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def status(call: Call) -> int:
    folder = call.directory / _FOLDER
    try:
        known: dict[str, str] = json.loads((folder / "orgs.json").read_bytes())
    except (OSError, ValueError):
        raise BadInput(
            "no practice orgs were started here", where=str(folder), remedy="Start them: awase practice up"
        ) from None
    states = call.run(_states(known))
    call.document({"orgs": states})
    for vendor, state in states.items():
        rows = "  ".join(f"{name} {count:,}" for name, count in state["rows"].items() if count) or "0"
        calls = sum(state["calls"].values())
        call.say("{vendor}: {rows} ({calls} calls so far)", vendor=vendor, rows=rows, calls=f"{calls:,}")
    return 0


async def _states(known: Mapping[str, str]) -> dict[str, Any]:
    states = {}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10), trust_env=False) as client:
        for vendor, control in known.items():
            try:
                async with client.get(f"{control}/_practice/state") as answer:
                    states[vendor] = await answer.json()
            except aiohttp.ClientError:
                raise HostUnreachable(
                    "the practice org of {vendor} does not answer",
                    where=control,
                    remedy="Start them: awase practice up",
                    vendor=vendor,
                ) from None
    return states
