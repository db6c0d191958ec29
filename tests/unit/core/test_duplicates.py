"""Records that are too much alike are likely to be refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from awase.core.checks import duplicates, target_of
from awase.core.checks.check import Certainty
from awase.core.checks.preflight import sends, value_column
from awase.core.schema import MatchingField, MatchingRule
from tests.unit.core.scene import bound, mapped

MOBILE = MatchingRule("Mobile", "Lead", (MatchingField("Mobile__c"),))
TWO = MatchingRule(
    "Two", "Lead", (MatchingField("Mobile__c", exact=False), MatchingField("City__c", blanks_match=True))
)


def alike(
    rule: MatchingRule, outgoing: list[dict[str, Any]], there: list[dict[str, Any]]
) -> list[tuple[int, str]]:
    """Link and value of whoever is found. ``outgoing``: a row a record; ``id`` makes it an update, ``was`` is stored."""
    sync = bound(mapped("mobile"), mapped("city"))
    lead = replace(sync.crm["Lead"], matching_rules=(rule,))
    sync = replace(sync, crm={**sync.crm, "Lead": lead})
    columns: dict[str, Any] = {
        "_link": list(range(len(outgoing))),
        "_create": ["id" not in row for row in outgoing],
        "_target": pl.Series([row.get("id") for row in outgoing], dtype=pl.String),
    }
    for b in sync.fields:
        sent = [row.get(b.name) for row in outgoing]
        columns |= {
            value_column(b.name): pl.Series(sent, dtype=pl.String),
            f"source:{b.name}": pl.Series(sent, dtype=pl.String),
            sends(b.name): [b.name in row for row in outgoing],
            f"before:{b.name}": pl.Series(
                [row.get("was", {}).get(b.name) for row in outgoing], dtype=pl.String
            ),
        }
    rows = pl.DataFrame(
        [{"_id": row["id"], "Mobile__c": row.get("mobile"), "City__c": row.get("city")} for row in there],
        schema={"_id": pl.String, "Mobile__c": pl.String, "City__c": pl.String},
    )
    frame = pl.DataFrame(columns)
    found = list(duplicates(frame, target_of(sync, "crm", "Lead", frame), {"Lead": rows}))
    assert {(one.certainty, one.error_type, one.detail["rule"]) for one in found} <= {
        (Certainty.LIKELY, "duplicate_rule", rule.name)
    }
    return [(one.link, one.value or "") for one in found]


def test_a_new_record_like_one_that_is_there_is_found() -> None:
    there = [{"id": "a", "mobile": "090-1"}]
    assert alike(MOBILE, [{"mobile": "090-1"}, {"mobile": "090-2"}, {}], there) == [(0, "090-1")]


def test_blanks_are_not_alike() -> None:
    assert alike(MOBILE, [{}, {}], [{"id": "a"}]) == []


def test_of_two_new_records_the_second_is_found() -> None:
    assert alike(MOBILE, [{"mobile": "090-1"}, {"mobile": "090-1"}], []) == [(1, "090-1")]


def test_a_record_is_no_duplicate_of_itself() -> None:
    there = [{"id": "a", "mobile": "090-1"}]
    assert alike(MOBILE, [{"id": "a", "mobile": "090-1", "was": {"mobile": "090-2"}}], there) == []
    assert alike(MOBILE, [{"id": "b", "mobile": "090-1", "was": {"mobile": "090-2"}}], there) == [
        (0, "090-1")
    ]


def test_nobody_asks_about_an_update_that_leaves_the_fields_alone() -> None:
    there = [{"id": "a", "mobile": "090-1"}]
    assert alike(MOBILE, [{"id": "b", "was": {"mobile": "090-1"}}], there) == []
    assert alike(MOBILE, [{"id": "b", "mobile": "090-1", "was": {"mobile": "090-1"}}], there) == []


def test_all_fields_have_to_match_as_the_rule_says() -> None:
    there = [{"id": "a", "mobile": "090 (1)", "city": None}]
    assert alike(TWO, [{"mobile": "090-1"}], there) == [(0, "0901 / ")]
    assert alike(TWO, [{"mobile": "090-1", "city": "港区"}], there) == []
    assert alike(TWO, [{"city": "港区"}], there) == []
