"""The practice portal over real HTTP on this machine, as a client meets it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from awase_practice.hubspot.org import HubSpotPortal
from awase_practice.kernel.clock import RealClock
from awase_practice.kernel.faults import FaultPlan
from awase_practice.server import PracticeServer

CONTACTS = "/crm/objects/2026-09/contacts"
Body = Callable[[PracticeServer, aiohttp.ClientSession], Awaitable[None]]


def _with_portal(body: Body) -> None:
    async def run() -> None:
        faults = FaultPlan(1)
        server = PracticeServer(HubSpotPortal(name="練習", clock=RealClock(), faults=faults), faults)
        await server.start()
        headers = {"Authorization": f"Bearer {server.org.credentials['access_token']}"}
        limit = aiohttp.ClientTimeout(total=20)
        try:
            async with aiohttp.ClientSession(headers=headers, timeout=limit) as session:
                await body(server, session)
        finally:
            await server.stop()

    asyncio.run(run())


async def _call(session: aiohttp.ClientSession, method: str, url: str, body: Any = None) -> tuple[int, Any]:
    async with session.request(method, url, json=body) as answer:
        return answer.status, await answer.json() if answer.content_length else None


def test_people_are_loaded_read_changed_and_told_by_the_control_port() -> None:
    async def body(server: PracticeServer, session: aiohttp.ClientSession) -> None:
        people = [
            {"email": f"p{i}@example.jp", "lastname": f"佐藤{i}", "industry": "製造業"} for i in range(250)
        ]
        load = {"objects": {"contact": people}, "author": "user:seed"}
        status, loaded = await _call(session, "POST", f"{server.control_url}/_practice/load", load)
        assert (status, len(loaded["ids"]["contact"])) == (200, 250)

        url: str | None = f"{server.url}{CONTACTS}?limit=100&properties=email,industry"
        seen: list[str] = []
        while url:
            _, page = await _call(session, "GET", url)
            seen += [each["id"] for each in page["results"]]
            url = page.get("paging", {}).get("next", {}).get("link")
        assert seen == loaded["ids"]["contact"]

        inputs = [
            {"id": each, "objectWriteTraceId": each, "properties": {"jobtitle": "部長"}}
            for each in seen[:100]
        ]
        status, written = await _call(
            session, "POST", f"{server.url}{CONTACTS}/batch/update", {"inputs": inputs}
        )
        assert (status, len(written["results"])) == (200, 100)
        _, past = await _call(
            session, "GET", f"{server.control_url}/_practice/history?object=contact&id={seen[0]}"
        )
        assert (past[-1]["field"], past[-1]["author"]) == ("jobtitle", server.org.credentials["app_id"])

    _with_portal(body)


def test_a_lost_answer_leaves_a_record_that_its_key_finds() -> None:
    async def body(server: PracticeServer, session: aiohttp.ClientSession) -> None:
        faults = {"seed": 1, "arm": {"call.answer_lost": {"chance": 1.0, "times": 1}}}
        await _call(session, "POST", f"{server.control_url}/_practice/faults", faults)
        new = {"inputs": [{"objectWriteTraceId": "1", "properties": {"lastname": "佐藤", "awase_key": "k1"}}]}
        lost = False
        try:
            await _call(session, "POST", f"{server.url}{CONTACTS}/batch/create", new)
        except aiohttp.ClientError:
            lost = True
        assert lost
        wanted = {"idProperty": "awase_key", "inputs": [{"id": "k1"}], "properties": ["lastname"]}
        status, found = await _call(session, "POST", f"{server.url}{CONTACTS}/batch/read", wanted)
        assert (status, [each["properties"]["lastname"] for each in found["results"]]) == (200, ["佐藤"])

    _with_portal(body)


def test_signing_in_by_oauth_and_the_practice_page_need_no_token() -> None:
    async def body(server: PracticeServer, session: aiohttp.ClientSession) -> None:
        del session
        known = server.org.credentials
        form = {name: known[name] for name in ("client_id", "client_secret", "refresh_token")}
        async with aiohttp.ClientSession() as stranger:
            _, page = await _call(stranger, "GET", f"{server.url}/.well-known/awase-practice")
            assert page == {"practice": True, "vendor": "hubspot", "org_id": server.org.org_id}
            assert (await _call(stranger, "GET", f"{server.url}{CONTACTS}"))[0] == 401
            form["grant_type"] = "refresh_token"
            async with stranger.post(f"{server.url}/oauth/2026-09/token", data=form) as answer:
                token = (await answer.json())["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            async with stranger.get(f"{server.url}/account-info/v3/details", headers=headers) as answer:
                assert (answer.status, "Date" in answer.headers) == (200, True)

    _with_portal(body)
