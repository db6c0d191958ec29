"""The tree of a formula: frozen nodes that know where they stand in its text.

A run of operators of one level (``a & b & c``) is one ``Chain``, so that a tree is never deeper than its text nests.
Walk trees with ``postorder``, which recurses nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from awase_formula.errors import Position
from awase_formula.lexer import Comment


@dataclass(frozen=True, slots=True)
class Text:
    """A text literal, unescaped."""

    value: str
    at: Position = field(default=Position(), compare=False)


@dataclass(frozen=True, slots=True)
class Number:
    """A number literal, exact."""

    value: Decimal
    at: Position = field(default=Position(), compare=False)


@dataclass(frozen=True, slots=True)
class Truth:
    """TRUE or FALSE."""

    value: bool
    at: Position = field(default=Position(), compare=False)


@dataclass(frozen=True, slots=True)
class Null:
    """NULL."""

    at: Position = field(default=Position(), compare=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """A field, a path to a parent's field, or a global (``$User.ProfileId``), as written."""

    name: str
    at: Position = field(default=Position(), compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """``-``, ``+`` or ``NOT`` (``!`` is NOT) before an operand."""

    sign: str
    operand: Node
    at: Position = field(default=Position(), compare=False)


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands joined from left to right by operators of one level; one operator fewer than operands.

    Signs are written in one way: ``=`` for ``==``, ``<>`` for ``!=``. ``spots`` says where each sign stands.
    """

    operands: tuple[Node, ...]
    signs: tuple[str, ...]
    at: Position = field(default=Position(), compare=False)
    spots: tuple[Position, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function call; ``name`` is in capitals. ``end`` is where its closing parenthesis stands."""

    name: str
    arguments: tuple[Node, ...]
    at: Position = field(default=Position(), compare=False)
    end: Position = field(default=Position(), compare=False)


@dataclass(frozen=True, slots=True)
class Pairs:
    """``[name = value, …]``, which only link functions such as URLFOR take."""

    names: tuple[str, ...]
    values: tuple[Node, ...]
    at: Position = field(default=Position(), compare=False)


Node: TypeAlias = Text | Number | Truth | Null | Reference | Unary | Chain | Call | Pairs


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula: its text, its tree, its comments in order, how deep the tree is and how many steps it took."""

    text: str
    root: Node
    comments: tuple[Comment, ...] = ()
    depth: int = 1
    steps: int = 0


def children(node: Node) -> tuple[Node, ...]:
    """A node's operands or arguments, in the order they are written."""
    match node:
        case Unary():
            return (node.operand,)
        case Chain():
            return node.operands
        case Call():
            return node.arguments
        case Pairs():
            return node.values
        case _:
            return ()


def postorder(root: Node) -> Iterator[Node]:
    """Every node below and with ``root``, children before their parent, left to right."""
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, opened = stack.pop()
        below = children(node)
        if opened or not below:
            yield node
        else:
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(below))
