"""Each mistake is told with its line or name and a way out; nothing is half done, and no trace is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.installation import Ended, Installation
from tests.support.small_workspace import contact, load, small_workspace


@pytest.fixture(scope="module")
def shared() -> Iterator[Installation]:
    with small_workspace() as made:
        load(made, contact(1))
        made.connect_by_command()
        yield made


@pytest.fixture
def here(shared: Installation) -> Iterator[Installation]:
    """The workspace as it should be, and nothing written by the test."""
    shared.write_configuration()
    before = shared.writes()
    yield shared
    assert shared.writes() == before


def is_told(said: Ended, status: int, *words: str) -> None:
    """The status, every word on standard error, nothing on standard output, and no trace."""
    assert said.status == status, said
    assert [word for word in words if word not in said.err] == [], said.err
    assert "→" in said.err
    assert "Traceback" not in said.err + said.out
    assert said.out == ""


def test_a_slip_of_toml(here: Installation) -> None:
    here.replace('name = "people"', 'name = "people')
    is_told(here.run("plan"), 2, "awase.toml:14", "not TOML")


def test_a_misspelt_key(here: Installation) -> None:
    here.replace("time_zone", "timezone")
    is_told(here.run("plan"), 2, "awase.toml:3", "“timezone”", "Did you mean “time_zone”?")


def test_a_misspelt_key_in_japanese(here: Installation) -> None:
    here.replace("time_zone", "timezone")
    is_told(here.run("--lang", "ja", "plan"), 2, "awase.toml:3", "「time_zone」ではありませんか")


def test_a_field_that_does_not_exist(here: Installation) -> None:
    here.replace('ma = "jobtitle"', 'ma = "jobtitel"')
    is_told(here.run("sync", "--yes"), 2, "jobtitel", "Did you mean jobtitle?")


def test_a_field_that_was_removed_since(here: Installation) -> None:
    here.hubspot.schema("contact", add_field={"name": "nickname"})
    here.replace('ma = "jobtitle"', 'ma = "nickname"')
    assert here.run("plan").status == 0
    here.hubspot.schema("contact", remove_field="nickname")
    is_told(here.run("sync", "--yes"), 2, "nickname", "removed or hidden")


def test_types_that_do_not_fit(here: Installation) -> None:
    here.replace('crm = "Title"', 'crm = { Lead = "NumberOfEmployees" }')
    is_told(here.run("sync", "--yes"), 2, "jobtitle", "NumberOfEmployees", "fitting type")


def test_an_opt_out_mapped_like_a_field(here: Installation) -> None:
    here.replace('ma = "jobtitle"\ncrm = "Title"', 'ma = "hs_email_optout"\ncrm = "HasOptedOutOfEmail"')
    is_told(here.run("sync", "--yes"), 2, "hs_email_optout", "opt-out", "Remove this mapping")


def test_a_sync_that_does_not_exist(here: Installation) -> None:
    is_told(here.run("sync", "persons"), 2, "“persons”", "Known: people")


def test_a_wrong_token(here: Installation) -> None:
    file = here.folder / "wrong.json"
    file.write_text(json.dumps({"token": "pat-na1-00000000-0000-0000-0000-000000000000"}))
    file.chmod(0o600)
    is_told(here.run("connect", "hubspot", "--credentials", "wrong.json"), 3, "hubspot", "onnect again")
    assert here.run("plan").status == 0


def test_credentials_that_are_not_complete(here: Installation) -> None:
    file = here.folder / "half.json"
    file.write_text(json.dumps({"client_id": "x"}))
    file.chmod(0o600)
    is_told(here.run("connect", "salesforce", "--credentials", "half.json"), 2, "half.json", "client_secret")


def test_a_host_that_does_not_answer(here: Installation) -> None:
    here.replace(here.taps["hubspot"].url, "http://127.0.0.1:9")
    is_told(here.run("plan"), 3, "127.0.0.1", "Check the")


def test_a_host_that_is_not_the_vendors(here: Installation) -> None:
    here.replace(
        f'base_url = "{here.taps["hubspot"].url}"', 'base_url = "https://api.hubapi.com.example.net"'
    )
    is_told(here.run("plan"), 3, "hubspot", "address")
    is_told(
        here.run("connect", "hubspot", "--mode", "read-only"),
        3,
        "https://api.hubapi.com.example.net",
    )


def test_another_org_than_the_one_it_was_connected_to(here: Installation) -> None:
    with small_workspace("elsewhere") as other:
        here.replace(here.taps["salesforce"].url, other.taps["salesforce"].url)
        theirs = str(other.credentials_file("salesforce"))
        is_told(
            here.run("connect", "salesforce", "--credentials", theirs),
            3,
            "salesforce now leads to",
            other.salesforce.id,
            here.salesforce.id,
        )


def test_a_practice_connection_cannot_be_live(here: Installation) -> None:
    is_told(here.run("connect", "hubspot", "--mode", "live"), 3, "hubspot", "cannot be live")


def test_nothing_but_json_where_json_is_wanted(here: Installation) -> None:
    here.replace("time_zone", "timezone")
    said = here.run("plan", "--json")
    assert (said.status, said.err) == (2, "")
    assert set(said.document["error"]) == {"code", "text", "where", "remedy"}


def test_an_unknown_option_is_bad_input(here: Installation) -> None:
    said = here.run("sync", "--force")
    assert said.status == 2
    assert "Traceback" not in said.err


def test_a_folder_without_a_workspace(here: Installation) -> None:
    is_told(here.run("-C", "nowhere", "status"), 2, "nowhere/awase.toml", "awase init")


def test_a_file_that_is_there_is_not_overwritten(here: Installation) -> None:
    before = here.file.read_bytes()
    is_told(here.run("init"), 2, "awase.toml", "left as it is")
    assert here.file.read_bytes() == before
