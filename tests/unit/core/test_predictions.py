"""How right a rule has been decides whether it still holds records back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from awase.core.predictions import RuleName, RuleScore, current, is_due

NOW = datetime(2026, 11, 26, tzinfo=UTC)
RULE = RuleName("crm", "validation_rule", "Title", "Titles")
DAY = 86_400
"""Seconds."""


def test_a_rule_that_was_wrong_twice_is_demoted() -> None:
    assert [RuleScore(rule=RULE, right=9, wrong=n).demoted for n in range(4)] == [False, False, True, True]


def test_precision_and_recall_count_only_what_was_tried() -> None:
    score = RuleScore(rule=RULE, right=3, wrong=1, missed=2)
    assert (score.precision, score.recall) == (0.75, 0.6)
    assert (RuleScore(rule=RULE).precision, RuleScore(rule=RULE).recall) == (None, None)


def test_one_held_record_is_sent_a_day_after_the_first_was_held() -> None:
    def due(hours: float) -> bool:
        return is_due({RULE: RuleScore(rule=RULE, asked=NOW - timedelta(hours=hours))}, RULE, NOW, DAY)

    assert [due(hours) for hours in (0, 23.9, 24, 100)] == [False, False, True, True]
    assert not is_due({}, RULE, NOW, DAY)
    assert not is_due({RULE: RuleScore(rule=RULE)}, RULE, NOW, DAY)


def test_no_held_record_is_sent_where_nobody_wants_it() -> None:
    long_ago = RuleScore(rule=RULE, asked=NOW - timedelta(days=400))
    assert is_due({RULE: long_ago}, RULE, NOW, DAY)
    assert not is_due({RULE: long_ago}, RULE, NOW, 0)


def test_a_rule_that_changed_begins_anew() -> None:
    old = RuleScore(rule=RULE, version="monday", wrong=2)
    assert current([old], {("crm", "Titles"): "monday"}) == {RULE: old}
    assert current([old], {("crm", "Titles"): "tuesday"}) == {}
    # What no rule of the administrator decides has no version, and is kept.
    other = RuleScore(rule=RuleName("crm", "string_too_long", "Title"), wrong=2)
    assert current([other], {}) == {other.rule: other}
