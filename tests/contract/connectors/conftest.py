"""Both connectors, each at an org of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.connectors.side import HUBSPOT, SALESFORCE, Side, connected


@pytest.fixture(params=["hubspot", "hubspot v3", "salesforce"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    """A connector of either vendor, HubSpot's in both of its families of paths."""
    vendor, _, version = str(request.param).partition(" ")
    with connected(HUBSPOT if vendor == "hubspot" else SALESFORCE, version or "2026-09") as found:
        yield found


@pytest.fixture(params=["2026-09", "v3"])
def hubspot(request: pytest.FixtureRequest) -> Iterator[Side]:
    with connected(HUBSPOT, str(request.param)) as found:
        yield found


@pytest.fixture
def salesforce() -> Iterator[Side]:
    with connected(SALESFORCE) as found:
        yield found
