"""Fields of related records, by names of relationships and dots: those that a search names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Never

from awase.connectors.salesforce.schema import (
    KINDS,
    Described,
    DescribedField,
    describe_request,
    described_in,
    field_of,
)
from awase.connectors.sdk.bodies import expected
from awase.connectors.sdk.calls import ask
from awase.core.schema import Field
from awase.ports.flows import Flow, Response

OF_ANY_OWNER = frozenset(
    {"Name", "FirstName", "LastName", "Email", "Username", "Alias", "Title", "Phone", "IsActive", "ProfileId"}
)
"""What a query may ask of a reference to several objects (an owner: a user or a queue): those fields only that the
vendor keeps for all of them (from memory)."""


def path_fields(
    api_version: str, object: str, paths: Sequence[str]
) -> Flow[Never, Mapping[str, tuple[Field, bool]]]:
    """Those of ``paths`` that lead to a field of ``object`` or, by relationship names and dots, of a related one:
    the field, and whether records may be filtered by it. Those that lead nowhere are absent."""
    known: dict[str, Described | None] = {}
    found: dict[str, tuple[Field, bool]] = {}
    for path in paths:
        *steps, last = path.split(".")
        here = [object]
        for step in steps:
            yield from know(api_version, here, known)
            # From a reference to several objects no path leads on.
            here = [
                target
                for item in (_items(here, known) if len(here) == 1 else ())
                if item.relationship_name == step
                for target in item.reference_to or ()
            ]
        yield from know(api_version, here, known)
        ends = [item for item in _items(here, known) if item.name == last and item.type in KINDS]
        if ends and (len(here) == 1 or last in OF_ANY_OWNER):
            found[path] = field_of(ends[0], frozenset(), ()), ends[0].filterable
    return found


def know(api_version: str, objects: Sequence[str], known: dict[str, Described | None]) -> Flow[Never, None]:
    """Describe those of ``objects`` that are not known yet; None: the user may not read it."""
    new = [name for name in dict.fromkeys(objects) if name not in known]
    if not new:
        return
    answers = yield from ask([describe_request(api_version, name) for name in new])
    for name, answer in zip(new, answers, strict=True):
        refused = isinstance(answer, Response) and answer.status in (403, 404)
        seen = expected(answer, Described)
        hidden = refused or (seen is not None and not seen.queryable)
        known[name] = None if hidden else described_in(name, answer)


def _items(objects: Sequence[str], known: Mapping[str, Described | None]) -> list[DescribedField]:
    return [item for name in objects if (described := known[name]) is not None for item in described.fields]
