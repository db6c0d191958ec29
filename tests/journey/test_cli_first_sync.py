"""From an empty folder to agreement, with the command alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from awase.locale import text
from tests.journey.office import Office, office, person


@pytest.fixture
def here() -> Iterator[Office]:
    with office() as made:
        yield made


def test_a_first_sync_is_planned_approved_carried_out_and_then_quiet(here: Office) -> None:
    here.load(*(person(n) for n in range(5)), person(5, company=""), person(6, jobtitle="長" * 200))
    here.connect()

    plan = here.call("plan", "--json").document["plans"][0]
    assert plan["writes"] == {"salesforce:Lead:create": 5}
    assert plan["items"] == {"held": 2}
    assert [guard["rule"] for guard in plan["guards"]] == ["first_sync"]

    stopped = here.call("sync")
    assert (stopped.status, here.salesforce.rows("Lead")) == (4, [])
    assert "first_sync" in stopped.err
    reason = "nothing was written: this plan wants an approval ({rules})"
    for language in ("ja", "en"):
        noted = text(reason, language, rules="first_sync")
        assert f"sync people: {noted} [AW-401]" in here.call("runs", "--lang", language).out

    done = here.call("sync", "--yes", "--json")
    assert done.status == 1
    run = done.document["runs"][0]
    sides = run["sides"]["hubspot:contact"]
    assert (sides["read"], sides["created"], sides["held"]) == (7, 5, 2)
    assert run["calls"]["write"] == run["plan"]["calls"]["write"]
    assert len(here.salesforce.rows("Lead")) == 5

    by_type = here.call("errors", "--json").document["by_type"]
    assert by_type == {"required_value_missing": 1, "string_too_long": 1}

    ids = {row["id"]: row for row in here.hubspot.rows("contact")}
    for id in ids:
        here.hubspot.tell(
            "edit", {"object": "contact", "id": id, "values": {"company": "株式会社直", "jobtitle": "部長"}}
        )
    here.pass_time()
    assert here.call("sync", "--yes").status == 0
    assert len(here.salesforce.rows("Lead")) == 7
    here.pass_time()
    before = here.writes()
    assert here.call("sync").status == 0
    assert here.writes() == before


def test_a_read_only_connection_is_never_written_to(here: Office) -> None:
    here.load(person(1))
    here.connect("--mode", "read-only")
    assert here.call("plan").status == 0
    refused = here.call("sync", "--yes")
    assert refused.status == 4
    assert "salesforce is read-only" in refused.err
    assert "--mode practice" in refused.err
    assert here.salesforce.rows("Lead") == []

    assert here.call("connect", "salesforce", "--mode", "practice").status == 0
    assert here.call("sync", "--yes").status == 0
    assert len(here.salesforce.rows("Lead")) == 1


def test_errors_open_in_a_spreadsheet_without_becoming_formulas(here: Office) -> None:
    here.load(person(1, company="", lastname="=HYPERLINK(1)"), person(2, company="", lastname="普通"))
    here.connect()
    here.call("sync", "--yes")
    assert here.call("--lang", "ja", "errors", "--csv", "errors.csv").status == 0
    file = here.folder / "errors.csv"
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 3
    assert file.stat().st_mode & 0o077 == 0
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert {row["エラーのタイプ"] for row in rows} == {"必須の値がありません"}
    assert not [cell for row in rows for cell in row.values() if cell.startswith("=")]


def test_one_person_is_explained_on_one_page(here: Office) -> None:
    here.load(person(1), person(2, company=""))
    here.connect()
    here.call("sync", "--yes")
    linked = here.call("explain", "PERSON1@example.jp", "--json").document["people"]
    assert [one["link"]["state"] for one in linked] == ["linked"]
    assert linked[0]["agreed"]["lastname"] == {"ma": "山田1", "crm": "山田1"}
    assert [write["outcome"] for write in linked[0]["writes"]] == ["applied"]

    page = here.call("--lang", "ja", "explain", "person2@example.jp")
    assert page.status == 0
    for words in ("未連携", "必須の値がありません", "マーケティング担当", "Company"):
        assert words in page.out

    unknown = here.call("explain", "nobody@example.jp", "--json")
    assert (unknown.status, unknown.document["error"]["code"]) == (2, "AW-207")


def test_conflicts_show_both_values_and_the_one_that_was_kept(here: Office) -> None:
    (id,) = here.load(person(1))
    here.connect()
    here.call("sync", "--yes")
    lead = here.salesforce.rows("Lead")[0]
    here.pass_time()
    here.hubspot.tell("edit", {"object": "contact", "id": id, "values": {"jobtitle": "部長"}})
    here.salesforce.tell(
        "edit", {"object": "Lead", "id": lead.get("Id") or lead["id"], "values": {"Title": "社長"}}
    )
    here.pass_time()
    assert here.call("sync").status == 0
    (conflict,) = here.call("conflicts", "--json").document["conflicts"]
    assert (conflict["field"], conflict["value"], conflict["other_value"]) == ("jobtitle", "部長", "社長")
    assert conflict["detail"] == {"winner": "crm"}
    assert "salesforce" in here.call("conflicts").out


def test_status_and_runs_tell_without_asking_a_vendor(here: Office) -> None:
    assert [one["connected"] for one in here.call("status", "--json").document["connections"]] == [
        False,
        False,
    ]
    here.load(person(1))
    here.connect()
    here.call("sync", "--yes")
    calls = here.hubspot.state()["calls"]
    status = here.call("status", "--json").document
    assert [one["mode"] for one in status["connections"]] == ["practice", "practice"]
    assert status["syncs"][0]["links"] == {"linked": 1}
    assert status["syncs"][0]["last_run"]["state"] == "done"
    assert "連携済み 1 人" in here.call("status", "--lang", "ja").out
    assert [run["kind"] for run in here.call("runs", "--json").document["runs"]] == ["sync"]
    assert here.hubspot.state()["calls"] == calls
