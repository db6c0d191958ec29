"""``awase.toml``: what a good one becomes, and how each mistake in a bad one is shown."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awase.configuration import load, parse
from awase.configuration.document import HubSpotPart, SalesforcePart
from awase.configuration.lines import lines_of
from awase.configuration.schema import json_schema
from awase.core.filters import Condition
from awase.core.mapping import CreateRule, Direction, OnConflict
from awase.core.schedule import Schedule, windows_of
from awase.errors import BadConfiguration, UnknownName

GOOD = """\
[workspace]
name = "acme"
time_zone = "Asia/Tokyo"
language = "ja"

[connections.hubspot]
vendor = "hubspot"
allotment = 50_000

[connections.salesforce]
vendor = "salesforce"
login_url = "https://acme.my.salesforce.com"

[[syncs]]
name = "people"
ma = { connection = "hubspot", object = "contact" }
crm = { connection = "salesforce", objects = ["Contact", "Lead"] }
match_on = "email"
crm_ids = { Contact = "salesforcecontactid", Lead = "salesforceleadid" }
on_conflict = "wait"
guard = { share = 0.2, records = 50 }

[[syncs.create_as]]
object = "Contact"
when = [{ field = "lifecyclestage", is = ["customer"] }, { field = "city", filled = true }]
needs = ["company"]

[[syncs.create_as]]
object = "Lead"

[[syncs.fields]]
ma = "email"
crm = "Email"

[[syncs.fields]]
ma = "company"
crm = { Lead = "Company" }
direction = "crm"
on_conflict = "ma"

[[syncs.fields]]
ma = "industry"
crm = { Lead = "Industry", Contact = "Industry__c" }
values = { "製造" = "製造業" }
"""


def refusal(text: str) -> BadConfiguration:
    with pytest.raises(BadConfiguration) as caught:
        parse(text, Path("awase.toml"))
    return caught.value


def test_a_workspace_becomes_values() -> None:
    workspace = parse(GOOD)
    sync = workspace.sync("people")
    assert (workspace.name, workspace.language, workspace.time_zone) == ("acme", "ja", "Asia/Tokyo")
    assert workspace.connections["hubspot"].settings == HubSpotPart(allotment=50_000)
    assert workspace.connections["salesforce"].settings == SalesforcePart(
        login_url="https://acme.my.salesforce.com"
    )
    assert (sync.crm_objects, sync.time_zone) == (("Contact", "Lead"), "Asia/Tokyo")
    assert (sync.guard_share, sync.guard_records, sync.overlap_seconds) == (0.2, 50, None)
    assert sync.create_as == (
        CreateRule(
            "Contact",
            (Condition("lifecyclestage", ("customer",)), Condition("city", filled=True)),
            ("company",),
        ),
        CreateRule("Lead"),
    )


def test_a_field_named_once_is_the_same_on_every_crm_object() -> None:
    email, company, industry = parse(GOOD).sync("people").fields
    assert email.crm == {"Contact": "Email", "Lead": "Email"}
    assert company.crm == {"Lead": "Company"}
    assert industry.values == {"製造": "製造業"}


def test_the_syncs_conflict_rule_is_the_default_of_its_fields() -> None:
    email, company, _ = parse(GOOD).sync("people").fields
    assert (email.on_conflict, email.direction) == (OnConflict.WAIT, Direction.TWO_WAY)
    assert (company.on_conflict, company.direction) == (OnConflict.MA, Direction.CRM)


def test_the_only_sync_needs_no_name_and_a_wrong_name_lists_the_right_ones() -> None:
    workspace = parse(GOOD)
    assert workspace.sync(None).name == "people"
    with pytest.raises(UnknownName) as caught:
        workspace.sync("poeple")
    assert caught.value.places["known"] == "people"


@pytest.mark.parametrize(
    ("good", "bad", "line", "place", "near"),
    [
        ("match_on =", "matchon =", 18, "syncs[0].matchon", "match_on"),
        ("time_zone", "timezone", 3, "workspace.timezone", "time_zone"),
        ("allotment", "alotment", 8, "connections.hubspot.alotment", "allotment"),
        ('vendor = "hubspot"', 'vendor = "hubspt"', 7, "connections.hubspot.vendor", "hubspot"),
        ('direction = "crm"', 'direction = "cmr"', 38, "syncs[0].fields[1].direction", "crm"),
        ('{ Lead = "Company" }', '{ Leed = "Company" }', 37, "syncs[0].fields[1].crm.Leed", "Lead"),
        ('is = ["customer"] }', 'iss = ["customer"] }', 25, "syncs[0].create_as[0].when[0].iss", "is"),
        ("records = 50", "record = 50", 21, "syncs[0].guard.record", "records"),
        ('connection = "hubspot"', 'connection = "hubspod"', 16, "syncs[0].ma.connection", "hubspot"),
        ('needs = ["company"]', 'needs = ["compny"]', 26, "syncs[0].create_as[0].needs[0]", "company"),
    ],
)
def test_a_misspelling_is_shown_by_line_and_name_with_what_was_meant(
    good: str, bad: str, line: int, place: str, near: str
) -> None:
    found = refusal(GOOD.replace(good, bad, 1))
    assert found.where == f"awase.toml:{line}: {place}"
    assert found.places["near"] == near
    assert near in str(found.places["allowed"])


@pytest.mark.parametrize(
    ("good", "bad", "where", "text"),
    [
        ("Asia/Tokyo", "Asia/Tokio", "awase.toml:3: workspace.time_zone", "no time zone"),
        (
            "allotment = 50_000",
            'allotment = "many"',
            "awase.toml:8: connections.hubspot.allotment",
            "a whole number",
        ),
        ("share = 0.2", "share = 20", "awase.toml:21: syncs[0].guard.share", "out of bounds"),
        ('name = "acme"', 'name = "Acme Inc."', "awase.toml:2: workspace.name", "does not have the form"),
        ('["Contact", "Lead"]', "[]", "awase.toml:17: syncs[0].crm.objects", "at least one"),
        ('crm = "Email"', "crm = 3", "awase.toml:33: syncs[0].fields[0].crm", "a text, found a whole number"),
        ('ma = "industry"', 'ma = "company"', "awase.toml:42: syncs[0].fields[2].ma", "mapped twice"),
        ('ma = "email"', 'ma = "mail"', "awase.toml:14: syncs[0]", "not mapped"),
        ('vendor = "salesforce"\n', "", "awase.toml:10: connections.salesforce", "“vendor” is missing"),
        ('name = "people"\n', "", "awase.toml:14: syncs[0]", "“name” is missing"),
        (", filled = true", "", "awase.toml:25: syncs[0].create_as[0].when[1]", "neither"),
    ],
)
def test_every_mistake_has_its_line(good: str, bad: str, where: str, text: str) -> None:
    found = refusal(GOOD.replace(good, bad, 1))
    assert (found.where == where, text in str(found)) == (True, True), str(found)


@pytest.mark.parametrize(("bad", "line"), [('name = "acme', 2), ("name = acme", 2), ("[workspace", 1)])
def test_a_slip_of_syntax_keeps_its_line(bad: str, line: int) -> None:
    text = GOOD.replace("[workspace]" if bad.startswith("[") else 'name = "acme"', bad, 1)
    assert refusal(text).where == f"awase.toml:{line}"


def test_two_syncs_of_one_name_are_refused() -> None:
    second = GOOD[GOOD.index("[[syncs]]") :]
    assert "two syncs" in str(refusal(GOOD + second))


def test_a_missing_file_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load(tmp_path / "awase.toml")
    assert "awase init" in caught.value.remedy


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "awase.toml"
    file.write_bytes('[workspace]\nname = "日本"'.encode("cp932"))
    with pytest.raises(BadConfiguration, match="UTF-8"):
        load(file)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "awase.toml"
    file.write_text(GOOD, encoding="utf-8-sig")
    assert load(file).name == "acme"


def test_lines_are_counted_through_every_kind_of_toml() -> None:
    text = '''\
# first
a.b = 1
"c d" = """
many ]
lines""""
[t] # tail
x = [
  1, # [
  { y = 'z]', w = [2,
    3] },
]
[[t.list]]
k = 1979-05-27T07:32:00Z
[[t.list]]
[t.list.sub]
'q' = "a\\"]"
'''
    lines = lines_of(text)
    wanted = {
        ("a", "b"): 2,
        ("c d",): 3,
        ("t",): 6,
        ("t", "x", 0): 8,
        ("t", "x", 1, "y"): 9,
        ("t", "x", 1, "w", 1): 10,
        ("t", "list", 0, "k"): 13,
        ("t", "list", 1): 14,
        ("t", "list", 1, "sub", "q"): 16,
    }
    assert {path: lines.get(path) for path in wanted} == wanted


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(GOOD)), st.text(st.sampled_from("[]{}=\"'#,.\n a1"), max_size=3))
def test_no_garbled_file_escapes_with_another_exception(at: int, noise: str) -> None:
    with suppress(BadConfiguration):
        parse(GOOD[:at] + noise + GOOD[at + len(noise) :])


def test_the_published_schema_is_the_models() -> None:
    published = Path(__file__).parents[2] / "docs" / "reference" / "awase.schema.json"
    assert published.read_bytes() == json_schema()


SCHEDULED = GOOD.replace('language = "ja"', 'language = "ja"\nwrite_windows = ["22:00-06:00"]')


def scheduled(lines: str) -> str:
    """A good file whose sync also says this."""
    return SCHEDULED.replace('match_on = "email"', f'match_on = "email"\n{lines}')


def test_a_sync_has_a_schedule_in_the_workspaces_zone_or_none() -> None:
    assert parse(SCHEDULED).schedules == {}
    every = parse(scheduled('schedule = { every = "15m" }')).schedules["people"]
    assert every == Schedule("Asia/Tokyo", every=timedelta(minutes=15))
    cron = parse(scheduled('schedule = { cron = "0 9 * * mon" }')).schedules["people"]
    assert cron == Schedule("Asia/Tokyo", cron="0 9 * * mon")


def test_write_windows_are_the_workspaces_unless_the_sync_has_its_own() -> None:
    assert parse(GOOD).write_windows["people"].windows == ()
    assert parse(SCHEDULED).write_windows["people"] == windows_of(["22:00-06:00"], "Asia/Tokyo")
    assert parse(scheduled("write_windows = []")).write_windows["people"].windows == ()
    own = parse(scheduled('write_windows = ["sun 00:00-24:00"]')).write_windows["people"]
    assert own == windows_of(["sun 00:00-24:00"], "Asia/Tokyo")


def test_when_a_sync_runs_changes_no_plan() -> None:
    digests = {parse(text).syncs[0].digest() for text in (GOOD, scheduled('schedule = { every = "15m" }'))}
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("lines", "place", "value"),
    [
        ('schedule = { every = "soon" }', "schedule.every", "soon"),
        ('schedule = { every = "1s" }', "schedule.every", "1s"),
        ('schedule = { cron = "0 0 31 2 *" }', "schedule.cron", "0 0 31 2 *"),
        ('schedule = { every = "1h", cron = "0 0 * * *" }', "schedule", "every"),
        ("schedule = {}", "schedule", "every"),
        ('write_windows = ["22:00-06:00", "nights"]', "write_windows[1]", "nights"),
    ],
)
def test_a_mistake_in_times_names_its_line_and_its_text(lines: str, place: str, value: str) -> None:
    text = scheduled(lines)
    line = 1 + text[: text.index(lines)].count("\n")
    with pytest.raises(BadConfiguration) as caught:
        parse(text)
    assert caught.value.where == f"awase.toml:{line}: syncs[0].{place}"
    assert value in str(caught.value)
    assert caught.value.remedy
