"""From a formula's text to tokens, in one pass.

The grammar is that of Salesforce (its published parser grammar): identifiers may hold ``. : # $ _``; texts stand in either
quote; numbers have no exponent; comments may stand anywhere and are kept. Where the published grammar is narrower
than what orgs have stored, the wider reading is taken: an unknown escape (``\\d``, ``\\u00a9``) keeps its backslash,
a line break inside a text is part of it.
"""

from __future__ import annotations

import enum
import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from awase_formula.errors import FormulaSyntaxError, Position
from awase_formula.sentences import Sentence


class Token(enum.Enum):
    """Kinds of tokens."""

    NAME = "a name"
    NUMBER = "a number"
    TEXT = "a text"
    SIGN = "a sign"
    END = "the end"


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One token: its kind, its text (for a text literal the value, unescaped) and where it starts."""

    kind: Token
    text: str
    at: Position


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its delimiters, and where it starts."""

    text: str
    at: Position


_PIECE = re.compile(
    r"""(?P<space>[ \t\f\r\n\u00a0\ufeff]+)
    |(?P<comment>/\*)
    |(?P<name>[A-Za-z$\u0130\u212A][A-Za-z0-9$_:.\#\u0130\u212A]*)
    |(?P<number>[0-9]+(?:\.[0-9]+)?)
    |(?P<sign>\|\||&&|==|<>|!=|<=|>=|[()\[\],+\-*/^&=<>!])
    |(?P<quote>["'])""",
    re.VERBOSE,
)
_BODY = {quote: re.compile(rf"[^{quote}\\]*(?:\\.[^{quote}\\]*)*{quote}", re.DOTALL) for quote in "\"'"}
_OPEN_PATH = re.compile(r"\.(?=\.|\Z)")
_WIDE = re.compile("[\uff01-\uff5e\u3001]+")
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3001: ","}
_LONGEST_ENTITY = 10
_ENTITY = re.compile(r"&(lt|gt|amp|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);")
_ALONE = Sentence("write the name of the field alone, without {left} and {right}", left="{!", right="}")
_OTHERWISE = {
    ".": Sentence("a number begins and ends with a digit, as 0.5 does"),
    "{": _ALONE,
    "%": Sentence("write a percentage as a number, 0.05 for 5 %, and a remainder as MOD(a, b)"),
    "|": Sentence("write {right}", right="a || b"),
    ";": Sentence("a formula ends without a semicolon, and a comma stands between arguments"),
    "?": Sentence("write {right}", right="IF(condition, a, b)"),
    "@": Sentence("write the name of the field alone"),
}
"""What to write in place of a sign that means nothing here."""
_CURLY = "\u201c\u201d\u201e\u2018\u2019\u201a"
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "N": "\n", "R": "\r", "T": "\t", '"': '"', "'": "'", "\\": "\\"}


def unescaped(body: str) -> str:
    """The value of a text literal's body; an escape that the grammar does not know keeps its backslash."""
    if "\\" not in body:
        return body
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[0]), body)


class _Lines:
    """Offsets to lines and columns; asked in rising order, so that the whole text is counted once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line = 1
        self._start = 0
        self._seen = 0

    def at(self, offset: int) -> Position:
        breaks = self._text.count("\n", self._seen, offset)
        if breaks:
            self._line += breaks
            self._start = self._text.rfind("\n", self._seen, offset) + 1
        self._seen = offset
        return Position(offset, self._line, offset - self._start + 1)


def _meaningless(text: str, at: Position) -> FormulaSyntaxError:
    """The error for what begins no token, with what was meant where it is a character that an input method wrote."""
    wide = _WIDE.match(text, at.offset)
    if wide is not None:
        return FormulaSyntaxError(
            Sentence("{found} is written in full-width characters", found=repr(wide[0])),
            at,
            hint=Sentence("write {right}", right=wide[0].translate(_NARROW)),
        )
    if text[at.offset] == "\u3000":
        return FormulaSyntaxError(
            Sentence("a full-width space stands here"), at, hint=Sentence("write a plain space")
        )
    if text[at.offset] in _CURLY:
        return FormulaSyntaxError(
            Sentence("{found} is a curly quote", found=text[at.offset]),
            at,
            hint=Sentence("write straight quotes, \" or '"),
        )
    entity = _ENTITY.search(text, max(at.offset - _LONGEST_ENTITY, 0), at.offset + _LONGEST_ENTITY)
    if entity is not None and at.offset < entity.end():
        found = Sentence("{found} is an XML entity", found=repr(entity[0]))
        return FormulaSyntaxError(found, at, hint=Sentence("write {right}", right=html.unescape(entity[0])))
    if unicodedata.category(text[at.offset]) == "Cf":
        found = Sentence("an invisible character ({code}) stands here", code=f"U+{ord(text[at.offset]):04X}")
        return FormulaSyntaxError(found, at, hint=Sentence("delete it"))
    found = Sentence("{found} has no meaning here", found=repr(text[at.offset]))
    return FormulaSyntaxError(
        found, at, Sentence("a value or an operator"), _OTHERWISE.get(text[at.offset], "")
    )


def _refuse_open_path(name: str, lines: _Lines, at: Position) -> None:
    """A path has a name on either side of each of its points."""
    wrong = _OPEN_PATH.search(name)
    if wrong is not None:
        place = lines.at(at.offset + wrong.end())
        lacks = Sentence("{name} lacks a name after a point", name=repr(name))
        raise FormulaSyntaxError(lacks, place, Sentence("the name of a field"))


def lexemes(text: str) -> Iterator[Lexeme | Comment]:
    """The tokens and comments of ``text`` in order, an END last.

    Raises ``FormulaSyntaxError`` for a character that begins no token and for a text or comment that never ends.
    """
    lines = _Lines(text)
    offset = 0
    while offset < len(text):
        match = _PIECE.match(text, offset)
        at = lines.at(offset)
        if match is None:
            raise _meaningless(text, at)
        offset = match.end()
        match match.lastgroup:
            case "space":
                continue
            case "comment":
                end = text.find("*/", offset)
                if end < 0:
                    raise FormulaSyntaxError(Sentence("this comment never ends"), at, "*/")
                offset = end + 2
                yield Comment(text[at.offset : offset], at)
            case "quote":
                body = _BODY[match[0]].match(text, offset)
                if body is None:
                    closing = Sentence("a closing {quote}", quote=match[0])
                    raise FormulaSyntaxError(Sentence("this text never ends"), at, closing)
                offset = body.end()
                yield Lexeme(Token.TEXT, unescaped(body[0][:-1]), at)
            case "name":
                _refuse_open_path(match[0], lines, at)
                yield Lexeme(Token.NAME, match[0], at)
            case "number":
                yield Lexeme(Token.NUMBER, match[0], at)
            case _:
                yield Lexeme(Token.SIGN, match[0], at)
    yield Lexeme(Token.END, "", lines.at(len(text)))
