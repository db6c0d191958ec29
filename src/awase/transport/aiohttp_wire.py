"""The wire in production: the one HTTP client of the engine.

It follows no redirect, keeps no cookie, reads no proxy variable, verifies TLS, bounds time and size, and never sends
a request twice by itself.
"""

from __future__ import annotations

import ssl
from types import TracebackType

import aiohttp
from yarl import URL

from awase.transport.wire import WireFailure, WireRequest, WireResponse

LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes of a decompressed body; no vendor page comes near it."""
CONNECT_SECONDS = 10.0
IDLE_SECONDS = 15.0
"""Shorter than servers keep an idle connection, so that a write rarely meets one that is just being closed."""
_CHUNK = 64 * 1024


class AiohttpWire:
    """``transport.wire.Wire`` over aiohttp; ``async with`` it, on the loop that will use it.

    ``tls`` replaces the system's certificates (an own certificate authority); it cannot switch verification off.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        largest_answer: int = LARGEST_ANSWER,
    ) -> None:
        if tls is not None and tls.verify_mode is not ssl.CERT_REQUIRED:
            raise ValueError("certificates of vendors are always verified")
        self._tls = tls
        self._connect_seconds = connect_seconds
        self._largest_answer = largest_answer
        self._client: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> AiohttpWire:
        self._client = aiohttp.ClientSession(
            # The transport bounds the calls in flight; a second bound here would only hide waiting.
            connector=aiohttp.TCPConnector(limit=0, ssl=self._tls or True, keepalive_timeout=IDLE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            raise_for_status=False,
            headers={"User-Agent": "awase"},
            middlewares=(_never_resent,),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def send(self, request: WireRequest, seconds: float) -> WireResponse | WireFailure:
        """See ``transport.wire.Wire``."""
        if self._client is None:
            raise RuntimeError("the wire is used inside `async with` only")
        host = URL(request.url).host or "no host"
        try:
            return await self._exchange(self._client, request, seconds)
        except aiohttp.ClientConnectorDNSError:
            return WireFailure(f"the host name {host} is unknown", maybe_sent=False)
        except aiohttp.ClientConnectorCertificateError:
            return WireFailure(f"{host} could not prove who it is (certificate)", maybe_sent=False)
        except aiohttp.ClientConnectorError:
            return WireFailure(f"{host} refused the connection", maybe_sent=False)
        except aiohttp.ConnectionTimeoutError:
            return WireFailure(
                f"no connection to {host} within {self._connect_seconds:g} s", maybe_sent=False
            )
        except TimeoutError:
            return WireFailure(f"no complete answer from {host} within {seconds:g} s", maybe_sent=True)
        except _TooLarge:
            return WireFailure(
                f"the answer of {host} is larger than {self._largest_answer} bytes", maybe_sent=True
            )
        except aiohttp.ClientError as failure:
            # The driver's own text may carry the URL; its class says enough.
            name = type(failure.__cause__ or failure).__name__
            return WireFailure(f"the connection to {host} broke off ({name})", maybe_sent=True)

    async def _exchange(
        self, client: aiohttp.ClientSession, request: WireRequest, seconds: float
    ) -> WireResponse:
        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=self._connect_seconds)
        async with client.request(
            request.method,
            URL(request.url, encoded=True),
            headers=request.headers,
            data=request.body,
            allow_redirects=False,
            timeout=limits,
        ) as answer:
            body = bytearray()
            async for chunk in answer.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > self._largest_answer:
                    raise _TooLarge
            headers: dict[str, str] = {}
            for name, value in answer.headers.items():
                known = headers.get(name.lower())
                headers[name.lower()] = value if known is None else f"{known}, {value}"
            return WireResponse(answer.status, headers, bytes(body))


class _TooLarge(Exception):
    """The answer is over the bound; what was read of it is dropped."""


class _BrokenOff(aiohttp.ClientError):
    """The connection ended before an answer."""


async def _never_resent(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending some methods again by itself when a kept connection turns out to be closed.

    Such a call would be counted by the vendor and not by us, and might be a second write (aiohttp 3.14: it resends
    upon these two errors unless they were raised while connecting).
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as failure:
        raise _BrokenOff from failure
