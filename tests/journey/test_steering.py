"""The verbs by which a person steers a sync, on two practice orgs over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.installation import Installation
from tests.support.small_workspace import contact, load, pass_an_hour, small_workspace


@pytest.fixture
def here() -> Iterator[Installation]:
    with small_workspace() as made:
        yield made


def leads(here: Installation) -> dict[str, dict[str, object]]:
    return {row["Email"]: row for row in here.salesforce.rows("Lead")}


def salesforce_calls(here: Installation) -> int:
    return int(here.run("budget", "salesforce", "--json").document["budgets"][0]["used"])


def test_careful_steps_take_one_person_then_a_few_then_everybody(here: Installation) -> None:
    load(here, *(contact(n) for n in range(6)))
    here.connect_by_command()
    plan = here.run("plan", "--json", "--only", "person3@example.jp").document["plans"][0]
    assert (plan["writes"], plan["part"]) == ({"salesforce:Lead:create": 1}, True)
    assert here.sync("--only", "PERSON3@example.jp").status == 0
    assert set(leads(here)) == {"person3@example.jp"}
    assert here.sync("--limit", "2").status == 0
    assert len(leads(here)) == 3
    assert here.sync().status == 0
    assert len(leads(here)) == 6
    assert "knows nobody by nobody@example.jp" in here.run("sync", "--yes", "--only", "nobody@example.jp").out


def test_an_allotment_has_a_connection_and_holds_its_reserve(here: Installation) -> None:
    assert here.run("budget", "--allot", "10").status == 2
    assert here.run("budget", "salesforce", "--allot", "10", "--reserve", "11").status == 2


def test_a_linked_person_is_found_by_either_record_and_only_their_edit_travels(here: Installation) -> None:
    one, two = load(here, contact(1), contact(2))
    here.connect_by_command()
    here.sync()
    pass_an_hour(here)
    for id in (one, two):
        here.hubspot.edit("contact", id, {"jobtitle": "部長"})
    assert here.sync("--only", f"contact:{one}").status == 0
    assert [leads(here)[f"person{n}@example.jp"]["Title"] for n in (1, 2)] == ["部長", "課長"]
    lead = leads(here)["person2@example.jp"]["id"]
    assert here.sync("--only", str(lead)).status == 0
    assert leads(here)["person2@example.jp"]["Title"] == "部長"


def test_a_new_field_is_filled_in_for_everybody_and_nobody_is_created(here: Installation) -> None:
    before = '\n[[syncs.fields]]\nma = "jobtitle"\ncrm = "Title"\n'
    here.replace(before, "")
    load(here, contact(1), contact(2))
    here.connect_by_command()
    here.sync()
    pass_an_hour(here)
    assert {row["Title"] for row in leads(here).values()} == {None}
    with here.file.open("a", encoding="utf-8") as file:
        file.write(before)
    load(here, contact(3))
    refused = here.run("sync", "--backfill", "jobtitel")
    assert (refused.status, "jobtitle" in refused.err) == (2, True)
    assert here.sync("--backfill", "jobtitle").status == 0
    assert {row["Title"] for row in leads(here).values()} == {"課長"}
    assert len(leads(here)) == 2


def test_at_the_allotment_the_rest_waits_as_one_incident_and_goes_when_there_is_room(
    here: Installation,
) -> None:
    load(here, *(contact(n) for n in range(5)))
    here.connect_by_command()
    before = salesforce_calls(here)
    here.run("plan")
    used = salesforce_calls(here)
    # Creates stop earlier than reading does: there is room to read once more, and none to create.
    read = used + (used - before)
    room = next(n for n in range(read, 9 * read) if n - int(n * 0.02) > read >= n - int(n * 0.05))
    here.run("budget", "salesforce", "--allot", str(room), "--reserve", "0")
    stopped = here.sync()
    assert stopped.status == 4
    error = stopped.document["runs"][0]["error"]
    assert error["code"] == "AW-403"
    assert re.search(rf"salesforce: \d+ calls .* allotment is {room}, .* free again from 20", error["text"])
    assert leads(here) == {}
    assert here.items() == []
    (incident,) = here.run("incidents", "--json").document["incidents"]
    assert (incident["subject"], incident["code"]) == ("connection:salesforce", "AW-403")
    told = here.run("budget", "salesforce", "--json").document["budgets"][0]
    assert (told["allotment"], told["allotment_from"]) == (room, "command")
    assert told["errands"]["creates"]["left"] == 0

    assert here.run("budget", "salesforce", "--allot", "default", "--reserve", "default").status == 0
    assert here.run("sync", "--yes").status == 0
    assert len(leads(here)) == 5
    past = here.run("incidents", "--all", "--json")
    assert (past.status, len(past.document["incidents"])) == (0, 1)


def test_errors_are_tried_again_by_type_and_filed_again_where_nothing_changed(here: Installation) -> None:
    here.salesforce.schema(
        "Lead",
        add_rule={
            "name": "No_Chiefs",
            "field": "Title",
            "message": "no chiefs",
            "when": {"field": "Title", "matches": "課長"},
            # Nobody can foresee a trigger.
            "as": "trigger",
        },
    )
    load(here, contact(1), contact(2))
    here.connect_by_command()
    here.sync()
    (first, _) = here.items()
    assert here.run("resync").status == 2
    assert here.run("resync", "--type", "nonsense").status == 2
    again = here.run("resync", "--json", "--yes", "--type", first["error_type"])
    assert (again.status, again.document["marked"]) == (1, {"people": 2})
    assert {item["attempts"] for item in here.items()} == {2}
    here.salesforce.schema("Lead", remove_rule={"name": "No_Chiefs"})
    one = here.run("resync", "--json", "--error", first["id"], "--no-run").document
    assert one["marked"] == {"people": 1}
    assert here.run("resync", "--yes", "--all").status == 0
    assert here.items() == []
    assert len(leads(here)) == 2


def test_whoever_is_kept_out_is_not_written_to_and_catches_up_when_taken_back(here: Installation) -> None:
    one, _ = load(here, contact(1), contact(2))
    here.connect_by_command()
    here.sync()
    assert here.run("exclude", "person1@example.jp").status == 2
    assert here.run("exclude", "person1@example.jp", "--reason", "競合他社").status == 0
    (listed,) = here.run("exclude", "--list", "--json").document["excluded"]
    assert (listed["ma"], listed["reason"]) == (f"contact:{one}", "競合他社")
    pass_an_hour(here)
    here.hubspot.edit("contact", one, {"jobtitle": "部長"})
    run = here.sync().document["runs"][0]
    assert run["sides"]["hubspot:contact"]["reasons"] == {"excluded": 1}
    assert leads(here)["person1@example.jp"]["Title"] == "課長"
    assert "競合他社" in here.run("explain", "person1@example.jp").out
    pass_an_hour(here)
    here.sync()
    assert here.run("include", "person1@example.jp").status == 0
    assert here.sync().status == 0
    assert leads(here)["person1@example.jp"]["Title"] == "部長"


def test_a_person_tells_apart_what_the_addresses_do_not(here: Installation) -> None:
    (ma,) = load(here, contact(1, jobtitle=""))
    first, second = here.salesforce.load(
        "Lead",
        [
            {"Email": "person1@example.jp", "LastName": "山田1", "Company": "株式会社例1", "Title": title}
            for title in ("課長", "部長")
        ],
    )
    here.connect_by_command()
    here.sync()
    waiting = here.run("matches", "--json").document["matches"]
    assert {item["record"] for item in waiting} >= {ma}
    assert f"Lead:{second}" in next(i["candidates"] for i in waiting if i["record"] == ma)
    assert here.run("link", f"contact:{ma}", f"Lead:{second}").status == 0
    refused = here.run("link", ma, first)
    assert (refused.status, f"Lead:{second}" in refused.err) == (2, True)
    here.sync()
    (row,) = here.hubspot.rows("contact")
    assert row["values"]["jobtitle"] if "values" in row else row["jobtitle"] == "部長"

    assert here.run("unlink", f"contact:{ma}").status == 0
    here.sync()
    assert {item["record"] for item in here.run("matches", "--json").document["matches"]} >= {ma, second}
    assert len(here.salesforce.rows("Lead")) == 2
    assert here.run("link", ma, first).status == 0
    here.sync()
    (explained,) = here.run("explain", f"contact:{ma}", "--json").document["people"]
    assert explained["link"]["crm_id"] == first


def test_a_waiting_conflict_is_ended_by_a_persons_word(here: Installation) -> None:
    here.replace('crm = "Title"\n', 'crm = "Title"\non_conflict = "wait"\n')
    (ma,) = load(here, contact(1))
    here.connect_by_command()
    here.sync()
    pass_an_hour(here)
    lead = str(leads(here)["person1@example.jp"]["id"])
    here.hubspot.edit("contact", ma, {"jobtitle": "部長"})
    here.salesforce.edit("Lead", lead, {"Title": "次長"})
    here.sync()
    (waiting,) = here.run("conflicts", "--json").document["conflicts"]
    assert (waiting["kind"], waiting["field"]) == ("conflict", "jobtitle")
    assert here.run("decide", ma, "company", "--winner", "ma").status == 2
    assert here.run("decide", "person1@example.jp", "jobtitle", "--winner", "both").status == 2
    decided = here.run("decide", "person1@example.jp", "jobtitle", "--winner", "ma", "--yes")
    assert decided.status == 0, decided
    assert leads(here)["person1@example.jp"]["Title"] == "部長"
    (settled,) = here.run("conflicts", "--json").document["conflicts"]
    assert (settled["kind"], settled["detail"]["winner"]) == ("settled", "ma")


def test_a_refused_sign_in_is_one_incident_until_a_run_comes_through(here: Installation) -> None:
    load(here, contact(1))
    here.connect_by_command()
    here.sync()
    text = here.file.read_text(encoding="utf-8")
    here.replace(here.taps["salesforce"].url, "http://127.0.0.1:9")
    for _ in range(2):
        assert here.sync().status == 3
    (incident,) = here.run("incidents", "--json").document["incidents"]
    assert (incident["subject"], incident["affected"]) == ("connection:salesforce", 1)
    assert here.items() == []
    here.write_configuration(text)
    assert here.sync().status == 0
    assert here.run("incidents", "--json").document["incidents"] == []


def test_a_broken_filter_stops_the_sync_and_says_how_many_people_it_keeps_waiting(here: Installation) -> None:
    load(here, contact(1), contact(2, jobtitle="部長"))
    here.connect_by_command()
    here.replace(
        'crm = { connection = "salesforce", objects = ["Contact", "Lead"] }',
        'crm = { connection = "salesforce", objects = ["Contact", "Lead"] }\n'
        '[syncs.filter]\nma = [{ field = "jobtitle", is = ["課長"] }]\n',
    )
    plan = here.run("plan", "--json").document["plans"][0]
    assert plan["left_out"] == {"hubspot:contact": {"filtered": 1}}
    assert here.sync().status == 0
    assert 'field = "jobtitle"' in here.run("explain", "person2@example.jp", "--look").out
    assert here.run("explain", "person1@example.jp", "--look", "--json").document["people"][0][
        "left_out_by"
    ] == {
        "ma": [],
        "crm": [],
    }
    here.replace('field = "jobtitle", is', 'field = "not_there", is')
    assert here.sync().status == 2
    (incident,) = here.run("incidents", "--json").document["incidents"]
    assert (incident["subject"], incident["affected"]) == ("sync:people", 1)
    assert "not_there" in incident["text"]
