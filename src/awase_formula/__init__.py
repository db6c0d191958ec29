"""The Salesforce formula language: parse, check, evaluate a row exactly, compile to columns, write out evenly.

    formula = parse('AND(ISPICKVAL(StageName, "Closed Won"), Amount < 100)')
    check(formula, schema)                 problems, types, what it reads and needs
    evaluate(formula, {"StageName": …})    the value on one row; ``decide`` gives the verdict as a rule
    compile(formula, schema).verdicts(frame, context)    FIRE, PASS or UNKNOWN with its reason, a row
    format(formula)                        its text in one style

The package stands alone: it knows nothing of Awase, of any connector or of a network.
"""

from awase_formula.checking import Checked, Problem, check
from awase_formula.columnwise.facts import PRIOR
from awase_formula.columnwise.fields import IS_NEW
from awase_formula.compiling import Compiled, Verdicts, compile, verdicts
from awase_formula.errors import (
    EvaluationFailed,
    FormulaError,
    FormulaSyntaxError,
    FormulaTooDeep,
    FormulaTypeError,
    NotKnown,
    Position,
    UnreadableFile,
)
from awase_formula.evaluating import Decision, Evaluator, Verdict, decide, evaluate
from awase_formula.kinds import Field, Kind, Schema
from awase_formula.layout import format
from awase_formula.needs import in_words
from awase_formula.parser import parse
from awase_formula.sentences import Sentence
from awase_formula.tree import Formula
from awase_formula.values import Context, Location, Row, Value

__all__ = [
    "IS_NEW",
    "PRIOR",
    "Checked",
    "Compiled",
    "Context",
    "Decision",
    "EvaluationFailed",
    "Evaluator",
    "Field",
    "Formula",
    "FormulaError",
    "FormulaSyntaxError",
    "FormulaTooDeep",
    "FormulaTypeError",
    "Kind",
    "Location",
    "NotKnown",
    "Position",
    "Problem",
    "Row",
    "Schema",
    "Sentence",
    "UnreadableFile",
    "Value",
    "Verdict",
    "Verdicts",
    "check",
    "compile",
    "decide",
    "evaluate",
    "format",
    "in_words",
    "parse",
    "verdicts",
]
