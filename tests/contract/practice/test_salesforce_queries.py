"""Queries to the practice Salesforce org beyond plain conditions: dates by name, groups, all fields, columns."""

# ruff: noqa: S608  (queries to the practice org are built from the tests' own texts)

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase_practice.salesforce.date_literals import span_of

from .practice_process import PracticeProcess, Reply, practice, query_target
from .salesforce_calls import found, load, numbers, unbound

TODAY = datetime.now(UTC).astimezone(ZoneInfo("Asia/Tokyo")).date()


@pytest.fixture(scope="module")
def running() -> Iterator[PracticeProcess]:
    with practice("salesforce", "queries") as org:
        yield org


@pytest.fixture
def org(running: PracticeProcess) -> PracticeProcess:
    return unbound(running)


@pytest.fixture(scope="module")
def deals(running: PracticeProcess) -> str:
    """The name that all of a few opportunities share, in AccountId."""
    account = load(unbound(running), "Account", Name="集計社", Industry="製造業")
    rows = [
        {"Name": "甲", "StageName": "提案", "Amount": 100, "CloseDate": "2026-01-31"},
        {"Name": "乙", "StageName": "提案", "Amount": 50, "CloseDate": "2026-02-01"},
        {"Name": "丙", "StageName": "受注", "Amount": 7, "CloseDate": "2026-02-28"},
        {"Name": "丁", "StageName": "失注", "CloseDate": "2027-02-28"},
    ]
    loaded = [{**each, "AccountId": account} for each in rows]
    running.control("load", {"objects": {"Opportunity": loaded}})
    return account


def answer(org: PracticeProcess, text: str) -> Reply:
    return org.send("GET", query_target(text))


def plain(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in each.items() if name != "attributes"} for each in records]


def refusal(org: PracticeProcess, text: str) -> tuple[int, str, str]:
    reply = answer(org, text)
    return reply.status, reply.code, reply.document[0]["message"].rpartition("\n")[2]


# --- Dates by name


@pytest.mark.parametrize(
    ("word", "first", "late"),
    [
        ("TODAY", "2026-11-26", "2026-11-27"),
        ("yesterday", "2026-11-25", "2026-11-26"),
        ("THIS_WEEK", "2026-11-22", "2026-11-29"),
        ("LAST_WEEK", "2026-11-15", "2026-11-22"),
        ("NEXT_MONTH", "2026-12-01", "2027-01-01"),
        ("LAST_90_DAYS", "2026-08-28", "2026-11-27"),
        ("LAST_N_DAYS:3", "2026-11-23", "2026-11-27"),
        ("NEXT_N_DAYS:3", "2026-11-27", "2026-11-30"),
        ("N_DAYS_AGO:3", "2026-11-23", "2026-11-24"),
        ("LAST_N_MONTHS:2", "2026-09-01", "2026-11-01"),
        ("N_MONTHS_AGO:11", "2025-12-01", "2026-01-01"),
        ("THIS_QUARTER", "2026-10-01", "2027-01-01"),
        ("NEXT_N_QUARTERS:2", "2027-01-01", "2027-07-01"),
        ("THIS_FISCAL_YEAR", "2026-01-01", "2027-01-01"),
        ("LAST_N_YEARS:2", "2024-01-01", "2026-01-01"),
    ],
)
def test_a_date_literal_means_whole_days(word: str, first: str, late: str) -> None:
    assert span_of(word, date(2026, 11, 26)) == (date.fromisoformat(first), date.fromisoformat(late))


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_the_spans_around_today_meet_without_gap_or_overlap(today: date) -> None:
    for unit in ("week", "month", "quarter", "year"):
        spans = [span_of(f"{when}_{unit}", today) for when in ("last", "this", "next")]
        assert None not in spans
        last, this, following = (each for each in spans if each)
        assert last[1] == this[0] <= today < this[1] == following[0]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Last_Visit__c = TODAY", ["0"]),
        ("Last_Visit__c != TODAY", ["+40", "-1", "-40", "none"]),
        ("Last_Visit__c < TODAY", ["-1", "-40"]),
        ("Last_Visit__c <= TODAY", ["-1", "-40", "0"]),
        ("Last_Visit__c > LAST_N_DAYS:2", ["+40"]),
        ("Last_Visit__c >= N_DAYS_AGO:1", ["+40", "-1", "0"]),
        ("Last_Visit__c = LAST_N_DAYS:2", ["-1", "0"]),
        ("CreatedDate = TODAY", ["+40", "-1", "-40", "0", "none"]),
        ("CreatedDate < YESTERDAY", []),
        ("CALENDAR_YEAR(CreatedDate) = {year} AND Last_Visit__c = null", ["none"]),
        ("DAY_ONLY(CreatedDate) = {today}", ["+40", "-1", "-40", "0", "none"]),
    ],
)
def test_dates_by_name_choose_rows(org: PracticeProcess, condition: str, expected: list[str]) -> None:
    company = f"日付{next(numbers)}"
    for days in (-40, -1, 0, 40):
        name = f"{days:+}" if days else "0"
        load(org, "Lead", LastName=name, Company=company, Last_Visit__c=str(TODAY + timedelta(days=days)))
    load(org, "Lead", LastName="none", Company=company)
    condition = condition.format(year=TODAY.year, today=TODAY)
    text = f"SELECT LastName FROM Lead WHERE Company = '{company}' AND ({condition}) ORDER BY LastName"
    assert sorted(each["LastName"] for each in found(org, text)) == sorted(expected)


# --- Groups


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT COUNT(Id) FROM Opportunity {0}", [{"expr0": 4}]),
        ("SELECT COUNT(Amount) n, SUM(Amount) FROM Opportunity {0}", [{"n": 3, "expr0": 157.0}]),
        ("SELECT AVG(Amount), MIN(Amount), MAX(CloseDate) last FROM Opportunity {0}",
         [{"expr0": 157 / 3, "expr1": 7.0, "last": "2027-02-28"}]),
        ("SELECT COUNT_DISTINCT(StageName) FROM Opportunity {0}", [{"expr0": 3}]),
        ("SELECT StageName, COUNT(Id) n FROM Opportunity {0} GROUP BY StageName ORDER BY COUNT(Id) DESC, StageName",
         [{"StageName": "提案", "n": 2}, {"StageName": "受注", "n": 1}, {"StageName": "失注", "n": 1}]),
        ("SELECT StageName s FROM Opportunity {0} GROUP BY StageName HAVING COUNT(Id) > 1", [{"s": "提案"}]),
        ("SELECT CALENDAR_MONTH(CloseDate) m, SUM(Amount) FROM Opportunity {0} GROUP BY CALENDAR_MONTH(CloseDate) "
         "ORDER BY CALENDAR_MONTH(CloseDate)", [{"m": 1, "expr0": 100.0}, {"m": 2, "expr0": 57.0}]),
        ("SELECT Account.Industry, COUNT(Id) FROM Opportunity {0} GROUP BY Account.Industry",
         [{"Industry": "製造業", "expr0": 4}]),
        ("SELECT IsWon FROM Opportunity {0} GROUP BY IsWon ORDER BY IsWon LIMIT 1", [{"IsWon": False}]),
        ("SELECT SUM(Amount) FROM Opportunity {0} AND Name = 'nobody'", [{"expr0": None}]),
    ],
)  # fmt: skip
def test_rows_are_grouped_and_counted(
    org: PracticeProcess, deals: str, text: str, expected: list[dict[str, object]]
) -> None:
    records = found(org, text.format(f"WHERE AccountId = '{deals}'"))
    assert {each["attributes"]["type"] for each in records} <= {"AggregateResult"}
    assert plain(records) == expected


def test_count_alone_is_the_size_of_an_empty_answer(org: PracticeProcess, deals: str) -> None:
    document = answer(org, f"SELECT COUNT() FROM Opportunity WHERE AccountId = '{deals}'").document
    assert document == {"totalSize": 4, "done": True, "records": []}


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
        ("SELECT SUM(Name) FROM Account", "MALFORMED_QUERY", "field Name does not support aggregate operator SUM"),
        ("SELECT Name n FROM Account", "MALFORMED_QUERY", "only aggregate expressions use field aliasing"),
        ("SELECT NoSuch(Name) FROM Account", "MALFORMED_QUERY", "unexpected token: 'NoSuch'"),
        ("SELECT Id FROM Account ALL ROWS", "MALFORMED_QUERY", "unexpected token: 'ALL'"),
        ("SELECT FIELDS(ALL) FROM Account", "MALFORMED_QUERY",
         "The SOQL FIELDS function must have a LIMIT of at most 200"),
        ("SELECT CALENDAR_YEAR(Name) y FROM Account GROUP BY CALENDAR_YEAR(Name)", "INVALID_FIELD",
         "field Name does not support date function CALENDAR_YEAR"),
        ("SELECT Description FROM Account GROUP BY Description", "INVALID_FIELD",
         "field 'Description' can not be grouped in a query call"),
        ("SELECT Id FROM Account LIMIT 1 OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE",
         "Maximum SOQL offset allowed is 2000"),
    ],
)  # fmt: skip
def test_a_wrong_query_is_refused_in_the_vendors_words(
    org: PracticeProcess, text: str, code: str, message: str
) -> None:
    assert refusal(org, text) == (400, code, message)


def test_more_groups_than_a_page_holds_are_refused(org: PracticeProcess) -> None:
    rows = [{"LastName": f"群{n}", "Company": "群"} for n in range(2001)]
    org.control("load", {"objects": {"Lead": rows}})
    text = "SELECT LastName FROM Lead WHERE Company = '群' GROUP BY LastName"
    status, code, message = refusal(org, text)
    assert (status, code) == (400, "EXCEEDED_ID_LIMIT")
    assert "does not support queryMore()" in message
    assert len(found(org, f"{text} LIMIT 2000")) == 2000


# --- Names and fields


def test_all_fields_can_be_asked_for_at_once(org: PracticeProcess, deals: str) -> None:
    where = f"WHERE Id = '{deals}' LIMIT 1"
    (everything,) = plain(found(org, f"SELECT FIELDS(ALL) FROM Account {where}"))
    (custom,) = plain(found(org, f"SELECT Id, FIELDS(CUSTOM) FROM Account {where}"))
    (standard,) = plain(found(org, f"SELECT FIELDS(STANDARD) FROM Account {where}"))
    assert custom.keys() == {"Id", *(name for name in everything if name.endswith("__c"))}
    assert standard.keys() == {name for name in everything if not name.endswith("__c")}


def test_the_object_can_be_called_by_its_name_or_an_alias(org: PracticeProcess, deals: str) -> None:
    text = "SELECT {0}.Id, {0}.Owner.Name FROM Account {1} WHERE {0}.Id = '{2}' ORDER BY {0}.Name NULLS LAST"
    for name, alias in (("Account", ""), ("a", "a")):
        (record,) = found(org, text.format(name, alias, deals))
        assert (record["Id"], record["Owner"]["Name"]) == (deals, "sales")


def test_a_function_of_looks_changes_nothing_here(org: PracticeProcess, deals: str) -> None:
    text = f"SELECT toLabel(StageName) FROM Opportunity WHERE AccountId = '{deals}' AND Name = '甲' FOR VIEW"
    assert plain(found(org, text)) == [{"StageName": "提案"}]


def test_columns_tell_what_a_query_would_answer(org: PracticeProcess) -> None:
    target = f"{query_target('SELECT Id, Name, Account.Owner.Name, Amount FROM Opportunity')}&columns=true"
    document = org.send("GET", target).document
    assert (document["entityName"], document["idSelected"], document["groupBy"]) == (
        "Opportunity",
        True,
        False,
    )
    shown = document["columnMetadata"]
    assert [each["columnName"] for each in shown] == ["Id", "Name", "Account", "Amount"]
    assert shown[2]["joinColumns"][0]["joinColumns"][0]["columnName"] == "Name"
    assert shown[3]["numberType"] is True
    grouped = (
        f"{query_target('SELECT StageName, COUNT(Id) n FROM Opportunity GROUP BY StageName')}&columns=true"
    )
    counted = org.send("GET", grouped).document
    assert [(each["columnName"], each["aggregate"]) for each in counted["columnMetadata"]] == [
        ("StageName", True),
        ("n", True),
    ]


def test_children_carry_their_own_order_and_limit(org: PracticeProcess, deals: str) -> None:
    inner = "SELECT Name FROM Opportunities WHERE CloseDate < 2027-01-01 ORDER BY Amount DESC LIMIT 2"
    (record,) = found(org, f"SELECT Id, ({inner}) FROM Account WHERE Id = '{deals}'")
    assert [each["Name"] for each in record["Opportunities"]["records"]] == ["甲", "乙"]
