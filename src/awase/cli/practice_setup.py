"""``awase practice change``: what an administrator changes in a practice org, in the words of ``--what-if``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from awase.cli.call import Call, help_text, verb
from awase.cli.practice_people import VendorArgument, controls, known
from awase.core.what_if import WhatIf, read
from awase.errors import BadInput

_Bodies = Mapping[str, Callable[[WhatIf], dict[str, Any]]]
_WHERE = "awase practice change"


def add_to(practice: typer.Typer) -> None:
    """Make this verb of ``awase practice``."""
    verb(practice, "change", "Change a setting of a practice org, as its administrator would.")(change)


def change(
    call: Call,
    vendor: VendorArgument,
    wanted: Annotated[
        str,
        typer.Argument(
            metavar="CHANGE",
            help=help_text("For example “Lead.Company required”, or another sentence of --what-if."),
            show_default=False,
        ),
    ],
    message: Annotated[
        str,
        typer.Option(
            "--message", metavar="WORDS", help=help_text("What a new validation rule says when it refuses.")
        ),
    ] = "",
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help=help_text("What a new validation rule is called."))
    ] = "Practice_Rule",
) -> int:
    said = read(wanted, where=_WHERE)
    body = _body(known(vendor), said, name, message)

    async def work() -> None:
        async with controls(call) as found:
            await found[vendor].tell("schema", {"object": said.object, **body})

    call.run(work())
    call.document({"vendor": vendor, "change": wanted})
    call.say("Changed in the practice org of {vendor}: {change}", vendor=vendor, change=wanted)
    call.say("Whom it stops: awase drift")
    return 0


def _body(vendor: str, said: WhatIf, name: str, message: str) -> dict[str, Any]:
    if said.formula and vendor == "salesforce":
        rule = {"name": name, "formula": said.formula, "message": message or name}
        return {"add_rule": rule}
    make = (_SALESFORCE if vendor == "salesforce" else _HUBSPOT).get(said.becomes)
    if make is None:
        raise BadInput(
            "this cannot be changed in the practice org of {vendor}: {text}",
            where=_WHERE,
            remedy="What can be: {known}.",
            vendor=vendor,
            text=said.text,
            known=", ".join([*_SALESFORCE, "rule"] if vendor == "salesforce" else _HUBSPOT),
        )
    return make(said)


def _field(said: WhatIf, **facts: Any) -> dict[str, Any]:
    return {"change_field": {"name": said.field, **facts}}


def _without(said: WhatIf) -> dict[str, Any]:
    return {"remove_option": {"field": said.field, "option": said.argument}}


_SALESFORCE: _Bodies = {
    "required": lambda said: _field(said, required=True),
    "restricted": lambda said: _field(said, restricted=True),
    "unique": lambda said: _field(said, unique=True),
    "length": lambda said: _field(said, length=int(said.argument)),
    "without": _without,
}
_HUBSPOT: _Bodies = {
    "required": lambda said: {"add_rule": {"kind": "required_on_create", "field": said.field}},
    "unique": lambda said: _field(said, hasUniqueValue=True),
    "without": _without,
}
