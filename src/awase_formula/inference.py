"""Types of the names that no schema knows, inferred from how a formula uses them.

Evidence flows both ways: a function says what its arguments are, an operator makes its operands alike, and a choice (IF,
CASE, BLANKVALUE …) passes what is expected of it on to what it chooses from. Rounds are counted, so it always ends.
"""

from __future__ import annotations

from collections.abc import Iterable

from awase_formula import globals as globals_
from awase_formula.kinds import TEXTUAL, Field, Kind, Schema
from awase_formula.signatures import CHOOSERS, SIGNATURES, chosen_from
from awase_formula.tree import (
    Call,
    Chain,
    Formula,
    Node,
    Null,
    Number,
    Reference,
    Text,
    Truth,
    Unary,
    postorder,
)

ROUNDS = 12
COMPARED = frozenset({"=", "<>", "<", ">", "<=", ">="})
MOMENTS = frozenset({Kind.DATE, Kind.DATETIME, Kind.TIME})
_PASSES_ON = frozenset({"PRIORVALUE"})


class Kinds:
    """The kind of every node of one formula; None while nothing says it."""

    def __init__(self, formula: Formula, schema: Schema) -> None:
        self.schema = schema
        self.order = tuple(postorder(formula.root))
        self.named: dict[str, Kind] = {}
        self.of: dict[int, Kind | None] = {}
        self._changed = False
        for node in self.order:
            if isinstance(node, Reference) and (kind := globals_.standard(node.name)):
                self.named[node.name.casefold()] = kind
        self._infer()

    def kind(self, node: Node) -> Kind | None:
        """A node's kind."""
        return self.of[id(node)]

    def inferred_schema(self) -> Schema:
        """The schema, and beside it every name whose type was inferred."""
        fields = dict(self.schema.fields)
        for node in self.order:
            if isinstance(node, Reference) and self.schema.find(node.name) is None:
                kind = self.of[id(node)]
                if kind is not None:
                    fields.setdefault(node.name, Field(kind))
        return Schema(fields, self.schema.complete)

    def _infer(self) -> None:
        for settling in (False, True, True):
            for _ in range(ROUNDS):
                self._changed = False
                self._upwards()
                for node in reversed(self.order):
                    self._evidence(node, settling)
                if not self._changed:
                    break
        self._settle_rest()
        self._upwards()

    # --- from the leaves up ------------------------------------------------------------------------------------

    def _upwards(self) -> None:
        for node in self.order:
            self.of[id(node)] = self._result(node)

    def _result(self, node: Node) -> Kind | None:
        match node:
            case Text():
                return Kind.TEXT
            case Number():
                return Kind.NUMBER
            case Truth():
                return Kind.BOOLEAN
            case Null():
                return Kind.NULL
            case Reference():
                return self._of_name(node.name)
            case Unary():
                return Kind.BOOLEAN if node.sign == "NOT" else Kind.NUMBER
            case Chain():
                return self._of_chain(node)
            case Call():
                return self._of_call(node)
            case _:
                return Kind.TEXT

    def _of_name(self, name: str) -> Kind | None:
        field = self.schema.find(name)
        if field is not None:
            return field.kind
        return globals_.kind_of(name) or self.named.get(name.casefold())

    def _of_chain(self, node: Chain) -> Kind | None:
        if node.signs[0] in ("&&", "||") or node.signs[0] in COMPARED:
            return Kind.BOOLEAN
        kind = self.of[id(node.operands[0])]
        for sign, operand in zip(node.signs, node.operands[1:], strict=True):
            kind = self.combined(sign, kind, self.of[id(operand)])
        return kind

    def combined(self, sign: str, left: Kind | None, right: Kind | None) -> Kind | None:
        """The kind of ``left sign right`` for an arithmetic sign or ``&``."""
        return combined(sign, left, right)

    def _of_call(self, node: Call) -> Kind | None:
        signature = SIGNATURES.get(node.name)
        if signature is None:
            return None
        if node.name in CHOOSERS and signature.accepts(len(node.arguments)):
            indices = chosen_from(node.name, len(node.arguments))
            return alike(self.of[id(node.arguments[index])] for index in indices)
        if signature.gives is not None:
            return signature.gives
        return self.of[id(node.arguments[0])] if node.arguments else None

    # --- from what is expected down ----------------------------------------------------------------------------

    def _evidence(self, node: Node, settling: bool) -> None:
        match node:
            case Unary():
                self._expect(node.operand, Kind.BOOLEAN if node.sign == "NOT" else Kind.NUMBER)
            case Chain():
                self._chain_evidence(node, settling)
            case Call():
                self._call_evidence(node, settling)
            case _:
                return

    def _chain_evidence(self, node: Chain, settling: bool) -> None:
        if node.signs[0] in ("&&", "||"):
            self._expect_all(node.operands, Kind.BOOLEAN)
        elif node.signs[0] in COMPARED:
            self._span(*node.operands[:2])
            self._span(*node.operands[1::-1])
            self._alike(node.operands[:2])
            self._expect_all(node.operands[2:], Kind.BOOLEAN)
        elif node.signs[0] in ("^", "*", "/"):
            self._expect_all(node.operands, Kind.NUMBER)
        elif "&" in node.signs:
            self._expect_all(node.operands, Kind.TEXT)
        else:
            self._sum_evidence(node, settling)

    def _sum_evidence(self, node: Chain, settling: bool) -> None:
        kinds = [self.of[id(operand)] for operand in node.operands]
        if any(kind in TEXTUAL for kind in kinds):
            self._expect_all(node.operands, Kind.TEXT)
        elif node.signs == ("-",) and kinds[1] in MOMENTS:
            self._expect(node.operands[0], kinds[1])
        elif settling or ("-" not in node.signs and any(kind in MOMENTS for kind in kinds)):
            self._expect_all(node.operands, Kind.NUMBER)

    def _span(self, chain: Node, other: Node) -> None:
        """What a sum or difference must hold to be compared with ``other``.

        A moment less an unknown, beside a number: the unknown is a moment too. An unknown and numbers, beside a
        moment: the unknown is that moment.
        """
        if isinstance(chain, Chain) and chain.signs == ("-",) and self.of[id(other)] is Kind.NUMBER:
            left, right = chain.operands
            kind = self.of[id(left)]
            if kind in MOMENTS:
                self._expect(right, kind)
        elif isinstance(chain, Chain) and set(chain.signs) <= {"+", "-"} and self.of[id(other)] in MOMENTS:
            unknown = [operand for operand in chain.operands if self.of[id(operand)] is None]
            known = {self.of[id(operand)] for operand in chain.operands} - {None}
            if len(unknown) == 1 and known <= {Kind.NUMBER}:
                self._expect(unknown[0], self.of[id(other)])

    def _call_evidence(self, node: Call, settling: bool) -> None:
        signature = SIGNATURES.get(node.name)
        if signature is None or not signature.accepts(len(node.arguments)):
            return
        if node.name in CHOOSERS:
            self._chooser_evidence(node)
        elif node.name in ("IN", "VLOOKUP"):
            self._alike(node.arguments if node.name == "IN" else node.arguments[1:])
        elif node.name in _PASSES_ON:
            self._alike((node, node.arguments[0]))
        for index, argument in enumerate(node.arguments):
            takes = signature.kinds_at(index)
            if len(takes) == 1 or takes == frozenset({Kind.TEXT, Kind.ID}):
                self._expect(argument, Kind.TEXT if Kind.TEXT in takes else next(iter(takes)))
            elif settling and node.name == "TEXT":
                self._expect(argument, Kind.PICKLIST)
            elif settling and Kind.DATE in takes and len(takes) < len(Kind):
                self._expect(argument, Kind.DATETIME if Kind.TEXT in takes else Kind.DATE)

    def _chooser_evidence(self, node: Call) -> None:
        arguments = node.arguments
        if node.name == "CASE":
            self._alike((arguments[0], *arguments[1:-1:2]))
        self._alike((node, *(arguments[index] for index in chosen_from(node.name, len(arguments)))))

    def _alike(self, nodes: Iterable[Node]) -> None:
        nodes = tuple(nodes)
        kind = alike(self.of[id(node)] for node in nodes)
        self._expect_all(nodes, None if kind is Kind.NULL else kind)

    def _expect_all(self, nodes: Iterable[Node], kind: Kind | None) -> None:
        for node in nodes:
            self._expect(node, kind)

    def _expect(self, node: Node, kind: Kind | None) -> None:
        if kind is None or self.of[id(node)] not in (None, Kind.NULL):
            return
        if isinstance(node, Reference) and self.of[id(node)] is None:
            guess = globals_.guessed(node.name)
            wanted = Kind.ID if kind is Kind.TEXT and guess is Kind.ID else kind
            self.named[node.name.casefold()] = wanted
            self.of[id(node)] = wanted
            self._changed = True
        elif isinstance(node, Call):
            self.of[id(node)] = kind

    def _settle_rest(self) -> None:
        for node in self.order:
            if isinstance(node, Reference) and self._of_name(node.name) is None:
                self.named[node.name.casefold()] = globals_.guessed(node.name) or Kind.TEXT


def alike(kinds: Iterable[Kind | None]) -> Kind | None:
    """The kind that these have in common: the first that is known; text where an id stands beside a text."""
    found: Kind | None = None
    for kind in kinds:
        if kind is None or kind is Kind.NULL:
            found = found or kind
        elif found in (None, Kind.NULL):
            found = kind
        elif found is Kind.ID and kind is Kind.TEXT:
            found = Kind.TEXT
    return found


def combined(sign: str, left: Kind | None, right: Kind | None) -> Kind | None:
    """The kind of ``left sign right`` for an arithmetic sign or ``&``."""
    if sign == "&":
        return Kind.TEXT
    if sign in ("*", "/", "^"):
        return Kind.NUMBER
    if left in TEXTUAL or right in TEXTUAL:
        return Kind.TEXT
    if left in MOMENTS:
        return Kind.NUMBER if sign == "-" and right in MOMENTS else left
    if right in MOMENTS:
        return right
    if left in (None, Kind.NULL) and right in (None, Kind.NULL):
        return left or right
    return Kind.NUMBER
