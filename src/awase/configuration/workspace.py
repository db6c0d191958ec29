"""``awase.toml`` as values: a workspace with its connections and syncs, or the first mistake in it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import inspect

from awase.configuration.check import Checker, convert
from awase.configuration.conditions import condition_of, filter_of
from awase.configuration.document import (
    Document,
    FieldPart,
    HubSpotPart,
    LeaveListPart,
    PoliciesPart,
    SalesforcePart,
    SyncPart,
)
from awase.configuration.lines import Path, lines_of
from awase.configuration.times import schedules, write_windows
from awase.configuration.toml_errors import not_toml
from awase.configuration.transforms import steps_of
from awase.core.mapping import (
    OWNERS,
    CreateRule,
    Direction,
    FieldMapping,
    MatchAs,
    OnConflict,
    OnDelete,
    Sync,
    Through,
    WithoutPartner,
    parents_first,
)
from awase.core.schedule import Schedule, WriteWindows
from awase.errors import BadConfiguration, UnknownName

FILE_NAME = "awase.toml"

Language: TypeAlias = Literal["ja", "en"]
VendorSettings: TypeAlias = HubSpotPart | SalesforcePart

_DOCUMENT = inspect.type_info(Document)


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """One connection as configured; credentials and mode live in the store."""

    name: str
    vendor: str
    settings: VendorSettings

    @property
    def address(self) -> str:
        """Where signing in begins; decides whether this is a practice connection."""
        return self.settings.base_url if isinstance(self.settings, HubSpotPart) else self.settings.login_url


@dataclass(frozen=True, slots=True)
class Workspace:
    name: str
    time_zone: str
    language: Language | None
    connections: Mapping[str, ConnectionSettings]
    syncs: tuple[Sync, ...]
    file: FilePath
    schedules: Mapping[str, Schedule]
    """By sync; one that is not named runs only when told to."""
    write_windows: Mapping[str, WriteWindows]
    """By sync: its own, else the workspace's. Beside the syncs, for they change no plan."""
    drift_every: timedelta | None
    """How often a worker looks for changed settings; None: never."""

    def sync(self, name: str | None) -> Sync:
        """The sync of that name, or the only one. Raises UnknownName."""
        known = {sync.name: sync for sync in self.syncs}
        if name is None and len(known) == 1:
            return self.syncs[0]
        if name is None or name not in known:
            raise UnknownName(
                "there is no sync “{name}”" if name else "say which sync is meant",
                where=str(self.file),
                remedy="Known: {known}.",
                name=name,
                known=", ".join(known) or "-",
            )
        return known[name]

    def connection(self, name: str) -> ConnectionSettings:
        """The connection of that name. Raises UnknownName."""
        if name not in self.connections:
            raise UnknownName(
                "there is no connection “{name}”",
                where=str(self.file),
                remedy="Known: {known}.",
                name=name,
                known=", ".join(self.connections),
            )
        return self.connections[name]


def load(file: FilePath) -> Workspace:
    """The workspace that ``file`` describes. Raises BadConfiguration naming the line."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadConfiguration(
            "there is no such file",
            where=str(file),
            remedy="Begin with `awase init`, or name the folder with -C.",
        ) from None
    except UnicodeDecodeError:
        raise BadConfiguration(
            "the file is not UTF-8 text", where=str(file), remedy="Save it as UTF-8."
        ) from None
    except OSError as problem:
        raise BadConfiguration(
            "the file cannot be read: {words}", where=str(file), words=problem.strerror or ""
        ) from None
    return parse(text.removeprefix("\ufeff"), file)


def language_of(file: FilePath) -> Language | None:
    """The language that a workspace's file asks for, whatever else is wrong with it; None where it does not say."""
    try:
        asked = tomllib.loads(file.read_text("utf-8-sig"))["workspace"]["language"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return asked if asked in ("ja", "en") else None


def parse(text: str, file: FilePath = FilePath(FILE_NAME)) -> Workspace:
    """The workspace that ``text`` describes; ``file`` is for messages."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise not_toml(str(problem), text, file) from None
    checker = Checker(file, lines_of(text))
    checker.check(content, _DOCUMENT)
    document: Document = convert(content, Document)
    _check_zone(document, checker)
    syncs = tuple(_sync(part, place, document, checker) for place, part in enumerate(document.syncs))
    _check_names(document, checker)
    _check_order(syncs, checker)
    return Workspace(
        name=document.workspace.name,
        time_zone=document.workspace.time_zone,
        language=document.workspace.language,
        connections={
            name: ConnectionSettings(name, content["connections"][name]["vendor"], part)
            for name, part in document.connections.items()
        },
        syncs=syncs,
        file=file,
        schedules=schedules(document, checker),
        write_windows=write_windows(document, checker),
        drift_every=timedelta(minutes=document.workspace.drift_minutes) or None,
    )


def _check_zone(document: Document, checker: Checker) -> None:
    try:
        ZoneInfo(document.workspace.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise checker.mistake(
            ("workspace", "time_zone"),
            "there is no time zone “{value}”",
            "Use an IANA name such as Asia/Tokyo.",
            value=document.workspace.time_zone,
        ) from None


def _check_names(document: Document, checker: Checker) -> None:
    seen: set[str] = set()
    for place, part in enumerate(document.syncs):
        if part.name in seen:
            raise checker.mistake(
                ("syncs", place, "name"),
                "there are two syncs named “{value}”",
                "Rename one.",
                value=part.name,
            )
        seen.add(part.name)


def _sync(part: SyncPart, place: int, document: Document, checker: Checker) -> Sync:
    here = ("syncs", place)
    for side, connection in (("ma", part.ma.connection), ("crm", part.crm.connection)):
        if connection not in document.connections:
            raise checker.unknown_name(
                (*here, side, "connection"),
                "there is no connection “{value}”",
                connection,
                document.connections,
            )
    _check_objects(part, place, checker)
    _check_fields(part, place, checker)
    return Sync(
        name=part.name,
        ma_connection=part.ma.connection,
        ma_object=part.ma.object,
        crm_connection=part.crm.connection,
        crm_objects=tuple(part.crm.objects),
        fields=tuple(
            _field(field, part, document, (*here, "fields", i), checker)
            for i, field in enumerate(part.fields)
        ),
        match_on=part.match_on or None,
        match_as=MatchAs(part.match_as),
        crm_ids=part.crm_ids,
        create_as=tuple(
            CreateRule(
                object=rule.object,
                when=tuple(
                    condition_of(c, (*here, "create_as", i, "when", n), checker)
                    for n, c in enumerate(rule.when)
                ),
                needs=tuple(rule.needs),
            )
            for i, rule in enumerate(part.create_as)
        ),
        create_in_ma=part.create_in_ma,
        **_policies(part.policies),
        filter_ma=filter_of(part.filter.ma, (*here, "filter", "ma"), checker),
        filter_crm=filter_of(part.filter.crm, (*here, "filter", "crm"), checker),
        owner_overrides={"crm": part.owners.to_crm, "ma": part.owners.to_ma},
        sweep_seconds=part.sweep_hours * 3_600,
        try_held_seconds=part.try_held_hours * 3_600,
        time_zone=document.workspace.time_zone,
        guard_share=part.guard.share,
        guard_records=part.guard.records,
        guard_released=part.guard.released,
        overlap_seconds=part.overlap_seconds,
    )


def _policies(part: PoliciesPart) -> dict[str, Any]:
    return {
        "update_in_crm": part.update_in_crm,
        "update_in_ma": part.update_in_ma,
        "deleted_in_ma": OnDelete(part.deleted_in_ma),
        "deleted_in_crm": _deleted_in_crm(part),
        "leave_list": part.deleted_in_crm.leave_list
        if isinstance(part.deleted_in_crm, LeaveListPart)
        else "",
        "assignment_rules": part.assignment_rules,
        "allow_duplicates": part.allow_duplicates,
    }


def _deleted_in_crm(part: PoliciesPart) -> OnDelete:
    policy = part.deleted_in_crm
    return OnDelete.LEAVE_LIST if isinstance(policy, LeaveListPart) else OnDelete(policy)


def _field(
    field: FieldPart, part: SyncPart, document: Document, here: Path, checker: Checker
) -> FieldMapping:
    crm = dict.fromkeys(part.crm.objects, field.crm) if isinstance(field.crm, str) else field.crm
    return FieldMapping(
        ma=field.ma,
        crm=crm,
        direction=Direction(field.direction),
        on_conflict=OnConflict(field.on_conflict or part.on_conflict),
        values=field.values,
        to_crm=steps_of(field.to_crm, (*here, "to_crm"), checker),
        to_ma=steps_of(field.to_ma, (*here, "to_ma"), checker),
        through=_through(field, document, here, checker),
        without_partner=WithoutPartner(field.without_partner),
    )


def _through(field: FieldPart, document: Document, here: Path, checker: Checker) -> Through | None:
    if field.through is None:
        return None
    if field.through == OWNERS:
        return Through(OWNERS)
    known = {one.name: one for one in document.syncs}
    if field.through not in known:
        raise checker.unknown_name(
            (*here, "through"), "there is no sync “{value}”", field.through, [*known, OWNERS]
        )
    target = known[field.through]
    return Through(target.name, target.ma.object, tuple(target.crm.objects))


def _check_objects(part: SyncPart, place: int, checker: Checker) -> None:
    """Every CRM object that is named anywhere is one of the sync's."""
    named: list[tuple[tuple[str | int, ...], str]] = [(("crm_ids", o), o) for o in part.crm_ids]
    named += [(("create_as", i, "object"), rule.object) for i, rule in enumerate(part.create_as)]
    for i, field in enumerate(part.fields):
        if isinstance(field.crm, dict):
            named += [(("fields", i, "crm", o), o) for o in field.crm]
    for path, object in named:
        if object not in part.crm.objects:
            raise checker.unknown_name(
                ("syncs", place, *path),
                "“{value}” is not a CRM object of this sync",
                object,
                part.crm.objects,
            )


def _check_fields(part: SyncPart, place: int, checker: Checker) -> None:
    here = ("syncs", place)
    mapped = [field.ma for field in part.fields]
    for i, name in enumerate(mapped):
        if name in mapped[:i]:
            raise checker.mistake(
                (*here, "fields", i, "ma"), "“{value}” is mapped twice", "Remove one mapping.", value=name
            )
    if part.match_on and part.match_on not in mapped:
        raise checker.unknown_name(
            (*here, "match_on") if part.match_on != "email" else here,
            "people are matched on “{value}”, but that field is not mapped",
            part.match_on,
            mapped,
        )
    for i, rule in enumerate(part.create_as):
        for n, name in enumerate(rule.needs):
            if name not in mapped:
                raise checker.unknown_name(
                    (*here, "create_as", i, "needs", n),
                    "“{value}” is needed here, but that field is not mapped",
                    name,
                    mapped,
                )


def _check_order(syncs: Sequence[Sync], checker: Checker) -> None:
    """Records come before those that refer to them; two syncs that wait for each other could never begin."""
    try:
        parents_first(syncs)
    except ValueError as circle:
        raise checker.mistake(
            ("syncs",),
            "these syncs go through each other in a circle: {names}",
            "Take one of the references out; of two that refer to each other, one has to come first.",
            names=str(circle),
        ) from None
