"""Duplicate and matching rules by SOQL. Which of them belong together, and what they do, only the Metadata API tells.

The objects DuplicateRule, MatchingRule and MatchingRuleItem are confirmed; that a user without the right to view setup
gets none of them is from memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Never

import msgspec

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.setup_rows import read_rows
from awase.core.schema import MatchingField, MatchingRule
from awase.ports.flows import Flow

_EXACT = "Exact"


class _Duplicate(msgspec.Struct, frozen=True, rename="pascal"):
    sobject_type: str


class _Matching(msgspec.Struct, frozen=True, rename="pascal"):
    id: str
    developer_name: str
    sobject_type: str
    boolean_filter: str | None = None


class _Item(msgspec.Struct, frozen=True, rename="pascal"):
    matching_rule_id: str
    field: str
    matching_method: str | None = None
    blank_value_behavior: str | None = None


class _Duplicates(msgspec.Struct, frozen=True):
    records: list[_Duplicate]


class _Matchings(msgspec.Struct, frozen=True):
    records: list[_Matching]


class _Items(msgspec.Struct, frozen=True):
    records: list[_Item]


def read_matching_rules(
    api_version: str, objects: Sequence[str]
) -> Flow[Never, Mapping[str, tuple[MatchingRule, ...]]]:
    """See ``ports.connector.MatchingRuleReader``. Rules that join their fields by OR are left out."""
    asked = [soql.one_of("SobjectType", objects), "IsActive = true"]
    duplicates = yield from read_rows(api_version, ("SobjectType",), "DuplicateRule", asked, _Duplicates)
    guarded = {one.sobject_type for one in duplicates.records} if duplicates else set()
    if not guarded:
        return {}
    names = ("Id", "DeveloperName", "SobjectType", "BooleanFilter")
    matching = yield from read_rows(api_version, names, "MatchingRule", ["RuleStatus = 'Active'"], _Matchings)
    kept = [one for one in (matching.records if matching else ()) if not one.boolean_filter]
    if not kept:
        return {}
    names = ("MatchingRuleId", "Field", "MatchingMethod", "BlankValueBehavior")
    of_those = [soql.one_of("MatchingRuleId", [one.id for one in kept])]
    items = yield from read_rows(api_version, names, "MatchingRuleItem", of_those, _Items)
    rules = tuple(
        MatchingRule(
            one.developer_name,
            one.sobject_type,
            tuple(
                MatchingField(
                    item.field,
                    exact=item.matching_method == _EXACT,
                    blanks_match=item.blank_value_behavior == "MatchBlanks",
                )
                for item in (items.records if items else ())
                if item.matching_rule_id == one.id
            ),
        )
        for one in kept
    )
    return dict.fromkeys(sorted(guarded), tuple(rule for rule in rules if rule.fields))
