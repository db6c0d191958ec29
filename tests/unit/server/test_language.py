"""Which language a page is in, and how it writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from awase.server.language import Language, Speech, chosen_language

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "accepted", "expected"),
    [
        ("ja", "en", "ja"),
        ("en", "ja", "en"),
        ("xx", "ja", "ja"),
        (None, "ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        (None, "en-GB,en;q=0.9,ja;q=0.8", "en"),
        (None, "fr,ja;q=0.4,en;q=0.3", "ja"),
        (None, "en;q=0.2, JA ; q=0.7", "ja"),
        (None, "ja;q=0, en", "en"),
        (None, "ja;q=0", "en"),
        (None, "fr", "en"),
        (None, "", "en"),
        (None, ";;;q=,ja;q=high", "en"),
        (None, "ja;q=nan, en;q=0.1", "en"),
    ],
)
def test_the_address_decides_then_the_browser_then_the_workspace(
    asked: str | None, accepted: str, expected: Language
) -> None:
    assert chosen_language(asked, accepted, "en") == expected


def test_moments_are_in_the_workspaces_zone_and_numbers_are_grouped() -> None:
    japanese, english = (Speech(language, ZoneInfo("Asia/Tokyo")) for language in ("ja", "en"))
    assert japanese.moment(NOW) == "2026年4月1日 18:00"
    assert english.moment(NOW) == "1 Apr 2026, 18:00"
    assert english.number(1_234_567) == japanese.number(1_234_567) == "1,234,567"
    assert english.since(NOW - timedelta(minutes=5), NOW) == "5 minutes ago"


def test_numbers_within_a_sentence_are_grouped_in_both_languages() -> None:
    japanese, english = (Speech(language, ZoneInfo("UTC")) for language in ("ja", "en"))
    assert english.t("of {allotment} allotted", allotment=12_000) == "of 12,000 allotted"
    assert japanese.t("of {allotment} allotted", allotment=12_000) == "割り当て済み 12,000 回のうち"
