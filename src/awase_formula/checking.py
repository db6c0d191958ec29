"""What is wrong with a formula before any row is seen, what it reads, and what it needs to be decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

from awase_formula import globals as globals_
from awase_formula.errors import FormulaTypeError, Position, placed
from awase_formula.inference import MOMENTS, Kinds
from awase_formula.kinds import NO_SCHEMA, TEXTS, TEXTUAL, Kind, Schema
from awase_formula.regex import is_broken
from awase_formula.sentences import Sentence
from awase_formula.signatures import CHOOSERS, ELSEWHERE, SIGNATURES, chosen_from, nearest
from awase_formula.tree import Call, Chain, Formula, Node, Reference, Text, Unary

BLOCKING = frozenset({"unknown-function", "arguments"})
"""Problems that leave nothing to compute, however little of the schema is known."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: a stable code, a sentence, and where it stands."""

    code: str
    message: str
    at: Position

    def __str__(self) -> str:
        return placed(self.message, self.at)


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of ``check``.

    ``kind``: the type of the whole. ``kinds``: the type of every name, inferred where the schema has none.
    ``fields``: names read from the row; ``priors``: those read from the row as it was stored before.
    ``needs``: what must be given beside the row, in words that stay the same: ``prior row``, ``operation``,
    ``parent <path>``, ``running user``, ``global <name>``, ``record type``, ``clock``, ``lookup <object>``, ``platform <FUNCTION>``.
    """

    formula: Formula
    schema: Schema
    kind: Kind | None
    kinds: Kinds
    problems: tuple[Problem, ...]
    fields: tuple[str, ...]
    priors: tuple[str, ...]
    needs: tuple[str, ...]

    def raise_first(self) -> None:
        """Raise ``FormulaTypeError`` for the first problem, if there is one."""
        if self.problems:
            raise FormulaTypeError(self.problems[0].message, self.problems[0].at)


def check(formula: Formula, schema: Schema = NO_SCHEMA) -> Checked:
    """Check a formula against a schema. Problems are collected, not raised."""
    kinds = Kinds(formula, schema)
    fields, priors, needs = _reads(kinds)
    return Checked(
        formula,
        kinds.inferred_schema(),
        kinds.kind(formula.root),
        kinds,
        problems_of(kinds),
        fields,
        priors,
        needs,
    )


# --- problems --------------------------------------------------------------------------------------------------


def problems_of(kinds: Kinds) -> tuple[Problem, ...]:
    """What does not fit in a formula whose nodes are of these kinds, in the order of their places."""
    found = [problem for node in kinds.order for problem in _problems(node, kinds)]
    return tuple(sorted(found, key=lambda problem: problem.at.offset))


def _problems(node: Node, kinds: Kinds) -> Iterator[Problem]:
    match node:
        case Reference():
            if (
                kinds.schema.complete
                and not node.name.startswith("$")
                and kinds.schema.find(node.name) is None
            ):
                yield Problem("unknown-field", Sentence("there is no field {name}", name=node.name), node.at)
        case Unary():
            wanted = Kind.BOOLEAN if node.sign == "NOT" else Kind.NUMBER
            yield from _unfit(node.operand, frozenset({wanted}), node.sign, kinds)
        case Chain():
            yield from _chain_problems(node, kinds)
        case Call():
            yield from _call_problems(node, kinds)
        case _:
            return


def _unfit(node: Node, takes: frozenset[Kind], whose: str, kinds: Kinds) -> Iterator[Problem]:
    kind = kinds.kind(node)
    if kind not in (None, Kind.NULL) and kind not in takes:
        wanted = reduce(_or, (one.word for one in sorted(takes, key=lambda one: one.value)))
        message = Sentence("{whose} takes {wanted}, not {given}", whose=whose, wanted=wanted, given=kind.word)
        yield Problem("type", message, place(node))


def _or(one: Sentence, other: Sentence) -> Sentence:
    return Sentence("{one} or {other}", one=one, other=other)


def place(node: Node) -> Position:
    """Where a node begins."""
    return node.at


def _chain_problems(node: Chain, kinds: Kinds) -> Iterator[Problem]:
    if node.signs[0] in ("&&", "||"):
        for operand in node.operands:
            yield from _unfit(operand, frozenset({Kind.BOOLEAN}), node.signs[0], kinds)
        return
    left = kinds.kind(node.operands[0])
    for sign, spot, operand in zip(
        node.signs, node.spots or (node.at,) * len(node.signs), node.operands[1:], strict=True
    ):
        right = kinds.kind(operand)
        if not _fits(sign, left, right):
            one, other = (kind.word if kind else Sentence("unknown") for kind in (left, right))
            message = Sentence("{sign} does not join {one} and {other}", sign=sign, one=one, other=other)
            yield Problem("type", message, spot)
        left = (
            Kind.BOOLEAN if sign in ("=", "<>", "<", ">", "<=", ">=") else kinds.combined(sign, left, right)
        )


def _fits(sign: str, left: Kind | None, right: Kind | None) -> bool:
    if left in (None, Kind.NULL) or right in (None, Kind.NULL):
        incomparable = {left, right} & {Kind.PICKLIST, Kind.LOCATION}
        return not (sign in ("=", "<>") and incomparable and Kind.NULL not in (left, right))
    if sign in ("*", "/", "^"):
        return left is right is Kind.NUMBER
    if sign == "&":
        return left in TEXTS and right in TEXTS
    if sign in ("=", "<>"):
        return (left is right and left not in (Kind.PICKLIST, Kind.MULTIPICKLIST, Kind.LOCATION)) or {
            left,
            right,
        } <= TEXTS
    if sign in ("<", ">", "<=", ">="):
        return (left is right and left in MOMENTS | {Kind.NUMBER}) or {left, right} <= TEXTS
    if sign == "+":
        return {left, right} <= TEXTS or (
            Kind.NUMBER in (left, right) and {left, right} <= MOMENTS | {Kind.NUMBER}
        )
    return (left is right and left in MOMENTS | {Kind.NUMBER}) or (left in MOMENTS and right is Kind.NUMBER)


def _call_problems(node: Call, kinds: Kinds) -> Iterator[Problem]:
    signature = SIGNATURES.get(node.name)
    count = len(node.arguments)
    if signature is None:
        near = nearest(node.name)
        if node.name in ELSEWHERE:
            words = "there is no function {name}; {instead}"
            message = Sentence(words, name=node.name, instead=ELSEWHERE[node.name])
        elif near:
            message = Sentence("there is no function {name}; did you mean {near}?", name=node.name, near=near)
        else:
            message = Sentence("there is no function {name}", name=node.name)
        yield Problem("unknown-function", message, node.at)
        return
    odd = (node.name == "CASE" and count % 2) or (node.name == "IFS" and not count % 2)
    if not signature.accepts(count) or odd:
        words = (
            "{name} does not take 1 argument; it takes {wanted}"
            if count == 1
            else "{name} does not take {count} arguments; it takes {wanted}"
        )
        message = Sentence(words, name=node.name, count=str(count), wanted=signature.counts())
        yield Problem("arguments", message, node.at)
        return
    for index, argument in enumerate(node.arguments):
        if not (node.name == "CASE" and index < 1):
            yield from _unfit(argument, signature.kinds_at(index), node.name, kinds)
    yield from _special_problems(node, kinds)


def _special_problems(node: Call, kinds: Kinds) -> Iterator[Problem]:
    first = kinds.kind(node.arguments[0]) if node.arguments else None
    if node.name in ("ISPICKVAL", "INCLUDES") and not isinstance(node.arguments[1], Text):
        words = "{name} compares with a text in quotes, not with a field or a function"
        message = Sentence(words, name=node.name)
        yield Problem("literal", message, place(node.arguments[1]))
    if node.name == "REGEX" and isinstance(pattern := node.arguments[1], Text) and is_broken(pattern.value):
        message = Sentence("the pattern of this REGEX is none; correct it")
        yield Problem("pattern", message, place(pattern))
    if node.name in ("ISBLANK", "ISNULL") and first in (Kind.BOOLEAN, Kind.PICKLIST, Kind.LOCATION):
        message = Sentence("{name} does not take {given}", name=node.name, given=first.word)
        yield Problem("type", message, place(node.arguments[0]))
    if node.name in ("ISCHANGED", "PRIORVALUE"):
        argument = node.arguments[0]
        field = kinds.schema.find(argument.name) if isinstance(argument, Reference) else None
        if (
            not isinstance(argument, Reference)
            or globals_.is_global(argument.name)
            or (field and field.formula)
        ):
            message = Sentence("{name} takes a stored field of the record", name=node.name)
            yield Problem("type", message, place(argument))
    if node.name == "CASE" and first in (Kind.BOOLEAN, Kind.LOCATION):
        message = Sentence("{name} does not take {given}", name=node.name, given=first.word)
        yield Problem("type", message, place(node.arguments[0]))
    elif node.name == "CASE":
        words = "{name} compares {one} with {other}"
        yield from _unlike(node, (node.arguments[0], *node.arguments[1:-1:2]), words, kinds)
    if node.name in CHOOSERS:
        chosen = (node.arguments[index] for index in chosen_from(node.name, len(node.arguments)))
        words = "{name} chooses between {one} and {other}"
        yield from _unlike(node, chosen, words, kinds)


def _unlike(call: Call, nodes: Iterable[Node], words: str, kinds: Kinds) -> Iterator[Problem]:
    """The nodes in ``call`` whose kind is not that of the first whose kind is known."""
    found: Kind | None = None
    for node in nodes:
        kind = kinds.kind(node)
        if kind in (None, Kind.NULL):
            continue
        if found is not None and kind is not found and not {kind, found} <= TEXTUAL:
            message = Sentence(words, name=call.name, one=found.word, other=kind.word)
            yield Problem("type", message, place(node))
        found = found or kind


# --- what it reads and needs -----------------------------------------------------------------------------------

_CLOCK = frozenset({"TODAY", "NOW", "TIMENOW"})
_PLATFORM = frozenset(name for name, signature in SIGNATURES.items() if signature.family == "platform")


def _reads(kinds: Kinds) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    fields: dict[str, None] = {}
    priors: dict[str, None] = {}
    needs: dict[str, None] = {}
    searched = _searched(kinds)
    for node in kinds.order:
        if isinstance(node, Reference) and id(node) not in searched:
            _read_name(node.name, kinds, fields, needs)
        elif isinstance(node, Call):
            if node.name in ("ISCHANGED", "PRIORVALUE"):
                needs["prior row"] = None
                priors.update(
                    (kinds.schema.spelled(globals_.stored_name(argument.name)), None)
                    for argument in node.arguments
                    if isinstance(argument, Reference)
                )
            elif node.name == "ISNEW":
                needs["operation"] = None
            elif node.name in _CLOCK:
                needs["clock"] = None
            elif node.name == "VLOOKUP":
                needs[f"lookup {_lookup_object(node)}"] = None
            elif node.name in _PLATFORM:
                needs[f"platform {node.name}"] = None
    return tuple(fields), tuple(priors), tuple(sorted(needs))


def _searched(kinds: Kinds) -> set[int]:
    """The names that tell VLOOKUP where to search: they are read from nowhere."""
    calls = (node for node in kinds.order if isinstance(node, Call) and node.name == "VLOOKUP")
    return {id(argument) for call in calls for argument in call.arguments[:2]}


def _read_name(name: str, kinds: Kinds, fields: dict[str, None], needs: dict[str, None]) -> None:
    if globals_.is_global(name):
        if globals_.family(name).casefold() in ("$user", "$profile", "$userrole", "$permission", "$setup"):
            needs["running user"] = None
        if name.casefold() != "$system.origindatetime":
            needs[f"global {name}"] = None
        return
    stored = globals_.stored_name(name)
    if stored.casefold().startswith(globals_.RECORD_TYPE):
        needs["record type"] = None
        fields[kinds.schema.spelled(stored)] = None
        return
    field = kinds.schema.find(name)
    if field is not None and field.formula is not None:
        return
    if "." in stored:
        needs[f"parent {stored.rsplit('.', 1)[0]}"] = None
    fields[kinds.schema.spelled(stored)] = None


def _lookup_object(node: Call) -> str:
    argument = node.arguments[0] if node.arguments else None
    if isinstance(argument, Reference):
        parts = argument.name.split(".")
        return parts[1] if parts[0].casefold() == "$objecttype" and len(parts) > 1 else parts[0]
    return "?"
