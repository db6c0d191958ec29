"""Rules that look at the record which a reference names: judged by the parent that a record has after the write, and
silent about whoever has one that is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.core.binding import bind
from awase.core.checks import asked_of_parents, findings, target_of
from awase.core.checks.preflight import seen, sends, value_column
from awase.core.checks.rules import lacking, parents_read
from awase.core.checks.target import Target
from awase.core.mapping import BoundSync, CreateRule, Direction, FieldMapping
from awase.core.operations import OperationKind
from awase.core.schema import Field, ParentField, Rule, Schema
from awase.core.values import DTYPES, Kind
from tests.unit.core.scene import (
    CONSENT,
    EMAIL,
    Mapped,
    Record,
    a_field,
    a_sync,
    mapped,
    operations,
    planned,
    schemas,
)

ID = "^[0-9A-Za-z]{15,18}$"
ONE, TWO, NEW = "001000000000001AAA", "001000000000002AAA", "001000000000003AAA"
ANN, QUEUE = "005000000000001AAA", "00G000000000001AAA"
TITLE = mapped("title", direction=Direction.MA)
ACCOUNT = a_field("AccountId", references=("Account",), id_pattern=ID)
OWNER = a_field("OwnerId", references=("Group", "User"), id_pattern=ID, by_default=True)
COMPANY = Mapped(a_field("company"), {"Contact": ACCOUNT, "Lead": ACCOUNT})
NOW = datetime(2026, 11, 26, tzinfo=UTC)
PARENTS = {
    "Account.Type": ParentField("AccountId", "Account", "Type", a_field("Type", options=()), prefix="001"),
    "Account.Share__c": ParentField(
        "AccountId", "Account", "Share__c", a_field("Share__c", Kind.DECIMAL, percent=True), prefix="001"
    ),
    "Account.Parent.Industry": ParentField(
        "AccountId", "Account", "Parent.Industry", a_field("Industry"), through=("ParentId",), prefix="001"
    ),
    "Owner:User.IsActive": ParentField(
        "OwnerId", "User", "IsActive", a_field("IsActive", Kind.BOOLEAN), prefix="005", of_several=True
    ),
}
READ = {
    "Account": pl.DataFrame(
        {
            "_id": [ONE, TWO],
            "Type": ["Customer", "Partner"],
            "Share__c": pl.Series([Decimal(25), None], dtype=DTYPES[Kind.DECIMAL]),
            "Parent.Industry": ["Energy", None],
            "hidden:Parent.Industry": [False, True],
        }
    ),
    "User": pl.DataFrame({"_id": [ANN], "IsActive": [False]}),
}
OF_CUSTOMERS = 'ISPICKVAL(Account.Type, "Customer")'


def ruled(*formulas: str, mapped_too: tuple[Mapped, ...] = (COMPANY,), **more: Any) -> BoundSync:
    """A sync to leads whose object has these rules, and references to an account and to an owner."""
    fields = (EMAIL, TITLE, *mapped_too)
    sync, (ma, crm) = a_sync(*fields, create_as=(CreateRule("Lead"),), **more), schemas(*fields)
    lead = crm.objects["Lead"]
    rules = tuple(Rule(id=f, object="Lead", name=f, formula=f, message="") for f in formulas)
    own: dict[str, Field] = {one.name: one for one in (ACCOUNT, OWNER)}
    bare = replace(lead, fields={**lead.fields, **own}, rules=rules)
    parents = {path: PARENTS[path] for path in PARENTS if path in _canonical(parents_read(bare))}
    return bind(sync, ma, Schema({**crm.objects, "Lead": replace(bare, parents=parents)}), CONSENT)


def _canonical(paths: set[str]) -> set[str]:
    folded = {path.casefold(): path for path in PARENTS}
    return {folded.get(path.casefold(), path) for path in paths}


Written = tuple[dict[str, Any] | None, dict[str, Any]]
"""What a lead holds (None: it is created) and what is sent, by CRM field."""


def target(sync: BoundSync, *leads: Written, **more: Any) -> tuple[pl.DataFrame, Target]:
    columns: dict[str, Any] = {
        "_link": range(len(leads)),
        "_create": [stored is None for stored, _ in leads],
        "_target": [
            None if stored is None else f"00Q{place:012}AAA" for place, (stored, _) in enumerate(leads)
        ],
    }
    for b in sync.fields:
        if (field := b.on("crm", "Lead")) is None:
            continue
        values = pl.Series([sent.get(field.name) for _, sent in leads], dtype=DTYPES[field.kind])
        before = pl.Series([(stored or {}).get(field.name) for stored, _ in leads], dtype=DTYPES[field.kind])
        columns |= {value_column(b.name): values, f"source:{b.name}": values, f"before:{b.name}": before}
        columns[sends(b.name)] = [field.name in sent for _, sent in leads]
    for name in sync.watched_on("crm", "Lead"):
        kind = DTYPES[sync.crm["Lead"].fields[name].kind]
        columns[seen(name)] = pl.Series([(stored or {}).get(name) for stored, _ in leads], dtype=kind)
    frame = pl.DataFrame(columns)
    return frame, replace(target_of(sync, "crm", "Lead", frame, NOW, READ), **more)


def held(sync: BoundSync, *leads: Written, **more: Any) -> list[tuple[int, str]]:
    """Who breaks which rule."""
    found = findings(*target(sync, *leads, **more))
    return sorted((one.link, one.detail["rule"]) for one in found if one.error_type == "validation_rule")


def asked(sync: BoundSync, *leads: Written) -> dict[str, tuple[str, ...]]:
    return {one.object: one.ids for one in asked_of_parents([target(sync, *leads)])}


def test_a_record_is_judged_by_the_parent_that_it_has_after_the_write() -> None:
    sync = ruled(OF_CUSTOMERS)
    moves_in: Written = {"AccountId": TWO}, {"AccountId": ONE}
    moves_out: Written = {"AccountId": ONE}, {"AccountId": TWO}
    stays: Written = {"AccountId": ONE}, {"Title__c": "部長"}
    new: Written = None, {"AccountId": ONE}
    assert held(sync, moves_in, moves_out, stays, new) == [(n, OF_CUSTOMERS) for n in (0, 2, 3)]


def test_a_parent_that_nobody_maps_is_watched_and_counts() -> None:
    sync = ruled(OF_CUSTOMERS, mapped_too=())
    assert sync.watched_on("crm", "Lead") == ("AccountId",)
    written: Written = {"AccountId": ONE}, {"Title__c": "部長"}
    assert held(sync, written, ({"AccountId": TWO}, {"Title__c": "x"})) == [(0, OF_CUSTOMERS)]
    # A create leaves it out: it has no parent, which is known.
    assert held(ruled("ISBLANK(TEXT(Account.Type))", mapped_too=()), (None, {"Title__c": "x"})) != []


def test_without_a_parent_all_its_fields_are_empty() -> None:
    rule = "ISBLANK(TEXT(Account.Type))"
    leaves: Written = {"AccountId": ONE}, {"AccountId": None}
    never_had: Written = {"AccountId": None}, {"Title__c": "x"}
    assert held(ruled(rule), leaves, never_had, (None, {}), ({"AccountId": ONE}, {})) == [
        (n, rule) for n in (0, 1, 2)
    ]
    assert held(ruled("NOT(Owner:User.IsActive)"), ({"OwnerId": None}, {"Title__c": "x"})) != []


def test_of_a_parent_that_is_not_known_nothing_is_foreseen_and_of_the_others_all_is() -> None:
    negated, either = f"NOT({OF_CUSTOMERS})", f"OR({OF_CUSTOMERS}, ISBLANK(Title__c))"
    hidden: Written = {"AccountId": NEW}, {"Title__c": "x"}
    known: Written = {"AccountId": TWO}, {"Title__c": "x"}
    assert held(ruled(OF_CUSTOMERS, negated), hidden, known, hidden) == [(1, negated)]
    # Where the rest of the rule decides, the parent is not needed.
    assert held(ruled(either), ({"AccountId": NEW}, {"Title__c": None}), hidden, known) == [(0, either)]
    assert held(ruled(negated), known, parents={}) == []


def test_a_rule_without_parents_is_judged_for_everybody_beside_one_with() -> None:
    plain = "ISBLANK(Title__c)"
    rows: list[Written] = [({"AccountId": id}, {"Title__c": None}) for id in (ONE, NEW, TWO, NEW)]
    assert held(ruled(OF_CUSTOMERS, plain), *rows) == [
        (0, plain),
        (0, OF_CUSTOMERS),
        *((n, plain) for n in (1, 2, 3)),
    ]


def test_parents_of_parents_are_read_and_one_that_may_not_be_seen_is_unknown() -> None:
    rule = 'NOT(Account.Parent.Industry = "Energy")'
    rows: list[Written] = [({"AccountId": id}, {"Title__c": "x"}) for id in (ONE, TWO, None)]
    assert held(ruled(rule), *rows) == [(2, rule)]
    assert held(ruled('Account.Parent.Industry = "Energy"'), *rows) == [
        (0, 'Account.Parent.Industry = "Energy"')
    ]


def test_an_owner_that_is_no_user_has_nothing_of_a_user() -> None:
    rule = "NOT(Owner:User.IsActive)"
    rows: list[Written] = [({"OwnerId": id}, {"Title__c": "x"}) for id in (QUEUE, ANN, "005000000000009AAA")]
    assert held(ruled(rule), *rows) == [(0, rule), (1, rule)]
    # Whom the vendor makes the owner of a new record is not known.
    assert held(ruled(rule), (None, {"Title__c": "x"})) == []


def test_the_parent_before_the_write_is_that_of_the_stored_reference() -> None:
    rule = 'TEXT(PRIORVALUE(Account.Type)) = "Customer"'
    moves: Written = {"AccountId": ONE}, {"AccountId": TWO}
    assert held(ruled(rule), moves, ({"AccountId": TWO}, {"AccountId": ONE})) == [(0, rule)]
    assert asked(ruled(rule), moves) == {"Account": (ONE, TWO)}
    assert asked(ruled(OF_CUSTOMERS), moves) == {"Account": (TWO,)}


@pytest.mark.parametrize(
    "rule", ['ispickval(ACCOUNT.TYPE, "Customer")', 'ISPICKVAL(account.type, "Customer")']
)
def test_paths_do_not_mind_case(rule: str) -> None:
    rows: list[Written] = [({"AccountId": id}, {"Title__c": "x"}) for id in (ONE, TWO)]
    assert held(ruled(rule), *rows) == [(0, rule)]
    assert lacking(ruled(rule).crm["Lead"].rules[0], ruled(rule).crm["Lead"]) == []


def test_a_parents_field_is_read_as_the_sort_of_value_that_it_is() -> None:
    rule = "Account.Share__c = 0.25"
    assert held(ruled(rule), ({"AccountId": ONE}, {}), ({"AccountId": TWO}, {})) == [(0, rule)]


def test_only_what_nobody_knows_is_lacking() -> None:
    object = ruled(OF_CUSTOMERS, f"AND({OF_CUSTOMERS}, Account.Nope__c, Manager__r.X__c = 1)").crm["Lead"]
    assert [lacking(rule, object) for rule in object.rules] == [
        [],
        ["parent Account", "parent Manager__r"],
    ]


def test_who_changed_a_record_last_is_not_who_will_have_changed_it() -> None:
    path = "LastModifiedBy.IsActive"
    sync = ruled(f"NOT({path})")
    lead = sync.crm["Lead"]
    last = a_field("LastModifiedById", references=("User",), derived=True)
    parent = replace(PARENTS["Owner:User.IsActive"], reference=last.name)
    moved = replace(lead, fields={**lead.fields, last.name: last}, parents={path: parent})
    sync = replace(sync, crm={**sync.crm, "Lead": moved})
    assert held(sync, ({}, {"Title__c": "x"}), (None, {})) == []
    assert lacking(moved.rules[0], moved) == ["parent LastModifiedBy"]


def test_each_parent_is_asked_for_once_and_only_where_it_may_be_one() -> None:
    sync = ruled(OF_CUSTOMERS, "NOT(Owner:User.IsActive)")
    rows: list[Written] = [
        ({"AccountId": id, "OwnerId": owner}, {"Title__c": "x"})
        for id, owner in ((TWO, ANN), (ONE, ANN), (TWO, QUEUE), ("none", ANN), ("003000000000001AAA", ANN))
    ]
    assert asked(sync, *rows) == {"Account": (ONE, TWO), "User": (ANN,)}
    assert asked(sync, (None, {})) == {}
    assert asked(ruled("ISBLANK(Title__c)"), *rows) == {}


def test_an_id_in_its_short_form_is_the_same_record() -> None:
    assert held(ruled(OF_CUSTOMERS), ({"AccountId": TWO}, {"AccountId": ONE[:15]})) == [(0, OF_CUSTOMERS)]


def test_a_parent_whose_field_the_same_plan_changes_is_not_asked_for() -> None:
    """Nobody knows which of the two is written first."""
    above = a_field("Parent__c", references=("Lead",), id_pattern=ID)
    boss = Mapped(a_field("boss"), {"Lead": above})
    sync = ruled(mapped_too=(boss,))
    lead = sync.crm["Lead"]
    title = ParentField("Parent__c", "Lead", "Title__c", a_field("Title__c"), prefix="00Q")
    rule = Rule(id="1", object="Lead", name="r", formula='Parent__r.Title__c = "x"', message="")
    sync = replace(
        sync, crm={**sync.crm, "Lead": replace(lead, rules=(rule,), parents={"Parent__r.Title__c": title})}
    )
    ids = [f"00Q{place:012}AAA" for place in range(3)]
    rows: list[Written] = [
        ({"Title__c": "old"}, {"Title__c": "new"}),
        ({"Title__c": "old"}, {"Title__c": "old", "Email": "a@example.jp"}),
        ({"Parent__c": ids[0]}, {"Email": "b@example.jp"}),
        ({"Parent__c": ids[1]}, {"Email": "c@example.jp"}),
    ]
    assert asked(sync, *rows) == {"Lead": (ids[1],)}


def test_whoever_is_held_for_a_parent_is_looked_at_again_by_themselves() -> None:
    """Nobody has to touch the record itself: its parent is what was wrong."""
    away = FieldMapping("company", {"Lead": "AccountId"}, Direction.CRM)
    sync = ruled(OF_CUSTOMERS, "ISBLANK(Title__c)")
    sync = replace(
        sync,
        fields=tuple(replace(b, mapping=away) if b.name == "company" else b for b in sync.fields),
    )
    people = [Record(n, f"m{n}", {"email": f"p{n}@example.jp", "title": "x"}) for n in (1, 2)]
    leads = [
        Record(n, f"00Q{n}", {"email": f"p{n}@example.jp", "title": "y", "company": id}, object="Lead")
        for n, id in ((1, ONE), (2, TWO))
    ]
    draft = planned(sync, people, leads, parents={"crm": READ})
    (item,) = [one for one in draft.items if one.error_type == "validation_rule"]
    assert (item.link, item.detail["rule"], item.retry) == (1, OF_CUSTOMERS, True)
    assert [one.link for one in operations(draft, OperationKind.UPDATE) if one.side == "crm"] == [2]


REFERENCES = st.sampled_from((ONE, TWO, NEW, None))
LEADS = st.lists(
    st.tuples(st.booleans(), REFERENCES, st.none() | REFERENCES, st.sampled_from(("x", None))), max_size=8
)


@given(LEADS)
def test_many_records_are_judged_as_each_would_be_alone(rows: list[Any]) -> None:
    sync = ruled(OF_CUSTOMERS, f"OR(NOT({OF_CUSTOMERS}), ISBLANK(Title__c))", "ISBLANK(Title__c)")
    leads: list[Written] = [
        (None if new else {"AccountId": stored}, {"AccountId": sent, "Title__c": title})
        for new, stored, sent, title in rows
    ]
    alone = [(n, rule) for n, lead in enumerate(leads) for _, rule in held(sync, lead)]
    assert held(sync, *leads) == sorted(alone)
