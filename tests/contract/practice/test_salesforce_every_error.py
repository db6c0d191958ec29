"""Every status code of the practice Salesforce org that ordinary requests or an administrator's settings provoke.

One case a code: its HTTP status, the shape of its body and its words. None needs an injected fault.
"""

# ruff: noqa: S608  (queries to the practice org are built from the tests' own texts)

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from .practice_process import PracticeProcess, Reply, practice, query_target
from .salesforce_calls import DATA, MANY, change, create, deletion, load, many, numbers, row_path, unbound

LEAD = {"LastName": "森", "Company": "森社"}
DEAL = {"Name": "商談", "StageName": "提案", "CloseDate": "2026-12-31"}
NOBODY = "0015h00000zzzzz"


@dataclass(frozen=True)
class Heard:
    """status: of HTTP. fields: None where the shape has none."""

    status: int
    code: str
    message: str
    fields: list[str] | None = None


Provoke = Callable[[PracticeProcess], Heard]
CASES: list[tuple[str, Provoke, int, str, list[str] | None]] = []


def case(code: str, status: int, words: str, fields: list[str] | None = None) -> Callable[[Provoke], Provoke]:
    """words: a pattern for the whole message. fields: those named, [] for none, None for a shape without the key."""

    def remember(provoke: Provoke) -> Provoke:
        CASES.append((code, provoke, status, words, fields))
        return provoke

    return remember


# --- Shapes


def whole(reply: Reply) -> Heard:
    """An array of one, without fields: the call as such is refused."""
    (error,) = reply.document
    assert error.keys() == {"message", "errorCode"}
    return Heard(reply.status, error["errorCode"], error["message"])


def row(reply: Reply) -> Heard:
    """An array of one, with fields: the row is refused."""
    (error,) = reply.document
    assert error.keys() == {"message", "errorCode", "fields"}
    return Heard(reply.status, error["errorCode"], error["message"], error["fields"])


def item(reply: Reply, place: int = 0) -> Heard:
    """A result of a collection, whose key is another."""
    result = reply.document[place]
    assert (result["success"], len(result["errors"])) == (False, 1)
    (error,) = result["errors"]
    assert error.keys() == {"statusCode", "message", "fields"}
    return Heard(reply.status, error["statusCode"], error["message"], error["fields"])


def inner(reply: Reply, place: int) -> Heard:
    """A result inside a composite answer."""
    result = reply.document["compositeResponse"][place]
    (error,) = result["body"]
    assert error.keys() == {"message", "errorCode"}
    return Heard(result["httpStatusCode"], error["errorCode"], error["message"])


def fault(reply: Reply) -> Heard:
    """A SOAP fault, whose text begins with its code."""
    assert reply.headers["content-type"].startswith("text/xml")
    text = reply.body.decode()
    found = dict(re.findall(r"<(?:sf:)?(\w+)>([^<]+)</", text))
    assert found["faultcode"] == f"sf:{found['exceptionCode']}"
    assert found["faultstring"] == f"{found['exceptionCode']}: {found['exceptionMessage']}"
    return Heard(reply.status, found["exceptionCode"], found["exceptionMessage"])


def soap_result(reply: Reply) -> Heard:
    """An error inside a SOAP result."""
    text = reply.body.decode()
    found = dict(re.findall(r"<(statusCode|message|success)>([^<]+)</", text))
    assert found["success"] == "false"
    return Heard(reply.status, found["statusCode"], found["message"], re.findall(r"<fields>([^<]+)</", text))


# --- Means


@contextmanager
def settings(org: PracticeProcess, undo: dict[str, object], **wanted: object) -> Iterator[None]:
    org.control("settings", wanted)
    try:
        yield
    finally:
        org.control("settings", undo)


@contextmanager
def rule(org: PracticeProcess, object: str, **declared: object) -> Iterator[None]:
    declared = {"name": "Rule", **declared}
    org.control("schema", {"object": object, "add_rule": declared})
    try:
        yield
    finally:
        org.control("schema", {"object": object, "remove_rule": {"name": declared["name"]}})


def get(org: PracticeProcess, target: str, **headers: str) -> Reply:
    return org.send("GET", target, headers=headers)


def post(org: PracticeProcess, object: str, /, **values: object) -> Reply:
    return org.send("POST", row_path(object), values)


def soql(org: PracticeProcess, text: str) -> Reply:
    return org.send("GET", query_target(text))


def soap(org: PracticeProcess, inside: str, *, session: bool = True) -> Reply:
    header = f"<SessionHeader><sessionId>{org.token}</sessionId></SessionHeader>" if session else ""
    text = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com">'
        f"<e:Header>{header}</e:Header><e:Body>{inside}</e:Body></e:Envelope>"
    )
    headers = {"Content-Type": "text/xml", "Authorization": ""}
    return org.send("POST", "/services/Soap/u/60.0", text.encode(), headers)


def log_in(org: PracticeProcess, password: str) -> Reply:
    name = org.credentials["username"]
    inside = f"<login><username>{name}</username><password>{password}</password></login>"
    return soap(org, inside, session=False)


def secret(org: PracticeProcess) -> str:
    return str(org.credentials["password"] + org.credentials["security_token"])


def conversion(lead: str, status: str = "取引開始済み") -> str:
    return f"<leadConverts><leadId>{lead}</leadId><convertedStatus>{status}</convertedStatus></leadConverts>"


# --- Values


@case(
    "REQUIRED_FIELD_MISSING",
    400,
    r"Required fields are missing: \[LastName, Company\]",
    ["LastName", "Company"],
)
def _(org: PracticeProcess) -> Heard:
    return row(post(org, "Lead", Title="x"))


@case("FIELD_CUSTOM_VALIDATION_EXCEPTION", 400, "電話番号を入れてください", ["Phone"])
def _(org: PracticeProcess) -> Heard:
    declared = {"when": {"blank": "Phone"}, "message": "電話番号を入れてください", "field": "Phone"}
    with rule(org, "Lead", **declared):
        return row(post(org, "Lead", **LEAD))


@case(
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    400,
    ".+: bad value for restricted picklist field: Fax",
    ["LeadSource"],
)
def _(org: PracticeProcess) -> Heard:
    return row(post(org, "Lead", **LEAD, LeadSource="Fax"))


@case("STRING_TOO_LONG", 400, r".+: data value too large: x{41} \(max length=40\)", ["FirstName"])
def _(org: PracticeProcess) -> Heard:
    return row(post(org, "Lead", **LEAD, FirstName="x" * 41))


@case("INVALID_EMAIL_ADDRESS", 400, ".+: invalid email address: nobody", ["Email"])
def _(org: PracticeProcess) -> Heard:
    return row(post(org, "Lead", **LEAD, Email="nobody"))


@case(
    "NUMBER_OUTSIDE_VALID_RANGE",
    400,
    ".+: value outside of valid range on numeric field: 10+",
    ["NumberOfEmployees"],
)
def _(org: PracticeProcess) -> Heard:
    return row(post(org, "Lead", **LEAD, NumberOfEmployees=10**9))


@case("INVALID_TYPE_ON_FIELD_IN_RECORD", 400, ".+: value not of required type: null", ["DoNotCall"])
def _(org: PracticeProcess) -> Heard:
    return row(post(org, "Lead", **LEAD, DoNotCall=None))


@case(
    "JSON_PARSER_ERROR",
    400,
    r"Cannot deserialize instance of date from VALUE_STRING value soon or request may be missing a required field "
    r"at \[line:1, column:\d+\]",
)
def _(org: PracticeProcess) -> Heard:
    return whole(post(org, "Lead", **LEAD, Last_Visit__c="soon"))


@case("INVALID_FIELD", 400, "No such column 'Nope__c' on sobject of type Lead", [])
def _(org: PracticeProcess) -> Heard:
    return row(post(org, "Lead", **LEAD, Nope__c=1))


@case(
    "INVALID_FIELD_FOR_INSERT_UPDATE",
    400,
    r"Unable to create/update fields: CreatedDate\. Please check the security settings of this field and verify that "
    r"it is read/write for your profile or permission set\.",
    ["CreatedDate"],
)
def _(org: PracticeProcess) -> Heard:
    return row(post(org, "Lead", **LEAD, CreatedDate="2026-01-01T00:00:00Z"))


@case(
    "FIELD_INTEGRITY_EXCEPTION",
    400,
    "There's a problem with this country, .+ valid countries.: .+",
    ["Country"],
)
def _(org: PracticeProcess) -> Heard:
    with settings(org, {"state_country": False}, state_country=True):
        return row(post(org, "Lead", **LEAD, Country="JPN"))


@case(
    "FIELD_FILTER_VALIDATION_EXCEPTION",
    400,
    r"Value does not exist or does not match filter criteria\.",
    ["AccountId"],
)
def _(org: PracticeProcess) -> Heard:
    account = create(org, "Account", Name="濾", Type="競合")
    wanted = {"not": {"equals": ["Type", "競合"]}}
    filtered = {"name": "AccountId", "lookup_filter": wanted}
    org.control("schema", {"object": "Contact", "change_field": filtered})
    try:
        return row(post(org, "Contact", LastName="濾", AccountId=account))
    finally:
        org.control("schema", {"object": "Contact", "change_field": {**filtered, "lookup_filter": None}})


@case("TOO_MANY_ENUM_VALUE", 400, ".+: too many values", ["Tags__c"])
def _(org: PracticeProcess) -> Heard:
    values = [f"値{n}" for n in range(40)]
    field = {"name": "Tags__c", "type": "multipicklist", "length": 99, "values": values}
    org.control("schema", {"object": "Lead", "add_field": field})
    return row(post(org, "Lead", **LEAD, Tags__c=";".join(values)))


@case("MAX_TASK_DESCRIPTION_EXCEEEDED", 400, ".+: data value too large: .+", ["Description"])
def _(org: PracticeProcess) -> Heard:
    return row(post(org, "Task", Subject="長", Description="x" * 32_001))


@case("DATE_OUT_OF_RANGE", 400, ".+: date value out of range: 1492-10-12", ["Last_Visit__c"])
def _(org: PracticeProcess) -> Heard:
    return row(post(org, "Lead", **LEAD, Last_Visit__c="1492-10-12"))


@case("MALFORMED_ID", 400, ".+: id value of incorrect type: abc", ["AccountId"])
def _(org: PracticeProcess) -> Heard:
    return row(post(org, "Contact", LastName="x", AccountId="abc"))


@case("MISSING_ARGUMENT", 200, "Id not specified in an update call", [])
def _(org: PracticeProcess) -> Heard:
    return item(org.send("PATCH", MANY, many("Lead", {"Title": "x"})))


# --- References, owners, access


@case("INVALID_CROSS_REFERENCE_KEY", 400, "invalid cross reference id", ["AccountId"])
def _(org: PracticeProcess) -> Heard:
    return row(post(org, "Contact", LastName="x", AccountId=NOBODY))


@case("INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD", 400, ".+", ["WhoId"])
def _(org: PracticeProcess) -> Heard:
    return row(post(org, "Task", Subject="電話", WhoId=create(org, "Account", Name="主")))


@case(
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    403,
    r"insufficient access rights on cross-reference id: \w{15}",
    [],
)
def _(org: PracticeProcess) -> Heard:
    account = create(org, "Account", Name="隠")
    with settings(org, {"row_access": {}}, row_access={account: "read"}):
        return row(post(org, "Contact", LastName="x", AccountId=account))


@case("INSUFFICIENT_ACCESS_OR_READONLY", 403, "insufficient access rights on object id", [])
def _(org: PracticeProcess) -> Heard:
    account = create(org, "Account", Name="読")
    with settings(org, {"row_access": {}}, row_access={account: "read"}):
        return row(change(org, "Account", account, Phone="1"))


@case("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", 400, "entity type cannot be inserted: Lead", [])
def _(org: PracticeProcess) -> Heard:
    with settings(org, {"object_permissions": {}}, object_permissions={"Lead": {"create": False}}):
        return row(post(org, "Lead", **LEAD))


@case(
    "INACTIVE_OWNER_OR_USER",
    400,
    r"operation performed with inactive user \[005\w+\] as owner of lead",
    ["OwnerId"],
)
def _(org: PracticeProcess) -> Heard:
    name = f"idle{next(numbers)}@example.jp"
    return row(
        post(org, "Lead", **LEAD, OwnerId=load(org, "User", LastName="休", Username=name, IsActive=False))
    )


@case("OP_WITH_INVALID_USER_TYPE_EXCEPTION", 400, "Operation not valid for this user type", ["OwnerId"])
def _(org: PracticeProcess) -> Heard:
    return row(post(org, "Account", Name="列", OwnerId=load(org, "Group", Name="列")))


@case("INVALID_ASSIGNMENT_RULE", 400, "Invalid assignment rule: 01Q5h0000000001")
def _(org: PracticeProcess) -> Heard:
    headers = {"Sforce-Auto-Assign": "01Q5h0000000001"}
    return whole(org.send("POST", row_path("Lead"), LEAD, headers))


@case("ENTITY_IS_DELETED", 404, "entity is deleted", [])
def _(org: PracticeProcess) -> Heard:
    account = create(org, "Account", Name="去")
    org.send("DELETE", row_path("Account", account))
    return row(change(org, "Account", account, Phone="1"))


@case("ENTITY_IS_LOCKED", 400, r"This record is locked\. If you need to edit it, contact your admin\.", [])
def _(org: PracticeProcess) -> Heard:
    account = create(org, "Account", Name="承")
    with settings(org, {"rows_in_approval": []}, rows_in_approval=[account]):
        return row(change(org, "Account", account, Phone="1"))


@case("UNABLE_TO_LOCK_ROW", 400, r"unable to obtain exclusive access to this record or 1 records: \w{15}", [])
def _(org: PracticeProcess) -> Heard:
    account = create(org, "Account", Name="鎖")
    with settings(org, {"locked_rows": []}, locked_rows=[account]):
        return row(change(org, "Account", account, Phone="1"))


@case("CANNOT_UPDATE_CONVERTED_LEAD", 400, "cannot reference converted lead", [])
def _(org: PracticeProcess) -> Heard:
    lead = create(org, "Lead", **LEAD)
    org.control("convert", {"lead": lead})
    return row(change(org, "Lead", lead, Title="x"))


@case("CIRCULAR_DEPENDENCY", 400, "circular dependency: .+", ["ParentId"])
def _(org: PracticeProcess) -> Heard:
    above = create(org, "Account", Name="上")
    below = create(org, "Account", Name="下", ParentId=above)
    return row(change(org, "Account", above, ParentId=below))


@case("INVALID_PERSON_ACCOUNT_OPERATION", 400, ".+person account.+", [])
def _(org: PracticeProcess) -> Heard:
    org.control("settings", {"person_accounts": True})
    kinds = org.send("GET", f"{row_path('Account')}/describe").document["recordTypeInfos"]
    person = next(each["recordTypeId"] for each in kinds if each["developerName"] == "PersonAccount")
    account = create(org, "Account", LastName="個", RecordTypeId=person)
    found = soql(org, f"SELECT PersonContactId FROM Account WHERE Id = '{account}'").document["records"][0]
    return row(change(org, "Contact", found["PersonContactId"], Title="x"))


@case(
    "DELETE_FAILED",
    400,
    "Your attempt to delete 得意 could not be completed because it is associated with the following closed won "
    "opportunities: 商談",
    [],
)
def _(org: PracticeProcess) -> Heard:
    account = create(org, "Account", Name="得意")
    create(org, "Opportunity", **{**DEAL, "StageName": "受注"}, AccountId=account)
    return row(org.send("DELETE", row_path("Account", account)))


@case("TXN_SECURITY_NO_ACCESS", 403, "The operation you requested isn't allowed due to a security policy .+")
def _(org: PracticeProcess) -> Heard:
    with settings(org, {"guarded_objects": []}, guarded_objects=["Lead"]):
        return whole(soql(org, "SELECT Id FROM Lead"))


@case("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", 400, ".+maintenance", [])
def _(org: PracticeProcess) -> Heard:
    with settings(org, {"maintenance": False}, maintenance=True):
        return row(post(org, "Lead", **LEAD))


# --- Duplicates


@case("DUPLICATES_DETECTED", 400, r"Use one of these records\?")
def _(org: PracticeProcess) -> Heard:
    email = f"same{next(numbers)}@example.jp"
    with rule(org, "Contact", duplicate="alert"):
        first = create(org, "Contact", LastName="同", Email=email)
        reply = post(org, "Contact", LastName="同", Email=email)
    (error,) = reply.document
    assert error.keys() == {"message", "errorCode", "duplicateResut"}
    result = error["duplicateResut"]
    assert (result["allowSave"], result["duplicateRuleEntityType"]) == (True, "Contact")
    assert result["matchResults"][0]["matchRecords"][0]["record"]["Id"] == first
    return Heard(reply.status, error["errorCode"], error["message"])


@case(
    "DUPLICATE_VALUE",
    400,
    r"duplicate value found: Awase_Key__c duplicates value on record with id: \w{15}",
    [],
)
def _(org: PracticeProcess) -> Heard:
    key = f"key{next(numbers)}"
    create(org, "Lead", **LEAD, Awase_Key__c=key)
    return row(post(org, "Lead", **LEAD, Awase_Key__c=key))


@case(
    "DUPLICATE_EXTERNAL_ID",
    200,
    r"Email: more than one record found for external id field: \[\w{18}, \w{18}\]",
    ["Email"],
)
def _(org: PracticeProcess) -> Heard:
    email = f"two{next(numbers)}@example.jp"
    for _ in range(2):
        load(org, "Lead", **LEAD, Email=email)
    return item(org.send("PATCH", f"{MANY}/Lead/Email", many("Lead", {**LEAD, "Email": email})))


@case("MERGE_FAILED", 200, ".+", [])
def _(org: PracticeProcess) -> Heard:
    lead = create(org, "Lead", **LEAD)
    master = f"<masterRecord><type>Lead</type><Id>{lead}</Id></masterRecord>"
    inside = f"<merge><request>{master}<recordToMergeIds>{lead}</recordToMergeIds></request></merge>"
    return soap_result(soap(org, inside))


# --- Automation


@case(
    "CANNOT_EXECUTE_FLOW_TRIGGER", 400, "We can't save this record because the “Enrich” process failed.+", []
)
def _(org: PracticeProcess) -> Heard:
    declared = {"name": "Enrich", "as": "flow", "when": {"blank": "Phone"}, "message": "no phone"}
    with rule(org, "Lead", **declared):
        return row(post(org, "Lead", **LEAD))


# --- Limits, versions, sessions


@case("REQUEST_LIMIT_EXCEEDED", 403, r"TotalRequests Limit exceeded\.")
def _(org: PracticeProcess) -> Heard:
    with settings(org, {"day_limit": 100_000}, day_limit=1):
        return whole(get(org, f"{DATA}/limits"))


@case("STORAGE_LIMIT_EXCEEDED", 400, "storage limit exceeded", [])
def _(org: PracticeProcess) -> Heard:
    with settings(org, {"storage_mb": 10_240}, storage_mb=0):
        return row(post(org, "Lead", **LEAD))


@case("LIMIT_EXCEEDED", 400, ".+ more than 25 compositeRequest.")
def _(org: PracticeProcess) -> Heard:
    calls = [{"method": "GET", "url": f"{DATA}/limits", "referenceId": f"r{n}"} for n in range(26)]
    return whole(org.send("POST", f"{DATA}/composite", {"compositeRequest": calls}))


@case("EXCEEDED_ID_LIMIT", 400, "record limit reached. cannot submit more than 200 records in this operation")
def _(org: PracticeProcess) -> Heard:
    return whole(org.send("POST", MANY, many("Lead", *[LEAD] * 201)))


@case("INVALID_INPUT", 400, "Cannot have more than 10 chunks in a single operation. .+")
def _(org: PracticeProcess) -> Heard:
    types = ["Lead", "Contact"] * 6
    records = [{"attributes": {"type": each}, "LastName": "x"} for each in types]
    return whole(org.send("POST", MANY, {"records": records}))


@case(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK", 200, "Record rolled back because not all records were valid .+", []
)
def _(org: PracticeProcess) -> Heard:
    return item(org.send("POST", MANY, {**many("Lead", LEAD, {"Title": "x"}), "allOrNone": True}))


@case("PROCESSING_HALTED", 400, "The transaction was rolled back since another operation .+ failed.")
def _(org: PracticeProcess) -> Heard:
    bodies: list[dict[str, Any]] = [LEAD, {"Title": "x"}]
    calls = [
        {"method": "POST", "url": row_path("Lead"), "referenceId": f"r{n}", "body": each}
        for n, each in enumerate(bodies)
    ]
    return inner(org.send("POST", f"{DATA}/composite", {"allOrNone": True, "compositeRequest": calls}), 0)


@case("INVALID_SESSION_ID", 401, "Session expired or invalid")
def _(org: PracticeProcess) -> Heard:
    return whole(get(org, f"{DATA}/limits", Authorization="Bearer 00D!x"))


@case("INVALID_AUTH_HEADER", 401, "INVALID_HEADER_TYPE")
def _(org: PracticeProcess) -> Heard:
    return whole(get(org, f"{DATA}/limits", Authorization="Token x"))


@case("API_DISABLED_FOR_ORG", 403, "API is not enabled for this Organization or Partner")
def _(org: PracticeProcess) -> Heard:
    with settings(org, {"api": "on"}, api="org"):
        return whole(get(org, f"{DATA}/limits"))


@case("API_CURRENTLY_DISABLED", 403, "API is disabled for this User")
def _(org: PracticeProcess) -> Heard:
    with settings(org, {"api": "on"}, api="user"):
        return whole(get(org, f"{DATA}/limits"))


@case("UNSUPPORTED_API_VERSION", 410, "API version 30.0 is no longer supported")
def _(org: PracticeProcess) -> Heard:
    return whole(get(org, "/services/data/v30.0/limits"))


@case("URL_NOT_RESET", 404, "Destination URL not reset. The URL returned from login must be set")
def _(org: PracticeProcess) -> Heard:
    return whole(get(org, f"{DATA}/limits", Host="login.salesforce.com"))


@case("INVALID_LOGIN", 500, "Invalid username, password, security token; or user locked out.")
def _(org: PracticeProcess) -> Heard:
    return fault(log_in(org, "wrong"))


@case("LOGIN_MUST_USE_SECURITY_TOKEN", 500, "Invalid username, password, security token; .+")
def _(org: PracticeProcess) -> Heard:
    return fault(log_in(org, org.credentials["password"]))


@case("LOGIN_DURING_RESTRICTED_TIME", 500, ".+")
def _(org: PracticeProcess) -> Heard:
    with settings(org, {"login_hours": [0, 24]}, login_hours=[0, 0]):
        return fault(log_in(org, secret(org)))


# --- Resources, queries, replication


@case("NOT_FOUND", 404, "The requested resource does not exist")
def _(org: PracticeProcess) -> Heard:
    return whole(get(org, row_path("Lead", "00Q5h00000zzzzz")))


@case("METHOD_NOT_ALLOWED", 405, "HTTP Method 'PUT' not allowed. Allowed are HEAD,GET,PATCH,DELETE")
def _(org: PracticeProcess) -> Heard:
    return whole(org.send("PUT", row_path("Lead", create(org, "Lead", **LEAD)), {}))


@case("MALFORMED_QUERY", 400, r"\n.*\n *\^\nERROR at Row:1:Column:15\nunexpected token: '<EOF>'")
def _(org: PracticeProcess) -> Heard:
    return whole(soql(org, "SELECT Id FROM"))


@case(
    "INVALID_TYPE", 400, r"\n.*\n *\^\nERROR at Row:1:Column:16\nsObject type 'Nobody' is not supported\. .+"
)
def _(org: PracticeProcess) -> Heard:
    return whole(soql(org, "SELECT Id FROM Nobody"))


@case("INVALID_QUERY_LOCATOR", 400, "invalid query locator")
def _(org: PracticeProcess) -> Heard:
    return whole(get(org, f"{DATA}/query/0r8000000000000AAA-2000"))


@case("INVALID_QUERY_FILTER_OPERATOR", 400, r"\n(.|\n)*invalid ID field: nobody")
def _(org: PracticeProcess) -> Heard:
    return whole(soql(org, "SELECT Id FROM Lead WHERE Id = 'nobody'"))


@case("MALFORMED_SEARCH", 400, "unexpected token: 'nothing'")
def _(org: PracticeProcess) -> Heard:
    return whole(get(org, f"{DATA}/search?q={quote('nothing')}"))


@case("INVALID_REPLICATION_DATE", 400, "startDate cannot be more than 30 days ago")
def _(org: PracticeProcess) -> Heard:
    now = datetime.now(UTC)
    asked = urlencode({"start": (now - timedelta(days=40)).isoformat(), "end": now.isoformat()})
    return whole(get(org, f"{row_path('Lead')}/updated?{asked}"))


# --- Conversion, recycle bin


@case("INVALID_STATUS", 200, "invalid convertedStatus: 対応中", ["convertedStatus"])
def _(org: PracticeProcess) -> Heard:
    lead = create(org, "Lead", **LEAD)
    return soap_result(soap(org, f"<convertLead>{conversion(lead, '対応中')}</convertLead>"))


@case("EXCEEDED_LEAD_CONVERT_LIMIT", 500, ".+: 100")
def _(org: PracticeProcess) -> Heard:
    return fault(soap(org, f"<convertLead>{conversion('00Q5h00000zzzzz') * 101}</convertLead>"))


@case("UNDELETE_FAILED", 200, "Entity is not in the recycle bin", [])
def _(org: PracticeProcess) -> Heard:
    return soap_result(soap(org, f"<undelete><ids>{create(org, 'Lead', **LEAD)}</ids></undelete>"))


# --- The table, case by case

OWN = frozenset(("INVALID_INPUT", "URL_NOT_RESET", "UNDELETE_FAILED"))
"""Codes of the vendor's that the fact reference does not list."""


@pytest.fixture(scope="module")
def running() -> Iterator[PracticeProcess]:
    with practice("salesforce", "every error") as org:
        yield org


@pytest.mark.parametrize(
    ("code", "provoke", "status", "words", "fields"), CASES, ids=[each[0] for each in CASES]
)
def test_a_code_comes_with_its_status_shape_and_words(
    running: PracticeProcess, code: str, provoke: Provoke, status: int, words: str, fields: list[str] | None
) -> None:
    heard = provoke(unbound(running))
    assert (heard.status, heard.code, heard.fields) == (status, code, fields)
    assert re.fullmatch(words, heard.message, re.DOTALL), heard.message


def test_no_code_stands_twice_and_most_of_the_references_are_here() -> None:
    codes = [code for code, *_ in CASES]
    assert len(set(codes)) == len(codes)
    assert len(set(codes) - OWN) >= 45


def test_after_all_this_an_ordinary_write_still_succeeds(running: PracticeProcess) -> None:
    org = unbound(running)
    row_id = create(org, "Lead", **LEAD)
    assert org.send("DELETE", deletion(row_id)).document[0]["success"] is True
