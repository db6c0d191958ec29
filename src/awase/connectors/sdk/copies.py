"""A practice org's copy of itself, asked for like any other page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Never

import msgspec

from awase.connectors.sdk.bodies import expected
from awase.connectors.sdk.calls import ask_one
from awase.errors import NotConnected
from awase.ports.connector import PracticeCopy
from awase.ports.flows import Flow, Lane, Request, Response

_PAGE = "/.well-known/awase-practice/copy"


class _Said(msgspec.Struct, frozen=True):
    vendor: str
    name: str
    seed: int = 0


def read_copy(headers: Mapping[str, str]) -> Flow[Never, PracticeCopy]:
    """The org as it is now. Raises NotConnected where it gives no copy: only practice orgs do."""
    answer = yield from ask_one(Request("GET", _PAGE, headers=headers, lane=Lane.OTHER))
    said = expected(answer, _Said)
    if said is None or not isinstance(answer, Response):
        raise NotConnected(
            "the org gives no copy of itself",
            remedy="Only practice orgs do: connect to those (`awase practice up`) to prove what is foreseen.",
        )
    return PracticeCopy(said.vendor, said.name, said.seed, answer.body)
