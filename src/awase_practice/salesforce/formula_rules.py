"""Validation rules that are formulas, decided on the row that is being saved.

A formula that fails on a row refuses it, as the vendor's do; one that asks for what this org cannot know is refused
when the rule is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from awase_formula import Context, Evaluator, FormulaError, Kind, Row, Schema, Verdict, parse
from awase_formula import Field as FormulaField

from ..kernel.org import ControlRefused
from ..kernel.rows import Row as StoredRow
from .data import PROFILE_NAME, OrgData, shown_name
from .date_literals import ZONE
from .fields import NUMBER_TYPES, Field, ObjectType
from .formula_globals import global_field, global_value, of_org
from .writer import Writer

_KINDS: Final = {
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "picklist": Kind.PICKLIST,
    "multipicklist": Kind.MULTIPICKLIST,
    "reference": Kind.ID,
    "id": Kind.ID,
}
_KNOWN_NEEDS: Final = (
    "prior row",
    "operation",
    "parent ",
    "running user",
    "record type",
    "clock",
    "global $",
)


@dataclass(frozen=True, slots=True)
class FormulaRule:
    """A formula that is ready to be decided. paths: the fields of parents that it reads. of_org: the globals that the
    org's settings hold."""

    text: str
    evaluator: Evaluator
    paths: tuple[str, ...]
    of_org: tuple[str, ...] = ()


def formula_rule(data: OrgData, kind: ObjectType, text: str) -> FormulaRule:
    """Make a rule's formula ready. Raises ControlRefused with what is wrong with it."""
    try:
        formula = parse(text)
        own = {field.name: _field(field) for field in kind.fields}
        checked = Evaluator(formula, Schema(own)).checked
        paths = tuple(name for name in checked.fields if "." in name)
        parents = {path: _field(found) for path in paths if (found := _at_path(data, kind, path))}
        unknown = [path for path in paths if path not in parents and not path.startswith("$")]
        if unknown:
            raise ControlRefused(f"{kind.name} has no field {unknown[0]}")
        settings = of_org(need.removeprefix("global ") for need in checked.needs)
        typed = {name: _field(global_field(data, name)) for name in settings}
        evaluator = Evaluator(formula, Schema({**own, **parents, **typed}, complete=True))
    except FormulaError as error:
        raise ControlRefused(f"the formula cannot be used: {error}") from error
    foreign = [need for need in evaluator.checked.needs if not need.startswith(_KNOWN_NEEDS)]
    if foreign:
        raise ControlRefused(f"the formula needs what a practice org does not know: {', '.join(foreign)}")
    return FormulaRule(text, evaluator, tuple(parents), settings)


def fires(
    data: OrgData,
    rule: FormulaRule,
    kind: ObjectType,
    before: StoredRow | None,
    values: Mapping[str, Any],
    writer: Writer,
) -> bool:
    """Whether the rule refuses a row with these values. before: the stored row; None for a new one."""
    given = {**values, "Id": before.id if before else None}
    if shown := shown_name(values):
        given.setdefault("Name", shown)
    row = Row(
        {**given, **_of_parents(data, rule, kind, values)},
        prior={**before.values, **_of_parents(data, rule, kind, before.values)} if before else None,
        is_new=before is None,
    )
    return rule.evaluator.decide(row, _context(data, rule, writer)).verdict is not Verdict.PASS


def _of_parents(
    data: OrgData, rule: FormulaRule, kind: ObjectType, values: Mapping[str, Any]
) -> dict[str, Any]:
    return {path: _value_at(data, kind, values, path) for path in rule.paths}


def _context(data: OrgData, rule: FormulaRule, writer: Writer) -> Context:
    user = data.row(writer.user_id)
    of_user: Mapping[str, Any] = user.values if user else {}
    names = {
        f"$User.{name}": of_user.get(name) for name in ("Username", "LastName", "Email", "Alias", "UserType")
    }
    known = {**names, "$User.Id": writer.user_id, "$Profile.Name": PROFILE_NAME, "$Profile.Id": data.profile}
    if writer.user_id == data.integration_user:
        known |= {f"$Permission.{name}": True for name in data.custom_permissions()}
    known |= {name: global_value(data, name, writer.user_id) for name in rule.of_org}
    families = frozenset(("$Permission", "$User", "$Profile"))
    return Context(now=data.clock.now(), zone=ZONE, globals=known, families=families)


def _field(field: Field) -> FormulaField:
    if field.type in NUMBER_TYPES or field.type == "int":
        return FormulaField(Kind.NUMBER, scale=field.scale, percent=field.type == "percent")
    return FormulaField(_KINDS.get(field.type, Kind.TEXT))


def _at_path(data: OrgData, kind: ObjectType, path: str) -> Field | None:
    *parents, name = path.split(".")
    at: ObjectType | None = kind
    for part in parents:
        step = _step(at, part) if at else None
        at = data.full.get(step[1]) if step else None
    return at.find(name) if at else None


def _step(kind: ObjectType, part: str) -> tuple[Field, str] | None:
    """The reference behind one name of a path, and the object that is meant: ``Owner:User`` says which of several; owners
    are users to a formula that does not."""
    relationship, _, sort = part.partition(":")
    through = kind.by_relationship.get(relationship.lower())
    if through is None:
        return None
    several = through.reference_to
    meant = sort or ("User" if "User" in several else several[0])
    named = next((object for object in several if object.lower() == meant.lower()), None)
    return (through, named) if named else None


def _value_at(data: OrgData, kind: ObjectType, values: Mapping[str, Any], path: str) -> Any:
    """Null where there is no parent, or one of another object than is meant (an owner that is a queue)."""
    *parents, name = path.split(".")
    at, of = kind, values
    for part in parents:
        step = _step(at, part)
        row = data.row(of.get(step[0].name) or "") if step else None
        if step is None or row is None or data.kind_of_id(row.id) != step[1]:
            return None
        at, of = data.full[step[1]], {**row.values, "Id": row.id}
    field = at.find(name)
    return (of.get(field.name) or (shown_name(of) if field.derived else None)) if field else None
