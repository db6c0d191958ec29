"""The second opinion: it must see every disagreement, or it is worth nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awase_practice.agreement.arithmetic import least_calls
from awase_practice.agreement.fields import (
    same_choices,
    same_day,
    same_id,
    same_number,
    same_stage,
    same_text,
)
from awase_practice.agreement.holdings import Holdings
from awase_practice.agreement.pairs import pair
from awase_practice.agreement.verdict import differences, out_addresses
from awase_practice.seeds.people import person
from awase_practice.seeds.story import FINDING_KINDS, as_contact, as_lead, in_hubspot

NOW = datetime(2026, 5, 1, tzinfo=UTC)
NOTHING_PLANTED: dict[str, Any] = {"first": {kind: [] for kind in (*FINDING_KINDS, "fields")}}
NOTHING_FOUND: dict[str, dict[str, set[tuple[str, str]]]] = {"first": {}}


def held(
    contacts: Mapping[str, Any], leads: Mapping[str, Any], customers: Mapping[str, Any] | None = None
) -> Holdings:
    """Both orgs as they would look; each row was last changed a day ago unless it says otherwise."""
    stamp = {"_modified": (NOW - timedelta(days=1)).isoformat(), "_author": "user:someone"}
    rows = {"contact": contacts, "Lead": leads, "Contact": customers or {}}
    return Holdings(
        {object: {id: {**stamp, "id": id, **row} for id, row in of.items()} for object, of in rows.items()},
        {"hubspot": NOW, "salesforce": NOW},
        {"hubspot": "200", "salesforce": "00D"},
    )


def agreeing(**other: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A contact and a lead of one person; ``other`` replaces values of the contact."""
    one = person(7, 1)
    return dict(in_hubspot(one, **other).values), dict(as_lead(one).values)


def what(holdings: Holdings, **more: Any) -> list[str]:
    return [each["what"] for each in differences(holdings, NOTHING_PLANTED, NOTHING_FOUND, **more)]


def test_equal_records_agree() -> None:
    contact, lead = agreeing()
    assert what(held({"1": contact}, {"00Q1": lead})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jobtitle", "社長"),
        ("lastname", None),
        ("company", "別の株式会社"),
        ("budget", "1"),
        ("numberofemployees", "13"),
        ("interests", "会計;人事;クラウド;セキュリティ"),
        ("last_visit", "2020-01-01"),
        ("industry", "製造"),
        ("phone", "03-0000-0000"),
        ("memo", "別のメモ"),
    ],
)
def test_one_changed_value_is_reported_with_its_field(name: str, value: str | None) -> None:
    contact, lead = agreeing(**{name: value})
    (found,) = differences(held({"1": contact}, {"00Q1": lead}), NOTHING_PLANTED, NOTHING_FOUND)
    assert (found["what"], found["field"], found["record"]) == ("different values", name, "contact:1")


def test_a_person_on_one_side_only_is_reported() -> None:
    contact, lead = agreeing()
    assert what(held({"1": contact}, {})) == ["only on one side"]
    assert what(held({}, {"00Q1": lead})) == ["only on one side"]


def test_a_person_created_twice_is_reported() -> None:
    contact, lead = agreeing()
    twice = held({"1": contact}, {"00Q1": {**lead, "Awase_Key__c": "200:contact:1"}, "00Q2": lead})
    assert what(twice) == ["only on one side"]


def test_an_opt_out_on_one_side_only_is_reported() -> None:
    contact, lead = agreeing(hs_email_optout="true")
    assert what(held({"1": contact}, {"00Q1": lead})) == ["opted out on one side only"]
    assert what(held({"1": contact}, {"00Q1": {**lead, "HasOptedOutOfEmail": True}})) == []


def test_an_opt_out_that_was_undone_on_both_sides_is_reported() -> None:
    contact, lead = agreeing()
    before = out_addresses(held({"1": {**contact, "hs_email_optout": "true"}}, {}))
    found = what(held({"1": contact}, {"00Q1": lead}), were_out=before)
    assert found == ["an opt-out was undone", "an opt-out was undone"]


def test_what_was_planted_must_be_found_and_nothing_else() -> None:
    contact, lead = agreeing()
    planted = {"first": {**NOTHING_PLANTED["first"], "held": [["crm", "contact:1"]]}}
    both = held({"1": contact}, {"00Q1": lead})
    missed = differences(both, planted, {"first": {"held": set()}})
    invented = differences(both, planted, {"first": {"held": {("crm", "contact:1"), ("ma", "Lead:00Q1")}}})
    assert [each["what"] for each in missed] == ["planted but not found"]
    assert [(each["what"], each["record"]) for each in invented] == [("found but not planted", "Lead:00Q1")]


def test_a_planted_difference_excuses_its_own_field_only() -> None:
    contact, lead = agreeing(industry="製造", jobtitle="社長")
    planted = {
        "first": {
            **NOTHING_PLANTED["first"],
            "held": [["crm", "contact:1"]],
            "fields": [["contact:1", "industry"]],
        }
    }
    found = differences(
        held({"1": contact}, {"00Q1": lead}), planted, {"first": {"held": {("crm", "contact:1")}}}
    )
    assert [each["field"] for each in found] == ["jobtitle"]


def test_a_verdict_without_a_phase_is_refused() -> None:
    with pytest.raises(ValueError, match="no phase"):
        differences(held({}, {}), NOTHING_PLANTED, {})


def test_people_are_paired_by_key_by_pointer_and_by_address() -> None:
    one, two, three = person(7, 1), person(7, 2), person(7, 3)
    holdings = held(
        {
            "1": in_hubspot(one, email="other@x.example").values,
            "2": in_hubspot(two, email=None, salesforcecontactid="0032").values,
            "3": {**in_hubspot(three).values, "email": f" {three.email.upper()}"},
        },
        {"00Q1": {**as_lead(one).values, "Awase_Key__c": "200:contact:1"}, "00Q3": as_lead(three).values},
        {"0032": as_contact(two).values},
    )
    assert pair(holdings).together == {"1": ("Lead", "00Q1"), "2": ("Contact", "0032"), "3": ("Lead", "00Q3")}


def test_a_customer_comes_before_an_old_lead_and_two_leads_are_nobodys_guess() -> None:
    one, two = person(7, 1), person(7, 2)
    holdings = held(
        {"1": in_hubspot(one).values, "2": in_hubspot(two).values},
        {"00Q1": as_lead(one).values, "00Q2": as_lead(two).values, "00Q3": as_lead(two).values},
        {"0031": as_contact(one).values},
    )
    pairs = pair(holdings)
    assert pairs.together == {"1": ("Contact", "0031")}
    assert pairs.alone == [("contact", "2"), ("Lead", "00Q1"), ("Lead", "00Q2"), ("Lead", "00Q3")]


def test_values_count_as_equal_only_where_a_vendor_cannot_keep_the_difference() -> None:
    assert same_text(" 部長\u3000", "部長")
    assert not same_text("部長", "部長代理")
    assert same_number("1200000.125", 1200000.13)
    assert not same_number("1200000.12", 1200000.13)
    assert not same_number("0", None)
    assert same_choices("人事;会計", "会計;人事")
    assert not same_choices("人事", "会計;人事")
    assert same_day("2026-06-30T15:00:00Z", "2026-07-01")
    assert not same_day("2026-06-30T14:59:59Z", "2026-07-01")
    assert same_stage("closedwon", "受注")
    assert not same_stage("closedlost", "受注")
    assert same_id("001xx000003DGb1", "001xx000003DGb1AAM")


def sales(account: str, *people: str) -> Holdings:
    """A company, two customers and a deal in both systems; in the CRM the deal is of ``account`` and has ``people``."""
    stamp = {"_modified": NOW.isoformat(), "_owner": "sato@hanbai.example.jp"}
    customers = {
        id: {"AccountId": "0011", "Awase_Key__c": f"200:contact:{id[-1]}"} for id in ("0031", "0032")
    }
    contacts = {id: {"associatedcompanyid": "9"} for id in ("1", "2")}
    deal = {"hs_primary_associated_company": "9", "_contacts": ["1"]}
    opportunity = {"AccountId": account, "_contacts": list(people), "Awase_Key__c": "200:deal:5"}
    rows = {
        "company": {"9": {"domain": "kou.example.jp"}},
        "Account": {"0011": {"Website": "https://www.KOU.example.jp/"}},
        "contact": contacts,
        "Contact": customers,
        "Lead": {},
        "deal": {"5": deal},
        "Opportunity": {"0061": opportunity},
    }
    return Holdings(
        {object: {id: {**stamp, "id": id, **row} for id, row in of.items()} for object, of in rows.items()},
        {"hubspot": NOW, "salesforce": NOW},
        {"hubspot": "200", "salesforce": "00D"},
    )


def test_companies_are_paired_by_domain_and_deals_are_of_the_same_company_and_people() -> None:
    def found(holdings: Holdings) -> list[str]:
        differing = differences(holdings, NOTHING_PLANTED, NOTHING_FOUND)
        return [each["field"] for each in differing if each["field"] != "domain"]

    assert found(sales("0011", "0031")) == []
    assert found(sales("0012", "0031")) == ["company"]
    assert found(sales("0011", "0032")) == ["contacts"]
    assert found(sales("0011")) == ["contacts"]


def test_relations_and_the_archive_have_calls_of_their_own() -> None:
    before = sales("0011", "0031")
    first = least_calls(before, before, settled=None, last_read=None, refused=[])
    # A page an object; companies of contacts, companies and people of deals.
    assert first.read == 7 + 1 + 2
    later = least_calls(
        before, before, settled=before, last_read={"hubspot": NOW, "salesforce": NOW}, refused=[]
    )
    # The same, three archives, and the roles of opportunities.
    assert later.read == 7 + 3 + 3 + 1
    added = least_calls(before, sales("0011", "0031", "0032"), settled=None, last_read=None, refused=[])
    assert added.write == 1


def test_a_first_sync_needs_a_call_a_page_and_a_call_a_full_batch() -> None:
    contacts = {str(n): {"email": f"{n}@x.example"} for n in range(250)}
    leads = {f"00Q{n}": {"Email": f"{n}@x.example"} for n in range(250, 251)}
    before = held(contacts, leads)
    after = held(
        {**contacts, "9000": {"email": "250@x.example"}},
        {**leads, **{f"00Q{n}": {"Email": f"{n}@x.example"} for n in range(250)}},
    )
    least = least_calls(before, after, settled=None, last_read=None, refused=[])
    assert least.read == 3 + 1 + 1  # lists of contacts, then one query an object
    assert least.write == 1 + 2  # one contact, and 250 leads by 200


def test_opt_outs_updates_and_their_history_are_counted_by_themselves() -> None:
    contacts = {str(n): {"jobtitle": "部長"} for n in range(60)}
    changed = {id: {"jobtitle": "課長", "hs_email_optout": "true"} for id in contacts}
    leads = {"00Q1": {"Title": "a", "HasOptedOutOfEmail": False}}
    out = {"00Q1": {"Title": "a", "HasOptedOutOfEmail": True}}
    least = least_calls(held(contacts, leads), held(changed, out), settled=None, last_read=None, refused=[])
    assert least.write == 1 + 1 + 2 + 1  # 60 opt-outs, 60 updates, 60 histories by 50; one opt-out there


def test_a_later_sync_reads_what_changed_and_what_people_edited_once_more() -> None:
    settled = held({"1": {"jobtitle": "部長"}, "2": {}}, {"00Q1": {}})
    edited = {"jobtitle": "課長", "_modified": NOW.isoformat()}
    before = held({"1": edited, "2": {}}, {"00Q1": {}})
    last_read = {"hubspot": NOW - timedelta(hours=1), "salesforce": NOW - timedelta(hours=1)}
    least = least_calls(before, before, settled=settled, last_read=last_read, refused=[])
    assert (least.read, least.write) == (1 + 1 + 1 + 2, 0)


def test_a_refused_create_was_sent_and_a_named_record_was_looked_for() -> None:
    both = held({"1": {}}, {})
    refused = [("crm", "contact:1")]
    plain = least_calls(both, both, settled=None, last_read=None, refused=refused)
    named = least_calls(both, both, settled=None, last_read=None, refused=refused, named=refused)
    assert (plain.read, plain.write) == (3, 1)
    assert (named.read, named.write) == (4, 1)
