"""Every refusal of the practice portal that ordinary requests or an administrator's settings provoke: status, shape and text."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import awase_practice.hubspot
from awase_practice.hubspot.refusals import FAULTS, ITEMS, REFUSALS
from awase_practice.kernel.served import CONFIRMED
from tests.contract.practice.hubspot_client import Portal, pair, portal
from tests.contract.practice.practice_process import Reply
from tests.contract.practice.test_hubspot_forms import CONTACT_US
from tests.contract.practice.test_hubspot_sign_in import _token

CONTACTS = "/crm/objects/2026-09/contacts"
PROPERTIES = "/crm/v3/properties/contacts"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

Provoke = Callable[[Portal], Reply]


@dataclass(frozen=True)
class Told:
    """What the portal is to say. text: the whole message as a pattern. code: of the first of ``errors``.

    context: members that must be there. has: further members of the body with their values. called: by which name the
    list of refusals has it, if by none of these.
    """

    status: int
    category: str | None
    text: str
    sub: str | None = None
    code: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    has: Mapping[str, Any] = field(default_factory=dict)
    called: str | None = None

    @property
    def name(self) -> str:
        """The name that says most, as the list of refusals has it."""
        names = (self.called, self.has.get("policyName"), self.code, self.sub, self.has.get("status"))
        return str(next(filter(None, (*names, self.category)), f'"{self.text}"'))


SAYING = frozenset(
    {"Refusal", "bad_request", "_no", "Complaint", "_bad_grant", "missing", "_unauthenticated"}
)
NAME = re.compile(r"(?:[A-Za-z.]+\.)?[A-Z]+(?:_[A-Z]+)+|CONFLICT|LOCKED")

EVERY: dict[str, tuple[Provoke, Told]] = {}
"""By name: how to provoke it, and what is said then."""


def told(status: int, category: str | None, text: str, **more: Any) -> Callable[[Provoke], Provoke]:
    """Take a way to provoke a refusal in."""

    def taken(provoke: Provoke) -> Provoke:
        EVERY[provoke.__name__] = (provoke, Told(status, category, text, **more))
        return provoke

    return taken


def _create(it: Portal, base: str = CONTACTS, **properties: Any) -> Reply:
    return it.send("POST", base, {"properties": properties})


def _bad_value(code: str, text: str, **properties: Any) -> None:
    def provoke(it: Portal) -> Reply:
        it.create("contacts", email="held@example.jp", employee_code="E-1")
        return _create(it, lastname="佐藤", **properties)

    message = r"Property values were not valid: \[.*" + text + r".*\]"
    EVERY[code.lower()] = (provoke, Told(400, "VALIDATION_ERROR", message, code=code))


_bad_value("PROPERTY_DOESNT_EXIST", r'Property \\"shoe_size\\" does not exist', shoe_size="27")
_bad_value("INVALID_OPTION", r"漁業 was not one of the allowed options: \[.*\]", industry="漁業")
_bad_value("INVALID_INTEGER", r"sato was not a valid integer \(for owner ID\)\.", hubspot_owner_id="sato")
_bad_value("INVALID_OWNER_ID", "Owner 1 does not exist", hubspot_owner_id="1")
_bad_value("INVALID_EMAIL", "Email address nobody is invalid", email="nobody")
_bad_value("INVALID_NUMBER", r"1,200 was not a valid number\.", budget="1,200")
_bad_value("INVALID_DATE", r"2026/11/25 was not a valid date\.", last_visit="2026/11/25")
_bad_value("READ_ONLY_VALUE", "is a read only property; its value cannot be set", hs_object_id="1")
_bad_value("PROPERTY_VALUE_TOO_LONG", "The value is longer than 65536 characters", memo="あ" * 65_537)
_bad_value("INVALID_VALUE", "is not a value a property can hold", memo=["a"])


@told(
    400,
    "VALIDATION_ERROR",
    r"Cannot set PropertyValueCoordinates\{.*propertyName=employee_code, value=E-1\} on \d+\. \d+ already has that value\.",
    code="CONFLICTING_UNIQUE_VALUE",
)
def unique_value_taken(it: Portal) -> Reply:
    it.create("contacts", lastname="鈴木", employee_code="E-1")
    return _create(it, lastname="佐藤", employee_code="E-1")


@told(
    400,
    "VALIDATION_ERROR",
    r"Property values were not valid: \[.*soon was not a valid long\..*\]",
    code="INVALID_LONG",
)
def invalid_long(it: Portal) -> Reply:
    values = {"dealname": "甲", "dealstage": "closedwon", "closedate": "soon"}
    return _create(it, it.path("objects", "/deals"), **values)


@told(409, "CONFLICT", r"Contact already exists\. Existing ID: \d+")
def conflict(it: Portal) -> Reply:
    it.create("contacts", email="a@example.jp")
    return _create(it, email="A@example.jp")


@told(
    409,
    "OBJECT_ALREADY_EXISTS",
    "A property named 'memo' already exists.",
    sub="Properties.PROPERTY_WITH_NAME_EXISTS",
)
def object_already_exists(it: Portal) -> Reply:
    new = {"name": "memo", "label": "メモ", "type": "string", "fieldType": "text"}
    return it.send("POST", PROPERTIES, {**new, "groupName": "contactinformation"})


@told(
    400,
    "VALIDATION_ERROR",
    "The property employee_code is in use and cannot be deleted: お問い合わせ",
    sub="PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE",
)
def property_in_use(it: Portal) -> Reply:
    fields = [
        {
            "objectTypeId": "0-1",
            "name": "employee_code",
            "label": "社員コード",
            "fieldType": "single_line_text",
        }
    ]
    it.ask("POST", "/marketing/v3/forms", {**CONTACT_US, "fieldGroups": [{"fields": fields}]}, 201)
    return it.send("DELETE", f"{PROPERTIES}/employee_code")


@told(
    400,
    "VALIDATION_ERROR",
    r"Error creating CONTACT\. Some required properties were not set\.",
    sub="MISSING_REQUIRED_PROPERTY",
    code="MISSING_REQUIRED_PROPERTY",
    context={"properties": ["jobtitle"]},
)
def missing_required_property(it: Portal) -> Reply:
    it.control(
        "schema", {"object": "contact", "add_rule": {"kind": "required_on_create", "field": "jobtitle"}}
    )
    return _create(it, lastname="佐藤")


@told(
    400,
    "VALIDATION_ERROR",
    "Some conditionally required properties were not set: description",
    sub="MISSING_CONDITIONAL_REQUIRED_PROPERTY",
    code="MISSING_CONDITIONAL_REQUIRED_PROPERTY",
    context={"properties": ["description"]},
)
def missing_conditional_required_property(it: Portal) -> Reply:
    rule = {"kind": "required_if", "field": "description", "when": "dealstage", "is": ["closedlost"]}
    it.control("schema", {"object": "deal", "add_rule": rule})
    deal = it.create("deals", dealname="甲", dealstage="closedwon")
    moved = {"properties": {"dealstage": "closedlost"}}
    other = it.create("deals", dealname="乙", dealstage="closedwon")
    it.ask("PATCH", f"/crm/v3/objects/deals/{other}", moved)  # the older paths know no such rule
    return it.send("PATCH", it.path("objects", f"/deals/{deal}"), moved)


@told(
    400,
    "VALIDATION_ERROR",
    r"Error creating CONTACT\. At least one of these properties is required: .*",
)
def nothing_to_call_it_by(it: Portal) -> Reply:
    return _create(it, city="大阪")


@told(
    401,
    "INVALID_AUTHENTICATION",
    r"Authentication credentials not found\. This API supports OAuth 2\.0 authentication",
)
def no_token(it: Portal) -> Reply:
    return it.send("GET", CONTACTS, token="")


@told(
    401,
    "INVALID_AUTHENTICATION",
    r"The OAuth token used to make this call is not valid for this account\.",
)
def unknown_token(it: Portal) -> Reply:
    return it.send("GET", CONTACTS, token="pat-jp1-00000000-0000-0000-0000-000000000000")


@told(
    401,
    "EXPIRED_AUTHENTICATION",
    r"The OAuth token used to make this call expired \d+ second\(s\) ago\.",
)
def expired_token(it: Portal) -> Reply:
    refresh = it.server.org.credentials["refresh_token"]
    token = _token(it, grant_type="refresh_token", refresh_token=refresh).document["access_token"]
    it.control("pass-time", {"seconds": 1801})
    return it.send("GET", CONTACTS, token=token)


@told(
    403,
    "MISSING_SCOPES",
    r"One or more of the following scopes are required\.",
    context={"requiredGranularScopes": ["crm.objects.contacts.write"]},
)
def missing_scopes(it: Portal) -> Reply:
    it.control("settings", {"scopes": ["crm.objects.contacts.read"]})
    return _create(it, lastname="佐藤")


@told(
    403,
    "USER_DOES_NOT_HAVE_PERMISSIONS",
    r"The user who created this app no longer has access to this account\.",
)
def user_does_not_have_permissions(it: Portal) -> Reply:
    it.control("settings", {"key_creator_removed": True})
    return it.send("GET", CONTACTS)


@told(404, None, "resource not found")
def no_such_record(it: Portal) -> Reply:
    return it.send("GET", f"{CONTACTS}/1")


@told(404, "OBJECT_NOT_FOUND", "Unable to find the requested path")
def no_such_path(it: Portal) -> Reply:
    return it.send("GET", "/crm/v3/nowhere")


@told(404, "OBJECT_NOT_FOUND", r"Object not found\. objectId 1 is no live company", context={"id": ["1"]})
def associated_record_not_there(it: Portal) -> Reply:
    contact = it.create("contacts", lastname="佐藤")
    return it.send("PUT", it.of_record("contacts", contact, "/companies/1"), [_primary()])


@told(404, "OBJECT_NOT_FOUND", "No list with the id 9 exists", sub="ILS.LIST_NOT_FOUND")
def list_not_found(it: Portal) -> Reply:
    return it.send("GET", "/crm/v3/lists/9")


@told(400, "VALIDATION_ERROR", "A list with the name 甲 already exists", sub="ILS.DUPLICATE_LIST_NAMES")
def duplicate_list_names(it: Portal) -> Reply:
    new = {"name": "甲", "objectTypeId": "0-1", "processingType": "MANUAL"}
    it.ask("POST", "/crm/v3/lists", new)
    return it.send("POST", "/crm/v3/lists", new)


def _filling(it: Portal, **filter: Any) -> Reply:
    inner = {"filterBranchType": "AND", "filters": [{"filterType": "PROPERTY", **filter}]}
    branch = {"filterBranchType": "OR", "filterBranches": [inner], "filters": []}
    new = {"name": "自動", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": branch}
    return it.send("POST", "/crm/v3/lists", new)


@told(
    400,
    "VALIDATION_ERROR",
    "The list's filters cannot be used: Property shoe_size does not exist",
    sub="ILS.INVALID_FILTER",
)
def invalid_filter(it: Portal) -> Reply:
    return _filling(
        it, property="shoe_size", operation={"operationType": "ALL_PROPERTY", "operator": "IS_KNOWN"}
    )


@told(
    400,
    "VALIDATION_ERROR",
    r"The list \d+ fills itself; its members cannot be changed",
    sub="ILS.INVALID_LIST_PROCESSING_TYPE",
)
def list_that_fills_itself(it: Portal) -> Reply:
    known = {"operationType": "ALL_PROPERTY", "operator": "IS_KNOWN"}
    made = _filling(it, property="email", operation=known).document["list"]["listId"]
    return it.send("PUT", f"/crm/v3/lists/{made}/memberships/add", ["1"])


@told(405, None, "Method not allowed")
def method_not_allowed(it: Portal) -> Reply:
    return it.send("PUT", f"{CONTACTS}/1", {})


@told(414, None, "URI Too Long")
def uri_too_long(it: Portal) -> Reply:
    return it.send("GET", f"{CONTACTS}?properties={'a' * 17_000}")


@told(423, "LOCKED", r"The record is locked by another write\. Try again in 2 seconds")
def locked(it: Portal) -> Reply:
    it.control("settings", {"writes_until_lock": 2})
    contact = it.create("contacts", lastname="佐藤")
    for title in ("係長", "課長"):
        it.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"jobtitle": title}})
    refused = it.send("PATCH", f"{CONTACTS}/{contact}", {"properties": {"jobtitle": "部長"}})
    it.control("pass-time", {"seconds": 3})
    it.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"jobtitle": "社長"}})
    return refused


def _limited(policy: str) -> dict[str, Any]:
    return {"errorType": "RATE_LIMIT", "policyName": policy}


@told(429, "RATE_LIMITS", r"You have reached your daily limit\.", has=_limited("DAILY"))
def daily_limit(it: Portal) -> Reply:
    it.control("settings", {"day_limit": 1})
    it.ask("GET", CONTACTS)
    refused = it.send("GET", CONTACTS)
    assert refused.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    return refused


@told(
    429,
    "RATE_LIMITS",
    r"You have reached your ten_secondly_rolling limit\.",
    has=_limited("TEN_SECONDLY_ROLLING"),
)
def ten_secondly_limit(it: Portal) -> Reply:
    it.control("settings", {"burst_limit": 1})
    it.ask("GET", CONTACTS)
    refused = it.send("GET", CONTACTS)
    assert refused.headers["X-HubSpot-RateLimit-Remaining"] == "0"
    assert refused.headers["X-HubSpot-RateLimit-Secondly-Remaining"] == "0"
    return refused


@told(429, "RATE_LIMITS", r"You have reached your secondly limit\.", has=_limited("SECONDLY"))
def secondly_limit(it: Portal) -> Reply:
    it.control("settings", {"search_limit": 1})
    it.send("POST", f"{CONTACTS}/search", {})
    refused = it.send("POST", f"{CONTACTS}/search", {})
    assert not any(name.lower().startswith("x-hubspot-ratelimit") for name in refused.headers)
    return refused


def _primary() -> dict[str, Any]:
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}


@told(
    400,
    "VALIDATION_ERROR",
    r"The contact \d+ can be associated with at most 1 records of the type company",
    sub="crm.associations.ASSOCIATION_LIMIT_EXCEEDED",
    code="ASSOCIATION_LIMIT_EXCEEDED",
)
def association_limit_exceeded(it: Portal) -> Reply:
    it.control("settings", {"association_limits": {"contact->company": 1}})
    contact = it.create("contacts", lastname="佐藤")
    one, other = (it.create("companies", name=name) for name in "甲乙")
    it.ask("PUT", it.of_record("contacts", contact, f"/companies/{one}"), [_primary()], 201)
    return it.send("PUT", it.of_record("contacts", contact, f"/companies/{other}"), [_primary()])


@told(400, "VALIDATION_ERROR", "One or more association types in the request are invalid: 9999")
def unknown_association_type(it: Portal) -> Reply:
    body = {"inputs": [pair("1", "2", 9999)]}
    return it.send("POST", it.associations("/contacts/companies/batch/create"), body)


@told(
    400,
    "VALIDATION_ERROR",
    "The property hs_thing has 2 options, but can have at most 1",
    sub="PropertyValidationError.TOO_MANY_OPTIONS",
    code="TOO_MANY_OPTIONS",
)
def too_many_options(it: Portal) -> Reply:
    it.control("settings", {"most_options": 1})
    new = {"name": "hs_thing", "label": "x", "type": "enumeration", "fieldType": "select"}
    options = [{"label": each, "value": each} for each in "ab"]
    return it.send("POST", PROPERTIES, {**new, "groupName": "contactinformation", "options": options})


@told(400, "VALIDATION_ERROR", r"The search is limited to the first 10000 results; after was 10000")
def search_past_ten_thousand(it: Portal) -> Reply:
    return it.send("POST", f"{CONTACTS}/search", {"after": "10000"})


@told(400, "VALIDATION_ERROR", "A search may have at most 5 filter groups, but has 6")
def too_many_filter_groups(it: Portal) -> Reply:
    one = {"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}
    return it.send("POST", f"{CONTACTS}/search", {"filterGroups": [one] * 6})


@told(400, "VALIDATION_ERROR", "A batch may have at most 100 inputs, but has 101")
def too_many_inputs(it: Portal) -> Reply:
    return it.send("POST", f"{CONTACTS}/batch/read", {"inputs": [{"id": "1"}] * 101})


@told(400, "VALIDATION_ERROR", "Invalid input JSON on line 1, column 1: .*")
def no_json(it: Portal) -> Reply:
    return it.send("POST", CONTACTS, "{")


@told(400, "VALIDATION_ERROR", "Unable to infer object type from: cars")
def no_such_object(it: Portal) -> Reply:
    return it.send("GET", it.path("objects", "/cars"))


@told(400, "VALIDATION_ERROR", r"a@example\.jp has opted out and cannot be subscribed again .*")
def no_way_back_in(it: Portal) -> Reply:
    said = {"emailAddress": "a@example.jp", "subscriptionId": "410011"}
    it.ask("POST", "/communication-preferences/v3/unsubscribe", said)
    return it.send("POST", "/communication-preferences/v3/subscribe", said)


@told(
    400,
    "VALIDATION_ERROR",
    r"Stage IDs: \[closedwon\] are being referenced by object IDs: \[\d+\]",
    sub="PipelineError.STAGE_ID_IN_USE",
)
def stage_in_use(it: Portal) -> Reply:
    it.create("deals", dealname="甲", dealstage="closedwon")
    target = "/crm/v3/pipelines/deals/default/stages/closedwon?validateReferencesBeforeDelete=true"
    return it.send("DELETE", target)


@told(
    400,
    None,
    "missing or unknown refresh token",
    has={"status": "BAD_REFRESH_TOKEN", "error": "invalid_grant"},
)
def bad_refresh_token(it: Portal) -> Reply:
    return _token(it, grant_type="refresh_token", refresh_token="x")


@told(
    415,
    None,
    "The Content-Type must be application/x-www-form-urlencoded, but was missing",
    called='"Content-Type"',
)
def token_not_by_a_form(it: Portal) -> Reply:
    return it.send("POST", "/oauth/v1/token", "", token="")


def _grant(status: str, text: str, error: str, **fields: str) -> None:
    def provoke(it: Portal) -> Reply:
        return _token(it, **{"grant_type": "authorization_code", **fields})

    EVERY[status.lower()] = (provoke, Told(400, None, text, has={"status": status, "error": error}))


_grant("BAD_CLIENT_ID", "missing or invalid client id", "invalid_client", client_id="x")
_grant("BAD_CLIENT_SECRET", "missing or invalid client secret", "invalid_client", client_secret="x")
_grant("BAD_AUTH_CODE", "missing or unknown auth code", "invalid_grant", code="x")
_grant(
    "BAD_GRANT_TYPE",
    "missing or unknown grant type: password",
    "unsupported_grant_type",
    grant_type="password",
)


def _wrong_definition(sub: str, text: str, **wrong: str) -> None:
    new = {
        "name": "good",
        "label": "x",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
    }

    def provoke(it: Portal) -> Reply:
        return it.send("POST", PROPERTIES, {**new, **wrong})

    EVERY[sub] = (provoke, Told(400, "VALIDATION_ERROR", text, sub=sub))


_wrong_definition(
    "PropertyValidationError.INVALID_NAME", "Property name Shoe Size is invalid: .*", name="Shoe Size"
)
_wrong_definition(
    "PropertyValidationError.GROUP_DOES_NOT_EXIST", "The property group ours does not exist", groupName="ours"
)


@told(409, "OBJECT_ALREADY_EXISTS", r"A property group named 'contactinformation' already exists\.")
def group_already_exists(it: Portal) -> Reply:
    return it.send("POST", f"{PROPERTIES}/groups", {"name": "contactinformation", "label": "x"})


@told(404, None, r"The form \S+ of the portal \d+ does not exist", called='"no such form"')
def no_such_form(it: Portal) -> Reply:
    target = f"/submissions/v3/integration/submit/{it.server.org.org_id}/7"
    return it.send("POST", target, {"fields": []}, token="")


def _sent(error_type: str, called: str, fields: Any) -> None:
    def provoke(it: Portal) -> Reply:
        asked = [{"name": "email", "label": "Eメール", "required": True, "fieldType": "email"}]
        form = it.ask("POST", "/marketing/v3/forms", {**CONTACT_US, "fieldGroups": [{"fields": asked}]}, 201)
        target = f"/submissions/v3/integration/submit/{it.server.org.org_id}/{form['id']}"
        refused = it.send("POST", target, {"fields": fields}, token="")
        assert [each["errorType"] for each in refused.document["errors"]] == [error_type]
        return refused

    EVERY[called] = (provoke, Told(400, None, "The request is not valid", called=called))


_sent("REQUIRED_FIELD", "REQUIRED_FIELD", [])
_sent("INVALID_EMAIL", "form: INVALID_EMAIL", [{"name": "email", "value": "nobody"}])
_sent("INPUT_INVALID", "INPUT_INVALID", "everything")
_sent(
    "MAX_NUMBER_OF_SUBMITTED_VALUES_EXCEEDED",
    "MAX_NUMBER_OF_SUBMITTED_VALUES_EXCEEDED",
    [{"name": f"n{each}", "value": "x"} for each in range(1_001)],
)


@pytest.mark.parametrize("name", EVERY)
def test_a_refusal_has_its_status_its_shape_and_its_text(name: str) -> None:
    provoke, expected = EVERY[name]
    with portal("2026-09") as it:
        reply = provoke(it)
    body = reply.document
    assert (reply.status, body.get("category")) == (expected.status, expected.category)
    assert re.fullmatch(expected.text, body["message"], re.DOTALL), body["message"]
    assert UUID.fullmatch(body["correlationId"])
    assert body["status"] == expected.has.get("status", "error")
    assert body.get("subCategory") == expected.sub
    assert {name: body.get("context", {}).get(name) for name in expected.context} == expected.context
    assert {name: body[name] for name in expected.has} == expected.has
    if expected.code is not None:
        assert body["errors"][0]["code"] == expected.code
        assert body["errors"][0]["message"]
        assert body["errors"][0]["context"]


def test_what_a_value_is_refused_for_stands_in_the_message_as_json() -> None:
    with portal("2026-09") as it:
        body = _create(it, shoe_size="27", industry="漁業").document
        listed = json.loads(body["message"].removeprefix("Property values were not valid: "))
        assert [(each["isValid"], each["error"], each["name"], each["portalId"]) for each in listed] == [
            (False, "PROPERTY_DOESNT_EXIST", "shoe_size", int(it.server.org.org_id)),
            (False, "INVALID_OPTION", "industry", int(it.server.org.org_id)),
        ]


def test_one_item_of_a_batch_is_refused_by_itself_without_a_correlation_id() -> None:
    with portal("2026-09") as it:
        contact = it.create("contacts", lastname="佐藤")
        read = it.ask("POST", f"{CONTACTS}/batch/read", {"inputs": [{"id": contact}, {"id": "1"}]}, 207)
        (missing,) = read["errors"]
        assert (missing["category"], missing["context"]) == ("OBJECT_NOT_FOUND", {"ids": ["1"]})
        assert missing["message"].startswith("Could not get some CONTACT objects, they may be deleted")
        assert "correlationId" not in missing
        asked = {"inputs": [{"id": contact}]}
        (none,) = it.ask("POST", it.associations("/contacts/companies/batch/read"), asked, 207)["errors"]
        assert none["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
        assert none["message"] == f"No company is associated with contact {contact}."


def test_the_list_of_refusals_is_what_is_provoked_here() -> None:
    listed = {(each.status, each.name) for each in REFUSALS}
    assert len(listed) == len(REFUSALS)
    assert {(told.status, told.name) for _, told in EVERY.values()} == listed


def test_the_list_has_every_name_that_the_portals_code_can_say() -> None:
    listed = {each.name.removeprefix("form: ") for each in (*REFUSALS, *ITEMS, *FAULTS)}
    # What every refusal is also called, beside the name that says most.
    listed |= {"RATE_LIMITS", "PropertyValidationError.TOO_MANY_OPTIONS"}
    listed |= {"crm.associations.ASSOCIATION_LIMIT_EXCEEDED"}
    said = {
        value.value
        for path in Path(awase_practice.hubspot.__file__).parent.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in SAYING
        for value in (*call.args, *(each.value for each in call.keywords))
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and NAME.fullmatch(value.value)
    }
    assert len(said) > 30
    assert said <= listed


def test_at_least_fifteen_categories_of_the_reference_are_provoked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    confirmed = {each.name for each in REFUSALS if each.mark == CONFIRMED}
    provoked = {told.name for _, told in EVERY.values()} & confirmed
    assert len(provoked) >= 15
    with capsys.disabled():
        print(f"\n{len(EVERY)} refusals provoked, {len(REFUSALS)} kinds, {len(provoked)} of them confirmed")
