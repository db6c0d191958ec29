"""All transforms by name, which of them can follow which, and a chain compiled to expressions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from awase.core.transforms import dates, numbers, phones, places, texts, widths
from awase.core.transforms.steps import (
    Argument,
    Made,
    Step,
    StepProblem,
    Steps,
    Transform,
    filled,
    reading,
    shaping,
)
from awase.core.values import DTYPES, Kind, Value, canonical

_TEXT = {Kind.TEXT: Kind.TEXT}
_NUMBERS = {Kind.DECIMAL: Kind.DECIMAL, Kind.INTEGER: Kind.DECIMAL}


def _default(state: Made, argument: Argument, kind: Kind, _zone: str) -> Made:
    """Fills what is empty, but not what could not be read."""
    value = _emptied(state.value, kind)
    filler = pl.when(~state.failed).then(pl.lit(_cell(argument, kind), dtype=DTYPES[kind]))
    return Made(value.fill_null(filler), state.made | (value.is_null() & ~state.failed), state.failed)


BARE: Mapping[str, Transform] = {
    "trim": Transform(_TEXT, shaping(texts.trimmed), '"trim"'),
    "collapse": Transform(_TEXT, shaping(texts.collapsed), '"collapse"'),
    "upper": Transform(_TEXT, shaping(texts.upper), '"upper"'),
    "lower": Transform(_TEXT, shaping(texts.lower), '"lower"'),
    "title": Transform(_TEXT, shaping(texts.titled), '"title"'),
    "nfkc": Transform(_TEXT, shaping(texts.normal_form), '"nfkc"'),
    "hiragana": Transform(_TEXT, shaping(widths.hiragana), '"hiragana"'),
    "katakana": Transform(_TEXT, shaping(widths.katakana), '"katakana"'),
    "strip_company": Transform(_TEXT, shaping(widths.company_form), '"strip_company"'),
    "postal_code": Transform(_TEXT, reading(places.postal_code), '"postal_code"'),
    "number": Transform({Kind.TEXT: Kind.DECIMAL}, reading(numbers.number), '"number"'),
    "text": Transform(dict.fromkeys(Kind, Kind.TEXT), texts.written, '"text"'),
    "first": Transform({Kind.TEXTS: Kind.TEXT}, shaping(texts.first), '"first"'),
    "date": Transform({Kind.DATETIME: Kind.DATE}, dates.date_of_moment, '"date"'),
    "start_of_day": Transform({Kind.DATE: Kind.DATETIME}, dates.start_of_day, '"start_of_day"'),
}
"""Transforms written as a name alone."""

WITH_ARGUMENT: Mapping[str, Transform] = {
    "truncate": Transform(_TEXT, texts.truncate, "{ truncate = 80 }", texts.check_length),
    "default": Transform({kind: kind for kind in Kind}, _default, '{ default = "未設定" }'),
    "split": Transform(
        {Kind.TEXT: Kind.TEXTS}, shaping(texts.split), '{ split = "," }', texts.check_separator
    ),
    "join": Transform({Kind.TEXTS: Kind.TEXT}, shaping(texts.joined), '{ join = ", " }'),
    "round": Transform(
        {Kind.DECIMAL: Kind.DECIMAL}, reading(numbers.rounded), "{ round = 2 }", numbers.check_places
    ),
    "scale": Transform(_NUMBERS, reading(numbers.scaled), "{ scale = 10000 }", numbers.check_factor),
    "date": Transform(
        {Kind.TEXT: Kind.DATE}, reading(dates.date_of_text), '{ date = "%Y/%m/%d" }', dates.check_format
    ),
    "half_width": Transform(_TEXT, shaping(widths.half_width), '{ half_width = "all" }', widths.check_width),
    "full_width": Transform(_TEXT, shaping(widths.full_width), '{ full_width = "kana" }', widths.check_width),
    "prefecture": Transform(_TEXT, reading(places.prefecture), '{ prefecture = "name" }', places.check_form),
    "phone": Transform(_TEXT, reading(phones.national), '{ phone = "JP" }', phones.check_region),
    "phone_e164": Transform(_TEXT, reading(phones.e164), '{ phone_e164 = "JP" }', phones.check_region),
    "boolean": Transform(
        {Kind.TEXT: Kind.BOOLEAN},
        reading(texts.true_or_false),
        '{ boolean = { true = ["はい"], false = ["いいえ"] } }',
        texts.check_true_false,
    ),
    "replace": Transform(
        _TEXT, shaping(texts.replaced), '{ replace = { from = "/", to = "-" } }', texts.check_replacement
    ),
}
"""Transforms written as a table with one key."""

BARE_NAMES: tuple[str, ...] = tuple(sorted(BARE))
NAMES: tuple[str, ...] = tuple(sorted({*BARE, *WITH_ARGUMENT}))


def possible_kinds(steps: Steps) -> frozenset[Kind]:
    """What a chain could give when nothing is known of its source. Raises StepProblem where no source fits."""
    return _followed(steps, Kind)


def result_kind(steps: Steps, source: Kind) -> Kind:
    """What a chain gives for a source of that kind. Raises StepProblem naming the step that cannot stand there."""
    (kind,) = _followed(steps, (source,))
    return kind


def _followed(steps: Steps, sources: Iterable[Kind]) -> frozenset[Kind]:
    kinds = frozenset(sources)
    for place, step in enumerate(steps):
        try:
            kinds = _results(step, kinds)
        except StepProblem as problem:
            problem.place = place
            raise
    return kinds


def _results(step: Step, kinds: frozenset[Kind]) -> frozenset[Kind]:
    transform = transform_of(step)
    takes = frozenset(transform.kinds) & kinds
    if not takes:
        raise StepProblem(
            "“{name}” cannot stand here: it takes {expected}, and gets {found}",
            remedy="Allowed here: {allowed}.",
            name=step.name,
            expected=_in_words(transform.kinds),
            found=_in_words(kinds),
            allowed=", ".join(name for name in NAMES if _could_take(name, kinds)),
        )
    if step.name == "default":
        takes = frozenset(kind for kind in takes if _is_default(step.argument, kind))
        if not takes:
            raise StepProblem(
                "the default “{value}” does not fit here, where the field is {found}",
                remedy="Write a value of that kind, in quotes only where it is a text or a date.",
                value=step.argument,
                found=_in_words(kinds),
            )
    return frozenset(transform.kinds[kind] for kind in takes)


_SOMETHING_ELSE = "something else"
KIND_WORDS: Mapping[Kind, str] = {
    Kind.TEXT: "a text",
    Kind.BOOLEAN: "true or false",
    Kind.INTEGER: "a whole number",
    Kind.DECIMAL: "a number",
    Kind.DATE: "a date",
    Kind.DATETIME: "a date with a time",
    Kind.TEXTS: "several texts",
}


def _in_words(kinds: Iterable[Kind]) -> str:
    """A sentence's word for kinds; what takes decimals takes whole numbers too."""
    several = set(kinds)
    if Kind.DECIMAL in several:
        several.discard(Kind.INTEGER)
    return KIND_WORDS[several.pop()] if len(several) == 1 else _SOMETHING_ELSE


def _could_take(name: str, kinds: frozenset[Kind]) -> bool:
    known = (table[name] for table in (BARE, WITH_ARGUMENT) if name in table)
    return any(kinds & frozenset(transform.kinds) for transform in known)


def transform_of(step: Step) -> Transform:
    """The transform that a step names. Raises StepProblem for an unknown name or a wrong argument."""
    table, other = (BARE, WITH_ARGUMENT) if step.argument is None else (WITH_ARGUMENT, BARE)
    if step.name in table:
        transform = table[step.name]
        transform.check(step.argument)
        return transform
    if step.name not in other:
        raise StepProblem(
            "there is no transform “{value}”",
            remedy="Allowed: {allowed}.",
            value=step.name,
            allowed=", ".join(NAMES),
        )
    example = other[step.name].example
    if step.argument is None:
        raise StepProblem(
            "“{name}” needs an argument", remedy="Write {example}.", name=step.name, example=example
        )
    raise StepProblem(
        "“{name}” takes no argument", remedy="Write {example}.", name=step.name, example=example
    )


def _is_default(argument: Argument, kind: Kind) -> bool:
    try:
        return _value(argument, kind) is not None
    except (ValueError, TypeError):
        return False


def _value(argument: Argument, kind: Kind) -> Value:
    """``argument`` as a value of ``kind``; raises where it is none. A text is no number, and a number no text."""
    fitting = {
        Kind.TEXT: isinstance(argument, str) and bool(argument.strip()),
        Kind.BOOLEAN: isinstance(argument, bool),
        Kind.TEXTS: isinstance(argument, tuple),
    }
    no_number = isinstance(argument, (str, bool)) and kind in (Kind.INTEGER, Kind.DECIMAL)
    if no_number or not fitting.get(kind, True):
        raise TypeError(f"not of kind {kind}: {argument!r}")
    return canonical(argument, kind)


def _cell(argument: Argument, kind: Kind) -> object:
    value = _value(argument, kind)
    return list(value) if isinstance(value, tuple) else value


def transformed(value: pl.Expr, steps: Steps, source: Kind, zone: str) -> Made:
    """A column of ``source`` values sent through ``steps``; ``value`` has the dtype of ``result_kind``.

    A null passes every step but ``default``. Raises StepProblem as ``result_kind`` does.
    """
    kind = source
    none = value.is_null() & False
    state = Made(value, none, none)
    for place, step in enumerate(steps):
        following = result_kind(steps[: place + 1], source)
        state = transform_of(step).apply(state, step.argument, kind, zone)
        kind = following
    if not steps:
        return state
    result = _emptied(state.value, kind)
    if kind == Kind.TEXTS:
        result = result.list.sort()
    return replace(state, value=result.cast(DTYPES[kind]), made=state.made & ~state.failed)


def _emptied(value: pl.Expr, kind: Kind) -> pl.Expr:
    """Texts of blanks alone, and lists without parts, are no values."""
    if kind == Kind.TEXT:
        return value.str.replace(r"^\s+$", "").replace("", None)
    if kind == Kind.TEXTS:
        return pl.when(filled(value, kind)).then(value)
    return value
