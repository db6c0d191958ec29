"""Search: filters, sorting and paging over what the index shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Final

from ..kernel.clock import Clock
from ..kernel.faults import FaultPlan
from ..kernel.rows import Row
from .properties import Property
from .records import MERGED_INTO, Look, Records
from .wire import bad_request, midnight, milliseconds

MOST_GROUPS: Final = 5
MOST_FILTERS: Final = 6
MOST_IN_ALL: Final = 18
LARGEST_PAGE: Final = 200
LAST_RESULT: Final = 10_000
LONGEST_BODY: Final = 3_000

Comparable = str | float | None
Seen = tuple[Row, Look]
Test = Callable[[Row, Look], bool]
Reader = Callable[[Row, Look], Comparable]

_TOKEN = re.compile(r"[^\s,;.@]+")


@dataclass(frozen=True, slots=True)
class Found:
    """One page: the rows as the index shows them, how many there are in all, and where the next page begins."""

    rows: list[Seen]
    total: int
    next_after: int | None


def find(records: Records, body: Mapping[str, Any], clock: Clock, faults: FaultPlan) -> Found:
    """Carry a search out. Raises Refusal."""
    limit = _number(body, "limit", 10)
    after = _number(body, "after", 0)
    if not 0 < limit <= LARGEST_PAGE:
        raise bad_request(f"The limit must be between 1 and {LARGEST_PAGE}, but was {limit}")
    if after + 1 > LAST_RESULT:
        raise bad_request(f"The search is limited to the first {LAST_RESULT} results; after was {after}")
    matches = _condition(records, body)
    name, descending = _order(records, body)
    stale = faults.fire("reads.stale")
    found = [seen for seen in _seen(records, clock, stale, _least_id(body)) if matches(*seen)]
    if name != "hs_object_id" or descending:  # they come in the order of their ids
        key = _reader(records, _known(records, name))
        found.sort(key=lambda seen: (_rank(key(*seen)), int(seen[0].id)), reverse=descending)
    end = after + limit
    return Found(found[after:end], len(found), end if end < len(found) else None)


def _seen(records: Records, clock: Clock, stale: float | None, above: int) -> Iterator[Seen]:
    """Every row that the index shows with an id above one. stale: rows written in the last so many seconds look as they did before."""
    since = clock.now() - timedelta(seconds=stale) if stale is not None else None
    index = records.index
    for row_id in records.unique.ids_after(above):
        row = records.table.get(str(row_id))
        if row is None:
            continue
        version: Look | None = row if index.is_current(row) else index.view(row)
        if since is not None and row.modified_at > since:
            version = row.before
        if version is not None and version.deleted_at is None and MERGED_INTO not in version.values:
            yield row, version


def _least_id(body: Mapping[str, Any]) -> int:
    """The id that all results must be above, where the only filter group says so: it saves looking at the others."""
    groups = body.get("filterGroups") or []
    if len(groups) != 1:
        return 0
    bounds = [
        int(str(each.get("value")))
        for each in groups[0].get("filters") or ()
        if each.get("propertyName") == "hs_object_id"
        and each.get("operator") == "GT"
        and str(each.get("value")).isdecimal()
    ]
    return max(bounds, default=0)


def _rank(value: Comparable) -> tuple[int, Any]:
    """Numbers, then texts, then what has no value."""
    if value is None:
        return (2, 0)
    return (1, value) if isinstance(value, str) else (0, value)


def _number(body: Mapping[str, Any], name: str, default: int) -> int:
    raw = body.get(name)
    if raw is None or raw == "":
        return default
    if isinstance(raw, bool) or not str(raw).isdecimal():
        raise bad_request(f"Invalid input JSON: the value of {name} is not an integer")
    return int(raw)


# -- conditions ----------------------------------------------------------------------------------------------


def _condition(records: Records, body: Mapping[str, Any]) -> Test:
    groups = body.get("filterGroups") or []
    if not groups and body.get("filters"):
        groups = [{"filters": body["filters"]}]
    sizes = [len(group.get("filters") or ()) for group in groups]
    if len(groups) > MOST_GROUPS:
        raise bad_request(f"A search may have at most {MOST_GROUPS} filter groups, but has {len(groups)}")
    if max(sizes, default=0) > MOST_FILTERS or sum(sizes) > MOST_IN_ALL:
        raise bad_request(f"At most {MOST_FILTERS} filters in a group and {MOST_IN_ALL} in all are allowed")
    either = [[_filter(records, each) for each in group.get("filters") or ()] for group in groups]
    words = _query(records, body.get("query"))

    def matches(row: Row, version: Look) -> bool:
        if words is not None and not words(row, version):
            return False
        return not either or any(all(test(row, version) for test in tests) for tests in either)

    return matches


def _query(records: Records, query: Any) -> Test | None:
    if not query:
        return None
    wanted = str(query).lower()

    def contains(row: Row, version: Look) -> bool:
        return any(
            wanted in (records.value(row, version, name) or "").lower() for name in records.kind.searched
        )

    return contains


def _filter(records: Records, each: Mapping[str, Any]) -> Test:
    name, operator = str(each.get("propertyName", "")), str(each.get("operator", ""))
    definition = _known(records, name)
    read = _reader(records, definition)
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        wanted = operator == "HAS_PROPERTY"
        return lambda row, version: (read(row, version) is not None) == wanted
    if operator in {"IN", "NOT_IN"}:
        return _membership(definition, read, each, inside=operator == "IN")
    if operator in {"CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}:
        return _tokens(read, each, inside=operator == "CONTAINS_TOKEN")
    return _comparison(definition, read, operator, each)


def _membership(definition: Property, read: Reader, each: Mapping[str, Any], inside: bool) -> Test:
    if not isinstance(each.get("values"), list) or not each["values"]:
        raise bad_request(f"The filter on {definition.name} needs a list of values")
    # Text is indexed in lower case, and IN compares without folding what it is given: capitals never match.
    wanted = {
        str(value) if definition.type == "string" else _comparable(definition, value)
        for value in each["values"]
    }

    def test(row: Row, version: Look) -> bool:
        value = read(row, version)
        return value is not None and any(part in wanted for part in _parts(definition, value)) == inside

    return test


def _parts(definition: Property, value: Comparable) -> list[Comparable]:
    return list(value.split(";")) if definition.many and isinstance(value, str) else [value]


def _tokens(read: Reader, each: Mapping[str, Any], inside: bool) -> Test:
    pattern = str(each.get("value", "")).lower()

    def test(row: Row, version: Look) -> bool:
        value = read(row, version)
        if value is None:
            return not inside
        text = str(value)
        hit = fnmatchcase(text, pattern) or any(fnmatchcase(word, pattern) for word in _TOKEN.findall(text))
        return hit == inside

    return test


def _comparison(definition: Property, read: Reader, operator: str, each: Mapping[str, Any]) -> Test:
    if "value" not in each:
        raise bad_request(f"The filter on {definition.name} needs a value")
    value: Any = _comparable(definition, each["value"])
    high: Any = (
        _comparable(definition, each["highValue"]) if operator == "BETWEEN" and "highValue" in each else None
    )
    tests: dict[str, Callable[[Any], bool]] = {
        "EQ": lambda seen: any(part == value for part in _parts(definition, seen)),
        "NEQ": lambda seen: all(part != value for part in _parts(definition, seen)),
        "LT": lambda seen: bool(seen < value),
        "LTE": lambda seen: bool(seen <= value),
        "GT": lambda seen: bool(seen > value),
        "GTE": lambda seen: bool(seen >= value),
    }
    if high is not None:
        tests["BETWEEN"] = lambda seen: bool(value <= seen <= high)
    compare = tests.get(operator)
    if compare is None:
        raise bad_request(f"Invalid operator for the filter on {definition.name}: {operator}")

    def test(row: Row, version: Look) -> bool:
        seen = read(row, version)
        return seen is not None and type(seen) is type(value) and compare(seen)

    return test


# -- values as the index compares them -----------------------------------------------------------------------


def _reader(records: Records, definition: Property) -> Reader:
    name = definition.name
    if name == "hs_object_id":
        return lambda row, _: float(row.id)
    if name in {"createdate", "hs_createdate"}:
        return lambda row, _: float(milliseconds(row.created_at))
    if name in {"lastmodifieddate", "hs_lastmodifieddate"}:
        return lambda _, version: float(milliseconds(version.modified_at))
    if name in records.computed or name in {"hs_object_source", "hs_object_source_id"}:
        return lambda row, version: _indexed(definition, records.value(row, version, name))
    if definition.type in {"number", "date", "datetime"}:
        return lambda _, version: _indexed(definition, version.values.get(name))
    return lambda _, version: (version.values.get(name) or "").lower() or None


def _indexed(definition: Property, value: str | None) -> Comparable:
    """A stored value as the index holds it; what cannot be read as the type is not in the index."""
    if value is None or value == "":
        return None
    try:
        return _typed(definition, value)
    except (ValueError, OverflowError, OSError):
        return None


def _comparable(definition: Property, value: Any) -> Comparable:
    """A filter's value in the index's terms. Raises Refusal."""
    try:
        return _typed(definition, str(value))
    except (ValueError, OverflowError, OSError) as error:
        raise bad_request(
            f"The value {value} of the filter on {definition.name} is not a {definition.type}"
        ) from error


def _typed(definition: Property, text: str) -> Comparable:
    if definition.type == "number":
        return float(text)
    if definition.type in {"date", "datetime"}:
        return _moment(text)
    return text.lower()


def _moment(text: str) -> float:
    """Milliseconds, from milliseconds or ISO 8601."""
    if text.lstrip("-").isdecimal():
        return float(text)
    at = datetime.fromisoformat(text)
    if len(text) == len("2026-01-01"):
        return float(milliseconds(midnight(at.date())))
    return float(milliseconds(at.replace(tzinfo=UTC) if at.tzinfo is None else at))


# -- order ---------------------------------------------------------------------------------------------------


def _order(records: Records, body: Mapping[str, Any]) -> tuple[str, bool]:
    """The property to sort by and whether downwards; only the first rule counts, and createdate is the default."""
    sorts = body.get("sorts") or ["createdate"]
    first = sorts[0] if isinstance(sorts, list) else sorts
    if isinstance(first, Mapping):
        name, descending = str(first.get("propertyName", "")), first.get("direction") == "DESCENDING"
    else:
        name, descending = str(first).lstrip("-"), str(first).startswith("-")
    _known(records, name)
    return name, descending


def _known(records: Records, name: str) -> Property:
    definition = records.properties.get(name)
    if definition is None:
        raise bad_request(f"There was a problem with the request. Property '{name}' does not exist")
    return definition
