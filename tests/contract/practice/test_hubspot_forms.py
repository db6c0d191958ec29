"""Forms of the practice portal and what is sent with them, over HTTP."""

from __future__ import annotations

from typing import Any

from tests.contract.practice.hubspot_client import Portal, portal

FORMS = "/marketing/v3/forms"
CONTACT_US: dict[str, Any] = {
    "formType": "hubspot",
    "name": "お問い合わせ",
    "archived": False,
    "createdAt": "2026-11-25T00:00:00Z",
    "updatedAt": "2026-11-25T00:00:00Z",
    "fieldGroups": [
        {
            "groupType": "default_group",
            "richTextType": "text",
            "fields": [
                {
                    "objectTypeId": "0-1",
                    "name": "email",
                    "label": "Eメール",
                    "required": True,
                    "fieldType": "email",
                },
                {
                    "objectTypeId": "0-1",
                    "name": "rank",
                    "label": "格",
                    "required": False,
                    "fieldType": "dropdown",
                },
            ],
        }
    ],
    "configuration": {"language": "ja", "postSubmitAction": {"type": "thank_you", "value": "ありがとう"}},
    "displayOptions": {"theme": "default_style", "submitButtonText": "送信"},
    "legalConsentOptions": {"type": "none"},
}
RANK = {
    "name": "rank",
    "label": "格",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "contactinformation",
    "options": [{"label": "甲", "value": "a"}],
}


def _form(it: Portal) -> str:
    it.ask("POST", it.path("properties", "/contacts"), RANK, 201)
    return str(it.ask("POST", f"{FORMS}/", CONTACT_US, 201)["id"])


def _submit(it: Portal, form_id: str, /, status: int = 200, *, more: Any = None, **values: str) -> Any:
    fields = [{"objectTypeId": "0-1", "name": name, "value": value} for name, value in values.items()]
    path = f"/submissions/v3/integration/submit/{it.server.org.org_id}/{form_id}"
    body = {"fields": fields, "context": {"pageUri": "https://www.example.jp/contact"}, **(more or {})}
    reply = it.send("POST", path, body, token="")
    assert reply.status == status, reply.body
    return reply.document


def test_a_form_is_made_listed_changed_and_archived() -> None:
    with portal("v3") as it:
        it.ask("POST", FORMS, CONTACT_US, 400)  # there is no property of the name rank yet
        form_id = _form(it)
        shown = it.ask("GET", f"{FORMS}/{form_id}")
        assert {name: shown[name] for name in CONTACT_US if name not in {"createdAt", "updatedAt"}} == {
            name: value for name, value in CONTACT_US.items() if name not in {"createdAt", "updatedAt"}
        }
        it.ask("POST", FORMS, {**CONTACT_US, "name": "二"}, 201)
        first = it.ask("GET", f"{FORMS}/?limit=1")
        second = it.ask("GET", f"{FORMS}/?limit=1&after={first['paging']['next']['after']}")
        assert [each["name"] for each in first["results"] + second["results"]] == ["お問い合わせ", "二"]
        assert it.ask("GET", f"{FORMS}?formTypes=captured")["results"] == []
        assert it.ask("PATCH", f"{FORMS}/{form_id}", {"name": "資料請求"})["name"] == "資料請求"
        refused = it.ask("DELETE", it.path("properties", "/contacts/rank"), status=400)
        assert refused["subCategory"] == "PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE"
        it.ask("DELETE", f"{FORMS}/{form_id}", status=204)
        it.ask("GET", f"{FORMS}/{form_id}", status=404)
        assert it.ask("GET", f"{FORMS}/{form_id}?archived=true")["archived"] is True
        it.ask("PUT", f"{FORMS}/{form_id}", {"name": "x"}, 404)
        _submit(it, form_id, 404, email="a@example.jp")


def test_a_submission_needs_no_token_makes_a_contact_and_changes_the_one_that_is_there() -> None:
    with portal("v3") as it:
        form_id = _form(it)
        assert _submit(it, form_id, email="A@example.jp", rank="a", lastname="佐藤") == {
            "inlineMessage": "ありがとう"
        }
        person = it.ask("GET", it.path("objects", "/contacts/a@example.jp?idProperty=email&properties=rank"))
        assert person["properties"]["rank"] == "a"
        past = it.get("contacts", person["id"], more="&propertiesWithHistory=rank")["propertiesWithHistory"]
        assert (past["rank"][0]["sourceType"], past["rank"][0]["sourceId"]) == ("FORM", form_id)
        _submit(it, form_id, email="a@example.jp", lastname="鈴木", jobtitle="部長")
        assert it.properties("contacts", person["id"], "lastname", "jobtitle") == {
            "lastname": "鈴木",
            "jobtitle": "部長",
        }
        sent = it.ask("GET", f"/form-integrations/v1/submissions/forms/{form_id}?limit=1")
        assert {each["name"]: each["value"] for each in sent["results"][0]["values"]}["lastname"] == "鈴木"
        assert sent["paging"]["next"]["after"] == "1"


def test_a_form_enforces_its_own_required_fields_and_a_valid_address_and_nothing_else() -> None:
    with portal("2026-09") as it:
        form_id = _form(it)
        it.control(
            "schema", {"object": "contacts", "add_rule": {"kind": "required_on_create", "field": "jobtitle"}}
        )
        refused = _submit(it, form_id, 400, rank="a")
        assert refused["message"] == "The request is not valid"
        assert [each["errorType"] for each in refused["errors"]] == ["REQUIRED_FIELD"]
        refused = _submit(it, form_id, 400, email="no address")
        assert refused["errors"][0]["errorType"] == "INVALID_EMAIL"
        _submit(
            it, form_id, email="a@example.jp", rank="nowhere", budget="いくら", nonsense="x", lastname="佐藤"
        )
        person = it.ask(
            "GET",
            it.path("objects", "/contacts/a@example.jp?idProperty=email&properties=rank,budget,lastname"),
        )
        assert {name: person["properties"][name] for name in ("rank", "budget", "lastname")} == {
            "rank": None,
            "budget": None,
            "lastname": "佐藤",
        }
        _submit(it, form_id, more={"skipValidation": True}, rank="a")
        assert len(it.ask("GET", it.path("objects", "/contacts"))["results"]) == 1


def test_consent_given_with_a_form_subscribes_but_never_brings_back_who_opted_out() -> None:
    with portal("2026-09") as it:
        form_id = _form(it)
        status = "/communication-preferences/v4/statuses/a@example.jp?channel=EMAIL"
        agreed = {
            "legalConsentOptions": {
                "consent": {
                    "consentToProcess": True,
                    "communications": [{"value": True, "subscriptionTypeId": 410011, "text": "同意"}],
                }
            }
        }
        _submit(it, form_id, more=agreed, email="a@example.jp")
        assert it.ask("GET", status)["results"][0]["status"] == "SUBSCRIBED"
        out = "/communication-preferences/v4/statuses/a@example.jp/unsubscribe-all?channel=EMAIL"
        it.ask("POST", out)
        _submit(it, form_id, more=agreed, email="a@example.jp")
        assert it.ask("GET", status)["results"][0]["status"] == "UNSUBSCRIBED"


def test_the_secure_way_wants_a_token() -> None:
    with portal("v3") as it:
        form_id = _form(it)
        path = f"/submissions/v3/integration/secure/submit/{it.server.org.org_id}/{form_id}"
        body = {"fields": [{"name": "email", "value": "a@example.jp"}]}
        assert it.send("POST", path, body, token="").status == 401
        assert it.send("POST", path, body).status == 200
