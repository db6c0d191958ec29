"""One practice Salesforce org: who may call, and how often; what the calls do is in ``resources``."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..kernel.clock import Clock
from ..kernel.faults import FaultPlan
from ..kernel.hosts import bare_host
from ..kernel.http import HttpRequest, HttpResponse, json_response
from ..kernel.org import ControlCall, history_of
from ..kernel.quota import RollingDay
from .admin import Admin
from .authorizing import Authorizing
from .data import OrgData, slug
from .errors import ApiError, RowRefused, not_found, wrong_method
from .identity import Identity
from .identity_page import discovery, identity
from .ids import make_id
from .login import LOGIN_HOSTS, Login
from .resources import Resources, versions
from .save import Saver
from .settings import Settings
from .soap import Soap
from .tokens import Session

_LONGEST_HEAD = 16_384
_DAY_LIMIT = 100_000
_URI_TOO_LONG = b"<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>"


class SalesforceOrg:
    """An org as one client sees it; ``kernel.org.PracticeOrg`` says what each method is for."""

    vendor = "salesforce"

    def __init__(self, *, name: str, clock: Clock, faults: FaultPlan, seed: int = 0) -> None:
        digest = hashlib.sha256(f"{name}/{seed}".encode()).digest()
        self.name = name
        self.seed = seed
        self.org_id = make_id("00D", int.from_bytes(digest[:6], "big"))
        self.clock = clock
        self.faults = faults
        self.data = OrgData(clock, name, self.org_id)
        self.tables = self.data.tables
        self.login = Login(self.data, self.org_id, f"{name}/{seed}", f"{slug(name)}.my.salesforce.com")
        self.authorizing = Authorizing(self.login, clock)
        self.quota = RollingDay(_DAY_LIMIT, clock)
        self.calls: Counter[str] = Counter()
        saver = Saver(self.data)
        self._admin = Admin(self.data, saver)
        self._identity = Identity(self.data, saver, self._admin)
        self._soap = Soap(self.data, self.login, saver, self._identity, self.org_id)
        self._resources = Resources(self.data, saver, self.quota, faults, self.calls)
        self._settings = Settings(
            self.data,
            self.login,
            self.quota,
            self._admin,
            self._identity,
            self.authorizing,
            self._resources.jobs,
        )

    @property
    def credentials(self) -> Mapping[str, Any]:
        """client_id, client_secret, username, private_key (PEM) and refresh_token."""
        return self.login.credentials

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts at which everybody signs in, and the org's own domain."""
        return (*LOGIN_HOSTS, self.login.domain)

    def recognises(self, request: HttpRequest) -> bool:
        """Whether the call carries a token, the client id or a user of this org."""
        return self.login.recognises(request) or (
            request.segments[:2] == ("services", "Soap")
            and self.credentials["username"].encode() in request.body
        )

    def is_sign_in(self, request: HttpRequest) -> bool:
        """Calls for tokens, and the pages before them."""
        if request.segments[:2] == ("services", "Soap"):
            return b"login" in request.body and b"sessionId" not in request.body
        return request.segments[:2] == ("services", "oauth2") and request.segments[2:] != ("userinfo",)

    def is_signed_in(self, request: HttpRequest) -> bool:
        return self.login.session(request) is not None

    def server_error(self, size: float) -> HttpResponse:
        """500 for a size below 1, otherwise 503."""
        if size < 1:
            text = (
                "An unexpected error occurred. Please include this ErrorId if you contact support: "
                "1234567890-12345 (-1234567890)"
            )
            return ApiError(500, "UNKNOWN_EXCEPTION", text).response()
        return ApiError(503, "SERVER_UNAVAILABLE", "Server Unavailable").response()

    def handle_now(self, request: HttpRequest) -> HttpResponse:
        """Answer a call."""
        head = len(request.target) + sum(
            len(name) + len(value) + 4 for name, value in request.headers.items()
        )
        if head > _LONGEST_HEAD:
            return HttpResponse(414, {"Content-Type": "text/html"}, _URI_TOO_LONG)
        if request.method == "HEAD":
            return replace(self.handle_now(replace(request, method="GET")), body=b"")
        try:
            return self._answer(request)
        except ApiError as error:
            return self._with_usage(error.response())
        except RowRefused as refusal:
            return self._with_usage(refusal.response())

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.segments[:2] == ("services", "Soap"):
            return self._soap_call(request)
        if self.is_sign_in(request):
            return self._signing_in(request)
        if request.segments == ("services", "data"):
            return versions()
        if request.segments == (".well-known", "openid-configuration"):
            return json_response(200, discovery(request))
        session = self._session(request)
        if request.segments in {("services", "oauth2", "userinfo"), ("id", self.org_id, session.user_id)}:
            self.calls["identity"] += 1
            home = self.login.home(request)
            return json_response(200, identity(self.data, request, self.org_id, session.user_id, home))
        if bare_host(request.host) in LOGIN_HOSTS:
            raise ApiError(
                404, "URL_NOT_RESET", "Destination URL not reset. The URL returned from login must be set"
            )
        if request.segments[:2] != ("services", "data"):
            raise not_found()
        self._take_call()
        return self._with_usage(self._resources.answer(request, session))

    def _signing_in(self, request: HttpRequest) -> HttpResponse:
        what = request.segments[2:]
        if what == ("authorize",):
            return self.authorizing.answer(request)
        answers = {
            ("token",): self.login.token,
            ("revoke",): self.login.revoke,
            ("introspect",): self.login.introspect,
        }
        if what not in answers:
            raise not_found()
        if request.method != "POST":
            raise wrong_method(request.method, "POST")
        self.calls["sign_in"] += 1
        return answers[what](request)

    def _soap_call(self, request: HttpRequest) -> HttpResponse:
        if request.segments[2:3] != ("u",) or request.method != "POST":
            raise not_found()
        self.calls["soap"] += 1
        return self._soap.answer(request)

    def _session(self, request: HttpRequest) -> Session:
        session = self.login.session(request)
        if session is not None and self.faults.fire("login.expired") is not None:
            self.login.end_session(request)
            session = None
        if session is None:
            kind, _, token = request.headers.get("authorization", "").partition(" ")
            if kind and (kind.lower() not in {"bearer", "oauth"} or not token.strip()):
                raise ApiError(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")  # text from memory
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        return session

    def _take_call(self) -> None:
        if self.faults.fire("limits.busy") is not None:
            text = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", text)
        if self.faults.fire("limits.day") is not None or not self.quota.take():
            self.calls["refused"] += 1
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")

    def _with_usage(self, response: HttpResponse) -> HttpResponse:
        usage = f"api-usage={self.quota.used}/{self.quota.limit}"
        return response.with_headers(Sforce_Limit_Info=usage)

    def load(self, object: str, rows: Sequence[Mapping[str, Any]], author: str) -> list[str]:
        return self._admin.load(object, rows, author)

    def edit(self, object: str, id: str, values: Mapping[str, Any], author: str, rules: bool = False) -> None:
        self._admin.edit(object, id, values, author, rules=rules)

    def delete(self, object: str, id: str, author: str) -> None:
        self._admin.delete(object, id, author)

    def rows(self, object: str, deleted: bool = False) -> list[dict[str, Any]]:
        return self._admin.rows(object, deleted)

    def history(self, object: str, id: str) -> list[dict[str, Any]]:
        return history_of(self._admin.table(object), id)

    def change_schema(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._admin.change_schema(body)

    def change_settings(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._settings.change(body)

    def more_control(self) -> Mapping[tuple[str, str], ControlCall]:
        """What only this vendor's people do: merge, convert, restore."""
        return {
            ("POST", "merge"): self._identity.merge,
            ("POST", "convert"): self._identity.convert,
            ("POST", "restore"): self._admin.restore,
        }

    def keep(self) -> dict[str, Any]:
        """What a snapshot must hold beside the rows."""
        return {"login": self.login.keep()}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Go on with what ``keep`` gave."""
        self.login.take_up(kept["login"])

    def state(self) -> dict[str, Any]:
        """Counts of living rows and of calls."""
        rows = {name: len(table) for name, table in self.tables.items()}
        return {"rows": rows, "calls": dict(self.calls), "quota": {"used": self.quota.used}}
