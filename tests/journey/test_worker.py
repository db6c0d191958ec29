"""Runs by schedule in real processes: due runs, several workers, deaths, pauses and the stop-all switch."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import psycopg
import pytest

from awase.store.tables.runs import claim_lock
from tests.support.database import ask, do
from tests.support.installation import Installation, installation
from tests.support.small_workspace import CONFIGURATION, contact, load
from tests.support.workers import until, workers

HOURLY = 'name = "people"\nschedule = { every = "1h" }\n'
PEOPLE = 10


@pytest.fixture(scope="module")
def place() -> Iterator[Installation]:
    """The small workspace with an hourly schedule, synced once, so that no guard asks any more."""
    with installation(orgs="worker", template=CONFIGURATION) as made:
        made.replace('name = "people"\n', HOURLY)
        load(made, *(contact(number) for number in range(PEOPLE)))
        assert made.sync().status == 0
        yield made


def edit(place: Installation, number: int, title: str) -> None:
    """Somebody in marketing changes a person's title; both systems have had time to notice."""
    (person,) = [
        row for row in place.hubspot.rows("contacts") if f"person{number}@example.jp" in json.dumps(row)
    ]
    place.hubspot.edit("contacts", str(person["id"]), {"jobtitle": title})
    place.let_pass(60.0)


def has_arrived(place: Installation, title: str) -> bool:
    return title in json.dumps(place.salesforce.rows("Lead"), ensure_ascii=False)


def make_due(place: Installation) -> None:
    """Two hours pass for the schedule."""
    do(place.dsn, "update run set started = started - interval '2 hours', ended = ended - interval '2 hours'")
    do(place.dsn, "delete from setting where name = 'schedule:people'")


def states(place: Installation) -> list[object]:
    """Of every run, oldest first."""
    return [state for (state,) in ask(place.dsn, "select state from run order by id")]


def test_two_workers_run_what_is_due_once_and_the_edit_arrives(place: Installation) -> None:
    before = len(states(place))
    edit(place, 1, "部長")
    with workers(place, 2) as both:
        make_due(place)
        until(lambda: any(worker.told("ended") for worker in both))
        time.sleep(2.5)  # each looks again, more than once
        assert sum(len(worker.told("began")) for worker in both) == 1
    assert states(place)[before:] == ["done"]
    assert has_arrived(place, "部長")


def test_a_run_whose_worker_was_killed_is_taken_over_by_another(place: Installation) -> None:
    before = len(states(place))
    edit(place, 2, "取締役")
    tap = place.taps["salesforce"]
    caught = tap.catch("answered")
    with workers(place, 2) as both:
        make_due(place)
        until(caught.here.is_set)
        (working,) = [worker for worker in both if worker.told("began")]
        (other,) = [worker for worker in both if worker is not working]
        working.kill()
        tap.let_go(caught, deliver=False)
        try:
            until(lambda: other.told("ended"), 60)
        finally:
            print(
                other.events,
                ask(place.dsn, "select id, state, note, started from run"),
                ask(place.dsn, "select * from setting where name not like 'rules%'"),
            )
        assert len(other.told("taken_over")) == 1
    assert states(place)[before:] == ["interrupted", "done"]
    assert has_arrived(place, "取締役")


def test_a_single_run_is_done_by_a_worker_which_ends_it_even_when_told_to_stop(place: Installation) -> None:
    before = len(states(place))
    edit(place, 3, "監査役")
    first, again = (place.run("enqueue", "people", "--json").document["added"] for _ in range(2))
    assert (first, again) == (True, False)
    ((job,),) = ask(place.dsn, "select args::text from awase_queue.procrastinate_jobs")
    assert json.loads(str(job)) == {"sync": "people", "once": True}
    place.taps["salesforce"].seconds_a_write = 1.0
    try:
        with workers(place) as (worker,):
            until(lambda: worker.told("began"))
    finally:
        place.taps["salesforce"].seconds_a_write = 0.0
    assert states(place)[before:] == ["done"]
    assert has_arrived(place, "監査役")
    assert ask(place.dsn, "select 1 from awase_queue.procrastinate_jobs") == []


def test_pause_holds_stop_all_holds_everything_and_what_runs_elsewhere_is_left_out(
    place: Installation,
) -> None:
    with workers(place) as (worker,):
        # One sync is paused.
        assert place.run("pause", "people", "--reason", "棚卸し").status == 0
        edit(place, 4, "相談役")
        make_due(place)
        shown = place.run("runs", "people", "--json").document
        assert shown["syncs"][0]["paused"]["reason"] == "棚卸し"
        # All writing is stopped.
        assert place.run("pause", "--all", "--reason", "移行作業").status == 0
        until(lambda: worker.told("stopped"))
        assert place.run("resume", "people").status == 0
        writes = place.writes()
        refused = place.run("sync", "--yes", "--lang", "ja")
        assert refused.status == 4
        assert "移行作業" in refused.err
        assert "awase resume --all" in refused.err
        (plan,) = place.run("plan", "--json").document["plans"]
        assert plan["calls"]["write"] > 0
        assert (worker.told("began"), place.writes()) == ([], writes)
        # The sync runs in another process, and then does not.
        with psycopg.connect(place.dsn, autocommit=True) as other:
            other.execute("select pg_advisory_lock(%s)", [claim_lock("people")])
            assert place.run("resume", "--all").status == 0
            make_due(place)
            until(lambda: worker.told("skipped"))
            assert worker.told("ended") == []
        before = len(states(place))
        make_due(place)
        until(lambda: worker.told("ended"))
    assert states(place)[before:] == ["done"]
    assert has_arrived(place, "相談役")


def test_the_list_of_runs_says_how_they_ended_and_when_the_next_is_due(place: Installation) -> None:
    shown = place.run("runs", "people", "--json").document
    newest, (standing,) = shown["runs"][0], shown["syncs"]
    assert newest["state"] == "done"
    assert sum(counts["read"] for counts in newest["sides"].values()) > 0
    assert standing["schedule"]["every_seconds"] == 3600
    assert standing["next_due"] > newest["started"]
    assert standing["paused"] is None
    said = place.run("runs", "people", "--lang", "ja").out
    assert "「people」: 次回は" in said


# -- drift ------------------------------------------------------------------------------------------------------------


def make_looking_due(place: Installation) -> None:
    """The last look for drift was long ago."""
    moved = "jsonb_set(value::jsonb, '{at}', to_jsonb('2020-01-01T00:00:00Z'::text))::text"
    do(place.dsn, f"update setting set value = {moved} where name = 'drift:people'")  # noqa: S608


def told_of_drift(place: Installation) -> list[dict[str, object]]:
    found = place.run("incidents", "--json").document["incidents"]
    return [incident for incident in found if incident["subject"] == "drift:people"]


def test_a_worker_finds_a_changed_setting_between_runs_and_the_incident_ends_when_it_is_put_back(
    place: Installation,
) -> None:
    assert place.sync().status == 0
    plain = {"name": "Title", "type": "string", "length": 128, "restricted": False, "values": []}
    titles = sorted({row["Title"] for row in place.salesforce.rows("Lead")} - {"課長"})
    listed = {"name": "Title", "type": "picklist", "restricted": True, "values": titles}
    chiefs = sum(row["Title"] == "課長" for row in place.salesforce.rows("Lead"))
    before = place.writes()
    with workers(place) as (one,):
        until(lambda: ask(place.dsn, "select 1 from setting where name = 'drift:people'"))
        place.salesforce.schema("Lead", change_field=listed)
        make_looking_due(place)
        until(lambda: one.told("drifted"))
        (incident,) = told_of_drift(place)
        assert incident["affected"] == chiefs
        assert "Lead.Title" in str(incident["text"])
        assert f"{chiefs}人が止まります" in place.run("incidents", "--lang", "ja").out
        place.salesforce.schema("Lead", change_field=plain)
        make_looking_due(place)
        until(lambda: not told_of_drift(place))
    assert place.writes() == before
