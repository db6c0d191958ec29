"""Checking a TOML document against the structures of ``document``: the first mistake, with its place and a way out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath
from typing import Any

import msgspec
from msgspec import inspect

from awase.configuration.lines import Path
from awase.errors import BadConfiguration

_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a table",
}


class Checker:
    """Walks a document beside its structure. ``file`` and ``lines`` make places that people can find."""

    def __init__(self, file: FilePath, lines: Mapping[Path, int]) -> None:
        self._file = file
        self._lines = lines

    def where(self, path: Path) -> str:
        """``awase.toml:12: syncs[0].fields[3].crm``; the nearest known line where the key itself is absent."""
        known = path
        while known not in self._lines:
            known = known[:-1]
        return f"{self._file}:{self._lines[known]}: {dotted(path)}".removesuffix(": ")

    def mistake(self, path: Path, text: str, remedy: str = "", **places: object) -> BadConfiguration:
        """An error at ``path``, to be raised."""
        return BadConfiguration(text, where=self.where(path), remedy=remedy, **places)

    def check(self, value: object, kind: inspect.Type, path: Path = ()) -> None:
        """Raise BadConfiguration for the first mistake in ``value``."""
        match kind:
            case inspect.Metadata(type=inner):
                self.check(value, inner, path)
            case inspect.StructType():
                self._table(value, kind, path)
            case inspect.UnionType(types=types):
                self._one_of(value, types, path)
            case inspect.DictType():
                self._mapping(value, kind, path)
            case inspect.ListType():
                self._list(value, kind, path)
            case inspect.LiteralType(values=allowed):
                if value not in allowed:
                    raise self._not_allowed(value, [str(a) for a in allowed], path)
            case inspect.StrType():
                self._text(value, kind, path)
            case inspect.BoolType():
                self._of_type(value, bool, path)
            case inspect.IntType():
                self._of_type(value, int, path)
                self._bounds(value, kind, path)
            case inspect.FloatType():
                self._of_type(value, float, path)
                self._bounds(value, kind, path)

    def _table(self, value: object, kind: inspect.StructType, path: Path) -> None:
        self._of_type(value, dict, path)
        assert isinstance(value, dict)  # noqa: S101  for the type checker; said by the line before
        known = {field.encode_name: field for field in kind.fields}
        names = [*known, *([kind.tag_field] if kind.tag_field else [])]
        for name in value:
            if name not in names:
                raise self._unknown_key(name, names, (*path, name))
        for name, field in known.items():
            if name in value:
                self.check(value[name], field.type, (*path, name))
            elif field.required:
                raise self.mistake(path, "“{key}” is missing", "Add it.", key=name)

    def _one_of(self, value: object, types: tuple[inspect.Type, ...], path: Path) -> None:
        types = tuple(t.type if isinstance(t, inspect.Metadata) else t for t in types)
        tagged = {t.tag: t for t in types if isinstance(t, inspect.StructType) and t.tag is not None}
        if tagged:
            self._of_type(value, dict, path)
            assert isinstance(value, dict)  # noqa: S101  for the type checker; said by the line before
            field = str(next(iter(tagged.values())).tag_field)
            if field not in value:
                raise self.mistake(path, "“{key}” is missing", "Add it.", key=field)
            if value[field] not in tagged:
                raise self._not_allowed(value[field], [str(tag) for tag in tagged], (*path, field))
            self.check(value, tagged[value[field]], path)
            return
        # TOML has no null, so what is left of a union is told apart by tables.
        types = tuple(t for t in types if not isinstance(t, inspect.NoneType))
        for_tables = next((t for t in types if isinstance(t, (inspect.DictType, inspect.StructType))), None)
        self.check(value, for_tables if for_tables and isinstance(value, dict) else types[0], path)

    def _mapping(self, value: object, kind: inspect.DictType, path: Path) -> None:
        self._of_type(value, dict, path)
        assert isinstance(value, dict)  # noqa: S101  for the type checker; said by the line before
        if kind.min_length and len(value) < kind.min_length:
            raise self.mistake(path, "at least one is needed")
        for name, part in value.items():
            self.check(name, kind.key_type, (*path, name))
            self.check(part, kind.value_type, (*path, name))

    def _list(self, value: object, kind: inspect.ListType, path: Path) -> None:
        self._of_type(value, list, path)
        assert isinstance(value, list)  # noqa: S101  for the type checker; said by the line before
        if kind.min_length and len(value) < kind.min_length:
            raise self.mistake(path, "at least one is needed")
        for place, part in enumerate(value):
            self.check(part, kind.item_type, (*path, place))

    def _text(self, value: object, kind: inspect.StrType, path: Path) -> None:
        self._of_type(value, str, path)
        text = str(value)
        if kind.min_length and len(text) < kind.min_length:
            raise self.mistake(path, "it is empty")
        if kind.pattern is not None and re.search(kind.pattern, text) is None:
            raise self.mistake(path, "“{value}” does not have the form {form}", value=text, form=kind.pattern)

    def _of_type(self, value: object, wanted: type, path: Path) -> None:
        fits = isinstance(value, wanted) or (wanted is float and isinstance(value, int))
        if not fits or (isinstance(value, bool) and wanted is not bool):
            raise self.mistake(
                path, "expected {expected}, found {found}", expected=_KINDS[wanted], found=kind_of(value)
            )

    def _bounds(self, value: Any, kind: inspect.IntType | inspect.FloatType, path: Path) -> None:
        low, high = kind.ge if kind.ge is not None else kind.gt, kind.le
        too_low = (kind.ge is not None and value < kind.ge) or (kind.gt is not None and value <= kind.gt)
        if too_low or (high is not None and value > high):
            raise self.mistake(
                path,
                "{value} is out of bounds ({low} to {high})",
                value=value,
                low=low if low is not None else "-",
                high=high if high is not None else "…",
            )

    def _unknown_key(self, name: str, names: Iterable[str], path: Path) -> BadConfiguration:
        return self._with_near(path, "the key “{value}” is not known here", name, names)

    def _not_allowed(self, value: object, allowed: Iterable[str], path: Path) -> BadConfiguration:
        return self._with_near(path, "“{value}” is not allowed", str(value), allowed)

    def _with_near(self, path: Path, text: str, value: str, allowed: Iterable[str]) -> BadConfiguration:
        return self.mistake(
            path,
            text,
            nearest(value, allowed) or "Allowed: {allowed}.",
            value=value,
            allowed=", ".join(allowed),
            near=near_match(value, allowed),
        )

    def unknown_name(self, path: Path, text: str, value: str, known: Iterable[str]) -> BadConfiguration:
        """A name that refers to something that is not there."""
        return self._with_near(path, text, value, list(known))


def near_match(value: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or nothing."""
    found = difflib.get_close_matches(value, list(known), n=1, cutoff=0.6)
    return found[0] if found else ""


def nearest(value: str, known: Iterable[str]) -> str:
    """The sentence that offers the name that was probably meant."""
    return "Did you mean “{near}”? Allowed: {allowed}." if near_match(value, known) else ""


def kind_of(value: object) -> str:
    """What TOML calls the kind of ``value``."""
    return next((word for kind, word in _KINDS.items() if isinstance(value, kind)), type(value).__name__)


def dotted(path: Path) -> str:
    """``syncs[0].fields[3].crm``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def convert(value: object, kind: type[Any]) -> Any:
    """A checked document as its structure."""
    return msgspec.convert(value, kind)
