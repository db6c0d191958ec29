"""Requests and answers as values, so that deciding an answer needs neither a socket nor an event loop."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson

_SLASHES = re.compile("/{2,}")


class UnreadableBody(Exception):
    """The body is not the JSON it says it is; each vendor has its own words for that."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One call as it arrived.

    path: starts with a slash, repeated slashes collapsed, trailing slash dropped, still percent-encoded.
    segments: the parts of the path, percent-decoded after splitting (an encoded slash stays inside its part).
    query: each name with all its values, in order. headers: names in lower case. host: as the client wrote it.
    target: the raw target of the request line, for limits on its length.
    """

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    host: str = "practice.invalid"
    scheme: str = "http"
    segments: tuple[str, ...] = ()
    target: str = ""

    @classmethod
    def of(
        cls,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        host: str = "practice.invalid",
        scheme: str = "http",
    ) -> HttpRequest:
        """A request from the raw target of a request line (``/a//b?c=d``)."""
        raw_path, _, raw_query = target.partition("?")
        path = _SLASHES.sub("/", "/" + raw_path).rstrip("/") or "/"
        return cls(
            method=method.upper(),
            path=path,
            query=parse_qs(raw_query, keep_blank_values=True),
            headers={name.lower(): value for name, value in (headers or {}).items()},
            body=body,
            host=host,
            scheme=scheme,
            segments=tuple(unquote(part) for part in path[1:].split("/")) if path != "/" else (),
            target=target,
        )

    @property
    def origin(self) -> str:
        """Scheme and host as the client knows them; every absolute URL in an answer starts with this."""
        return f"{self.scheme}://{self.host}"

    def first(self, name: str) -> str | None:
        """The first value of a query parameter, or None."""
        values = self.query.get(name)
        return values[0] if values else None

    def json(self) -> Any:
        """The body as JSON. Raises UnreadableBody."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise UnreadableBody(str(error)) from error

    def form(self) -> dict[str, str]:
        """The body as a form, first value of each name."""
        text = self.body.decode("utf-8", "replace")
        return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A complete answer. A ``Content-Length`` larger than the body means: the body is cut there."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def with_headers(self, **extra: str) -> HttpResponse:
        """The same answer with more headers; underscores in the names become hyphens."""
        named = {name.replace("_", "-"): value for name, value in extra.items()}
        return replace(self, headers={**self.headers, **named})

    def json(self) -> Any:
        """The body as JSON (for callers in process)."""
        return orjson.loads(self.body)

    @property
    def is_cut(self) -> bool:
        """The headers promise more bytes than there are."""
        promised = self.headers.get("Content-Length")
        return promised is not None and int(promised) > len(self.body)


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """No complete answer reaches the client.

    applied: whether the org acted on the request. reached: False only if the connection was refused, so that
    the client can know for certain that nothing was sent.
    """

    applied: bool
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Late:
    """Nothing is applied yet: wait this many seconds, then call ``handle_now`` and send the answer, or drop it."""

    seconds: float


Answer = HttpResponse | ConnectionLost | Late

_JSON_HEADERS = {"Content-Type": "application/json;charset=UTF-8"}


def json_response(status: int, document: Any, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An answer with a JSON body."""
    body = orjson.dumps(document)
    return HttpResponse(status, {**_JSON_HEADERS, **headers} if headers else _JSON_HEADERS, body)


@functools.lru_cache(maxsize=64)
def http_date(at: datetime) -> str:
    """A moment as the Date header writes it, to the second."""
    return format_datetime(at.replace(microsecond=0), usegmt=True)
