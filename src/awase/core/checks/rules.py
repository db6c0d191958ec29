"""Rules that the vendor keeps as formulas: where one surely holds for the record after the write, it is refused.

A formula sees the whole record. What a create leaves out is empty, unless the vendor fills it in; what an update leaves
out is known where it is mapped. Wherever something is not known, the formula says so, and nothing is foreseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import polars as pl

import awase_formula as formulas
from awase.core.checks.check import Outgoing
from awase.core.checks.judging import Judge
from awase.core.checks.parents import joined, left_empty, reachable
from awase.core.checks.target import Target
from awase.core.schema import Field, ObjectSchema, Rule
from awase.core.values import DTYPES, Kind

ERROR_TYPE = "validation_rule"
OF_RECORD_TYPE = ("recordtype.", "$recordtype.")
"""How names of the record type's own fields begin, folded."""
_KINDS: Mapping[Kind, formulas.Kind] = {
    Kind.TEXT: formulas.Kind.TEXT,
    Kind.INTEGER: formulas.Kind.NUMBER,
    Kind.DECIMAL: formulas.Kind.NUMBER,
    Kind.BOOLEAN: formulas.Kind.BOOLEAN,
    Kind.DATE: formulas.Kind.DATE,
    Kind.DATETIME: formulas.Kind.DATETIME,
    Kind.TEXTS: formulas.Kind.MULTIPICKLIST,
}


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule, and the rows of the frame that break it."""

    rule: Rule
    rows: pl.Series
    """Boolean, one a row."""
    elsewhere: bool = False
    """It looks at other records too: it may be broken no more although nobody touches this one."""


def broken(frame: pl.DataFrame, target: Target) -> Iterator[Broken]:
    """The rules of the target that records of ``frame`` surely break."""
    object = target.object
    all_ready = list(judged(object))
    if not all_ready or frame.is_empty():
        return
    is_new = _all_new(frame)
    ready, read = [one for _, one in all_ready], _read(one for _, one in all_ready)
    context = formulas.Context(now=target.now, zone=ZoneInfo(target.zone), globals=object.globals.values)
    judge = Judge(_record(frame, is_new, object, target.columns, read), context, is_new)
    parents = joined(frame, target, read.fields, read.priors) if object.parents else None
    for (rule, one), holds in zip(all_ready, judge.holding(ready, parents), strict=True):
        if holds.any():
            yield Broken(rule, holds, elsewhere=bool(_paths(one)))


def _all_new(frame: pl.DataFrame) -> bool | None:
    """Whether the records are created; None where only some are."""
    new = frame["_create"]
    return True if new.all() else None if new.any() else False


def not_foreseen(object: ObjectSchema) -> dict[str, str]:
    """Rules that cannot be judged at all, by name, with the reason."""
    reasons = {}
    for rule in object.rules:
        try:
            if not rule.formula:
                reasons[rule.name] = "the vendor does not show its formula"
            else:
                formulas.compile(formulas.parse(rule.formula), _schema(object))
        except formulas.FormulaError as error:
            reasons[rule.name] = str(error)
    return reasons


_GLOBAL = "global "
"""Begins what a formula needs of the kind of ``$Profile.Name``."""


_PARENT = "parent "
"""Begins what it needs of another record."""


def globals_read(object: ObjectSchema) -> set[str]:
    """What the object's rules read that is the same for every record (``$Profile.Name``)."""
    needs = (need for _, one in judged(object) for need in one.checked.needs)
    return {need.removeprefix(_GLOBAL) for need in needs if need.startswith(_GLOBAL)}


def parents_read(object: ObjectSchema) -> set[str]:
    """The fields of other records that the object's rules read, by the paths that they take (``Account.Type``)."""
    return {path for _, one in judged(object) for path in _paths(one)}


def priors_read(object: ObjectSchema) -> frozenset[str]:
    """What the object's rules read as it was stored before, folded."""
    return _read(one for _, one in judged(object)).priors


def _paths(ready: formulas.Compiled) -> list[str]:
    return [
        name
        for name in ready.checked.fields
        if "." in name and not name.casefold().startswith(OF_RECORD_TYPE)
    ]


_GIVEN = frozenset({"prior row", "operation", "clock", "running user"})
"""What a formula may need beside the record, and has here. What it reads of the running user is named one by one."""


def lacking(rule: Rule, object: ObjectSchema) -> list[str]:
    """What a rule that can be judged looks at and is not known here, in the words of the formula language."""
    ready = compiled(rule, object)
    if ready is None:
        return []
    known = {field.casefold() for field, one in object.fields.items() if not one.derived}
    sorted_by = object.record_types is not None and any(field.sorts for field in object.fields.values())
    given = _GIVEN | ({"record type"} if sorted_by else set())
    hidden = [name for name in ready.checked.fields if "." not in name and name.casefold() not in known]
    given |= _known_parents(ready, object)
    told = {f"{_GLOBAL}{name}".casefold() for name in object.globals.values}
    needs = [need for need in ready.checked.needs if need not in given and need.casefold() not in told]
    return [*needs, *hidden]


def _known_parents(ready: formulas.Compiled, object: ObjectSchema) -> set[str]:
    """Of what a formula needs of other records, that of which all fields are read."""
    read = {path.casefold() for path, _ in reachable(object)}
    unread = {path.rpartition(".")[0] for one in _paths(ready) if (path := one.casefold()) not in read}
    needs = (need for need in ready.checked.needs if need.startswith(_PARENT))
    return {need for need in needs if need.removeprefix(_PARENT).casefold() not in unread}


def judged(object: ObjectSchema) -> Iterator[tuple[Rule, formulas.Compiled]]:
    """The rules of an object that can be judged, ready for frames.

    A sync of few people judges several small frames of each object: compiling takes longer there than judging, so what was
    compiled last is kept.
    """
    fields = tuple(_schema(object).fields.items())
    for rule, ready in zip(object.rules, _all_compiled(object.rules, fields), strict=True):
        if ready is not None:
            yield rule, ready


@lru_cache(maxsize=32)
def _all_compiled(
    rules: tuple[Rule, ...], fields: tuple[tuple[str, formulas.Field], ...]
) -> tuple[formulas.Compiled | None, ...]:
    schema = formulas.Schema(dict(fields))
    return tuple(_compiled(rule, schema) for rule in rules)


def compiled(rule: Rule, object: ObjectSchema) -> formulas.Compiled | None:
    """The rule ready for frames; None where it cannot be judged at all (see ``not_foreseen``)."""
    return _compiled(rule, _schema(object))


def _compiled(rule: Rule, schema: formulas.Schema) -> formulas.Compiled | None:
    if not rule.formula:
        return None
    try:
        return formulas.compile(formulas.parse(rule.formula), schema)
    except formulas.FormulaError:
        return None


def _schema(object: ObjectSchema) -> formulas.Schema:
    own = {**object.fields, **object.globals.fields}
    known = {**own, **{path: parent.field for path, parent in object.parents.items()}}
    return formulas.Schema({name: _formula_field(field) for name, field in known.items()})


def _formula_field(field: Field) -> formulas.Field:
    kind = _KINDS[field.kind]
    if field.kind is Kind.TEXT and field.options is not None and not field.place:
        kind = formulas.Kind.PICKLIST
    elif field.references or field.id_pattern:
        kind = formulas.Kind.ID
    return formulas.Field(kind, scale=field.scale, percent=field.percent)


@dataclass(frozen=True, slots=True)
class _Read:
    """Names that formulas read, folded: from the record, and from the record as it was stored before."""

    fields: frozenset[str]
    priors: frozenset[str]

    def reads(self, name: str, field: Field) -> bool:
        """Whether any of them reads this field; where they ask for the record type's name, its id is read."""
        asked = field.sorts and any(one.startswith(OF_RECORD_TYPE) for one in self.fields | self.priors)
        return asked or name.casefold() in self.fields or name.casefold() in self.priors


def _read(all_ready: Iterable[formulas.Compiled]) -> _Read:
    checked = [one.checked for one in all_ready]
    return _Read(
        frozenset(name.casefold() for one in checked for name in one.fields),
        frozenset(name.casefold() for one in checked for name in one.priors),
    )


def _record(
    frame: pl.DataFrame,
    is_new: bool | None,
    object: ObjectSchema,
    columns: Mapping[str, Outgoing],
    read: _Read,
) -> pl.DataFrame:
    """Each record as the vendor would see it, as far as it is ``read``: a column a field, ``prior:`` beside those that are
    compared with what was stored, and whether it is new where not all are alike."""
    after: dict[str, pl.Expr] = {}
    prior: dict[str, pl.Expr] = {}
    for name, field in object.fields.items():
        if not read.reads(name, field):
            continue
        out = columns.get(name)
        if is_new:
            value = out.after if out is not None else pl.lit(None, dtype=DTYPES[field.kind])
            if not left_empty(field):
                value = pl.coalesce(value, _filled_in(field, object))
                if frame.select(value.is_null().any()).item():
                    continue  # the vendor fills it in, with what is not known
            after[name] = value
        elif out is not None:
            after[name] = out.after
            if name.casefold() in read.priors or field.sorts:
                prior[name] = out.stored
    for name in [name for name, field in object.fields.items() if field.sorts]:
        after |= _named_type(after, name, object)
        prior |= _named_type(prior, name, object)
    return frame.select(
        pl.col("_create").alias(formulas.IS_NEW if is_new is None else "_create"),
        *(value.alias(name) for name, value in after.items()),
        *(value.alias(f"{formulas.PRIOR}{name}") for name, value in prior.items()),
    )


def _filled_in(field: Field, object: ObjectSchema) -> pl.Expr:
    """What the vendor fills in, where a create leaves the field out; null where that is not known."""
    value = field.default
    if field.sorts:
        value = next((sort.id for sort in object.record_types or () if sort.default), None)
    if field.options is not None and object.record_types:
        value = None  # each record type may have a default of its own
    return pl.lit(value, dtype=DTYPES[field.kind])


def _named_type(values: Mapping[str, pl.Expr], name: str, object: ObjectSchema) -> dict[str, pl.Expr]:
    """What a formula calls the record type whose id stands in field ``name``."""
    if name not in values or object.record_types is None:
        return {}
    ids = [sort.id for sort in object.record_types]

    def told(words: list[str]) -> pl.Expr:
        return values[name].replace_strict(ids, words, default=None, return_dtype=pl.String)

    return {
        "RecordType.DeveloperName": told([sort.name for sort in object.record_types]),
        "RecordType.Name": told([sort.label for sort in object.record_types]),
    }
