"""One practice Salesforce org: which call goes where, who may call, and how often."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
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
from .login import LOGIN_HOSTS, Login, Session
from .querying import Querying
from .rest import Rest
from .save import Saver
from .settings import Settings
from .soap import Soap
from .sobject_collections import Collections
from .writer import Writer

_LONGEST_HEAD = 16_384
_DAY_LIMIT = 100_000
_VERSION = re.compile(r"v(\d{2,3})\.0")
_OLDEST_VERSION, _OLDEST_EVER = 50, 20
_BATCH_SIZE = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)
_URI_TOO_LONG = b"<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>"
_WRITES = frozenset(("POST", "PATCH", "PUT", "DELETE"))


class SalesforceOrg:
    """An org as one client sees it; ``kernel.org.PracticeOrg`` says what each method is for."""

    vendor = "salesforce"

    def __init__(self, *, name: str, clock: Clock, faults: FaultPlan, seed: int = 0) -> None:
        digest = hashlib.sha256(f"{name}/{seed}".encode()).digest()
        self.name = name
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
        self._settings = Settings(
            self.data, self.login, self.quota, self._admin, self._identity, self.authorizing
        )
        self._querying = Querying(self.data)
        self._rest = Rest(self.data, saver)
        self._collections = Collections(self.data, saver, self._rest, faults)

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
            return self._rest.versions()
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
        return self._with_usage(self._data_call(request, session))

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
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        return session

    def _take_call(self) -> None:
        if self.faults.fire("limits.busy") is not None:
            text = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", text)
        if self.faults.fire("limits.day") is not None or not self.quota.take():
            self.calls["refused"] += 1
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")

    def _data_call(self, request: HttpRequest, session: Session) -> HttpResponse:
        version, what = _version(request.segments[2]), request.segments[3:]
        allow = "allowsave=true" in request.headers.get("sforce-duplicate-rule-header", "").lower()
        assigns = request.headers.get("sforce-auto-assign", "").strip().lower() != "false"
        writer = Writer(session.user_id, session.user_id, allow_duplicates=allow, assigns=assigns)
        self.calls[_kind_of_call(request.method, what)] += 1
        match what:
            case ():
                identity = f"{request.origin}/id/{self.org_id}/{session.user_id}"
                return self._rest.root(request, version, identity)
            case ("limits",):
                return json_response(200, self._limits())
            case ("query" | "queryAll", *rest) if len(rest) <= 1:
                return self._query(request, version, rest)
            case ("ui-api", "object-info", name, "picklist-values", record_type):
                return self._rest.picklist_values(request, name, record_type, version)
            case ("composite", "sobjects", *rest):
                return self._collections.handle(request, rest, version, writer)
            case ("sobjects", *rest):
                return self._sobjects(request, version, rest, writer)
            case _:
                raise not_found()

    def _query(self, request: HttpRequest, version: str, rest: Sequence[str]) -> HttpResponse:
        if request.method != "GET":
            raise wrong_method(request.method, "HEAD,GET")
        if rest:
            return self._querying.more(rest[0], version)
        text = request.first("q")
        if not text:
            raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
        hint = _BATCH_SIZE.search(request.headers.get("sforce-query-options", ""))
        page = max(200, min(2000, int(hint.group(1)))) if hint else None
        if request.first("columns") == "true":
            return self._querying.columns(text, version)
        return self._querying.answer(text, version, deleted=request.segments[3] == "queryAll", page=page)

    def _sobjects(
        self, request: HttpRequest, version: str, rest: Sequence[str], writer: Writer
    ) -> HttpResponse:
        match list(rest):
            case []:
                return self._rest.objects(version)
            case [name]:
                return self._rest.object_root(request, name, version, writer)
            case [name, "describe"]:
                return self._rest.describe(name, version)
            case [name, row_id]:
                return self._rest.by_id(request, name, row_id, version, writer)
            case [name, field, value]:
                return self._rest.by_external_id(request, name, field, value, version, writer)
            case _:
                raise not_found()

    def _limits(self) -> dict[str, Any]:
        return {
            "DailyApiRequests": {"Max": self.quota.limit, "Remaining": self.quota.remaining},
            "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DataStorageMB": {"Max": 10_240, "Remaining": 10_240},
        }

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


def _version(segment: str) -> str:
    match = _VERSION.fullmatch(segment)
    number = int(match.group(1)) if match else 0
    if match is None or number < _OLDEST_EVER:
        raise not_found()
    if number < _OLDEST_VERSION:
        text = f"API version {number}.0 is no longer supported"
        raise ApiError(410, "UNSUPPORTED_API_VERSION", text)
    return segment


def _kind_of_call(method: str, what: Sequence[str]) -> str:
    if what[:1] in {("query",), ("queryAll",)}:
        return "query" if len(what) == 1 else "query_more"
    if what[:2] == ("composite", "sobjects"):
        return (
            "collection_read"
            if method == "GET" or (method == "POST" and len(what) == 3)
            else "collection_write"
        )
    if what[:1] == ("sobjects",) and len(what) > 1:
        if what[2:] == ("describe",):
            return "describe"
        return "row_write" if method in _WRITES else "row_read"
    return what[0] if what else "root"
