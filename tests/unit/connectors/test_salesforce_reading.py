"""Reading Salesforce: which queries go out, how pages are followed, and what a page becomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pytest

from awase.core.schema import Field, ObjectSchema
from awase.core.values import DTYPES, Kind
from awase.errors import (
    Bug,
    HostUnreachable,
    MissingPermission,
    NotConnected,
    SchemaMismatch,
    SignInRefused,
    VendorBusy,
)
from awase.ports.connector import ReadQuery
from awase.ports.flows import Answer, Lane, Page, Request, Response

from .salesforce_scene import (
    AFTER_DATE,
    CONNECTOR,
    NOW,
    answer,
    error,
    field,
    lead,
    lost,
    play,
    reading,
    record,
    rows,
    soql_of,
)

SELECT = "SELECT Id, SystemModstamp, IsDeleted, Awase_Key__c, HasOptedOutOfEmail, IsConverted, LastName, Email FROM Lead"


def ids(count: int) -> list[str]:
    return [f"00Q{number:012d}AAA" for number in range(count)]


def one_page(*records: dict[str, Any]) -> Page:
    request = Request("GET", "/q")
    return Page("Lead", answer(request, rows(*records)).body, len(records))


def test_a_snapshot_reads_living_leads_in_order_and_follows_every_page() -> None:
    def reply(request: Request) -> Answer:
        if "query?" in request.url:
            first = rows(
                record(), record("00Q000000000002AAA"), next_path="/services/data/v65.0/query/0r8xx-2000"
            )
            return answer(request, first)
        return answer(
            request, rows(record("00Q000000000003AAA")), headers={"date": "Mon, 23 Nov 2026 04:00:00 GMT"}
        )

    cursor, pages, steps = play(CONNECTOR.read_snapshot(reading()), reply)
    assert soql_of(steps[0][0]) == f"{SELECT} WHERE IsConverted = false ORDER BY Id"
    assert urlsplit(steps[0][0].url).path == "/services/data/v65.0/query"
    assert steps[1][0].url == "/services/data/v65.0/query/0r8xx-2000"
    assert [page.rows for page in pages] == [2, 1]
    assert cursor == AFTER_DATE


def test_changes_are_read_from_the_cursor_less_the_overlap_and_the_cursor_is_the_vendors_own_time() -> None:
    flow = CONNECTOR.read_changes(reading(), "2026-11-23T03:00:00+00:00", timedelta(minutes=6))
    cursor, _, steps = play(flow, lambda request: answer(request, rows()))
    assert soql_of(steps[0][0]) == (
        f"{SELECT} WHERE SystemModstamp >= 2026-11-23T02:54:00Z ORDER BY SystemModstamp, Id"
    ), "converted leads are among the changes: what became of them is one"
    assert urlsplit(steps[0][0].url).path == "/services/data/v65.0/queryAll", "deleted ones too"
    assert len(steps) == 1
    assert cursor == AFTER_DATE


def test_the_cursor_never_goes_back() -> None:
    since = "2026-11-23T09:00:00+00:00"
    cursor, _, _ = play(
        CONNECTOR.read_changes(reading(), since, timedelta(0)), lambda request: answer(request, rows())
    )
    assert cursor == since


def test_without_the_vendors_time_a_read_has_no_end() -> None:
    with pytest.raises(NotConnected, match="Date"):
        play(
            CONNECTOR.read_snapshot(reading()),
            lambda request: Response(request, 200, {}, b'{"done":true,"records":[]}', NOW),
        )


@pytest.mark.parametrize("extra", [0, 250])
def test_named_reads_cover_every_id_once_within_the_vendors_limits(extra: int) -> None:
    more = {f"F{n}": field(f"Custom_Field_Number_{n}__c") for n in range(extra)}
    query = ReadQuery(lead(**more), ("LastName", *(item.name for item in more.values())))
    wanted = ids(1_500)
    _, _, steps = play(CONNECTOR.read_by_id(query, wanted), lambda request: answer(request, rows()))
    requests = [request for step in steps for request in step]
    assert all(len(request.url) <= 14_000 and len(soql_of(request)) < 100_000 for request in requests)
    asked = [
        part.strip("'") for request in requests for part in soql_of(request).split(" IN (")[1][:-1].split(",")
    ]
    assert asked == wanted
    assert extra or len(requests) == 4
    assert all("IsConverted =" not in soql_of(request) for request in requests)


def test_long_keys_are_measured_as_they_travel() -> None:
    keys = [f"人:{number}:" + "鍵" * 60 for number in range(300)]
    _, _, steps = play(CONNECTOR.read_by_key(reading(), keys), lambda request: answer(request, rows()))
    assert all(len(request.url) <= 14_000 for step in steps for request in step)
    assert sum(soql_of(request).count("人:") for step in steps for request in step) == 300


def test_asking_for_nothing_costs_nothing() -> None:
    assert play(CONNECTOR.read_by_id(reading(), []), lost)[2] == []


def test_reading_by_key_needs_a_key_field() -> None:
    with pytest.raises(SchemaMismatch, match="external id"):
        play(CONNECTOR.read_by_key(reading(object=lead(key=False)), ["k"]), lost)


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (400, [error("INVALID_FIELD", "No such column 'Foo__c' on entity 'Lead'.")], SchemaMismatch),
        (400, [error("INVALID_TYPE", "sObject type 'Lead' is not supported.")], SchemaMismatch),
        (400, [error("INVALID_QUERY_LOCATOR", "invalid query locator")], VendorBusy),
        (400, [error("MALFORMED_QUERY", "unexpected token")], Bug),
        (401, [error("INVALID_SESSION_ID", "Session expired or invalid")], SignInRefused),
        (403, [error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")], VendorBusy),
        (403, [error("API_DISABLED_FOR_ORG", "API is not enabled")], MissingPermission),
        (500, b"<html>oops</html>", VendorBusy),
        (200, b'{"done":true,"records":[{"Id":', VendorBusy),
        (200, {"done": False, "records": []}, VendorBusy),
        (200, {"done": False, "records": [], "nextRecordsUrl": "https://evil.example/x"}, VendorBusy),
    ],
)
def test_a_failed_read_stops_with_the_right_error(status: int, content: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        play(CONNECTOR.read_snapshot(reading()), lambda request: answer(request, content, status))
    if isinstance(content, list):
        assert content[0]["message"] in str(caught.value)


@pytest.mark.parametrize("path", ["https://evil.example/x", "//evil.example/x", "/elsewhere"])
def test_no_page_leads_the_session_away_from_the_data_api(path: str) -> None:
    asked: list[str] = []

    def reply(request: Request) -> Answer:
        asked.append(request.url)
        return answer(request, rows(record(), next_path=path if len(asked) == 1 else None))

    with pytest.raises(VendorBusy):
        play(CONNECTOR.read_snapshot(reading()), reply)
    assert len(asked) == 1


def test_a_page_that_names_itself_as_the_next_is_not_read_for_ever() -> None:
    itself = rows(record(), next_path="/services/data/v65.0/query/0r8xx-2000")
    with pytest.raises(VendorBusy):
        play(CONNECTOR.read_snapshot(reading()), lambda request: answer(request, itself))


def test_a_read_without_an_answer_says_so() -> None:
    with pytest.raises(HostUnreachable):
        play(CONNECTOR.read_snapshot(reading()), lost)


def test_a_page_becomes_canonical_values_of_exact_types() -> None:
    names = (
        "LastName",
        "Interests__c",
        "Budget__c",
        "NumberOfEmployees",
        "Last_Visit__c",
        "LastActivity__c",
        "DoNotCall",
    )
    filled = (
        b'{"totalSize":2,"done":true,"records":[{"attributes":{"type":"Lead"},"Id":"00Q1","SystemModstamp":'
        b'"2026-11-23T01:02:03.000+0000","IsDeleted":false,"IsConverted":false,"Awase_Key__c":"ma:contact:1","HasOptedOutOfEmail":true,'
        b'"LastName":"  \xe4\xbd\x90\xe8\x97\xa4 ","Interests__c":"b;a;b","Budget__c":12345678901234567.12,'
        b'"NumberOfEmployees":12,"Last_Visit__c":"2026-02-03","LastActivity__c":"2026-02-03T04:05:06.000+0900",'
        b'"DoNotCall":false},{"attributes":{},"Id":"00Q2","SystemModstamp":"2026-11-23T01:02:03.000+0000",'
        b'"IsDeleted":true,"IsConverted":false,"Awase_Key__c":null,"HasOptedOutOfEmail":null,"LastName":" ","Interests__c":null,'
        b'"Budget__c":1.0E3,"NumberOfEmployees":null,"Last_Visit__c":null,"LastActivity__c":null,"DoNotCall":null}]}'
    )
    frame = CONNECTOR.decode(Page("Lead", filled, 2), ReadQuery(lead(), names))
    first, second = frame.rows(named=True)
    assert first == {
        "_id": "00Q1",
        "_object": "Lead",
        "_modified": datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC),
        "_deleted": False,
        "_key": "ma:contact:1",
        "_out": True,
        "_gone_to": None,
        "_barred": None,
        "LastName": "佐藤",
        "Interests__c": ["a", "b"],
        "Budget__c": Decimal("12345678901234567.12"),
        "NumberOfEmployees": 12,
        "Last_Visit__c": date(2026, 2, 3),
        "LastActivity__c": datetime(2026, 2, 2, 19, 5, 6, tzinfo=UTC),
        "DoNotCall": False,
    }
    assert (second["LastName"], second["_key"], second["_out"], second["_deleted"]) == (
        None,
        None,
        None,
        True,
    )
    assert second["Budget__c"] == 1000


def test_an_empty_page_has_the_same_columns_as_a_full_one() -> None:
    query = ReadQuery(lead(), ("LastName", "Interests__c", "Budget__c", "Last_Visit__c"))
    empty = CONNECTOR.decode(one_page(), query)
    values = {"LastName": "a", "Interests__c": "x", "Budget__c": 1.5, "Last_Visit__c": "2026-01-01"}
    full = CONNECTOR.decode(one_page(record(**values)), query)
    assert empty.schema == full.schema
    assert empty.height == 0
    assert full.schema["Budget__c"] == DTYPES[Kind.DECIMAL]


def test_an_object_without_key_or_opt_out_field_leaves_them_unknown() -> None:
    query = ReadQuery(lead(key=False, opt_out=False), ("Email",))
    _, _, steps = play(CONNECTOR.read_snapshot(query), lambda request: answer(request, rows()))
    assert soql_of(steps[0][0]).startswith("SELECT Id, SystemModstamp, IsDeleted, IsConverted, Email FROM")
    frame = CONNECTOR.decode(one_page(record(Email="a@example.jp")), query)
    assert frame.select("_key", "_out", "Email").row(0) == (None, None, "a@example.jp")
    assert frame.schema["_out"] == pl.Boolean()


@pytest.mark.parametrize("values", [{}, {"Email": 5}, {"Email": {"nested": 1}}])
def test_a_field_that_is_no_longer_as_described_is_named_without_showing_data(values: dict[str, Any]) -> None:
    with pytest.raises(SchemaMismatch, match="Lead"):
        CONNECTOR.decode(one_page(record(**values)), ReadQuery(lead(), ("Email",)))


# --- what became of a record --------------------------------------------------------------------------------------


def with_evidence(name: str, *fields: Field) -> ReadQuery:
    found = {each.name: each for each in (field("Id"), field("LastName"), *fields)}
    return ReadQuery(ObjectSchema(name=name, label=name, fields=found), ("LastName",))


def told(query: ReadQuery, *records: dict[str, Any]) -> pl.DataFrame:
    return CONNECTOR.decode(one_page(*(record(LastName="佐藤", **each) for each in records)), query)


MASTER = field("MasterRecordId")
CONVERTED = (field("IsConverted", Kind.BOOLEAN), field("ConvertedContactId"))
PERSON = field("IsPersonAccount", Kind.BOOLEAN)


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ((), ""),
        ((MASTER,), ", MasterRecordId"),
        ((*CONVERTED, MASTER), ", MasterRecordId, IsConverted, ConvertedContactId"),
        ((MASTER, PERSON), ", MasterRecordId, IsPersonAccount"),
    ],
)
def test_evidence_is_asked_for_on_the_objects_that_have_it(fields: tuple[Field, ...], asked: str) -> None:
    flow = CONNECTOR.read_by_id(with_evidence("Thing__c", *fields), ["1"])
    _, _, steps = play(flow, lambda request: answer(request, rows()))
    fields, _, _ = soql_of(steps[0][0]).partition(" FROM Thing__c ")
    assert fields == f"SELECT Id, SystemModstamp, IsDeleted{asked}, LastName"


def test_the_loser_of_a_merge_has_gone_to_its_master_and_a_deleted_record_nowhere() -> None:
    frame = told(
        with_evidence("Contact", MASTER),
        {"IsDeleted": True, "MasterRecordId": "003W"},
        {"IsDeleted": True, "MasterRecordId": None},
        {"MasterRecordId": None},
    )
    assert frame.select("_deleted", "_gone_to").rows() == [
        (True, "Contact:003W"),
        (True, None),
        (False, None),
    ]


def test_a_converted_lead_has_gone_to_its_contact() -> None:
    frame = told(
        with_evidence("Lead", *CONVERTED, MASTER),
        {"IsConverted": True, "ConvertedContactId": "003C", "MasterRecordId": None},
        {"IsConverted": True, "ConvertedContactId": None, "MasterRecordId": None},
        {"IsConverted": False, "ConvertedContactId": None, "MasterRecordId": None},
        {"IsConverted": False, "ConvertedContactId": None, "MasterRecordId": "00QW", "IsDeleted": True},
    )
    assert frame["_gone_to"].to_list() == ["Contact:003C", None, None, "Lead:00QW"]


def test_person_accounts_are_barred() -> None:
    query = with_evidence("Contact", PERSON)
    frame = told(query, {"IsPersonAccount": True}, {"IsPersonAccount": False}, {"IsPersonAccount": None})
    assert frame["_barred"].to_list() == ["person_account", None, None]
    assert told(with_evidence("Contact"), {})["_barred"].to_list() == [None]


# --- history -------------------------------------------------------------------------------------------------------

SINCE = "2026-11-23T02:00:00+00:00"


def edit(name: str, new: Any, old: Any = "before") -> dict[str, Any]:
    return {
        "attributes": {"type": "LeadHistory"},
        "LeadId": "00Q1",
        "Field": name,
        "OldValue": old,
        "NewValue": new,
        "CreatedById": "005B",
        "CreatedDate": "2026-11-23T02:30:00.000+0000",
    }


def test_history_is_one_query_that_leaves_our_own_edits_out() -> None:
    mine = CONNECTOR.acting_as("005A")
    _, _, steps = play(
        mine.read_history(reading(), ids(5_000), SINCE, timedelta(0)), lambda request: answer(request, rows())
    )
    assert [len(step) for step in steps] == [1]
    assert steps[0][0].lane is Lane.AUDIT
    assert soql_of(steps[0][0]) == (
        "SELECT LeadId, Field, OldValue, NewValue, CreatedById, CreatedDate FROM LeadHistory "
        "WHERE CreatedDate >= 2026-11-23T02:00:00Z AND CreatedById != '005A' ORDER BY CreatedDate, Id"
    )


def test_history_of_few_records_asks_for_those_only() -> None:
    mine = CONNECTOR.acting_as("005A")
    _, _, steps = play(
        mine.read_history(reading(), ["00Q1"], SINCE, timedelta(0)), lambda request: answer(request, rows())
    )
    assert "LeadId IN ('00Q1')" in soql_of(steps[0][0])


@pytest.mark.parametrize(
    ("object", "kept_in", "parent"),
    [
        ("Lead", "LeadHistory", "LeadId"),
        ("Account", "AccountHistory", "AccountId"),
        ("Opportunity", "OpportunityFieldHistory", "OpportunityId"),
        ("Plan__c", "Plan__History", "ParentId"),
    ],
)
def test_each_object_keeps_its_history_under_a_name_of_its_own(
    object: str, kept_in: str, parent: str
) -> None:
    query = ReadQuery(replace(lead(), name=object), ("LastName",))
    flow = CONNECTOR.acting_as("005A").read_history(query, ["1"], SINCE, timedelta(0))
    told = edit("LastName", "b")
    told[parent] = told.pop("LeadId")
    _, pages, steps = play(flow, lambda request: answer(request, rows(told)))
    assert f"SELECT {parent}, Field, " in soql_of(steps[0][0])
    assert f" FROM {kept_in} WHERE " in soql_of(steps[0][0])
    assert CONNECTOR.decode_history(pages[0], query).select("_id", "value").rows() == [("00Q1", "b")]


def test_history_without_knowing_who_we_are_is_a_bug() -> None:
    with pytest.raises(Bug):
        play(CONNECTOR.read_history(reading(), [], SINCE, timedelta(0)), lost)


def test_edits_become_canonical_text_and_untold_values_are_left_out() -> None:
    query = ReadQuery(lead(), ("LastName", "Budget__c", "DoNotCall", "Email"))
    page = one_page(
        edit("LastName", " 鈴木 "),
        edit("Budget__c", 1500.50),
        edit("DoNotCall", True),
        edit("Email", None),
        edit("Email", None, old=None),
        edit("Memo__c", "not asked for"),
    )
    frame = CONNECTOR.decode_history(page, query)
    assert frame["value"].to_list() == ["鈴木", "1500.5", "true", None]
    assert frame.row(0) == ("00Q1", "LastName", "鈴木", datetime(2026, 11, 23, 2, 30, tzinfo=UTC), "005B")
    assert CONNECTOR.decode_history(one_page(), query).schema == frame.schema
