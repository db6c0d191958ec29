"""What an index finds for a query is what a look at every row would find."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awase_practice.kernel.clock import VirtualClock
from awase_practice.kernel.faults import FaultPlan
from awase_practice.salesforce import querying
from awase_practice.salesforce.org import SalesforceOrg
from awase_practice.salesforce.soql import parse

KEYS = ("a", "A", "b", "c")


class Scene:
    """Contacts of two accounts, some with keys, some deleted, some long gone."""

    def __init__(self) -> None:
        self.clock = VirtualClock(datetime(2026, 11, 23, tzinfo=UTC))
        self.org = SalesforceOrg(name="queries", clock=self.clock, faults=FaultPlan())
        self.accounts = self.org.load("Account", [{"Name": "x"}, {"Name": "y"}], "user:x")
        rows = [
            {
                "LastName": f"n{n}",
                "AccountId": self.accounts[n % 2] if n % 3 else None,
                "Email": f"{KEYS[n % 4]}@x.jp",
            }
            for n in range(24)
        ]
        self.contacts = self.org.load("Contact", rows, "user:x")
        for place, row_id in enumerate(self.contacts[:12]):
            if place == 6:
                self.clock.pass_time(timedelta(days=16))
            self.org.delete("Contact", row_id, "user:x")

    def ids(self, where: str, deleted: bool) -> list[str]:
        text = f"SELECT Id FROM Contact WHERE {where}"  # noqa: S608  (of this test's own making)
        plan = querying.Plan(self.org.data, text, parse(text), "v65.0", deleted=deleted)
        return [row.id for row in plan.rows()]


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


def terms(scene: Scene) -> st.SearchStrategy[str]:
    quoted = st.sampled_from([*scene.accounts, scene.accounts[0][:15], *scene.contacts[::5]]).map(
        "'{}'".format
    )
    address = st.sampled_from([f"'{key}@x.jp'" for key in KEYS])

    def of(field: str, literal: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        values = st.lists(literal | st.just("null"), min_size=1, max_size=3)
        among = st.tuples(st.sampled_from(["IN", "NOT IN"]), values).map(
            lambda pair: f"{field} {pair[0]} ({', '.join(pair[1])})"
        )
        return among | st.tuples(st.sampled_from(["=", "!="]), literal).map(
            lambda pair: f"{field} {' '.join(pair)}"
        )

    return of("AccountId", quoted) | of("Id", quoted) | of("Email", address)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), deleted=st.booleans())
def test_an_index_finds_what_a_look_at_every_row_finds(
    scene: Scene, data: st.DataObject, deleted: bool
) -> None:
    where = " AND ".join(data.draw(st.lists(terms(scene), min_size=1, max_size=3)))
    found = scene.ids(where, deleted)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(querying.Plan, "_named", lambda plan, term: None)
        assert found == scene.ids(where, deleted)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (r"100\% 無\_添%", ["100% 無_添加"]),
        ("100%無_添%", ["100% 無_添加", "100個 A無B添加", "100\\A 無_添"]),
        (r"100\\A%", ["100\\A 無_添"]),
        ("O\\'H%", ["O'Hara"]),
    ],
)
def test_a_backslash_keeps_a_wildcard_from_standing_for_other_signs(pattern: str, found: list[str]) -> None:
    names = ["100% 無_添加", "100個 A無B添加", "100\\A 無_添", "O'Hara"]
    org = SalesforceOrg(
        name="like", clock=VirtualClock(datetime(2026, 11, 23, tzinfo=UTC)), faults=FaultPlan()
    )
    org.load("Account", [{"Name": name} for name in names], "user:x")
    text = f"SELECT Id FROM Account WHERE Name LIKE '{pattern}'"  # noqa: S608  (of this test's own making)
    plan = querying.Plan(org.data, text, parse(text), "v65.0", deleted=False)
    assert [row.values["Name"] for row in plan.rows()] == found
