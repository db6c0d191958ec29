"""Consent on the practice portal: by address, mirrored on the contact, with a way back only in newer paths."""

from __future__ import annotations

from typing import Any

import pytest

from awase_practice.hubspot.consent import SUBSCRIPTIONS
from awase_practice.kernel.org import ControlRefused
from tests.unit.practice.hubspot_caller import Caller

OUT_OF_ALL = "/communication-preferences/2026-09/statuses/batch/unsubscribe-all?channel=EMAIL"
FIRST = SUBSCRIPTIONS[0].id


def _out(caller: Caller, *addresses: str) -> tuple[int, Any]:
    return caller.call("POST", OUT_OF_ALL, {"inputs": list(addresses)})


@pytest.mark.parametrize("version", ["v4", "2026-03", "2026-09"])
def test_an_opt_out_is_mirrored_on_the_contact_and_moves_its_stamp(version: str) -> None:
    caller = Caller()
    record_id = caller.create(email="a@example.jp")
    before = caller.read(record_id, "hs_email_optout")
    assert before["hs_email_optout"] is None
    path = f"/communication-preferences/{version}/statuses/batch/unsubscribe-all?channel=EMAIL"
    status, body = caller.call("POST", path, {"inputs": ["A@example.jp"]})
    assert (status, body["status"], body["results"]) == (
        200,
        "COMPLETE",
        [{"subscriberIdString": "A@example.jp"}],
    )
    after = caller.read(record_id, "hs_email_optout")
    assert after["hs_email_optout"] == "true"
    assert after["lastmodifieddate"] > before["lastmodifieddate"]


def test_a_status_belongs_to_the_address_whoever_has_it() -> None:
    caller = Caller()
    _out(caller, "a@example.jp")
    record_id = caller.create(email="a@example.jp")
    assert caller.read(record_id, "hs_email_optout")["hs_email_optout"] == "true"
    caller.batch("update", [{"id": record_id, "properties": {"email": "b@example.jp"}}])
    assert caller.read(record_id, "hs_email_optout")["hs_email_optout"] is None
    other = caller.create(email="a@example.jp")
    assert caller.read(other, "hs_email_optout")["hs_email_optout"] == "true"


def test_who_is_out_of_everything_can_be_asked_one_by_one_or_in_a_batch() -> None:
    caller = Caller()
    _out(caller, "a@example.jp")
    base = "/communication-preferences/2026-09/statuses"
    _, one = caller.call("GET", f"{base}/a@example.jp/unsubscribe-all?channel=EMAIL")
    assert [(each["status"], each["wideStatusType"]) for each in one["results"]] == [
        ("UNSUBSCRIBED", "PORTAL_WIDE")
    ]
    assert caller.call("GET", f"{base}/b@example.jp/unsubscribe-all?channel=EMAIL")[1]["results"] == []
    inputs = {"inputs": ["a@example.jp", "b@example.jp"]}
    _, many = caller.call("POST", f"{base}/batch/unsubscribe-all/read?channel=EMAIL", inputs)
    assert [len(each["wideStatuses"]) for each in many["results"]] == [1, 0]


def test_newer_paths_bring_an_opted_out_person_back_and_v3_does_not() -> None:
    caller = Caller()
    record_id = caller.create(email="a@example.jp")
    _out(caller, "a@example.jp")
    old = {"emailAddress": "a@example.jp", "subscriptionId": str(FIRST)}
    assert caller.call("POST", "/communication-preferences/v3/subscribe", old)[0] == 400
    assert caller.read(record_id, "hs_email_optout")["hs_email_optout"] == "true"

    wish = {"channel": "EMAIL", "subscriptionId": FIRST, "statusState": "SUBSCRIBED"}
    _, body = caller.call("POST", "/communication-preferences/2026-09/statuses/a@example.jp", wish)
    assert body["results"][0]["setStatusSuccessReason"] == "RESUBSCRIBE_OCCURRED"
    assert caller.read(record_id, "hs_email_optout")["hs_email_optout"] == "false"
    _, shown = caller.call("GET", "/communication-preferences/v3/status/email/a@example.jp")
    assert [each["status"] for each in shown["subscriptionStatuses"]] == ["SUBSCRIBED", "NOT_SUBSCRIBED"]


def test_an_unsubscription_in_v3_leaves_the_other_subscriptions_alone() -> None:
    caller = Caller()
    record_id = caller.create(email="a@example.jp")
    body = {"emailAddress": "a@example.jp", "subscriptionId": str(FIRST)}
    assert caller.call("POST", "/communication-preferences/v3/unsubscribe", body)[0] == 200
    assert caller.call("POST", "/communication-preferences/v3/unsubscribe", body)[0] == 400
    assert caller.read(record_id, "hs_email_optout")["hs_email_optout"] is None


def test_the_channel_must_be_named_and_a_malformed_address_fails_alone() -> None:
    caller = Caller()
    assert caller.call("POST", OUT_OF_ALL.partition("?")[0], {"inputs": ["a@example.jp"]})[0] == 400
    status, body = _out(caller, "a@example.jp", "not an address")
    assert (status, len(body["results"]), body["numErrors"]) == (207, 1, 1)


def test_a_person_opts_out_and_back_in_by_hand() -> None:
    caller = Caller()
    record_id = caller.create(email="a@example.jp")
    caller.portal.edit("contact", record_id, {"hs_email_optout": True}, "user:suzuki")
    assert caller.read(record_id, "hs_email_optout")["hs_email_optout"] == "true"
    assert caller.portal.history("contact", record_id)[-1]["author"] == "user:suzuki"
    caller.portal.edit("contact", record_id, {"hs_email_optout": False, "city": "大阪"}, "user:suzuki")
    assert caller.read(record_id, "hs_email_optout", "city")["hs_email_optout"] == "false"
    with pytest.raises(ControlRefused):
        caller.portal.edit(
            "contact", caller.create(lastname="佐藤"), {"hs_email_optout": True}, "user:suzuki"
        )


def test_a_loaded_opt_out_takes_its_address_out() -> None:
    caller = Caller()
    caller.portal.load("contact", [{"email": "a@example.jp", "hs_email_optout": True}], "user:seed")
    path = "/communication-preferences/2026-09/statuses/a@example.jp/unsubscribe-all?channel=EMAIL"
    assert len(caller.call("GET", path)[1]["results"]) == 1
    assert caller.portal.rows("contact")[0]["hs_email_optout"] == "true"
