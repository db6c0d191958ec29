"""Validation rules and field types from a Salesforce DX project or a metadata-API folder, read with care.

No entity is expanded and no document type accepted; a file that is broken is reported with its line, and the rest goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from awase_formula.kinds import Field, Kind, Schema

_READ = (".validationRule-meta.xml", ".object", ".object-meta.xml", ".field-meta.xml")
_LARGEST = 50_000_000
_DEEPEST = 100
_BAD_SIGN = "not well-formed (invalid token)"


class BrokenXml(Exception):
    """A file that is no XML we read; ``line`` from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(slots=True)
class Element:
    """One element: its name without namespace, its own text, its line and what is in it."""

    name: str
    line: int
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Element]:
        """Direct children of a name."""
        return (child for child in self.children if child.name == name)

    def first(self, name: str) -> Element | None:
        """The first direct child of a name."""
        return next(self.all(name), None)

    def value(self, name: str) -> str:
        """The text of the first child of a name, stripped; empty where there is none."""
        child = self.first(name)
        return "" if child is None else child.text.strip()


def read_xml(data: bytes) -> Element:
    """The root element of a document. Raises ``BrokenXml``."""
    if len(data) > _LARGEST:
        raise BrokenXml("is larger than any metadata file", 1)
    parser = expat.ParserCreate()
    root = Element("", 0)
    stack = [root]

    def start(name: str, _attributes: object) -> None:
        if len(stack) > _DEEPEST:
            raise BrokenXml("nests too deeply", parser.CurrentLineNumber)
        element = Element(name.rsplit(":", 1)[-1], parser.CurrentLineNumber)
        stack[-1].children.append(element)
        stack.append(element)

    def text(data: str) -> None:
        stack[-1].text += data

    def refuse(*_: object) -> None:
        raise BrokenXml(
            "declares a document type, which metadata files do not have", parser.CurrentLineNumber
        )

    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: stack.pop() and None
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        fault = expat.ErrorString(error.code)
        advice = "; save it as UTF-8" if fault == _BAD_SIGN and not _is_utf8(data) else ""
        raise BrokenXml(f"is no well-formed XML ({fault}){advice}", error.lineno) from None
    except (LookupError, ValueError) as error:
        raise BrokenXml(f"cannot be decoded ({error}); save it as UTF-8", 1) from None
    return root.children[0]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """A validation rule as it is stored. ``line`` is where its formula begins in ``file``."""

    file: Path
    line: int
    object: str
    name: str
    formula: str
    active: bool = True
    message: str = ""
    display_field: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A file, or a rule in it, that could not be read."""

    file: Path
    line: int
    message: str


@dataclass(slots=True)
class Project:
    """What a folder holds: rules in order of their files, what is broken, and the field types of each object."""

    rules: list[Rule | Broken] = field(default_factory=list)
    fields: dict[str, dict[str, Field]] = field(default_factory=dict)

    def schema(self, object_: str) -> Schema:
        """What is known of an object's fields; standard fields are not in a project, so it is never complete."""
        return Schema(self.fields.get(object_, {}))


def read_project(folder: Path) -> Project:
    """Read every rule and field below a folder, source format and metadata-API format alike."""
    project = Project()
    for path in sorted(_below(folder, project)):
        read_file(path, project)
    return project


def _below(folder: Path, project: Project) -> Iterator[Path]:
    """The files of metadata below a folder, links to what is not there included; a folder that may not be read is broken."""

    def refuse(error: OSError) -> None:
        project.rules.append(Broken(Path(error.filename), 1, f"cannot be read ({error.strerror})"))

    for place, _, names in os.walk(folder, onerror=refuse):
        yield from (Path(place, name) for name in names if name.endswith(_READ))


def read_file(path: Path, project: Project) -> None:
    """Add what one metadata file holds."""
    try:
        root = read_xml(path.read_bytes())
    except BrokenXml as error:
        project.rules.append(Broken(path, error.line, error.message))
        return
    except OSError as error:
        project.rules.append(Broken(path, 1, f"cannot be read ({error.strerror})"))
        return
    if root.name == "ValidationRule":
        project.rules.extend(_rules([root], path, _owner(path)))
    elif root.name == "CustomField":
        _add_fields([root], project, _owner(path))
    elif root.name == "CustomObject":
        object_ = path.name.split(".", 1)[0]
        _add_fields(root.all("fields"), project, object_)
        project.rules.extend(_rules(root.all("validationRules"), path, object_))
    else:
        project.rules.append(Broken(path, root.line, f"is a {root.name}, not the metadata its name says"))


def _owner(path: Path) -> str:
    return path.parent.parent.name if path.parent.name in ("validationRules", "fields") else path.parent.name


def _rules(elements: Iterable[Element], path: Path, object_: str) -> Iterator[Rule | Broken]:
    for element in elements:
        formula = element.first("errorConditionFormula")
        name = element.value("fullName") or path.name.split(".", 1)[0]
        if formula is None or not formula.text.strip():
            yield Broken(path, element.line, f"the rule {name} has no errorConditionFormula")
            continue
        if formula.children:
            inner = formula.children[0]
            yield Broken(
                path, inner.line, f"the formula of {name} holds an element {inner.name}; write &lt; for <"
            )
            continue
        active = element.value("active").casefold() != "false"
        yield Rule(
            path,
            formula.line,
            object_,
            name,
            formula.text,
            active,
            element.value("errorMessage"),
            element.value("errorDisplayField"),
        )


_TYPES = {
    "AutoNumber": Kind.TEXT,
    "Checkbox": Kind.BOOLEAN,
    "Currency": Kind.NUMBER,
    "Date": Kind.DATE,
    "DateTime": Kind.DATETIME,
    "Location": Kind.LOCATION,
    "Lookup": Kind.ID,
    "MasterDetail": Kind.ID,
    "Hierarchy": Kind.ID,
    "MultiselectPicklist": Kind.MULTIPICKLIST,
    "Number": Kind.NUMBER,
    "Percent": Kind.NUMBER,
    "Picklist": Kind.PICKLIST,
    "Summary": Kind.NUMBER,
    "Time": Kind.TIME,
}


def _add_fields(elements: Iterable[Element], project: Project, object_: str) -> None:
    for element in elements:
        kind, name = element.value("type"), element.value("fullName")
        if name and kind:
            scale = element.value("scale")
            project.fields.setdefault(object_, {})[name] = Field(
                _TYPES.get(kind, Kind.TEXT),
                scale=int(scale) if scale.isdigit() else None,
                percent=kind == "Percent",
            )
