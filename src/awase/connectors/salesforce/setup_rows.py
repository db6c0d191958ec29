"""Rows of what an administrator sets up. A user without the right to view it gets none (from memory)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Never, TypeVar

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.rest import query, query_path
from awase.connectors.sdk.bodies import expected
from awase.connectors.sdk.calls import ask_one
from awase.ports.flows import Flow, Lane

Rows = TypeVar("Rows")


def read_rows(
    api_version: str, names: Sequence[str], object: str, where: Sequence[str], shape: type[Rows]
) -> Flow[Never, Rows | None]:
    """One page of rows as ``shape``; None where the user may not see them: nothing of this kind is foreseen then."""
    answer = yield from ask_one(query(query_path(api_version, soql.select(names, object, where)), Lane.OTHER))
    return expected(answer, shape)
