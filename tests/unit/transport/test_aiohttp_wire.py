"""The one HTTP client, against real servers on loopback."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import ipaddress
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from awase.runtime.clock import SystemClock
from awase.runtime.tasks import AsyncioTasks
from awase.transport.aiohttp_wire import AiohttpWire
from awase.transport.wire import WireFailure, WireRequest, WireResponse
from tests.unit.transport.stub_vendor import Bench, StubConnector, StubVendor, asking
from tests.unit.transport.test_session import bodies

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncGenerator[str, None]:
    """The base URL of an HTTP server that answers everything by ``handler``."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def talking(raw: Raw) -> AsyncGenerator[str, None]:
    """The base URL of a server that speaks raw bytes."""

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await raw(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(closing, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def send(
    server: Callable[[], Any], path: str = "/a", seconds: float = 20.0, **wire: Any
) -> WireResponse | WireFailure:
    async def main() -> WireResponse | WireFailure:
        async with server() as base_url, AiohttpWire(**wire) as client:
            return await client.send(WireRequest("GET", base_url + path, {}), seconds)

    return asyncio.run(main())


def http(handler: Handler) -> Callable[[], Any]:
    return lambda: serving(handler)


def raw(talk: Raw) -> Callable[[], Any]:
    return lambda: talking(talk)


def test_url_headers_and_body_arrive_exactly_as_written() -> None:
    seen: dict[str, Any] = {}

    async def handler(request: web.Request) -> web.Response:
        seen.update(
            method=request.method,
            path=request.raw_path,
            auth=request.headers["Authorization"],
            body=await request.read(),
        )
        return web.Response(status=201, body=b"made", headers={"X-Left": "7"})

    async def main() -> WireResponse | WireFailure:
        async with serving(handler) as base_url, AiohttpWire() as wire:
            url = f"{base_url}/q%2Fx?q=SELECT+Id%2B%27a%27&b=%E5%90%88"
            return await wire.send(WireRequest("PATCH", url, {"Authorization": "Bearer t"}, b"\x00body"), 20)

    answer = asyncio.run(main())
    assert isinstance(answer, WireResponse)
    assert (answer.status, answer.body, answer.headers["x-left"]) == (201, b"made", "7")
    assert seen == {
        "method": "PATCH",
        "path": "/q%2Fx?q=SELECT+Id%2B%27a%27&b=%E5%90%88",
        "auth": "Bearer t",
        "body": b"\x00body",
    }


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    answer = send(http(handler))
    assert isinstance(answer, WireResponse)
    assert answer.status == 302


def test_proxy_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    async def handler(request: web.Request) -> web.Response:
        return web.Response()

    assert isinstance(send(http(handler)), WireResponse)


def test_no_cookie_is_kept() -> None:
    async def handler(request: web.Request) -> web.Response:
        answer = web.Response(text=str(len(request.cookies)))
        answer.set_cookie("session", "someone")
        return answer

    async def main() -> list[bytes]:
        async with serving(handler) as base_url, AiohttpWire() as wire:
            answers = [await wire.send(WireRequest("GET", base_url, {}), 20) for _ in range(2)]
            return [answer.body for answer in answers if isinstance(answer, WireResponse)]

    assert asyncio.run(main()) == [b"0", b"0"]


def test_a_refused_connection_was_certainly_not_sent() -> None:
    async def main() -> WireResponse | WireFailure:
        async with talking(_silence) as base_url:
            pass
        async with AiohttpWire() as wire:
            return await wire.send(WireRequest("GET", base_url, {}), 20)

    assert asyncio.run(main()) == WireFailure("127.0.0.1 refused the connection", maybe_sent=False)


def test_an_unknown_host_name_is_named_and_was_certainly_not_sent() -> None:
    async def main() -> WireResponse | WireFailure:
        async with AiohttpWire() as wire:
            return await wire.send(WireRequest("GET", "https://no-such-host.invalid/secret?q=x", {}), 20)

    assert asyncio.run(main()) == WireFailure(
        "the host name no-such-host.invalid is unknown", maybe_sent=False
    )


async def _silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def _cut_short(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await writer.drain()


async def _nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"220 mail.example ESMTP\r\n\r\n")
    await writer.drain()


@pytest.mark.parametrize("talk", [_hang_up, _cut_short, _nonsense])
def test_a_connection_that_breaks_off_may_have_been_acted_on(talk: Raw) -> None:
    answer = send(raw(talk), "/path?secret=1")
    assert isinstance(answer, WireFailure)
    assert answer.maybe_sent
    assert "127.0.0.1 broke off" in answer.reason
    assert "secret" not in answer.reason


def test_an_answer_that_takes_too_long_may_have_been_acted_on() -> None:
    answer = send(raw(_silence), seconds=0.05)
    assert answer == WireFailure("no complete answer from 127.0.0.1 within 0.05 s", maybe_sent=True)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_no_call_is_sent_twice_when_a_kept_connection_was_closed(method: str) -> None:
    calls: list[str] = []

    async def closes_at_the_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""):
            head = await reader.readuntil(b"\r\n\r\n")
            calls.append(head.split(b" ", 1)[0].decode())
            writer.write(answer)
            await writer.drain()

    async def main() -> list[bool]:
        async with talking(closes_at_the_second) as base_url, AiohttpWire() as wire:
            answers = [await wire.send(WireRequest(name, base_url, {}), 20) for name in ("GET", method)]
            return [isinstance(answer, WireResponse) for answer in answers]

    assert asyncio.run(main()) == [True, False]
    assert calls == ["GET", method]


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_without_bound_is_dropped(packed: bool) -> None:
    async def handler(request: web.Request) -> web.Response:
        body = b"0" * 1_000_000
        return (
            web.Response(body=gzip.compress(body), headers={"Content-Encoding": "gzip"})
            if packed
            else web.Response(body=body)
        )

    answer = send(http(handler), largest_answer=100_000)
    assert answer == WireFailure("the answer of 127.0.0.1 is larger than 100000 bytes", maybe_sent=True)


def _self_signed(folder: Path) -> tuple[ssl.SSLContext, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, file


def test_a_server_that_cannot_prove_who_it_is_gets_no_request(tmp_path: Path) -> None:
    asked: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    server, file = _self_signed(tmp_path)
    refused = send(lambda: serving(handler, server))
    assert refused == WireFailure("127.0.0.1 could not prove who it is (certificate)", maybe_sent=False)
    assert asked == []
    trusted = ssl.create_default_context(cafile=str(file))
    assert isinstance(send(lambda: serving(handler, server), tls=trusted), WireResponse)


def test_verification_cannot_be_switched_off() -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with pytest.raises(ValueError, match="always verified"):
        AiohttpWire(tls=context)


def test_flows_run_over_real_http_with_one_sign_in() -> None:
    vendor = StubVendor(rotates=True)

    async def handler(request: web.Request) -> web.Response:
        heard = vendor.handle(
            WireRequest(request.method, str(request.url), request.headers, await request.read())
        )
        assert isinstance(heard, WireResponse)
        return web.Response(status=heard.status, body=heard.body, headers=heard.headers)

    async def main() -> None:
        async with serving(handler) as base_url, AiohttpWire() as wire:
            bench = Bench(AsyncioTasks(), SystemClock(), vendor, StubConnector(base_url), wire=wire)
            transport = bench.transport()
            assert bodies(await transport.run(asking(*"abcdefgh"))) == [
                letter.encode() for letter in "abcdefgh"
            ]
            vendor.tokens.clear()
            assert bodies(await transport.run(asking(*"abcdefgh"))) == [
                letter.encode() for letter in "abcdefgh"
            ]
            assert vendor.signed_in == 2
            assert bench.secrets.renewals == ["refresh-1", "refresh-2"]
            await transport.close()

    asyncio.run(main())
