"""The page that lists every option of ``awase.toml``, made from the model, in the language of ``t``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from msgspec import inspect

from awase.configuration.options import (
    ELEMENT,
    Option,
    Path,
    Table,
    bare,
    complete_document,
    inner_tables,
    tables,
    without_none,
)
from awase.configuration.toml_text import inline, toml_text


class Speech(Protocol):
    """An English sentence in the reader's language, its places filled."""

    def __call__(self, sentence: str, /, **places: object) -> str: ...


def page(t: Speech, other_language: str) -> str:
    """The whole page in Markdown. ``other_language``: the link to its translation."""
    parts = [
        f"# {t('Settings')}\n\n{other_language}",
        t(
            "Everything that `awase.toml` may say. This page is made from the program, and so is the JSON Schema "
            "[awase.schema.json](awase.schema.json), with which editors complete and check while you type."
        ),
        t(
            "In a path, `[]` stands for each element of a list and `NAME` for a name of your choice: "
            "`syncs[].fields[].ma` is the key `ma` of each `[[syncs.fields]]`."
        ),
        *(part for table in tables() for part in _section(table, t)),
        f"## {t('A complete example')}",
        t("Every table stands in it; hardly anybody needs them all. `awase init` writes a shorter one."),
        f"```toml\n{toml_text(complete_document())}```",
    ]
    return "\n\n".join(parts) + "\n"


def dotted(path: Path) -> str:
    """``syncs[].fields[].ma``."""
    return ".".join(path).replace(f".{ELEMENT}", ELEMENT)


def _section(table: Table, t: Speech) -> Iterator[str]:
    listed = table.path[-1] == ELEMENT
    name = ".".join(step for step in table.path if step != ELEMENT)
    heading = f"`[[{name}]]`" if listed else f"`[{name}]`"
    yield f"## {heading}" + (f", `{table.tag[0]} = {inline(table.tag[1])}`" if table.tag else "")
    if table.description:
        yield t(table.description)
    headings = (t("Option"), t("Kind of value"), t("Default"), t("Description"), t("Example"))
    rows = [headings, ("---",) * len(headings), *(_row(option, t) for option in table.options)]
    yield "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _row(option: Option, t: Speech) -> tuple[str, ...]:
    holds_tables = bool(inner_tables(option.kind))
    return (
        _code(dotted(option.path)),
        _kind(option.kind, t),
        t("required")
        if option.required
        else "–"
        if option.default is None
        else _code(inline(option.default)),
        _cell(t(option.description)) if option.description else "",
        t("a table of its own, below")
        if holds_tables
        else "<br>".join(_code(f"{option.path[-1]} = {inline(example)}") for example in option.examples),
    )


def _kind(kind: inspect.Type, t: Speech) -> str:
    """What may be written, with its bounds."""
    match bare(kind):
        case inspect.UnionType() as union:
            return " / ".join(dict.fromkeys(_kind(one, t) for one in without_none(union)))
        case inspect.LiteralType(values=values):
            return ", ".join(_code(inline(value)) for value in values)
        case inspect.BoolType():
            return t("true or false")
        case inspect.IntType() as number:
            return t("a whole number") + _bounds(number)
        case inspect.FloatType() as number:
            return t("a number") + _bounds(number)
        case inspect.StrType(pattern=pattern):
            return t("a text") + (f" {_code(pattern)}" if pattern else "")
        case inspect.ListType(item_type=item):
            return f"{t('a list')} ({_kind(item, t)})"
        case inspect.DictType(value_type=value):
            return f"{t('a table')} ({_kind(value, t)})"
    return t("a table")


def _bounds(number: inspect.IntType | inspect.FloatType) -> str:
    signs = (("≥", number.ge), (">", number.gt), ("≤", number.le), ("<", number.lt))
    said = ", ".join(f"{sign} {limit}" for sign, limit in signs if limit is not None)
    return f" ({said})" if said else ""


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def _cell(text: str) -> str:
    """Kept within its cell: a table's border inside it is written differently."""
    return text.replace("|", "\\|")
