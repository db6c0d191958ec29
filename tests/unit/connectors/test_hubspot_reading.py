"""HubSpot's read flows: snapshots, changes, records by id and key, histories."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from awase.core.schema import Field
from awase.core.values import Kind
from awase.errors import HostUnreachable, MissingPermission, SchemaMismatch, SignInRefused, VendorBusy
from awase.ports.flows import Answer, Lane, Request, Response
from tests.unit.connectors.hubspot_flows import (
    CONTACT,
    DATE_CURSOR,
    KEYLESS,
    NOW,
    Reply,
    connector,
    drive,
    query,
    record,
    responding,
    silent,
    wide_query,
)

SINCE = "2026-11-22T00:00:00+00:00"
OVERLAP = timedelta(minutes=5)


def listed(*ids: str, after: str | None = None, total: int = 0, errors: Any = None) -> dict[str, Any]:
    body: dict[str, Any] = {"results": [record(id, email=f"{id}@example.jp") for id in ids], "total": total}
    if after:
        body["paging"] = {"next": {"after": after, "link": "…"}}
    return body | ({"errors": errors} if errors else {})


def ids_of(driven: Any, object: Any = CONTACT) -> list[str]:
    asked = query("email", object=object)
    return [id for page in driven.pages for id in connector().decode(page, asked)["_id"]]


def test_a_snapshot_follows_the_pages_and_ends_with_the_vendors_time() -> None:
    later = responding(listed("3"), headers={"date": "Mon, 23 Nov 2026 02:00:00 GMT"})
    driven = drive(
        connector().read_snapshot(query("email")), [responding(listed("1", "2", after="2")), later]
    )
    assert driven.end == DATE_CURSOR, "what changed while the snapshot was read must be read again"
    assert ids_of(driven) == ["1", "2", "3"]
    assert [page.rows for page in driven.pages] == [2, 1]
    first, second = (urlsplit(request.url) for request in driven.requests)
    assert first.path == "/crm/objects/2026-09/contacts"
    assert parse_qs(first.query) == {"limit": ["100"], "properties": ["email,awase_key,hs_email_optout"]}
    assert parse_qs(second.query)["after"] == ["2"]


def test_the_v3_family_has_its_own_paths() -> None:
    driven = drive(connector(version="v3").read_snapshot(query("email")), [responding(listed())])
    assert driven.requests[0].url.startswith("/crm/v3/objects/contacts?")
    assert driven.pages == []


def test_a_snapshot_of_too_many_properties_for_an_address_reads_rows_by_id() -> None:
    driven = drive(
        connector().read_snapshot(wide_query(400)),
        [responding(listed("1", "2")), responding(listed("2", "1"))],
    )
    assert all(len(request.url) <= 7_000 for request in driven.requests)
    assert driven.body(1)["inputs"] == [{"id": "1"}, {"id": "2"}]
    assert len(driven.body(1)["properties"]) == 401
    assert len(driven.pages) == 1


def search(held: list[int]) -> Reply:
    """A search over ids ``held`` that obeys the filter and the page size."""

    def answer(request: Request) -> Answer:
        if "archived=true" in request.url:
            return responding(listed())(request)
        body = json.loads(request.body or b"")
        assert len(request.body or b"") <= 3_000
        last = int(body["filterGroups"][0]["filters"][1]["value"])
        left = [id for id in sorted(held) if id > last]
        page = left[: body["limit"]]
        after = "200" if len(left) > len(page) else None
        return responding(listed(*map(str, page), after=after, total=len(left)))(request)

    return answer


def test_changes_are_paged_by_id_so_that_no_result_cap_is_met() -> None:
    held = list(range(1, 451))
    driven = drive(connector().read_changes(query("email"), SINCE, OVERLAP), search(held))
    assert ids_of(driven) == [str(id) for id in held]
    searches = [request for request in driven.requests if request.method == "POST"]
    assert len(searches) == 3
    assert {(request.burst, request.lane, request.idempotent) for request in searches} == {
        ("search", Lane.READ, True)
    }
    assert driven.end == DATE_CURSOR


def test_changes_are_asked_for_from_the_cursor_less_the_overlap() -> None:
    driven = drive(connector().read_changes(query("email"), SINCE, OVERLAP), search([]))
    body = driven.body()
    start = datetime(2026, 11, 21, 23, 55, tzinfo=UTC)
    assert body["filterGroups"][0]["filters"][0] == {
        "propertyName": "lastmodifieddate",
        "operator": "GTE",
        "value": str(int(start.timestamp() * 1000)),
    }
    assert body["sorts"] == [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    assert "after" not in body
    assert [request.method for request in driven.requests] == ["POST", "GET"], (
        "one search, one look at the archive"
    )


def test_changes_end_with_the_archive_where_deleted_records_are_by_their_ids_alone() -> None:
    gone = [{**record(id), "archived": True, "archivedAt": "2026-11-22T10:00:00Z"} for id in ("7", "8")]
    pages = [{"results": gone[:1], "paging": {"next": {"after": "7"}}}, {"results": gone[1:]}]
    driven = drive(
        connector().read_changes(query("email", "lastname"), SINCE, OVERLAP),
        [
            responding({"results": [{**record("1"), "properties": {"email": "a@b.jp", "lastname": None}}]}),
            *map(responding, pages),
        ],
    )
    first, second = (parse_qs(urlsplit(request.url).query) for request in driven.requests[1:])
    assert (first["limit"], first["archived"]) == (["100"], ["true"])
    assert "email" not in first["properties"][0].split(","), "only what tells who is gone, and who is out"
    assert second["after"] == ["7"]
    frame = pl.concat([connector().decode(page, query("email", "lastname")) for page in driven.pages])
    assert frame.select("_id", "_deleted", "email", "_out").rows() == [
        ("1", False, "a@b.jp", None),
        ("7", True, None, None),
        ("8", True, None, None),
    ]
    assert driven.end == DATE_CURSOR, "the cursor is the first answer's time, not the archive's"


def test_properties_that_do_not_fit_a_search_are_read_by_id() -> None:
    def answer(request: Request) -> Answer:
        if request.method == "GET" or request.url.endswith("/search"):
            return search(list(range(1, 151)))(request)
        asked = json.loads(request.body or b"")
        return responding(listed(*(one["id"] for one in asked["inputs"])))(request)

    driven = drive(connector().read_changes(wide_query(100), SINCE, OVERLAP), answer)
    assert driven.body(0)["properties"] == ["hs_object_id"]
    assert driven.batches == [1, 2, 1], "one search, then two batch reads side by side, then the archive"
    assert sum(page.rows for page in driven.pages) == 150


def test_a_search_that_does_not_move_on_stops() -> None:
    with pytest.raises(VendorBusy):
        drive(
            connector().read_changes(query("email"), SINCE, OVERLAP),
            responding(listed("5", after="200", total=900)),
        )


def test_records_by_id_go_a_hundred_a_call_side_by_side_and_missing_ones_are_absent() -> None:
    missing = {"category": "OBJECT_NOT_FOUND", "message": "not there", "context": {"ids": ["250"]}}
    replies = [
        responding(listed(*map(str, range(1, 101)))),
        responding(listed(*map(str, range(101, 201)))),
        responding(listed(*map(str, range(201, 250)), errors=[missing]), status=207),
    ]
    driven = drive(connector().read_by_id(query("email"), [str(id) for id in range(1, 251)]), replies)
    assert driven.batches == [3]
    assert [len(driven.body(at)["inputs"]) for at in range(3)] == [100, 100, 50]
    assert ids_of(driven) == [str(id) for id in range(1, 250)]
    assert all(request.idempotent for request in driven.requests)


def test_a_record_left_out_without_a_word_is_not_taken_for_gone() -> None:
    with pytest.raises(VendorBusy, match="left 1 of the records"):
        drive(connector().read_by_id(query("email"), ["1", "2"]), [responding(listed("1"))])


def absorbing(id: str, *losers: str) -> dict[str, Any]:
    return {**record(id, email=None, hs_merged_object_ids=";".join(losers))}


MERGING = replace(
    CONTACT,
    fields={
        **CONTACT.fields,
        "hs_merged_object_ids": Field(
            name="hs_merged_object_ids", label="merged", kind=Kind.TEXT, vendor_type="test"
        ),
    },
)


@pytest.mark.parametrize(
    ("asked", "results"),
    [
        (["1"], [absorbing("9", "1")]),
        (["1", "2"], [absorbing("9", "1", "2")]),
        (["1", "2", "9"], [absorbing("9", "2", "1")]),
        (["1", "2", "3", "4"], [absorbing("8", "1", "2"), absorbing("9", "3", "4")]),
    ],
)
def test_merged_records_are_found_as_their_survivor_however_many_it_absorbed(
    asked: list[str], results: list[Any]
) -> None:
    wanted = query("email", object=MERGING)
    driven = drive(connector().read_by_id(wanted, asked), [responding({"results": results})])
    assert "hs_merged_object_ids" in driven.body()["properties"]
    frame = connector().decode(driven.pages[0], wanted)
    told = frame.select("_id", "_absorbed").rows()
    assert told == [(one["id"], one["properties"]["hs_merged_object_ids"].split(";")) for one in results]


@pytest.mark.parametrize("asked", [["1", "2", "5"], ["1", "9", "5"]])
def test_a_survivor_explains_no_record_but_those_it_absorbed(asked: list[str]) -> None:
    flow = connector().read_by_id(query("email", object=MERGING), asked)
    with pytest.raises(VendorBusy, match="left 1 of the records"):
        drive(flow, [responding({"results": [absorbing("9", "1", "2")]})])


def test_by_key_a_survivor_explains_only_itself() -> None:
    flow = connector().read_by_key(query("email", object=MERGING), ["key-1", "key-2"])
    with pytest.raises(VendorBusy, match="left 1 of the records"):
        drive(flow, [responding({"results": [absorbing("9", "1", "2")]})])


def test_an_error_that_is_no_absence_is_not_taken_for_one() -> None:
    strange = {"category": "INTERNAL_ERROR", "message": "try later"}
    with pytest.raises(VendorBusy, match="try later"):
        drive(
            connector().read_by_key(query("email"), ["key-1"]),
            [responding(listed(errors=[strange]), status=207)],
        )


def test_records_by_key_are_found_by_the_key_property() -> None:
    driven = drive(connector().read_by_key(query("email"), ["key-1"]), [responding(listed("9"))])
    assert driven.body()["idProperty"] == "awase_key"
    assert driven.requests[0].url == "/crm/objects/2026-09/contacts/batch/read"


def test_without_a_key_property_nothing_is_asked() -> None:
    assert drive(connector().read_by_key(query("email", object=KEYLESS), ["key-1"]), []).pages == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (responding({"category": "MISSING_SCOPES"}, status=403), MissingPermission),
        (responding({"category": "VALIDATION_ERROR", "message": "bad"}, status=400), SchemaMismatch),
        (responding({"category": "INVALID_AUTHENTICATION"}, status=401), SignInRefused),
        (responding(b"<html>gateway</html>", status=502), VendorBusy),
        (responding(b'{"results": [{"id": "1", "prop', status=200), VendorBusy),
        (silent(maybe_sent=True), HostUnreachable),
    ],
)
def test_a_read_that_fails_says_what_it_means(reply: Reply, error: type[Exception]) -> None:
    with pytest.raises(error):
        drive(connector().read_snapshot(query("email")), [reply])


def test_scopes_that_are_missing_are_named() -> None:
    refusal = {
        "category": "MISSING_SCOPES",
        "message": "no",
        "errors": [{"message": "no", "context": {"requiredGranularScopes": ["crm.objects.contacts.read"]}}],
    }
    with pytest.raises(MissingPermission, match=r"crm\.objects\.contacts\.read"):
        drive(connector().read_snapshot(query("email")), [responding(refusal, status=403)])


# -- histories ---------------------------------------------------------------------------------------------------


def entry(value: str | None, at: str, source: str, id: str, label: str = "") -> dict[str, Any]:
    return {"value": value, "timestamp": at, "sourceType": source, "sourceId": id, "sourceLabel": label}


HISTORY = {
    "results": [
        {
            "id": "7",
            "properties": {},
            "propertiesWithHistory": {
                "budget": [
                    entry("12.50", "2026-11-22T03:00:00.000Z", "CRM_UI", "userId:5", "佐藤"),
                    entry("10", "2026-11-22T02:00:00.000Z", "INTEGRATION", "77"),
                    entry("8", "2026-11-22T01:00:00.000Z", "INTEGRATION", "99"),
                    entry("1", "2026-11-21T00:00:00.000Z", "CRM_UI", "userId:5"),
                ],
                "lastname": [entry("", "2026-11-22T04:00:00.000Z", "IMPORT", "3")],
            },
        }
    ]
}


def test_a_history_is_the_edits_of_others_since_the_cursor_in_canonical_text() -> None:
    hubspot = connector().acting_as("77")
    asked = query("budget", "lastname")
    driven = drive(hubspot.read_history(asked, ["7"], SINCE, timedelta(0)), [responding(HISTORY)])
    frame = hubspot.decode_history(driven.pages[0], asked)
    assert frame.select("_id", "field", "value", "by").rows() == [
        ("7", "budget", "12.5", "佐藤"),
        ("7", "budget", "8", "INTEGRATION 99"),
        ("7", "lastname", None, "IMPORT 3"),
    ]
    assert frame["at"].to_list()[0] == datetime(2026, 11, 22, 3, tzinfo=UTC)


def histories(*ids: int) -> dict[str, object]:
    return {"results": [{"id": str(id), "propertiesWithHistory": {}} for id in ids]}


def test_histories_are_read_fifty_a_call_in_the_audit_lane() -> None:
    driven = drive(
        connector().read_history(query("budget"), [str(id) for id in range(120)], SINCE, timedelta(0)),
        [
            responding(histories(*range(50))),
            responding(histories(*range(50, 100))),
            responding(histories(*range(100, 120))),
        ],
    )
    assert [len(driven.body(at)["inputs"]) for at in range(3)] == [50, 50, 20]
    assert driven.body()["propertiesWithHistory"] == ["budget"]
    assert {request.lane for request in driven.requests} == {Lane.AUDIT}


def test_a_history_without_edits_has_the_same_columns() -> None:
    hubspot = connector()
    body = {"results": [{"id": "7", "propertiesWithHistory": {}}]}
    driven = drive(hubspot.read_history(query("budget"), ["7"], SINCE, timedelta(0)), [responding(body)])
    frame = hubspot.decode_history(driven.pages[0], query("budget"))
    assert frame.columns == ["_id", "field", "value", "at", "by"]
    assert frame.is_empty()


# -- what the transport asks -------------------------------------------------------------------------------------


def answered(body: Any, status: int, **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = responding(body, status=status, headers=names)(Request("GET", "/"))
    assert isinstance(answer, Response)
    return answer


def test_the_vendors_count_is_read_from_the_headers_where_they_are() -> None:
    reading = connector().limit_reading(
        answered({}, 200, x_hubspot_ratelimit_daily="625000", x_hubspot_ratelimit_daily_remaining="600000")
    )
    assert reading is not None
    assert (reading.window, reading.maximum, reading.remaining) == ("day", 625_000, 600_000)
    assert connector().limit_reading(answered({}, 200)) is None


@pytest.mark.parametrize(
    ("body", "status", "headers", "wait", "exhausted"),
    [
        (
            {"policyName": "TEN_SECONDLY_ROLLING", "message": "…ten_secondly_rolling limit."},
            429,
            {},
            10,
            False,
        ),
        ({"policyName": "TEN_SECONDLY_ROLLING"}, 429, {"retry_after": "3"}, 3, False),
        ({"message": "You have reached your secondly limit."}, 429, {}, 1, False),
        ({"policyName": "SECONDLY"}, 429, {}, 1, False),
        ({"policyName": "DAILY", "message": "You have reached your daily limit."}, 429, {}, 3600, True),
        ({"category": "LOCKED"}, 423, {}, 2, False),
        ({}, 477, {"retry_after": "120"}, 120, False),
        (b"<html>", 429, {}, 10, False),
    ],
)
def test_refusals_without_action_say_when_to_come_again(
    body: Any, status: int, headers: dict[str, str], wait: float, exhausted: bool
) -> None:
    throttled = connector().throttled(answered(body, status, **headers))
    assert throttled is not None
    assert (throttled.wait, throttled.exhausted) == (wait, exhausted)


@pytest.mark.parametrize("status", [200, 400, 409, 500, 502, 503, 504, 521, 523, 524])
def test_an_answer_after_which_the_vendor_may_have_acted_is_no_throttle(status: int) -> None:
    assert connector().throttled(answered({}, status)) is None


def test_the_days_quota_comes_back_at_the_portals_midnight() -> None:
    hubspot = connector()
    account = {"portalId": 1, "utcOffsetMilliseconds": 9 * 3_600_000}
    drive(hubspot.identify(), [responding(account), responding({}, status=404)])
    throttled = hubspot.throttled(answered({"policyName": "DAILY"}, 429))
    assert throttled is not None
    local = NOW + timedelta(hours=9)
    assert timedelta(seconds=throttled.wait) == timedelta(days=1) - timedelta(
        hours=local.hour, minutes=local.minute, seconds=local.second
    )


def test_only_a_401_asks_for_a_new_session() -> None:
    assert connector().session_expired(answered({"category": "EXPIRED_AUTHENTICATION"}, 401))
    assert not connector().session_expired(answered({"category": "MISSING_SCOPES"}, 403))
