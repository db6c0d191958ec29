"""What a list that fills itself is filled by: a tree of conditions over properties and other lists (forms from memory)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..kernel.rows import Row
from .properties import Property
from .records import Records
from .values import as_text
from .wire import Refusal, bad_request

Test = Callable[[Row], bool]
InList = Callable[[str, str], bool]
"""Whether a list, by id, has a record, by id. Raises Refusal if there is no such list."""

_DEEPEST: Final = 10
_COMPARED: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "IS_EQUAL_TO": lambda seen, wanted: seen == wanted,
    "IS_NOT_EQUAL_TO": lambda seen, wanted: seen != wanted,
    "IS_GREATER_THAN": lambda seen, wanted: seen > wanted,
    "IS_GREATER_THAN_OR_EQUAL_TO": lambda seen, wanted: seen >= wanted,
    "IS_LESS_THAN": lambda seen, wanted: seen < wanted,
    "IS_LESS_THAN_OR_EQUAL_TO": lambda seen, wanted: seen <= wanted,
}
_WORDED: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "IS_EQUAL_TO": lambda seen, wanted: seen == wanted,
    "CONTAINS": lambda seen, wanted: wanted in seen,
    "STARTS_WITH": lambda seen, wanted: seen.startswith(wanted),
    "ENDS_WITH": lambda seen, wanted: seen.endswith(wanted),
}
_NEGATED: Final = {"IS_NOT_EQUAL_TO": "IS_EQUAL_TO", "DOES_NOT_CONTAIN": "CONTAINS"}


def condition(branch: Any, records: Records, in_list: InList, depth: int = 0) -> Test:
    """Which records a tree means. Raises Refusal.

    The root is an OR of ANDs; an AND may hold filters and further branches.
    """
    if not isinstance(branch, Mapping) or depth > _DEEPEST:
        raise _wrong("filterBranch must be an object, nested no deeper than 10 levels")
    kind = branch.get("filterBranchType")
    if kind not in {"OR", "AND"} or (depth == 0 and kind != "OR"):
        raise _wrong(f"a filterBranchType must be OR at the root and OR or AND below, but was {kind}")
    tests = [condition(each, records, in_list, depth + 1) for each in branch.get("filterBranches") or ()]
    tests += [_filter(each, records, in_list) for each in branch.get("filters") or ()]
    if kind == "OR":
        return lambda row: any(test(row) for test in tests)
    return lambda row: all(test(row) for test in tests)


def _filter(body: Any, records: Records, in_list: InList) -> Test:
    match body:
        case {"filterType": "IN_LIST", "listId": list_id}:
            wanted = body.get("operator", "IN_LIST") == "IN_LIST"
            return lambda row: in_list(str(list_id), row.id) == wanted
        case {"filterType": "PROPERTY", "property": str() as name, "operation": Mapping() as operation}:
            definition = records.properties.get(name)
            if definition is None:
                raise _wrong(f"Property {name} does not exist")
            return _on_property(records, definition, operation)
        case _:
            raise _wrong("a practice portal knows filters of the filterType PROPERTY and IN_LIST")


def _on_property(records: Records, definition: Property, operation: Mapping[str, Any]) -> Test:
    operator = str(operation.get("operator"))

    def read(row: Row) -> str | None:
        return records.value(row, row, definition.name)

    if operator in {"IS_KNOWN", "IS_UNKNOWN"}:
        return lambda row: (read(row) is not None) == (operator == "IS_KNOWN")
    said = operation.get("values", operation.get("value"))
    wanted = [as_text(each) for each in (said if isinstance(said, list) else [said])]
    with_none = operation.get("includeObjectsWithNoValueSet") is True
    decide = _decider(definition, str(operation.get("operationType")), operator, wanted)

    def test(row: Row) -> bool:
        seen = read(row)
        return with_none if seen is None else decide(seen)

    return test


def _decider(definition: Property, kind: str, operator: str, wanted: list[str]) -> Callable[[str], bool]:
    if kind == "ENUMERATION" and operator in {"IS_ANY_OF", "IS_NONE_OF"}:
        among = set(wanted)
        return lambda seen: bool(among & set(seen.split(";"))) == (operator == "IS_ANY_OF")
    if kind == "NUMBER" and operator in _COMPARED:
        compare, number = _COMPARED[operator], _number(wanted[0])
        return lambda seen: compare(_number(seen), number)
    if kind == "BOOL" and operator in {"IS_EQUAL_TO", "IS_NOT_EQUAL_TO"}:
        return lambda seen: (seen == wanted[0]) == (operator == "IS_EQUAL_TO")
    plain = _NEGATED.get(operator, operator)
    if kind in {"STRING", "MULTISTRING"} and plain in _WORDED:
        compare_words, words = _WORDED[plain], [each.lower() for each in wanted]
        return lambda seen: any(compare_words(seen.lower(), each) for each in words) == (plain == operator)
    raise _wrong(
        f"the operator {operator} of the operationType {kind} on {definition.name} is not known to a practice portal"
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise _wrong(f"{text} is no number") from error


def _wrong(text: str) -> Refusal:
    return bad_request(f"The list's filters cannot be used: {text}", sub_category="ILS.INVALID_FILTER")
