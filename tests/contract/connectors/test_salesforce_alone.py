"""What is Salesforce's own: conversion, person accounts, rows of roles, headers that set rules aside."""

from __future__ import annotations

from typing import Any

import pytest

from awase.core.consent import opted_out
from awase.core.operations import OperationKind, State

from .side import Side, moved

ROLES = "OpportunityContactRoles"
LEAD = {"LastName": "林", "Company": "株式会社林", "Email": "hayashi@example.jp"}


def schema(side: Side, object: str, **change: Any) -> None:
    side.control("schema", {"object": object, **change})


# --- conversion and person accounts ---------------------------------------------------------------------------------


def test_a_converted_lead_is_told_as_the_contact_it_became(salesforce: Side) -> None:
    lead, other = salesforce.load("Lead", LEAD, LEAD)
    query = salesforce.query("Lead", "LastName")
    cursor, _ = salesforce.snapshot(query)
    contact = salesforce.control("convert", {"lead": lead})["contact"]
    _, frame = salesforce.changes(query, cursor)
    assert moved(frame, "Lead") == {f"Lead:{lead}": f"Contact:{contact}"}
    assert frame.select("_id", "_deleted").rows() == [(lead, False)]
    assert salesforce.snapshot(query)[1]["_id"].to_list() == [other], "a converted lead is no lead any more"
    assert moved(salesforce.by_id(query, lead, other), "Lead") == {f"Lead:{lead}": f"Contact:{contact}"}
    people = salesforce.query("Contact", "LastName")
    assert salesforce.by_id(people, contact).select("_id", "_gone_to").rows() == [(contact, None)]


def test_the_key_of_a_converted_lead_is_found_so_that_it_is_not_made_again(salesforce: Side) -> None:
    [created] = salesforce.write(salesforce.operation(OperationKind.CREATE, "Lead", values=dict(LEAD)))
    query = salesforce.query("Lead")
    key = salesforce.by_id(query, created.id or "")["_key"][0]
    contact = salesforce.control("convert", {"lead": created.id})["contact"]
    _, frame = salesforce.read(query, salesforce.connector.read_by_key(query, [key]))
    assert frame.select("_id", "_gone_to").rows() == [(created.id, f"Contact:{contact}")]


def test_a_merged_lead_that_is_restored_is_itself_again(salesforce: Side) -> None:
    winner, loser = salesforce.load("Lead", LEAD, LEAD)
    query = salesforce.query("Lead")
    cursor, _ = salesforce.snapshot(query)
    salesforce.merge("Lead", winner, loser)
    after, frame = salesforce.changes(query, cursor)
    assert moved(frame, "Lead") == {f"Lead:{loser}": f"Lead:{winner}"}
    salesforce.restore("Lead", loser)
    _, frame = salesforce.changes(query, after)
    assert frame.select("_id", "_deleted", "_gone_to").rows() == [(loser, False, None)]


def test_person_accounts_and_their_contacts_are_barred(salesforce: Side) -> None:
    [plain] = salesforce.people(1)
    salesforce.settings(person_accounts=True)
    notes = salesforce.run(salesforce.connector.describe(["Contact"])).notes
    assert any("person accounts" in note for note in notes)
    types = salesforce.control("rows", object="RecordType")
    person = next(row["id"] for row in types if row["DeveloperName"] == "PersonAccount")
    company, account = salesforce.load("Account", {"Name": "甲"}, {"LastName": "乙", "RecordTypeId": person})
    _, accounts = salesforce.snapshot(salesforce.query("Account", "Name"))
    assert dict(accounts.select("_id", "_barred").iter_rows()) == {company: None, account: "person_account"}
    _, people = salesforce.snapshot(salesforce.query("Contact", "LastName"))
    barred = dict(people.select("_id", "_barred").iter_rows())
    assert barred.pop(plain) is None
    assert list(barred.values()) == ["person_account"]


# --- roles ----------------------------------------------------------------------------------------------------------


def test_deleted_roles_are_left_out_even_where_deleted_deals_are_shown(salesforce: Side) -> None:
    (deal, doomed), (a, b) = salesforce.deals(2), salesforce.people(2)
    query = salesforce.query("Opportunity", ROLES)
    cursor, _ = salesforce.snapshot(query)
    for person in (a, b):
        salesforce.join(deal, person)
        salesforce.join(doomed, person)
    salesforce.join(deal, a, remove=True)
    salesforce.delete("Opportunity", doomed)
    _, frame = salesforce.changes(query, cursor)
    rows = {row["_id"]: (row["_deleted"], row[ROLES]) for row in frame.to_dicts()}
    assert rows == {deal: (False, [b]), doomed: (True, None)}


def test_a_person_with_two_roles_is_one_person_and_is_taken_out_of_both(salesforce: Side) -> None:
    (deal,), (a, b) = salesforce.deals(), salesforce.people(2)
    for person in (a, a, b):
        salesforce.join(deal, person)
    assert salesforce.people_of(deal) == {deal: {a, b}}
    [outcome] = salesforce.write(salesforce.relating(deal, [b], before=[a, b]))
    assert outcome.state is State.APPLIED
    assert salesforce.people_of(deal) == {deal: {b}}


def test_roles_that_the_user_may_not_delete_stay_and_say_so(salesforce: Side) -> None:
    (deal,), (person,) = salesforce.deals(), salesforce.people(1)
    salesforce.join(deal, person)
    salesforce.settings(object_permissions={"OpportunityContactRole": {"delete": False}})
    role = salesforce.query("Opportunity").object.fields[ROLES]
    assert (role.createable, role.updateable) == (False, False), "foreseen"
    [outcome] = salesforce.write(salesforce.relating(deal, [], before=[person]))
    assert outcome.state is State.REJECTED
    assert salesforce.people_of(deal) == {deal: {person}}


# --- rules ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("assignment_rules", [False, True])
def test_assignment_rules_choose_the_owner_only_where_a_sync_lets_them(
    salesforce: Side, *, assignment_rules: bool
) -> None:
    [queue] = salesforce.load("Group", {"Name": "窓口"})
    schema(salesforce, "Lead", add_rule={"assign": queue})
    create = salesforce.operation(OperationKind.CREATE, "Lead", values=dict(LEAD))
    [outcome] = salesforce.write(create, assignment_rules=assignment_rules)
    frame = salesforce.by_id(salesforce.query("Lead", "OwnerId"), outcome.id or "")
    assert (frame["OwnerId"][0] == queue) == assignment_rules


@pytest.mark.parametrize(
    ("action", "allow", "state"),
    [
        ("alert", False, State.REJECTED),
        ("alert", True, State.APPLIED),
        ("block", False, State.REJECTED),
        ("block", True, State.REJECTED),
    ],
)
def test_alerts_of_duplicates_pass_only_where_a_sync_lets_them_and_blocks_never(
    salesforce: Side, *, action: str, allow: bool, state: State
) -> None:
    salesforce.load("Lead", LEAD)
    schema(salesforce, "Lead", add_rule={"duplicate": action})
    create = salesforce.operation(OperationKind.CREATE, "Lead", values=dict(LEAD))
    [outcome] = salesforce.write(create, allow_duplicates=allow)
    assert outcome.state is state
    assert (outcome.error.code if outcome.error else None) == (
        None if state is State.APPLIED else "DUPLICATES_DETECTED"
    )


def test_no_alert_of_duplicates_stops_an_opt_out(salesforce: Side) -> None:
    lead, _ = salesforce.load("Lead", LEAD, {**LEAD, "HasOptedOutOfEmail": True})
    schema(salesforce, "Lead", add_rule={"duplicate": "alert", "field": "HasOptedOutOfEmail"})
    out = opted_out(address=None, source="ma:contact:1")
    [outcome] = salesforce.write(salesforce.operation(OperationKind.OPT_OUT, "Lead", lead, opt_out=out))
    assert outcome.state is State.APPLIED
    assert salesforce.by_id(salesforce.query("Lead"), lead)["_out"].to_list() == [True]


def test_an_account_with_won_deals_is_not_deleted_and_the_others_are(salesforce: Side) -> None:
    kept, gone = salesforce.load("Account", {"Name": "甲"}, {"Name": "乙"})
    salesforce.load("Opportunity", {**salesforce.words.deal_values, "StageName": "受注", "AccountId": kept})
    outcomes = salesforce.write(
        *(salesforce.operation(OperationKind.DELETE, "Account", id) for id in (kept, gone))
    )
    assert [(one.state, one.id) for one in outcomes] == [(State.REJECTED, kept), (State.APPLIED, gone)]
    assert outcomes[0].error is not None
    assert outcomes[0].error.code == "DELETE_FAILED"


def test_users_that_own_nothing_which_is_synced_are_told_apart(salesforce: Side) -> None:
    robot, left = salesforce.load(
        "User",
        {"Username": "robot@example.jp", "LastName": "自動", "UserType": "AutomatedProcess"},
        {"Username": "left@example.jp", "LastName": "退職", "IsActive": False},
    )
    owners = {one.id: one for one in salesforce.run(salesforce.connector.read_owners())}
    assert (owners[robot].may_own, owners[robot].kind) == (False, "AutomatedProcess")
    assert (owners[left].may_own, owners[left].active) == (True, False)
