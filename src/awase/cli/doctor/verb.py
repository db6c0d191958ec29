"""The verb: what is asked, what is said, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer

from awase.cli.call import Call, help_text, verb
from awase.cli.doctor.data import Asked, Subject, look_at
from awase.cli.doctor.reading import (
    MA_FILE,
    USERS_FILE,
    Patient,
    Sources,
    beside,
    present,
    read,
    read_metadata,
)
from awase.cli.doctor.report import Told, document, show, told
from awase.cli.doctor.sarif import sarif as as_sarif
from awase.cli.what_if import WhatIfOption
from awase.configuration import FILE_NAME
from awase.connectors.salesforce.sfdx import Project
from awase.core.doctor import Level, examine
from awase.core.doctor.rows import Moment
from awase.core.what_if import read as read_change
from awase.errors import BadInput


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(app, "doctor", "Hold awase.toml against what both systems demand, live or from files alone.")(doctor)


def doctor(
    call: Call,
    sfdx: Annotated[
        Path | None,
        typer.Option(
            "--sfdx",
            metavar="DIR",
            help=help_text(
                "An SFDX project or a folder of metadata; without it, both systems are asked themselves."
            ),
        ),
    ] = None,
    name: Annotated[str | None, typer.Argument(metavar="[SYNC]", show_default=False)] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help=help_text(
                "A CSV file: foresee which of its rows would be refused if they were created in the CRM."
            ),
        ),
    ] = None,
    object: Annotated[
        str | None,
        typer.Option(
            "--object",
            metavar="NAME",
            help=help_text("With --data: what the rows would become, for instance Lead."),
        ),
    ] = None,
    good: Annotated[
        Path | None,
        typer.Option(
            "--good",
            metavar="FILE",
            help=help_text("With --data: where the good rows go; without it, beside the file."),
        ),
    ] = None,
    bad: Annotated[
        Path | None,
        typer.Option(
            "--bad",
            metavar="FILE",
            help=help_text(
                "With --data: where the refused rows go, with their reasons; without it, beside the file."
            ),
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help=help_text("With --data: replace those two files if they are there."),
            show_default=False,
        ),
    ] = False,
    what_if: WhatIfOption = None,
    ma: Annotated[
        Path | None,
        typer.Option(
            "--ma",
            metavar="FILE",
            help=help_text(
                "The marketing side's properties, forms and owners; without it, ma.json in DIR if there."
            ),
        ),
    ] = None,
    users: Annotated[
        Path | None,
        typer.Option(
            "--users",
            metavar="FILE",
            help=help_text("The CRM's users; without it, users.json in DIR if there."),
        ),
    ] = None,
    rights: Annotated[
        list[str] | None,
        typer.Option(
            "--permission-set",
            metavar="NAME",
            help=help_text(
                "A permission set or profile that the integration user has; may be repeated. none: forbid nothing."
            ),
        ),
    ] = None,
    sarif: Annotated[
        bool,
        typer.Option("--sarif", help=help_text("Print SARIF 2.1.0 and nothing else."), show_default=False),
    ] = False,
    fail_on: Annotated[
        Level,
        typer.Option(
            "--fail-on", help=help_text("End with status 1 on findings of this level or a surer one.")
        ),
    ] = Level.CERTAIN,
) -> int:
    if sfdx is not None:
        present(sfdx)
        call.directory = beside(sfdx, call.directory)
    elif ma or users or rights:
        raise BadInput(
            "files and rights count beside an SFDX project only",
            where="--ma, --users, --permission-set",
            remedy="Add --sfdx DIR.",
        )
    if data is not None:
        if object is None:
            raise BadInput(
                "what the rows would become has to be said", where="--data", remedy="Add --object Lead."
            )
        if sarif:
            raise BadInput(
                "rows of a file are not told as SARIF", where="--sarif", remedy="Ask for --json instead."
            )
        changes = [read_change(text) for text in what_if or ()]
        asked = Asked(data, object, good, bad, overwrite, changes)
        return look_at(call, asked, _subject(call, object, sfdx, rights or ()))
    if what_if or object or good or bad or overwrite:
        raise BadInput(
            "this is asked about the rows of a file",
            where="--what-if, --object, --good, --bad, --overwrite",
            remedy="Add --data FILE. What a change would do to the people in the connected systems, `awase check --what-if …` "
            "tells.",
        )
    findings, notes = _findings(call, name, Sources(sfdx, ma, users, rights or ()) if sfdx else None)
    if sarif:
        call.json = True
        call.document(as_sarif(findings, call.t, call.language))
    else:
        call.document(document(findings, notes))
        show(call, findings, notes)
    surest = list(Level)
    return int(any(surest.index(finding.level) <= surest.index(fail_on) for finding in findings))


def _findings(call: Call, name: str | None, sources: Sources | None) -> tuple[list[Told], list[str]]:
    """What is found and what could not be looked at, in files or, without ``sources``, at the connected systems."""
    workspace = call.workspace()
    syncs = [(place, sync) for place, sync in enumerate(workspace.syncs) if name in (None, sync.name)]
    if not syncs:
        workspace.sync(name)
        raise BadInput("there is no sync yet", where=str(workspace.file), remedy="Add one under [[syncs]].")
    if sources is None:
        from awase.cli.doctor.live import findings_of  # needs what an install without extras lacks

        return findings_of(call, syncs)
    patient = read(workspace, [sync for _, sync in syncs], sources)
    return told(call, patient, examine(syncs, patient.known)), list(_notes(call, patient, sources.rights))


def _subject(call: Call, object: str, sfdx: Path | None, rights: Sequence[str]) -> Subject:
    """The CRM as it tells itself, or as the project does: no configuration is needed then, but where there is one, its
    time zone counts."""
    configured = (call.directory / FILE_NAME).is_file()
    if sfdx is None and not configured:
        raise BadInput(
            "it has to be said which CRM judges the rows",
            where="--data",
            remedy="Add --sfdx DIR (an SFDX project), or run this where awase.toml is.",
        )
    if sfdx is None:
        from awase.cli.doctor.live import subject_of  # needs what an install without extras lacks

        return subject_of(call, object)
    zone = call.workspace().time_zone if configured else "UTC"
    project = read_metadata(sfdx, rights)
    notes = [
        *_rights(call, project, rights),
        *(
            f"{trouble.place.file}:{trouble.place.line}: {call.t(trouble.words, **trouble.places)}"
            for trouble in project.troubles
            if trouble.kind != "metadata_unknown"
        ),
    ]
    moment = Moment(datetime.now(UTC), zone)
    return Subject(project.schema, project.labels, moment, project.asleep, notes, project.withheld)


def _rights(call: Call, project: Project, asked: Sequence[str]) -> Iterator[str]:
    """By which rights a project was looked at, where nobody named them."""
    if project.rights and not asked:
        yield call.t(
            "Rights are those of the permission set {rights}, for the project has it: choose others with --permission-set "
            "NAME, or none with --permission-set none.",
            rights=", ".join(project.rights),
        )
    elif not project.rights and project.broken_rights:
        yield call.t(
            "Rights were not looked at, for {file} is broken.", file=", ".join(project.broken_rights.values())
        )
    elif not project.rights and not asked:
        yield call.t("Rights were not looked at: name the integration user's with --permission-set.")


def _notes(call: Call, patient: Patient, rights: Sequence[str]) -> Iterator[str]:
    """What could not be looked at, and why."""
    broken = {PurePosixPath(one.place.file).name: one.place.file for one in patient.troubles}
    if MA_FILE in broken:
        yield call.t(
            "The marketing side's fields, options and forms were not looked at, for {file} is broken.",
            file=broken[MA_FILE],
        )
    elif patient.export is None:
        yield call.t(
            "The marketing side's fields, options and forms were not looked at: name them with --ma."
        )
    if patient.project is not None:
        yield from _rights(call, patient.project, rights)
    if USERS_FILE in broken:
        yield call.t("Owners were not looked at, for {file} is broken.", file=broken[USERS_FILE])
    elif "crm" not in patient.known.owners:
        yield call.t("Owners were not looked at: name the CRM's users with --users.")
