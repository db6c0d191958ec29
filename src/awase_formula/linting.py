"""Whether formulas parse and compile, and what they need: a text file, JSON lines, or a folder of metadata."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awase_formula.certainty import impossible, not_a_condition
from awase_formula.checking import check
from awase_formula.compiling import compile
from awase_formula.errors import FormulaError, FormulaSyntaxError, FormulaTypeError, UnreadableFile
from awase_formula.files import json_of, text_of
from awase_formula.kinds import NO_SCHEMA, Schema
from awase_formula.metadata import Broken, Project, Rule, read_file, read_project
from awase_formula.parser import parse
from awase_formula.tree import Formula


class Home(enum.Enum):
    """What a place in a formula's text says of the file that it was read from."""

    TEXT = "its lines and columns are the file's"
    METADATA = "its lines are the file's; columns are not, where a character is written as an entity"
    JSON = "it stands on one line of the file, whatever lines it has"


@dataclass(frozen=True, slots=True)
class Finding:
    """One formula. ``line`` is where it begins in ``file``.

    ``error`` is empty where it parsed and compiled; its place counts from the formula's own beginning. ``trouble`` is the
    same as it was raised, None where there is none or the file itself could not be read; ``home``: where it was read.
    """

    file: str
    line: int
    object: str
    name: str
    parsed: bool
    compiled: bool
    vectorised: bool
    needs: tuple[str, ...]
    error: str
    trouble: FormulaError | None = None
    home: Home = Home.JSON

    def told(self) -> str:
        """One line for people: the place in the file first, once."""
        whose = ".".join(filter(None, (self.object, self.name)))
        return f"{self.place()}: {whose + ': ' if whose else ''}{self._words()}"

    def place(self) -> str:
        """``file:line`` where the formula begins or, where something is wrong with it, where that stands."""
        at = self.trouble.at if self.trouble else None
        if at is None or self.home is Home.JSON:
            return f"{self.file}:{self.line}"
        line = self.line + at.line - 1
        return f"{self.file}:{line}:{at.column}" if self.home is Home.TEXT else f"{self.file}:{line}"

    def _words(self) -> str:
        if not self.error:
            return f"ok, needs {', '.join(self.needs)}" if self.needs else "ok"
        if self.trouble is None:
            return self.error.replace(f"{self.file}:{self.line}: ", "", 1)
        reason = self.trouble.message if self.home is Home.TEXT else self.trouble.in_formula()
        return f"{self.trouble.code} {reason}"

    def document(self) -> dict[str, Any]:
        """As the command writes it."""
        return {
            "file": self.file,
            "line": self.line,
            "object": self.object or None,
            "name": self.name or None,
            "parsed": self.parsed,
            "compiled": self.compiled,
            "vectorised": self.vectorised,
            "needs": list(self.needs),
            "error": self.error or None,
        }


def lint(path: Path) -> Iterator[Finding]:
    """A finding for each formula of a file or folder, in order. Raises ``UnreadableFile`` where there is nothing to read."""
    if path.is_dir():
        yield from _project(read_project(path))
        return
    if path.suffix in (".xml", ".object") and path.exists():
        project = Project()
        read_file(path, project)
        yield from _project(project)
        return
    text = text_of(path)
    if _is_one_json(text):
        raise UnreadableFile(f"{path}: is one JSON document; write one object with formula on each line")
    if _is_json_lines(path, text):
        yield from _json_lines(path, text)
    else:
        for line, formula in formulas_of(text):
            yield finding(formula, file=str(path), line=line)


def finding(
    text: str,
    *,
    file: str = "",
    line: int = 1,
    object: str = "",
    name: str = "",
    schema: Schema = NO_SCHEMA,
    home: Home = Home.TEXT,
    is_rule: bool = False,
) -> Finding:
    """What is to say of one formula. ``is_rule``: it is a validation rule's condition, and must be TRUE or FALSE."""
    try:
        formula = parse(text)
    except FormulaSyntaxError as error:
        return Finding(
            file, line, object, name, False, False, False, (), f"{error.code} {error}", error, home
        )
    needs = check(formula, schema).needs
    try:
        compiled = compile(formula, schema)
        _refuse_the_impossible(formula, schema, is_rule)
    except FormulaError as error:
        return Finding(
            file, line, object, name, True, False, False, needs, f"{error.code} {error}", error, home
        )
    return Finding(file, line, object, name, True, True, compiled.vectorised, needs, "", home=home)


def _refuse_the_impossible(formula: Formula, schema: Schema, is_rule: bool) -> None:
    """Raise ``FormulaTypeError`` for what no org saves, whatever its fields are."""
    problem = next(iter(impossible(formula)), None)
    if problem is None and is_rule:
        problem = not_a_condition(formula, schema)
    if problem is not None:
        raise FormulaTypeError(problem.message, problem.at)


def formulas_of(text: str) -> list[tuple[int, str]]:
    """The formulas of a text with their lines: one, unless it is none as a whole and most of its lines are one each."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) > 1 and not _parses(text) and sum(_parses(line) for _, line in lines) * 2 > len(lines):
        return lines
    return [(1, text)]


def _parses(text: str) -> bool:
    try:
        parse(text)
    except FormulaSyntaxError:
        return False
    return True


def _is_one_json(text: str) -> bool:
    """Whether a file holds a JSON list, or an object that goes over several lines."""
    body = text.strip()
    if not body.startswith(("[", "{")) or ("\n" not in body and body.startswith("{")):
        return False
    try:
        json_of(body)
    except ValueError:
        return False
    return True


def _is_json_lines(path: Path, text: str) -> bool:
    if path.suffix in (".jsonl", ".ndjson"):
        return True
    try:
        return isinstance(json_of(text.lstrip().split("\n", 1)[0]), dict)
    except ValueError:
        return False


def _json_lines(path: Path, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            document = json_of(line)
        except ValueError as error:
            yield _unread(path, number, str(error))
            continue
        formula = document.get("formula") if isinstance(document, dict) else None
        if not isinstance(formula, str):
            yield _unread(
                path,
                number,
                'has no "formula"; a line is a JSON object with formula and, if you like, object and name',
            )
            continue
        object_, name = document.get("object"), document.get("name")
        yield finding(
            formula,
            file=str(path),
            line=number,
            object=str(object_ or ""),
            name=str(name or ""),
            home=Home.JSON,
        )


def _project(project: Project) -> Iterator[Finding]:
    for rule in project.rules:
        if isinstance(rule, Broken):
            yield _unread(rule.file, rule.line, rule.message)
        else:
            yield _rule(rule, project.schema(rule.object))


def _rule(rule: Rule, schema: Schema) -> Finding:
    return finding(
        rule.formula,
        file=str(rule.file),
        line=rule.line,
        object=rule.object,
        name=rule.name,
        schema=schema,
        home=Home.METADATA,
        is_rule=True,
    )


def _unread(path: Path, line: int, message: str) -> Finding:
    return Finding(
        str(path), line, "", "", False, False, False, (), f"{UnreadableFile.code} {path}:{line}: {message}"
    )
