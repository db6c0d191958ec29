"""Bulk API 2.0 of the practice Salesforce org, both sides."""

# ruff: noqa: S608  (queries to the practice org are built from the tests' own texts)

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from .practice_process import PracticeProcess, Reply, practice
from .salesforce_calls import DATA, create, found, load, numbers, one, row_path, unbound

INGEST, QUERY = f"{DATA}/jobs/ingest", f"{DATA}/jobs/query"


@pytest.fixture(scope="module")
def running() -> Iterator[PracticeProcess]:
    with practice("salesforce", "bulk") as org:
        yield org


@pytest.fixture
def org(running: PracticeProcess) -> PracticeProcess:
    running.control("settings", {"bulk_seconds": 0})
    return unbound(running)


def table(reply: Reply, delimiter: str = ",") -> list[dict[str, str]]:
    assert reply.status == 200, reply.body
    assert reply.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(reply.body.decode()), delimiter=delimiter))


def open_job(org: PracticeProcess, object: str, operation: str, **more: str) -> dict[str, Any]:
    asked = {"object": object, "operation": operation, "contentType": "CSV", **more}
    reply = org.send("POST", f"{INGEST}/", asked)
    assert reply.status == 200, reply.body
    document: dict[str, Any] = reply.document
    return document


def upload(org: PracticeProcess, job: dict[str, Any], text: str) -> None:
    headers = {"Content-Type": "text/csv; charset=UTF-8"}
    assert org.send("PUT", f"/{job['contentUrl']}", text.encode(), headers).status == 201
    closed = org.send("PATCH", f"{INGEST}/{job['id']}/", {"state": "UploadComplete"})
    assert (closed.status, closed.document["state"]) == (200, "UploadComplete")


def ended(org: PracticeProcess, job: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = org.send("GET", f"{INGEST}/{job['id']}").document
    return document


def run(org: PracticeProcess, object: str, operation: str, text: str, **more: str) -> dict[str, Any]:
    """A whole job that must end well."""
    job = open_job(org, object, operation, **more)
    upload(org, job, text)
    document = ended(org, job)
    assert document["state"] == "JobComplete", document
    return document


def results(org: PracticeProcess, job: dict[str, Any], which: str) -> list[dict[str, str]]:
    return table(org.send("GET", f"{INGEST}/{job['id']}/{which}/"))


def test_a_job_says_what_it_is_from_open_to_complete(org: PracticeProcess) -> None:
    job = open_job(org, "Contact", "insert")
    assert job["id"].startswith("750")
    assert job["contentUrl"] == f"services/data/v65.0/jobs/ingest/{job['id']}/batches"
    shown = {
        name: job[name]
        for name in ("state", "apiVersion", "columnDelimiter", "lineEnding", "concurrencyMode")
    }
    assert shown == {
        "state": "Open",
        "apiVersion": 65.0,
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
        "concurrencyMode": "Parallel",
    }
    upload(org, job, "LastName,Email\n甲,kou@example.jp\n,no@example.jp\n")
    done = ended(org, job)
    assert (done["state"], done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (
        "JobComplete",
        2,
        1,
    )
    assert done["jobType"] == "V2Ingest"
    (good,) = results(org, job, "successfulResults")
    assert (good["sf__Created"], good["LastName"]) == ("true", "甲")
    assert one(org, "Contact", good["sf__Id"], "Email") == {"Email": "kou@example.jp"}
    (bad,) = results(org, job, "failedResults")
    assert bad["sf__Id"] == ""
    assert bad["sf__Error"] == "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
    assert bad["Email"] == "no@example.jp"
    assert results(org, job, "unprocessedRecords") == []


def test_an_empty_cell_keeps_and_a_mark_empties(org: PracticeProcess) -> None:
    kept, emptied = (create(org, "Lead", LastName="空", Company="空社", Title="課長") for _ in range(2))
    run(org, "Lead", "update", f"Id,Title,City\r\n{kept},,東京\r\n{emptied},#N/A,\r\n", lineEnding="CRLF")
    assert one(org, "Lead", kept, "Title, City") == {"Title": "課長", "City": "東京"}
    assert one(org, "Lead", emptied, "Title, City") == {"Title": None, "City": None}


def test_cells_are_read_as_their_fields_types(org: PracticeProcess) -> None:
    header = "LastName,Company,HasOptedOutOfEmail,NumberOfEmployees,Budget__c,Last_Visit__c"
    done = run(org, "Lead", "insert", f"{header}\n型,型社,TRUE,12,3.5,2026-11-23\n")
    (good,) = results(org, done, "successfulResults")
    values = one(org, "Lead", good["sf__Id"], header)
    assert [values[name] for name in header.split(",")[2:]] == [True, 12, 3.5, "2026-11-23"]


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        (
            "Last_Visit__c",
            "23/11/2026",
            "col 2. Due to, '23/11/2026' is not a valid value for the type xsd:date",
        ),
        ("NumberOfEmployees", "some", "col 2. Due to, 'some' is not a valid value for the type xsd:int"),
        ("Budget__c", "x", "col 2. Due to, 'x' is not a valid value for the type xsd:double"),
        ("DoNotCall", "maybe", "col 2. Due to, 'maybe' is not a valid value for the type xsd:boolean"),
    ],
)
def test_a_cell_that_is_not_of_its_type_fails_its_row_only(
    org: PracticeProcess, column: str, cell: str, said: str
) -> None:
    done = run(org, "Lead", "insert", f"LastName,Company,{column}\n悪,悪社,{cell}\n善,善社,\n")
    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (2, 1)
    (bad,) = results(org, done, "failedResults")
    assert bad["sf__Error"] == f"INVALID_FIELD:Failed to deserialize field at {said}:{column} --"


def test_an_upsert_creates_updates_and_refuses_what_is_twice(org: PracticeProcess) -> None:
    prefix = f"bulk-{next(numbers)}"
    create(org, "Account", Name="旧", Awase_Key__c=f"{prefix}-1")
    text = f"Awase_Key__c;Name\n{prefix}-1;新\n{prefix}-2;初\n{prefix}-3;一\n{prefix}-3;二\n;無\n"
    more = {"externalIdFieldName": "Awase_Key__c", "columnDelimiter": "SEMICOLON"}
    done = run(org, "Account", "upsert", text, **more)
    good = table(org.send("GET", f"{INGEST}/{done['id']}/successfulResults"), ";")
    assert [(each["sf__Created"], each["Name"]) for each in good] == [("false", "新"), ("true", "初")]
    bad = table(org.send("GET", f"{INGEST}/{done['id']}/failedResults"), ";")
    assert [each["sf__Error"] for each in bad] == [
        f"DUPLICATE_VALUE:Duplicate external id specified: {prefix}-3:--",
        f"DUPLICATE_VALUE:Duplicate external id specified: {prefix}-3:--",
        "MISSING_ARGUMENT:Awase_Key__c not specified:--",
    ]


def test_a_parent_can_be_named_by_its_key(org: PracticeProcess) -> None:
    key = f"parent-{next(numbers)}"
    account = create(org, "Account", Name="親", Awase_Key__c=key)
    done = run(org, "Contact", "insert", f"LastName,Account.Awase_Key__c\n子,{key}\n孤,nobody\n")
    (good,) = results(org, done, "successfulResults")
    assert one(org, "Contact", good["sf__Id"], "AccountId") == {"AccountId": account}
    (bad,) = results(org, done, "failedResults")
    assert bad["sf__Error"] == (
        "INVALID_FIELD:Foreign key external ID: nobody not found for field Awase_Key__c in entity Account:--"
    )
    single = org.send("POST", row_path("Contact"), {"LastName": "単", "Account": {"Awase_Key__c": key}})
    assert single.status == 201


def test_rows_are_deleted_by_their_ids(org: PracticeProcess) -> None:
    row_id = create(org, "Account", Name="消")
    done = run(org, "Account", "delete", f"Id\n{row_id}\n{row_id}\nxyz\n")
    assert [each["sf__Id"] for each in results(org, done, "successfulResults")] == [row_id]
    errors = [each["sf__Error"].split(":")[0] for each in results(org, done, "failedResults")]
    assert errors == ["ENTITY_IS_DELETED", "MALFORMED_ID"]


def test_a_header_that_is_no_field_fails_the_whole_job(org: PracticeProcess) -> None:
    job = open_job(org, "Lead", "insert")
    upload(org, job, "LastName,Company,Nope__c\na,b,c\n")
    done = ended(org, job)
    assert (done["state"], done["errorMessage"]) == (
        "Failed",
        "InvalidBatch : Field name not found : Nope__c",
    )
    assert [each["LastName"] for each in results(org, job, "unprocessedrecords")] == ["a"]


def test_more_than_a_chunk_is_done_and_no_order_promised(org: PracticeProcess) -> None:
    company = f"束{next(numbers)}"
    rows = "".join(f"多{n},{company}\n" for n in range(450))
    done = run(org, "Lead", "insert", f"LastName,Company\n{rows}")
    assert done["numberRecordsProcessed"] == 450
    names = [each["LastName"] for each in results(org, done, "successfulResults")]
    assert names != [f"多{n}" for n in range(450)]
    assert sorted(names) == sorted(f"多{n}" for n in range(450))


def test_a_job_that_works_can_be_waited_for_or_aborted(org: PracticeProcess) -> None:
    org.control("settings", {"bulk_seconds": 60})
    jobs = [open_job(org, "Lead", "insert") for _ in range(2)]
    for job in jobs:
        upload(org, job, "LastName,Company\n待,待社\n")
        assert ended(org, job)["state"] == "InProgress"
        early = org.send("GET", f"{INGEST}/{job['id']}/successfulResults")
        assert (early.status, early.code) == (400, "INVALIDJOBSTATE")
    aborted = org.send("PATCH", f"{INGEST}/{jobs[0]['id']}", {"state": "Aborted"})
    assert aborted.document["state"] == "Aborted"
    org.control("pass-time", {"seconds": 61})
    assert [ended(org, job)["state"] for job in jobs] == ["Aborted", "JobComplete"]
    assert len(results(org, jobs[0], "unprocessedrecords")) == 1
    assert org.send("PATCH", f"{INGEST}/{jobs[1]['id']}", {"state": "Aborted"}).code == "INVALIDJOBSTATE"
    assert org.send("DELETE", f"{INGEST}/{jobs[1]['id']}").status == 204
    assert org.send("GET", f"{INGEST}/{jobs[1]['id']}").status == 404
    listed = {each["id"] for each in org.send("GET", INGEST).document["records"]}
    assert jobs[0]["id"] in listed
    assert jobs[1]["id"] not in listed


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"object": "Nobody", "operation": "insert"}, "INVALIDENTITY"),
        ({"object": "Lead", "operation": "invent"}, "INVALIDJOB"),
        ({"object": "Lead", "operation": "upsert", "externalIdFieldName": "City"}, "INVALIDJOB"),
        ({"object": "Lead", "operation": "insert", "columnDelimiter": "DOT"}, "INVALIDJOB"),
        ({"object": "Lead", "operation": "hardDelete"}, "FEATURENOTENABLED"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(org: PracticeProcess, asked: dict[str, str], code: str) -> None:
    reply = org.send("POST", INGEST, asked)
    assert (reply.status, reply.code) == (400, code)


def test_an_upload_is_made_once_as_csv_and_before_the_job_is_closed(org: PracticeProcess) -> None:
    job = open_job(org, "Lead", "insert")
    path = f"/{job['contentUrl']}"
    assert org.send("PATCH", f"{INGEST}/{job['id']}", {"state": "UploadComplete"}).code == "INVALIDJOBSTATE"
    assert org.send("PUT", path, b"x", {"Content-Type": "application/json"}).status == 415
    upload(org, job, "LastName,Company\na,b\n")
    again = org.send("PUT", path, b"LastName\nx\n", {"Content-Type": "text/csv"})
    assert (again.status, again.code) == (400, "INVALIDJOBSTATE")


# --- Queries


def query_job(org: PracticeProcess, text: str, operation: str = "query") -> dict[str, Any]:
    made = org.send("POST", QUERY, {"operation": operation, "query": text})
    assert (made.status, made.document["state"]) == (200, "UploadComplete")
    done: dict[str, Any] = org.send("GET", f"{QUERY}/{made.document['id']}").document
    assert (done["state"], done["jobType"]) == ("JobComplete", "V2Query")
    return done


def test_a_query_is_read_by_the_page_to_the_end(org: PracticeProcess) -> None:
    company = f"頁{next(numbers)}"
    org.control(
        "load", {"objects": {"Lead": [{"LastName": f"{n:03}", "Company": company} for n in range(25)]}}
    )
    text = f"SELECT Id, LastName, Owner.Name, Title, DoNotCall FROM Lead WHERE Company = '{company}' ORDER BY LastName"
    job = query_job(org, text)
    assert job["numberRecordsProcessed"] == 25
    names, sizes, locator = [], [], ""
    while True:
        asked = f"{QUERY}/{job['id']}/results?maxRecords=10" + (f"&locator={locator}" if locator else "")
        page = org.send("GET", asked)
        rows = table(page)
        assert int(page.headers["sforce-numberofrecords"]) == len(rows)
        names += [each["LastName"] for each in rows]
        sizes.append(len(rows))
        locator = page.headers["sforce-locator"]
        if locator == "null":
            break
    assert (sizes, names) == ([10, 10, 5], [f"{n:03}" for n in range(25)])
    assert (rows[0]["Owner.Name"], rows[0]["Title"], rows[0]["DoNotCall"]) == ("sales", "", "false")
    wrong = org.send("GET", f"{QUERY}/{job['id']}/results?locator=NDAw")
    assert (wrong.status, wrong.code) == (400, "INVALID_QUERY_LOCATOR")


def test_deleted_rows_are_in_query_all(org: PracticeProcess) -> None:
    row_id = load(org, "Lead", LastName="去", Company="去社")
    assert org.send("DELETE", row_path("Lead", row_id)).status == 204
    text = f"SELECT Id, IsDeleted FROM Lead WHERE Id = '{row_id}'"
    for operation, expected in (("query", []), ("queryAll", [{"Id": row_id, "IsDeleted": "true"}])):
        job = query_job(org, text, operation)
        assert table(org.send("GET", f"{QUERY}/{job['id']}/results")) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT Nope FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM", "MALFORMED_QUERY"),
        ("SELECT COUNT(Id) FROM Lead", "FEATURENOTENABLED"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "FEATURENOTENABLED"),
        ("", "INVALIDJOB"),
    ],
)
def test_a_query_that_bulk_cannot_do_is_refused(org: PracticeProcess, text: str, code: str) -> None:
    reply = org.send("POST", QUERY, {"operation": "query", "query": text})
    assert (reply.status, reply.code) == (400, code)


def test_a_query_job_can_be_aborted_and_deleted(org: PracticeProcess) -> None:
    org.control("settings", {"bulk_seconds": 60})
    job = org.send("POST", QUERY, {"operation": "query", "query": "SELECT Id FROM Lead"}).document
    assert org.send("GET", f"{QUERY}/{job['id']}/results").code == "INVALIDJOBSTATE"
    assert org.send("PATCH", f"{QUERY}/{job['id']}", {"state": "Aborted"}).document["state"] == "Aborted"
    assert org.send("DELETE", f"{QUERY}/{job['id']}").status == 204
    assert found(org, "SELECT COUNT(Id) n FROM Lead")[0]["n"] >= 0
