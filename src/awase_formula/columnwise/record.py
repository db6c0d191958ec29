"""Functions that look at the record itself: whether it is new, what was stored before, what has changed."""

from __future__ import annotations

import polars as pl

from awase_formula import globals as globals_
from awase_formula.columnwise import numbers
from awase_formula.columnwise.columns import Column, NotVectorisable, Scope, first_trouble
from awase_formula.columnwise.facts import PRIOR
from awase_formula.columnwise.fields import IS_NEW, constant, read_column, troubled
from awase_formula.columnwise.logic import chosen
from awase_formula.columnwise.operators import id15
from awase_formula.kinds import Field, Kind, Schema
from awase_formula.rowwise.building import NEEDS_OPERATION, NEEDS_PRIOR
from awase_formula.tree import Call, Reference


class Record:
    """A frame's columns as records: by name, before the save, and whether they are new."""

    def __init__(self, schema: Schema, scope: Scope) -> None:
        self.schema = schema
        self.scope = scope

    def is_new(self) -> Column:
        """ISNEW."""
        if IS_NEW in self.scope.dtypes:
            unknown = pl.when(pl.col(IS_NEW).is_null()).then(self.scope.trouble(NEEDS_OPERATION))
            return Column(Kind.BOOLEAN, pl.col(IS_NEW), unknown, size=4)
        if self.scope.is_new is None:
            return troubled(self.scope, Kind.BOOLEAN, NEEDS_OPERATION)
        return constant(self.scope.is_new, Kind.BOOLEAN)

    def prior_value(self, node: Call, now: Column) -> Column:
        """PRIORVALUE of a field whose present value is ``now``."""
        name, kind = self._stored_name(node)
        before = self._prior(name, kind)
        if IS_NEW not in self.scope.dtypes:
            if self.scope.is_new is None:
                return troubled(self.scope, now.kind, NEEDS_PRIOR)
            return now if self.scope.is_new else before
        picked = chosen([pl.col(IS_NEW).fill_null(value=False)], (now, before), (), kind)
        unknown = pl.when(pl.col(IS_NEW).is_null()).then(self.scope.trouble(NEEDS_PRIOR))
        trouble = unknown if picked.trouble is None else pl.coalesce(unknown, picked.trouble)
        return Column(picked.kind, picked.value, trouble, picked.number, size=picked.size + 4)

    def changed(self, node: Call, now: Column) -> Column:
        """ISCHANGED of a field whose present value is ``now``."""
        name, kind = self._stored_name(node)
        new = self._written_once(name, now)
        if IS_NEW not in self.scope.dtypes and self.scope.is_new is not False:
            if self.scope.is_new is None:
                return troubled(self.scope, Kind.BOOLEAN, NEEDS_OPERATION)
            return constant(value=False, kind=Kind.BOOLEAN)
        if not self._has_priors():
            changed = troubled(self.scope, Kind.BOOLEAN, NEEDS_PRIOR)
        else:
            old = self._written_once(PRIOR + name, self._prior(name, kind))
            changed = Column(
                Kind.BOOLEAN, _differs(new, old), first_trouble((new, old)), size=new.size + old.size
            )
        if IS_NEW not in self.scope.dtypes:
            return changed
        is_new = pl.col(IS_NEW)
        unknown = pl.when(is_new.is_null()).then(self.scope.trouble(NEEDS_OPERATION))
        trouble = unknown if changed.trouble is None else unknown.when(~is_new).then(changed.trouble)
        value = pl.when(is_new).then(pl.lit(value=False)).otherwise(changed.value)
        return Column(Kind.BOOLEAN, value, trouble, size=changed.size * 2 + 6)

    def _stored_name(self, node: Call) -> tuple[str, Kind]:
        argument = node.arguments[0]
        if not isinstance(argument, Reference):
            raise NotVectorisable
        field = self.schema.find(argument.name) or Field(Kind.TEXT)
        if field.formula is not None or globals_.is_global(argument.name):
            raise NotVectorisable
        return self.schema.spelled(globals_.stored_name(argument.name)), field.kind

    def _written_once(self, name: str, column: Column) -> Column:
        """A text with its line ends written in one way, as ISCHANGED compares them; an id in its short form."""
        if column.kind is Kind.ID:
            return Column(Kind.ID, id15(column.value), column.trouble, size=column.size * 3 + 3)
        if column.kind is not Kind.TEXT or self.held(name) in self.scope.facts.unbroken:
            return column
        value = column.value.str.replace_all("\r\n", "\n", literal=True)
        return Column(Kind.TEXT, value, column.trouble, size=column.size + 1)

    def _has_priors(self) -> bool:
        return any(name.startswith(PRIOR) for name in self.scope.dtypes)

    def _prior(self, name: str, kind: Kind) -> Column:
        held = self.held(PRIOR + name)
        if held is None:
            return troubled(self.scope, kind, NEEDS_PRIOR)
        return read_column(self.scope, held, self.schema.find(name) or Field(kind))

    def held(self, name: str) -> str | None:
        """The frame's column of a name, whatever its case."""
        if name in self.scope.dtypes:
            return name
        folded = name.casefold()
        return next((one for one in self.scope.dtypes if one.casefold() == folded), None)


def _differs(new: Column, old: Column) -> pl.Expr:
    if new.number is not None and old.number is not None:
        first, second = numbers.aligned([new.number, old.number])
        return first.numerator.ne_missing(second.numerator)
    return new.value.ne_missing(old.value)
