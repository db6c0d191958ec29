"""Sending a form, as a web page does it: without a token, to a host of its own.

What the portal checks here is less than what the CRM's API checks (from memory): the form must be there, its required
fields filled and the address well formed. Whatever a property does not take stays in the submission and never reaches
the contact, rules of the administrator do not bind, and nobody who opted out is subscribed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..kernel.http import HttpRequest, HttpResponse
from ..kernel.rows import Row
from .consent import IN, OUT, SUBSCRIPTIONS
from .drafts import InvalidValues
from .forms import fields_of, type_of
from .records import Records
from .state import PortalState
from .stock import CONTACT
from .values import as_text, is_address
from .wire import Refusal, answer, json_object, method_not_allowed, no_such_path

_MOST_FIELDS: Final = 1_000
_THANKS: Final = "お問い合わせありがとうございます。"


def is_submission(request: HttpRequest) -> bool:
    """Whether this call goes to the submissions API, which knows no bearer token unless it is the secure one."""
    return request.segments[:3] == ("submissions", "v3", "integration")


def is_secure(request: HttpRequest) -> bool:
    """Whether it is the one that wants a token."""
    return request.segments[3:4] == ("secure",)


def submission_call(state: PortalState, request: HttpRequest) -> HttpResponse:
    """Any call below ``/submissions/v3/integration``. Raises Refusal."""
    match request.segments[3:]:
        case ("submit" | "secure", *rest) if rest[-2:] and len(rest) == (3 if is_secure(request) else 2):
            portal_id, form_id = rest[-2:]
        case _:
            raise no_such_path()
    if request.method != "POST":
        raise method_not_allowed()
    form = state.forms.get(form_id) if portal_id == str(state.portal_id) else None
    if form is None:
        raise Refusal(404, None, f"The form {form_id} of the portal {portal_id} does not exist")
    return _submitted(state, form, json_object(request))


def _submitted(state: PortalState, form: Row, body: dict[str, Any]) -> HttpResponse:
    fields = body.get("fields")
    if not isinstance(fields, list) or not all(
        isinstance(each, dict) and each.get("name") for each in fields
    ):
        raise _invalid([("fields", "a list of name and value was expected", "INPUT_INVALID")])
    if len(fields) > _MOST_FIELDS:
        text = f"at most {_MOST_FIELDS} values can be sent"
        raise _invalid([("fields", text, "MAX_NUMBER_OF_SUBMITTED_VALUES_EXCEEDED")])
    sent = {(type_of(each), str(each["name"])): as_text(each.get("value")) for each in fields}
    if body.get("skipValidation") is not True:
        _check(form, sent)
    context = body.get("context")
    at = state.now()
    values = [{"name": name, "value": value, "objectTypeId": kind} for (kind, name), value in sent.items()]
    page = str(context.get("pageUri") or "") if isinstance(context, Mapping) else ""
    state.forms.submit(form, {"values": values, "page": page}, at)
    of_contact = {name: value for (kind, name), value in sent.items() if kind == CONTACT.type_id and value}
    address = of_contact.get("email", "").strip().lower()
    if is_address(address):
        _reach(state, form, address, of_contact)
        _subscribe(state, form, address, body.get("legalConsentOptions"))
    after = (form.values.get("configuration") or {}).get("postSubmitAction") or {}
    if after.get("type") == "redirect_url":
        return answer(200, {"redirectUri": after.get("value")})
    return answer(200, {"inlineMessage": after.get("value") or _THANKS})


def _check(form: Row, sent: Mapping[tuple[str, str], str]) -> None:
    """Raises Refusal."""
    faults = [
        (f"fields.{each['name']}", f"Required field '{each['name']}' is missing", "REQUIRED_FIELD")
        for each in fields_of(form.values)
        if each.get("required") and not sent.get((type_of(each), str(each["name"])))
    ]
    address = sent.get((CONTACT.type_id, "email"))
    if address and not is_address(address.strip().lower()):
        faults.append(("fields.email", f"Invalid email address '{address}'", "INVALID_EMAIL"))
    if faults:
        raise _invalid(faults)


def _invalid(faults: list[tuple[str, str, str]]) -> Refusal:
    """The submissions API's own shape: no category, and an ``errorType`` for each fault (from memory)."""
    errors = [{"message": f"Error in '{place}'. {text}", "errorType": kind} for place, text, kind in faults]
    return Refusal(400, None, "The request is not valid", errors=errors)


def _reach(state: PortalState, form: Row, address: str, sent: Mapping[str, str]) -> None:
    """Write to the contact of this address, or to a new one, what it can take."""
    contacts = state.records[CONTACT.key]
    row = contacts.find(address, "email")
    wanted: dict[str, Any] = dict(sent)
    if row is not None:
        wanted.pop("email")  # it may be one of its other addresses
    author = f"form:{form.id}"
    while wanted:
        try:
            draft = contacts.draft_update(row, wanted) if row else contacts.draft_create(wanted)
        except InvalidValues as refusal:
            for each in refusal.complaints:
                wanted.pop(each.name, None)
        except Refusal:
            wanted = _without_unique(contacts, wanted)
        else:
            contacts.settle(draft, author, state.now())
            return


def _without_unique(contacts: Records, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Somebody else has one of the unique values: none of them is written."""
    left = {
        name: value for name, value in wanted.items() if name == "email" or not contacts.unique.covers(name)
    }
    return left if len(left) < len(wanted) else {}


def _subscribe(state: PortalState, form: Row, address: str, options: Any) -> None:
    consent = options.get("consent") if isinstance(options, Mapping) else None
    given = (consent or {}).get("communications") or ()
    for each in given:
        wanted = next(
            (one for one in SUBSCRIPTIONS if str(one.id) == str(each.get("subscriptionTypeId"))), None
        )
        if wanted is None or each.get("value") is not True or state.consent.status(address, wanted) == OUT:
            continue
        state.consent.set_status(address, wanted, IN, f"form:{form.id}", state.now())
