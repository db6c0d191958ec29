"""What stands before an org: calls get lost, late, doubled, cut or answered by a gateway.

Sign-in calls are left alone by these, except that the answer to one can be lost (``login.refresh_lost``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .faults import FaultPlan
from .http import Answer, ConnectionLost, HttpRequest, HttpResponse, Late, http_date, json_response
from .org import PracticeOrg

PRACTICE_PAGE = "/.well-known/awase-practice"
COPY_PAGE = f"{PRACTICE_PAGE}/copy"
"""The whole org as a document, for whoever holds a token of it: what a copy is made from."""

_GATEWAY_PAGE = (
    b"<html><head><title>502 Bad Gateway</title></head>"
    b"<body><center><h1>502 Bad Gateway</h1></center></body></html>"
)


class Front:
    """One org with its general faults; ``handle`` for the outside, ``handle_now`` after a ``Late``."""

    def __init__(self, org: PracticeOrg, faults: FaultPlan) -> None:
        self.org = org
        self.faults = faults
        self.copy: Callable[[], bytes] | None = None
        """What the copy page answers; None: this org gives none of itself."""

    def handle(self, request: HttpRequest) -> Answer:
        """Answer a request, unless something befalls it."""
        if request.path == PRACTICE_PAGE:
            return self.handle_now(request)
        if self.org.is_sign_in(request):
            response = self.handle_now(request)
            lost = response.status == 200 and self.faults.fire("login.refresh_lost") is not None
            return ConnectionLost(applied=True) if lost else response
        return self._before(request) or self._after(self.handle_now(request))

    def handle_now(self, request: HttpRequest) -> HttpResponse:
        """The org's answer with its own date, whatever the faults say."""
        if request.path == PRACTICE_PAGE:
            response = self._practice_page(request)
        elif request.path == COPY_PAGE:
            response = self._copy_page(request)
        else:
            response = self.org.handle_now(request)
        if "Date" in response.headers:
            return response
        return replace(response, headers={**response.headers, "Date": http_date(self.org.clock.now())})

    def _before(self, request: HttpRequest) -> Answer | None:
        fire = self.faults.fire
        if fire("call.refused") is not None:
            return ConnectionLost(applied=False, reached=False)
        if fire("call.lost_before") is not None:
            return ConnectionLost(applied=False)
        if fire("call.html") is not None:
            headers = {"Content-Type": "text/html", "Date": http_date(self.org.clock.now())}
            return HttpResponse(502, headers, _GATEWAY_PAGE)
        size = fire("call.server_error")
        if size is not None:
            return self.org.server_error(size).with_headers(Date=http_date(self.org.clock.now()))
        seconds = fire("call.late")
        if seconds is not None:
            return Late(seconds)
        if fire("call.twice") is not None:
            self.handle_now(request)
        return None

    def _after(self, response: HttpResponse) -> Answer:
        if self.faults.fire("call.answer_lost") is not None:
            return ConnectionLost(applied=True)
        if response.body and self.faults.fire("call.cut_body") is not None:
            headers = {**response.headers, "Content-Length": str(len(response.body))}
            return replace(response, headers=headers, body=response.body[: len(response.body) // 2])
        return response

    def _copy_page(self, request: HttpRequest) -> HttpResponse:
        if self.copy is None or not self.org.is_signed_in(request):
            return json_response(401 if self.copy else 404, {"practice": True})
        return HttpResponse(200, {"Content-Type": "application/json"}, self.copy())

    def _practice_page(self, request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return json_response(405, {"practice": True})
        return json_response(200, {"practice": True, "vendor": self.org.vendor, "org_id": self.org.org_id})
