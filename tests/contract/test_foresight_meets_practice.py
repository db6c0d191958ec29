"""What preflight foresees is what the practice org answers, which shares no code with it: every combination is tried."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count, product
from typing import Any

import polars as pl
import pytest

from awase.core.checks import places, rules
from awase.core.checks.check import Certainty, Check, Outgoing
from awase.core.operations import OperationKind, Outcome, State
from awase.core.schema import with_rules

from ..support.outgoing import outgoing
from ..unit.connectors.salesforce_scene import play
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
    return {check.error_type for check in found if pl.select(_whole_test(check)).item()}


def _whole_test(check: Check) -> pl.Expr:
    return check.fails if check.among is None else check.among & check.fails


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


# -- validation rules ----------------------------------------------------------------------------------------------

RULES: tuple[dict[str, Any], ...] = (
    {
        "name": "Phone_In_Half_Width",
        "field": "Phone",
        "message": "電話番号は半角の数字とハイフンで入力してください。",
        "when": {"field": "Phone", "matches": "[０-９]"},
    },
    {
        "name": "Manager_Needs_Address",
        "message": "役職者にはメールアドレスが必要です。",
        "when": {"all": [{"equals": ["Title", "部長"]}, {"blank": "Email"}]},
    },
    {
        "name": "Makers_Name_Their_Size",
        "field": "NumberOfEmployees",
        "message": "製造業は従業員数を入れてください。",
        "when": {
            "all": [{"equals": ["Industry", "製造業"]}, {"not": {"not": {"blank": "NumberOfEmployees"}}}]
        },
    },
    {
        "name": "No_Test_Companies",
        "field": "Company",
        "message": "テスト用の会社名は使えません。",
        "when": {"any": [{"field": "Company", "matches": "^(テスト|test)"}, {"equals": ["Company", "x"]}]},
    },
)
PHONES = (None, "03-1234-5678", "０３−1234", "内線 5")
MAKERS = (None, 0, 20)


@pytest.fixture(scope="module")
def ruled() -> Scene:
    made = Scene()
    for rule in RULES:
        made.org.change_schema({"object": "Lead", "add_rule": rule})
    rules = made.run(made.connector.read_rules(["Lead"], ()))
    described = made.run(made.connector.describe(["Lead"]))
    made.lead = with_rules(described, rules).objects["Lead"]
    return made


def people() -> list[dict[str, Any]]:
    rows = product(
        PHONES,
        ("部長", None),
        (None, "a@example.jp"),
        ("製造業", "情報通信業"),
        MAKERS,
        ("テスト社", "x", "合わせ"),
    )
    names = ("Phone", "Title", "Email", "Industry", "NumberOfEmployees", "Company")
    return [dict(zip(names, row, strict=True)) for row in rows]


def broken_rules(scene: Scene, rows: list[dict[str, Any]], stored: list[dict[str, Any]]) -> list[set[str]]:
    """The rules that each of these writes breaks; nothing stored is a create."""
    frame, target = outgoing(scene.lead, rows, stored, [*rows[0], "LastName"])
    found: list[set[str]] = [set() for _ in range(frame.height)]
    for one in rules.broken(frame, target):
        for row in one.rows.arg_true():
            found[row].add(one.rule.message)
    return found


def test_the_rules_of_an_org_are_read_with_their_formulas_and_only_new_ones_again(ruled: Scene) -> None:
    first = ruled.lead.rules
    assert {rule.name for rule in ruled.lead.rules} == {rule["name"] for rule in RULES}
    assert all(rule.formula for rule in first)
    flow = ruled.connector.read_rules(["Lead"], first)
    again, _, requests = play(flow, ruled.reply)
    assert again == first
    assert len(requests) == 1


def test_a_create_is_foreseen_to_break_the_rules_that_the_org_says_it_breaks(ruled: Scene) -> None:
    rows = people()
    predicted = broken_rules(ruled, rows, [{} for _ in rows])
    wrong = []
    for row, foreseen_ones in zip(rows, predicted, strict=True):
        sent = {name: value for name, value in row.items() if value is not None}
        (outcome,) = ruled.write(create(next(_numbers), **sent))
        answered_ones = set() if outcome.state is State.APPLIED else said(outcome)
        if foreseen_ones != answered_ones:
            wrong.append((row, foreseen_ones, answered_ones))
    assert sum(bool(each) for each in predicted) > 100
    assert wrong == []


def test_an_update_is_judged_by_the_whole_record(ruled: Scene) -> None:
    stored = {"Title": "部長", "Email": "b@example.jp", "Industry": "情報通信業", "Company": "合わせ"}
    edits: list[dict[str, Any]] = [
        {"Email": None},
        {"Title": None, "Email": None},
        {"Industry": "製造業"},
        {"Industry": "製造業", "NumberOfEmployees": 5},
        {"Phone": "０３"},
        {"Company": "x"},
        {"Phone": "03-1"},
    ]
    whole = dict.fromkeys(people()[0])
    predicted = broken_rules(ruled, [whole, *edits], [{}, *([stored] * len(edits))])[1:]
    assert [len(each) for each in predicted] == [1, 0, 1, 0, 1, 1, 0]
    for edit, foreseen_ones in zip(edits, predicted, strict=True):
        (made,) = ruled.write(create(next(_numbers), **stored))
        assert made.id
        (outcome,) = ruled.write(change(OperationKind.UPDATE, made.id, **edit))
        assert (said(outcome) if outcome.state is State.REJECTED else set()) == foreseen_ones


def test_what_a_rule_needs_and_nobody_maps_is_empty_on_a_create_and_unknown_on_an_update(
    ruled: Scene,
) -> None:
    rows = [{"Title": "部長", "Company": "合わせ"}] * 2
    manager = "役職者にはメールアドレスが必要です。"
    assert broken_rules(ruled, rows, [{}, {}]) == [{manager}, {manager}]
    assert broken_rules(ruled, rows, [{"Company": "合わせ"}] * 2) == [set(), set()]


def said(outcome: Outcome) -> set[str]:
    """The messages of all rules that an answer names."""
    assert outcome.error is not None
    return {rule["message"] for rule in RULES if rule["message"] in outcome.error.raw}
