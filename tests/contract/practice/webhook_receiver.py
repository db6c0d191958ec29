"""A small receiver of webhooks on this machine, which checks signatures as an app must."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

_WAIT = 15.0


@dataclass
class Receiver:
    """What arrived, call by call. status: what it answers."""

    secret: str
    status: int = 200
    url: str = ""
    calls: list[list[dict[str, Any]]] = field(default_factory=list)
    unsigned: list[str] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events of all calls."""
        return [event for call in self.calls for event in call]

    def until(self, enough: Callable[[Receiver], bool]) -> None:
        """Wait until it has what is wanted; fails the test if that does not come."""
        deadline = time.monotonic() + _WAIT
        while not enough(self):
            assert time.monotonic() < deadline, self.calls
            time.sleep(0.01)

    def _accept(self, headers: Any, path: str, body: bytes) -> int:
        sent = headers["X-HubSpot-Request-Timestamp"]
        uri = self.url.removesuffix("/hook") + path
        said = b"POST" + uri.encode() + body + sent.encode()
        v3 = base64.b64encode(hmac.new(self.secret.encode(), said, hashlib.sha256).digest()).decode()
        v1 = hashlib.sha256(self.secret.encode() + body).hexdigest()
        if headers["X-HubSpot-Signature-v3"] != v3:
            self.unsigned.append("v3")
        if (headers["X-HubSpot-Signature"], headers["X-HubSpot-Signature-Version"]) != (v1, "v1"):
            self.unsigned.append("v1")
        if abs(time.time() * 1000 - int(sent)) > 300_000:
            self.unsigned.append("late")
        status = self.status
        self.calls.append(json.loads(body))
        return status


@contextmanager
def receiver(secret: str) -> Iterator[Receiver]:
    """One that listens as long as the block lasts."""
    it = Receiver(secret)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(it._accept(self.headers, self.path, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    it.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield it
    finally:
        server.shutdown()
        thread.join(_WAIT)
        server.server_close()
