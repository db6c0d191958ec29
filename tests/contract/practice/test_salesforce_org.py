"""What the practice Salesforce org promises over real HTTP."""

# ruff: noqa: S608  (queries to the practice org are built from the tests' own texts)

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import jwt
import pytest

from awase_practice.command_line import options_of

from .practice_process import PracticeProcess, Reply, practice, query_target

DATA = "/services/data/v65.0"
LEADS = f"{DATA}/sobjects/Lead"
MANY = f"{DATA}/composite/sobjects"
BY_KEY = f"{MANY}/Lead/Awase_Key__c"
_numbers = count(1)


def sign_in(org: PracticeProcess) -> Reply:
    wanted = {name: org.credentials[name] for name in ("client_id", "client_secret")}
    return org.form("/services/oauth2/token", {"grant_type": "client_credentials", **wanted})


@pytest.fixture(scope="module")
def running() -> Iterator[PracticeProcess]:
    with practice("salesforce", "contract") as org:
        yield org


@pytest.fixture
def org(running: PracticeProcess) -> PracticeProcess:
    running.control("faults", {})
    running.token = ""
    running.token = sign_in(running).document["access_token"]
    return running


def person(**more: object) -> dict[str, object]:
    number = next(_numbers)
    values = {"LastName": "山田", "Company": "株式会社山田", "Email": f"p{number}@example.co.jp"}
    return {**values, "Awase_Key__c": f"key-{number}", **more}


def leads(*records: dict[str, object]) -> list[dict[str, object]]:
    return [{"attributes": {"type": "Lead"}, **record} for record in records]


def create(org: PracticeProcess, **more: object) -> str:
    reply = org.send("POST", LEADS, person(**more))
    assert reply.status == 201, reply.body
    return str(reply.document["id"])


def soql(org: PracticeProcess, text: str) -> Reply:
    return org.send("GET", query_target(text))


def records(org: PracticeProcess, text: str) -> list[dict[str, Any]]:
    reply = soql(org, text)
    assert reply.status == 200, reply.body
    return list(reply.document["records"])


def stored(org: PracticeProcess, row_id: str, fields: str) -> dict[str, Any]:
    return dict(org.send("GET", f"{LEADS}/{row_id}?fields={fields}").document)


# --- The page that no real vendor has, and the server itself


def test_the_practice_page_answers_without_a_token(running: PracticeProcess) -> None:
    reply = running.send("GET", "/.well-known/awase-practice", headers={"Authorization": ""})
    assert reply.document == {"practice": True, "vendor": "salesforce", "org_id": running.org_id}


def test_an_org_goes_on_where_it_stopped(tmp_path: Path) -> None:
    kept = str(tmp_path / "org.json")
    field = {"name": "Rank__c", "type": "string", "length": 5}
    with practice("salesforce", "short", "--snapshot", kept) as org:
        org.control("schema", {"object": "Lead", "add_field": field})
        lead = {"LastName": "佐藤", "Company": "A", "Rank__c": "B"}
        row_id = org.control("load", {"objects": {"Lead": [lead]}})["ids"]["Lead"][0]
        org.control("edit", {"object": "Lead", "id": row_id, "values": {"City": "津"}, "author": "user:佐藤"})
        history = org.control("history", object="Lead", id=row_id)
        now = org.control("pass-time", {"seconds": 400_000})["now"]
    assert org.process.returncode == 0
    with practice("salesforce", "short", "--snapshot", kept) as again:
        assert again.credentials == org.credentials
        assert [row["Rank__c"] for row in again.control("rows", object="Lead")] == ["B"]
        assert again.control("history", object="Lead", id=row_id) == history
        assert again.control("state")["now"] >= now
        again.token = sign_in(again).document["access_token"]
        assert again.send("GET", f"{LEADS}/{row_id}?fields=Rank__c").document["Rank__c"] == "B"


def test_the_server_refuses_to_listen_elsewhere_unless_told() -> None:
    with pytest.raises(SystemExit) as stopped:
        options_of(["--vendor", "salesforce", "--org", "x", "--listen", "10.0.0.1"])
    assert stopped.value.code == 2


def test_a_lost_answer_drops_the_connection_after_the_write(org: PracticeProcess) -> None:
    org.control("faults", {"seed": 1, "arm": {"call.answer_lost": {"chance": 1, "times": 1}}})
    lost = person()
    with pytest.raises((http.client.HTTPException, OSError)):
        org.send("POST", LEADS, lost)
    found = records(org, f"SELECT Id FROM Lead WHERE Awase_Key__c = '{lost['Awase_Key__c']}'")
    assert len(found) == 1


def test_a_cut_answer_ends_before_its_promised_length(org: PracticeProcess) -> None:
    org.control("faults", {"arm": {"call.cut_body": {"chance": 1, "times": 1}}})
    with pytest.raises(http.client.IncompleteRead):
        soql(org, "SELECT Id FROM Lead")


def test_the_date_of_an_answer_follows_the_orgs_clock(org: PracticeProcess) -> None:
    before = soql(org, "SELECT COUNT() FROM Lead").headers["date"]
    now = org.control("pass-time", {"seconds": 40 * 86_400})["now"]
    org.token = sign_in(org).document["access_token"]
    after = soql(org, "SELECT COUNT() FROM Lead").headers["date"]
    assert before != after
    assert now[:4] in after


# --- Signing in


def test_a_signed_assertion_opens_a_session(org: PracticeProcess) -> None:
    claims = {
        "iss": org.credentials["client_id"],
        "sub": org.credentials["username"],
        "aud": org.url + "/",
        "exp": int(time.time()) + 10**8,
    }
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"

    def ask(**changed: object) -> Reply:
        assertion = jwt.encode({**claims, **changed}, org.credentials["private_key"], "RS256")
        return org.form("/services/oauth2/token", {"grant_type": grant, "assertion": assertion})

    opened = ask()
    assert opened.status == 200
    assert opened.document["instance_url"] == org.url
    assert "refresh_token" not in opened.document
    assert ask(aud="https://elsewhere.example").document["error_description"] == "audience is invalid"
    assert ask(exp=1).document["error"] == "invalid_grant"
    assert ask(iss="other").document["error"] == "invalid_client_id"
    forged = jwt.encode(claims, "x" * 32, "HS256")
    refused = org.form("/services/oauth2/token", {"grant_type": grant, "assertion": forged})
    assert refused.document == {"error": "invalid_grant", "error_description": "invalid assertion"}


def test_a_rotated_refresh_token_dies_when_it_is_used(org: PracticeProcess) -> None:
    with practice("salesforce", "rotating") as fresh:
        fresh.control("settings", {"rotate_refresh_tokens": True})
        wanted = {name: fresh.credentials[name] for name in ("client_id", "client_secret", "refresh_token")}
        form = {"grant_type": "refresh_token", **wanted}
        renewed = fresh.form("/services/oauth2/token", form).document["refresh_token"]
        again = fresh.form("/services/oauth2/token", form)
        assert (again.status, again.document["error"]) == (400, "invalid_grant")
        assert fresh.form("/services/oauth2/token", {**form, "refresh_token": renewed}).status == 200


def test_a_token_the_org_did_not_issue_is_refused_in_the_vendors_words(org: PracticeProcess) -> None:
    reply = org.send("GET", f"{DATA}/limits", headers={"Authorization": "Bearer 00D!foreign"})
    assert reply.status == 401
    assert reply.document == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_an_expired_session_is_really_gone(org: PracticeProcess) -> None:
    org.control("faults", {"arm": {"login.expired": {"chance": 1, "times": 1}}})
    assert org.send("GET", f"{DATA}/limits").status == 401
    assert org.send("GET", f"{DATA}/limits").status == 401
    org.token = sign_in(org).document["access_token"]
    assert org.send("GET", f"{DATA}/limits").status == 200


def test_identity_names_user_and_org(org: PracticeProcess) -> None:
    who = org.send("GET", "/services/oauth2/userinfo").document
    assert who["organization_id"] == org.org_id
    assert who["preferred_username"] == org.credentials["username"]
    assert records(org, "SELECT Name, IsSandbox FROM Organization")[0]["IsSandbox"] is True


# --- Describe


def test_describe_tells_what_preflight_needs(org: PracticeProcess) -> None:
    fields = {each["name"]: each for each in org.send("GET", f"{LEADS}/describe").document["fields"]}
    company, key, flag = fields["Company"], fields["Awase_Key__c"], fields["HasOptedOutOfEmail"]
    assert (company["length"], company["nillable"], company["defaultedOnCreate"]) == (255, False, False)
    assert (key["externalId"], key["unique"], key["caseSensitive"]) == (True, True, False)
    assert (flag["nillable"], flag["defaultedOnCreate"]) == (False, True)
    assert fields["Industry"]["restrictedPicklist"]
    assert "製造業" in [each["value"] for each in fields["Industry"]["picklistValues"]]
    assert (fields["Budget__c"]["precision"], fields["Budget__c"]["scale"]) == (10, 2)
    assert fields["OwnerId"]["referenceTo"] == ["Group", "User"]


def test_field_history_lists_what_is_tracked(org: PracticeProcess) -> None:
    described = org.send("GET", f"{DATA}/sobjects/LeadHistory/describe").document["fields"]
    tracked = next(each for each in described if each["name"] == "Field")["picklistValues"]
    assert {"created", "Email"} <= {each["value"] for each in tracked}


def test_a_hidden_field_is_as_if_it_were_not_there(org: PracticeProcess) -> None:
    org.control("settings", {"hidden_fields": {"Lead": ["DoNotCall"]}})
    try:
        names = {each["name"] for each in org.send("GET", f"{LEADS}/describe").document["fields"]}
        assert "DoNotCall" not in names
        assert soql(org, "SELECT DoNotCall FROM Lead").code == "INVALID_FIELD"
        assert org.send("POST", LEADS, person(DoNotCall=True)).code == "INVALID_FIELD"
    finally:
        org.control("settings", {"hidden_fields": {}})


# --- Queries


def test_pages_follow_by_locator_to_the_end(org: PracticeProcess) -> None:
    rows = [{"LastName": f"頁{n}", "Company": "頁"} for n in range(4100)]
    org.control("load", {"objects": {"Lead": rows}})
    page = soql(org, "SELECT Id, LastName FROM Lead WHERE Company = '頁' ORDER BY Id").document
    sizes, names = [], []
    while True:
        sizes.append(len(page["records"]))
        names += [each["LastName"] for each in page["records"]]
        if page["done"]:
            break
        page = org.send("GET", page["nextRecordsUrl"]).document
    assert (sizes, page["totalSize"]) == ([2000, 2000, 100], 4100)
    assert names == [f"頁{n}" for n in range(4100)]
    assert org.send("GET", f"{DATA}/query/0r8000000000000AAA-2000").code == "INVALID_QUERY_LOCATOR"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("City = 'TOKYO'", ["a"]),
        ("City != 'Tokyo'", ["b", "c"]),
        ("City = null", ["c"]),
        ("City LIKE '%sak_'", ["b"]),
        ("City IN ('Tokyo', 'Osaka') AND NumberOfEmployees >= 20", ["b"]),
        ("NOT City = 'Tokyo'", ["b", "c"]),
        ("City NOT IN ('Tokyo')", ["b", "c"]),
        ("(City = 'Tokyo' OR City = 'Osaka') AND HasOptedOutOfEmail = false", ["a", "b"]),
        ("Last_Visit__c < 2026-06-01", ["a"]),
        ("CreatedDate > 2001-01-01T00:00:00+09:00", ["a", "b", "c"]),
        ("Interests__c INCLUDES ('会計')", ["a"]),
        (r"Title = 'O\'Brien \\ Co'", ["c"]),
        ("Owner.Name = 'sales'", ["a", "b", "c"]),
    ],
)
def test_conditions_choose_rows_as_the_vendor_does(
    org: PracticeProcess, where: str, expected: list[str]
) -> None:
    company = f"条件{next(_numbers)}"
    a = {"LastName": "a", "City": "Tokyo", "NumberOfEmployees": 10, "Last_Visit__c": "2026-05-31"}
    b = {"LastName": "b", "City": "Osaka", "NumberOfEmployees": 20, "Last_Visit__c": "2026-06-01"}
    c = {"LastName": "c", "Title": "O'Brien \\ Co"}
    rows = [{**each, "Company": company} for each in ({**a, "Interests__c": "会計;人事"}, b, c)]
    org.control("load", {"objects": {"Lead": rows}})
    found = records(
        org, f"SELECT LastName FROM Lead WHERE Company = '{company}' AND ({where}) ORDER BY LastName"
    )
    assert [each["LastName"] for each in found] == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT Nope FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
        ("SELECT Id FROM ScratchOrgInfo limit 1", "INVALID_TYPE"),
        ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE City = 'a' AND City = 'b' OR City = 'c'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE City = 'unclosed", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE CreatedDate > '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE NumberOfEmployees = '5'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Memo__c = 'x'", "INVALID_FIELD"),
        ("SELECT Nobody.Name FROM Lead", "INVALID_FIELD"),
    ],
)
def test_a_wrong_query_is_refused_with_the_vendors_code(org: PracticeProcess, text: str, code: str) -> None:
    reply = soql(org, text)
    assert (reply.status, reply.code) == (400, code)


def test_a_parent_that_is_empty_is_null(org: PracticeProcess) -> None:
    ids = org.control("load", {"objects": {"Contact": [{"LastName": "x"}]}})["ids"]["Contact"]
    found = records(org, f"SELECT Account.Name, Owner.Name FROM Contact WHERE Id = '{ids[0]}'")[0]
    assert found["Account"] is None
    assert found["Owner"]["Name"] == "sales"


def test_deleted_rows_are_only_seen_by_query_all(org: PracticeProcess) -> None:
    row_id = create(org)
    assert org.send("DELETE", f"{LEADS}/{row_id}").status == 204
    text = f"SELECT Id, IsDeleted FROM Lead WHERE Id = '{row_id}'"
    assert records(org, text) == []
    shown = org.send("GET", query_target(text).replace("/query?", "/queryAll?")).document["records"]
    assert [each["IsDeleted"] for each in shown] == [True]


def test_a_head_that_is_too_long_is_refused(org: PracticeProcess) -> None:
    assert soql(org, f"SELECT Id FROM Lead WHERE City = '{'x' * 17_000}'").status == 414


# --- Single rows


def test_values_are_kept_as_the_vendor_keeps_them(org: PracticeProcess) -> None:
    row_id = create(
        org,
        Email=" Hanako@EXAMPLE.co.jp ",
        FirstName="  ",
        Title=" 部長 ",
        Budget__c=12.345,
        Interests__c="会計;生産管理;会計",
        NumberOfEmployees=7,
    )
    row = stored(org, row_id, "Email,FirstName,Title,Budget__c,Interests__c,NumberOfEmployees,SystemModstamp")
    assert (row["Email"], row["FirstName"], row["Title"]) == ("hanako@example.co.jp", None, "部長")
    assert (row["Budget__c"], row["Interests__c"], row["NumberOfEmployees"]) == (12.35, "生産管理;会計", 7)
    assert row["SystemModstamp"].endswith(".000+0000")


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"Industry": "製造"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Industry"),
        ({"Interests__c": "会計;釣り"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Interests__c"),
        ({"Phone": "0" * 41}, "STRING_TOO_LONG", "Phone"),
        ({"Email": "a..b@example.jp"}, "INVALID_EMAIL_ADDRESS", "Email"),
        ({"Email": "全角@example.jp"}, "INVALID_EMAIL_ADDRESS", "Email"),
        ({"Budget__c": 123456789.0}, "NUMBER_OUTSIDE_VALID_RANGE", "Budget__c"),
        ({"NumberOfEmployees": 100_000_000}, "NUMBER_OUTSIDE_VALID_RANGE", "NumberOfEmployees"),
        ({"LastName": None}, "REQUIRED_FIELD_MISSING", "LastName"),
        ({"CreatedDate": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "CreatedDate"),
        ({"OwnerId": "00Q5h0000000001"}, "MALFORMED_ID", "OwnerId"),
        ({"OwnerId": "0055h0000000zzz"}, "INVALID_CROSS_REFERENCE_KEY", "OwnerId"),
        ({"Last_Visit__c": "1066-10-14"}, "DATE_OUT_OF_RANGE", "Last_Visit__c"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_field(
    org: PracticeProcess, values: dict[str, object], code: str, field: str
) -> None:
    reply = org.send("POST", LEADS, person(**values))
    assert (reply.status, reply.code, reply.document[0]["fields"]) == (400, code, [field])


def test_a_stored_row_that_lacks_a_required_value_refuses_every_update(org: PracticeProcess) -> None:
    rows = [{"LastName": "鈴木", "Company": None}]
    row_id = org.control("load", {"objects": {"Lead": rows}})["ids"]["Lead"][0]
    reply = org.send("PATCH", f"{LEADS}/{row_id}", {"City": "大阪"})
    assert (reply.code, reply.document[0]["fields"]) == ("REQUIRED_FIELD_MISSING", ["Company"])


def test_unknown_rows_fields_methods_and_paths_have_their_own_words(org: PracticeProcess) -> None:
    assert org.send("POST", LEADS, person(Nope__c=1)).document[0]["message"] == (
        "No such column 'Nope__c' on sobject of type Lead"
    )
    assert org.send("PATCH", f"{LEADS}/00Q5h00000zzzzz", {"City": "x"}).status == 404
    assert org.send("GET", f"{DATA}/nowhere").code == "NOT_FOUND"
    assert org.send("PUT", LEADS, {}).code == "METHOD_NOT_ALLOWED"
    assert org.send("POST", LEADS, b"{not json").code == "JSON_PARSER_ERROR"


def test_an_update_of_a_deleted_or_converted_row_is_refused(org: PracticeProcess) -> None:
    gone, converted = create(org), create(org)
    org.control("delete", {"object": "Lead", "id": gone, "author": "user:佐藤"})
    org.control("edit", {"object": "Lead", "id": converted, "values": {"IsConverted": True}})
    assert org.send("PATCH", f"{LEADS}/{gone}", {"City": "x"}).code == "ENTITY_IS_DELETED"
    assert org.send("PATCH", f"{LEADS}/{converted}", {"City": "x"}).code == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_an_upsert_by_external_id_creates_then_updates(org: PracticeProcess) -> None:
    key = f"upsert {next(_numbers)}"
    target = f"{LEADS}/Awase_Key__c/{key.replace(' ', '%20')}"
    made = org.send("PATCH", target, {"LastName": "新", "Company": "新社"})
    assert (made.status, made.document["created"]) == (201, True)
    changed = org.send("PATCH", target.replace("upsert", "UPSERT"), {"City": "京都"})
    assert (changed.status, changed.document["created"]) == (200, False)
    assert changed.document["id"] == made.document["id"]
    assert org.send("GET", target).document["City"] == "京都"
    assert org.send("PATCH", f"{LEADS}/City/x", {}).status == 404


def test_a_key_that_several_rows_share_answers_with_the_list(org: PracticeProcess) -> None:
    address = f"twin{next(_numbers)}@example.jp"
    create(org, Email=address)
    create(org, Email=address)
    reply = org.send("GET", f"{LEADS}/Email/{address}")
    assert (reply.status, len(reply.document)) == (300, 2)


# --- Collections


def test_each_record_of_a_collection_succeeds_or_fails_alone(org: PracticeProcess) -> None:
    batch = leads(person(), person(LastName=None), person(Industry="製造"))
    reply = org.send("POST", MANY, {"allOrNone": False, "records": batch})
    assert reply.status == 200
    assert [each["success"] for each in reply.document] == [True, False, False]
    error = reply.document[1]["errors"][0]
    assert error["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert error["fields"] == ["LastName"]


def test_all_or_none_undoes_the_records_that_were_good(org: PracticeProcess) -> None:
    good = person()
    reply = org.send("POST", MANY, {"allOrNone": True, "records": leads(good, person(LastName=None))})
    codes = [each["errors"][0]["statusCode"] for each in reply.document]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert records(org, f"SELECT Id FROM Lead WHERE Awase_Key__c = '{good['Awase_Key__c']}'") == []
    assert org.send("POST", LEADS, good).status == 201


def test_one_wrong_json_type_refuses_the_whole_collection(org: PracticeProcess) -> None:
    good = person()
    reply = org.send("POST", MANY, {"records": leads(good, person(Last_Visit__c="2026/11/23"))})
    assert (reply.status, reply.code) == (400, "JSON_PARSER_ERROR")
    assert "2026/11/23" in reply.document[0]["message"]
    assert records(org, f"SELECT Id FROM Lead WHERE Awase_Key__c = '{good['Awase_Key__c']}'") == []


def test_a_collection_upsert_says_which_were_created(org: PracticeProcess) -> None:
    old, new, unkeyed = person(), person(), person()
    del unkeyed["Awase_Key__c"]
    org.send("POST", LEADS, old)
    reply = org.send("PATCH", BY_KEY, {"records": leads(old, new, unkeyed)})
    assert [each.get("created") for each in reply.document] == [False, True, None]
    assert reply.document[2]["errors"][0]["statusCode"] == "MISSING_ARGUMENT"


def test_the_same_key_twice_in_one_upsert_is_refused(org: PracticeProcess) -> None:
    twice = person()
    results = org.send("PATCH", BY_KEY, {"records": leads(twice, {**twice, "LastName": "別"})}).document
    assert {each["errors"][0]["statusCode"] for each in results} == {"DUPLICATE_VALUE"}


def test_updates_and_deletes_go_by_id(org: PracticeProcess) -> None:
    row_id = create(org)
    batch = leads(
        {"id": row_id[:15], "City": "名古屋"}, {"City": "x"}, {"id": "00Q5h00000zzzzz", "City": "x"}
    )
    results = org.send("PATCH", MANY, {"records": batch}).document
    assert results[0] == {"id": row_id, "success": True, "errors": []}
    codes = [each["errors"][0]["statusCode"] for each in results[1:]]
    assert codes == ["MISSING_ARGUMENT", "INVALID_CROSS_REFERENCE_KEY"]
    results = org.send("DELETE", f"{MANY}?ids={row_id},{row_id}").document
    assert [each["success"] for each in results] == [True, False]


def test_more_than_200_records_are_refused_together(org: PracticeProcess) -> None:
    reply = org.send("POST", MANY, {"records": leads(*(person() for _ in range(201)))})
    assert reply.status == 400
    assert org.control("rows", object="Lead", deleted="1") is not None


def test_a_lock_hits_one_record_of_a_batch(org: PracticeProcess) -> None:
    org.control("faults", {"arm": {"batch.lock": {"chance": 1, "times": 1}}})
    results = org.send("POST", MANY, {"records": leads(person(), person(), person())}).document
    failed = [each for each in results if not each["success"]]
    assert [each["errors"][0]["statusCode"] for each in failed] == ["UNABLE_TO_LOCK_ROW"]


def test_an_answer_can_lack_a_record(org: PracticeProcess) -> None:
    org.control("faults", {"arm": {"batch.fewer": {"chance": 1, "times": 1}}})
    assert len(org.send("POST", MANY, {"records": leads(person(), person())}).document) == 1


def test_too_many_calls_at_once_apply_nothing(org: PracticeProcess) -> None:
    org.control("faults", {"arm": {"limits.busy": {"chance": 1, "times": 1}}})
    one = person()
    busy = org.send("POST", LEADS, one)
    assert (busy.status, busy.code) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert org.send("POST", LEADS, one).status == 201


def test_a_collection_is_read_by_ids_with_null_for_what_is_not_there(org: PracticeProcess) -> None:
    row_id = create(org)
    wanted = {"ids": [row_id, "00Q5h00000zzzzz"], "fields": ["Id", "Company"]}
    found = org.send("POST", f"{MANY}/Lead", wanted).document
    assert found[0]["Company"] == "株式会社山田"
    assert found[1] is None


# --- The org's own rules, in their order


def test_layers_of_checks_hide_each_other(org: PracticeProcess) -> None:
    """Formats hide required fields, those hide validation rules, those duplicates, those unique fields."""
    taken = person()
    org.send("POST", LEADS, taken)
    rule = {
        "name": "NoX",
        "field": "City",
        "message": "X は使えません",
        "when": {"field": "City", "matches": "^X"},
    }
    org.control("schema", {"object": "Lead", "add_rule": rule})
    org.control("schema", {"object": "Lead", "add_rule": {"name": "Twins", "duplicate": "block"}})
    body: dict[str, object] = {**taken, "City": "X", "Industry": "製造", "LastName": None}
    seen = []
    repairs = ({}, {"Industry": "製造業"}, {"LastName": "山田"}, {"City": "Y"}, {"Email": "new@example.jp"})
    try:
        for repair in repairs:
            body |= repair
            reply = org.send("POST", LEADS, body)
            seen.append(reply.code)
            if reply.code == "DUPLICATES_DETECTED":
                match = reply.document[0]["duplicateResut"]["matchResults"][0]
                assert match["size"] == 1
    finally:
        for name in ("NoX", "Twins"):
            org.control("schema", {"object": "Lead", "remove_rule": {"name": name}})
    assert seen == [
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "REQUIRED_FIELD_MISSING",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "DUPLICATES_DETECTED",
        "DUPLICATE_VALUE",
    ]


def test_a_trigger_that_throws_speaks_in_the_vendors_shape(org: PracticeProcess) -> None:
    rule = {
        "name": "LeadGuard",
        "as": "trigger",
        "message": "System.NullPointerException",
        "when": {"blank": "City"},
    }
    org.control("schema", {"object": "Lead", "add_rule": rule})
    try:
        reply = org.send("POST", LEADS, person())
        assert reply.code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
        assert reply.document[0]["message"].startswith("LeadGuard: execution of BeforeInsert")
        assert org.send("POST", LEADS, person(City="津")).status == 201
    finally:
        org.control("schema", {"object": "Lead", "remove_rule": {"name": "LeadGuard"}})


def test_an_automation_sets_fields_before_the_rules_look(org: PracticeProcess) -> None:
    automation = {"name": "Defaults", "set": {"Company": "個人"}, "when": {"blank": "Company"}}
    org.control("schema", {"object": "Lead", "add_rule": automation})
    try:
        row_id = create(org, Company=None)
        assert stored(org, row_id, "Company")["Company"] == "個人"
    finally:
        org.control("schema", {"object": "Lead", "remove_rule": {"name": "Defaults"}})


def test_unique_values_name_the_row_that_holds_them(org: PracticeProcess) -> None:
    code = f"E{next(_numbers)}"
    holder = create(org, Employee_Code__c=code)
    reply = org.send("POST", LEADS, person(Employee_Code__c=code.lower()))
    assert reply.code == "DUPLICATE_VALUE"
    assert holder[:15] in reply.document[0]["message"]
    org.send("DELETE", f"{LEADS}/{holder}")
    assert org.send("POST", LEADS, person(Employee_Code__c=code)).status == 201


# --- History, authors, limits, schema


def test_field_history_says_who_changed_what(org: PracticeProcess) -> None:
    row_id = create(org, City="津")
    org.control("edit", {"object": "Lead", "id": row_id, "values": {"City": "堺"}, "author": "user:佐藤"})
    org.send("PATCH", f"{LEADS}/{row_id}", {"City": "灘", "Memo__c": "長い話"})
    fields = "Field, OldValue, NewValue, CreatedBy.Name"
    lines = records(org, f"SELECT {fields} FROM LeadHistory WHERE LeadId = '{row_id}'")
    shown = [(each["Field"], each["OldValue"], each["NewValue"], each["CreatedBy"]["Name"]) for each in lines]
    assert shown == [
        ("created", None, None, "integration"),
        ("City", "津", "堺", "佐藤"),
        ("City", "堺", "灘", "integration"),
        ("Memo__c", None, None, "integration"),
    ]
    org.control("settings", {"history": False})
    try:
        assert soql(org, "SELECT Id FROM LeadHistory").code == "INVALID_TYPE"
    finally:
        org.control("settings", {"history": True})


def test_the_day_quota_refuses_and_every_answer_tells_the_usage(org: PracticeProcess) -> None:
    reply = org.send("GET", f"{DATA}/limits")
    usage = reply.headers["sforce-limit-info"].removeprefix("api-usage=")
    used, limit = (int(part) for part in usage.split("/"))
    assert reply.document["DailyApiRequests"] == {"Max": limit, "Remaining": limit - used}
    org.control("settings", {"day_limit": used + 1})
    try:
        assert org.send("GET", f"{DATA}/limits").status == 200
        refused = org.send("GET", f"{DATA}/limits")
        assert (refused.status, refused.code) == (403, "REQUEST_LIMIT_EXCEEDED")
        org.control("pass-time", {"seconds": 90_000})
        org.token = sign_in(org).document["access_token"]
        assert org.send("GET", f"{DATA}/limits").status == 200
    finally:
        org.control("settings", {"day_limit": limit})


def test_a_field_can_be_added_changed_and_removed(org: PracticeProcess) -> None:
    field = {"name": "Rank__c", "type": "picklist", "values": ["A", "B"], "restricted": True, "length": 255}
    org.control("schema", {"object": "Lead", "add_field": field})
    create(org, Rank__c="A")
    org.control("schema", {"object": "Lead", "change_field": {"name": "Rank__c", "values": ["B"]}})
    assert org.send("POST", LEADS, person(Rank__c="A")).code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    org.control("schema", {"object": "Lead", "remove_field": {"name": "Rank__c"}})
    assert soql(org, "SELECT Rank__c FROM Lead").code == "INVALID_FIELD"


def test_the_control_port_refuses_what_makes_no_sense(org: PracticeProcess) -> None:
    for name, body in (
        ("load", {"objects": {"Lead": [{"Nope": 1}]}}),
        ("edit", {"object": "Lead", "id": "nobody", "values": {}}),
        ("schema", {"object": "Lead", "add_rule": {"name": "x"}}),
        ("settings", {"nope": 1}),
        ("faults", {"arm": {"nope": {}}}),
        ("pass-time", {"seconds": -1}),
    ):
        reply = org.control_reply(name, body)
        assert reply.status == 400
        assert reply.document["error"]


def test_the_control_port_keeps_notes_and_tells_the_state(org: PracticeProcess) -> None:
    org.control("note", {"name": "planted", "note": {"ids": [1, 2]}})
    assert org.control("note", name="planted")["note"] == {"ids": [1, 2]}
    state = org.control("state")
    assert (state["vendor"], state["org_id"]) == ("salesforce", org.org_id)
    assert state["calls"]["sign_in"] > 0
    assert "Lead" in state["rows"]
