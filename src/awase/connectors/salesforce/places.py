"""Dependent picklists and the vendor's states and countries, as options that know what they go with.

Where an org has switched states and countries on, each ``XState`` and ``XCountry`` has a ``…Code`` beside it; the text
takes the name that stands as label in the code's list (confirmed). Only these pairs are enforced for requests; other
dependencies are kept by the vendor's pages alone (confirmed).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from awase.core.schema import Field, Option
from awase.core.values import Kind

_PLACES = ("State", "Country")
_CODE = "Code"


def allowed_with(bits: str | None, controlling: Sequence[str]) -> tuple[str, ...] | None:
    """The controller's values that ``validFor`` allows: base64, one bit for each, the highest first (confirmed)."""
    if bits is None:
        return None
    try:
        there = base64.b64decode(bits)
    except binascii.Error:
        return None
    return tuple(
        value
        for place, value in enumerate(controlling)
        if place // 8 < len(there) and there[place // 8] & (128 >> place % 8)
    )


def with_places(fields: Mapping[str, Field]) -> dict[str, Field]:
    """``fields`` in which the states and countries of an org that knows them all say so."""
    placed = dict(fields)
    for name, field in fields.items():
        code = fields.get(f"{name}{_CODE}")
        if not name.endswith(_PLACES) or code is None or code.options is None or field.kind is not Kind.TEXT:
            continue
        country = f"{name.removesuffix('State')}Country" if name.endswith("State") else ""
        countries = fields.get(f"{country}{_CODE}") if country else None
        controllers = (f"{country}{_CODE}", country) if countries is not None else ()
        names = _names(countries.options or ()) if countries is not None else {}
        options = [_valid_for(option, names) for option in code.options]
        labels = [replace(option, value=option.label) for option in options]
        both = {name: _joined(labels), code.name: tuple(options)}
        for each, twin in ((field, code.name), (code, name)):
            placed[each.name] = replace(
                each, place=True, options=both[each.name], controllers=controllers, twin=twin
            )
    return placed


def _names(countries: Iterable[Option]) -> dict[str, str]:
    return {option.value: option.label for option in countries}


def _valid_for(option: Option, countries: Mapping[str, str]) -> Option:
    """With the countries' names beside their codes, because either may decide."""
    if option.valid_for is None:
        return option
    both = [each for code in option.valid_for for each in (code, countries.get(code, code))]
    return replace(option, valid_for=tuple(dict.fromkeys(both)))


def _joined(options: Iterable[Option]) -> tuple[Option, ...]:
    """Several states may share a name; such a name goes with all their countries."""
    found: dict[str, Option] = {}
    for option in options:
        there = found.get(option.value)
        if there is not None and there.valid_for is not None and option.valid_for is not None:
            option = replace(there, valid_for=(*there.valid_for, *option.valid_for))
        found[option.value] = option
    return tuple(found.values())
