"""Ways into a practice Salesforce org besides signed assertions: log-in page with proof of the client, password, SOAP."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.sax.saxutils import escape

import pytest

from .practice_process import PracticeProcess, Reply, practice
from .salesforce_calls import DATA, create, one, sign_in, unbound

BACK = "http://localhost:1717/OauthRedirect"
VERIFIER = "a-verifier-that-only-the-client-knows-" + "x" * 20
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
LEAD = {"LastName": "森", "Company": "森社"}


@pytest.fixture(scope="module")
def running() -> Iterator[PracticeProcess]:
    with practice("salesforce", "sign in") as org:
        yield org


@pytest.fixture
def org(running: PracticeProcess) -> PracticeProcess:
    return unbound(running)


def page(org: PracticeProcess, **asked: str) -> Reply:
    """The answer to a browser that comes to the log-in page."""
    plain = {
        "response_type": "code",
        "client_id": org.credentials["client_id"],
        "redirect_uri": BACK,
        "state": "s & t",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return org.send(
        "GET", f"/services/oauth2/authorize?{urlencode({**plain, **asked})}", headers={"Authorization": ""}
    )


def fill_in(org: PracticeProcess, shown: Reply, **answers: str) -> Reply:
    """Send the form of a page as a browser does."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', shown.body.decode())
    given = {"un": org.credentials["username"], "pw": org.credentials["password"], "answer": "allow"}
    fields = {name: unescape(value) for name, value in hidden} | given | answers
    return org.form("/services/oauth2/authorize", fields)


def sent_back(reply: Reply) -> dict[str, str]:
    assert reply.status == 302
    assert reply.headers["location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(reply.headers["location"]).query).items()}


def trade(org: PracticeProcess, code: str, **changed: str) -> Reply:
    plain = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": org.credentials["client_id"],
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    return org.form("/services/oauth2/token", {**plain, **changed})


def error(reply: Reply) -> tuple[int, str, str]:
    return reply.status, reply.document["error"], reply.document["error_description"]


def test_a_person_logs_in_and_the_client_trades_the_code_once(org: PracticeProcess) -> None:
    back = sent_back(fill_in(org, page(org, scope="api refresh_token")))
    assert back["state"] == "s & t"
    opened = trade(org, back["code"])
    assert opened.status == 200
    assert opened.document["scope"] == "api refresh_token"
    assert opened.document["instance_url"] == org.url
    org.token = opened.document["access_token"]
    assert org.send("GET", f"{DATA}/limits").status == 200
    fresh = {"grant_type": "refresh_token", "client_id": org.credentials["client_id"]}
    renewed = org.form("/services/oauth2/token", {**fresh, "refresh_token": opened.document["refresh_token"]})
    assert renewed.status == 200
    assert error(trade(org, back["code"])) == (400, "invalid_grant", "invalid authorization code")


def test_only_who_asked_can_trade_the_code(org: PracticeProcess) -> None:
    code = sent_back(fill_in(org, page(org)))["code"]
    assert error(trade(org, code, code_verifier="y" * 43))[1:] == ("invalid_grant", "invalid code verifier")
    code = sent_back(fill_in(org, page(org)))["code"]
    assert error(trade(org, code, redirect_uri="http://localhost:1/else"))[1] == "redirect_uri_mismatch"
    code = sent_back(fill_in(org, page(org)))["code"]
    org.control("pass-time", {"seconds": 901})
    assert error(trade(org, code))[1:] == ("invalid_grant", "expired authorization code")


def test_no_refresh_token_without_its_scope_and_no_code_without_a_proof_or_a_secret(
    org: PracticeProcess,
) -> None:
    code = sent_back(fill_in(org, page(org, scope="api")))["code"]
    assert "refresh_token" not in trade(org, code).document
    code = sent_back(fill_in(org, page(org, code_challenge="")))["code"]
    assert error(trade(org, code, code_verifier=""))[1] == "invalid_client"
    code = sent_back(fill_in(org, page(org, code_challenge="")))["code"]
    secret = org.credentials["client_secret"]
    assert trade(org, code, code_verifier="", client_secret=secret).status == 200


def test_a_person_can_err_or_deny(org: PracticeProcess) -> None:
    again = fill_in(org, page(org), pw="wrong")
    assert (again.status, again.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "check your username and password" in again.body.decode()
    assert sent_back(fill_in(org, again))["code"]
    denied = sent_back(fill_in(org, page(org), answer="deny"))
    assert (denied["error"], denied["state"]) == ("access_denied", "s & t")


def test_the_browser_is_not_sent_to_where_no_client_waits(org: PracticeProcess) -> None:
    elsewhere = page(org, redirect_uri="https://elsewhere.example/back")
    assert (elsewhere.status, "redirect_uri_mismatch" in elsewhere.body.decode()) == (400, True)
    unknown = page(org, client_id="3MVG9nobody")
    assert (unknown.status, "invalid_client_id" in unknown.body.decode()) == (400, True)
    org.control("settings", {"redirect_uris": ["https://elsewhere.example/back"]})
    try:
        assert page(org, redirect_uri="https://elsewhere.example/back").status == 200
        assert page(org).status == 400
    finally:
        org.control("settings", {"redirect_uris": []})


def test_the_password_grant_is_off_until_the_administrator_allows_it(org: PracticeProcess) -> None:
    names = ("client_id", "client_secret", "username", "password")
    fields = {"grant_type": "password", **{name: org.credentials[name] for name in names}}
    assert error(org.form("/services/oauth2/token", fields))[1:] == (
        "invalid_grant",
        "authentication failure",
    )
    org.control("settings", {"password_grant": True})
    try:
        assert org.form("/services/oauth2/token", fields).status == 200
        wrong = org.form("/services/oauth2/token", {**fields, "password": "no"})
        assert error(wrong)[2] == "authentication failure"
    finally:
        org.control("settings", {"password_grant": False})


def test_a_token_can_be_looked_into_by_who_holds_the_secret(org: PracticeProcess) -> None:
    fields = {name: org.credentials[name] for name in ("client_id", "client_secret")}
    seen = org.form("/services/oauth2/introspect", {**fields, "token": org.token}).document
    assert (seen["active"], seen["username"]) == (True, org.credentials["username"])
    assert org.form("/services/oauth2/introspect", {**fields, "token": "x"}).document == {"active": False}
    assert error(org.form("/services/oauth2/introspect", {"token": org.token}))[1] == "invalid_client_id"


def test_the_org_tells_where_to_sign_in(org: PracticeProcess) -> None:
    told = org.send("GET", "/.well-known/openid-configuration", headers={"Authorization": ""}).document
    assert told["token_endpoint"] == f"{org.url}/services/oauth2/token"


# --- SOAP


def soap(org: PracticeProcess, inside: str, version: str = "59.0", session: str = "") -> Reply:
    header = f"<SessionHeader><sessionId>{session}</sessionId></SessionHeader>" if session else ""
    whole = (
        '<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns="urn:partner.soap.sforce.com"><e:Header>{header}</e:Header><e:Body>{inside}</e:Body></e:Envelope>'
    )
    headers = {"Content-Type": "text/xml", "SOAPAction": '""', "Authorization": ""}
    return org.send("POST", f"/services/Soap/u/{version}", whole.encode(), headers)


def log_in(org: PracticeProcess, password: str, version: str = "59.0") -> Reply:
    username = org.credentials["username"]
    inside = f"<login><username>{username}</username><password>{escape(password)}</password></login>"
    return soap(org, inside, version)


def inner(reply: Reply, name: str) -> str:
    found = re.search(f"<(?:sf:)?{name}>([^<]*)</", reply.body.decode())
    assert found is not None, reply.body
    return found.group(1)


def test_soap_log_in_gives_a_session_that_rest_takes(org: PracticeProcess) -> None:
    opened = log_in(org, org.credentials["password"] + org.credentials["security_token"])
    assert (opened.status, opened.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert inner(opened, "serverUrl").startswith(f"{org.url}/services/Soap/u/59.0/")
    assert inner(opened, "organizationId") == org.org_id
    org.token = inner(opened, "sessionId")
    assert org.send("GET", f"{DATA}/limits").status == 200
    assert inner(soap(org, "<getUserInfo/>", session=org.token), "userName") == org.credentials["username"]
    soap(org, "<logout/>", session=org.token)
    assert org.send("GET", f"{DATA}/limits").status == 401


@pytest.mark.parametrize(
    ("given", "version", "code"),
    [
        ("nonsense", "59.0", "INVALID_LOGIN"),
        ("{password}", "59.0", "LOGIN_MUST_USE_SECURITY_TOKEN"),
        ("{password}{security_token}", "65.0", "UNSUPPORTED_API_VERSION"),
    ],
)
def test_soap_log_in_is_refused_with_a_fault(
    org: PracticeProcess, given: str, version: str, code: str
) -> None:
    refused = log_in(org, given.format(**org.credentials), version)
    assert refused.status == 500
    assert inner(refused, "exceptionCode") == code
    assert inner(refused, "faultcode") == f"sf:{code}"


def test_soap_converts_merges_and_restores(org: PracticeProcess) -> None:
    lead = create(org, "Lead", **LEAD)
    wanted = (
        "<convertedStatus>取引開始済み</convertedStatus><doNotCreateOpportunity>true</doNotCreateOpportunity>"
    )
    call = f"<convertLead><leadConverts><leadId>{lead}</leadId>{wanted}</leadConverts></convertLead>"
    converted = soap(org, call, session=org.token)
    assert one(org, "Lead", lead, "ConvertedContactId") == {
        "ConvertedContactId": inner(converted, "contactId")
    }
    assert inner(soap(org, call, session=org.token), "statusCode") == "CANNOT_UPDATE_CONVERTED_LEAD"
    winner, loser = create(org, "Lead", **LEAD), create(org, "Lead", **LEAD)
    master = f"<masterRecord><type>Lead</type><Id>{winner}</Id><Title>部長</Title></masterRecord>"
    merge = f"<merge><request>{master}<recordToMergeIds>{loser}</recordToMergeIds></request></merge>"
    assert inner(soap(org, merge, session=org.token), "mergedRecordIds") == loser
    assert one(org, "Lead", loser, "MasterRecordId", deleted=True) == {"MasterRecordId": winner}
    assert one(org, "Lead", winner, "Title") == {"Title": "部長"}
    org.send("DELETE", f"{DATA}/sobjects/Lead/{winner}")
    restored = soap(org, f"<undelete><ids>{winner}</ids></undelete>", session=org.token)
    assert inner(restored, "success") == "true"
    again = soap(org, f"<undelete><ids>{winner}</ids></undelete>", session=org.token)
    assert inner(again, "statusCode") == "UNDELETE_FAILED"


def test_soap_without_a_session_is_refused(org: PracticeProcess) -> None:
    assert inner(soap(org, "<getUserInfo/>", session="x"), "exceptionCode") == "INVALID_SESSION_ID"
    assert sign_in(org).status == 200
