"""From an empty folder to agreement, with the command alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from awase.locale import text
from tests.support.installation import Installation
from tests.support.small_workspace import contact, load, pass_an_hour, small_workspace


@pytest.fixture
def here() -> Iterator[Installation]:
    with small_workspace() as made:
        yield made


def test_a_first_sync_is_planned_approved_carried_out_and_then_quiet(here: Installation) -> None:
    load(here, *(contact(n) for n in range(5)), contact(5, company=""), contact(6, jobtitle="長" * 200))
    here.connect_by_command()

    plan = here.run("plan", "--json").document["plans"][0]
    assert plan["writes"] == {"salesforce:Lead:create": 5}
    assert plan["items"] == {"held": 2}
    assert [guard["rule"] for guard in plan["guards"]] == ["first_sync"]

    stopped = here.run("sync")
    assert (stopped.status, here.salesforce.rows("Lead")) == (4, [])
    assert "first_sync" in stopped.err
    reason = "nothing was written: this plan wants an approval ({rules})"
    for language in ("ja", "en"):
        noted = text(reason, language, rules="first_sync salesforce 5")
        assert f"sync people: {noted} [AW-401]" in here.run("runs", "--lang", language).out

    done = here.run("sync", "--yes", "--json")
    assert done.status == 1
    run = done.document["runs"][0]
    sides = run["sides"]["hubspot:contact"]
    assert (sides["read"], sides["created"], sides["held"]) == (7, 5, 2)
    assert run["calls"]["write"] == run["plan"]["calls"]["write"]
    assert len(here.salesforce.rows("Lead")) == 5

    listed = here.run("errors", "--json").document
    assert listed["by_type"] == {"required_value_missing": 1, "string_too_long": 1}
    (category,) = listed["by_category"]
    assert (category["category"], category["errors"], category["records"]) == ("values", 2, 2)
    assert [of_type["records"] for of_type in category["types"]] == [1, 1]

    ids = {row["id"]: row for row in here.hubspot.rows("contact")}
    for id in ids:
        here.hubspot.edit("contact", id, {"company": "株式会社直", "jobtitle": "部長"})
    pass_an_hour(here)
    assert here.run("sync", "--yes").status == 0
    assert len(here.salesforce.rows("Lead")) == 7
    pass_an_hour(here)
    before = here.writes()
    assert here.run("sync").status == 0
    assert here.writes() == before


def test_a_read_only_connection_is_never_written_to(here: Installation) -> None:
    load(here, contact(1))
    here.connect_by_command("read-only")
    assert here.run("plan").status == 0
    refused = here.run("sync", "--yes")
    assert refused.status == 4
    assert "salesforce is read-only" in refused.err
    assert "--mode practice" in refused.err
    assert here.salesforce.rows("Lead") == []

    assert here.run("connect", "salesforce", "--mode", "practice").status == 0
    assert here.run("sync", "--yes").status == 0
    assert len(here.salesforce.rows("Lead")) == 1


def test_errors_open_in_a_spreadsheet_without_becoming_formulas(here: Installation) -> None:
    load(here, contact(1, company="", lastname="=HYPERLINK(1)"), contact(2, company="", lastname="普通"))
    here.connect_by_command()
    here.run("sync", "--yes")
    assert here.run("--lang", "ja", "errors", "--csv", "errors.csv").status == 0
    file = here.folder / "errors.csv"
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 3
    assert file.stat().st_mode & 0o077 == 0
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert {row["エラーのタイプ"] for row in rows} == {"必須の値がありません"}
    assert not [cell for row in rows for cell in row.values() if cell.startswith("=")]


def test_errors_are_shown_with_the_limit_and_with_whose_move_it_is(here: Installation) -> None:
    load(here, contact(1, jobtitle="長" * 1_000), contact(2, jobtitle="[/長]" * 200))
    here.connect_by_command()
    here.run("sync", "--yes")
    said = here.run("--lang", "en", "errors")
    assert said.status == 0
    assert "Vendor's words" not in said.out
    assert "Title: at most 128 characters" in said.out
    assert len([line for line in said.out.splitlines() if line.startswith("● Text is too long")]) == 1
    assert "→ Marketing" in said.out
    on_a_terminal = here.run("--lang", "en", "errors", FORCE_COLOR="1", COLUMNS="80").out.splitlines()
    assert len(on_a_terminal) < 40
    assert any("長…" in line for line in on_a_terminal)


def test_one_person_is_explained_on_one_page(here: Installation) -> None:
    load(here, contact(1), contact(2, company=""))
    here.connect_by_command()
    here.run("sync", "--yes")
    linked = here.run("explain", "PERSON1@example.jp", "--json").document["people"]
    assert [one["link"]["state"] for one in linked] == ["linked"]
    assert linked[0]["agreed"]["lastname"] == {"ma": "山田1", "crm": "山田1"}
    assert [write["outcome"] for write in linked[0]["writes"]] == ["applied"]

    page = here.run("--lang", "ja", "explain", "person2@example.jp")
    assert page.status == 0
    for words in ("未連携", "必須の値がありません", "マーケティング担当", "Company"):
        assert words in page.out

    as_listed = here.run("errors", "--json").document["errors"][0]
    again = here.run("explain", f"contact:{as_listed['record']}", "--json")
    assert again.status == here.run("explain", as_listed["record"], "--json").status != 2
    unknown = here.run("explain", "nobody@example.jp", "--json")
    assert (unknown.status, unknown.document["error"]["code"]) == (2, "AW-207")


def test_conflicts_show_both_values_and_the_one_that_was_kept(here: Installation) -> None:
    (id,) = load(here, contact(1))
    here.connect_by_command()
    here.run("sync", "--yes")
    lead = here.salesforce.rows("Lead")[0]
    pass_an_hour(here)
    here.hubspot.edit("contact", id, {"jobtitle": "部長"})
    here.salesforce.edit("Lead", lead.get("Id") or lead["id"], {"Title": "社長"})
    pass_an_hour(here)
    assert here.run("sync").status == 0
    (conflict,) = here.run("conflicts", "--json").document["conflicts"]
    assert (conflict["field"], conflict["value"], conflict["other_value"]) == ("jobtitle", "部長", "社長")
    assert conflict["detail"] == {"winner": "crm"}
    assert "salesforce" in here.run("conflicts").out


def test_status_and_runs_tell_without_asking_a_vendor(here: Installation) -> None:
    assert [one["connected"] for one in here.run("status", "--json").document["connections"]] == [
        False,
        False,
    ]
    load(here, contact(1))
    here.connect_by_command()
    here.run("sync", "--yes")
    calls = here.hubspot.calls()
    status = here.run("status", "--json").document
    assert [one["mode"] for one in status["connections"]] == ["practice", "practice"]
    assert status["syncs"][0]["links"] == {"linked": 1}
    assert status["syncs"][0]["last_run"]["state"] == "done"
    assert "連携済み 1 人" in here.run("status", "--lang", "ja").out
    assert [run["kind"] for run in here.run("runs", "--json").document["runs"]] == ["sync"]
    assert here.hubspot.calls() == calls
