"""State and country picklists: texts must be known names, codes and texts follow each other, states need a country.

The names are the vendor's standard integration values, in English [from memory: their spelling for Japan].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from .errors import RowRefused, refused
from .fields import Field, ObjectType
from .stock_fields import choice

Countries = Mapping[str, tuple[str, Mapping[str, str]]]
"""Country code → (name, {state code: name})."""

_PREFECTURES: Final = [
    "Hokkaido",
    "Aomori",
    "Iwate",
    "Miyagi",
    "Akita",
    "Yamagata",
    "Fukushima",
    "Ibaraki",
    "Tochigi",
    "Gunma",
    "Saitama",
    "Chiba",
    "Tokyo",
    "Kanagawa",
    "Niigata",
    "Toyama",
    "Ishikawa",
    "Fukui",
    "Yamanashi",
    "Nagano",
    "Gifu",
    "Shizuoka",
    "Aichi",
    "Mie",
    "Shiga",
    "Kyoto",
    "Osaka",
    "Hyogo",
    "Nara",
    "Wakayama",
    "Tottori",
    "Shimane",
    "Okayama",
    "Hiroshima",
    "Yamaguchi",
    "Tokushima",
    "Kagawa",
    "Ehime",
    "Kochi",
    "Fukuoka",
    "Saga",
    "Nagasaki",
    "Kumamoto",
    "Oita",
    "Miyazaki",
    "Kagoshima",
    "Okinawa",
]
_STATES: Final = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington",
    "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip
SMALL_WORLD: Final[Countries] = {
    "JP": ("Japan", {f"{number:02}": name for number, name in enumerate(_PREFECTURES, 1)}),
    "US": ("United States", _STATES),
}
PREFIXES: Final = {"Lead": "", "Contact": "Mailing", "Account": "Billing"}
"""Object → what the names of its address fields begin with."""


@dataclass(frozen=True, slots=True)
class Places:
    """The states and countries that the org knows."""

    countries: Countries

    def with_codes(self, kind: ObjectType) -> ObjectType:
        """An object with the code fields that appear beside the texts."""
        prefix = PREFIXES[kind.name]
        fields: list[Field] = []
        for field in kind.fields:
            fields.append(field)
            if field.name == f"{prefix}State":
                fields.append(self._state_code(field, f"{prefix}CountryCode"))
            if field.name == f"{prefix}Country":
                labels = {code: name for code, (name, _) in self.countries.items()}
                fields.append(_code(field, labels))
        return kind.with_fields(fields)

    def _state_code(self, beside: Field, controller: str) -> Field:
        labels: dict[str, str] = {}
        valid_for: dict[str, set[str]] = {}
        for country, (_, states) in self.countries.items():
            for code, name in states.items():
                labels.setdefault(code, name)
                valid_for.setdefault(code, set()).add(country)
        allowed = {code: frozenset(countries) for code, countries in valid_for.items()}
        return replace(_code(beside, labels), controller=controller, valid_for=allowed)

    def settle(self, kind: ObjectType, before: Mapping[str, Any], laid: dict[str, Any]) -> None:
        """Let codes and texts follow each other in ``laid``. Raises RowRefused as the vendor does.

        A code wins over a text in the same write [from memory].
        """
        prefix = PREFIXES.get(kind.name)
        country, state = f"{prefix}Country", f"{prefix}State"
        parts = {country, state, f"{country}Code", f"{state}Code"}
        if prefix is None or parts.isdisjoint(laid):
            return
        if not {country, f"{country}Code"}.isdisjoint(laid):
            code = self._country(kind, country, laid)
            laid |= {country: self.countries[code][0] if code else None, f"{country}Code": code}
        chosen = laid[f"{country}Code"] if f"{country}Code" in laid else self._country(kind, country, before)
        if not {state, f"{state}Code"}.isdisjoint(laid):
            laid |= self._state(kind, state, chosen, laid)
        elif before.get(state) and before.get(state) not in self._states(chosen).values():
            raise _refused(kind, state, _NOT_OF_COUNTRY)

    def _states(self, country: str | None) -> Mapping[str, str]:
        return self.countries[country][1] if country is not None and country in self.countries else {}

    def _country(self, kind: ObjectType, name: str, laid: Mapping[str, Any]) -> str | None:
        code, text = laid.get(f"{name}Code"), laid.get(name)
        if code:
            if code not in self.countries:
                raise _unavailable(name, "country", code)
            return str(code)
        found = next((code for code, (known, _) in self.countries.items() if known == text), None)
        if text and found is None:
            raise _refused(
                kind,
                name,
                "There's a problem with this country, even though it may appear correct. Please select a "
                "country/territory from the list of valid countries.: {label}",
            )
        return found

    def _state(
        self, kind: ObjectType, name: str, country: str | None, laid: Mapping[str, Any]
    ) -> dict[str, Any]:
        code, text = laid.get(f"{name}Code"), laid.get(name)
        if not code and not text:
            return {name: None, f"{name}Code": None}
        if country is None:
            raise _refused(
                kind,
                name,
                "A country/territory must be specified before specifying a state value for field: {label}",
            )
        states = self._states(country)
        if code:
            if code not in states:
                raise _unavailable(name, "state", code)
            return {name: states[code], f"{name}Code": code}
        found = next((code for code, known in states.items() if known == text), None)
        if found is not None:
            return {name: text, f"{name}Code": found}
        elsewhere = any(text in others.values() for _, others in self.countries.values())
        raise _refused(kind, name, _NOT_OF_COUNTRY if elsewhere else _NO_STATE)


_NOT_OF_COUNTRY = "The existing country/territory doesn't recognize the state value for field: {label}"
_NO_STATE = (
    "There's a problem with this state, even though it may appear correct. Please select a state from the list of "
    "valid states."
)


def _code(beside: Field, labels: Mapping[str, str]) -> Field:
    # Not a restricted picklist to the checks of values: unknown codes have words of their own.
    field = choice(f"{beside.name}Code", f"{beside.label} コード", tuple(labels), compound=beside.compound)
    return replace(field, length=10, restricted=False, labels=labels)


def _refused(kind: ObjectType, name: str, text: str) -> RowRefused:
    field = kind.by_name[name.lower()]
    return refused("FIELD_INTEGRITY_EXCEPTION", text.format(label=field.label), name)


def _unavailable(name: str, what: str, code: str) -> RowRefused:
    text = f"The {name}Code field contains {code}, which isn't an available {what}. Your administrator can add it for you."
    return refused("FIELD_INTEGRITY_EXCEPTION", text, f"{name}Code")
