"""Formulas computed by us and by an independent implementation, and where in a formula the two part.

Where two results differ, every part of the formula is computed by both sides. A part that differs though all its own parts
agree is a *cause*: one function or operator, on values on which both agree.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from awase_formula import Context, Evaluator, Row, Schema, format, parse
from awase_formula.tree import Call, Chain, Formula, Node, Reference, Unary, children, postorder
from awase_formula.values import Trouble, Value

from .node_clients import NODE
from .world import HERE

Answer = Mapping[str, Any]
FAILED = "it fails"
_SECONDS = 60.0
_NEAR = Decimal("1e-11")


@dataclass(frozen=True, slots=True)
class Case:
    """A formula and the rows that both sides compute it for. ``rows``: field → value as a formula reads it."""

    root: Node
    schema: Schema
    rows: tuple[Mapping[str, Value], ...]
    now: datetime

    def parts(self) -> list[Case]:
        """The formula's parts, leaves first, each over the same rows."""
        return [replace(self, root=node) for node in postorder(self.root)]


@dataclass(frozen=True, slots=True)
class Cause:
    """One function or operator that differs on values on which both sides agree.

    ``what``: its name, a sign, ``field`` or ``literal``. ``ours`` and ``theirs``: the results; ``FAILED`` in place of a value.
    ``values``: our values of its parts. ``near``: a part's number differs in the last digits of a double.
    """

    what: str
    text: str
    ours: object
    theirs: object
    values: tuple[object, ...]
    near: bool


@dataclass(slots=True)
class Tally:
    """How many pairs of formula and row the witness could not read, agreed on, and differed in; why it differed."""

    unread: int = 0
    agreed: int = 0
    differed: int = 0

    def __str__(self) -> str:
        return f"{self.agreed} pairs agree, {self.differed} differ, {self.unread} not read"


def compared(witness: str, cases: Sequence[Case], folder: Path, tally: Tally) -> Iterator[list[Cause]]:
    """The causes of each pair on which a witness and we differ."""
    parted: list[tuple[Case, list[int]]] = []
    for case, answer in zip(cases, asked(witness, cases, folder), strict=True):
        if "unread" in answer:
            tally.unread += len(case.rows)
            continue
        differing = [
            number
            for number, (ours, theirs) in enumerate(zip(ours_of(case), answer["rows"], strict=True))
            if not alike(ours, told(theirs))
        ]
        tally.agreed += len(case.rows) - len(differing)
        tally.differed += len(differing)
        if differing:
            parted.append((case, differing))
    narrowed = [replace(case, rows=tuple(case.rows[at] for at in rows)) for case, rows in parted]
    parts = [case.parts() for case in narrowed]
    answers = iter(asked(witness, [part for each in parts for part in each], folder))
    for case, each in zip(narrowed, parts, strict=True):
        theirs = {id(part.root): next(answers) for part in each}
        ours = {id(part.root): ours_of(part) for part in each}
        for number in range(len(case.rows)):
            yield list(causes(case.root, number, ours, theirs))


def causes(
    root: Node, number: int, ours: Mapping[int, Sequence[object]], theirs: Mapping[int, Answer]
) -> Iterator[Cause]:
    """The nodes of a tree that differ in a row though their parts do not."""

    def pair(node: Node) -> tuple[object, object] | None:
        answer = theirs[id(node)]
        return None if "unread" in answer else (ours[id(node)][number], told(answer["rows"][number]))

    for node in postorder(root):
        both = pair(node)
        if both is None or alike(*both):
            continue
        below = [known for child in children(node) if (known := pair(child)) is not None]
        if all(alike(*one) for one in below):
            values = tuple(ours[id(child)][number] for child in children(node))
            near = any(one[0] != one[1] and isinstance(one[0], Decimal) for one in below)
            yield Cause(called(node), format(Formula("", node)), *both, values, near)


def called(node: Node) -> str:
    """The name of a function, the sign of an operator, or what kind of leaf it is."""
    match node:
        case Call():
            return node.name
        case Chain():
            return node.signs[0]
        case Unary():
            return f"unary {node.sign}"
        case Reference():
            return "field"
        case _:
            return "literal"


def spelled(node: Node) -> Node:
    """The tree with NOT as a function, as the witnesses read it."""
    match node:
        case Unary():
            operand = spelled(node.operand)
            return Call("NOT", (operand,)) if node.sign == "NOT" else Unary(node.sign, operand)
        case Chain():
            return Chain(tuple(map(spelled, node.operands)), node.signs)
        case Call():
            return Call(node.name, tuple(map(spelled, node.arguments)))
        case _:
            return node


def asked(witness: str, cases: Sequence[Case], folder: Path) -> list[Answer]:
    """What a witness says to each case: ``unread``, or ``rows`` with a ``value``, a ``number`` or an ``error`` each."""
    tasks = [
        {
            "witness": witness,
            "formula": format(Formula("", spelled(case.root))),
            "fields": {name: field.kind.value for name, field in case.schema.fields.items()},
            "rows": [{name: sent(value) for name, value in row.items()} for row in case.rows],
            "now": case.now.isoformat(),
        }
        for case in cases
    ]
    said = subprocess.run(
        [str(NODE), str(HERE / "formula_acts.mjs"), str(folder)],
        input=json.dumps(tasks),
        stdout=subprocess.PIPE,
        env={**os.environ, "TZ": "UTC"},
        text=True,
        check=True,
        timeout=_SECONDS,
    )
    answers: list[Answer] = json.loads(said.stdout)
    return answers


def ours_of(case: Case) -> list[object]:
    """Our values of a case, a row each."""
    context = Context(now=case.now)
    evaluator = Evaluator(parse(format(Formula("", case.root))), case.schema)
    results = [evaluator.result(Row(row, is_new=False), context) for row in case.rows]
    return [FAILED if isinstance(result, Trouble) else result for result in results]


def sent(value: Value) -> object:
    """A value as the witness is sent it."""
    match value:
        case Decimal():
            return f"{value:f}"
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}Z"
        case time():
            return value.isoformat("milliseconds") + "Z"
        case date():
            return value.isoformat()
        case _:
            return value


def told(answer: Answer) -> object:
    """A witness's value: a number as Decimal, the empty text as null."""
    if "error" in answer:
        return FAILED
    if "number" in answer:
        return Decimal(repr(answer["number"]))
    return None if answer["value"] == "" else answer["value"]


def alike(ours: object, theirs: object) -> bool:
    """Whether two values are one; numbers up to the last digits of a double."""
    if isinstance(ours, Decimal) and isinstance(theirs, Decimal):
        return abs(ours - theirs) <= _NEAR * max(abs(ours), 1)
    if isinstance(ours, (date, time)) and isinstance(theirs, str):
        return str(sent(ours)) == theirs.replace("+0000", "Z")
    return type(ours) is type(theirs) and ours == theirs
