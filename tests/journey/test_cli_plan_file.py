"""A plan that was kept is carried out exactly, or refused with the reason."""

from __future__ import annotations

import stat
from collections.abc import Iterator

import pytest

from tests.support.installation import Installation
from tests.support.small_workspace import contact, load, small_workspace


@pytest.fixture
def planned() -> Iterator[Installation]:
    """A plan of three new people in ``people.plan``."""
    with small_workspace() as made:
        load(made, *(contact(n) for n in range(3)))
        made.connect_by_command()
        assert made.run("plan", "-o", "people.plan").status == 0
        yield made


def test_a_kept_plan_is_closed_to_others_and_applied_once_approved(planned: Installation) -> None:
    mode = (planned.folder / "people.plan").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert planned.run("apply", "people.plan").status == 4
    assert planned.salesforce.rows("Lead") == []
    done = planned.run("apply", "people.plan", "--yes", "--json")
    assert done.status == 0
    assert done.document["runs"][0]["sides"]["hubspot:contact"]["created"] == 3


def test_a_record_that_moved_since_is_left_out_and_listed(planned: Installation) -> None:
    moved = planned.hubspot.rows("contact")[0]["id"]
    planned.hubspot.edit("contact", moved, {"jobtitle": "顧問"})
    done = planned.run("apply", "people.plan", "--yes", "--json")
    assert (done.status, done.document["runs"][0]["moved"]) == (1, 1)
    assert len(planned.salesforce.rows("Lead")) == 2
    (left,) = planned.run("errors", "--json").document["errors"]
    assert (left["error_type"], left["record"]) == ("moved_since_plan", moved)


def test_a_plan_of_another_mapping_is_refused(planned: Installation) -> None:
    planned.replace('crm = "Title"', 'crm = "Title"\ndirection = "crm"')
    refused = planned.run("apply", "people.plan", "--yes")
    assert (refused.status, planned.writes()) == (2, 0)
    assert "changed since the plan was made" in refused.err


def test_a_plan_of_another_schema_is_refused(planned: Installation) -> None:
    planned.hubspot.schema("contact", add_field={"name": "favourite_colour"})
    refused = planned.run("apply", "people.plan", "--yes")
    assert (refused.status, planned.writes()) == (2, 0)
    assert "Plan again" in refused.err


def test_a_plan_that_a_run_has_overtaken_is_refused_and_the_books_stay(planned: Installation) -> None:
    assert planned.run("apply", "people.plan", "--yes").status == 0
    before = planned.run("status", "--json").document
    refused = planned.run("apply", "people.plan", "--yes")
    assert (refused.status, planned.writes()) == (2, 1)
    assert "carried out since the plan was made (run 1)" in refused.err
    assert planned.run("status", "--json").document["syncs"] == before["syncs"]


def test_a_damaged_plan_is_refused_with_its_line(planned: Installation) -> None:
    file = planned.folder / "people.plan"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]))
    refused = planned.run("apply", "people.plan", "--yes", "--json")
    assert (refused.status, planned.writes()) == (2, 0)
    error = refused.document["error"]
    assert (error["code"], error["where"]) == ("AW-206", f"people.plan:{len(lines) - 1}")


def test_a_missing_plan_says_how_to_make_one(planned: Installation) -> None:
    refused = planned.run("apply", "no.plan")
    assert refused.status == 2
    assert "awase plan -o FILE" in refused.err
