"""Every option that ``awase.toml`` may hold, read off the structures of ``document``, with an example of each.

An example is the one its ``Meta`` gives; else what follows from the type and the default, so that only what a reader could
not guess has to be written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from msgspec import NODEFAULT, inspect

from awase.configuration.document import Document

ELEMENT = "[]"
"""In a path: any element of a list."""
NAME = "NAME"
"""In a path: a key that the reader chooses."""

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One key of one table."""

    path: Path
    kind: inspect.Type
    """Without what is said *about* it: no ``inspect.Metadata`` on the outside."""
    description: str
    """An English sentence; empty where it is missing."""
    examples: tuple[object, ...]
    """As TOML would be read; empty where one is missing."""
    required: bool
    default: object
    """None where there is none that could be shown."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the document, at one place."""

    path: Path
    tags: Mapping[Path, tuple[str, str]]
    """Path (this table's or that of one around it) → key and value that tell it from other kinds at the same place."""
    description: str
    options: tuple[Option, ...]

    @property
    def tag(self) -> tuple[str, str] | None:
        return self.tags.get(self.path)


def tables(model: type[msgspec.Struct] = Document) -> tuple[Table, ...]:
    """Every table, the outer ones first."""
    return tuple(_tables(_root(model), (), "", {}, ()))


def complete_document(model: type[msgspec.Struct] = Document) -> dict[str, Any]:
    """A document put together from the examples."""
    return _built(_root(model), ())


def with_example(
    table: Table,
    option: Option,
    example: object,
    *,
    alone: bool = False,
    model: type[msgspec.Struct] = Document,
) -> dict[str, Any]:
    """The complete document with ``example`` in its place; ``alone``: beside no other optional key of its table."""
    content = complete_document(model)
    known = {(one.path, one.tag): one for one in tables(model)}
    keys = {one.path: one for each in known.values() for one in each.options}
    place: Any = content
    for depth, step in enumerate(table.path, start=1):
        here = table.path[:depth]
        if step not in (ELEMENT, NAME) and step not in place:
            place[step] = deepcopy(keys[here].examples[0])
        place = _entered(place, step, known.get((here, table.tags.get(here))))
    if alone:
        needed = {other.path[-1] for other in table.options if other.required}
        for name in set(place) - needed:
            del place[name]
    place[option.path[-1]] = deepcopy(example)
    return content


def inner_tables(kind: inspect.Type) -> list[tuple[Path, inspect.StructType]]:
    """The kinds of table that a value of ``kind`` is or holds, with the steps that lead there.

    Those with a ``PAGE`` of their own are described there.
    """
    match kind:
        case inspect.Metadata(type=inner):
            return inner_tables(inner)
        case inspect.StructType(cls=cls):
            return [] if hasattr(cls, "PAGE") else [((), kind)]
        case inspect.UnionType(types=types):
            return [found for one in types for found in inner_tables(one)]
        case inspect.ListType(item_type=item):
            return [((ELEMENT, *path), found) for path, found in inner_tables(item)]
        case inspect.DictType(value_type=value):
            return [((NAME, *path), found) for path, found in inner_tables(value)]
    return []


def bare(kind: inspect.Type) -> inspect.Type:
    """``kind`` without what is said about it."""
    return bare(kind.type) if isinstance(kind, inspect.Metadata) else kind


def without_none(kind: inspect.UnionType) -> tuple[inspect.Type, ...]:
    """What may be written: TOML has no null."""
    return tuple(bare(one) for one in kind.types if not isinstance(one, inspect.NoneType))


def _root(model: type[msgspec.Struct]) -> inspect.StructType:
    found = inspect.type_info(model)
    assert isinstance(found, inspect.StructType)  # noqa: S101  for the type checker
    return found


def _tables(
    kind: inspect.StructType,
    path: Path,
    description: str,
    tags: Mapping[Path, tuple[str, str]],
    within: tuple[type, ...],
) -> Iterator[Table]:
    within = (*within, kind.cls)
    options = [_option(field, path, within) for field in kind.fields]
    if kind.tag_field:
        tags = {**tags, path: (kind.tag_field, str(kind.tag))}
        options.insert(0, _tag_option(tags[path], path))
    if path:
        yield Table(path, tags, description, tuple(options))
    for field in kind.fields:
        for steps, inner in inner_tables(field.type):
            if inner.cls not in within:
                here = (*path, field.encode_name, *steps)
                yield from _tables(inner, here, _said(field.type).get("description", ""), tags, within)


def _tag_option(tag: tuple[str, str], path: Path) -> Option:
    return Option(
        path=(*path, tag[0]),
        kind=inspect.LiteralType((tag[1],)),
        description="Says which kind of table this is.",
        examples=(tag[1],),
        required=True,
        default=None,
    )


def _option(field: inspect.Field, path: Path, within: tuple[type, ...]) -> Option:
    default = None if field.default is NODEFAULT else field.default
    return Option(
        path=(*path, field.encode_name),
        kind=bare(field.type),
        description=_said(field.type).get("description", ""),
        examples=_examples(field, within),
        required=field.required,
        default=None if isinstance(default, msgspec.Struct) else default,
    )


def _said(kind: inspect.Type) -> Mapping[str, Any]:
    """What the ``Meta`` of a type tells people."""
    if not isinstance(kind, inspect.Metadata):
        return {}
    return {**_said(kind.type), **(kind.extra_json_schema or {})}


def _examples(field: inspect.Field, within: tuple[type, ...]) -> tuple[object, ...]:
    declared = _said(field.type).get("examples")
    return tuple(declared) if declared else _following(bare(field.type), field.default, within)


def _following(kind: inspect.Type, default: object, within: tuple[type, ...]) -> tuple[object, ...]:
    """The examples that need not be written down."""
    match kind:
        case inspect.UnionType():
            return next(filter(None, (_following(one, default, within) for one in without_none(kind))), ())
        case inspect.LiteralType(values=values):
            return tuple(value for value in values if value != default)[:1] or values[:1]
        case inspect.BoolType():
            return (default is not True,)
        case inspect.IntType() | inspect.FloatType() | inspect.StrType():
            return () if default in (None, NODEFAULT) else (default,)
    inner = [found for _, found in inner_tables(kind) if found.cls not in within]
    if not inner:
        return ()
    built = [_built(one, within) for one in inner]
    match kind:
        case inspect.ListType():
            return (built,)
        case inspect.DictType():
            return (
                {str(one.tag or NAME.lower()): content for one, content in zip(inner, built, strict=True)},
            )
    return tuple(built)


def _built(kind: inspect.StructType, within: tuple[type, ...]) -> dict[str, Any]:
    content: dict[str, Any] = {str(kind.tag_field): kind.tag} if kind.tag_field else {}
    for field in kind.fields:
        examples = _examples(field, (*within, kind.cls))
        if examples:
            content[field.encode_name] = deepcopy(examples[0])
    return content


def _entered(place: Any, step: str, table: Table | None) -> Any:
    """What ``step`` leads to; where several kinds of table may stand, one of ``table``'s, put there if need be."""
    if step not in (ELEMENT, NAME):
        keys: list[Any] = [step]
    else:
        keys = list(range(len(place))) if step == ELEMENT else list(place)
    if table is None or table.tag is None:
        return place[keys[0]]
    name, value = table.tag
    fitting = [key for key in keys if place[key].get(name) == value]
    if not fitting:
        place[keys[0]] = {one.path[-1]: deepcopy(one.examples[0]) for one in table.options if one.examples}
    return place[(fitting or keys)[0]]
