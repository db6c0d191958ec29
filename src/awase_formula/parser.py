"""Text to tree, by operator precedence with stacks of our own: nothing recurses, and each token is handled once.

Levels, loosest first (Salesforce's published grammar, confirmed): ``||`` · ``&&`` · ``= == <> !=`` · ``< > <= >=`` · ``+ - &`` ·
``^`` · ``* /`` · the unary ``+ - ! NOT``. So ``^`` binds looser than ``*``, all levels associate to the left, and
``NOT a = b`` is ``(NOT a) = b``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from awase_formula.errors import FormulaSyntaxError, FormulaTooDeep, Position
from awase_formula.lexer import Comment, Lexeme, Token, lexemes
from awase_formula.sentences import Sentence
from awase_formula.tree import Call, Chain, Formula, Node, Null, Number, Pairs, Reference, Text, Truth, Unary

DEEPEST = 250
"""How deep a tree may be. A formula of the length that Salesforce stores stays far below it."""

MOST_OPEN = 2000
"""How many parentheses may be open at once; those that only group cost no depth."""

LEVELS = {
    **dict.fromkeys(["||"], 1),
    **dict.fromkeys(["&&"], 2),
    **dict.fromkeys(["=", "==", "<>", "!="], 3),
    **dict.fromkeys(["<", ">", "<=", ">="], 4),
    **dict.fromkeys(["+", "-", "&"], 5),
    **dict.fromkeys(["^"], 6),
    **dict.fromkeys(["*", "/"], 7),
}
"""Infix operators and how tightly they bind."""

UNARY = 8
_ONE_WAY = {"==": "=", "!=": "<>"}
_NO_OPERATORS = {
    "=>": ">=",
    "=<": "<=",
    "><": "<>",
    "===": "=",
    "!==": "<>",
    "//": "/* … */",
}
_INFIX = {"AND": "&&", "OR": "||"}
_VALUE = Sentence("a field, a function, a literal or an opening parenthesis")


_ENDS = Sentence("the formula ends too early")


@dataclass(slots=True)
class _Operator:
    """An operator that waits for its right operand: ``level`` is ``UNARY`` for a prefix."""

    sign: str
    level: int
    at: Position


@dataclass(slots=True)
class _Frame:
    """What an opening bracket has opened: a call, a group, pairs, or (the outermost) the formula itself."""

    closing: str
    name: str
    at: Position
    operands: list[tuple[Node, int]] = field(default_factory=list)
    operators: list[_Operator] = field(default_factory=list)
    finished: list[tuple[Node, int]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


class _Parser:
    def __init__(self, text: str) -> None:
        self.comments: list[Comment] = []
        self.tokens: list[Lexeme] = []
        self.steps = 0
        for piece in lexemes(text):
            self.steps += 1
            if isinstance(piece, Comment):
                self.comments.append(piece)
            else:
                self.tokens.append(piece)
        self.next = 0
        self.frames = [_Frame("", "", self.tokens[0].at)]

    def take(self) -> Lexeme:
        self.steps += 1
        token = self.tokens[self.next]
        self.next += 1
        return token

    def follows(self, text: str) -> bool:
        token = self.tokens[self.next]
        return token.kind is Token.SIGN and token.text == text

    def parse(self) -> tuple[Node, int]:
        wants_value = True
        while True:
            token = self.take()
            if wants_value:
                wants_value = self.value(token)
            elif token.kind is Token.END:
                return self.end(token)
            else:
                wants_value = self.operator(token)

    # --- where a value is expected -----------------------------------------------------------------------------

    def value(self, token: Lexeme) -> bool:
        """Take a value or what may stand before one. Gives whether a value is still expected."""
        match token.kind, token.text:
            case Token.NUMBER, text:
                return self.push(Number(Decimal(text), token.at))
            case Token.TEXT, text:
                return self.push(Text(text, token.at))
            case Token.NAME, text:
                return self.name(text, token.at)
            case Token.SIGN, ("+" | "-" | "!") as sign:
                return self.prefix("NOT" if sign == "!" else sign, token.at)
            case Token.SIGN, "(":
                return self.open(_Frame(")", "", token.at))
            case Token.SIGN, "[":
                self.open(_Frame("]", "[", token.at))
                return self.pair_name()
            case _:
                self.refuse_no_operator(token)
                raise FormulaSyntaxError(_found(token), token.at, _VALUE)

    def refuse_no_operator(self, token: Lexeme) -> None:
        """``=>``, ``===`` and their like are read as two signs, and meant as one."""
        before = self.tokens[max(self.next - 2, 0)]
        both = before.text + token.text
        if (
            both in _NO_OPERATORS
            and before.kind is token.kind is Token.SIGN
            and before.at.offset + len(before.text) == token.at.offset
        ):
            fault = Sentence("{found} is no operator", found=repr(both))
            raise FormulaSyntaxError(
                fault, before.at, hint=Sentence("write {right}", right=_NO_OPERATORS[both])
            )

    def name(self, text: str, at: Position) -> bool:
        folded = text.upper()
        if folded == "NOT":
            return self.prefix("NOT", at)
        if folded in ("TRUE", "FALSE"):
            return self.push(Truth(folded == "TRUE", at))
        if folded == "NULL":
            return self.push(Null(at))
        if not self.follows("("):
            return self.push(Reference(text, at))
        self.take()
        if self.follows(")"):
            return self.push(Call(folded, (), at, self.take().at))
        return self.open(_Frame(")", folded, at))

    def prefix(self, sign: str, at: Position) -> bool:
        self.frames[-1].operators.append(_Operator(sign, UNARY, at))
        return True

    def open(self, frame: _Frame) -> bool:
        if len(self.frames) > MOST_OPEN:
            too_many = Sentence("more than {most} parentheses are open here", most=str(MOST_OPEN))
            raise FormulaTooDeep(too_many, frame.at)
        self.frames.append(frame)
        return True

    def pair_name(self) -> bool:
        token = self.take()
        if token.kind not in (Token.NAME, Token.TEXT):
            raise FormulaSyntaxError(_found(token), token.at, Sentence("the name of a parameter"))
        if not self.follows("="):
            raise FormulaSyntaxError(_found(self.tokens[self.next]), self.tokens[self.next].at, "=")
        self.take()
        self.frames[-1].names.append(token.text)
        return True

    def push(self, node: Node, depth: int = 1) -> bool:
        self.frames[-1].operands.append((node, depth))
        return False

    # --- where an operator is expected -------------------------------------------------------------------------

    def operator(self, token: Lexeme) -> bool:
        """Take an infix operator, a comma or a closing bracket. Gives whether a value is expected next."""
        frame = self.frames[-1]
        if token.kind is not Token.SIGN or token.text in ("(", "[", "!"):
            raise FormulaSyntaxError(_found(token), token.at, _after_value(frame, token.at), _meant(token))
        level = LEVELS.get(token.text)
        if level is not None:
            self.reduce(frame, level)
            frame.operators.append(_Operator(_ONE_WAY.get(token.text, token.text), level, token.at))
            return True
        if token.text == "," and frame.name:
            self.finish(frame)
            return self.pair_name() if frame.closing == "]" else True
        if token.text != frame.closing:
            raise FormulaSyntaxError(_found(token), token.at, _after_value(frame, token.at))
        self.finish(frame)
        self.frames.pop()
        return self.close(frame, token.at)

    def close(self, frame: _Frame, end: Position) -> bool:
        nodes = tuple(node for node, _ in frame.finished)
        deepest = max(depth for _, depth in frame.finished)
        if frame.closing == "]":
            return self.grown(Pairs(tuple(frame.names), nodes, frame.at), deepest)
        if frame.name:
            return self.grown(Call(frame.name, nodes, frame.at, end), deepest)
        return self.push(nodes[0], deepest)

    def grown(self, node: Node, below: int) -> bool:
        if below >= DEEPEST:
            too_deep = Sentence("this nests more than {most} levels deep", most=str(DEEPEST))
            raise FormulaTooDeep(too_deep, node.at)
        return self.push(node, below + 1)

    def reduce(self, frame: _Frame, level: int) -> None:
        """Apply the operators that bind tighter than ``level``, and whole runs of them at once."""
        while frame.operators and frame.operators[-1].level > level:
            operator = frame.operators[-1]
            if operator.level == UNARY:
                self.steps += 1
                frame.operators.pop()
                node, depth = frame.operands.pop()
                self.grown(Unary(operator.sign, node, operator.at), depth)
            else:
                self.chain(frame, operator.level)

    def chain(self, frame: _Frame, level: int) -> None:
        run: list[_Operator] = []
        while frame.operators and frame.operators[-1].level == level:
            self.steps += 1
            run.append(frame.operators.pop())
        run.reverse()
        operands = frame.operands[-len(run) - 1 :]
        del frame.operands[-len(run) - 1 :]
        node = Chain(
            tuple(node for node, _ in operands),
            tuple(operator.sign for operator in run),
            operands[0][0].at,
            tuple(operator.at for operator in run),
        )
        self.grown(node, max(depth for _, depth in operands))

    def finish(self, frame: _Frame) -> None:
        self.reduce(frame, 0)
        frame.finished.append(frame.operands.pop())

    def end(self, token: Lexeme) -> tuple[Node, int]:
        frame = self.frames[-1]
        if len(self.frames) > 1:
            raise FormulaSyntaxError(_ENDS, token.at, _after_value(frame, token.at))
        self.finish(frame)
        return frame.finished[0]


def _found(token: Lexeme) -> Sentence:
    match token.kind:
        case Token.END:
            return _ENDS
        case Token.TEXT:
            return Sentence("a text stands where none can")
        case _:
            return Sentence("{found} stands where it cannot", found=repr(token.text))


def _meant(token: Lexeme) -> str:
    """What to write instead of a word between two operands."""
    word = token.text.upper()
    if token.kind is not Token.NAME or word not in _INFIX:
        return ""
    words = "between two operands write {sign}, or write {word}(a, b)"
    return Sentence(words, sign=_INFIX[word], word=word)


def _after_value(frame: _Frame, at: Position) -> Sentence:
    """What may follow a value at ``at``; a bracket on another line is told with its line."""
    if not frame.closing:
        return Sentence("an operator or the end of the formula")
    line, column = str(frame.at.line), str(frame.at.column)
    there = Sentence("line {line}, column {column}", line=line, column=column)
    here = Sentence("column {column}", column=column)
    opened = here if frame.at.line == at.line else there
    if not frame.name:
        return Sentence("an operator or the ) that closes the group, opened at {opened}", opened=opened)
    words = "an operator, a comma or the {closing} that closes {name}, opened at {opened}"
    return Sentence(words, closing=frame.closing, name=frame.name, opened=opened)


def parse(text: str) -> Formula:
    """Parse a formula's text.

    Raises ``FormulaSyntaxError`` with the place and what was expected there. ``steps`` of the result counts tokens
    and reductions: it grows with the length of the text and with nothing else.
    """
    parser = _Parser(text)
    root, depth = parser.parse()
    return Formula(text, root, tuple(parser.comments), depth, parser.steps)
