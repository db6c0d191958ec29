"""Keeps the rows that show an org's rules in step with the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .data import SYSTEM_AUTHOR, OrgData
from .fields import ObjectType
from .rules import DuplicateRule, Refusal, Rule


class RuleRows:
    """Shows rules that were added, and takes those away that were removed."""

    def __init__(self, data: OrgData) -> None:
        self._data = data

    def added(self, kind: ObjectType, rule: Rule) -> None:
        """A rule was added to an object."""
        if isinstance(rule, Refusal) and rule.speaks == "rule":
            self._show("ValidationRule", _validation_rule(kind, rule))
        elif isinstance(rule, DuplicateRule):
            names = {"DeveloperName": rule.name, "MasterLabel": rule.name.replace("_", " "), "Language": "ja"}
            self._show("DuplicateRule", {**names, "SobjectType": kind.name, "IsActive": True})
            names["DeveloperName"] = f"{rule.name}_Match"
            engine = {"MatchEngine": "ExactMatchEngine", "RuleStatus": "Active"}
            rule_id = self._show(
                "MatchingRule", {**names, "SobjectType": rule.against or kind.name, **engine}
            )
            item = {"Field": rule.field, "MatchingMethod": "Exact", "BlankValueBehavior": "NullNotAllowed"}
            self._show("MatchingRuleItem", {"MatchingRuleId": rule_id, **item, "SortOrder": 1})

    def removed(self, kind: ObjectType, name: str) -> None:
        """Rules of this name were taken away from an object."""
        full = f"{kind.name}.{name}"
        self._hide("ValidationRule", lambda values: values.get("FullName") == full)
        self._hide(
            "DuplicateRule",
            lambda values: (values["SobjectType"], values["DeveloperName"]) == (kind.name, name),
        )
        gone = self._hide("MatchingRule", lambda values: values["DeveloperName"] == f"{name}_Match")
        self._hide("MatchingRuleItem", lambda values: values["MatchingRuleId"] in gone)

    def _show(self, object: str, values: Mapping[str, Any]) -> str:
        defaults = self._data.full[object].defaults
        row = self._data.tables[object].insert({**defaults, **values}, SYSTEM_AUTHOR, self._data.now())
        return row.id

    def _hide(self, object: str, wanted: Any) -> set[str]:
        table = self._data.tables[object]
        gone = [row for row in table.live() if wanted(row.values)]
        for row in gone:
            table.delete(row, SYSTEM_AUTHOR, self._data.now())
        return {row.id for row in gone}


def _validation_rule(kind: ObjectType, rule: Refusal) -> dict[str, Any]:
    metadata = {
        "active": True,
        "description": None,
        "errorConditionFormula": formula_of(rule.declared, kind),
        "errorDisplayField": rule.field,
        "errorMessage": rule.message,
        "shouldEvaluateOnClient": None,
        "urls": None,
    }
    return {
        "ValidationName": rule.name,
        "Active": True,
        "ErrorDisplayField": rule.field,
        "ErrorMessage": rule.message,
        "EntityDefinitionId": kind.name,
        "FullName": f"{kind.name}.{rule.name}",
        "Metadata": metadata,
    }


def formula_of(declared: Any, kind: ObjectType) -> str:
    """A declared condition as the formula that an administrator would have written."""
    match declared:
        case {"formula": str(text)}:
            return text
        case {"field": str(name), "matches": str(pattern)}:
            quoted = pattern.replace("\\", "\\\\").replace('"', '\\"')
            return f'REGEX({_text(name, kind)}, "[\\\\s\\\\S]*({quoted})[\\\\s\\\\S]*")'
        case {"blank": str(name)}:
            return f"ISBLANK({_text(name, kind)})"
        case {"equals": [str(name), None]}:
            return f"ISBLANK({_text(name, kind)})"
        case {"equals": [str(name), bool(wanted)]}:
            return name if wanted else f"NOT({name})"
        case {"equals": [str(name), str(wanted)]}:
            field = kind.find(name)
            quoted = '"' + wanted.replace("\\", "\\\\").replace('"', '\\"') + '"'
            listed = field is not None and field.type == "picklist"
            return f"ISPICKVAL({name}, {quoted})" if listed else f"{name} = {quoted}"
        case {"equals": [str(name), wanted]}:
            return f"{name} = {wanted}"
        case {"all": list(parts)}:
            return f"AND({', '.join(formula_of(part, kind) for part in parts)})"
        case {"any": list(parts)}:
            return f"OR({', '.join(formula_of(part, kind) for part in parts)})"
        case {"not": part}:
            return f"NOT({formula_of(part, kind)})"
        case _:
            return "TRUE"


def _text(name: str, kind: ObjectType) -> str:
    field = kind.find(name)
    return f"TEXT({name})" if field is not None and field.type == "picklist" else name
