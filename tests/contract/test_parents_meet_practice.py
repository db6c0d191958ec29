"""What rules foresee that look at a record's parents is what the practice org answers, which shares only the formula language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count, product
from typing import Any

import polars as pl
import pytest

from awase.core.checks import Target, asked_of_parents, rules
from awase.core.operations import Operation, OperationKind, State
from awase.core.schema import ObjectSchema, with_parents, with_rules
from awase.ports.connector import WriteBatch

from ..support.outgoing import outgoing
from ..unit.connectors.salesforce_scene import play, soql_of
from .test_salesforce_meets_practice import Scene

RULES = {
    "Of_Customers": 'ISPICKVAL(Account.Type, "Customer")',
    "Large": "AND(Account.NumberOfEmployees >= 100, NOT(ISBLANK(Title)))",
    "Of_A_Group": 'ispickval(account.PARENT.industry, "金融業")',
    "Above_The_Group": 'Account.Parent.Parent.Name = "頂社"',
    "Alone": "AND(ISBLANK(Account.Name), ISBLANK(Title))",
    "Owner_Is_Gone": "AND(NOT(Owner.IsActive), NOT(ISNEW()))",
    "Owner_Of_Account": 'Account.Owner.LastName = "鈴木"',
    "Moved": 'AND(ISCHANGED(AccountId), ISPICKVAL(PRIORVALUE(Account.Type), "Customer"))',
}
_numbers = count(1)
NAMES = ("LastName", "Title", "AccountId", "OwnerId")


class Parents(Scene):
    """Contacts of accounts that have accounts above them, owned by users of whom one is gone."""

    def __init__(self, formulas: Mapping[str, str] = RULES, object: str = "Contact") -> None:
        super().__init__()
        users = [
            {"Username": f"{n}@x.example", "Email": f"{n}@x.example", "LastName": n, "IsActive": n != "去"}
            for n in ("鈴木", "去")
        ]
        self.suzuki, self.gone = self.org.load("User", users, "admin")
        (top,) = self.org.load("Account", [{"Name": "頂社"}], "admin")
        (group,) = self.org.load(
            "Account", [{"Name": "上社", "Industry": "金融業", "ParentId": top}], "admin"
        )
        accounts: list[dict[str, Any]] = [
            {"Name": "顧客社", "Type": "Customer", "NumberOfEmployees": 100},
            {"Name": "並社", "NumberOfEmployees": 99, "ParentId": top, "OwnerId": self.suzuki},
            {"Name": "子社", "ParentId": group},
        ]
        self.accounts = self.org.load("Account", accounts, "admin")
        for name, formula in formulas.items():
            rule = {"name": name, "message": name, "formula": formula}
            self.org.change_schema({"object": object, "add_rule": rule})
        schema = self.run(self.connector.describe([object]))
        schema = with_rules(schema, self.run(self.connector.read_rules([object], ())))
        paths = {object: rules.parents_read(schema.objects[object])}
        self.lead: ObjectSchema = with_parents(
            schema, self.run(self.connector.describe_parents(paths))
        ).objects[object]

    def target(
        self, writes: Sequence[Mapping[str, Any]], stored: Sequence[Mapping[str, Any]]
    ) -> tuple[pl.DataFrame, Target]:
        """Nothing stored is a create."""
        names = [name for name in NAMES if name in self.lead.fields]
        return outgoing(self.lead, writes, stored, names, self.clock.now())

    def foreseen(
        self, writes: Sequence[Mapping[str, Any]], stored: Sequence[Mapping[str, Any]]
    ) -> tuple[list[set[str]], int]:
        """The rules that each write breaks, and how many calls that took."""
        frame, target = self.target(writes, stored)
        parents, calls = {}, 0
        for asked in asked_of_parents([(frame, target)]):
            _, pages, steps = play(self.connector.read_parents(asked), self.reply)
            calls += sum(len(step) for step in steps)
            parents[asked.object] = pl.concat([self.connector.decode_parents(page, asked) for page in pages])
        found: list[set[str]] = [set() for _ in writes]
        for one in rules.broken(frame, replace(target, parents=parents)):
            for row in one.rows.arg_true():
                found[row].add(one.rule.name)
        return found, calls

    def answered(self, write: Mapping[str, Any], stored: Mapping[str, Any]) -> set[str]:
        kind = OperationKind.UPDATE if stored else OperationKind.CREATE
        operation = Operation(
            link=1,
            side="crm",
            kind=kind,
            object=self.lead.name,
            id=stored.get("Id"),
            key=None if stored else f"ma:{next(_numbers)}",
            values=dict(write),
        )
        (outcome,) = self.run(self.connector.write(WriteBatch(kind, self.lead, (operation,))))
        if outcome.state is State.APPLIED:
            return set()
        assert outcome.error is not None
        return set(outcome.error.message.split("\n"))


@pytest.fixture(scope="module")
def scene() -> Parents:
    return Parents()


def combinations(scene: Parents) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Writes, and what each finds stored: creates, moves between accounts, and edits that move nobody."""
    writes: list[dict[str, Any]] = []
    stored: list[dict[str, Any]] = []
    places = (None, *scene.accounts)
    for account, title in product(places, (None, "部長")):
        writes.append({"LastName": "山田", "AccountId": account, "Title": title})
        stored.append({})
    for before, owner in product(places, (scene.suzuki, scene.gone)):
        row = {"LastName": "佐藤", "AccountId": before, "OwnerId": owner, "Title": "課長"}
        for write in (*({"AccountId": after} for after in places), {"Title": None}, {"Title": "部長"}):
            (id,) = scene.org.load("Contact", [row], "admin")
            writes.append(write)
            stored.append({**row, "Id": id})
    return writes, stored


def test_what_rules_say_of_parents_is_what_the_org_says(scene: Parents) -> None:
    writes, stored = combinations(scene)
    foreseen, calls = scene.foreseen(writes, stored)
    answered = [scene.answered(write, there) for write, there in zip(writes, stored, strict=True)]
    wrong = [one for one in zip(writes, stored, foreseen, answered, strict=True) if one[2] != one[3]]
    assert wrong == []
    assert set().union(*foreseen) == set(RULES)
    assert sum(not one for one in foreseen) >= 5
    # However far the rules look: accounts with all above them in one call, users in another.
    assert calls == 2


def test_an_owner_that_is_a_queue_is_no_user() -> None:
    scene = Parents(
        {"Owner_Is_Gone": "NOT(Owner:User.IsActive)", "Named": 'Owner:User.LastName = "鈴木"'}, "Lead"
    )
    (queue,) = scene.org.load("Group", [{"Name": "待ち", "Type": "Queue"}], "admin")
    stored: list[dict[str, Any]] = []
    for owner in (queue, scene.suzuki, scene.gone):
        row: dict[str, Any] = {"LastName": "森", "Company": "森社", "OwnerId": owner}
        (id,) = scene.org.load("Lead", [row], "admin")
        stored.append({**row, "Id": id})
    writes = [{"LastName": "林"}] * 3
    foreseen, _ = scene.foreseen(writes, stored)
    assert foreseen == [{"Owner_Is_Gone"}, {"Named"}, {"Owner_Is_Gone"}]
    assert foreseen == [scene.answered(write, there) for write, there in zip(writes, stored, strict=True)]


def test_paths_are_described_a_call_for_each_object_and_those_that_lead_nowhere_are_absent(
    scene: Parents,
) -> None:
    paths = {
        "Contact": {
            "account.parent.INDUSTRY",
            "Account.Nope__c",
            "Nope__r.X",
            "Owner.Email",
            "Account.BillingAddress",
        },
        "Lead": {"Owner:Queue.Name", "Owner:Group.Name", "Owner:User.Email"},
    }
    found, _, steps = play(scene.connector.describe_parents(paths), scene.reply)
    assert {object: set(of_object) for object, of_object in found.items()} == {
        "Contact": {"account.parent.INDUSTRY", "Owner.Email"},
        "Lead": {"Owner:Group.Name", "Owner:User.Email"},
    }
    industry = found["Contact"]["account.parent.INDUSTRY"]
    assert (industry.reference, industry.object, industry.path) == ("AccountId", "Account", "Parent.Industry")
    assert (industry.through, industry.prefix, industry.of_several) == (("ParentId",), "001", False)
    assert [found["Lead"][path].of_several for path in ("Owner:Group.Name", "Owner:User.Email")] == [
        True,
        True,
    ]
    assert sum(len(step) for step in steps) == 5


def test_many_parents_are_asked_for_some_hundreds_at_a_time_and_each_once(scene: Parents) -> None:
    accounts = scene.org.load("Account", [{"Name": f"社{n}"} for n in range(900)], "admin")
    writes = [{"AccountId": account} for account in accounts for _ in range(2)]
    stored = [{"Id": "", "AccountId": None, "OwnerId": scene.suzuki}] * len(writes)
    frame, target = scene.target(writes, stored)
    asked = {one.object: one for one in asked_of_parents([(frame, target)])}["Account"]
    _, pages, steps = play(scene.connector.read_parents(asked), scene.reply)
    requests = [request for step in steps for request in step]
    assert sorted(asked.ids) == sorted(accounts)
    assert len(requests) == 3
    assert sum(page.rows for page in pages) == 900
    assert soql_of(requests[0]).count(" FROM ") == 1


def test_an_object_that_the_user_may_not_read_costs_nobody_but_its_own_rules(scene: Parents) -> None:
    frame, target = scene.target([{"AccountId": scene.accounts[0]}], [{}])
    (asked,) = [one for one in asked_of_parents([(frame, target)]) if one.object == "Account"]
    hidden = replace(asked, object="Nope__c")
    _, pages, _ = play(scene.connector.read_parents(hidden), scene.reply)
    assert pages == []
    assert {one.rule.name for one in rules.broken(frame, target)} == set()
