"""Reading a whole project: every file by what its name says it is; one that is broken is told, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import unquote

from awase.connectors.salesforce.setup import PERMISSION_SET
from awase.connectors.salesforce.sfdx.conditions import trouble_of, wrong_with
from awase.connectors.salesforce.sfdx.custom_metadata import values_of
from awase.connectors.salesforce.sfdx.elements import is_true, unknown_elements
from awase.connectors.salesforce.sfdx.found import Layout, Place, Project, Trouble
from awase.connectors.salesforce.sfdx.labels import standard_labels, translated
from awase.connectors.salesforce.sfdx.objects import ObjectParts, as_object
from awase.connectors.salesforce.sfdx.picklists import options_of
from awase.connectors.salesforce.sfdx.places import KnownPlaces, known_places
from awase.connectors.salesforce.sfdx.rights import rights_of
from awase.connectors.salesforce.sfdx.standard import NAMES
from awase.core.checks.rules import globals_read
from awase.core.doctor.headings import Withheld
from awase.core.schema import Globals, ObjectSchema, Option, Rule, Schema, with_globals
from awase_formula import FormulaSyntaxError
from awase_formula.metadata import BrokenXml, Element, read_xml

NO_RIGHTS = "none"
"""Asked for in place of a permission set: nothing is hidden and nothing forbidden."""
_ROOTS = {
    "object": "CustomObject",
    "field": "CustomField",
    "validationRule": "ValidationRule",
    "globalValueSet": "GlobalValueSet",
    "standardValueSet": "StandardValueSet",
    "permissionset": "PermissionSet",
    "profile": "Profile",
    "layout": "Layout",
    "settings": "AddressSettings",
    "md": "CustomMetadata",
    "fieldTranslation": "CustomFieldTranslation",
    "objectTranslation": "CustomObjectTranslation",
}
"""Ending of a file's name → the root element it must have. Source format adds ``-meta.xml`` (confirmed)."""
_TRANSLATIONS = frozenset({"CustomFieldTranslation", "CustomObjectTranslation"})
_WHOLE = _TRANSLATIONS | {
    "CustomObject",
    "PermissionSet",
    "Profile",
    "Layout",
    "AddressSettings",
    "CustomMetadata",
}
"""Roots that hold far more than concerns us: their unknown elements say nothing."""
_GRANTING = frozenset({"PermissionSet", "Profile"})
_MEANINGS = {
    "save it as UTF-8": "it is no UTF-8 text; save it as UTF-8.",
    "larger than any": "it is larger than any metadata file.",
    "nests too deeply": "its elements nest too deeply.",
    "document type": "it declares a document type, which metadata files do not have.",
    "mismatched tag": "an element is closed by the end tag of another, or by a misspelt one.",
    "not well-formed (invalid token)": "a character stands where XML allows none; & is written &amp; and < is written &lt;.",
    "no element found": "it is empty, or ends before its elements are closed.",
    "unclosed token": "it ends inside a tag.",
    "junk after document element": "something stands behind its last end tag.",
    "undefined entity": "it uses a sign like &name; that XML does not know; & is written &amp;.",
    "encoding": "it is not in the encoding that it declares.",
}
"""Part of the parser's words → what is wrong."""
_SETTINGS = "Address"
"""The only settings that concern us."""
_RECORDS = "customMetadata"
"""The folder of records in metadata format, whose files end like any text that people read."""


def is_metadata(name: str) -> bool:
    """Whether a file of this name, with the folder it is in, is one that ``read_project`` reads."""
    match _ending(name):
        case "settings":
            return _stem(name) == _SETTINGS
        case "md":
            return name.endswith("-meta.xml") or PurePosixPath(name).parent.name == _RECORDS
        case ending:
            return ending in _ROOTS


def read_project(
    files: Mapping[str, bytes], *, key_field: str = "Awase_Key__c", rights: Sequence[str] = ()
) -> Project:
    """The org that ``files`` (path → content) describe, seen by somebody with the permission sets and profiles ``rights``.

    Without any, those of the set that ``awase connect --setup`` writes count, if it is there; else, and with ``none``,
    nothing is hidden.
    """
    reading = _Reading()
    for file, content in sorted(files.items()):
        reading.read(file, content)
    return reading.project(key_field, rights)


@dataclass(slots=True)
class _Reading:
    troubles: list[Trouble] = field(default_factory=list)
    objects: dict[str, ObjectParts] = field(default_factory=dict)
    sets: dict[str, tuple[Option, ...]] = field(default_factory=dict)
    granting: dict[str, Element] = field(default_factory=dict)
    broken_rights: dict[str, str] = field(default_factory=dict)
    unread: set[tuple[str, str]] = field(default_factory=set)
    layouts: dict[str, list[Layout]] = field(default_factory=dict)
    labels: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    places: KnownPlaces | None = None
    asleep: list[Rule] = field(default_factory=list)
    records: dict[tuple[str, str], Element] = field(default_factory=dict)
    rule_places: dict[tuple[str, str], Place] = field(default_factory=dict)

    def read(self, file: str, content: bytes) -> None:
        wanted = _ROOTS.get(_ending(file))
        if wanted is None or not is_metadata(file):
            return
        try:
            root = read_xml(content)
        except BrokenXml as error:
            self._tell(file, error.line, "the file cannot be read: {reason}", reason=_meaning(error))
            self._miss(file, wanted)
            return
        if root.name != wanted:
            self._tell(
                file, root.line, "the file holds a {found}, not a {wanted}", found=root.name, wanted=wanted
            )
            self._miss(file, wanted)
            return
        if wanted not in _WHOLE:
            self.troubles += unknown_elements(root, wanted, file)
        self._keep(file, root)

    def _miss(self, file: str, wanted: str) -> None:
        """Remember what a broken file would have told, so that nobody says it is not there."""
        if wanted in _GRANTING:
            self.broken_rights[_stem(file)] = file
        elif wanted == "CustomField":
            self.unread.add((_owner(file), _stem(file)))
        elif wanted == "CustomObject" and not file.endswith(
            "-meta.xml"
        ):  # in source format fields stand apart
            self.unread.add((_stem(file), ""))

    def _keep(self, file: str, root: Element) -> None:
        name = _stem(file)
        match root.name:
            case "CustomObject":
                parts = self._object(name)
                parts.root = root
                for element in root.all("fields"):
                    self.troubles += unknown_elements(element, "CustomField", file)
                    self._field(name, element, file, "")
                for element in root.all("validationRules"):
                    self.troubles += unknown_elements(element, "ValidationRule", file)
                    self._rule(name, element, file, "")
            case "CustomField":
                self._field(_owner(file), root, file, name)
            case "ValidationRule":
                self._rule(_owner(file), root, file, name)
            case "GlobalValueSet":
                self.sets[name] = options_of(root.all("customValue"))
            case "StandardValueSet":
                self.sets[name] = options_of(root.all("standardValue"))
            case "CustomMetadata":
                type, _, record = name.partition(".")
                self.records[f"{type}__mdt", record] = root
            case "AddressSettings":
                self.places = known_places(root)
            case "CustomFieldTranslation" | "CustomObjectTranslation":
                # Lead-ja/Rank__c.fieldTranslation, or Lead-ja.objectTranslation
                whole = root.name == "CustomObjectTranslation"
                of = (name if whole else PurePosixPath(file).parent.name).rpartition("-")[0]
                for each, label in translated(root, name):
                    self.labels.setdefault(of, {}).setdefault(each, []).append(label)
            case "Layout":
                object, _, title = name.partition("-")
                self.layouts.setdefault(object, []).append(_layout(title, root, file))
            case _:
                self.granting[name] = root

    def _object(self, name: str) -> ObjectParts:
        return self.objects.setdefault(name, ObjectParts(name))

    def _field(self, object: str, element: Element, file: str, name: str) -> None:
        name = element.value("fullName") or name
        if not name:
            self._tell(file, element.line, "a field has no name")
            return
        for said in element.all("valueSet"):
            self.troubles += unknown_elements(said, "valueSet", file)
        fields = self._object(object).fields
        if name in fields:
            self._tell_twice(file, element.line, f"{object}.{name}", fields[name][1])
        fields[name] = (element, Place(file, element.line))

    def _rule(self, object: str, element: Element, file: str, name: str) -> None:
        name = element.value("fullName") or name
        formula = element.first("errorConditionFormula")
        if formula is None or not formula.text.strip():
            self._tell(file, element.line, "the rule {name} has no errorConditionFormula", name=name)
            return
        if (object, name) in self.rule_places:
            self._tell_twice(file, formula.line, f"{object}.{name}", self.rule_places[object, name])
            own = self._object(object)
            own.rules = [one for one in own.rules if one.name != name]
            self.asleep = [one for one in self.asleep if (one.object, one.name) != (object, name)]
        self.rule_places[object, name] = Place(file, formula.line)
        active = is_true(element, "active", default=True)
        error = wrong_with(formula.text)
        if error is not None and active:
            self.troubles.append(trouble_of(error, name, formula, file))
        if isinstance(error, FormulaSyntaxError):
            return
        rule = Rule(
            id=f"{object}.{name}",
            object=object,
            name=name,
            formula=formula.text,
            message=element.value("errorMessage"),
            field=element.value("errorDisplayField"),
        )
        (self._object(object).rules if active else self.asleep).append(rule)

    def _globals(self, objects: Iterable[ObjectSchema]) -> Globals:
        """What rules read of custom metadata, which rights do not keep from them; those that are switched off too."""
        asleep = (ObjectSchema(rule.object, rule.object, {}, rules=(rule,)) for rule in self.asleep)
        read = {name for object in (*objects, *asleep) for name in globals_read(object)}
        types = {
            name: as_object(self._object(name), self.sets, None, "").schema
            for name in sorted({type for type, _ in self.records} & self.objects.keys())
        }
        return values_of(read, types, self.records)

    def _labels(self, object: str) -> dict[str, tuple[str, ...]]:
        """Standard ones, then the project's own."""
        found = dict(standard_labels(object))
        for name, labels in self.labels.get(object, {}).items():
            found[name] = (*found.get(name, ()), *labels)
        return found

    def _tell(self, file: str, line: int, words: str, **places: str) -> None:
        self.troubles.append(Trouble(Place(file, line), words, places=places))

    def _tell_twice(self, file: str, line: int, name: str, before: Place) -> None:
        self.troubles.append(
            Trouble(
                Place(file, line),
                kind="metadata_twice",
                words="{name} is defined in {file}:{line} too; what stands here was taken",
                places={"name": name, "file": before.file, "line": str(before.line)},
            )
        )

    def project(self, key_field: str, wanted: Sequence[str]) -> Project:
        names = tuple(wanted) or tuple(name for name in (PERMISSION_SET,) if name in self.granting)
        if names == (NO_RIGHTS,) and NO_RIGHTS not in self.granting:
            names = ()
        known = tuple(name for name in names if name in self.granting)
        rights = rights_of(self.granting, known) if known else None
        objects: dict[str, ObjectSchema] = {}
        withheld: dict[str, Withheld] = {}
        for name in sorted({*self.objects, *NAMES}):
            made = as_object(self._object(name), self.sets, rights, key_field, self.places)
            objects[name] = made.schema
            withheld[name] = made.withheld
            self.troubles += made.troubles
            self.unread |= {(name, one) for one in made.unread}
        return Project(
            schema=with_globals(Schema(objects), self._globals(objects.values())),
            troubles=tuple(sorted(self.troubles, key=lambda each: (each.place.file, each.place.line))),
            fields={
                (o, name): at for o, parts in self.objects.items() for name, (_, at) in parts.fields.items()
            },
            rules=self.rule_places,
            asleep=tuple(self.asleep),
            layouts={name: tuple(each) for name, each in self.layouts.items()},
            labels={name: self._labels(name) for name in objects},
            partial=frozenset(name for name, parts in self.objects.items() if parts.is_partial),
            hidden=frozenset((name, each) for name, kept in withheld.items() for each in kept.hidden),
            withheld=withheld,
            rights=known,
            broken_rights=self.broken_rights,
            unread=frozenset(self.unread),
            unknown_rights=tuple(name for name in names if name not in self.granting),
        )


def _meaning(error: BrokenXml) -> str:
    return next((said for words, said in _MEANINGS.items() if words in error.message), error.message)


def _layout(title: str, root: Element, file: str) -> Layout:
    items = (
        item
        for section in root.all("layoutSections")
        for column in section.all("layoutColumns")
        for item in column.all("layoutItems")
    )
    return Layout(
        unquote(title), Place(file, root.line), frozenset(_filled(item.value("field") for item in items))
    )


def _filled(texts: Iterable[str]) -> Iterator[str]:
    return (text for text in texts if text)


def _ending(file: str) -> str:
    return PurePosixPath(file).name.removesuffix("-meta.xml").rpartition(".")[2]


def _stem(file: str) -> str:
    return PurePosixPath(file).name.removesuffix("-meta.xml").rpartition(".")[0]


def _owner(file: str) -> str:
    """``objects/Lead/fields/X.field-meta.xml`` is one of Lead's."""
    return PurePosixPath(file).parent.parent.name
