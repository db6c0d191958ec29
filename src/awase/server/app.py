"""The web application: the status page, ``/healthz``, and what is said when something goes wrong."""

from __future__ import annotations

import asyncio
import logging
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Litestar, MediaType, Request, Response, get
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from awase import __version__
from awase.configuration import Workspace
from awase.errors import AwaseError, Retry, StoreBusy
from awase.runtime.clock import SystemClock
from awase.runtime.traces import keep_trace
from awase.server.guard import Guard
from awase.server.language import Language, Speech, chosen_language
from awase.server.pages import failure_page, status_page
from awase.server.status import read_status
from awase.store.postgres import PostgresStore

_PAGE_SECONDS = 15.0
_HEALTH_SECONDS = 3.0
_STATIC = {"awase.css": "text/css", "icon.svg": "image/svg+xml"}

_UTC = ZoneInfo("UTC")
_log = logging.getLogger("awase.server")

AnyRequest = Request[Any, Any, Any]


def application(workspace: Workspace, store: PostgresStore) -> ASGIApp:
    """The guarded application over one workspace's store."""
    otherwise: Language = workspace.language or "en"

    @get("/", media_type=MediaType.HTML)
    async def status(request: AnyRequest) -> Response[str]:
        language = _language(request, otherwise)
        try:
            async with asyncio.timeout(_PAGE_SECONDS):
                found = await read_status(workspace, store, SystemClock())
        except TimeoutError:
            raise StoreBusy("the database does not answer in time") from None
        return _page(status_page(found, language), language)

    @get("/healthz", media_type=MediaType.JSON)
    async def healthz() -> Response[dict[str, str]]:
        answers = await _store_answers(store)
        content = {
            "status": "ok" if answers else "degraded",
            "store": "ok" if answers else "unreachable",
            "version": __version__,
        }
        return Response(content, status_code=200 if answers else 503, media_type=MediaType.JSON)

    return Guard(
        Litestar(
            [status, healthz, *(_static(name, kind) for name, kind in _STATIC.items())],
            openapi_config=None,
            logging_config=None,
            debug=False,
            exception_handlers={
                HTTPException: lambda request, problem: _http_failure(request, problem, otherwise),
                AwaseError: lambda request, problem: _our_failure(request, problem, otherwise),
                Exception: lambda request, problem: _bug(request, problem, otherwise),
            },
        )
    )


def _static(name: str, kind: str) -> HTTPRouteHandler:
    """A route to one file that belongs to the page; no part of an address ever becomes a path."""
    content = (files("awase.server") / "static" / name).read_bytes()

    @get(f"/static/{name}", media_type=kind)
    async def file() -> Response[bytes]:
        return Response(content, media_type=kind)

    return file


async def _store_answers(store: PostgresStore) -> bool:
    try:
        async with asyncio.timeout(_HEALTH_SECONDS):
            await store.setting("workspace")
    except (AwaseError, TimeoutError):
        return False
    return True


def _language(request: AnyRequest, otherwise: Language) -> Language:
    accepted = request.headers.get("accept-language", "")
    return chosen_language(request.query_params.get("lang"), accepted, otherwise)


def _page(content: str, language: Language, status: int = 200) -> Response[str]:
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    return Response(content, status_code=status, media_type=MediaType.HTML, headers=headers)


# -- when something goes wrong ----------------------------------------------------------------------------------------


def _http_failure(request: AnyRequest, problem: HTTPException, otherwise: Language) -> Response[str]:
    """What was asked for does not exist, or may not be asked."""
    if problem.status_code >= 500:
        return _bug(request, problem, otherwise)
    language = _language(request, otherwise)
    speech = Speech(language, _UTC)
    title = (
        speech.t("There is no page at this address")
        if problem.status_code == 404
        else speech.t("This request cannot be answered")
    )
    return _failure(speech, problem.status_code, title, "", str(problem.status_code), problem.headers)


def _our_failure(request: AnyRequest, problem: AwaseError, otherwise: Language) -> Response[str]:
    """The database is away. Anything else that is ours should have been refused before serving began."""
    if not isinstance(problem, Retry):
        return _bug(request, problem, otherwise)
    speech = Speech(_language(request, otherwise), _UTC)
    advice = speech.t("Reload in a moment. If it goes on, `awase status` says why.")
    return _failure(speech, 503, speech.t("The database does not answer"), advice, problem.code)


def _bug(request: AnyRequest, problem: Exception, otherwise: Language) -> Response[str]:
    """The last resort: a code and a reference for the reader; the trace is kept, without personal data."""
    kept = keep_trace(problem)
    _log.error("reference %s, trace in %s", kept.reference, kept.file or f"no file:\n{kept.text}")
    speech = Speech(_language(request, otherwise), _UTC)
    advice = speech.t(
        "It is nothing you did. Please report it with the reference {reference}.", reference=kept.reference
    )
    return _failure(speech, 500, speech.t("This is a mistake of Awase’s"), advice, kept.code)


def _failure(
    speech: Speech,
    status: int,
    title: str,
    advice: str,
    code: str,
    headers: dict[str, str] | None = None,
) -> Response[str]:
    """A page with finished texts."""
    content = failure_page(speech.language, title=title, advice=advice, code=code)
    response = _page(content, speech.language, status)
    for name, value in (headers or {}).items():
        response.set_header(name, value)
    return response
