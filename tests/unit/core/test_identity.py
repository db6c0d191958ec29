"""Who is who: in which order records are paired, and who waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from awase.core.identity import ENTRY_SCHEMA, Matches, hashed_match_key, link_id, match, own_key
from awase.core.values import hash64
from tests.unit.core.scene import CRM_OBJECTS

LONG_ID = "003A000001abcDEFGH"
"""Eighteen characters, of which fifteen count."""


@dataclass(frozen=True)
class Entry:
    id: str
    object: str = "contact"
    mail: str | None = None
    linked: bool = False
    key: str | None = None
    points: str | None = None


def lead(id: str, mail: str | None = None, **more: object) -> Entry:
    return replace(Entry(id, "Lead", mail), **more)  # type: ignore[arg-type]


def contact(id: str, mail: str | None = None, **more: object) -> Entry:
    return replace(Entry(id, "Contact", mail), **more)  # type: ignore[arg-type]


def person(id: str, mail: str | None = None, **more: object) -> Entry:
    """A record of the MA."""
    return replace(Entry(id, mail=mail), **more)  # type: ignore[arg-type]


def entries(org: str, records: list[Entry]) -> pl.DataFrame:
    rows = [
        {
            "_link": None,
            "_object": r.object,
            "_id": r.id,
            "_linked": r.linked,
            "_own": own_key(org, r.object, r.id),
            "_key": r.key,
            "_match": hashed_match_key(r.mail),
            "_points": r.points,
        }
        for r in records
    ]
    return pl.DataFrame(rows, schema=ENTRY_SCHEMA)


def matched(ma: list[Entry], crm: list[Entry], significant: int | None = 15) -> Matches:
    return match(entries("hub", ma), entries("force", crm), CRM_OBJECTS, significant)


def pairs(matches: Matches) -> set[tuple[str, str, str]]:
    """(MA id, CRM id, how)"""
    return {(ma, crm, how) for ma, _, crm, how in matches.pairs.iter_rows()}


def waiting(matches: Matches) -> dict[str, set[str]]:
    return {id: set(others) for _, _, id, others in matches.ambiguous.iter_rows()}


def twins(matches: Matches) -> set[str]:
    return set(matches.twins["_id"].to_list())


def test_the_key_goes_before_the_pointer_and_the_pointer_before_the_address() -> None:
    ma = [
        person("1", "a@x.jp", points="Lead:L2"),
        person("2", "b@x.jp", points="Lead:L3"),
        person("3", "c@x.jp"),
    ]
    crm = [
        lead("L1", "c@x.jp", key=own_key("hub", "contact", "1")),
        lead("L2", "a@x.jp"),
        lead("L3"),
    ]
    found = matched(ma, crm)
    assert pairs(found) == {("1", "L1", "key"), ("2", "L3", "pointer")}


def test_a_record_we_created_on_the_ma_is_found_by_its_key() -> None:
    found = matched([person("1", key=own_key("force", "Lead", "L1"))], [lead("L1"), lead("L2")])
    assert pairs(found) == {("1", "L1", "key")}


def test_a_pointer_is_compared_by_the_characters_that_count() -> None:
    short = person("1", points=f"Contact:{LONG_ID[:15]}")
    assert pairs(matched([short], [contact(LONG_ID)])) == {("1", LONG_ID, "pointer")}
    other_case = person("1", points=f"Contact:{LONG_ID[:15].swapcase()}")
    assert pairs(matched([other_case], [contact(LONG_ID)])) == set()


def test_where_ids_have_no_short_form_they_are_compared_whole() -> None:
    short = person("1", points=f"Contact:{LONG_ID[:15]}")
    assert pairs(matched([short], [contact(LONG_ID)], None)) == set()


def test_a_pointer_to_one_object_never_finds_another() -> None:
    assert pairs(matched([person("1", points="Lead:X1")], [contact("X1")])) == set()


def test_a_pointer_to_a_record_that_has_its_partner_falls_back_to_the_address() -> None:
    ma = [person("1", "a@x.jp", points="Lead:L1")]
    crm = [lead("L1", linked=True), lead("L2", "a@x.jp")]
    assert pairs(matched(ma, crm)) == {("1", "L2", "match")}


def test_an_address_finds_a_contact_before_a_lead_and_the_lead_stays_out() -> None:
    found = matched([person("1", "a@x.jp")], [lead("L1", "A@x.jp"), contact("C1", "a@X.jp ")])
    assert pairs(found) == {("1", "C1", "match")}
    assert twins(found) == {"L1"}
    assert waiting(found) == {}


def test_two_contacts_with_one_address_wait_and_so_does_who_could_be_either() -> None:
    found = matched([person("1", "a@x.jp")], [contact("C1", "a@x.jp"), contact("C2", "a@x.jp")])
    assert pairs(found) == set()
    assert set(waiting(found)) == {"1", "C1", "C2"}
    assert waiting(found)["1"] >= {"Contact:C1", "Contact:C2"}


def test_two_leads_beside_one_contact_are_no_tie() -> None:
    found = matched(
        [person("1", "a@x.jp")], [lead("L1", "a@x.jp"), lead("L2", "a@x.jp"), contact("C1", "a@x.jp")]
    )
    assert pairs(found) == {("1", "C1", "match")}
    assert twins(found) == {"L1", "L2"}


def test_two_records_of_the_ma_with_one_address_wait_even_when_the_crm_knows_nobody() -> None:
    with_partner = matched([person("1", "a@x.jp"), person("2", "A@x.jp")], [lead("L1", "a@x.jp")])
    assert pairs(with_partner) == set()
    assert set(waiting(with_partner)) == {"1", "2", "L1"}
    alone = matched([person("1", "a@x.jp"), person("2", "a@x.jp")], [])
    assert set(waiting(alone)) == {"1", "2"}


def test_two_records_that_name_one_partner_wait_with_it() -> None:
    found = matched([person("1", points="Lead:L1"), person("2", points="Lead:L1")], [lead("L1")])
    assert pairs(found) == set()
    assert waiting(found) == {"1": {"Lead:L1"}, "2": {"Lead:L1"}, "L1": {"contact:1", "contact:2"}}


def test_an_address_does_not_decide_what_two_pointers_left_open() -> None:
    ma = [person("1", "a@x.jp", points="Lead:L1"), person("2", points="Lead:L1"), person("3", "a@x.jp")]
    found = matched(ma, [lead("L1", "a@x.jp")])
    assert pairs(found) == set()
    assert set(waiting(found)) == {"1", "2", "3", "L1"}


def test_one_key_on_two_records_waits() -> None:
    key = own_key("hub", "contact", "1")
    found = matched([person("1")], [lead("L1", key=key), lead("L2", key=key)])
    assert pairs(found) == set()
    assert set(waiting(found)) == {"1", "L1", "L2"}


def test_a_pointer_does_not_take_what_two_keys_left_open() -> None:
    ma = [person("1"), person("2", points="Lead:L2")]
    crm = [lead("L1", key=own_key("hub", "contact", "1")), lead("L2", key=own_key("hub", "contact", "1"))]
    found = matched(ma, crm)
    assert pairs(found) == set()
    assert set(waiting(found)) == {"1", "2", "L1", "L2"}


def test_another_record_of_somebody_who_is_linked_stays_out() -> None:
    found = matched(
        [person("1", "a@x.jp", linked=True)], [contact("C1", "a@x.jp", linked=True), contact("C2", "a@x.jp")]
    )
    assert pairs(found) == set()
    assert twins(found) == {"C2"}


def test_a_second_record_of_the_ma_for_a_linked_person_waits() -> None:
    found = matched([person("2", "a@x.jp")], [contact("C1", "a@x.jp", linked=True)])
    assert pairs(found) == set()
    assert waiting(found) == {"2": {"contact:2", "Contact:C1"}}


def test_it_waits_too_when_only_the_first_record_is_known() -> None:
    found = matched([person("1", "a@x.jp", linked=True), person("2", "a@x.jp")], [])
    assert pairs(found) == set()
    assert waiting(found) == {"2": {"contact:1", "contact:2"}}


def test_nobody_is_found_by_a_blank() -> None:
    found = matched(
        [person("1", ""), person("2", None), person("3", " ")], [lead("L1", ""), lead("L2", None)]
    )
    assert (pairs(found), waiting(found), twins(found)) == (set(), {}, set())


def test_a_record_of_an_object_that_is_no_longer_synced_stops_nothing() -> None:
    found = matched(
        [person("1", "a@x.jp")], [Entry("X1", "Account", "a@x.jp", linked=True), lead("L1", "a@x.jp")]
    )
    assert pairs(found) == {("1", "L1", "match")}


def test_nothing_on_either_side_is_nothing_to_pair() -> None:
    found = matched([], [])
    assert (pairs(found), waiting(found), twins(found)) == (set(), {}, set())


def test_a_key_is_readable_and_its_link_the_same_every_time() -> None:
    assert own_key("1234", "contact", "151") == "1234:contact:151"
    assert link_id("1234:contact:151") == hash64(b"1234:contact:151")
    assert len({own_key("1", "contact", "2"), own_key("1", "lead", "2"), own_key("2", "contact", "2")}) == 3


# -- laws ----------------------------------------------------------------------------------------------------------

mails = st.sampled_from([None, "a@x.jp", "A@x.jp", "b@x.jp", "c@x.jp"])
numbers = st.integers(1, 6)
points = st.none() | st.builds(lambda o, n: f"{o}:{o[0]}{n}", st.sampled_from(CRM_OBJECTS), numbers)
ma_keys = st.none() | st.builds(lambda n: own_key("force", "Lead", f"L{n}"), numbers)
crm_keys = st.none() | st.builds(lambda n: own_key("hub", "contact", str(n)), numbers)
ma_people = st.dictionaries(numbers, st.tuples(mails, st.booleans(), ma_keys, points)).map(
    lambda d: [person(str(n), m, linked=i, key=k, points=p) for n, (m, i, k, p) in d.items()]
)
crm_people = st.dictionaries(
    st.tuples(st.sampled_from(CRM_OBJECTS), numbers), st.tuples(mails, st.booleans(), crm_keys)
).map(lambda d: [Entry(f"{o[0]}{n}", o, m, linked=i, key=k) for (o, n), (m, i, k) in d.items()])


@given(ma_people, crm_people)
@settings(deadline=None, max_examples=120)
def test_nobody_is_paired_twice_or_waits_though_paired(ma: list[Entry], crm: list[Entry]) -> None:
    found = matched(ma, crm)
    ma_ids, crm_ids = found.pairs["_ma_id"].to_list(), found.pairs["_crm_id"].to_list()
    assert len(set(ma_ids)) == len(ma_ids)
    assert len(set(crm_ids)) == len(crm_ids)
    settled = {*ma_ids, *crm_ids}
    linked = {e.id for e in (*ma, *crm) if e.linked}
    assert not settled & linked
    undecided = found.ambiguous["_id"].to_list()
    assert len(set(undecided)) == len(undecided)
    assert not settled & set(undecided)
    assert not twins(found) & (settled | linked | set(undecided))


@given(ma_people, crm_people, st.integers())
@settings(deadline=None, max_examples=120)
def test_the_order_of_rows_decides_nothing(ma: list[Entry], crm: list[Entry], seed: int) -> None:
    found = matched(ma, crm)
    rng = Random(seed)
    again = matched(rng.sample(ma, len(ma)), rng.sample(crm, len(crm)))
    assert pairs(again) == pairs(found)
    assert waiting(again) == waiting(found)
    assert twins(again) == twins(found)
