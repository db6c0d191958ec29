"""Calls to a practice org's control API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import aiohttp
import orjson

from ..kernel.org import ControlRefused


class Control(Protocol):
    """The control API of one org."""

    async def ask(self, what: str, **parameters: str) -> Any:
        """Something without effect: ``rows``, ``state``, ``note``, ``history``. Raises ControlRefused."""
        ...

    async def tell(self, what: str, body: Mapping[str, Any]) -> Any:
        """Something to do: ``load``, ``edit``, ``pass-time``, ``schema`` … Raises ControlRefused."""
        ...


class ControlCaller:
    """``Control`` over HTTP."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        """url: where the control API listens, without a path."""
        self._url = url.rstrip("/")
        self._http = http

    async def ask(self, what: str, **parameters: str) -> Any:
        """See ``Control``."""
        async with self._http.get(f"{self._url}/_practice/{what}", params=parameters) as answer:
            return _content(answer.status, await answer.read())

    async def tell(self, what: str, body: Mapping[str, Any]) -> Any:
        """See ``Control``."""
        async with self._http.post(f"{self._url}/_practice/{what}", data=orjson.dumps(body)) as answer:
            return _content(answer.status, await answer.read())


def _content(status: int, body: bytes) -> Any:
    content = orjson.loads(body)
    if status != 200:
        raise ControlRefused(str(content.get("error", f"HTTP {status}")), content.get("details"))
    return content


async def load(control: Control, object: str, rows: Sequence[Mapping[str, Any]], author: str) -> list[str]:
    """Put rows in past the org's rules; their ids in order."""
    answer = await control.tell("load", {"objects": {object: list(rows)}, "author": author})
    ids: list[str] = answer["ids"][object]
    return ids


async def rows(control: Control, object: str, *, deleted: bool = False) -> list[dict[str, Any]]:
    """All live (or all deleted) rows of an object as stored."""
    parameters = {"deleted": "true"} if deleted else {}
    found: list[dict[str, Any]] = await control.ask("rows", object=object, **parameters)
    return found


async def pass_time(control: Control, seconds: float) -> None:
    """Move the org's clock on."""
    await control.tell("pass-time", {"seconds": seconds})
