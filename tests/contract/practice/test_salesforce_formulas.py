"""Validation rules that are formulas, in the practice Salesforce org."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest

from .practice_process import PracticeProcess, Reply, practice
from .salesforce_calls import DATA, change, create, row_path, unbound

LEAD = {"LastName": "森", "Company": "森社"}


@pytest.fixture(scope="module")
def running() -> Iterator[PracticeProcess]:
    with practice("salesforce", "formulas") as org:
        yield org


@pytest.fixture
def org(running: PracticeProcess) -> PracticeProcess:
    return unbound(running)


@contextmanager
def formula(org: PracticeProcess, object: str, text: str, field: str | None = None) -> Iterator[None]:
    declared = {"name": "By_Formula", "message": "規則に合いません", "formula": text, "field": field}
    org.control("schema", {"object": object, "add_rule": declared})
    try:
        yield
    finally:
        org.control("schema", {"object": object, "remove_rule": {"name": "By_Formula"}})


def code(reply: Reply) -> str:
    return "ok" if reply.status < 300 else reply.code


@pytest.mark.parametrize(
    ("text", "bad", "good"),
    [
        ("ISBLANK(Phone)", {}, {"Phone": "03"}),
        ('AND(ISPICKVAL(LeadSource, "Web"), NOT(DoNotCall))', {"LeadSource": "Web"}, {"LeadSource": "紹介"}),
        ("NumberOfEmployees > 100", {"NumberOfEmployees": 101}, {"NumberOfEmployees": 100}),
        ("Last_Visit__c > TODAY()", {"Last_Visit__c": "2999-01-01"}, {"Last_Visit__c": "2020-01-01"}),
        ('NOT(REGEX(PostalCode, "[0-9]{3}-[0-9]{4}"))', {"PostalCode": "1234567"}, {"PostalCode": "123-4567"}),
        ('INCLUDES(Interests__c, "会計")', {"Interests__c": "人事;会計"}, {"Interests__c": "人事"}),
        ("ROUND(Budget__c / 3, 0) = 1", {"Budget__c": 3}, {"Budget__c": 30}),
        ('Owner.Username = "integration@formulas.practice.example" && LEN(Title) > 3', {"Title": "長い役職名"}, {"Title": "役"}),
        ('$User.UserType = "Standard" && ISBLANK(City)', {}, {"City": "東京"}),
    ],
)  # fmt: skip
def test_a_formula_refuses_the_rows_it_is_true_of(
    org: PracticeProcess, text: str, bad: dict[str, object], good: dict[str, object]
) -> None:
    with formula(org, "Lead", text, "LastName"):
        refused = org.send("POST", row_path("Lead"), {**LEAD, **bad})
        assert (refused.status, code(refused)) == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
        assert refused.document[0]["fields"] == ["LastName"]
        assert code(org.send("POST", row_path("Lead"), {**LEAD, **good})) == "ok"


def test_a_formula_knows_the_row_before_and_whether_it_is_new(org: PracticeProcess) -> None:
    row_id = create(org, "Lead", **LEAD, Title="課長")
    with formula(org, "Lead", "AND(NOT(ISNEW()), ISCHANGED(Title), PRIORVALUE(Title) = '課長')"):
        assert code(change(org, "Lead", row_id, City="大阪")) == "ok"
        assert code(change(org, "Lead", row_id, Title="部長")) == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
        assert code(org.send("POST", row_path("Lead"), {**LEAD, "Title": "部長"})) == "ok"


def test_a_formula_reads_parents_and_record_types(org: PracticeProcess) -> None:
    account = create(org, "Account", Name="親社", Industry="金融業")
    with formula(org, "Contact", 'ISPICKVAL(Account.Industry, "金融業")'):
        refused = org.send("POST", row_path("Contact"), {"LastName": "x", "AccountId": account})
        assert code(refused) == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
        assert code(org.send("POST", row_path("Contact"), {"LastName": "x"})) == "ok"
    with formula(org, "Account", 'RecordType.DeveloperName = "Special"'):
        assert code(org.send("POST", row_path("Account"), {"Name": "並社"})) == "ok"


def test_a_formula_that_fails_on_a_row_refuses_it(org: PracticeProcess) -> None:
    with formula(org, "Lead", "1 / NumberOfEmployees > 2"):
        failed = org.send("POST", row_path("Lead"), {**LEAD, "NumberOfEmployees": 0})
        assert code(failed) == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
        assert code(org.send("POST", row_path("Lead"), {**LEAD, "NumberOfEmployees": 1})) == "ok"


def test_the_tooling_api_tells_the_formula_as_it_was_written(org: PracticeProcess) -> None:
    text = "AND( ISBLANK(Phone),\n  ISBLANK(Email) )"
    with formula(org, "Lead", text):
        query = quote(
            "SELECT Metadata FROM ValidationRule WHERE ValidationName = 'By_Formula' AND Active = true LIMIT 1"
        )
        (rule,) = org.send("GET", f"{DATA}/tooling/query?q={query}").document["records"]
        assert rule["Metadata"]["errorConditionFormula"] == text


@pytest.mark.parametrize(
    "text",
    [
        "ISBLANK(",
        "ISBLANK(Nope__c)",
        "NOSUCH(Phone)",
        'VLOOKUP($ObjectType.X__c.Fields.A__c, $ObjectType.X__c.Fields.Name, "a") = "b"',
    ],
)
def test_a_formula_that_cannot_be_used_is_refused_at_once(org: PracticeProcess, text: str) -> None:
    declared = {"name": "Bad", "message": "x", "formula": text}
    assert org.control_reply("schema", {"object": "Lead", "add_rule": declared}).status == 400
    assert code(org.send("POST", row_path("Lead"), LEAD)) == "ok"
