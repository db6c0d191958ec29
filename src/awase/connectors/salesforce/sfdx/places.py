"""States and countries of an org that has them as picklists, from its address settings (element names confirmed)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awase.connectors.salesforce.sfdx.elements import is_true
from awase.core.schema import Option
from awase_formula.metadata import Element

_PREFIXES: Mapping[str, tuple[str, ...]] = {
    "Lead": ("",),
    "Contact": ("Mailing", "Other"),
    "Account": ("Billing", "Shipping"),
}


@dataclass(frozen=True, slots=True)
class KnownPlaces:
    """Options by code; the name that stands as label is what the text fields take."""

    countries: tuple[Option, ...]
    states: tuple[Option, ...]

    def options(self, object: str) -> Iterator[tuple[str, tuple[Option, ...]]]:
        """The object's code fields, each with its options."""
        for prefix in _PREFIXES.get(object, ()):
            yield f"{prefix}CountryCode", self.countries
            yield f"{prefix}StateCode", self.states


def known_places(settings: Element) -> KnownPlaces | None:
    """What an ``AddressSettings`` lists; None where the org keeps states and countries as plain text."""
    said = settings.first("countriesAndStates")
    if said is None:
        return None
    countries = list(said.all("countries"))
    return KnownPlaces(
        countries=tuple(_options(countries)),
        states=tuple(
            option
            for country in countries
            for option in _options(list(country.all("states")), (country.value("isoCode"),))
        ),
    )


def _options(places: Sequence[Element], valid_for: tuple[str, ...] | None = None) -> Iterator[Option]:
    for each in places:
        code, name = each.value("isoCode"), each.value("integrationValue")
        if code and name:
            yield Option(
                code,
                name,
                active=is_true(each, "active"),
                default=is_true(each, "orgDefault"),
                valid_for=valid_for,
            )


def code_field(name: str) -> dict[str, Any]:
    """One code field as describe would have it."""
    return {
        "name": name,
        "label": name,
        "type": "picklist",
        "nillable": True,
        "createable": True,
        "updateable": True,
        "defaulted_on_create": False,
        "length": 10,
    }
