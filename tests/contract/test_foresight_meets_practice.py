"""What preflight foresees is what the practice org answers, which shares no code with it: every combination is tried."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count, product
from typing import Any

import polars as pl
import pytest

from awase.core.checks import places
from awase.core.checks.check import Certainty, Outgoing
from awase.core.operations import OperationKind, Outcome, State

from .test_salesforce_meets_practice import Scene, change, create

_numbers = count(1)
COUNTRIES = (None, "Japan", "United States", "日本", "JP")
STATES = (None, "Tokyo", "Ohio", "東京都")
CODES = (None, "JP", "US", "XX")
STATE_CODES = (None, "13", "OH", "99")
"""13 is Tokyo."""


@pytest.fixture(scope="module")
def scene() -> Scene:
    made = Scene()
    made.org.change_settings({"state_country": True})
    made.lead = made.run(made.connector.describe(["Lead"])).objects["Lead"]
    return made


def foreseen(scene: Scene, sent: Mapping[str, Any], stored: Mapping[str, Any] | None) -> set[str]:
    """Error types that are certain for a Lead which holds ``stored``; None is a create."""
    text = pl.String()
    mapped = ("State", "StateCode", "Country", "CountryCode")
    columns = {
        name: Outgoing(
            value=pl.lit(sent.get(name), dtype=text),
            source=pl.lit(sent.get(name), dtype=text),
            sent=pl.lit(name in sent),
            stored=pl.lit((stored or {}).get(name), dtype=text),
            creating=pl.lit(stored is None),
            side="crm",
        )
        for name in mapped
    }
    fields = scene.lead.fields
    found = [
        check
        for name, out in columns.items()
        for check in places.checks(fields[name], out, columns, fields)
        if check.certainty is Certainty.CERTAIN
    ]
    return {check.error_type for check in found if pl.select(check.fails).item()}


def answered(scene: Scene, sent: Mapping[str, Any], stored: Mapping[str, Any] | None) -> Outcome:
    if stored is None:
        (outcome,) = scene.write(create(next(_numbers), **sent))
        return outcome
    (made,) = scene.write(create(next(_numbers), **stored))
    assert made.state is State.APPLIED
    assert made.id
    (outcome,) = scene.write(change(OperationKind.UPDATE, made.id, **sent))
    return outcome


def combinations() -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """What is sent, and what is stored before; None is a create."""
    pairs = [
        *({"Country": country, "State": state} for country, state in product(COUNTRIES, STATES)),
        *({"CountryCode": country, "StateCode": state} for country, state in product(CODES, STATE_CODES)),
        *({"CountryCode": country, "State": state} for country, state in product(CODES, STATES)),
    ]
    creates = [({name: value for name, value in pair.items() if value}, None) for pair in pairs]
    stored = (
        {"Country": "Japan", "State": "Tokyo", "CountryCode": "JP", "StateCode": "13"},
        {"Country": "United States", "CountryCode": "US"},
    )
    alone = [
        *({"Country": country} for country in COUNTRIES),
        *({"State": state} for state in STATES),
        *({"CountryCode": country} for country in CODES),
        *({"StateCode": state} for state in STATE_CODES),
    ]
    return creates + [(sent, there) for sent, there in product([*pairs, *alone], stored)]


def test_a_refused_place_is_foreseen_and_nothing_else_is(scene: Scene) -> None:
    tried = combinations()
    wrong = []
    for sent, stored in tried:
        outcome = answered(scene, sent, stored)
        if bool(foreseen(scene, sent, stored)) != (outcome.state is State.REJECTED):
            wrong.append((sent, stored, foreseen(scene, sent, stored), outcome))
    assert len(tried) > 150
    assert wrong == []
