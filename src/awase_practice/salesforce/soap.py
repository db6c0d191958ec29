"""The partner SOAP API, as far as clients still need it: log-in, and what REST lacks (convert, merge, undelete).

Shapes are the vendor's WSDL [confirmed: what clients read of them; the rest from memory].
"""

# The XML comes from clients on this machine; nothing in it is fetched or expanded.
# ruff: noqa: S314

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from ..kernel.http import HttpRequest, HttpResponse
from ..kernel.org import ControlRefused
from .data import OrgData
from .errors import RowRefused, refused
from .identity import MERGEABLE, Identity
from .ids import normal_id
from .login import Login
from .save import Saver
from .stock_fields import LEAD_STATUSES

_PARTNER: Final = "urn:partner.soap.sforce.com"
_LAST_WITH_LOGIN: Final = 64
"""The call ``login`` is gone from the versions after this one."""
_MOST_LEADS: Final = 100
_NO_ENTRY: Final = "Invalid username, password, security token; or user locked out."


class _Fault(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Soap:
    """The calls at ``/services/Soap/u/VERSION``."""

    def __init__(self, data: OrgData, login: Login, saver: Saver, identity: Identity, org_id: str) -> None:
        self._data, self._login, self._saver = data, login, saver
        self._identity, self._org_id = identity, org_id

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Answer one envelope; a fault is a 500, as everywhere in SOAP."""
        try:
            name, inside = self._called(request)
            return _xml(200, f"<{name}Response>{inside}</{name}Response>")
        except _Fault as fault:
            kind = "LoginFault" if "LOGIN" in fault.code else "UnexpectedErrorFault"
            shown = escape(f"{fault.code}: {fault.message}")
            detail = (
                f'<sf:{kind} xsi:type="sf:{kind}"><sf:exceptionCode>{fault.code}</sf:exceptionCode>'
                f"<sf:exceptionMessage>{escape(fault.message)}</sf:exceptionMessage></sf:{kind}>"
            )
            return _xml(
                500,
                f"<soapenv:Fault><faultcode>sf:{fault.code}</faultcode><faultstring>{shown}</faultstring>"
                f"<detail>{detail}</detail></soapenv:Fault>",
            )

    def _called(self, request: HttpRequest) -> tuple[str, str]:
        try:
            envelope = ElementTree.fromstring(request.body)
        except ElementTree.ParseError as error:
            raise _Fault("UNKNOWN_EXCEPTION", f"the envelope cannot be read: {error}") from error
        body = next((each for each in envelope if _name(each) == "Body"), None)
        call = next(iter(body), None) if body is not None else None
        if call is None:
            raise _Fault("UNKNOWN_EXCEPTION", "No operation available for request")
        name = _name(call)
        version = float(request.segments[3]) if len(request.segments) > 3 else 0.0
        if name == "login":
            return name, self._log_in(request, call, version)
        token = next((each.text or "" for each in envelope.iter() if _name(each) == "sessionId"), "")
        session = self._login.session_of(token)
        if session is None:
            raise _Fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session")
        match name:
            case "logout":
                self._login.tokens.end(token)
                return name, ""
            case "getUserInfo":
                return name, f"<result>{self._user(session.user_id)}</result>"
            case "convertLead":
                return name, self._convert(call, session.user_id)
            case "merge":
                return name, self._merge(call, session.user_id)
            case "undelete":
                return name, self._undelete(call, session.user_id)
            case _:
                raise _Fault("UNKNOWN_EXCEPTION", f"No operation available for request {{{_PARTNER}}}{name}")

    def _log_in(self, request: HttpRequest, call: ElementTree.Element, version: float) -> str:
        if version > _LAST_WITH_LOGIN:
            raise _Fault("UNSUPPORTED_API_VERSION", f"login() is not available in API version {version}")
        given = {_name(each): each.text or "" for each in call}
        pair = given.get("username", ""), given.get("password", "")
        user_id = self._login.password_is_right(*pair, from_afar=True)
        if user_id is None and self._login.password_is_right(*pair, from_afar=False):
            raise _Fault("LOGIN_MUST_USE_SECURITY_TOKEN", f"{_NO_ENTRY} Are you at a new location?")
        if user_id is None or self._login.revoked:
            raise _Fault("INVALID_LOGIN", _NO_ENTRY)
        if not self._data.policies.may_sign_in(self._data.clock.now()):
            raise _Fault("LOGIN_DURING_RESTRICTED_TIME", "You cannot log in at this time")  # text from memory
        token, seconds = self._login.open_for(user_id)
        home, short = self._login.home(request), self._org_id[:15]
        return (
            f"<result><metadataServerUrl>{home}/services/Soap/m/{version}/{short}</metadataServerUrl>"
            f"<passwordExpired>false</passwordExpired><sandbox>true</sandbox>"
            f"<serverUrl>{home}/services/Soap/u/{version}/{short}</serverUrl><sessionId>{token}</sessionId>"
            f"<userId>{user_id}</userId><userInfo>{self._user(user_id, seconds)}</userInfo></result>"
        )

    def _user(self, user_id: str, seconds: int = 7200) -> str:
        user, org = self._data.row(user_id), self._data.row(self._org_id)
        of_user: Mapping[str, Any] = user.values if user else {}
        of_org: Mapping[str, Any] = org.values if org else {}
        return _elements(
            {
                "organizationId": self._org_id,
                "organizationName": of_org.get("Name"),
                "sessionSecondsValid": seconds,
                "userEmail": of_user.get("Email"),
                "userFullName": of_user.get("Name"),
                "userId": user_id,
                "userLanguage": of_user.get("LanguageLocaleKey"),
                "userName": of_user.get("Username"),
                "userTimeZone": of_user.get("TimeZoneSidKey"),
                "userType": of_user.get("UserType"),
                "userUiSkin": "Theme3",
            }
        )

    def _convert(self, call: ElementTree.Element, author: str) -> str:
        wanted = [{_name(part): part.text or "" for part in each} for each in call]
        if len(wanted) > _MOST_LEADS:
            raise _Fault("EXCEEDED_LEAD_CONVERT_LIMIT", f"convert lead limit exceeded: {_MOST_LEADS}")
        return "".join(self._converted(each, author) for each in wanted)

    def _converted(self, wanted: Mapping[str, str], author: str) -> str:
        lead_id = normal_id(wanted.get("leadId", "")) or ""
        lead = self._data.tables["Lead"].find(lead_id)
        if lead is None:
            return _refusals("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if lead.values.get("IsConverted"):
            return _refusals("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        status = wanted.get("convertedStatus", "")
        if status != LEAD_STATUSES[-1]:
            return _refusals("INVALID_STATUS", f"invalid convertedStatus: {status}", ["convertedStatus"])
        asked = {
            "lead": lead_id,
            "account": wanted.get("accountId") or None,
            "contact": wanted.get("contactId") or None,
            "opportunity": wanted.get("doNotCreateOpportunity", "false") != "true",
            "author": author,
        }
        try:
            made = self._identity.convert(asked)
        except ControlRefused as refusal:
            return _from(refusal, "INVALID_CROSS_REFERENCE_KEY")
        ids = {f"{name}Id": made[name] for name in ("account", "contact", "opportunity")}
        return f"<result>{_elements({**ids, 'leadId': lead_id, 'success': True})}</result>"

    def _merge(self, call: ElementTree.Element, author: str) -> str:
        results = []
        for each in call:
            master: dict[str, str | None] = {}
            losers = []
            for part in each:
                if _name(part) == "masterRecord":
                    master = {_name(value): value.text for value in part}
                elif _name(part) == "recordToMergeIds":
                    losers.append(part.text or "")
            results.append(self._merged(master, losers, author))
        return "".join(results)

    def _merged(self, master: Mapping[str, str | None], losers: Sequence[str], author: str) -> str:
        object = str(master.get("type"))
        if object not in MERGEABLE:
            return _refusals("INVALID_TYPE", f"{object} records cannot be merged")
        values = {name: value for name, value in master.items() if name not in {"type", "Id", "id"}}
        asked = {"object": object, "winner": master.get("Id") or master.get("id"), "losers": list(losers)}
        try:
            made = self._identity.merge({**asked, "values": values, "author": author})
        except ControlRefused as refusal:
            return _from(refusal, "MERGE_FAILED")
        merged = "".join(f"<mergedRecordIds>{each}</mergedRecordIds>" for each in made["losers"])
        return f"<result><id>{made['winner']}</id>{merged}<success>true</success></result>"

    def _undelete(self, call: ElementTree.Element, author: str) -> str:
        results = []
        for each in call:
            row = self._data.row(normal_id(each.text or "") or "")
            try:
                if row is None:
                    raise refused("UNDELETE_FAILED", "Entity is not in the recycle bin")
                self._saver.bin.restore(row, author)
            except RowRefused as refusal:
                first = refusal.errors[0]
                results.append(_refusals(first.code, first.message, first.fields))
            else:
                results.append(f"<result><id>{row.id}</id><success>true</success></result>")
        return "".join(results)


def _from(refusal: ControlRefused, otherwise: str) -> str:
    """A refusal in the words of the platform, or of whoever could not even try."""
    first = refusal.details[0] if refusal.details else {}
    code, message = first.get("statusCode", otherwise), first.get("message", str(refusal))
    return _refusals(code, message, first.get("fields", ()))


def _refusals(code: str, message: str, fields: Sequence[str] = ()) -> str:
    named = "".join(f"<fields>{each}</fields>" for each in fields)
    inside = f"{named}<message>{escape(message)}</message><statusCode>{code}</statusCode>"
    return f"<result><errors>{inside}</errors><success>false</success></result>"


def _elements(values: Mapping[str, Any]) -> str:
    parts = []
    for name, value in values.items():
        if value is None:
            parts.append(f'<{name} xsi:nil="true"/>')
        else:
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            parts.append(f"<{name}>{escape(shown)}</{name}>")
    return "".join(parts)


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _xml(status: int, inside: str) -> HttpResponse:
    whole = (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
        f'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="{_PARTNER}" '
        'xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soapenv:Body>{inside}</soapenv:Body></soapenv:Envelope>"
    )
    return HttpResponse(status, {"Content-Type": "text/xml; charset=utf-8"}, whole.encode())
