"""Associations of HubSpot's records: how they are read, what the answers tell, and what is never taken for none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.connectors.hubspot.relations import READ_AT_ONCE, related
from awase.core.values import DTYPES, Kind
from awase.errors import HostUnreachable, MissingPermission, VendorBusy
from awase.ports.connector import ReadQuery
from awase.ports.flows import Answer, Lane, Request
from tests.unit.connectors.hubspot_flows import (
    DEAL,
    Driven,
    Reply,
    connector,
    drive,
    none_associated,
    query,
    record,
    responding,
    silent,
)

COMPANY_OF_DEAL = "associations.company"
CONTACTS_OF_DEAL = "associations.contact"
PRIMARY, PLAIN = 5, 341


def told_of(id: str, *targets: tuple[int | str, Sequence[int]], after: str | None = None) -> dict[str, Any]:
    """One result of an association read: (target, type ids) each."""
    to = [
        {
            "toObjectId": target,
            "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": t} for t in types],
        }
        for target, types in targets
    ]
    return {"from": {"id": id}, "to": to} | ({"paging": {"next": {"after": after}}} if after else {})


def answered(*results: Any, errors: Sequence[Any] = ()) -> Reply:
    body = {"status": "COMPLETE", "results": list(results)}
    if not errors:
        return responding(body)
    return responding({**body, "numErrors": len(errors), "errors": list(errors)}, status=207)


def deals(*names: str) -> ReadQuery:
    return query(*names, object=DEAL)


def relations_of(ids: Sequence[str], replies: Sequence[Reply] | Reply, *names: str) -> Driven:
    return drive(connector().read_relations(deals(*(names or (CONTACTS_OF_DEAL,))), ids), replies)


def decoded(driven: Driven, *names: str) -> list[tuple[Any, ...]]:
    asked = deals(*(names or (CONTACTS_OF_DEAL,)))
    return pl.concat([connector().decode_relations(page, asked) for page in driven.pages]).rows()


def nobody_has_any(request: Request) -> Answer:
    ids = [one["id"] for one in json.loads(request.body or b"")["inputs"]]
    return answered(errors=[none_associated(id) for id in ids])(request)


# -- what is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("2026-09", "/crm/associations/2026-09/deals/contacts/batch/read"),
        ("v3", "/crm/v4/associations/deals/contacts/batch/read"),
    ],
)
def test_associations_are_asked_for_in_either_family_of_paths(version: str, path: str) -> None:
    flow = connector(version=version).read_relations(deals(CONTACTS_OF_DEAL), ["1"])
    driven = drive(flow, [answered(told_of("1", (7, [3])))])
    [request] = driven.requests
    assert (request.method, request.url, request.lane, request.idempotent) == ("POST", path, Lane.READ, True)
    assert driven.body() == {"inputs": [{"id": "1"}]}


@pytest.mark.parametrize("count", [0, 1, 999, 1_000, 1_001, 3_500])
def test_records_are_asked_for_a_thousand_a_call_each_once(count: int) -> None:
    ids = [str(number) for number in range(count)]
    driven = relations_of(ids, nobody_has_any)
    sizes = [len(driven.body(at)["inputs"]) for at in range(len(driven.requests))]
    assert sizes == [READ_AT_ONCE] * (count // READ_AT_ONCE) + [count % READ_AT_ONCE] * (
        count % READ_AT_ONCE > 0
    )
    asked = [one["id"] for at in range(len(sizes)) for one in driven.body(at)["inputs"]]
    assert asked == ids == ([row[0] for row in decoded(driven)] if ids else [])


def test_only_relations_of_a_query_are_asked_for() -> None:
    asked = deals("dealname", CONTACTS_OF_DEAL)
    driven = drive(connector().read_relations(asked, ["1"]), [answered(told_of("1", (7, [3])))])
    [page] = driven.pages
    assert connector().decode_relations(page, asked).columns == ["_id", CONTACTS_OF_DEAL]


# -- what is told ----------------------------------------------------------------------------------------------------


def test_a_primary_company_is_one_id_and_contacts_are_a_sorted_list() -> None:
    replies = [
        answered(told_of("1", (20, [PLAIN]), (30, [PLAIN, PRIMARY])), told_of("2", (20, [PLAIN]))),
        answered(told_of("1", (9, [3]), (10, [3])), errors=[none_associated("2")]),
    ]
    driven = relations_of(["1", "2"], replies, COMPANY_OF_DEAL, CONTACTS_OF_DEAL)
    assert decoded(driven, COMPANY_OF_DEAL, CONTACTS_OF_DEAL) == [("1", "30", ["10", "9"]), ("2", None, None)]


@pytest.mark.parametrize("write", [int, str])
def test_ids_come_as_numbers_or_as_texts(write: type[int] | type[str]) -> None:
    assert decoded(relations_of(["1"], [answered(told_of("1", (write(77), [3])))])) == [("1", ["77"])]


def test_pages_of_one_record_are_asked_for_until_the_last() -> None:
    driven = relations_of(
        ["1", "2"],
        [
            answered(told_of("1", (5, [3]), after="5"), told_of("2", (9, [3]))),
            answered(told_of("1", (6, [3]), after="6")),
            answered(told_of("1", (7, [3]))),
        ],
    )
    assert [driven.body(at)["inputs"] for at in (1, 2)] == [
        [{"id": "1", "after": "5"}],
        [{"id": "1", "after": "6"}],
    ]
    assert decoded(driven) == [("1", ["5", "6", "7"]), ("2", ["9"])]


def test_a_page_that_names_itself_as_the_next_is_not_asked_for_for_ever() -> None:
    with pytest.raises(VendorBusy, match="itself"):
        relations_of(["1"], answered(told_of("1", (5, [3]), after="5")))


def test_a_record_that_was_merged_is_left_out_rather_than_taken_for_one_without_relations() -> None:
    driven = relations_of(["1", "2", "3"], [answered(told_of("9", (5, [3])), errors=[none_associated("3")])])
    assert decoded(driven) == [("3", None)], "1 and 2 have become 9"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answered(told_of("1", (5, [3]))), VendorBusy),
        (answered(), VendorBusy),
        (
            answered(told_of("1"), errors=[{"message": "internal error while reading associations"}]),
            VendorBusy,
        ),
        (answered(told_of("1"), errors=[{"category": "INTERNAL_ERROR", "message": "later"}]), VendorBusy),
        (responding({"category": "MISSING_SCOPES"}, status=403), MissingPermission),
        (responding(b"<html>", status=502), VendorBusy),
        (responding(b'{"results":[{"from"', status=200), VendorBusy),
        (silent(maybe_sent=True), HostUnreachable),
    ],
)
def test_what_is_not_answered_is_never_taken_for_no_relation(reply: Reply, error: type[Exception]) -> None:
    with pytest.raises(error):
        relations_of(["1", "2"], [reply])


TARGETS = st.lists(
    st.tuples(st.integers(1, 10**12), st.sets(st.sampled_from([PRIMARY, PLAIN]), min_size=1).map(sorted)),
    max_size=6,
    unique_by=lambda one: one[0],
)


@given(st.dictionaries(st.integers(1, 99).map(str), TARGETS, max_size=5), st.booleans())
def test_related_is_what_the_answers_say_however_they_are_cut(
    said: dict[str, list[tuple[int, list[int]]]], apart: bool
) -> None:
    results = [told_of(id, target) for id, to in said.items() for target in to]
    results += [told_of(id) for id, to in said.items() if not to]
    bodies = [[one] for one in results] if apart else [results]
    told = [
        (name, json.dumps({"results": body}).encode())
        for name in (COMPANY_OF_DEAL, CONTACTS_OF_DEAL)
        for body in bodies
    ]
    found = related("deal", told)
    for id, to in said.items():
        primary = [str(target) for target, types in to if PRIMARY in types]
        assert found[COMPANY_OF_DEAL][id] == (min(primary) if primary else None)
        assert found[CONTACTS_OF_DEAL][id] == (tuple(sorted(str(target) for target, _ in to)) or None)


# -- with the records ------------------------------------------------------------------------------------------------


def listed(*ids: str, after: str | None = None) -> Reply:
    body: dict[str, Any] = {"results": [record(id, dealname=f"deal {id}") for id in ids]}
    return responding(body | ({"paging": {"next": {"after": after}}} if after else {}))


def test_a_snapshot_asks_for_the_associations_of_ten_pages_in_one_call() -> None:
    pages = 23
    asked = deals("dealname", CONTACTS_OF_DEAL)
    places = iter(range(pages))

    def reply(request: Request) -> Answer:
        if request.url.endswith("/batch/read"):
            return nobody_has_any(request)
        at = next(places)
        ids = [str(at * 100 + number) for number in range(100)]
        return listed(*ids, after=None if at == pages - 1 else ids[-1])(request)

    driven = drive(connector().read_snapshot(asked), reply)
    sizes = [len(driven.body(at)["inputs"]) for at, one in enumerate(driven.requests) if one.method == "POST"]
    assert sizes == [1_000, 1_000, 300]
    assert all(CONTACTS_OF_DEAL not in request.url for request in driven.requests), "no property of that name"
    ids = [id for page in driven.pages for id in connector().decode(page, asked)["_id"]]
    assert ids == [str(number) for number in range(pages * 100)]


def test_a_page_decodes_its_own_records_with_their_relations() -> None:
    asked = deals(CONTACTS_OF_DEAL, "dealname", COMPANY_OF_DEAL)
    replies = [
        listed("1", "2", after="2"),
        listed("3"),
        answered(told_of("1", (8, [3])), told_of("3", (7, [3]), (6, [3])), errors=[none_associated("2")]),
        answered(told_of("3", (4, [PRIMARY])), errors=[none_associated("1"), none_associated("2")]),
    ]
    driven = drive(connector().read_snapshot(asked), replies)
    frames = [connector().decode(page, asked) for page in driven.pages]
    assert [frame.select("_id", *asked.fields).rows() for frame in frames] == [
        [("1", ["8"], "deal 1", None), ("2", None, "deal 2", None)],
        [("3", ["6", "7"], "deal 3", "4")],
    ]
    assert frames[0].schema[CONTACTS_OF_DEAL] == DTYPES[Kind.TEXTS]


def test_without_relations_among_the_fields_no_associations_are_asked_for() -> None:
    driven = drive(connector().read_snapshot(deals("dealname")), [listed("1", after="1"), listed("2")])
    assert [page.rows for page in driven.pages] == [1, 1]
    assert all(page.more == () for page in driven.pages)


def test_changed_and_named_records_come_with_their_relations() -> None:
    asked = deals("dealname", CONTACTS_OF_DEAL)
    of_one = answered(told_of("1", (8, [3])))
    changes = connector().read_changes(asked, "2026-11-22T00:00:00+00:00", timedelta(0))
    for driven in (
        drive(changes, [listed("1"), of_one, responding({"results": []})]),
        drive(connector().read_by_id(asked, ["1"]), [listed("1"), of_one]),
        drive(connector().read_by_key(asked, ["key-1"]), [listed("1"), of_one]),
    ):
        [page] = driven.pages
        assert connector().decode(page, asked).select("_id", CONTACTS_OF_DEAL).rows() == [("1", ["8"])]
