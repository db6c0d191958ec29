"""What the core may rely on whichever vendor it speaks to, proved over HTTP against both practice orgs."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from awase.core.operations import OperationKind, State
from awase.core.values import DTYPES, Kind
from awase.errors import SchemaMismatch
from awase.ports.flows import Lane

from .side import NO_OVERLAP, Side, moved


def deal_query(side: Side) -> Any:
    return side.query(side.words.deal, side.words.people)


def person_query(side: Side) -> Any:
    return side.query(side.words.person, side.words.title)


def known_states(frame: pl.DataFrame) -> dict[str, bool]:
    return dict(frame.select("_id", "_deleted").iter_rows())


# -- describing ------------------------------------------------------------------------------------------------------


def test_people_companies_and_deals_are_described_with_their_keys_and_relations(side: Side) -> None:
    words = side.words
    objects = side.run(side.connector.describe([words.person, words.company, words.deal])).objects
    assert list(objects) == [words.person, words.company, words.deal]
    assert {one.key_field for one in objects.values()} == {side.connector.capabilities.key_name}
    people = objects[words.deal].fields[words.people]
    assert (people.relation, people.kind, people.references) == (True, Kind.TEXTS, (words.person,))
    assert people.createable
    assert people.updateable
    assert all(one.deletable for one in objects.values())


def test_an_object_that_is_not_there_is_named(side: Side) -> None:
    with pytest.raises(SchemaMismatch, match="Nothing__c"):
        side.run(side.connector.describe([side.words.person, "Nothing__c"]))


# -- reading ---------------------------------------------------------------------------------------------------------


def test_a_snapshot_holds_every_deal_with_its_people(side: Side) -> None:
    first, second, third = side.deals(3)
    one, other = side.people(2)
    for deal, person in ((first, one), (first, other), (second, one)):
        side.join(deal, person)
    query = deal_query(side)
    _, frame = side.snapshot(query)
    assert {id: set(people or ()) for id, people in frame.select("_id", side.words.people).iter_rows()} == {
        first: {one, other},
        second: {one},
        third: set(),
    }
    assert frame.schema[side.words.people] == DTYPES[Kind.TEXTS]
    assert frame.equals(side.by_id(query, first, second, third), null_equal=True)


def test_an_edit_after_a_snapshot_is_a_change_and_nothing_else_is(side: Side) -> None:
    one, other = side.people(2)
    query = person_query(side)
    cursor, _ = side.snapshot(query)
    side.edit(side.words.person, one, **{side.words.title: "部長"})
    after, frame = side.changes(query, cursor)
    assert frame.select("_id", "_deleted", side.words.title).rows() == [(one, False, "部長")]
    assert after > cursor
    side.edit(side.words.person, other, **{side.words.title: "課長"})
    assert side.changes(query, after)[1]["_id"].to_list() == [other]


def test_a_deleted_record_is_told_as_deleted_and_a_restored_one_as_living(side: Side) -> None:
    for object, id in ((side.words.person, side.people(1)[0]), (side.words.deal, side.deals()[0])):
        query = side.query(object)
        cursor, _ = side.snapshot(query)
        side.delete(object, id)
        after, frame = side.changes(query, cursor)
        assert known_states(frame) == {id: True}
        assert moved(frame, object) == {}
        assert side.by_id(query, id).filter(~pl.col("_deleted")).is_empty()
        assert side.snapshot(query)[1].is_empty()
        side.restore(object, id)
        assert known_states(side.changes(query, after)[1]) == {id: False}
        assert known_states(side.by_id(query, id)) == {id: False}


def test_merged_records_are_told_as_moved_to_the_survivor_and_as_nothing_else(side: Side) -> None:
    person = side.words.person
    winner, first, second, bystander = side.people(4)
    query = person_query(side)
    cursor, _ = side.snapshot(query)
    survivor = side.merge(person, winner, first, second)
    _, frame = side.changes(query, cursor)
    assert moved(frame, person) == {f"{person}:{loser}": f"{person}:{survivor}" for loser in (first, second)}
    gone = (
        pl.col("_deleted") | pl.col("_gone_to").is_not_null()
        if "_gone_to" in frame.columns
        else pl.col("_deleted")
    )
    assert survivor in frame.filter(~gone)["_id"].to_list()
    assert bystander not in frame["_id"].to_list()
    assert set(side.snapshot(query)[1]["_id"]) == {survivor, bystander}


def test_a_merged_record_is_never_read_as_itself_again(side: Side) -> None:
    person = side.words.person
    winner, first, second = side.people(3)
    query = person_query(side)
    side.merge(person, winner, first, second)
    for asked in ([first], [first, second], [first, second, winner]):
        living = side.by_id(query, *asked).filter(~pl.col("_deleted"))
        assert set(living["_id"]) <= {winner}
        assert set(living["_id"]) >= {winner} & set(asked)


def test_the_people_of_a_deal_follow_a_merge(side: Side) -> None:
    (deal,), (winner, loser) = side.deals(), side.people(2)
    side.join(deal, loser)
    side.merge(side.words.person, winner, loser)
    assert side.people_of(deal) == {deal: {winner}}


@pytest.mark.parametrize("remove", [False, True])
def test_a_change_of_relations_alone_is_found_by_a_read_of_changes_or_by_a_sweep(
    side: Side, *, remove: bool
) -> None:
    (deal, bystander), (person,) = side.deals(2), side.people(1)
    query = deal_query(side)
    if remove:
        side.join(deal, person)
    cursor, before = side.snapshot(query)
    side.join(deal, person, remove=remove)
    _, frame = side.changes(query, cursor)
    now = set() if remove else {person}
    if side.connector.capabilities.relations_move_stamps:
        assert {id: set(people or ()) for id, people in frame.select("_id", query.fields[0]).iter_rows()} == {
            deal: now
        }
    else:
        assert frame.is_empty()
    assert side.people_of(deal, bystander) == {deal: now, bystander: set()}
    assert set(before["_id"]) == {deal, bystander}


def test_owners_are_told_with_their_addresses_and_whether_they_are_active(side: Side) -> None:
    owners = side.run(side.connector.read_owners())
    assert len({one.id for one in owners}) == len(owners)
    assert all("@" in one.email for one in owners if one.may_own)
    assert any(one.active and one.may_own for one in owners)
    assert {request.lane for request in side.sent} == {Lane.OTHER}


# -- writing ---------------------------------------------------------------------------------------------------------


def test_people_are_put_into_deals_and_taken_out_again(side: Side) -> None:
    (first, second), (a, b, c) = side.deals(2), side.people(3)
    outcomes = side.write(side.relating(first, [a, b]), side.relating(second, [c]))
    assert [(one.state, one.id) for one in outcomes] == [(State.APPLIED, first), (State.APPLIED, second)]
    assert side.people_of(first, second) == {first: {a, b}, second: {c}}

    outcomes = side.write(side.relating(first, [b], before=[a, b]), side.relating(second, [], before=[c]))
    assert [(one.state, one.id) for one in outcomes] == [(State.APPLIED, first), (State.APPLIED, second)]
    assert side.people_of(first, second) == {first: {b}, second: set()}


def test_of_people_who_are_there_only_the_new_ones_are_added(side: Side) -> None:
    (deal,), (a, b) = side.deals(), side.people(2)
    side.join(deal, a)
    [outcome] = side.write(side.relating(deal, [a, b], before=[a]))
    assert outcome.state is State.APPLIED
    assert side.people_of(deal) == {deal: {a, b}}
    _, frame = side.snapshot(deal_query(side))
    assert sorted(frame[side.words.people][0]) == sorted([a, b])


def test_who_is_out_already_is_taken_out_all_the_same(side: Side) -> None:
    (deal,), (a, b) = side.deals(), side.people(2)
    side.join(deal, a)
    flow = [side.relating(deal, [], before=[a, b])]
    [outcome] = side.write(*flow)
    assert outcome.state is State.APPLIED
    assert side.people_of(deal) == {deal: set()}


def test_a_person_who_is_not_there_spoils_only_his_own_deal(side: Side) -> None:
    (first, second), (a, gone) = side.deals(2), side.people(2)
    side.delete(side.words.person, gone)
    outcomes = side.write(side.relating(first, [a, gone]), side.relating(second, [a]))
    assert [one.state for one in outcomes] == [State.REJECTED, State.APPLIED]
    assert outcomes[0].error is not None
    assert outcomes[0].error.code
    assert side.people_of(first, second) == {first: {a}, second: {a}}


def test_deleted_is_deleted_however_often(side: Side) -> None:
    object = side.words.person
    one, other = side.people(2)
    query = side.query(object)
    for _ in range(2):
        outcomes = side.write(*(side.operation(OperationKind.DELETE, object, id) for id in (one, other)))
        assert [(each.state, each.id) for each in outcomes] == [(State.APPLIED, one), (State.APPLIED, other)]
    assert side.snapshot(query)[1].is_empty()
    side.restore(object, one)
    assert side.snapshot(query)[1]["_id"].to_list() == [one]


@pytest.mark.parametrize("more", [0, 1])
def test_full_calls_cost_what_the_capabilities_promise(side: Side, more: int) -> None:
    """``Side.write`` compares every batch with its price; here calls are filled to the brim, and by one more."""
    sizes = side.connector.capabilities.sizes
    object = side.words.person
    people = side.people(sizes.delete + more)
    deletions = [side.operation(OperationKind.DELETE, object, id) for id in people]
    assert side.calls(lambda: side.write(*deletions), Lane.WRITE) == 1 + more
    deals = side.deals(sizes.unrelate + more)
    [person] = side.people(1)
    relating = [side.relating(deal, [person]) for deal in deals]
    assert {one.state for one in side.write(*relating)} == {State.APPLIED}
    parting = [side.relating(deal, [], before=[person]) for deal in deals]
    calls = side.calls(lambda: side.write(*parting), Lane.WRITE)
    assert calls == (1 + more) * side.connector.capabilities.calls_to_unrelate
    assert side.people_of(*deals) == {deal: set() for deal in deals}


def test_a_create_carries_the_relations_that_may_ride_in_it(side: Side) -> None:
    people = side.people(2)
    name = side.words.people
    field = deal_query(side).object.fields[name]
    values = dict(side.words.deal_values) | ({name: tuple(people)} if field.rides_in_create else {})
    [outcome] = side.write(side.operation(OperationKind.CREATE, side.words.deal, values=values))
    assert outcome.state is State.APPLIED
    assert outcome.id
    if not field.rides_in_create:
        assert side.write(side.relating(outcome.id, people))[0].state is State.APPLIED
    assert side.people_of(outcome.id) == {outcome.id: set(people)}


def test_the_history_of_a_deal_shows_what_others_wrote(side: Side) -> None:
    name = next(iter(side.words.deal_values))
    [deal] = side.deals()
    query = side.query(side.words.deal, name)
    cursor, _ = side.snapshot(query)
    side.wait(5)
    side.write(side.operation(OperationKind.UPDATE, side.words.deal, deal, values={name: "ours"}))
    side.edit(side.words.deal, deal, **{name: "theirs"})
    found: list[Any] = []
    side.run(
        side.connector.read_history(query, [deal], cursor, NO_OVERLAP),
        lambda page: found.extend(side.connector.decode_history(page, query).select("_id", "value").rows()),
    )
    assert found == [(deal, "theirs")]
