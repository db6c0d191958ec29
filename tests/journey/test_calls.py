"""What a sync costs in calls: as announced, hardly more than arithmetic asks for, and nothing for people who rest."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from awase_practice.seeds import ordinary
from awase_practice.seeds.casting import Role
from awase_practice.seeds.story import Story
from tests.support.installation import HOUR, Installation, installation, people_of

pytestmark = pytest.mark.timeout(900)

FEW = 1_000
MANY = 20_000 if os.environ.get("CI", "").lower() in ("1", "true", "yes") else 6_000
"""20,000 in CI; fewer where a person waits for the answer."""

# Facts of the vendors, not taken from the code that is judged.
SOQL_PAGE, COLLECTION = 2_000, 200
LIST_PAGE, BATCH, HISTORY_BATCH, ADDRESSES = 100, 100, 50, 100

ROLES: tuple[Role, ...] = (
    *(ordinary.hubspot_only,) * 4,
    *(ordinary.lead_only,) * 3,
    ordinary.contact_only,
    ordinary.customer_in_hubspot,
    ordinary.equal_lead,
    ordinary.equal_contact,
    ordinary.gaps_on_both_sides,
    ordinary.out_in_hubspot,
    ordinary.out_as_lead,
    ordinary.pair_out_in_salesforce,
    ordinary.pair_out_in_hubspot,
)
WRITES: dict[str, tuple[tuple[str, int], ...]] = {
    "hubspot_only": (("create lead", COLLECTION),),
    "out_in_hubspot": (("create lead", COLLECTION),),
    "customer_in_hubspot": (("create contact", COLLECTION),),
    "lead_only": (("create in hubspot", BATCH),),
    "contact_only": (("create in hubspot", BATCH),),
    "out_as_lead": (("create in hubspot", BATCH), ("opt out in hubspot", ADDRESSES)),
    "pair_out_in_salesforce": (("opt out in hubspot", ADDRESSES),),
    "pair_out_in_hubspot": (("opt out lead", COLLECTION),),
    "gaps_on_both_sides": (
        ("update in hubspot", BATCH),
        ("history in hubspot", HISTORY_BATCH),
        ("update lead", COLLECTION),
        ("history of leads", 1_000_000),
    ),
}
"""What has to be written for a person of each role, and how many of it one call carries. After updates the edits
that fell in between are looked up: by record in HubSpot, in one query for all leads in Salesforce."""

READS = (("contact", LIST_PAGE), ("Lead", SOQL_PAGE), ("Contact", SOQL_PAGE))


def fewest_writes(people: int) -> int:
    """The arithmetic minimum of a first sync."""
    needed: Counter[tuple[str, int]] = Counter()
    for number in range(people):
        needed.update(WRITES.get(ROLES[number % len(ROLES)].__name__, ()))
    return sum(-(-count // size) for (_, size), count in needed.items())


def fewest_reads(story: Story) -> int:
    """The arithmetic minimum of reading everybody."""
    held = Counter(record.object for record in story.records)
    return sum(max(1, -(-held[object] // size)) for object, size in READS)


@dataclass(frozen=True)
class Calls:
    """Calls of one run by what they are for, as Awase says; and all calls that the orgs had meanwhile."""

    read: int
    write: int
    price: int
    announced_reads: int
    total: int
    heard: int
    updated: int


def counted(here: Installation) -> Calls:
    """Sync once, and count."""
    before = sum((here.hubspot.calls() + here.salesforce.calls()).values())
    ended = here.sync()
    assert ended.status == 0, ended
    heard = sum((here.hubspot.calls() + here.salesforce.calls()).values()) - before
    (run,) = ended.document["runs"]
    lanes: dict[str, int] = run["calls"]
    # Sign-ins and questions about the practice org itself are "other"; the orgs do not count the latter.
    return Calls(
        read=lanes.get("read", 0),
        write=sum(lanes.get(lane, 0) for lane in ("write", "consent", "audit")),
        price=run["plan"]["calls"]["write"],
        announced_reads=run["plan"]["calls"]["read"],
        total=sum(lanes.values()),
        heard=heard,
        updated=sum(side["updated"] for side in run["sides"].values()),
    )


@dataclass
class Journey:
    """A first sync, an hour of rest, another sync for our own echo, another hour."""

    here: Installation
    people: int
    story: Story
    first: Calls

    def after_rest(self) -> Calls:
        self.here.let_pass(HOUR)
        return counted(self.here)


def journey(stack: ExitStack, people: int) -> Journey:
    here = stack.enter_context(installation())
    story = people_of(ROLES, people, seed=11)
    here.fill(story)
    here.let_pass(HOUR)
    made = Journey(here, people, story, counted(here))
    made.after_rest()
    return made


@pytest.fixture(scope="module")
def few() -> Iterator[Journey]:
    with ExitStack() as stack:
        yield journey(stack, FEW)


@pytest.fixture(scope="module")
def many() -> Iterator[Journey]:
    with ExitStack() as stack:
        yield journey(stack, MANY)


@pytest.fixture(params=["few", "many"])
def either(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_a_first_sync_writes_with_exactly_as_many_calls_as_its_header_said(either: Journey) -> None:
    assert either.first.write == either.first.price
    assert either.first.read == either.first.announced_reads


def test_a_first_sync_makes_hardly_a_call_more_than_arithmetic_asks_for(either: Journey) -> None:
    writes, reads = fewest_writes(either.people), fewest_reads(either.story)
    assert writes <= either.first.write
    assert reads <= either.first.read
    assert either.first.read + either.first.write <= (writes + reads) * 1.01 + 5


def test_awase_counts_the_calls_that_the_orgs_heard(either: Journey) -> None:
    """Two calls of each run ask an address whether a practice org lives there; orgs do not count those."""
    assert either.first.total - 2 == either.first.heard


def test_when_nothing_changed_nothing_is_written_and_the_calls_do_not_depend_on_how_many_people_are_linked(
    few: Journey, many: Journey
) -> None:
    fewer, more = few.after_rest(), many.after_rest()
    assert (fewer.write, more.write) == (0, 0)
    assert fewer == more


def test_an_edit_made_just_before_is_found(many: Journey) -> None:
    many.here.let_pass(HOUR)
    (row, *_) = many.here.salesforce.rows("Lead")
    many.here.salesforce.edit("Lead", row["id"], {"Title": "部長 (新任)"})
    calls = counted(many.here)
    assert (calls.updated, calls.write) == (1, calls.price)
    titles = {each["email"]: each.get("jobtitle") for each in many.here.hubspot.rows("contact")}
    assert titles[row["Email"]] == "部長 (新任)"
    assert many.after_rest().write == 0


def test_both_sides_agree_in_the_end(either: Journey) -> None:
    assert either.here.disagreements() == []
