"""What the doctor reads from disk, and the picture of both systems that it makes of it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from awase.configuration import FILE_NAME, Workspace
from awase.configuration.document import HubSpotPart, SalesforcePart
from awase.configuration.lines import lines_of
from awase.connectors.hubspot.export import Export, read_export
from awase.connectors.hubspot.paths import canonical_object
from awase.connectors.hubspot.schema import CONSENT_FIELDS as MA_CONSENT
from awase.connectors.salesforce.consent import CONSENT_FIELDS, OPT_OUT_FIELD
from awase.connectors.salesforce.sfdx import Place, Project, Trouble, is_metadata, read_project, read_users
from awase.core.doctor import Known, Level
from awase.core.doctor.findings import Path as ConfigurationPath
from awase.core.doctor.known import Form
from awase.core.mapping import Sync
from awase.core.operations import Side
from awase.core.owners import OwnerLike
from awase.core.schema import Schema
from awase.errors import BadInput, UnknownName

MA_FILE, USERS_FILE = "ma.json", "users.json"
"""Looked for in the project's folder where nobody names others."""
_SURE = {"sure": Level.CERTAIN, "probable": Level.LIKELY, None: None}


@dataclass(frozen=True, slots=True)
class Patient:
    """Everything that was read, and where things stand in it."""

    workspace: Workspace
    lines: Mapping[ConfigurationPath, int]
    project: Project | None
    """None: both systems were asked themselves."""
    export: Export | None
    known: Known
    troubles: tuple[Trouble, ...] = ()
    """What could not be read beside the project."""

    def place(self, path: ConfigurationPath) -> Place:
        """Where ``path`` stands in the configuration, or the nearest thing around it that does."""
        while path not in self.lines:
            path = path[:-1]
        return Place(shown(self.workspace.file), self.lines[path])


@dataclass(frozen=True, slots=True)
class Sources:
    """Files and names as they were given; None: look beside the project."""

    project: Path
    ma: Path | None
    users: Path | None
    rights: Sequence[str]


def read(workspace: Workspace, syncs: Sequence[Sync], sources: Sources) -> Patient:
    """Raises BadInput for what is not there or is no such thing."""
    settings = [workspace.connection(sync.crm_connection).settings for sync in syncs]
    crm = next((one for one in settings if isinstance(one, SalesforcePart)), None)
    if crm is None:
        raise BadInput(
            "no sync of this workspace writes to a CRM that a project describes",
            where=str(workspace.file),
            remedy="An SFDX project describes Salesforce.",
        )
    ma = next(
        (
            one
            for sync in syncs
            if isinstance(one := workspace.connection(sync.ma_connection).settings, HubSpotPart)
        ),
        None,
    )
    project = read_metadata(sources.project, sources.rights, crm.key_field)
    troubles = [
        one for one in (_damage(sources.project / name) for name in _unnamed(sources)) if one is not None
    ]
    damaged = {one.place.file for one in troubles}
    export = _export(sources, damaged, ma.key_property if ma is not None else "awase_key")
    owners: dict[Side, Sequence[OwnerLike]] = {}
    users = _content(sources.users, sources.project / USERS_FILE, damaged)
    if users is not None:
        owners["crm"] = read_users(users[1], where=shown(users[0]))
    if export is not None and export.owners is not None:
        owners["ma"] = export.owners
    known = _known(project, export, owners, syncs)
    return Patient(workspace, lines_in(workspace), project, export, known, tuple(troubles))


def lines_in(workspace: Workspace) -> Mapping[ConfigurationPath, int]:
    """Where each thing of the configuration stands."""
    return lines_of(workspace.file.read_text(encoding="utf-8").removeprefix("\ufeff"))


def _known(
    project: Project, export: Export | None, owners: Mapping[Side, Sequence[OwnerLike]], syncs: Sequence[Sync]
) -> Known:
    def absence(side: Side, object: str, field: str) -> Level | None:
        if side == "ma":
            return Level.CERTAIN if field else None  # an export need not hold every object
        return _SURE[project.sure_of_absence(object, field)]

    # The configuration may write an object's name otherwise than we do (contacts, Contact).
    named = {sync.ma_object: canonical_object(sync.ma_object) for sync in syncs}
    ma = None
    if export is not None:
        there = export.schema.objects
        ma = Schema({name: there[own] for name, own in named.items() if own in there})
    return Known(
        crm=project.schema,
        absence=absence,
        ma=ma,
        forms=tuple(_named_as(export.forms, named)) if export is not None else (),
        several_lines=frozenset(
            (name, field)
            for name, own in named.items()
            for object, field in (export.several_lines if export is not None else ())
            if object == own
        ),
        owners=owners,
        hidden=project.hidden,
        consent={
            "crm": CONSENT_FIELDS,
            "ma": {name: MA_CONSENT[own] for name, own in named.items() if own in MA_CONSENT},
        },
        opt_outs=dict.fromkeys(CONSENT_FIELDS, OPT_OUT_FIELD),
        layouts={
            object: {layout.name: layout.fields for layout in layouts}
            for object, layouts in project.layouts.items()
        },
    )


def _named_as(forms: Sequence[Form], named: Mapping[str, str]) -> Iterator[Form]:
    """Forms whose fields name objects as the configuration does; ``named``: its name → ours."""
    for form in forms:
        fields = tuple(
            replace(field, object=name)
            for field in form.fields
            for name, own in named.items()
            if own == field.object
        )
        yield replace(form, fields=fields)


def read_metadata(folder: Path, rights: Sequence[str], key_field: str = "Awase_Key__c") -> Project:
    """The project in ``folder``, seen with ``rights``. Raises BadInput or UnknownName."""
    present(folder)
    files = {shown(file): bytes_of(file) for file in _metadata(folder)}
    if not files:
        raise BadInput(
            "the folder holds no metadata of objects or fields",
            where=str(folder),
            remedy="Name a folder with an SFDX project.",
        )
    project = read_project(files, key_field=key_field, rights=rights)
    for name in project.unknown_rights:
        if broken := project.broken_rights.get(name):
            raise BadInput(
                "the permission set or profile “{name}” cannot be read",
                where=_at(project, broken),
                remedy="Correct the file; without --permission-set NAME, everything else is read all the same.",
                name=name,
            )
    if project.unknown_rights:
        raise UnknownName(
            "the project holds no permission set or profile “{name}”",
            where=str(folder),
            remedy="Retrieve it, or correct the name.",
            name=project.unknown_rights[0],
        )
    return project


def _at(project: Project, file: str) -> str:
    """``file`` with the line of its first trouble."""
    return next(f"{file}:{one.place.line}" for one in project.troubles if one.place.file == file)


def present(folder: Path) -> None:
    """Raises BadInput where the project's folder is none."""
    if not folder.is_dir():
        raise BadInput(
            "there is no such folder",
            where=str(folder),
            remedy="Name a folder with an SFDX project.",
        )


def _metadata(folder: Path) -> Iterator[Path]:
    """Metadata files below ``folder``, in order; neither hidden folders nor links are followed."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "node_modules")
        for name in sorted(names):
            file = Path(here, name)
            if is_metadata(f"{Path(here).name}/{name}") and not file.is_symlink():
                yield file


def _unnamed(sources: Sources) -> Iterator[str]:
    """Files that are read because they stand beside the project: one that is broken stops nothing else."""
    if sources.ma is None:
        yield MA_FILE
    if sources.users is None:
        yield USERS_FILE


def _damage(file: Path) -> Trouble | None:
    """Where a file is no JSON; None where it is, or is not there."""
    if not file.is_file():
        return None
    content = bytes_of(file)
    try:
        msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        return Trouble(
            Place(shown(file), line_of(content, problem)), words="the file is no valid JSON from this line on"
        )
    return None


def line_of(content: bytes, problem: Exception) -> int:
    """The line, from 1, at which reading ``content`` as JSON ended; the last where it ended too early."""
    named = re.search(r"\(byte (\d+)\)", str(problem))
    return content.rstrip().count(b"\n", 0, int(named[1]) if named else None) + 1


def _export(sources: Sources, damaged: Collection[str], key_property: str) -> Export | None:
    found = _content(sources.ma, sources.project / MA_FILE, damaged)
    if found is None:
        return None
    return read_export(found[1], key_property=key_property, where=shown(found[0]))


def _content(named: Path | None, usual: Path, damaged: Collection[str]) -> tuple[Path, bytes] | None:
    file = named or (usual if usual.is_file() and shown(usual) not in damaged else None)
    if file is None:
        return None
    if damage := _damage(file):
        raise BadInput(damage.words, where=f"{damage.place.file}:{damage.place.line}")
    return file, bytes_of(file)


def bytes_of(file: Path) -> bytes:
    """What stands in ``file``. Raises BadInput."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise BadInput("there is no such file", where=str(file)) from None
    except OSError as problem:
        raise BadInput(
            "the file cannot be read: {words}", where=str(file), words=problem.strerror or ""
        ) from None


def shown(file: Path) -> str:
    """A file as reports name it: from the present folder where it is below, with ``/``."""
    try:
        return file.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return file.as_posix()


def beside(project: Path, directory: Path) -> Path:
    """The folder of the configuration: the one asked for, or the project's own where only that has one."""
    if not (directory / FILE_NAME).is_file() and (project / FILE_NAME).is_file():
        return project
    return directory
