"""Filters, rules of creating and kept ids: every field that they look at is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from awase.core.doctor.findings import Finding, Path
from awase.core.doctor.known import Known
from awase.core.doctor.presence import missing
from awase.core.filters import Condition
from awase.core.frames import field_for
from awase.core.mapping import Sync
from awase.core.operations import SIDES


def findings(sync: Sync, here: Path, known: Known) -> Iterator[Finding]:
    for side in SIDES:
        for name, at in _fields(sync.filter(side), (*here, "filter", side)):
            for object in sync.objects(side):
                wanted = field_for(name, object)
                if wanted is not None:
                    yield from missing(known, side, object, wanted, at, "filter_field")
    for i, rule in enumerate(sync.create_as):
        for name, at in _fields(rule.when, (*here, "create_as", i, "when")):
            yield from missing(known, "ma", sync.ma_object, name, at, "filter_field")
    for object, name in sync.crm_ids.items():
        yield from missing(known, "ma", sync.ma_object, name, (*here, "crm_ids", object))


def _fields(tests: Sequence[Condition], here: Path) -> Iterator[tuple[str, Path]]:
    for place, test in enumerate(tests):
        if test.field:
            yield test.field, (*here, place)
        yield from _fields(test.any_of, (*here, place, "any"))
