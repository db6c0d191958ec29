"""The org's own rules, as small declared conditions over a row's values.

A condition is ``{"field": name, "matches": regex}``, ``{"blank": name}``, ``{"equals": [name, value]}``,
``{"all": [...]}``, ``{"any": [...]}`` or ``{"not": {...}}``. A validation rule *refuses* when its condition holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..kernel.org import ControlRefused
from .errors import RowError

Condition = Callable[[Mapping[str, Any]], bool]


def condition_of(declared: Any) -> Condition:
    """Compile a declared condition. Raises ControlRefused."""
    match declared:
        case {"field": str(name), "matches": str(pattern)}:
            return _matches(name, pattern)
        case {"blank": str(name)}:
            return lambda values: values.get(name) is None
        case {"equals": [str(name), wanted]}:
            return lambda values: bool(values.get(name) == wanted)
        case {"all": list(parts)}:
            every = [condition_of(part) for part in parts]
            return lambda values: all(holds(values) for holds in every)
        case {"any": list(parts)}:
            some = [condition_of(part) for part in parts]
            return lambda values: any(holds(values) for holds in some)
        case {"not": part}:
            holds = condition_of(part)
            return lambda values: not holds(values)
        case _:
            raise ControlRefused(f"this is no condition: {declared!r}")


def _matches(name: str, pattern: str) -> Condition:
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise ControlRefused(f"{pattern} is no regular expression: {error}") from error

    def holds(values: Mapping[str, Any]) -> bool:
        value = values.get(name)
        return value is not None and search(str(value)) is not None

    return holds


_SPEAKERS = frozenset(("rule", "trigger", "flow"))
_STATUS_CODE = re.compile("[A-Z][A-Z_]+")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What stops a save.

    speaks: as a validation ``rule``, a before ``trigger`` that throws, a ``flow`` that fails, or as the platform with
    a status code of its own (``ENTITY_IS_LOCKED``). declared: the condition as it was given.
    """

    name: str
    message: str
    holds: Condition
    field: str | None
    speaks: str
    declared: Any = None

    def error(self, creating: bool) -> RowError:
        """What the vendor answers when the condition holds."""
        fields = (self.field,) if self.field else ()
        if self.speaks not in _SPEAKERS:
            return RowError(self.speaks, self.message, fields)
        if self.speaks == "rule":
            return RowError("FIELD_CUSTOM_VALIDATION_EXCEPTION", self.message, fields)
        if self.speaks == "flow":
            text = (
                f"We can't save this record because the “{self.name}” process failed. Give your Salesforce admin "
                f"these details. {self.message}"
            )
            return RowError("CANNOT_EXECUTE_FLOW_TRIGGER", text)
        moment = "BeforeInsert" if creating else "BeforeUpdate"
        text = (
            f"{self.name}: execution of {moment}\n\ncaused by: {self.message}\n\n"
            f"Trigger.{self.name}: line 1, column 1"
        )
        return RowError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", text)


@dataclass(frozen=True, slots=True)
class Automation:
    """A before-save automation: sets fields of the row that is being saved."""

    name: str
    sets: Mapping[str, Any]
    when: Condition


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Rows of one object should not share the exact value of a field.

    action: ``block`` refuses, ``alert`` refuses unless the writer allows saving, ``allow`` says nothing.
    against: the object whose rows are compared, in the field of the same name; None is the rule's own object.
    """

    name: str
    field: str
    alert: str
    action: str
    against: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """An entry of the object's assignment rule: who owns a saved row. owner: a user, an author or a queue."""

    name: str
    owner: str
    when: Condition


Rule = Refusal | Automation | DuplicateRule | Assignment


def rule_of(declared: Mapping[str, Any]) -> Rule:
    """Read a declared rule. Raises ControlRefused.

    ``{"name", "field"?, "message", "formula"}``, which is a validation rule as administrators write it,
    ``{"name", "field"?, "message", "when", "as"?: "trigger" | "flow" | CODE, "nested"?: {"code", "message", "fields"?}}``,
    ``{"name"?, "set": {...}, "when"?}``, ``{"name"?, "assign": owner, "when"?}`` or
    ``{"name"?, "duplicate": "block" | "alert" | "allow", "field"?: "Email", "alert"?: text,
    "against"?: object}``.
    """
    if "duplicate" in declared:
        if declared["duplicate"] not in {"block", "alert", "allow"}:
            raise ControlRefused("a duplicate rule says block, alert or allow")
        name = declared.get("name", "Standard_Duplicate_Rule")
        alert = declared.get("alert", "Use one of these records?")
        field, against = declared.get("field", "Email"), declared.get("against")
        return DuplicateRule(name, field, alert, declared["duplicate"], against)
    when = condition_of(declared["when"]) if "when" in declared else (lambda _values: True)
    if "set" in declared:
        return Automation(declared.get("name", "Before_Save_Flow"), dict(declared["set"]), when)
    if "assign" in declared:
        return Assignment(declared.get("name", "Assignment_Rule"), str(declared["assign"]), when)
    if {"name", "message", "formula"} <= declared.keys():
        # Whether the formula holds is asked of ``formula_rules``, which knows the row, its parents and its past.
        return Refusal(declared["name"], declared["message"], when, declared.get("field"), "rule", declared)
    if not {"name", "message", "when"} <= declared.keys():
        raise ControlRefused("a rule needs name, message and when (or formula)")
    speaks = declared.get("as", "rule")
    if speaks not in _SPEAKERS and not _STATUS_CODE.fullmatch(speaks):
        raise ControlRefused("a refusal speaks as a rule, a trigger, a flow or with a status code")
    message = declared["message"] + _nested(declared.get("nested"), speaks)
    return Refusal(declared["name"], message, when, declared.get("field"), speaks, declared["when"])


def _nested(refusal: Mapping[str, Any] | None, speaks: str) -> str:
    """The refusal of another save inside, in the words that a trigger or a flow puts around it."""
    if refusal is None:
        return ""
    code, message = refusal.get("code", "UNKNOWN_EXCEPTION"), refusal.get("message", "")
    if speaks == "flow":
        return f" This error occurred when the flow tried to update records: {code}: {message}."
    fields = ", ".join(refusal.get("fields", ()))
    return f"; first error: {code}, {message}: [{fields}]"
