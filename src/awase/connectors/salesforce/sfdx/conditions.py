"""A rule's formula as a project holds it: whether it can be read, and whether any org takes it."""

from __future__ import annotations

from awase.connectors.salesforce.sfdx.found import Place, Trouble
from awase_formula import FormulaError, FormulaSyntaxError, FormulaTypeError, parse
from awase_formula.certainty import impossible, not_a_condition
from awase_formula.checking import BLOCKING
from awase_formula.kinds import NO_SCHEMA
from awase_formula.metadata import Element


def wrong_with(text: str) -> FormulaError | None:
    """A FormulaSyntaxError where it cannot be read; another error where no org saves it as a rule, whatever its fields are.

    A function that is not known, or with too few arguments, is no error here: that the rule cannot be foreseen tells it.
    """
    try:
        formula = parse(text)
    except FormulaSyntaxError as error:
        return error
    problems = [one for one in impossible(formula) if one.code not in BLOCKING]
    found = problems[0] if problems else not_a_condition(formula, NO_SCHEMA)
    return None if found is None else FormulaTypeError(found.message, found.at)


def trouble_of(error: FormulaError, name: str, formula: Element, file: str) -> Trouble:
    """``error`` of the rule ``name``, at its own line of ``file``."""
    below = error.at.line - 1 if error.at else 0
    return Trouble(
        Place(file, formula.line + below),
        kind="rule_unreadable",
        words="the formula of the rule {name} cannot be read: {reason}"
        if isinstance(error, FormulaSyntaxError)
        else "no org takes the formula of the rule {name}: {reason}",
        places={"name": name, "reason": error.in_formula()},
    )
