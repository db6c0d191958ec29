"""Batches of the practice portal: all or none, or each by its trace id."""

from __future__ import annotations

from typing import Any

from tests.unit.practice.hubspot_caller import CONTACTS, Caller, codes


def _traced(*properties: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"objectWriteTraceId": f"t{i}", "properties": each} for i, each in enumerate(properties)]


def test_a_create_without_trace_ids_happens_wholly_or_not_at_all() -> None:
    caller = Caller()
    taken = caller.create(email="taken@example.jp")
    fine = {"properties": {"email": "fine@example.jp"}}
    status, body = caller.batch("create", [fine, {"properties": {"email": "taken@example.jp"}}])
    assert (status, body["message"]) == (409, f"Contact already exists. Existing ID: {taken}")
    bad = [
        {"properties": {"email": "x", "nope": "1"}},
        fine,
        {"properties": {"budget": "many", "city": "東京"}},
    ]
    status, body = caller.batch("create", bad)
    assert (status, codes(body)) == (400, ["INVALID_EMAIL", "PROPERTY_DOESNT_EXIST", "INVALID_NUMBER"])
    status, body = caller.batch("create", [fine, fine])
    assert (status, body["message"]) == (409, "Contact already exists")
    assert len(caller.portal.rows("contact")) == 1


def test_a_create_with_trace_ids_settles_each_input() -> None:
    caller = Caller()
    taken = caller.create(email="taken@example.jp")
    inputs = _traced(
        {"email": "a@example.jp"}, {"email": "taken@example.jp"}, {"email": "bad"}, {"email": "a@example.jp"}
    )
    status, body = caller.batch("create", inputs)
    assert (status, body["numErrors"]) == (207, 3)
    assert [each["objectWriteTraceId"] for each in body["results"]] == ["t0"]
    contexts = {each["context"]["objectWriteTraceId"][0]: each for each in body["errors"]}
    assert contexts["t1"]["context"]["existingId"] == [taken]
    assert (contexts["t1"]["category"], contexts["t2"]["category"]) == ("CONFLICT", "VALIDATION_ERROR")
    assert contexts["t3"]["context"]["existingId"] == [body["results"][0]["id"]]
    status, body = caller.batch("create", [*inputs, inputs[0]])
    assert status == 400


def test_an_update_misses_what_is_not_there_and_changes_the_rest() -> None:
    caller = Caller()
    record_id = caller.create(email="a@example.jp")
    inputs = [{"id": record_id, "properties": {"city": "神戸"}}, {"id": "1", "properties": {"city": "神戸"}}]
    status, body = caller.batch("update", inputs)
    assert (status, [each["id"] for each in body["results"]]) == (207, [record_id])
    assert (body["errors"][0]["category"], body["errors"][0]["context"]) == (
        "OBJECT_NOT_FOUND",
        {"ids": ["1"]},
    )


def test_the_same_record_twice_refuses_the_whole_batch() -> None:
    caller = Caller()
    record_id = caller.create(email="a@example.jp")
    twice = [{"id": record_id, "objectWriteTraceId": t, "properties": {"city": t}} for t in ("1", "2")]
    status, body = caller.batch("update", twice)
    assert status == 400
    assert body["message"] == f"Duplicate IDs found in batch input: [{record_id}]. IDs must be unique"


def test_an_upsert_by_a_unique_property_says_which_records_are_new() -> None:
    caller = Caller()
    old = caller.create(email="a@example.jp", awase_key="k1")
    inputs = [
        {"id": key, "idProperty": "awase_key", "objectWriteTraceId": key, "properties": {"lastname": "佐藤"}}
        for key in ("k2", "k1")
    ]
    status, body = caller.batch("upsert", inputs)
    assert status == 200
    assert [(each["id"] == old, each["new"], each["objectWriteTraceId"]) for each in body["results"]] == [
        (True, False, "k1"),
        (False, True, "k2"),
    ]
    status, again = caller.batch("upsert", inputs)
    assert [each["new"] for each in again["results"]] == [False, False]
    assert len(caller.portal.rows("contact")) == 2


def test_records_cannot_be_updated_by_a_property_that_is_not_unique() -> None:
    caller = Caller()
    caller.create(email="a@example.jp")
    for verb, name in (("update", "email"), ("update", "hs_object_id"), ("upsert", "city")):
        status, body = caller.batch(verb, [{"id": "a@example.jp", "idProperty": name, "properties": {}}])
        assert status == 400
        assert f"non-unique 0-1 property {name}" in body["message"]


def test_a_read_tells_what_it_found_and_what_it_could_not_get() -> None:
    caller = Caller()
    ids = [caller.create(email=f"p{i}@example.jp") for i in range(3)]
    wanted = [{"id": "p2@example.jp"}, {"id": "nobody@example.jp"}, {"id": "P0@example.jp"}]
    status, body = caller.batch("read", wanted, idProperty="email", properties=["email", "memo", "nope"])
    assert (status, [each["id"] for each in body["results"]]) == (207, [ids[0], ids[2]])
    assert body["results"][0]["properties"]["memo"] is None
    assert "nope" not in body["results"][0]["properties"]
    assert body["errors"][0]["context"] == {"ids": ["nobody@example.jp"]}
    many = [{"id": str(i)} for i in range(51)]
    assert caller.batch("read", many, propertiesWithHistory=["email"])[0] == 400
    assert caller.batch("read", [{"id": str(i)} for i in range(101)])[0] == 400


def test_archiving_a_batch_answers_nothing() -> None:
    caller = Caller()
    record_id = caller.create(email="a@example.jp")
    assert caller.batch("archive", [{"id": record_id}, {"id": "1"}]) == (204, None)
    assert not caller.portal.rows("contact")


def test_a_locked_record_fails_its_input_or_the_whole_call() -> None:
    caller = Caller()
    caller.faults.arm("batch.lock", 1.0, times=2)
    inputs = _traced({"email": "a@example.jp"}, {"email": "b@example.jp"}, {"email": "c@example.jp"})
    status, body = caller.batch("create", inputs)
    assert (status, body["numErrors"], body["errors"][0]["category"]) == (207, 1, "LOCKED")
    status, body = caller.batch("create", [{"properties": {"email": "d@example.jp"}}])
    assert (status, body["category"]) == (423, "LOCKED")
    assert len(caller.portal.rows("contact")) == 2


def test_an_answer_may_be_reordered_or_lack_an_item_that_was_written() -> None:
    caller = Caller()
    caller.faults.arm("batch.reordered", 1.0)
    inputs = _traced({"email": "a@example.jp"}, {"email": "b@example.jp"})
    _, body = caller.batch("create", inputs)
    assert [each["objectWriteTraceId"] for each in body["results"]] == ["t1", "t0"]
    caller.faults.disarm()
    caller.faults.arm("batch.fewer", 1.0)
    _, body = caller.batch("create", _traced({"email": "c@example.jp"}, {"email": "d@example.jp"}))
    assert len(body["results"]) == 1
    assert len(caller.portal.rows("contact")) == 4
    assert caller.faults.reached == {"batch.reordered": 1, "batch.fewer": 1}


def test_a_hundred_inputs_are_the_most() -> None:
    caller = Caller()
    status, _ = caller.call("POST", f"{CONTACTS}/batch/create", {"inputs": [{"properties": {}}] * 101})
    assert status == 400
