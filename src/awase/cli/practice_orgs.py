"""``awase practice load | pass-time | faults``: records from a file, time that passes, and a network with bad moments."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from awase.cli.call import Call, help_text, verb
from awase.cli.practice_people import VendorArgument, controls, known
from awase.core.schedule import Unreadable, length_of
from awase.errors import BadInput

_ENCODINGS = ("utf-8-sig", "cp932")
"""What Japanese spreadsheets save."""


def add_to(practice: typer.Typer) -> None:
    """Make these verbs of ``awase practice``."""
    verb(practice, "load", "Put the records of a CSV or JSON file into a practice org, past its rules.")(load)
    verb(practice, "pass-time", "Let time pass in both practice orgs.")(pass_time)
    verb(
        practice,
        "faults",
        "Make calls to a practice org go wrong, by chance; without a fault named, none does.",
    )(faults)


def load(
    call: Call,
    vendor: VendorArgument,
    object: Annotated[str, typer.Argument(metavar="OBJECT", show_default=False)],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help=help_text("CSV with field names in its first line (UTF-8 or Shift_JIS), or a JSON list."),
            show_default=False,
        ),
    ],
) -> int:
    rows = _rows(file)

    async def work() -> list[str]:
        from awase_practice.seeds.control import load as loaded

        async with controls(call) as found:
            return await loaded(found[known(vendor)], object, rows, "user:you")

    ids = call.run(work())
    call.document({"vendor": vendor, "object": object, "ids": ids})
    call.say("{count} records of {object} loaded.", count=f"{len(ids):,}", object=object)
    return 0


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        content = file.read_bytes()
    except OSError as problem:
        raise BadInput(
            "the file cannot be read: {words}", where=str(file), words=problem.strerror or ""
        ) from None
    if file.suffix.lower() == ".json":
        try:
            return msgspec.json.decode(content, type=list[dict[str, Any]])
        except msgspec.DecodeError as problem:
            raise BadInput(
                "this is no list of records: {words}",
                where=str(file),
                remedy="Write a JSON list of objects, or a CSV file.",
                words=str(problem),
            ) from None
    lines = list(csv.reader(io.StringIO(_text(content, file), newline="")))
    heading = lines[0] if lines else []
    for number, line in enumerate(lines[1:], 2):
        if line and len(line) != len(heading):
            raise BadInput(
                "line {number} has {found} cells where the first line names {wanted} fields",
                where=str(file),
                number=number,
                found=len(line),
                wanted=len(heading),
            )
    return [dict(zip(heading, line, strict=True)) for line in lines[1:] if line]


def _text(content: bytes, file: Path) -> str:
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("the file is neither UTF-8 nor Shift_JIS", where=str(file), remedy="Save it as UTF-8.")


def pass_time(
    call: Call, length: Annotated[str, typer.Argument(metavar="15m|2h|3d", show_default=False)]
) -> int:
    try:
        seconds = length_of(length).total_seconds()
    except Unreadable:
        raise BadInput(
            "“{length}” is no length of time",
            where="awase practice pass-time",
            remedy="Write a number and s, m, h, d or w: 15m, 2h, 3d.",
            length=length,
        ) from None

    async def work() -> dict[str, str]:
        async with controls(call) as found:
            return {
                vendor: (await control.tell("pass-time", {"seconds": seconds}))["now"]
                for vendor, control in found.items()
            }

    now = call.run(work())
    call.document({"now": now})
    for vendor, moment in now.items():
        call.say("{vendor}: it is {moment} now.", vendor=vendor, moment=moment)
    return 0


def faults(
    call: Call,
    vendor: VendorArgument,
    named: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FAULT=CHANCE …]",
            help=help_text("For example call.answer_lost=0.2; a chance lies between 0 and 1."),
            show_default=False,
        ),
    ] = None,
) -> int:
    from awase_practice.kernel.faults import SITES

    chances = dict(_fault(text, sorted(SITES)) for text in named or ())

    async def work() -> dict[str, Any]:
        async with controls(call) as found:
            control = found[known(vendor)]
            await control.tell(
                "faults", {"arm": {site: {"chance": chance} for site, chance in chances.items()}}
            )
            reached: dict[str, Any] = (await control.ask("state"))["faults"]
            return reached

    state = call.run(work())
    call.document({"vendor": vendor, "armed": chances, "faults": state, "known": sorted(SITES)})
    if not chances:
        call.say("Nothing goes wrong in the practice org of {vendor} by itself.", vendor=vendor)
    for site, chance in chances.items():
        call.say("{fault}: in {share} of its occasions", fault=site, share=f"{chance:.0%}")
    return 0


def _fault(text: str, sites: list[str]) -> tuple[str, float]:
    name, _, chance = text.partition("=")
    if name not in sites:
        raise BadInput(
            "there is no fault “{name}”",
            where="awase practice faults",
            remedy="Known: {known}.",
            name=name,
            known=", ".join(sites),
        )
    try:
        share = float(chance)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise BadInput(
            "“{chance}” is no chance",
            where="awase practice faults",
            remedy="Write FAULT=CHANCE with a number from 0 to 1.",
            chance=chance,
        )
    return name, share
