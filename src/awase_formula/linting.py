"""Whether formulas parse and compile, and what they need: a text file, JSON lines, or a folder of metadata."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awase_formula.checking import check
from awase_formula.compiling import compile
from awase_formula.errors import FormulaError, FormulaSyntaxError, UnreadableFile
from awase_formula.kinds import NO_SCHEMA, Schema
from awase_formula.metadata import Broken, Project, Rule, read_file, read_project
from awase_formula.parser import parse


@dataclass(frozen=True, slots=True)
class Finding:
    """One formula. ``error`` is empty where it parsed and compiled; ``line`` is the formula's own line in ``file``."""

    file: str
    line: int
    object: str
    name: str
    parsed: bool
    compiled: bool
    vectorised: bool
    needs: tuple[str, ...]
    error: str

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
    if path.suffix in (".xml", ".object"):
        project = Project()
        read_file(path, project)
        yield from _project(project)
        return
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{path}: cannot be read ({error})") from error
    if _is_json_lines(path, text):
        yield from _json_lines(path, text)
    else:
        for line, formula in formulas_of(text):
            yield finding(formula, file=str(path), line=line)


def finding(
    text: str, *, file: str = "", line: int = 1, object: str = "", name: str = "", schema: Schema = NO_SCHEMA
) -> Finding:
    """What is to say of one formula."""
    try:
        formula = parse(text)
    except FormulaSyntaxError as error:
        return Finding(file, line, object, name, False, False, False, (), f"{error.code} {error}")
    checked = check(formula, schema)
    try:
        compiled = compile(formula, schema)
    except FormulaError as error:
        return Finding(file, line, object, name, True, False, False, checked.needs, f"{error.code} {error}")
    return Finding(file, line, object, name, True, True, compiled.vectorised, checked.needs, "")


def formulas_of(text: str) -> list[tuple[int, str]]:
    """The formulas of a text with their lines: one, unless it is none as a whole and most of its lines are one each."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > 1 and not _parses(text) and sum(_parses(line) for _, line in lines) * 2 > len(lines):
        return lines
    return [(1, text)]


def _parses(text: str) -> bool:
    try:
        parse(text)
    except FormulaSyntaxError:
        return False
    return True


def _is_json_lines(path: Path, text: str) -> bool:
    if path.suffix in (".jsonl", ".ndjson"):
        return True
    try:
        return isinstance(json.loads(text.lstrip().split("\n", 1)[0]), dict)
    except ValueError:
        return False


def _json_lines(path: Path, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            document = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield _unread(path, number, f"is no JSON ({error})")
            continue
        formula = document.get("formula") if isinstance(document, dict) else None
        if not isinstance(formula, str):
            yield _unread(path, number, 'has no "formula"')
            continue
        object_, name = document.get("object"), document.get("name")
        yield finding(formula, file=str(path), line=number, object=str(object_ or ""), name=str(name or ""))


def _project(project: Project) -> Iterator[Finding]:
    for rule in project.rules:
        if isinstance(rule, Broken):
            yield _unread(rule.file, rule.line, rule.message)
        else:
            yield _rule(rule, project.schema(rule.object))


def _rule(rule: Rule, schema: Schema) -> Finding:
    return finding(
        rule.formula, file=str(rule.file), line=rule.line, object=rule.object, name=rule.name, schema=schema
    )


def _unread(path: Path, line: int, message: str) -> Finding:
    return Finding(
        str(path), line, "", "", False, False, False, (), f"{UnreadableFile.code} {path}:{line}: {message}"
    )
