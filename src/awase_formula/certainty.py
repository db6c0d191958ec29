"""What no schema can make right: types that the formula's own literals and functions give, whatever its fields are.

Nothing is inferred from use here, and a field is of no type, the stamps of a record apart. So what is found is refused by every org, and a formula that
any org may hold is free of it.
"""

from __future__ import annotations

from awase_formula.checking import Problem, problems_of
from awase_formula.inference import COMPARED, Kinds
from awase_formula.kinds import NO_SCHEMA, TEXTS, Kind, Schema
from awase_formula.sentences import Sentence
from awase_formula.signatures import CHOOSERS, SIGNATURES, chosen_from
from awase_formula.tree import Call, Chain, Formula, Node, Null, Reference, Unary, postorder

_STAMPS = frozenset({"createddate", "lastmodifieddate", "systemmodstamp"})
"""Fields that every object has, and of which no org can make anything else (confirmed)."""

_TRUTHS = COMPARED | {"&&", "||"}


class CertainKinds(Kinds):
    """The kind of every node that has it whatever the fields are; None for every other."""

    def _infer(self) -> None:
        self._upwards()

    def _result(self, node: Node) -> Kind | None:
        # What stands after NOT without parentheses has not been asked of an org: NOT Status = "x" may be NOT(Status = "x").
        if isinstance(node, Reference):
            return Kind.DATETIME if node.name.rsplit(".", 1)[-1].casefold() in _STAMPS else None
        if isinstance(node, Unary) and node.sign == "NOT":
            return None
        return super()._result(node)

    def combined(self, sign: str, left: Kind | None, right: Kind | None) -> Kind | None:
        """The kind of ``left sign right``. An unknown plus a number may still be a date."""
        if None in (left, right) or Kind.NULL in (left, right):
            if sign in ("*", "/", "^"):
                return Kind.NUMBER
            return Kind.TEXT if sign == "&" or TEXTS & {left, right} else None
        return super().combined(sign, left, right)


def impossible(formula: Formula) -> tuple[Problem, ...]:
    """The problems that no schema takes away, in the order of their places.

    ISPICKVAL and INCLUDES take no field and no result of a function to compare with (confirmed); whether an org takes NULL there
    has not been asked: left out.
    """
    found = problems_of(CertainKinds(formula, NO_SCHEMA))
    unasked = {node.at for node in postorder(formula.root) if isinstance(node, Null)}
    return tuple(problem for problem in found if problem.code != "literal" or problem.at not in unasked)


def not_a_condition(formula: Formula, schema: Schema) -> Problem | None:
    """Why this cannot be a rule's condition: its result is never TRUE or FALSE. None where it may be."""
    kinds = CertainKinds(formula, NO_SCHEMA)
    ends = [formula.root]
    while ends:
        node = ends.pop()
        kind = _never_true(node, kinds, schema)
        if kind:
            words = "a validation rule must give TRUE or FALSE, not {found}"
            return Problem("condition", Sentence(words, found=kind), node.at)
        if (
            isinstance(node, Call)
            and node.name in CHOOSERS
            and SIGNATURES[node.name].accepts(len(node.arguments))
        ):
            ends.extend(
                node.arguments[index] for index in reversed(chosen_from(node.name, len(node.arguments)))
            )
    return None


def _never_true(node: Node, kinds: Kinds, schema: Schema) -> str:
    """What a node is that is surely no condition, in words; empty where it may be one."""
    if isinstance(node, Call) and node.name in CHOOSERS:
        return ""
    field = schema.find(node.name) if isinstance(node, Reference) else None
    kind = field.kind if field else kinds.kind(node)
    if kind not in (None, Kind.NULL, Kind.BOOLEAN):
        return kind.word
    if isinstance(node, Chain) and kind is None and node.signs[0] not in _TRUTHS:
        return Sentence("a sum or a difference")
    return ""
