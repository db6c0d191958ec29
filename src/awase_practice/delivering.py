"""Sends what an org wants to tell by itself."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp

from .kernel.deliveries import Delivers, Delivery

_PAUSE: Final = 0.05
"""Seconds between looks at what is due."""


async def keep_delivering(org: Delivers) -> None:
    """Send what is due until cancelled, all that is due at a time at once."""
    async with aiohttp.ClientSession() as session:
        while True:
            due = org.deliveries_due()
            for each, status in zip(
                due, await asyncio.gather(*(_send(session, each) for each in due)), strict=True
            ):
                org.delivered(each.number, status)
            await asyncio.sleep(_PAUSE)


async def _send(session: aiohttp.ClientSession, delivery: Delivery) -> int | None:
    limit = aiohttp.ClientTimeout(total=delivery.timeout)
    try:
        async with session.post(
            delivery.url,
            data=delivery.body,
            headers=delivery.headers,
            timeout=limit,
            allow_redirects=False,
        ) as answer:
            return answer.status
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None
