"""People: who somebody is follows from the seed and a number alone, however many others there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from .names import (
    COMPANY_STEMS,
    DEPARTMENTS,
    FAMILY_NAMES,
    GIVEN_NAMES,
    INTERESTS,
    LEAD_SOURCES,
    PLACES,
    RANKS,
    TRADES,
)

_FAIR: Final = date(2026, 4, 8)
"""First day of the trade fair most of them were met at."""
_NUMBERS: Final = 1_000_000
_STEP: Final = 368_787  # shares no factor with the count of numbers, so that no two people get the same one


@dataclass(frozen=True, slots=True)
class Company:
    """A made-up company; number is its place among all that there can be."""

    number: int
    name: str
    domain: str
    industry: str


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up person. telephone numbers begin with 0 after the area code, which nobody has (from memory)."""

    number: int
    family: str
    given: str
    email: str
    phone: str
    company: Company
    title: str
    prefecture: str
    city: str
    employees: int
    budget: int
    last_visit: date
    interests: tuple[str, ...]
    lead_source: str
    employee_code: str | None
    memo: str | None


_SHORT_NAMES: Final = len(COMPANY_STEMS) * len(TRADES)
COMPANIES: Final = _SHORT_NAMES * (1 + len(COMPANY_STEMS))

COMPANY_SHARE: Final = 16
"""So many companies come on a hundred people."""

PEOPLE_CYCLE: Final = 320
"""After so many people their parts begin again."""

COMPANY_CYCLE: Final = PEOPLE_CYCLE * COMPANY_SHARE // 100
"""After so many companies their parts begin again."""

NAMELESS: Final = 39
"""The place in the cycle of the company that has no name; it has no other people than those whose part it is."""


def companies_of(people: int) -> int:
    """How many companies so many people bring with them."""
    return min(COMPANIES, max(1, people * COMPANY_SHARE // 100))


def company(number: int) -> Company:
    """The company of a number from 0 to ``COMPANIES`` - 1; its domain lies in a zone reserved for examples."""
    longer, short = divmod(number, _SHORT_NAMES)
    stem, stem_reading = COMPANY_STEMS[short % len(COMPANY_STEMS)]
    trade, trade_reading, industry = TRADES[short // len(COMPANY_STEMS)]
    if longer:
        more, more_reading = COMPANY_STEMS[longer - 1]
        stem, stem_reading = f"{stem}{more}", f"{stem_reading}-{more_reading}"
    name = f"株式会社{stem}{trade}" if number % 3 else f"{stem}{trade}株式会社"
    zone = "example.jp" if number % 4 else "example"
    return Company(number, name, f"{stem_reading}-{trade_reading}.{zone}", industry)


def person(seed: int, number: int, *, neighbour: bool = False) -> Person:
    """The person of a number. A neighbour is somebody else, who never appears among the numbered ones."""
    rng = Random(f"{seed}/{number}/{neighbour}")  # noqa: S311 - made-up people, not secrets
    family, family_reading = rng.choice(FAMILY_NAMES)
    given, given_reading = rng.choice(GIVEN_NAMES)
    employer = company(_employer(rng.randrange(companies_of(number + 1))))
    prefecture, city, area = rng.choice(PLACES)
    unique = 2 * number + neighbour
    return Person(
        number=number,
        family=family,
        given=given,
        email=f"{given_reading}.{family_reading}{'.n' if neighbour else ''}{number}@{employer.domain}",
        phone=_phone(seed, unique, area),
        company=employer,
        title=f"{rng.choice(DEPARTMENTS)} {rng.choice(RANKS)}",
        prefecture=prefecture,
        city=city,
        employees=rng.choice((12, 28, 45, 80, 120, 300, 650, 1200, 4800)),
        budget=rng.randrange(5, 800) * 100_000,
        last_visit=_FAIR
        + timedelta(days=rng.randrange(3) - (rng.randrange(300) if rng.random() < 0.3 else 0)),
        interests=tuple(sorted(rng.sample(INTERESTS, rng.randint(1, 3)), key=INTERESTS.index)),
        lead_source=rng.choice(LEAD_SOURCES),
        employee_code=f"{'N' if neighbour else 'E'}{number:07d}" if rng.random() < 0.3 else None,
        memo=f"{city}の展示会で名刺交換。{rng.choice(INTERESTS)}の資料を希望。"
        if rng.random() < 0.25
        else None,
    )


def _employer(drawn: int) -> int:
    return drawn - 1 if drawn % COMPANY_CYCLE == NAMELESS else drawn


def _phone(seed: int, unique: int, area: str) -> str:
    digits = f"{(unique * _STEP + seed * 104_729) % _NUMBERS:06d}"
    return f"{area}-0{digits[5] if len(area) == 2 else ''}{digits[:2]}-{digits[2:]}"
