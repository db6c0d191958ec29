"""Mistakes in both languages: the place or name, what to do, the exit status; both orgs and the store as they were.

``test_cli_mistakes`` and ``test_cli_plan_file`` look at the wording of each; here each is made once more to see that
nothing at all has changed by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from awase_practice.agreement.fields import FIELDS, Pairing
from awase_practice.agreement.holdings import Holdings
from awase_practice.seeds import ordinary
from tests.support.database import ask, do
from tests.support.installation import Ended, Installation, installation, people_of

TABLES = (
    "link",
    "base",
    "match_key",
    "cursor",
    "journal_batch",
    "journal_outcome",
    "journal_exception",
    "journal_open",
    "item",
    "item_history",
    "ledger",
    "connection",
    "secret",
    "setting",
)
KANA = re.compile(r"[\u3041-\u30ff]")

Prepare = Callable[[Installation], None]


@pytest.fixture(scope="module")
def shared() -> Iterator[Installation]:
    """People on both sides who were synced once, and three newcomers."""
    with installation() as made:
        made.fill(people_of((ordinary.hubspot_only, ordinary.lead_only, ordinary.equal_lead), 6, seed=4))
        assert made.sync().status == 0
        made.hubspot.load("contact", [{"email": "new@example.jp", "lastname": "新", "company": "例"}])
        yield made


@pytest.fixture
def here(shared: Installation) -> Iterator[Installation]:
    """The shared installation, put right again afterwards."""
    yield shared
    shared.write_configuration()
    do(shared.dsn, "update connection set mode = 'practice', org_kind = 'practice'")


def replace(old: str, new: str) -> Prepare:
    """Change ``awase.toml`` in one place."""

    def prepare(here: Installation) -> None:
        text = here.configuration()
        assert old in text
        here.write_configuration(text.replace(old, new, 1))

    return prepare


def mapped_field_is_removed(here: Installation) -> None:
    here.hubspot.schema("contact", add_field={"name": "nickname"})
    here.write_configuration(here.configuration([*FIELDS, Pairing("nickname", {"Contact": "Department"})]))
    assert here.run("plan").status == 0
    here.hubspot.schema("contact", remove_field="nickname")


def planned(here: Installation) -> None:
    ended = here.run("plan", "-o", "kept.plan")
    assert ended.status == 0, ended


def schema_moves_on(here: Installation) -> None:
    planned(here)
    declared = {"name": "Nickname__c", "type": "string", "length": 40}
    if not any("Nickname__c" in row for row in here.salesforce.rows("Lead")):
        here.salesforce.schema("Lead", add_field=declared)


def mapping_moves_on(here: Installation) -> None:
    planned(here)
    here.write_configuration(here.configuration(each for each in FIELDS if each.hubspot != "memo"))


def plan_is_damaged(here: Installation) -> None:
    planned(here)
    file = here.folder / "kept.plan"
    content = file.read_bytes()
    assert b"new@example.jp" in content
    file.write_bytes(content.replace(b"new@example.jp", b"old@example.jp"))


def plan_is_cut(here: Installation) -> None:
    planned(here)
    file = here.folder / "kept.plan"
    file.write_bytes(file.read_bytes()[:-200])


def salesforce_is_read_only(here: Installation) -> None:
    assert here.run("connect", "salesforce", "--mode", "read-only").status == 0


def salesforce_was_real(here: Installation) -> None:
    do(
        here.dsn,
        "update connection set mode = 'live', org_kind = 'production' where name = 'salesforce'",
    )


def salesforce_is_real(here: Installation) -> None:
    salesforce_was_real(here)
    replace(here.taps["salesforce"].url, "https://login.salesforce.com")(here)


def wrong_token_at_hand(here: Installation) -> None:
    file = here.folder / "wrong.json"
    file.touch(mode=0o600)
    file.write_text('{"token": "pat-na1-not-a-token"}')


@dataclass(frozen=True)
class Mistake:
    """names: what must stand in the message, whatever the language."""

    called: str
    prepare: Prepare
    command: tuple[str, ...]
    status: int
    code: str
    names: tuple[str, ...]


SYNC = ("sync", "--yes")
APPLY = ("apply", "kept.plan", "--yes")
MISTAKES = (
    Mistake("unknown field", replace('"Title"', '"Titel"'), SYNC, 2, "AW-204", ("Titel", "Title")),
    Mistake(
        "a field mapped twice",
        replace('ma = "jobtitle"', 'ma = "numberofemployees"'),
        SYNC,
        2,
        "AW-202",
        ("numberofemployees", "awase.toml:"),
    ),
    Mistake(
        "incompatible types",
        replace('crm = { Lead = "Company" }', 'crm = { Lead = "AnnualRevenue" }'),
        SYNC,
        2,
        "AW-204",
        ("company", "AnnualRevenue"),
    ),
    Mistake(
        "wrong token",
        wrong_token_at_hand,
        ("connect", "hubspot", "--credentials", "wrong.json"),
        3,
        "AW-302",
        ("hubspot",),
    ),
    Mistake(
        "nobody answers there",
        lambda here: replace(here.taps["hubspot"].url, "http://127.0.0.1:9")(here),
        SYNC,
        3,
        "AW-303",
        ("127.0.0.1",),
    ),
    Mistake(
        "no such host",
        lambda here: replace(here.taps["salesforce"].url, "https://no-such-host.invalid")(here),
        ("connect", "salesforce", "--mode", "read-only"),
        3,
        "AW-301",
        ("no-such-host.invalid",),
    ),
    Mistake("a field removed since", mapped_field_is_removed, SYNC, 2, "AW-204", ("nickname",)),
    Mistake("a slip of TOML", replace('name = "people"', 'name = "people'), SYNC, 2, "AW-202", ("toml:2",)),
    Mistake("a stale plan: schema", schema_moves_on, APPLY, 2, "AW-205", ("kept.plan",)),
    Mistake("a stale plan: mapping", mapping_moves_on, APPLY, 2, "AW-205", ("kept.plan",)),
    Mistake("a damaged plan", plan_is_damaged, APPLY, 2, "AW-206", ("kept.plan:",)),
    Mistake("a plan that was cut", plan_is_cut, APPLY, 2, "AW-206", ("kept.plan:",)),
    Mistake("read-only", salesforce_is_read_only, SYNC, 4, "AW-402", ("salesforce", "awase connect")),
    Mistake("practice, once real", salesforce_was_real, SYNC, 3, "AW-305", ("salesforce", "production")),
    Mistake("practice and live mixed", salesforce_is_real, SYNC, 3, "AW-305", ("hubspot", "salesforce")),
    Mistake(
        "practice made live",
        lambda here: None,
        ("connect", "hubspot", "--mode", "live"),
        3,
        "AW-305",
        ("hubspot",),
    ),
)


@dataclass(frozen=True)
class Everything:
    """What the orgs hold and what the store knows."""

    held: dict[str, object]
    known: dict[str, object]


def everything(here: Installation) -> Everything:
    held: Holdings = here.holdings()
    known = {
        table: ask(here.dsn, f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t")  # noqa: S608
        for table in TABLES
    }
    return Everything(dict(held.rows), known)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.called)
def test_a_mistake_is_told_in_both_languages_and_changes_nothing(
    here: Installation, mistake: Mistake
) -> None:
    mistake.prepare(here)
    before = everything(here)
    english = here.run(*mistake.command, "--json", "--lang", "en")
    japanese = here.run(*mistake.command, "--lang", "ja")
    assert everything(here) == before
    error = english.document["error"]
    assert (english.status, error["code"]) == (mistake.status, mistake.code), english
    assert error["text"]
    assert error["remedy"]
    told = " ".join((error["where"], error["text"], error["remedy"]))
    assert not KANA.search(told)
    assert_names(told, mistake)
    assert_told_in_japanese(japanese, mistake)


def assert_told_in_japanese(ended: Ended, mistake: Mistake) -> None:
    *_, message, remedy = [line for line in ended.err.splitlines() if line.strip()]
    assert ended.status == mistake.status, ended
    assert "Traceback" not in ended.out + ended.err
    assert f"[{mistake.code}]" in message
    assert KANA.search(message), message
    assert remedy.startswith("→ ")
    assert KANA.search(remedy), remedy
    assert_names(f"{message} {remedy}", mistake)


def assert_names(told: str, mistake: Mistake) -> None:
    assert [name for name in mistake.names if name not in told] == [], told
