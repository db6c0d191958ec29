"""Each error type that people, companies and deals can meet is met once, and listed as its own type.

The 31 types are those that HubSpot's page on Salesforce sync errors names; each is provoked by what an administrator
or a user does in one of the orgs. All of it happens in one pair of orgs and two runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from awase.catalogue import category_name, entries, entry
from tests.support.every_trouble import (
    MANY,
    STAFF,
    contact,
    lead,
    opportunity,
    settings,
    trouble_workspace,
    user,
)
from tests.support.installation import Installation

Target = Literal["hubspot", "salesforce"]
Facts = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """One person (or sale) of whom one thing is wrong.

    provoke: brings it about under the name given; may return what is only known then (``value``, ``existing``).
    words: a pattern for the whole of the vendor's words, with such facts in braces; empty where nobody was asked.
    foreseen: the words are those of a rule that was read, not of an answer. code: the vendor's; without one, ours is the
    error type.
    """

    error_type: str
    name: str
    target: Target
    fields: str
    provoke: Callable[[Installation, str], Facts | None]
    value: str | None = None
    code: str = ""
    words: str = ""
    detail: Facts = field(default_factory=dict)
    kind: str = ""
    foreseen: bool = False

    @property
    def source(self) -> str:
        return "answered" if self.words and not self.foreseen else "foreseen"


def of_contact(**values: str) -> Callable[[Installation, str], None]:
    def provoke(place: Installation, name: str) -> None:
        contact(place, name, **values)

    return provoke


def of_lead(**values: Any) -> Callable[[Installation, str], None]:
    def provoke(place: Installation, name: str) -> None:
        lead(place, name, **values)

    return provoke


def of_sale(**values: Any) -> Callable[[Installation, str], None]:
    def provoke(place: Installation, name: str) -> None:
        opportunity(place, name, **values)

    return provoke


def more_contacts_than_a_deal_may_have(place: Installation, name: str) -> None:
    """A deal may have one contact; two play a role in the opportunity."""
    people = place.salesforce.load(
        "Contact", [{"Email": f"role{n}@example.jp", "LastName": f"役割{n}"} for n in (1, 2)]
    )
    sale = opportunity(place, name)
    place.salesforce.load(
        "OpportunityContactRole", [{"OpportunityId": sale, "ContactId": each} for each in people]
    )


def company_that_is_not_synced_yet(place: Installation, name: str) -> Facts:
    (company,) = place.hubspot.load("companies", [{"name": "株式会社後", "domain": "ato.example.jp"}])
    contact(place, name, associatedcompanyid=company)
    return {"value": company}


def anothers_second_address(place: Installation, name: str) -> Facts:
    neighbour = contact(place, f"{name}-neighbour", hs_additional_emails=f"{name}@example.jp")
    lead(place, name)
    return {"existing": neighbour}


def anothers_telephone(place: Installation, name: str) -> None:
    lead(place, f"{name}-neighbour", Phone="03-1234-5678")
    contact(place, name, phone="03-1234-5678")


def anothers_code(place: Installation, name: str) -> Facts:
    """Two people with one code, one on each side: neither can be created on the other."""
    neighbour = lead(place, f"{name}-neighbour", Employee_Code__c="E-1")
    contact(place, name, employee_code="E-1")
    return {"existing": neighbour[:15]}


def came_with_the_case_before(place: Installation, name: str) -> None:
    del place, name


def account_that_was_deleted(place: Installation, name: str) -> Facts:
    (account,) = place.salesforce.load("Account", [{"Name": "株式会社過去"}])
    place.salesforce.process.control("delete", {"object": "Account", "id": account})
    contact(place, name, partner_id=account)
    return {"value": account}


def id_of_another_object(place: Installation, name: str) -> Facts:
    other = lead(place, f"{name}-other")
    contact(place, name, partner_id=other)
    return {"value": other}


def lead_that_may_only_be_read(place: Installation, name: str) -> None:
    id = lead(place, name)
    contact(place, name, jobtitle="部長")
    settings(place, row_access={id: "read"})


def owner_whom_nobody_knows_there(place: Installation, name: str) -> Facts:
    owner = user(place, "portal@example.jp")
    lead(place, name, OwnerId=owner)
    return {"value": owner}


def deal(stage: str) -> Callable[[Installation, str], None]:
    def provoke(place: Installation, name: str) -> None:
        given = {"dealname": name, "dealstage": stage, "pipeline": "default"}
        place.hubspot.load("deals", [{**given, "closedate": "2026-12-31T00:00:00Z"}])

    return provoke


CASES = (
    # associations
    Case(
        "association_limit",
        "many-roles",
        "hubspot",
        "",
        more_contacts_than_a_deal_may_have,
        code="ASSOCIATION_LIMIT_EXCEEDED",
        words=r"The deal .* can be associated with at most 1 records of the type contact",
    ),
    Case(
        "waiting_for_account",
        "early",
        "salesforce",
        "AccountId",
        company_that_is_not_synced_yet,
        code="awaiting_parent",
        kind="waiting",
    ),
    # custom code
    Case(
        "automation",
        "auditor",
        "salesforce",
        "",
        of_contact(jobtitle="監査役"),
        code="CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        words=r"LeadTrigger: execution of BeforeInsert.*NullPointerException.*",
        detail={"rule": "LeadTrigger"},
    ),
    Case(
        "contact_id_missing",
        "referrer",
        "salesforce",
        "ContactId",
        of_contact(jobtitle="紹介者"),
        code="REQUIRED_FIELD_MISSING",
        words=r"ReferralTrigger: .*REQUIRED_FIELD_MISSING, Required fields are missing: \[ContactId\].*",
        detail={"rule": "ReferralTrigger", "inner_code": "REQUIRED_FIELD_MISSING"},
    ),
    Case(
        "validation_rule",
        "chief",
        "salesforce",
        "Title",
        of_contact(jobtitle="本部長"),
        value="本部長",
        words="本部長は登録できません",
        foreseen=True,
    ),
    Case(
        "flow",
        "counsel",
        "salesforce",
        "",
        of_contact(jobtitle="相談役"),
        code="CANNOT_EXECUTE_FLOW_TRIGGER",
        words=r"We can't save this record because the “担当者の割当” process failed.*unhandled fault.*",
        detail={"rule": "担当者の割当"},
    ),
    # duplicates
    Case(
        "email_in_use",
        "second-address",
        "hubspot",
        "",
        anothers_second_address,
        code="CONFLICT",
        words=r"Contact already exists.*{existing}",
    ),
    Case(
        "duplicate_rule",
        "same-telephone",
        "salesforce",
        "",
        anothers_telephone,
        code="DUPLICATES_DETECTED",
        words=r"Use one of these records\?",
    ),
    # permissions
    Case(
        "missing_reference",
        "deleted-account",
        "salesforce",
        "Partner__c",
        account_that_was_deleted,
        code="INVALID_CROSS_REFERENCE_KEY",
        words="invalid cross reference id",
    ),
    Case(
        "field_permission",
        "memo",
        "salesforce",
        "Memo__c",
        of_contact(memo="訪問済み"),
        value="訪問済み",
        code="INVALID_FIELD_FOR_INSERT_UPDATE",
        words=r"Unable to create/update fields: Memo__c\..*",
    ),
    Case(
        "insufficient_access",
        "read-only",
        "salesforce",
        "",
        lead_that_may_only_be_read,
        code="INSUFFICIENT_ACCESS_OR_READONLY",
        words="insufficient access rights on object id",
    ),
    # picklists
    Case(
        "picklist_option_missing",
        "stray-industry",
        "salesforce",
        "Industry",
        of_contact(industry="製造"),
        value="製造",
    ),
    Case(
        "state_country",
        "prefecture",
        "salesforce",
        "State",
        of_contact(state="東京", country="Japan"),
        value="東京",
    ),
    Case(
        "option_mismatch",
        "label-only",
        "salesforce",
        "LeadSource",
        of_contact(origin="fair"),
        value="fair",
    ),
    Case(
        "option_mismatch",
        "unknown-there",
        "hubspot",
        "industry",
        of_lead(Industry="農業"),
        value="農業",
    ),
    Case(
        "invalid_owner",
        "owner-left",
        "salesforce",
        "OwnerId",
        of_contact(hubspot_owner_id=STAFF),
        value=STAFF,
    ),
    Case(
        "restricted_picklist_value",
        "typed-rank",
        "salesforce",
        "Rank__c",
        of_contact(rank="特級"),
        value="特級",
    ),
    Case(
        "invalid_deal_stage",
        "unmapped-stage",
        "salesforce",
        "StageName",
        deal("contractsent"),
        value="contractsent",
    ),
    Case(
        "invalid_deal_stage",
        "forgotten-stage",
        "hubspot",
        "dealstage",
        of_sale(StageName="廃止したフェーズ"),
        value="廃止したフェーズ",
    ),
    Case(
        "owner_not_synced",
        "portal-owner",
        "hubspot",
        "hubspot_owner_id",
        owner_whom_nobody_knows_there,
    ),
    Case(
        "too_many_options",
        "interested",
        "salesforce",
        "Interests__c",
        of_contact(interests=";".join(MANY)),
        value=";".join(sorted(MANY)),
        code="TOO_MANY_ENUM_VALUE",
        words=r".*too many values.*",
    ),
    Case(
        "no_default_sales_process",
        "no-record-type",
        "hubspot",
        "pipeline",
        of_sale(RecordTypeId=None),
    ),
    Case(
        "deal_stage_missing",
        "proposal",
        "hubspot",
        "dealstage",
        of_sale(StageName="提案"),
        value="提案",
    ),
    # field mapping
    Case(
        "wrong_type",
        "half-employee",
        "salesforce",
        "NumberOfEmployees",
        of_contact(numberofemployees="12.5"),
        value="12.5",
    ),
    Case(
        "salesforce_id_missing",
        "name-for-id",
        "salesforce",
        "Partner__c",
        of_contact(partner_id="株式会社例"),
        value="株式会社例",
    ),
    Case(
        "invalid_id",
        "other-id",
        "salesforce",
        "Partner__c",
        id_of_another_object,
        code="MALFORMED_ID",
        words=r".*id value of incorrect type: {value}",
    ),
    # values
    Case(
        "string_too_long",
        "long-title",
        "salesforce",
        "Title",
        of_contact(jobtitle="長" * 129),
        value="長" * 129,
        detail={"maximum": "128"},
    ),
    Case(
        "invalid_email",
        "address",
        "salesforce",
        "Email",
        of_contact(email="address@example-.jp"),
        value="address@example-.jp",
    ),
    Case(
        "country_required",
        "no-country",
        "salesforce",
        "State",
        of_contact(state="Tokyo"),
        value="Tokyo",
    ),
    Case(
        "invalid_value",
        "graded",
        "hubspot",
        "grade",
        of_lead(Grade__c="優"),
        value="優",
        code="INVALID_NUMBER",
        words=r"優 was not a valid number\.",
    ),
    Case(
        "duplicate_value",
        "same-code",
        "salesforce",
        "Employee_Code__c",
        anothers_code,
        value="E-1",
        code="DUPLICATE_VALUE",
        words=r"duplicate value found: Employee_Code__c duplicates value on record with id: {existing}",
    ),
    Case(
        "duplicate_value",
        "same-code-neighbour",
        "hubspot",
        "employee_code",
        came_with_the_case_before,
        value="E-1",
        code="CONFLICTING_UNIQUE_VALUE",
        words=r"Cannot set .*employee_code.*\d+ already has that value\.",
    ),
    Case(
        "required_value_missing",
        "no-company",
        "salesforce",
        "Company",
        of_contact(company=""),
    ),
    # and what is none of them
    Case(
        "other",
        "interpreter",
        "salesforce",
        "",
        of_contact(jobtitle="通訳"),
        code="TRANSLATION_UNAVAILABLE",
        words="no translation of this value is available",
    ),
)


def take_rights_away_under_way(place: Installation) -> None:
    """The run has read what the fields are like when both administrators change one each."""
    caught = {vendor: tap.catch("asked") for vendor, tap in place.taps.items()}
    for tap in place.taps.values():
        tap.seconds_a_write = 5  # none overtakes the one that is stopped before both have changed
    with place.start("sync", "people", "--yes", "--json") as run:
        for each in caught.values():
            while run.poll() is None and not each.here.wait(0.02):
                continue
        settings(place, read_only_fields={"Lead": ["Memo__c"]})
        number = {"name": "grade", "type": "number", "fieldType": "number"}
        place.hubspot.schema("contact", change_field=number)
        for vendor, each in caught.items():
            place.taps[vendor].seconds_a_write = 0
            place.taps[vendor].let_go(each)
        out, err = run.communicate(timeout=120)
    assert run.returncode == 1, (out, err)


@dataclass(frozen=True)
class Met:
    """What the orgs' people and administrators did, and what is listed after the runs."""

    facts: Mapping[str, Facts]
    listed: list[dict[str, Any]]
    place: Installation

    def of(self, case: Case) -> list[dict[str, Any]]:
        return [item for item in self.listed if item["label"].partition("@")[0] == case.name]


@pytest.fixture(scope="module")
def met() -> Iterator[Met]:
    with trouble_workspace() as place:
        facts = {case.name: case.provoke(place, case.name) or {} for case in CASES}
        take_rights_away_under_way(place)
        assert place.sync("deals").status == 1
        yield Met(facts, place.items(), place)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.error_type}-{case.name}")
def test_trouble_is_listed_as_its_own_type_with_field_value_direction_and_the_vendors_words(
    met: Met, case: Case
) -> None:
    (item,) = met.of(case)
    facts = met.facts[case.name]
    assert item["error_type"] == case.error_type
    assert (item["target"], item["field"]) == (case.target, case.fields)
    assert item["value"] == facts.get("value", case.value)
    assert (item["source"], item["kind"]) == (
        case.source,
        case.kind or ("rejected" if case.source == "answered" else "held"),
    )
    words = case.words
    for name, fact in facts.items():
        words = words.replace(f"{{{name}}}", re.escape(fact))
    assert re.fullmatch(words, item["message"], re.DOTALL), item["message"]
    assert item["code"] == (case.code or case.error_type)
    assert case.detail.items() <= item["detail"].items()
    if "existing" in facts:
        assert item["detail"]["existing"].startswith(facts["existing"])
    direction = "to_crm" if case.target == "salesforce" else "to_ma"
    assert item["direction"] == direction
    assert direction in entry(case.error_type).directions
    assert item["category"] == category_name(entry(case.error_type).category, "en")
    assert item["attempts"] == 1


def test_nobody_else_is_in_trouble(met: Met) -> None:
    named = {case.name for case in CASES}
    assert [item for item in met.listed if item["label"].partition("@")[0] not in named] == []


def test_each_of_the_31_named_types_is_met_but_for_those_that_these_objects_cannot_meet() -> None:
    named = {found.code for found in entries().values() if found.named}
    assert len(named) == 31
    unmet = {found.code for found in entries().values() if found.cannot_be_met}
    assert unmet == {"task_assignment"}, "no sync writes tasks"
    assert {case.error_type for case in CASES} - {"other"} == named - unmet


def test_trouble_keeps_nobody_else_from_arriving(met: Met) -> None:
    theirs = {row.get("email") for row in met.place.hubspot.rows("contact")}
    ours = {row["Email"] for row in met.place.salesforce.rows("Lead")}
    assert {"same-telephone-neighbour@example.jp", "role1@example.jp", "role2@example.jp"} <= theirs
    assert "second-address-neighbour@example.jp" in ours


def test_each_can_be_asked_for_by_its_type_in_both_languages(met: Met) -> None:
    for language in ("en", "ja"):
        shown = met.place.run("errors", "--lang", language, COLUMNS="400")
        assert shown.status == 0
        missing = [
            case.error_type for case in CASES if entry(case.error_type).name.in_(language) not in shown.out
        ]
        assert missing == []
