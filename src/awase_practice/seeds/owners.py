"""Who owns records: the same people in both systems, known to each other by their addresses alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Owner:
    """A salesperson. number: the id HubSpot gives; works: whether the CRM's user is active."""

    number: int
    email: str
    family: str
    given: str
    works: bool = True


OWNERS: Final = (
    Owner(71300101, "sato@hanbai.example.jp", "佐藤", "健"),
    Owner(71300102, "suzuki@hanbai.example.jp", "鈴木", "美咲"),
    Owner(71300103, "takahashi@hanbai.example.jp", "高橋", "翔"),
    Owner(71300104, "tanaka@hanbai.example.jp", "田中", "葵", works=False),
)
"""The last one has left: nobody closed the account in HubSpot."""

LEFT: Final = len(OWNERS) - 1
"""The place of the one who has left."""


def owner_of(number: int) -> int:
    """The place of the owner of a numbered record, among those who work."""
    return number % LEFT
