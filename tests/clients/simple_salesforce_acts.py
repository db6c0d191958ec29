"""What simple-salesforce does in its world, unmodified; one line of JSON an operation, on what the client reports."""

import json
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceError,
    SalesforceOperationError,
)

given = json.load(sys.stdin)
who = given["credentials"]
HOST = "https://tokyo.my.salesforce.com"


def act(operation: str, call: Callable[[], Any]) -> Any:
    """Do it and report what the client gives, or which of its exceptions it raises."""
    reported: Any
    try:
        reported = call()
    except SalesforceAuthenticationFailed as refusal:
        reported = {"raised": type(refusal).__name__, "code": refusal.code, "message": refusal.message}
    except SalesforceOperationError as refusal:
        reported = {"raised": type(refusal).__name__, "message": str(refusal)}
    except SalesforceError as refusal:
        name = type(refusal).__name__
        reported = {"raised": name, "status": refusal.status, "content": refusal.content}
    print(json.dumps({"operation": operation, "reported": reported}, default=str), flush=True)
    return reported


def signed_in(**how: Any) -> Salesforce:
    return Salesforce(**how)


def org_of(**how: Any) -> str:
    """The org that a way to sign in leads to."""
    return str(signed_in(**how).query("SELECT Id FROM Organization")["records"][0]["Id"])


# --- Signing in

by_password = {name: who[name] for name in ("username", "password", "security_token")}
by_client = {"consumer_key": who["client_id"], "consumer_secret": who["client_secret"], "domain": "tokyo.my"}
act("log in by SOAP", lambda: org_of(**by_password))
act("log in by client credentials", lambda: org_of(**by_client))
act(
    "log in by signed assertion",
    lambda: org_of(username=who["username"], consumer_key=who["client_id"], privatekey=who["private_key"]),
)
act("log in with a wrong password", lambda: org_of(**{**by_password, "password": "wrong"}))
act("log in with a wrong secret", lambda: org_of(**{**by_client, "consumer_secret": "wrong"}))
act("call with a strange session", lambda: Salesforce(instance_url=HOST, session_id="00D!x").limits())

sf = signed_in(**by_password)
act("ask who one is", lambda: sf.oauth2("userinfo"))
act("ask whether it is a sandbox", sf.is_sandbox)

# --- Describe

act("describe the org", lambda: [each["name"] for each in sf.describe()["sobjects"]])
act("describe an object", lambda: {each["name"]: each["type"] for each in sf.Lead.describe()["fields"]})
act("read an object's metadata", lambda: sf.Account.metadata()["objectDescribe"]["keyPrefix"])
act("describe a layout", lambda: sf.Lead.describe_layout("012000000000000AAA")["name"])
act("describe what is not there", lambda: sf.Nothing.describe())

# --- Rows

made = act("create", lambda: sf.Account.create({"Name": "甲社", "Awase_Key__c": "ss-1"}))
row_id = made["id"]
act("read by id", lambda: sf.Account.get(row_id)["Name"])
act("read by external id", lambda: sf.Account.get_by_custom_id("Awase_Key__c", "ss-1")["Id"] == row_id)
act("update", lambda: sf.Account.update(row_id, {"Phone": "03"}))
act("upsert a new one", lambda: sf.Account.upsert("Awase_Key__c/ss-2", {"Name": "乙社"}))
act("upsert an old one", lambda: sf.Account.upsert("Awase_Key__c/ss-2", {"Name": "乙社改"}))
act("delete", lambda: sf.Account.delete(row_id))
act("read what is deleted", lambda: sf.Account.get(row_id))
act("read what never was", lambda: sf.Account.get("0015h0000000zzz"))
act("create without a name", lambda: sf.Account.create({"Phone": "1"}))
act("write a field that is not there", lambda: sf.Account.create({"Name": "x", "Nope__c": 1}))
act(
    "write a date that is none",
    lambda: sf.Lead.create({"LastName": "x", "Company": "x", "Last_Visit__c": "soon"}),
)
same = {"LastName": "同", "Company": "同社", "Email": "same@example.jp"}
for _ in range(2):
    sf.Lead.create(same)
act("read by a key that two rows share", lambda: sf.Lead.get_by_custom_id("Email", "same@example.jp"))
start, end = datetime.now(UTC) - timedelta(minutes=5), datetime.now(UTC) + timedelta(minutes=5)
act("ask what was updated", lambda: len(sf.Account.updated(start, end)["ids"]))
act(
    "ask what was deleted",
    lambda: [each["id"] == row_id for each in sf.Account.deleted(start, end)["deletedRecords"]],
)

# --- Queries

people = [{"attributes": {"type": "Lead"}, "LastName": f"頁{n:04}", "Company": "頁社"} for n in range(2200)]
for first in range(0, len(people), 200):
    sf.restful("composite/sobjects", method="POST", json={"records": people[first : first + 200]})
PAGED = "SELECT LastName FROM Lead WHERE Company = '頁社' ORDER BY LastName"
act("query a page", lambda: {name: value for name, value in sf.query(PAGED).items() if name != "records"})
act("query all pages", lambda: len(sf.query_all(PAGED)["records"]))
act("query row by row", lambda: [each["LastName"] for each in sf.query_all_iter(PAGED)][-1])
act("query more", lambda: len(sf.query_more(sf.query(PAGED)["nextRecordsUrl"], True)["records"]))
act(
    "query with deleted rows",
    lambda: sf.query("SELECT Id FROM Account WHERE IsDeleted = true", include_deleted=True)["totalSize"],
)
act("query a wrong field", lambda: sf.query("SELECT Nope FROM Lead"))
act("query nonsense", lambda: sf.query("SELECT"))
act("query a wrong page", lambda: sf.query_more("0r8000000000000AAA-2000"))
act(
    "search",
    lambda: [each["Name"] for each in sf.search("FIND {乙社改} RETURNING Account(Name)")["searchRecords"]],
)
act("search quickly", lambda: len(sf.quick_search("乙社改")["searchRecords"]))
act(
    "query the tooling API",
    lambda: sf.toolingexecute("query/", params={"q": "SELECT Id FROM ValidationRule"})["size"],
)

# --- Many rows, limits

records = [{"attributes": {"type": "Account"}, "Name": name} for name in ("丙社", None)]
act(
    "create a collection",
    lambda: [
        each["success"] for each in sf.restful("composite/sobjects", method="POST", json={"records": records})
    ],
)
together = {"allOrNone": True, "records": records}
act(
    "create a collection, all or none",
    lambda: [
        each["errors"][0]["statusCode"]
        for each in sf.restful("composite/sobjects", method="POST", json=together)
    ],
)
calls = [{"method": "GET", "url": "/services/data/v59.0/limits", "referenceId": "l"}]
act(
    "composite",
    lambda: sf.restful("composite", method="POST", json={"compositeRequest": calls})["compositeResponse"][0][
        "httpStatusCode"
    ],
)
act("limits", lambda: sf.limits()["DailyApiRequests"]["Max"])
act("read the usage from the answers", lambda: (sf.limits(), sf.api_usage["api-usage"].total)[1])

# --- Bulk API 2.0

rows = [{"LastName": f"束{n}", "Company": "束社", "Employee_Code__c": f"ss{n}"} for n in range(300)]
act(
    "bulk insert",
    lambda: [
        {k: v for k, v in each.items() if k != "job_id"}
        for each in sf.bulk2.Lead.insert(wait=1, records=rows)
    ],
)
jobs = act(
    "bulk insert with bad rows",
    lambda: sf.bulk2.Lead.insert(
        wait=1, records=[{"LastName": "束", "Company": "束社"}, {"LastName": "", "Company": "悪社"}]
    ),
)
act("bulk failures", lambda: sf.bulk2.Lead.get_failed_records(jobs[0]["job_id"]))
act("bulk successes", lambda: len(sf.bulk2.Lead.get_successful_records(jobs[0]["job_id"]).splitlines()))
act("bulk unprocessed", lambda: sf.bulk2.Lead.get_unprocessed_records(jobs[0]["job_id"]))
keyed = [{"Awase_Key__c": f"ss-{n}", "Name": f"束社{n}"} for n in range(2, 6)]
act(
    "bulk upsert",
    lambda: [
        each["numberRecordsFailed"]
        for each in sf.bulk2.Account.upsert(wait=1, records=keyed, external_id_field="Awase_Key__c")
    ],
)
BULK = "SELECT Id, LastName FROM Lead WHERE Company = '束社'"
ids = [each["Id"] for each in sf.query_all(BULK)["records"]]
act(
    "bulk update",
    lambda: [
        each["numberRecordsProcessed"]
        for each in sf.bulk2.Lead.update(wait=1, records=[{"Id": each, "City": "東京"} for each in ids])
    ],
)
act(
    "bulk query",
    lambda: [len(page.splitlines()) - 1 for page in sf.bulk2.Lead.query(BULK, max_records=200, wait=1)],
)
with tempfile.TemporaryDirectory() as folder:
    act(
        "bulk download",
        lambda: [
            Path(each["file"]).stat().st_size > 0
            for each in sf.bulk2.Lead.download(BULK, path=folder, max_records=1000, wait=1)
        ],
    )
act(
    "bulk delete",
    lambda: [
        each["numberRecordsProcessed"]
        for each in sf.bulk2.Lead.delete(wait=1, records=[{"Id": each} for each in ids])
    ],
)
act(
    "bulk with a wrong column",
    lambda: sf.bulk2.Lead.insert(wait=1, records=[{"Nope__c": "x"}])[0]["numberRecordsProcessed"],
)

# --- A session that ended

requests.post(f"{HOST}/services/oauth2/revoke", {"token": sf.session_id}, timeout=60)
act("call after the session ended", lambda: sf.limits()["DailyApiRequests"]["Max"])
