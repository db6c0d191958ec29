"""Rows of what an administrator sets up. A user without the right to view it gets none (from memory)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Never, TypeAlias, TypeVar

import msgspec

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.rest import query, query_path
from awase.connectors.sdk.bodies import expected
from awase.connectors.sdk.calls import ask, ask_one
from awase.ports.flows import Flow, Lane

Rows = TypeVar("Rows")
Row: TypeAlias = dict[str, Any]
Scalar: TypeAlias = str | bool | int | float | None


class _Plain(msgspec.Struct, frozen=True):
    records: list[Row]


def read_rows(
    api_version: str, names: Sequence[str], object: str, where: Sequence[str], shape: type[Rows]
) -> Flow[Never, Rows | None]:
    """One page of rows as ``shape``; None where the user may not see them: nothing of this kind is foreseen then."""
    answer = yield from ask_one(query(query_path(api_version, soql.select(names, object, where)), Lane.OTHER))
    return expected(answer, shape)


def read_plain_rows(api_version: str, queries: Sequence[str]) -> Flow[Never, list[list[Row] | None]]:
    """One page of rows of each query, all asked at once; None where the user may not see them."""
    requests = [query(query_path(api_version, text), Lane.OTHER) for text in queries]
    answers = (yield from ask(requests)) if requests else []
    found = [expected(answer, _Plain) for answer in answers]
    return [None if rows is None else rows.records for rows in found]


def value_at(row: Mapping[str, Any], path: str) -> Any:
    """The value at a path of relationship names; folded, as formulas do not mind case. None: it is empty."""
    here: Any = row
    for step in path.split("."):
        if not isinstance(here, Mapping):
            return None
        here = next((value for name, value in here.items() if name.casefold() == step.casefold()), None)
    return here
