"""Merges, conversions, deletions and restores, with the command against both practice orgs over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.installation import Ended, Installation
from tests.support.small_workspace import contact, load, pass_an_hour, small_workspace

MANY = 25
"""More deletions than a run does unasked."""


@pytest.fixture
def here() -> Iterator[Installation]:
    with small_workspace() as made:
        yield made


def leads(here: Installation) -> dict[str, str]:
    """Address → id of the leads that are there and not converted."""
    return {row["Email"]: row["id"] for row in here.salesforce.rows("Lead") if not row.get("IsConverted")}


def address(number: int) -> str:
    return f"person{number}@example.jp"


def settled(here: Installation, people: int) -> tuple[list[str], list[str]]:
    """So many people, known on both sides: their ids in HubSpot and in Salesforce."""
    ids = load(here, *(contact(n) for n in range(people)))
    here.connect_by_command()
    assert here.run("sync", "--yes").status == 0
    pass_an_hour(here)
    there = leads(here)
    return ids, [there[address(n)] for n in range(people)]


def happen(here: Installation, vendor: str, what: str, **body: Any) -> dict[str, Any]:
    """A user's doing in one org."""
    answer: dict[str, Any] = here.orgs[vendor].process.control(what, {"author": "user:someone", **body})
    return answer


def link(here: Installation, record: str) -> dict[str, Any]:
    """The link of ``object:id``, as ``awase explain`` tells it."""
    (person,) = here.run("explain", record, "--json").document["people"]
    found: dict[str, Any] = person["link"]
    return found


def partner(here: Installation, contact_id: str) -> str:
    found = link(here, f"contact:{contact_id}")
    return f"{found['crm_object']}:{found['crm_id']}" if not found["gone"] else f"gone: {found['gone']}"


def created(ended: Ended) -> int:
    (run,) = ended.document["runs"]
    return sum(counts["created"] for counts in run["sides"].values())


def synced(here: Installation) -> Ended:
    pass_an_hour(here)
    ended = here.sync()
    assert ended.status in (0, 1), ended
    assert created(ended) == 0
    return ended


def test_each_event_moves_or_ends_its_link_and_nobody_comes_twice(here: Installation) -> None:
    ma, crm = settled(here, 15)
    happen(here, "hubspot", "delete", object="contact", id=ma[0])
    happen(here, "salesforce", "delete", object="Lead", id=crm[1])
    happen(here, "hubspot", "merge", object="contact", winner=ma[2], losers=[ma[3]])
    here.salesforce.edit("Lead", crm[5], {"HasOptedOutOfEmail": True})
    happen(here, "salesforce", "merge", object="Lead", winner=crm[4], losers=[crm[5]])
    happen(here, "hubspot", "merge", object="contact", winner=ma[7], losers=[ma[8]])
    happen(here, "hubspot", "merge", object="contact", winner=ma[6], losers=[ma[7]])
    new = happen(here, "salesforce", "convert", lead=crm[9])["contact"]
    (known,) = here.salesforce.load("Contact", [{"LastName": "既存", "Title": "会長"}])
    happen(here, "salesforce", "convert", lead=crm[10], contact=known)
    happen(here, "hubspot", "delete", object="contact", id=ma[11])
    (again,) = load(here, contact(11, jobtitle="再登録"))
    happen(here, "salesforce", "delete", object="Lead", id=crm[12])
    anew = {"Email": address(12), "LastName": "山田12", "Company": "株式会社例12", "Title": "新任"}
    (lead_again,) = here.salesforce.load("Lead", [anew])
    happen(here, "hubspot", "delete", object="contact", id=ma[13])
    happen(here, "salesforce", "delete", object="Lead", id=crm[14])
    synced(here)

    assert partner(here, ma[0]) == "gone: ma"
    assert partner(here, ma[1]) == "gone: crm"
    assert (partner(here, ma[2]), partner(here, ma[3])) == (f"Lead:{crm[2]}", "gone: ma")
    assert (partner(here, ma[4]), partner(here, ma[5])) == (f"Lead:{crm[4]}", "gone: crm")
    assert partner(here, ma[6]) == f"Lead:{crm[6]}"
    assert link(here, f"Lead:{crm[7]}")["state"] == link(here, f"Lead:{crm[8]}")["state"] == "merged"
    assert partner(here, ma[9]) == f"Contact:{new}"
    assert partner(here, ma[10]) == f"Contact:{known}"
    assert partner(here, again) == f"Lead:{crm[11]}"
    assert partner(here, ma[12]) == f"Lead:{lead_again}"
    contacts = {row["id"]: row for row in here.hubspot.rows("contact")}
    assert set(contacts) == {*(ma[n] for n in (1, 2, 4, 5, 6, 9, 10, 12, 14)), again}
    there = {row["id"]: row for row in here.salesforce.rows("Lead") if not row.get("IsConverted")}
    assert set(there) == {*(crm[n] for n in (0, 2, 3, 4, 6, 7, 8, 11, 13)), lead_again}
    assert {row["id"] for row in here.salesforce.rows("Contact")} == {new, known}
    # Whose opt-out nobody had seen before the merge: it reaches everybody who became this person.
    assert there[crm[4]]["HasOptedOutOfEmail"]
    assert (contacts[ma[4]]["hs_email_optout"], contacts[ma[5]]["hs_email_optout"]) == ("true", "true")
    # What the survivor says holds; what it does not say clears nothing.
    assert (contacts[ma[10]]["jobtitle"], contacts[ma[10]]["company"]) == ("会長", "株式会社例10")

    before = here.writes()
    synced(here)
    assert here.writes() == before

    here.hubspot.edit("contact", ma[9], {"jobtitle": "部長"})
    happen(here, "hubspot", "restore", object="contact", id=ma[13])
    happen(here, "salesforce", "restore", object="Lead", id=crm[14])
    here.salesforce.edit("Lead", crm[0], {"Title": "削除後の変更"})
    synced(here)
    assert (partner(here, ma[13]), partner(here, ma[14])) == (f"Lead:{crm[13]}", f"Lead:{crm[14]}")
    titles = {row["id"]: row["Title"] for row in here.salesforce.rows("Contact")}
    assert titles[new] == "部長"
    assert ma[0] not in {row["id"] for row in here.hubspot.rows("contact")}
    for record in (f"contact:{ma[0]}", f"contact:{ma[3]}"):
        assert here.run("explain", record, "--lang", "ja").status == 0


def test_events_between_a_plan_and_its_carrying_out_are_left_to_the_next_run(here: Installation) -> None:
    ma, crm = settled(here, 8)
    for id in ma[:5]:
        here.hubspot.edit("contact", id, {"jobtitle": "計画済み"})
    for id in crm[5:]:
        here.salesforce.edit("Lead", id, {"Title": "計画済み"})
    pass_an_hour(here)
    assert here.run("plan", "-o", "kept.plan").status == 0
    happen(here, "salesforce", "delete", object="Lead", id=crm[0])
    happen(here, "salesforce", "merge", object="Lead", winner=crm[1], losers=[crm[2]])
    new = happen(here, "salesforce", "convert", lead=crm[3])["contact"]
    happen(here, "hubspot", "delete", object="contact", id=ma[5])
    happen(here, "hubspot", "merge", object="contact", winner=ma[6], losers=[ma[7]])
    applied = here.run("apply", "kept.plan", "--yes", "--json")
    assert created(applied) == 0
    untouched = {row["id"]: row["Title"] for row in here.salesforce.rows("Contact")}
    assert untouched == {new: "課長"}
    for _ in range(2):
        synced(here)
    assert (partner(here, ma[0]), partner(here, ma[2])) == ("gone: crm", "gone: crm")
    assert (partner(here, ma[1]), partner(here, ma[3])) == (f"Lead:{crm[1]}", f"Contact:{new}")
    assert partner(here, ma[6]) == f"Lead:{crm[6]}"
    assert link(here, f"Lead:{crm[5]}")["gone"] == link(here, f"Lead:{crm[7]}")["gone"] == "ma"
    titles = {row["id"]: row["Title"] for row in here.salesforce.rows("Lead")}
    titles |= {row["id"]: row["Title"] for row in here.salesforce.rows("Contact")}
    assert (titles[crm[1]], titles[crm[4]], titles[new]) == ("計画済み", "計画済み", "計画済み")
    assert (len(here.hubspot.rows("contact")), len(titles)) == (6, 7)
    before = here.writes()
    synced(here)
    assert here.writes() == before


def test_what_a_kept_plan_knows_of_merges_and_deletions_is_carried_out(here: Installation) -> None:
    here.replace("[[syncs.create_as]]", '[syncs.policies]\ndeleted_in_ma = "delete"\n\n[[syncs.create_as]]')
    ma, crm = settled(here, 3)
    happen(here, "hubspot", "delete", object="contact", id=ma[0])
    new = happen(here, "salesforce", "convert", lead=crm[1])["contact"]
    here.hubspot.edit("contact", ma[1], {"jobtitle": "部長"})
    pass_an_hour(here)
    assert here.run("plan", "-o", "kept.plan").status == 0
    assert here.run("apply", "kept.plan", "--yes", "--json").status == 0
    assert set(leads(here).values()) == {crm[2]}
    assert partner(here, ma[1]) == f"Contact:{new}"
    assert [row["Title"] for row in here.salesforce.rows("Contact")] == ["部長"]


@pytest.mark.parametrize("gone", ["ma", "crm"])
def test_a_policy_carries_many_deletions_once_and_asks_before(here: Installation, gone: str) -> None:
    policy = f'[syncs.policies]\ndeleted_in_{gone} = "delete"\n\n[[syncs.create_as]]'
    here.replace("[[syncs.create_as]]", policy)
    ma, crm = settled(here, MANY + 1)
    vendor, object, ids = ("hubspot", "contact", ma) if gone == "ma" else ("salesforce", "Lead", crm)
    for id in ids[1:]:
        happen(here, vendor, "delete", object=object, id=id)
    pass_an_hour(here)
    asked = here.run("sync", "--json")
    assert asked.status == 4, asked
    assert sorted((len(here.hubspot.rows("contact")), len(leads(here)))) == [1, MANY + 1]
    done = here.sync()
    (run,) = done.document["runs"]
    assert sum(counts["deleted"] for counts in run["sides"].values()) == MANY
    assert (len(here.hubspot.rows("contact")), len(leads(here))) == (1, 1)
    target = f"Lead:{crm[1]}" if gone == "ma" else f"contact:{ma[1]}"
    (person,) = here.run("explain", target, "--json").document["people"]
    deletions = [one for one in person["writes"] if one["kind"] == "delete"]
    assert [one["outcome"] for one in deletions] == ["applied"]
    assert here.run("explain", target, "--lang", "ja").status == 0
    before = here.writes()
    for _ in range(2):
        synced(here)
    assert here.writes() == before


def test_a_deletion_that_was_refused_is_tried_again(here: Installation) -> None:
    here.replace("[[syncs.create_as]]", '[syncs.policies]\ndeleted_in_ma = "delete"\n\n[[syncs.create_as]]')
    ma, crm = settled(here, 2)
    here.salesforce.process.control("settings", {"locked_rows": [crm[0]]})
    happen(here, "hubspot", "delete", object="contact", id=ma[0])
    pass_an_hour(here)
    assert here.sync().status == 1
    assert set(leads(here).values()) == set(crm)
    assert len(here.items()) == 1
    here.salesforce.process.control("settings", {"locked_rows": []})
    synced(here)
    assert set(leads(here).values()) == {crm[1]}
    assert here.items() == []


def test_who_was_deleted_in_the_crm_is_taken_off_a_list_once(here: Installation) -> None:
    ma, crm = settled(here, 3)
    made = _hubspot(
        here, "POST", "/crm/v3/lists/", {"name": "配信", "objectTypeId": "0-1", "processingType": "MANUAL"}
    )
    members = f"/crm/v3/lists/{made['list']['listId']}/memberships"
    _hubspot(here, "PUT", f"{members}/add", ma)
    policy = f'[syncs.policies]\ndeleted_in_crm = {{ leave_list = "{made["list"]["listId"]}" }}\n\n[[syncs.create_as]]'
    here.replace("[[syncs.create_as]]", policy)
    happen(here, "salesforce", "delete", object="Lead", id=crm[0])
    synced(here)
    assert {one["recordId"] for one in _hubspot(here, "GET", members)["results"]} == set(ma[1:])
    assert len(here.hubspot.rows("contact")) == 3
    (person,) = here.run("explain", f"contact:{ma[0]}", "--json").document["people"]
    assert [one["outcome"] for one in person["writes"] if one["kind"] == "take_off"] == ["applied"]
    _hubspot(here, "PUT", f"{members}/add", [ma[0]])
    synced(here)
    assert len(_hubspot(here, "GET", members)["results"]) == 3


def _hubspot(here: Installation, method: str, path: str, body: object = None) -> Any:
    process = here.hubspot.process
    reply = process.send(
        method, path, body, {"Authorization": f"Bearer {process.credentials['access_token']}"}
    )
    assert reply.status < 300, reply
    return reply.document


def test_a_second_record_does_not_bring_back_who_was_deleted(here: Installation) -> None:
    ma, _ = settled(here, 2)
    second = {"LastName": "山田0", "Company": "株式会社例0", "Email": address(0)}
    (twin,) = here.salesforce.load("Lead", [second])
    pass_an_hour(here)
    synced(here)
    assert len(here.hubspot.rows("contact")) == 2
    happen(here, "hubspot", "delete", object="contact", id=ma[0])
    pass_an_hour(here)
    synced(here)
    here.salesforce.edit("Lead", twin, {"Title": "部長"})
    pass_an_hour(here)
    synced(here)
    assert [row["id"] for row in here.hubspot.rows("contact")] == [ma[1]]
