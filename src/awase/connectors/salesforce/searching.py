"""A filter as conditions of SOQL: names are checked, values are quoted, and what cannot be asked is refused before.

The vendor compares texts without regard to case, but minds their width; an empty text is null there (confirmed).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Never

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.related import path_fields
from awase.core.filters import Condition, fields_of
from awase.core.importing import Search
from awase.core.schema import Field, ObjectSchema
from awase.core.values import Kind, as_text, canonical
from awase.errors import BadInput
from awase.ports.flows import Flow

_NAMED = frozenset({"id", "reference"})
"""Types whose values are ids: compared whole, never by a part."""
_LONGEST = 4_000
"""Characters of one text in a condition (confirmed)."""


def prepare(api_version: str, object: ObjectSchema, tests: Sequence[Condition]) -> Flow[Never, Search]:
    """``tests`` with the fields they look at. Raises BadInput for what cannot be asked of this object."""
    names = fields_of(tests)
    found = yield from path_fields(api_version, object.name, names)
    for name in names:
        if name not in found:
            raise _missing(object, name)
        if not found[name][1]:
            raise BadInput(
                "Salesforce cannot filter {object} by {field} ({type})",
                where="--where",
                remedy="Choose another field; long texts can be read but not asked for.",
                object=object.name,
                field=name,
                type=found[name][0].vendor_type,
            )
    search = Search(tuple(tests), {name: field for name, (field, _) in found.items()})
    conditions(search)
    return search


def _missing(object: ObjectSchema, name: str) -> BadInput:
    near = difflib.get_close_matches(name, list(object.fields), n=3, cutoff=0.7)
    return BadInput(
        "the filter looks at {object}.{field}, which does not exist (any more), or which the integration user may not see",
        where="--where",
        remedy="Did you mean {near}? A field of one object only is written with the object: {example}."
        if near
        else "Correct the name. A field of one object only is written with the object: {example}.",
        object=object.name,
        field=name,
        near=", ".join(near),
        example="Contact.Account.Name",
    )


def conditions(search: Search) -> list[str]:
    """The conditions of SOQL that hold where all of the search's tests do. Raises BadInput."""
    return [_condition(test, search.fields) for test in search.tests]


def _condition(test: Condition, fields: Mapping[str, Field]) -> str:
    parts = list(_parts(test, fields[test.field])) if test.field else []
    if test.any_of:
        parts.append(_any(_condition(one, fields) for one in test.any_of))
    return f"({' AND '.join(parts)})"


def _any(parts: Iterable[str]) -> str:
    return f"({' OR '.join(parts)})"


def _parts(test: Condition, field: Field) -> Iterator[str]:
    path = soql.path(test.field)
    if test.filled:
        yield f"{path} != null"
    if test.blank:
        yield f"{path} = null"
    if test.is_in:
        yield _one_of(path, test, field, test.is_in)
    if test.is_not:
        # Who has no value at all has none of these either.
        yield f"((NOT {_one_of(path, test, field, test.is_not)}) OR {path} = null)"
    for values, anywhere in ((test.contains, True), (test.starts_with, False)):
        if values:
            if field.kind != Kind.TEXT or field.vendor_type in _NAMED:
                raise _unfit(test, field)
            yield _any(f"{path} LIKE {soql.like(_short(one), anywhere=anywhere)}" for one in values)
    for limit, sign in ((test.at_least, ">="), (test.at_most, "<=")):
        if limit is not None:
            if field.kind in (Kind.TEXT, Kind.TEXTS, Kind.BOOLEAN):
                raise _unfit(test, field)
            yield f"{path} {sign} {_literal(limit, test, field)}"


def _one_of(path: str, test: Condition, field: Field, values: Sequence[str]) -> str:
    if field.kind == Kind.TEXT:
        return f"{path} IN ({','.join(_literal(one, test, field) for one in values)})"
    if field.kind == Kind.TEXTS:
        return f"{path} INCLUDES ({','.join(_literal(one, test, field) for one in values)})"
    return _any(f"{path} = {_literal(one, test, field)}" for one in values)


def _literal(text: str, test: Condition, field: Field) -> str:
    """One value as the vendor wants it for a field of this kind."""
    try:
        value = canonical(text, field.kind)
    except (ValueError, TypeError) as problem:
        raise _unfit(test, field, str(problem)) from None
    match field.kind:
        case Kind.TEXT:
            return soql.text(_short(text))
        case Kind.TEXTS if ";" in text:
            # The vendor would take it for several values that all have to be there.
            raise _unfit(test, field, text)
        case Kind.TEXTS:
            return soql.text(_short(text))
        case Kind.DATETIME:
            return soql.moment(value)  # type: ignore[arg-type]
        case _:
            return as_text(value) or "null"


def _short(text: str) -> str:
    if len(text) > _LONGEST:
        raise BadInput(
            "a value of the filter is longer than {limit} characters", where="--where", limit=_LONGEST
        )
    return text


def _unfit(test: Condition, field: Field, words: str = "") -> BadInput:
    return BadInput(
        "this test does not fit {field}, which is {type}: {words}",
        where="--where",
        remedy="Parts are asked of texts, limits of numbers, dates (2026-01-31) and moments (2026-01-31T09:00:00+09:00).",
        field=test.field,
        type=field.vendor_type,
        words=words or "-",
    )
