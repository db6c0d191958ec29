"""The catalogue: complete in both languages, with whose move it is and what each way costs."""

from __future__ import annotations

import re

import pytest

from awase.catalogue import categories, category_name, entries, entry, owner_name

_JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


@pytest.mark.parametrize("code", list(entries()))
def test_every_entry_speaks_both_languages(code: str) -> None:
    found = entries()[code]
    prices = [fix.price for fix in found.fixes if fix.price]
    more = [words for words in (found.dispute, found.cannot_be_met) if words]
    for words in (found.name, found.meaning, *found.fixes, *prices, *more):
        assert _JAPANESE.search(words.ja)
        assert words.en
        assert not _JAPANESE.search(words.en)


@pytest.mark.parametrize("code", list(entries()))
def test_every_entry_says_whose_move_it_is(code: str) -> None:
    found = entries()[code]
    assert found.fixes
    assert category_name(found.category, "ja")
    assert all(owner_name(fix.who, "ja") for fix in found.fixes)


def test_no_category_is_empty() -> None:
    assert set(categories()) == {found.category for found in entries().values()}


@pytest.mark.parametrize(
    "code",
    [
        "required_value_missing",
        "restricted_picklist_value",
        "string_too_long",
        "invalid_email",
        "number_out_of_range",
        "wrong_type",
        "date_out_of_range",
        "opt_out_not_writable",
        "several_matches",
        "linked_elsewhere",
        "counterpart_missing",
        "moved_since_plan",
        "unanswered_create",
        "conflict",
    ],
)
def test_what_the_core_finds_by_itself_is_in_the_catalogue(code: str) -> None:
    assert entry(code).code == code


def test_the_31_named_types_are_there_in_their_categories() -> None:
    named = {found.named: found.category for found in entries().values() if found.named}
    assert sorted(named) == list(range(1, 32))
    sizes = [list(named.values()).count(category) for category in list(categories())[:7]]
    assert sizes == [2, 4, 2, 3, 10, 3, 7]
    assert list(categories())[:7] == [
        "associations",
        "custom_code",
        "duplicates",
        "permissions",
        "picklists",
        "mapping",
        "values",
    ]
    assert entry("other").category == list(categories())[-1] == "other"


def test_about_ten_named_types_arise_on_the_way_to_the_ma_and_every_type_on_some_way() -> None:
    only_to_ma = [e for e in entries().values() if e.named and e.directions == ["to_ma"]]
    to_ma = [e for e in entries().values() if e.named and "to_ma" in e.directions]
    assert len(only_to_ma) < 10 < len(to_ma)
    assert all(found.directions for found in entries().values())


def test_names_and_codes_are_each_given_once() -> None:
    for language in ("ja", "en"):
        names = [found.name.in_(language) for found in entries().values()]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("code", ["restricted_picklist_value", "duplicate_rule", "no_default_sales_process"])
def test_where_there_are_two_ways_each_has_its_price(code: str) -> None:
    assert len(entry(code).fixes) > 1
    assert all(fix.price for fix in entry(code).fixes)


def test_a_price_is_given_for_all_ways_or_for_none() -> None:
    for found in entries().values():
        assert len({fix.price is None for fix in found.fixes}) == 1, found.code


def test_the_sources_disagreement_about_restricted_lists_is_stated_and_the_restriction_kept_first() -> None:
    found = entry("restricted_picklist_value")
    assert found.dispute
    assert "HubSpot" in found.dispute.en
    assert "Account Engagement" in found.dispute.en
    assert [fix.en.startswith("Keep the restriction") for fix in found.fixes] == [True, True, True, False]


def test_what_passes_by_itself_can_be_waited_for() -> None:
    for found in entries().values():
        waiting = any(fix.who == "wait" for fix in found.fixes)
        assert waiting == found.passes_by_itself, found.code


def test_an_unknown_type_is_shown_as_other() -> None:
    assert entry("never_heard_of").code == "other"
