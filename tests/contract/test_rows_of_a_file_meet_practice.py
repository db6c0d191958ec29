"""Rows of a file that the doctor calls bad are those that the practice org refuses, and no others."""

from __future__ import annotations

import random
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from awase.connectors.salesforce.cells import read_cell
from awase.core.doctor.headings import fields_of
from awase.core.doctor.rows import Moment, judge
from awase.core.operations import State
from awase.core.schema import with_rules

from .test_foresight_meets_practice import RULES
from .test_salesforce_meets_practice import Scene, create

CELLS: dict[str, tuple[str, ...]] = {
    "LastName": ("山田", "山田", "山田", "", "あ" * 81),
    "Company": ("山田商店", "山田商店", "テスト社", ""),
    "Email": ("", "a@example.jp", "A@Example.JP", "a@@example.jp"),
    "Phone": ("", "03-1234-5678", "０３−1234", "1" * 41),
    "Title": ("", "部長", "課長"),
    "Industry": ("", "製造業"),
    "NumberOfEmployees": ("", "20", "123456789"),
    "Segment__c": ("", "大口", "小口", "不明"),
    "Code__c": ("", "new", "new", "a-1", "b-2", "A-1"),
    "Spend__c": ("", "1.5", "99999.5"),
    "Country": ("", "Japan", "Japan", "日本"),
    "State": ("", "Tokyo", "Ohio"),
}
ADDED: tuple[dict[str, Any], ...] = (
    {"name": "Segment__c", "type": "picklist", "length": 40, "restricted": True, "values": ["大口", "小口"]},
    {"name": "Code__c", "type": "string", "length": 20, "unique": True},
    {"name": "Spend__c", "type": "double", "precision": 6, "scale": 2},
)
ROWS = 600


def rows() -> list[dict[str, str]]:
    """Most cells are good, so that rows with none, one and several faults come."""
    chance = random.Random(7)

    def cell(place: int, choices: tuple[str, ...]) -> str:
        if place < 2:
            return chance.choices(choices, [8, *([1] * (len(choices) - 1))])[0]
        return chance.choices(choices, [12, *([1] * (len(choices) - 1))])[0]

    made = [{name: cell(i, choices) for i, (name, choices) in enumerate(CELLS.items())} for _ in range(ROWS)]
    for number, row in enumerate(made):
        if row["Code__c"] == "new":
            row["Code__c"] = f"N-{number}"
    return made


def test_rows_that_are_called_bad_are_refused_and_no_others() -> None:
    scene = Scene()
    scene.org.change_settings({"state_country": True})
    for field in ADDED:
        scene.org.change_schema({"object": "Lead", "add_field": field})
    for rule in RULES:
        scene.org.change_schema({"object": "Lead", "add_rule": rule})
    schema = scene.run(scene.connector.describe(["Lead"]))
    lead = with_rules(schema, scene.run(scene.connector.read_rules(["Lead"], ()))).objects["Lead"]
    scene.lead = lead
    made = rows()
    headings = fields_of(list(CELLS), lead, {}, "Id")
    assert headings.odd == ()
    cells = pl.DataFrame(
        {str(place): [row[name] for row in made] for place, name in enumerate(CELLS)},
        schema={str(place): pl.String for place in range(len(CELLS))},
    )
    judged = judge(cells, headings, lead, Moment(scene.clock.now(), "Asia/Tokyo"), read_cell)
    zone = ZoneInfo("Asia/Tokyo")
    refused = set()
    why = {}
    for number, row in enumerate(made):
        values = {name: read_cell(text, lead.fields[name], zone) for name, text in row.items() if text}
        values = {"LastName": None, "Company": None, **values}
        (outcome,) = scene.write(create(number + 1, **values))
        assert outcome.state in (State.APPLIED, State.REJECTED)
        if outcome.state is State.REJECTED:
            refused.add(number)
            why[number] = outcome
    wrong = [(made[n], n in refused, why.get(n)) for n in sorted(judged.refused ^ refused)]
    assert wrong[:3] == []
    assert ROWS // 4 < len(refused) < ROWS * 9 // 10
