"""What holds for every answer, whatever gives it: loopback names only, and headers that let a browser do nothing more.

A page on another site can make a browser resolve that site's name to 127.0.0.1 and read what answers there (DNS
rebinding); the Host header then still bears the site's name, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}

_LOOPBACK_HOST = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
_REFUSAL = (
    "Awase answers to localhost, 127.0.0.1 and [::1] only.\n"
    "Awaseはlocalhost、127.0.0.1、[::1]宛の要求だけに応えます。\n"
).encode()


class Guard:
    """Wraps the application; also what its framework answers by itself passes here."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with_security(list(message.get("headers", ())))
            await send(message)

        if scope["type"] == ScopeType.HTTP and not _host_is_loopback(list(scope["headers"])):
            await _refuse(send_guarded)
            return
        await self._application(scope, receive, send_guarded)


def _host_is_loopback(headers: list[tuple[bytes, bytes]]) -> bool:
    hosts = [value for name, value in headers if name.lower() == b"host"]
    return len(hosts) == 1 and _LOOPBACK_HOST.fullmatch(hosts[0].decode("latin-1")) is not None


def _with_security(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    kept = [
        (name, value) for name, value in headers if name.decode("latin-1").lower() not in SECURITY_HEADERS
    ]
    return kept + [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


async def _refuse(send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(_REFUSAL)).encode()),
    ]
    await send({"type": "http.response.start", "status": 421, "headers": headers})
    await send({"type": "http.response.body", "body": _REFUSAL, "more_body": False})
