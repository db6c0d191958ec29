"""A formula written out evenly: one style of operators and capitals, broken over lines only where it is long.

Comments stay, each before the operand, operator or parenthesis it stood before.
"""

from __future__ import annotations

from collections.abc import Iterator

from awase_formula.errors import Position
from awase_formula.parser import LEVELS, UNARY
from awase_formula.tree import (
    Call,
    Chain,
    Formula,
    Node,
    Null,
    Number,
    Pairs,
    Reference,
    Text,
    Truth,
    Unary,
    children,
)

WIDTH = 100
INDENT = "  "
_QUOTED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(value: str) -> str:
    """A text literal with this value, in double quotes."""
    return '"' + "".join(_QUOTED.get(character, character) for character in value) + '"'


def format(formula: Formula, width: int = WIDTH) -> str:
    """The formula's text in one style. Parsing it gives an equal tree and the same comments.

    ``width``: characters a line may have before a call or a chain is broken into one line an operand.
    """
    return _Layout(formula, width).text()


def level_of(node: Node) -> int:
    """How tightly a node's outermost operator binds."""
    match node:
        case Chain():
            return LEVELS[node.signs[0]]
        case Unary():
            return UNARY
        case _:
            return UNARY + 1


def plain_number(node: Number) -> str:
    """A number literal without exponent."""
    return f"{node.value:f}"


class _Layout:
    """Writes pieces with a stack of its own, because a tree may be deeper than Python recurses."""

    def __init__(self, formula: Formula, width: int) -> None:
        self.formula = formula
        self.width = width
        self.waiting = list(reversed(formula.comments))
        self.sizes: dict[int, int] = {}

    def text(self) -> str:
        self.measure()
        pieces: list[str] = []
        stack: list[Node | str | Position] = []
        stack.extend(reversed(list(self.pieces(self.formula.root, 0))))
        indents: list[int] = [0]
        while stack:
            piece = stack.pop()
            if isinstance(piece, Position):
                pieces.extend(self.comments_before(piece.offset))
            elif isinstance(piece, str):
                self.write(piece, indents, pieces)
            else:
                stack.extend(reversed(list(self.pieces(piece, indents[-1] * len(INDENT)))))
        rest = [comment.text for comment in reversed(self.waiting)]
        return "".join(pieces) + "".join(f" {comment}" for comment in rest)

    @staticmethod
    def write(piece: str, indents: list[int], pieces: list[str]) -> None:
        if piece == ">\n":
            indents.append(indents[-1] + 1)
        elif piece == "<\n":
            indents.pop()
        if piece in (">\n", "<\n", "\n"):
            pieces.append("\n" + INDENT * indents[-1])
        elif piece == ">":
            indents.append(indents[-1] + 1)
        elif piece == "<":
            indents.pop()
        else:
            pieces.append(piece)

    def comments_before(self, offset: int) -> Iterator[str]:
        while self.waiting and self.waiting[-1].at.offset < offset:
            yield f"{self.waiting.pop().text} "

    def measure(self) -> None:
        """How wide every node would be on one line, from the leaves up."""
        stack: list[tuple[Node, bool]] = [(self.formula.root, False)]
        while stack:
            node, opened = stack.pop()
            below = children(node)
            if below and not opened:
                stack.append((node, True))
                stack.extend((child, False) for child in below)
            else:
                self.sizes[id(node)] = _own_width(node) + sum(self.sizes[id(child)] for child in below)

    def pieces(self, node: Node, indent: int) -> Iterator[Node | str | Position]:
        wide = indent + self.sizes[id(node)] > self.width
        match node:
            case Call():
                yield from self.call(node, wide)
            case Chain():
                yield from self.chain(node, wide)
            case Unary():
                yield node.at
                yield from _unary(node)
            case Pairs():
                yield node.at
                yield "["
                for number, (name, value) in enumerate(zip(node.names, node.values, strict=True)):
                    yield f"{', ' if number else ''}{name if name.isidentifier() else quoted(name)} = "
                    yield value
                yield "]"
            case _:
                yield node.at
                yield _leaf(node)

    def call(self, node: Call, wide: bool) -> Iterator[Node | str | Position]:
        yield node.at
        yield f"{node.name}("
        broken = wide and bool(node.arguments)
        if broken:
            yield ">\n"
        for number, argument in enumerate(node.arguments):
            if number:
                yield ","
                yield "\n" if broken else " "
            yield argument
        if broken:
            yield "<\n"
        yield node.end
        yield ")"

    def chain(self, node: Chain, wide: bool) -> Iterator[Node | str | Position]:
        level = level_of(node)
        broken = wide and level <= LEVELS["&"]
        if broken:
            yield ">"
        yield from _grouped(node.operands[0], level)
        spots = node.spots or (Position(),) * len(node.signs)
        for sign, spot, operand in zip(node.signs, spots, node.operands[1:], strict=True):
            yield "\n" if broken else " "
            yield spot
            yield f"{sign} "
            yield from _grouped(operand, level)
        if broken:
            yield "<"


def _unary(node: Unary) -> Iterator[Node | str]:
    """NOT reads as the function that administrators know, whatever its operand."""
    if node.sign == "NOT":
        yield "NOT("
        yield node.operand
        yield ")"
    else:
        yield node.sign
        yield from _grouped(node.operand, UNARY)


def _grouped(node: Node, level: int) -> Iterator[Node | str]:
    """A node, in parentheses unless it binds tighter than ``level`` (a unary may stand in a unary)."""
    inner = level_of(node)
    if inner > level or (inner == level == UNARY):
        yield node
    else:
        yield "("
        yield node
        yield ")"


def _own_width(node: Node) -> int:
    """How wide a node is on one line without what is in it."""
    match node:
        case Call():
            return len(node.name) + 2 * max(len(node.arguments), 1)
        case Chain():
            groups = sum(level_of(operand) <= level_of(node) for operand in node.operands)
            return sum(len(sign) + 2 for sign in node.signs) + 2 * groups
        case Unary():
            return 5
        case Pairs():
            return sum(len(name) + 5 for name in node.names)
        case _:
            return len(_leaf(node))


def _leaf(node: Node) -> str:
    match node:
        case Text():
            return quoted(node.value)
        case Number():
            return plain_number(node)
        case Truth():
            return "TRUE" if node.value else "FALSE"
        case Null():
            return "NULL"
        case Reference():
            return node.name
        case Call():
            return f"{node.name}()"
        case _:
            return ""
