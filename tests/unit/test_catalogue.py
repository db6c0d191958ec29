"""The catalogue: complete in both languages, and every refusal we know finds its entry."""

from __future__ import annotations

import re

import pytest

from awase.catalogue import categories, category_name, diagnose, entries, entry, owner_name
from awase.connectors.salesforce.codes import CODES
from awase.core.operations import VendorError

_JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


def refused(code: str, message: str = "", *fields: str) -> str:
    return diagnose(VendorError(code=code, message=message, fields=fields))


@pytest.mark.parametrize("code", list(entries()))
def test_every_entry_speaks_both_languages(code: str) -> None:
    found = entries()[code]
    for words in (found.name, found.meaning, *found.fixes):
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


@pytest.mark.parametrize("code", sorted(set(CODES) - {"UNKNOWN_EXCEPTION"}))
def test_every_salesforce_code_of_a_record_has_an_entry(code: str) -> None:
    about_calls = {"INVALID_QUERY_LOCATOR", "MALFORMED_QUERY", "INVALID_TYPE", "METHOD_NOT_ALLOWED"}
    about_calls |= {"INVALID_SESSION_ID", "INVALID_ASSIGNMENT_RULE"}
    assert refused(code) != "other" or code in about_calls


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (("FIELD_CUSTOM_VALIDATION_EXCEPTION", "電話番号は半角で"), "validation_rule"),
        (("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "LeadTrigger: execution of BeforeInsert"), "automation"),
        (
            ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted: Lead"),
            "insufficient_access",
        ),
        (("DUPLICATES_DETECTED", "Use one of these records?"), "duplicate_rule"),
        (
            ("DUPLICATE_VALUE", "duplicate value found: Employee_Code__c", "Employee_Code__c"),
            "duplicate_value",
        ),
        (("CONFLICT", "Contact already exists. Existing ID: 151"), "email_in_use"),
        (("CONFLICTING_UNIQUE_VALUE", "151 already has that value", "email"), "email_in_use"),
        (("CONFLICTING_UNIQUE_VALUE", "151 already has that value", "member_no"), "duplicate_value"),
        (("FIELD_INTEGRITY_EXCEPTION", "There's a problem with this country"), "state_country"),
        (("FIELD_INTEGRITY_EXCEPTION", "?", "MailingStateCode"), "state_country"),
        (("FIELD_INTEGRITY_EXCEPTION", "Every asset needs an account"), "invalid_value"),
        (("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "OwnerId"), "invalid_owner"),
        (("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "AccountId"), "missing_reference"),
        (
            ("INVALID_OPTION", "製造 was not one of the allowed options", "industry"),
            "restricted_picklist_value",
        ),
        (("INVALID_EMAIL", "is invalid", "email"), "invalid_email"),
        (("NO_ANSWER", "timed out"), "unanswered"),
        (("AW-403", "the allotment is used up"), "limit"),
        (("SOMETHING_NEW", "?"), "other"),
    ],
)
def test_a_refusal_finds_its_entry(error: tuple[str, ...], expected: str) -> None:
    assert refused(*error) == expected


def test_an_unknown_type_is_shown_as_other() -> None:
    assert entry("never_heard_of").code == "other"
