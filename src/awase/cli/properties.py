"""``awase property create``: a property in the MA after a field of the CRM, with its options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from awase.assembly import environment, open_store
from awase.cli.call import Call, help_text, verb
from awase.configuration.toml_text import inline
from awase.core.mapping import Sync
from awase.engine.new_fields import Proposal, Wanted, carry_out, propose
from awase.errors import StoppedByGuard


def add_to(app: typer.Typer) -> None:
    """Make these verbs of ``awase property``."""
    group = typer.Typer(no_args_is_help=True, help=help_text("Make fields of the MA after those of the CRM."))
    verb(group, "create", "Make a field in the MA after one of the CRM, with its options; shown first.")(
        create
    )
    app.add_typer(group, name="property")


def create(
    call: Call,
    source: Annotated[
        str,
        typer.Option(
            "--from", metavar="OBJECT.FIELD", help=help_text("The CRM's field, for instance Lead.Industry.")
        ),
    ],
    sync: Annotated[str | None, typer.Argument(metavar="[SYNC]", show_default=False)] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help=help_text("The new field's name; without it, made of the CRM's.")),
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", help=help_text("What people see; without it, as in the CRM."))
    ] = None,
    group: Annotated[
        str | None,
        typer.Option("--group", help=help_text("The group it is shown in; without it, the usual one.")),
    ] = None,
    preview: Annotated[
        bool,
        typer.Option(
            "--preview", help=help_text("Show what would happen; write nothing."), show_default=False
        ),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help=help_text("Do it without asking."), show_default=False)
    ] = False,
) -> int:
    chosen = call.workspace().sync(sync)
    wanted = Wanted(source, name=name, label=label, group=group or "")

    async def work() -> dict[str, Any]:
        async with (
            open_store(call.workspace()) as store,
            environment(call.workspace(), chosen, store) as env,
        ):
            proposal = await propose(env, chosen, wanted)
            _show(call, chosen, proposal)
            document = _document(chosen, proposal)
            if preview or not proposal.changes_something:
                return document
            if not (yes or _agreed(call, proposal)):
                raise StoppedByGuard(
                    "nothing was written: a change of {connection} wants your yes",
                    where=f"{proposal.object}.{proposal.name}",
                    remedy="Run the same command again with --yes.",
                    connection=chosen.ma_connection,
                )
            added = await carry_out(env, chosen, proposal)
            return {**document, "done": True, "added": added}

    document = call.run(work())
    call.document(document)
    if document["done"] and document["existing"]:
        call.say("{count} options were added; none was taken away.", count=document["added"])
    elif document["done"]:
        call.say("The field {field} is there now.", field=f"{chosen.ma_object}.{document['name']}")
    call.say("To keep it equal, add to the sync “{sync}” in awase.toml:", sync=chosen.name)
    call.say("{lines}", lines=document["toml"])
    call.say("In a list (fields = [ … ]) it is: {line}", line=document["line"])
    return 0


def _agreed(call: Call, proposal: Proposal) -> bool:
    if not call.interactive:
        return False
    return call.confirmed("Make this field?" if proposal.existing is None else "Add these options?")


def _show(call: Call, sync: Sync, proposal: Proposal) -> None:
    place = f"{sync.ma_connection}:{proposal.object}.{proposal.name}"
    source = f"{sync.crm_connection}:{proposal.source_object}.{proposal.source.name}"
    if proposal.existing is None:
        call.say("{field} would be made after {source}:", field=place, source=source)
        for word, value in proposal.definition.items():
            if word != "options":
                call.say("  {word}: {value}", word=word, value=value)
    else:
        call.say(
            "{field} is there already ({type}) and can hold the values of {source}.",
            field=place,
            type=proposal.existing.vendor_type,
            source=source,
        )
        if proposal.source_moved is not None:
            call.say(
                "Its options in the CRM changed since they were copied on {day}.",
                day=f"{proposal.source_moved:%Y-%m-%d}",
            )
        if not proposal.missing:
            call.say(
                "It has every option; there is nothing to do."
                if proposal.existing.options
                else "There is nothing to do."
            )
            return
        call.say("Options to add: {count}", count=len(proposal.missing))
    options = _options(proposal)
    if options:
        table = call.table(("Value", "Label"))
        for option in options:
            table.add_row(option["value"], option["label"])
        call.show(table)
    if options and not proposal.source.restricted:
        call.say("The CRM takes other values too; those would be held back until they are options.")


def _options(proposal: Proposal) -> list[Mapping[str, str]]:
    """The options that would be made, or added."""
    if proposal.existing is not None:
        return [{"value": one.value, "label": one.label or one.value} for one in proposal.missing]
    made: Any = proposal.definition.get("options", [])
    return [{"value": str(one["value"]), "label": str(one["label"])} for one in made]


def _document(sync: Sync, proposal: Proposal) -> dict[str, Any]:
    return {
        "sync": sync.name,
        "object": proposal.object,
        "name": proposal.name,
        "from": f"{proposal.source_object}.{proposal.source.name}",
        "existing": proposal.existing is not None,
        "definition": dict(proposal.definition),
        "options": _options(proposal),
        "source_changed": proposal.source_moved is not None,
        "done": False,
        "added": 0,
        "toml": "\n".join(["[[syncs.fields]]", *(f"{n} = {inline(v)}" for n, v in proposal.mapping.items())]),
        "line": f"{inline(proposal.mapping)},",
    }
