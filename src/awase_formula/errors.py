"""What can go wrong with a formula, by when it does.

    FormulaError
    ├── FormulaSyntaxError    the text is no formula; says where, and what was expected there
    ├── FormulaTypeError      it reads, but uses a field, function or type that it may not
    ├── EvaluationFailed      it went wrong on this row (VALUE("x"), a division by zero …)
    ├── NotKnown              it cannot be decided from what was given; nothing is wrong with it
    └── UnreadableFile        a file of formulas, rules or cases cannot be read

Every one carries a stable ``code`` and, where there is one, the position in the formula's own text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from awase_formula.sentences import Sentence, together


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a formula's text: ``offset`` from 0, ``line`` and ``column`` from 1, all in characters."""

    offset: int = 0
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


def placed(fault: str, at: Position) -> Sentence:
    """A fault with its place in the formula."""
    words = "{fault} (line {line}, column {column})"
    return Sentence(words, fault=fault, line=str(at.line), column=str(at.column))


class FormulaError(Exception):
    """Base of every error of this package. Its message is a ``Sentence`` wherever the package speaks itself."""

    code: ClassVar[str] = "FX-000"

    def __init__(self, message: str, at: Position | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.at = at

    def __str__(self) -> str:
        return placed(self.message, self.at) if self.at else self.message

    def in_formula(self) -> str:
        """The same for a reader who also sees a line of the file that the formula stands in."""
        if self.at is None:
            return self.message
        line, column = str(self.at.line), str(self.at.column)
        words = "{fault} (line {line}, column {column} of the formula)"
        return Sentence(words, fault=self.message, line=line, column=column)


class FormulaSyntaxError(FormulaError):
    """The text does not follow the grammar.

    ``expected`` names what could have stood at that place; ``hint`` what to write where a frequent slip is seen.
    """

    code = "FX-100"
    at: Position

    def __init__(self, message: str, at: Position, expected: str = "", hint: str = "") -> None:
        wanted = Sentence("expected {what}", what=expected) if expected else ""
        super().__init__(together([message, wanted, hint]), at)
        self.expected = expected


class FormulaTooDeep(FormulaSyntaxError):
    """It nests deeper than we follow (``parser.DEEPEST``), far beyond what Salesforce would store."""

    code = "FX-101"


class FormulaTypeError(FormulaError):
    """A field that is not there, a function that is not known, a type that does not fit."""

    code = "FX-200"


class EvaluationFailed(FormulaError):
    """The formula failed on this row; on the platform a rule that fails so blocks the save."""

    code = "FX-300"


class NotKnown(FormulaError):
    """The row decides nothing: a prior value, a parent record, a global or a lookup table is missing."""

    code = "FX-400"


class UnreadableFile(FormulaError):
    """A file is missing, is no text, or is not of the form it should have. The message says file and line."""

    code = "FX-500"
