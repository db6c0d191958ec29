"""The doctor at the connected systems: what both say of themselves now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import polars as pl

from awase.cli.call import Call
from awase.cli.doctor.data import Subject
from awase.cli.doctor.reading import Patient, lines_in
from awase.cli.doctor.report import Told, told
from awase.cli.selecting import in_each
from awase.configuration.document import SalesforcePart
from awase.connectors.salesforce.sfdx.labels import standard_labels
from awase.core.checks.parents import ParentsAsked
from awase.core.doctor import examine
from awase.core.doctor.rows import Moment
from awase.core.mapping import Sync
from awase.core.operations import Side
from awase.core.schema import ObjectSchema, Schema
from awase.engine.environment import Environment
from awase.engine.examining import crm_object, picture
from awase.engine.parents import read_parents
from awase.errors import BadInput


def findings_of(call: Call, syncs: Sequence[tuple[int, Sync]]) -> tuple[list[Told], list[str]]:
    """What is found in each sync, and what could not be looked at."""
    workspace = call.workspace()
    places = {sync.name: place for place, sync in syncs}
    found: dict[Told, None] = {}
    notes: dict[str, None] = {}
    for sync, seen in call.run(in_each(call, [sync for _, sync in syncs], picture)):
        patient = Patient(workspace, lines_in(workspace), None, None, seen.known)
        # What two syncs have in common, such as the rules of an object, is told once.
        found |= dict.fromkeys(told(call, patient, examine([(places[sync.name], sync)], seen.known)))
        if seen.forms_hidden:
            notes[
                call.t(
                    "Forms were not looked at: {connection} lacks the scope to read them (forms).",
                    connection=sync.ma_connection,
                )
            ] = None
    return list(found), list(notes)


def subject_of(call: Call, object: str) -> Subject:
    """An object of the connected CRM, for rows of a file."""
    workspace = call.workspace()
    chosen = next(
        (
            sync
            for sync in workspace.syncs
            if isinstance(workspace.connection(sync.crm_connection).settings, SalesforcePart)
        ),
        None,
    )
    if chosen is None:
        raise BadInput(
            "no sync of this workspace leads to a CRM whose rules are known",
            where=str(workspace.file),
            remedy="Name an SFDX project with --sfdx.",
        )

    async def look(env: Environment, _: Sync) -> ObjectSchema:
        return await crm_object(env, object)

    ((_, found),) = call.run(in_each(call, [chosen], look))

    def parents(asked: Sequence[ParentsAsked]) -> Mapping[str, pl.DataFrame]:
        async def read(env: Environment, _: Sync) -> dict[Side, dict[str, pl.DataFrame]]:
            return await read_parents(env, {"crm": asked})

        ((_, read_now),) = call.run(in_each(call, [chosen], read))
        return read_now["crm"]

    return Subject(
        Schema({found.name: found}),
        {found.name: standard_labels(found.name)},
        Moment(datetime.now(UTC), workspace.time_zone),
        read_parents=parents,
    )
