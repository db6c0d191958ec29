"""``awase practice people | show | edit``: made-up people in the practice orgs, seen and changed as their users would.

The practice orgs' own code is loaded by the verbs that use it, so that no other verb waits for it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import aiohttp
import typer

from awase.cli.call import Call, help_text, verb
from awase.errors import BadInput, HostUnreachable

if TYPE_CHECKING:
    from awase_practice.seeds.control import ControlCaller

ORGS_FILE = Path("practice") / "orgs.json"
OBJECTS: Mapping[str, tuple[str, ...]] = {"hubspot": ("contact",), "salesforce": ("Contact", "Lead")}
"""Where people are, by vendor."""
PEOPLE, SEED = 60, 7
_ADDRESS_FIELDS = ("email", "Email")
_NAMES = (("lastname", "LastName"), ("firstname", "FirstName"), _ADDRESS_FIELDS)
_AUTHOR = "user:you"

VendorArgument = Annotated[str, typer.Argument(metavar="|".join(OBJECTS), show_default=False)]
PersonArgument = Annotated[
    str, typer.Argument(metavar="E-MAIL", help=help_text("The person's e-mail address."), show_default=False)
]
AnyPersonArgument = Annotated[
    str | None,
    typer.Argument(metavar="[E-MAIL]", help=help_text("The person's e-mail address."), show_default=False),
]


def add_to(practice: typer.Typer) -> None:
    """Make these verbs of ``awase practice``."""
    verb(practice, "people", "Fill the practice orgs with made-up people.")(people)
    verb(practice, "show", "Show a person, or everybody, as a practice org holds them.")(show)
    verb(practice, "edit", "Change a person in a practice org, as one of its users would.")(edit)


def people(
    call: Call,
    people: Annotated[
        int, typer.Option("--people", min=1, max=20_000, help=help_text("How many made-up people."))
    ] = PEOPLE,
) -> int:
    counts = call.run(_filled(call, people))
    call.document({"orgs": counts})
    for vendor, objects in counts.items():
        for object, count in objects.items():
            call.say("{vendor}: {count} × {object}", vendor=vendor, count=f"{count:,}", object=object)
    return 0


async def _filled(call: Call, people: int) -> dict[str, dict[str, int]]:
    from awase_practice.seeds.casting import story
    from awase_practice.seeds.control import rows
    from awase_practice.seeds.loading import set_up

    async with controls(call) as found_orgs:
        for vendor, objects in OBJECTS.items():
            for object in objects:
                if await rows(found_orgs[vendor], object):
                    raise BadInput(
                        "the practice orgs hold people already",
                        where=str(call.directory / ORGS_FILE.parent),
                        remedy="To begin anew, stop the orgs, delete this folder and start them again.",
                    )
        await set_up(found_orgs["hubspot"], found_orgs["salesforce"], story(people, SEED))
        return {
            vendor: {object: len(await rows(found_orgs[vendor], object)) for object in objects}
            for vendor, objects in OBJECTS.items()
        }


def show(call: Call, vendor: VendorArgument, person: AnyPersonArgument = None) -> int:
    found = call.run(_found(call, known(vendor), person))
    call.document({"records": found})
    for record in found:
        if person is None:
            call.say("{object} {id} {person}", person=" ".join(_name_of(record["values"])), **record)
            continue
        call.say("{vendor} {object} {id}", vendor=vendor, **record)
        for name, value in record["values"].items():
            call.say("  {name}: {value}", name=name, value=value)
    return 0


async def _found(call: Call, vendor: str, person: str | None) -> list[dict[str, Any]]:
    async with controls(call) as found_orgs:
        return await _records(found_orgs[vendor], vendor, person)


def edit(
    call: Call,
    vendor: VendorArgument,
    person: PersonArgument,
    changes: Annotated[
        list[str],
        typer.Argument(metavar="FIELD=VALUE …", help=help_text("An empty value clears the field.")),
    ],
) -> int:
    values = dict(_change(change) for change in changes)
    edited = call.run(_edited(call, known(vendor), person, values))
    call.document({"edited": edited, "values": values})
    for name in edited:
        call.say("Changed: {vendor} {name}", vendor=vendor, name=name)
    return 0


async def _edited(call: Call, vendor: str, person: str, values: Mapping[str, str | None]) -> list[str]:
    async with controls(call) as found_orgs:
        records = await _records(found_orgs[vendor], vendor, person)
        for record in records:
            body = {"object": record["object"], "id": record["id"], "values": values, "author": _AUTHOR}
            await found_orgs[vendor].tell("edit", {**body, "rules": True})
    return [f"{record['object']} {record['id']}" for record in records]


def _change(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise BadInput(
            "“{change}” is no change", where="awase practice edit", remedy="Write FIELD=VALUE.", change=text
        )
    return name, value or None


def known(vendor: str) -> str:
    """The vendor of a practice org. Raises BadInput for another word."""
    if vendor not in OBJECTS:
        raise BadInput(
            "there is no practice org of the vendor {vendor}",
            where="awase practice",
            remedy="Known: {known}.",
            vendor=vendor,
            known=", ".join(OBJECTS),
        )
    return vendor


async def _records(control: ControlCaller, vendor: str, person: str | None) -> list[dict[str, Any]]:
    """A person's records, or all, with what is filled in them. Raises BadInput when there are none."""
    from awase_practice.seeds.control import rows

    found = [
        {"object": object, "id": str(row["id"]), "values": _filled_values(row)}
        for object in OBJECTS[vendor]
        for row in await rows(control, object)
        if person is None or person.casefold() in _addresses(row)
    ]
    if not found and person is not None:
        raise BadInput(
            "nobody in the practice org of {vendor} has the address {person}",
            where="awase practice",
            remedy="See who is there: awase practice show {vendor}",
            vendor=vendor,
            person=person,
        )
    return found


def _addresses(row: Mapping[str, Any]) -> Sequence[str]:
    return [str(row.get(name) or "").casefold() for name in _ADDRESS_FIELDS]


def _name_of(values: Mapping[str, Any]) -> list[str]:
    """Family name, given name and address, as far as they are filled."""
    return [values[name] for names in _NAMES for name in names if name in values]


def _filled_values(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sorted(row.items()) if value not in (None, "") and name != "id"}


@asynccontextmanager
async def controls(call: Call) -> AsyncIterator[dict[str, ControlCaller]]:
    """The control APIs of the orgs that ``awase practice up`` started here. Raises BadInput or HostUnreachable."""
    from awase_practice.seeds.control import ControlCaller

    file = call.directory / ORGS_FILE
    try:
        known: dict[str, str] = json.loads(file.read_bytes())
    except (OSError, ValueError):
        raise BadInput(
            "no practice orgs were started here", where=str(file), remedy="Start them: awase practice up"
        ) from None
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as client:
        with _refusals_told(file):
            yield {vendor: ControlCaller(url, client) for vendor, url in known.items()}


@contextmanager
def _refusals_told(file: Path) -> Iterator[None]:
    from awase_practice.kernel.org import ControlRefused

    try:
        yield
    except ControlRefused as refusal:
        raise BadInput(
            "the practice org refuses: {refusal}", where="awase practice", refusal=str(refusal)
        ) from None
    except aiohttp.ClientError:
        raise HostUnreachable(
            "the practice orgs do not answer", where=str(file), remedy="Start them: awase practice up"
        ) from None
