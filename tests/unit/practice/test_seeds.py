"""The demo's data set: the same for the same seed, exact in its numbers, and really in the orgs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp
import pytest

from awase_practice.kernel.clock import VirtualClock
from awase_practice.kernel.faults import FaultPlan
from awase_practice.seeds.casting import CYCLE, story
from awase_practice.seeds.companies import company_number
from awase_practice.seeds.control import ControlCaller, rows
from awase_practice.seeds.loading import NOTE, Stage, play, set_up
from awase_practice.seeds.story import FINDING_KINDS, PHASES, Story
from awase_practice.server import PracticeServer, build_org


@asynccontextmanager
async def stage_of(data: Story) -> AsyncIterator[Stage]:
    """Both orgs on this machine with ``data`` in them, on clocks that stand still."""
    servers = {}
    for vendor in ("hubspot", "salesforce"):
        clock, faults = VirtualClock(datetime(2026, 5, 1, tzinfo=UTC)), FaultPlan(0)
        servers[vendor] = PracticeServer(build_org(vendor, "seeds", clock, faults), faults)
        await servers[vendor].start()
    try:
        async with aiohttp.ClientSession() as http:
            controls = {vendor: ControlCaller(each.control_url, http) for vendor, each in servers.items()}
            yield await set_up(controls["hubspot"], controls["salesforce"], data)
    finally:
        for server in servers.values():
            await server.stop()


def test_one_seed_always_gives_the_same_people() -> None:
    assert story(400, seed=3) == story(400, seed=3)


def test_another_seed_gives_other_people_in_the_same_parts() -> None:
    one, other = story(400, seed=3), story(400, seed=4)
    assert [part.fault for part in one.parts] == [part.fault for part in other.parts]
    assert one.parts != other.parts


def test_a_larger_data_set_begins_like_a_smaller_one() -> None:
    assert story(700).parts[:300] == story(300).parts


def test_every_kind_of_trouble_is_there_from_three_hundred_people_on() -> None:
    faults = Counter(part.fault for part in story(300).parts if part.fault)
    assert len(faults) == 18
    assert faults["industry_off_list"] == faults["company_missing"] == faults["phone_in_full_width"] == 2


def test_about_six_in_a_hundred_are_in_trouble() -> None:
    faulty = sum(part.fault is not None for part in story(5_000).parts)
    assert faulty == 350


def test_the_usual_data_set_is_of_six_thousand_two_hundred_records_and_each_company_and_deal_is_there_once() -> (
    None
):
    data = story(5_000)
    assert (len(data.parts), len(data.companies), len(data.deals)) == (5_000, 800, 400)
    assert (
        len(
            {
                part.records[0].values.get("domain", part.records[0].values.get("Website"))
                for part in data.companies
            }
        )
        == 800
    )
    assert (
        len(
            {
                part.records[0].values.get("dealname", part.records[0].values.get("Name"))
                for part in data.deals
            }
        )
        == 400
    )
    where = Counter(record.vendor for part in data.companies for record in part.records)
    assert where["hubspot"] > where["salesforce"] > 300


def test_whoever_belongs_to_a_company_finds_it_in_the_same_system() -> None:
    data = story(1_000)
    there = {(record.vendor, company_number(record)) for part in data.companies for record in part.records}
    named = {
        (r.vendor, r.account)
        for part in (*data.parts, *data.deals)
        for r in part.records
        if r.account is not None
    }
    assert named <= there
    assert all(part.records[0].contacts for part in data.deals)


def test_only_those_who_wait_belong_to_a_company_without_a_name() -> None:
    data = story(1_000)
    nameless = {company_number(part.records[0]) for part in data.companies if part.fault}
    faults = {part.fault for part in data.parts for r in part.records if r.account in nameless}
    assert (len(nameless), faults) == (3, {"company_waited_for"})


def test_a_cycle_of_people_plants_exactly_this() -> None:
    # The second cycle: the very first person of all plays a part of their own.
    parts = story(2 * CYCLE).parts[CYCLE:]
    planted = Counter((each.kind, each.toward) for part in parts for each in part.planted)
    assert planted == {
        ("held", "crm"): 15,
        ("held", "ma"): 2,
        ("rejected", "crm"): 3,
        ("rejected", "ma"): 2,
        ("conflicts", "ma"): 3,
        ("waiting", "ma"): 2,
        ("waiting", "crm"): 3,
        ("skipped", "ma"): 1,
    }


def test_nobody_shares_an_address_or_a_number_unless_it_is_the_point() -> None:
    records = story(2_000).records
    for object, email, phone in (("contact", "email", "phone"), ("Contact", "Email", "Phone")):
        mine = [record.values for record in records if record.object == object]
        for name in (email, phone):
            held = Counter(values[name] for values in mine if name in values)
            assert held.most_common(1)[0][1] == 1
    leads = [record.values for record in records if record.object == "Lead"]
    numbers = Counter(values["Phone"] for values in leads if "Phone" in values)
    assert numbers.most_common(1)[0][1] == 1


def test_every_address_lies_in_a_zone_that_no_mail_can_reach() -> None:
    for record in story(1_000).records:
        address = record.values.get("email") or record.values.get("Email")
        assert address is None or address.endswith((".example", ".example.jp", ".example.j"))


def test_a_data_set_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        story(0)


def test_loading_puts_exactly_the_story_into_the_orgs() -> None:
    data = story(300)

    async def check() -> None:
        async with stage_of(data) as stage:
            for vendor, object in (("hubspot", "contact"), ("salesforce", "Lead"), ("salesforce", "Contact")):
                due = [r for r in data.records if r.object == object and r.phase == "first"]
                held = await rows(stage.control(vendor), object)
                assert {row["id"] for row in held} == {stage.ids[r.name] for r in due}

    asyncio.run(check())


def test_the_note_names_loaded_records_for_every_phase() -> None:
    data = story(300)

    async def check() -> None:
        async with stage_of(data) as stage:
            note = (await stage.hubspot.ask("note", name=NOTE))["note"]
            known = {f"{r.object}:{stage.ids[r.name]}" for r in data.records if r.phase == "first"}
            assert list(note) == list(PHASES)
            for phase in PHASES:
                assert {record for kind in FINDING_KINDS for _, record in note[phase][kind]} <= known
            assert len(note["first"]["held"]) == 18
            # Two people are repaired, a company is named, and one person spoiled.
            assert len(note["day"]["held"]) == 16
            assert len(note["day"]["waiting"]) == len(note["first"]["waiting"]) - 2
            assert len(note["day"]["rejected"]) == len(note["first"]["rejected"])

    asyncio.run(check())


def test_a_day_brings_newcomers_and_edits_to_those_who_are_there() -> None:
    data = story(1)  # the one who is edited last

    async def check() -> None:
        async with stage_of(data) as stage:
            before = await rows(stage.hubspot, "contact")
            await play(stage, "day")
            assert await rows(stage.hubspot, "contact") == before
            await play(stage, "last edit")
            (after,) = await rows(stage.hubspot, "contact")
            assert after["jobtitle"] == "代表取締役社長"
            assert after["_author"] == "user:sato"

    asyncio.run(check())
