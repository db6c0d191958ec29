"""Every sentence of the code and of the templates that a person may read, found by reading the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

import awase
import awase_formula
from awase import errors
from awase_formula import Kind

SOURCE = Path(awase.__file__).parent
FORMULAS = Path(awase_formula.__file__).parent
"""Speaks English only, in sentences that remember their words; the product says them in its own languages."""
ERROR_NAMES = {
    name
    for name, found in vars(errors).items()
    if isinstance(found, type) and issubclass(found, errors.AwaseError) and not issubclass(found, errors.Bug)
} | {"kind"}
"""``kind`` is what connectors call an error class that they have chosen. The words of a bug are for its trace."""
SPEAKING = {
    "text": (0,),
    "t": (0,),
    "say": (0,),
    "help_text": (0,),
    "confirmed": (0,),
    "verb": (2,),
    "StepProblem": (0,),
    "mistake": (1, 2),
    "unknown_name": (1,),
    "_with_near": (1,),
    "_damaged": (2,),
    "_does_not_fit": (0,),
    "_read": (4,),
    "_t": (0,),
    "act": (0,),
    "_table": (0, 1, 2),
    "_tell": (2,),
    "Sentence": (0,),
}
"""Functions that take sentences, with the places of those."""
TEMPLATES_SPEAK = "_"
"""What templates call ``Speech.t``."""
LISTS = {
    "configuration/check.py": ("_KINDS", "nearest"),
    "configuration/toml_errors.py": ("_MEANINGS",),
    "core/doctor/mappings.py": ("words",),
    "core/doctor/owners.py": ("_why",),
    "core/transforms/chain.py": ("KIND_WORDS", "_SOMETHING_ELSE"),
    "cli/init.py": ("_COMMENTS",),
    "cli/amounts.py": ("GUARDS", "REASONS", "WRITES", "KIND_NAMES", "headings", "columns"),
    "cli/items.py": ("COLUMNS",),
    "cli/errors.py": ("_RECORD",),
    "cli/call.py": ("_STEPS",),
    "cli/demo/showing.py": ("_PHASES", "_STEPS", "_WRITES", "_FATES", "_SOURCES"),
    "cli/status.py": ("MODES", "ORG_KINDS", "STATES"),
    "engine/undoing.py": ("NOTE",),
    "engine/watching.py": ("_WORDS",),
    "cli/reconcile.py": ("REASONS", "_COLUMNS", "_NUMBERS"),
    "cli/check.py": ("_COLUMNS",),
    "cli/proving.py": ("_COUNTED",),
    "cli/drift.py": ("_BEGAN", "_ENDED", "_BECAME", "_COLUMNS"),
    "cli/undo.py": ("_LEFT", "_THEN", "_COLUMNS"),
    "cli/worker.py": ("_LINES",),
    "cli/budget.py": ("LANES", "ERRANDS", "_ORIGINS"),
    "cli/doctor/rows_report.py": ("_ODD", "_ODD_TO_THE_USER"),
    "cli/doctor/report.py": ("KINDS", "LEVELS", "_TROUBLE_REMEDIES"),
    "cli/incidents.py": ("_SUBJECTS",),
    "cli/people.py": ("_CHOSEN",),
    "cli/explain.py": ("LINK_STATES", "OUTCOMES"),
    "connectors/salesforce/sfdx/project.py": ("_MEANINGS",),
    "connectors/salesforce/auth.py": ("_REMEDIES", "_OTHER_REMEDY"),
    "connectors/hubspot/auth.py": ("_CHECK_APP", "_CONNECT_AGAIN"),
    "connectors/sdk/calls.py": ("_meaning",),
    "connectors/salesforce/faults.py": ("_read_meaning",),
    "store/migrate.py": ("troubles",),
    "store/home.py": ("remedy",),
    **dict.fromkeys(
        [f"awase_formula/{name}.py" for name in ("certainty", "checking", "errors", "parser", "signatures")],
        ("words",),
    ),
    "awase_formula/needs.py": ("_NAMED",),
    "awase_formula/kinds.py": tuple(kind.name for kind in Kind),
}
"""Tables and functions that hold sentences to be spoken elsewhere."""


def sentences() -> dict[str, str]:
    """Sentence → the file it stands in."""
    found: dict[str, str] = {}
    own = {file: file.relative_to(SOURCE).as_posix() for file in sorted(SOURCE.rglob("*.py"))}
    formulas = {file: file.relative_to(FORMULAS.parent).as_posix() for file in sorted(FORMULAS.rglob("*.py"))}
    for file, name in (own | formulas).items():
        if name == "errors.py":
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        listed = [s for s in _listed(tree, LISTS.get(name, ())) if _is_spoken(s, name)]
        for sentence in (*_spoken(tree), *listed):
            if any(sign.isalpha() for sign in sentence.format_map(_Nothing())):
                found.setdefault(sentence, name)
    for file in sorted(SOURCE.rglob("*.html")):
        for sentence in template_sentences(file.read_text(encoding="utf-8")):
            found.setdefault(sentence, file.relative_to(SOURCE).as_posix())
    return found


def template_sentences(source: str) -> Iterator[str]:
    """What a template says. An AssertionError where it says something that is not written out there."""
    for call in Environment(autoescape=True).parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == TEMPLATES_SPEAK:
            (sentence,) = call.args
            assert isinstance(sentence, nodes.Const), f"line {call.lineno}: a sentence put together"
            yield sentence.value


def _is_spoken(text: str, file: str) -> bool:
    """Tables of connectors and of the store also hold what is compared, not spoken."""
    if file.startswith("connectors/"):
        return text.endswith(".")
    return " " in text if file.startswith("store/") else True


class _Nothing(dict[str, str]):
    """Fills every place with nothing, so that only our own words are left."""

    def __missing__(self, name: str) -> str:
        return ""


def _spoken(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = _name(node.func)
        if called == "kind" and isinstance(node.func, ast.Attribute):
            continue
        if called in ERROR_NAMES:
            if node.args:
                yield from _constants(node.args[0])
        elif called in SPEAKING:
            for place in SPEAKING[called]:
                if place < len(node.args):
                    yield from _constants(node.args[place])
        elif called == "table":
            yield from _constants(node.args[0] if node.args else node)
        for keyword in node.keywords:
            described = keyword.arg == "description" and called in ("Meta", "Option")
            if described or keyword.arg in ("remedy", "doing", "words"):
                yield from _constants(keyword.value)


def _listed(tree: ast.AST, names: tuple[str, ...]) -> Iterator[str]:
    for node in ast.walk(tree):
        targets: list[str] = []
        if isinstance(node, ast.Assign):
            targets = [t.id for t in node.targets if isinstance(t, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            targets = [node.target.id]
        elif isinstance(node, ast.FunctionDef):
            targets = [node.name]
        if set(targets) & set(names):
            parts = _without_docstring(node) if isinstance(node, ast.FunctionDef) else [node.value]  # type: ignore[attr-defined]
            for part in parts:
                yield from _texts(part)


def _without_docstring(function: ast.FunctionDef) -> list[ast.stmt]:
    return function.body[1:] if ast.get_docstring(function) else function.body


def _texts(node: ast.AST) -> Iterator[str]:
    """Texts that look like something to be read: no codes, names of fields or patterns."""
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from _texts(value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from _texts(child)


def _constants(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)
    elif isinstance(node, (ast.Tuple, ast.List)):
        for element in node.elts:
            yield from _constants(element)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _constants(value)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
