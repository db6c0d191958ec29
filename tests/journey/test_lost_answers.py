"""An org acts on a call and its answer never arrives: nobody is made twice, and what cannot be known waits and says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from awase_practice.seeds import ordinary
from awase_practice.seeds.people import person
from awase_practice.seeds.story import Part, Story, in_hubspot
from tests.support.installation import HOUR, Ended, Installation, addresses, installation, people_of
from tests.support.tap import Where

ROLES = (ordinary.hubspot_only, ordinary.lead_only, ordinary.contact_only, ordinary.equal_lead)
PEOPLE = 12
SIDES = ("hubspot", "salesforce")
OBJECT = {"hubspot": "contact", "salesforce": "Lead"}
TITLE = {"hubspot": "jobtitle", "salesforce": "Title"}
OTHER = {"hubspot": "salesforce", "salesforce": "hubspot"}


@pytest.fixture
def here() -> Iterator[Installation]:
    with installation() as made:
        yield made


@pytest.fixture
def without_keys() -> Iterator[Installation]:
    """Neither org has the field that carries Awase's key."""
    with installation() as made:
        made.hubspot.schema("contact", remove_field="awase_key")
        for object in ("Lead", "Contact"):
            made.salesforce.schema(object, remove_field={"name": "Awase_Key__c"})
        yield made


def everybody_once(here: Installation, people: int) -> bool:
    """Whether each person has one record on each side."""
    held = here.holdings()
    sides = addresses(held, "contact"), addresses(held, "Contact", "Lead")
    return all(len(side) == people and set(side.values()) == {1} for side in sides)


def run_of(ended: Ended) -> dict[str, Any]:
    (run,) = ended.document["runs"]
    return dict(run)


def assert_nothing_is_left(here: Installation, status: int = 0) -> None:
    """The next run, an hour later, agrees and writes nothing."""
    here.let_pass(HOUR)
    ended = here.sync()
    assert ended.status == status, ended
    assert run_of(ended)["plan"]["calls"]["write"] == 0
    assert here.disagreements() == []


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("where", ["asked", "answered"])
def test_a_create_whose_answer_is_lost_makes_nobody_twice(
    here: Installation, side: str, where: Where
) -> None:
    here.fill(people_of(ROLES, PEOPLE, seed=3))
    lost = here.taps[side].lose(where)
    first = here.sync()
    assert lost.here.is_set()
    # What never reached the org is looked for, not found, and made by a later run.
    assert first.status == (0 if where == "answered" else 1), first
    assert here.sync().status == 0
    assert everybody_once(here, PEOPLE)
    assert_nothing_is_left(here)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("where", ["asked", "answered"])
def test_an_update_whose_answer_is_lost_takes_effect_once(
    here: Installation, side: str, where: Where
) -> None:
    here.fill(people_of((ordinary.equal_lead,), 4, seed=3))
    assert here.sync().status == 0
    here.let_pass(HOUR)
    source = here.orgs[OTHER[side]]
    for row in source.rows(OBJECT[OTHER[side]]):
        source.edit(OBJECT[OTHER[side]], row["id"], {TITLE[OTHER[side]]: "新しい役職"})
    lost = here.taps[side].lose(where)
    first = here.sync()
    assert lost.here.is_set()
    assert first.status == (0 if where == "answered" else 1), first
    assert here.sync().status == 0
    target = here.orgs[side]
    for row in target.rows(OBJECT[side]):
        assert row[TITLE[side]] == "新しい役職"
        changes = target.process.control("history", object=OBJECT[side], id=row["id"])
        assert Counter(change["field"] for change in changes)[TITLE[side]] == 1
    assert_nothing_is_left(here)


@pytest.mark.parametrize("side", SIDES)
def test_an_opt_out_whose_answer_is_lost_has_arrived_and_holds(here: Installation, side: str) -> None:
    role = ordinary.pair_out_in_salesforce if side == "hubspot" else ordinary.pair_out_in_hubspot
    here.fill(people_of((role,), 3, seed=3))
    lost = here.taps[side].lose("answered")
    assert here.sync().status == 0
    assert lost.here.is_set()
    assert_nothing_is_left(here)


# -- without the key property ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", SIDES)
def test_without_a_key_an_unanswered_create_waits_until_its_address_is_seen(
    without_keys: Installation, side: str
) -> None:
    here = without_keys
    here.fill(people_of((ordinary.lead_only if side == "hubspot" else ordinary.hubspot_only,), 3, seed=3))
    lost = here.taps[side].lose("answered")
    first = here.sync()
    assert lost.here.is_set()
    assert first.status == 1
    assert [item["code"] for item in here.items()] == ["unanswered_create"] * 3
    assert {item["target"] for item in here.items()} == {side}
    assert here.sync().status == 0
    assert here.items() == []
    assert everybody_once(here, 3)
    assert_nothing_is_left(here)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("where", ["asked", "answered"])
def test_without_a_key_and_an_address_an_unanswered_create_waits_for_a_person(
    without_keys: Installation, side: str, where: Where
) -> None:
    here = without_keys
    if side == "salesforce":
        here.hubspot.load("contact", [{"lastname": "無名", "company": "株式会社例"}])
    else:
        here.salesforce.load("Lead", [{"LastName": "無名", "Company": "株式会社例"}])
    here.taps[side].lose(where)
    assert here.sync().status == 1
    made = len(here.orgs[side].rows(OBJECT[side]))
    assert made == (1 if where == "answered" else 0)
    for _ in range(2):
        here.let_pass(HOUR)
        assert here.sync().status == 1
        assert "unanswered_create" in {item["code"] for item in here.items()}
        assert len(here.orgs[side].rows(OBJECT[side])) == made
        assert len(here.orgs[OTHER[side]].rows(OBJECT[OTHER[side]])) == 1


def test_what_waits_says_so_in_both_languages(without_keys: Installation) -> None:
    here = without_keys
    here.fill(people_of((ordinary.hubspot_only,), 1, seed=3))
    here.taps["salesforce"].lose("asked")
    assert here.sync().status == 1
    for language in ("ja", "en"):
        (item,) = here.run("errors", "--json", "--lang", language).document["errors"]
        assert item["kind"] == "unknown"
        assert item["name"]
        assert item["meaning"]
        assert item["fixes"]
        assert item["name"].isascii() == (language == "en")


# -- a call that one record spoils ----------------------------------------------------------------------------------


def with_title(number: int, title: str | None) -> Part:
    return Part((in_hubspot(person(3, number), jobtitle=title),))


def test_records_that_spoil_their_call_do_not_hold_back_their_neighbours(here: Installation) -> None:
    """The CRM's title becomes a number just when the call is under way: its parser then refuses the whole call."""
    spoilt = {4, 17, 18}
    parts = tuple(with_title(n, "部長" if n in spoilt else None) for n in range(40))
    here.fill(Story(3, 40, parts))
    under_way = here.taps["salesforce"].catch("asked")
    process = here.start("sync", "--yes", "--json")
    assert under_way.here.wait(60)
    change = {"name": "Title", "type": "double", "precision": 10, "scale": 0}
    here.salesforce.schema("Lead", change_field=change)
    here.taps["salesforce"].let_go(under_way)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, (out, err)
    titles = {row["email"]: row.get("jobtitle") for row in here.hubspot.rows("contact")}
    arrived = {row["Email"] for row in here.salesforce.rows("Lead")}
    assert arrived == {address for address, title in titles.items() if not title}
    refused = here.items()
    assert [item["kind"] for item in refused] == ["rejected"] * len(spoilt)
    assert all("JSON" in item["code"] for item in refused)
