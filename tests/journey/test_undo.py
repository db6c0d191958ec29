"""Undoing a run with the command: what a run did to a thousand people, with fifty whom somebody touched since."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from tests.support.installation import Installation
from tests.support.small_workspace import contact, load, pass_an_hour, small_workspace

PEOPLE, TOUCHED, OUT = 1_000, 50, 10


@pytest.fixture
def here() -> Iterator[Installation]:
    with small_workspace() as made:
        yield made


def titles(here: Installation) -> dict[str, str]:
    """Address → title, as Salesforce has it."""
    return {row["Email"]: row["Title"] for row in here.salesforce.rows("Lead")}


def test_a_run_that_rewrote_a_thousand_records_is_undone_but_for_those_touched_since(
    here: Installation,
) -> None:
    ids = load(here, *(contact(n, jobtitle=f"課長{n}") for n in range(PEOPLE)))
    here.connect_by_command()
    assert here.run("sync", "--yes").status == 0
    pass_an_hour(here)
    original = titles(here)
    for id in ids:
        here.hubspot.edit("contact", id, {"jobtitle": "一括の誤り"})
    for id in ids[-OUT:]:
        here.hubspot.edit("contact", id, {"hs_email_optout": "true"})
    pass_an_hour(here)
    bad = here.sync().document["runs"][0]
    assert bad["sides"]["hubspot:contact"]["updated"] == PEOPLE
    leads = {row["Email"]: row["id"] for row in here.salesforce.rows("Lead")}
    touched = [f"person{n}@example.jp" for n in range(TOUCHED)]
    pass_an_hour(here)
    for address in touched:
        here.salesforce.edit("Lead", leads[address], {"Title": f"手で直した{address}"})
    pass_an_hour(here)

    looked = here.run("undo", str(bad["run"]), "--preview", "--json", "--csv", "undo.csv").document
    assert (len(looked["restored"]), len(looked["left"])) == (PEOPLE - TOUCHED, TOUCHED)
    assert looked["plan"]["writes"] == {"salesforce:Lead:update": PEOPLE - TOUCHED}
    first = looked["left"][0]
    assert (first["why"], first["written"], first["now"][:5]) == ("touched", "一括の誤り", "手で直した")
    assert first["before"] == original[first["label"]]
    rows = list(csv.reader(io.StringIO((here.folder / "undo.csv").read_text("utf-8-sig"), newline="")))
    assert len(rows) == PEOPLE + 1
    assert len([one for one in looked["never"] if one["kind"] == "opt_out"]) == OUT

    refused = here.run("undo", str(bad["run"]))
    assert refused.status == 4
    assert set(titles(here).values()) >= {"一括の誤り"}

    done = here.run("undo", str(bad["run"]), "--yes", "--json")
    assert done.status == 0, done.err
    assert (done.document["put_back"], done.document["kind"]) == (PEOPLE - TOUCHED, "undo")
    assert (
        done.document["calls"]["write"] + done.document["calls"]["audit"] == looked["plan"]["calls"]["write"]
    )
    now = titles(here)
    assert {a: t for a, t in now.items() if a not in touched} == {
        a: t for a, t in original.items() if a not in touched
    }
    assert all(now[address] == f"手で直した{address}" for address in touched)
    out = {row["Email"] for row in here.salesforce.rows("Lead") if row["HasOptedOutOfEmail"]}
    assert out == {f"person{n}@example.jp" for n in range(PEOPLE - OUT, PEOPLE)}

    # What was touched is an edit and goes on; what was put back is not pushed over again.
    pass_an_hour(here)
    after = here.sync()
    assert after.status == 1
    assert after.document["runs"][0]["undecided"] == PEOPLE - TOUCHED
    assert titles(here) == now
    theirs = {row["email"]: row["jobtitle"] for row in here.hubspot.rows("contact")}
    assert {theirs[address] for address in touched} == {f"手で直した{address}" for address in touched}
    conflicts = here.run("conflicts", "--json").document["conflicts"]
    assert len([one for one in conflicts if one["code"] == "undone"]) == PEOPLE - TOUCHED
    listed = here.run("runs", "--lang", "ja").out
    assert f"実行 {bad['run']} で書き込んだ値を元に戻しました" in listed


def test_an_undo_says_what_it_would_do_in_both_languages_and_refuses_a_number_that_is_none(
    here: Installation,
) -> None:
    ids = load(here, contact(1), contact(2))
    here.connect_by_command()
    here.run("sync", "--yes")
    pass_an_hour(here)
    here.hubspot.edit("contact", ids[0], {"jobtitle": "誤り"})
    pass_an_hour(here)
    run = here.sync().document["runs"][0]["run"]
    assert "実行 " in here.run("undo", str(run), "--preview", "--lang", "ja").out
    said = here.run("undo", str(run), "--preview", "--lang", "en").out
    assert "1 values of 1 records go back" in said
    assert "a person decides" in said
    first = here.run("undo", "1", "--preview", "--json").document
    assert [one["kind"] for one in first["never"]] == ["create", "create"]
    unknown = here.run("undo", "4711", "--json")
    assert (unknown.status, unknown.document["error"]["code"]) == (2, "AW-207")

    carried = here.run("undo", str(run), "--yes", "--carry", "--json")
    assert [one["then"] for one in carried.document["restored"]] == ["carried"]
    pass_an_hour(here)
    assert here.run("sync").status == 0
    assert {row["jobtitle"] for row in here.hubspot.rows("contact")} == {"課長"}
