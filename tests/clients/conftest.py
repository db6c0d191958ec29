"""Worlds for clients, and the list of what the clients did, printed at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from .node_clients import installed
from .world import World, why_impossible, world

_SEEN: dict[str, list[str]] = {}


@pytest.fixture(scope="module")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A fresh world for a client: Salesforce org ``tokyo``, and a HubSpot portal."""
    reason = why_impossible()
    if reason is not None:
        pytest.skip(reason)
    with world(tmp_path_factory.mktemp("world")) as made:
        made.seen = _SEEN
        yield made


@pytest.fixture(scope="session")
def node_clients() -> Path:
    """Where the clients for Node are."""
    return installed()


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Which client performed which operations."""
    for client, operations in _SEEN.items():
        terminalreporter.section(f"{client}: {len(operations)} operations")
        terminalreporter.write_line(", ".join(operations))
