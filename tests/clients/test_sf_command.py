"""The vendor's own command line ``sf``, unmodified, as a witness: what it prints of a practice org."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .node_clients import NODE
from .world import World

HOST = "https://tokyo.my.salesforce.com"
Sf = Callable[..., dict[str, Any]]
pytestmark = pytest.mark.timeout(1200)  # the first one may have to install the clients


@pytest.fixture(scope="module")
def sf(vendors: World, node_clients: Path) -> Sf:
    """Runs ``sf … --json`` and gives what it prints; ``operation`` is how the list at the end names it."""
    program = node_clients / "node_modules" / "@salesforce" / "cli" / "bin" / "run.js"
    quiet = dict.fromkeys(
        ("SF_DISABLE_TELEMETRY", "SF_DISABLE_AUTOUPDATE", "SF_SKIP_NEW_VERSION_CHECK"), "true"
    )

    def run(*words: str, **more: str) -> dict[str, Any]:
        ended = vendors.run(str(NODE), str(program), *words, "--json", more={**quiet, **more})
        vendors.seen.setdefault("sf", []).append(" ".join(words[:3]).partition(" -")[0])
        assert ended.stdout, ended.stderr
        document: dict[str, Any] = json.loads(ended.stdout)
        return document

    return run


@pytest.fixture(scope="module")
def signed_in(sf: Sf, vendors: World) -> Sf:
    """The command line, signed in by a signed assertion."""
    key = vendors.home / "key.pem"
    key.write_text(vendors.credentials["private_key"])
    words = ("--client-id", vendors.credentials["client_id"], "--jwt-key-file", str(key))
    user = ("--username", vendors.credentials["username"], "--instance-url", HOST)
    told = sf("org", "login", "jwt", *words, *user, "--alias", "tokyo", "--set-default")
    assert told["status"] == 0, told
    assert (told["result"]["orgId"], told["result"]["instanceUrl"]) == (vendors.ready["org_id"], HOST)
    return sf


def query(sf: Sf, text: str) -> list[dict[str, Any]]:
    told = sf("data", "query", "--query", text)
    assert told["status"] == 0, told
    return list(told["result"]["records"])


def test_it_takes_a_token_as_it_is(sf: Sf, vendors: World) -> None:
    fields = {"grant_type": "client_credentials"}
    names = ("client_id", "client_secret")
    form = "&".join(
        f"{name}={value}" for name, value in {**fields, **{n: vendors.credentials[n] for n in names}}.items()
    )
    script = f"fetch('{HOST}/services/oauth2/token',{{method:'POST',headers:{{'content-type':'application/x-www-form-urlencoded'}},body:'{form}'}}).then(r=>r.json()).then(d=>console.log(d.access_token))"
    token = vendors.run(str(NODE), "--eval", script).stdout.strip()
    assert re.fullmatch(r"00D\w{12,15}![.\w]*", token)
    told = sf("org", "login", "access-token", "--instance-url", HOST, "--no-prompt", SF_ACCESS_TOKEN=token)
    assert told["result"]["username"] == vendors.credentials["username"]


def test_it_hears_why_it_may_not_come_in(sf: Sf, vendors: World) -> None:
    key = vendors.home / "other-key.pem"
    key.write_text(vendors.credentials["private_key"])
    words = ("--client-id", "3MVG9nobody", "--jwt-key-file", str(key), "--instance-url", HOST)
    told = sf("org", "login", "jwt", *words, "--username", vendors.credentials["username"])
    assert told["status"] != 0
    assert "client identifier invalid" in told["message"]


def test_it_shows_the_org(signed_in: Sf, vendors: World) -> None:
    shown = signed_in("org", "display")["result"]
    assert (shown["id"], shown["connectedStatus"], shown["apiVersion"]) == (
        vendors.ready["org_id"],
        "Connected",
        "68.0",
    )
    listed = signed_in("org", "list", "--all")["result"]
    assert vendors.ready["org_id"] in json.dumps(listed)


def test_it_lists_limits_and_objects(signed_in: Sf) -> None:
    limits = {each["name"]: each["max"] for each in signed_in("org", "list", "limits")["result"]}
    assert limits["DailyApiRequests"] == 100_000
    assert "Lead" in signed_in("sobject", "list", "--sobject", "all")["result"]
    fields = {
        each["name"] for each in signed_in("sobject", "describe", "--sobject", "Lead")["result"]["fields"]
    }
    assert "Awase_Key__c" in fields


def test_it_creates_reads_updates_and_deletes(signed_in: Sf) -> None:
    made = signed_in(
        "data", "create", "record", "--sobject", "Account", "--values", "Name=甲社 Awase_Key__c=sf-1"
    )
    row_id = made["result"]["id"]
    by_id = ("--sobject", "Account", "--record-id", row_id)
    assert signed_in("data", "update", "record", *by_id, "--values", "Phone=03")["status"] == 0
    by_key = ("--sobject", "Account", "--where", "Awase_Key__c=sf-1")
    assert signed_in("data", "update", "record", *by_key, "--values", "City=x")["name"] == "INVALID_FIELD"
    assert signed_in("data", "get", "record", *by_id)["result"]["Phone"] == "03"
    assert signed_in("data", "delete", "record", *by_id)["status"] == 0
    assert signed_in("data", "get", "record", *by_id)["name"] == "ENTITY_IS_DELETED"


def test_it_says_what_is_wrong(signed_in: Sf) -> None:
    told = signed_in("data", "create", "record", "--sobject", "Account", "--values", "Phone=1")
    assert (told["name"], "Required fields are missing: [Name]" in told["message"]) == (
        "REQUIRED_FIELD_MISSING",
        True,
    )
    assert signed_in("data", "query", "--query", "SELECT Nope FROM Lead")["name"] == "INVALID_FIELD"


def test_it_prints_a_table_from_the_columns(signed_in: Sf, vendors: World, node_clients: Path) -> None:
    signed_in("data", "create", "record", "--sobject", "Account", "--values", "Name=表社")
    program = node_clients / "node_modules" / "@salesforce" / "cli" / "bin" / "run.js"
    text = "SELECT Name, Owner.Name FROM Account WHERE Name = '表社'"
    ended = vendors.run(str(NODE), str(program), "data", "query", "--query", text, "--target-org", "tokyo")
    assert ended.returncode == 0, ended.stderr
    assert "OWNER.NAME" in ended.stdout.upper()
    assert "表社" in ended.stdout
    assert "Total number of records retrieved: 1" in ended.stdout


def test_it_works_in_bulk(signed_in: Sf, vendors: World) -> None:
    rows = "".join(f"sf-bulk-{n},束社{n}\n" for n in range(300))
    (vendors.home / "accounts.csv").write_text(f"Awase_Key__c,Name\n{rows}")
    csv = ("--file", "accounts.csv", "--wait", "5", "--sobject", "Account")
    imported = signed_in("data", "import", "bulk", *csv)
    assert (imported["status"], imported["result"]["processedRecords"]) == (0, 300)
    upserted = signed_in("data", "upsert", "bulk", *csv, "--external-id", "Awase_Key__c")["result"]
    assert (upserted["jobInfo"]["numberRecordsProcessed"], upserted["jobInfo"]["numberRecordsFailed"]) == (
        300,
        0,
    )
    where = "WHERE Awase_Key__c LIKE 'sf-bulk-%'"
    out = ("--output-file", "out.csv", "--wait", "5", "--result-format", "csv")
    exported = signed_in("data", "export", "bulk", "--query", f"SELECT Id FROM Account {where}", *out)  # noqa: S608
    assert (exported["status"], exported["result"]["totalSize"]) == (0, 300)
    lines = (vendors.home / "out.csv").read_text().splitlines()
    assert len(lines) == 301
    deletion = ("--file", "out.csv", "--wait", "5", "--sobject", "Account")
    deleted = signed_in("data", "delete", "bulk", *deletion)["result"]
    assert deleted["jobInfo"]["numberRecordsProcessed"] == 300


def test_it_hears_which_rows_of_a_bulk_job_failed(signed_in: Sf, vendors: World) -> None:
    (vendors.home / "bad.csv").write_text("Name,Phone\n善社,1\n,2\n")
    told = signed_in("data", "import", "bulk", "--file", "bad.csv", "--wait", "5", "--sobject", "Account")
    assert told["status"] != 0
    assert "1" in told["message"]


def test_it_imports_and_exports_trees(signed_in: Sf, vendors: World) -> None:
    people = {"records": [{"attributes": {"type": "Contact", "referenceId": "c1"}, "LastName": "枝"}]}
    root = {"attributes": {"type": "Account", "referenceId": "a1"}, "Name": "木社", "Contacts": people}
    (vendors.home / "tree.json").write_text(json.dumps({"records": [root]}))
    imported = signed_in("data", "import", "tree", "--files", "tree.json")
    assert {each["refId"] for each in imported["result"]} == {"a1", "c1"}
    text = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name = '木社'"
    (found,) = query(signed_in, text)
    assert found["Contacts"]["records"][0]["LastName"] == "枝"


def test_it_asks_the_tooling_api_and_searches(signed_in: Sf) -> None:
    told = signed_in("data", "query", "--use-tooling-api", "--query", "SELECT Id FROM ValidationRule")
    assert (told["status"], told["result"]["totalSize"]) == (0, 0)
    signed_in("data", "create", "record", "--sobject", "Account", "--values", "Name=探社")
    found = signed_in("data", "search", "--query", "FIND {探社} RETURNING Account(Name)")
    assert "探社" in json.dumps(found["result"], ensure_ascii=False)
