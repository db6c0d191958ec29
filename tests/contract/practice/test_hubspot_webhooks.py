"""Webhooks of the practice portal, received over real HTTP with their signatures checked."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from hubspot.utils.signature import Signature

from awase_practice.hubspot.signatures import v1, v3
from tests.contract.practice.hubspot_client import Portal, portal, spec
from tests.contract.practice.webhook_receiver import Receiver, receiver

EVERYTHING = [
    *({"eventType": f"contact.{what}"} for what in ("creation", "deletion", "merge", "restore")),
    {"eventType": "contact.associationChange"},
    {"eventType": "contact.privacyDeletion"},
    {"eventType": "contact.propertyChange", "propertyName": "jobtitle"},
    {"eventType": "object.creation", "objectTypeId": "0-46"},
]


@contextmanager
def _listening(
    *, subscriptions: list[dict[str, str]] = EVERYTHING, **more: Any
) -> Iterator[tuple[Portal, Receiver]]:
    with portal("2026-09") as it, receiver(it.server.org.credentials["client_secret"]) as hook:
        it.control("webhooks", {"targetUrl": hook.url, "subscriptions": subscriptions, **more})
        yield it, hook


def _types(hook: Receiver) -> Counter[str]:
    return Counter(each["subscriptionType"] for each in hook.events)


def test_what_happens_to_records_is_told_under_both_signatures() -> None:
    with _listening() as (it, hook):
        company = it.create("companies", name="甲")
        a = it.create("contacts", [{"to": {"id": company}, "types": spec(1)}], email="a@example.jp")
        b, c = (it.create("contacts", email=f"{name}@example.jp") for name in "bc")
        it.ask(
            "PATCH",
            it.path("objects", f"/contacts/{a}"),
            {"properties": {"jobtitle": "部長", "city": "東京"}},
        )
        it.ask("POST", it.path("objects", "/contacts/merge"), {"primaryObjectId": a, "objectIdToMerge": b})
        it.ask("DELETE", it.path("objects", f"/contacts/{c}"), status=204)
        it.control("restore", {"object": "contact", "id": c})
        it.ask("POST", it.path("objects", "/contacts/gdpr-delete"), {"objectId": c}, 204)
        it.create("notes", hs_timestamp="2026-11-25T00:00:00Z")
        hook.until(lambda it_has: len(it_has.events) >= 11)
        assert (
            _types(hook)
            == {
                "contact.creation": 3,
                "contact.associationChange": 1,
                "contact.propertyChange": 1,
                "contact.merge": 1,
                "contact.deletion": 2,
                "contact.restore": 1,
                "contact.privacyDeletion": 1,
                "object.creation": 1,
            }
            or len(hook.events) == 11
        )
        hook.until(lambda it_has: len(it_has.events) >= 11)
        assert hook.unsigned == []
        told = {each["subscriptionType"]: each for each in hook.events}
        change = told["contact.propertyChange"]
        assert (change["objectId"], change["propertyName"], change["propertyValue"]) == (
            int(a),
            "jobtitle",
            "部長",
        )
        assert (change["attemptNumber"], change["changeSource"]) == (0, "INTEGRATION")
        assert change["portalId"] == int(it.server.org.org_id)
        merge = told["contact.merge"]
        assert (merge["primaryObjectId"], merge["mergedObjectIds"], merge["newObjectId"]) == (
            int(a),
            [int(b)],
            None,
        )
        association = told["contact.associationChange"]
        assert (association["fromObjectId"], association["toObjectId"]) == (int(a), int(company))
        assert told["object.creation"]["objectTypeId"] == "0-46"


def test_events_come_by_the_hundred_out_of_order_and_some_twice() -> None:
    subscriptions = [{"eventType": "contact.creation"}]
    with _listening(subscriptions=subscriptions, repeatChance=0.3) as (it, hook):
        rows = [{"lastname": str(each)} for each in range(350)]
        ids = [int(each) for each in it.control("load", {"objects": {"contact": rows}})["ids"]["contact"]]
        hook.until(lambda it_has: len({each["objectId"] for each in it_has.events}) == len(ids))
        seen = [each["objectId"] for each in hook.events]
        assert max(len(call) for call in hook.calls) == 100
        assert set(seen) == set(ids)
        assert len(seen) > len(ids), "some are told twice"
        assert seen != sorted(seen), "and not in the order they happened"


def test_what_is_not_accepted_is_told_again_later_and_given_up_after_ten_times() -> None:
    with _listening(subscriptions=[{"eventType": "contact.creation"}]) as (it, hook):
        hook.status = 500
        it.create("contacts", lastname="佐藤")
        hook.until(lambda it_has: len(it_has.calls) == 1)
        for attempt in range(1, 11):
            hook.until(lambda _, failed=attempt: it.control("webhooks")["failed"] == failed)  # type: ignore[misc]
            it.control("pass-time", {"seconds": 5 * 3600})
            hook.until(partial(_has_calls, attempt + 1))
        assert [call[0]["attemptNumber"] for call in hook.calls] == list(range(11))
        hook.until(lambda _: it.control("webhooks")["given_up"] == 1)
        assert (it.control("webhooks")["waiting"], it.control("webhooks")["failed"]) == (0, 11)


def _has_calls(number: int, hook: Receiver) -> bool:
    return len(hook.calls) == number


@pytest.mark.parametrize("base", ["/webhooks/v3", "/app-webhooks/2026-09"])
def test_an_app_says_itself_where_it_is_told_of_what(base: str) -> None:
    with portal("2026-09") as it, receiver(it.server.org.credentials["client_secret"]) as hook:
        known = it.server.org.credentials

        def call(method: str, tail: str, body: object = None, status: int = 200) -> Any:
            target = f"{base}/{known['oauth_app_id']}{tail}?hapikey={known['developer_key']}"
            reply = it.send(method, target, body, token="")
            assert reply.status == status, reply.body
            return reply.document if reply.body else None

        call("GET", "/settings", status=404)
        call("PUT", "/settings", {"targetUrl": "https://hooks.example.jp/"}, 400)
        wanted = {"targetUrl": hook.url, "throttling": {"maxConcurrentRequests": 20}}
        assert call("PUT", "/settings", wanted)["throttling"] == {"maxConcurrentRequests": 20}
        made = call("POST", "/subscriptions", {"eventType": "contact.creation", "active": True}, 201)
        other = {"eventType": "contact.propertyChange", "propertyName": "city", "active": False}
        silent = call("POST", "/subscriptions", other, 201)
        call("POST", "/subscriptions", {"eventType": "contact.party"}, 400)
        it.create("contacts", lastname="佐藤", city="東京")
        hook.until(lambda it_has: len(it_has.events) == 1)
        call("PATCH", f"/subscriptions/{silent['id']}", {"active": True})
        batch = {"inputs": [{"id": int(made["id"]), "active": False}]}
        assert call("POST", "/subscriptions/batch/update", batch)["results"][0]["active"] is False
        it.create("contacts", lastname="鈴木", city="大阪")
        hook.until(lambda it_has: len(it_has.events) == 2)
        assert (hook.events[1]["propertyValue"], hook.events[1]["subscriptionId"]) == (
            "大阪",
            int(silent["id"]),
        )
        call("DELETE", f"/subscriptions/{silent['id']}", status=204)
        assert [each["id"] for each in call("GET", "/subscriptions")["results"]] == [made["id"]]
        call("DELETE", "/settings", status=204)
        assert it.send("GET", f"{base}/{known['oauth_app_id']}/settings?hapikey=x", token="").status == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"targetUrl": "https://hooks.example.jp/hook"},
        {"targetUrl": "ftp://127.0.0.1/"},
        {"subscriptions": [{"eventType": "contact.party"}]},
        {"subscriptions": [{"eventType": "contact.propertyChange"}]},
        {"subscriptions": [{"eventType": "object.creation"}]},
        {"maxConcurrentRequests": 5},
        {"repeatChance": 2},
    ],
)
def test_webhooks_go_to_this_machine_only_and_to_what_there_is(wrong: dict[str, Any]) -> None:
    with portal("v3") as it:
        assert it.control("webhooks", wrong, status=400)["error"]
        assert it.control("webhooks")["targetUrl"] == ""


def test_hubspots_own_client_accepts_the_signatures() -> None:
    secret, url, body = "a secret", "http://127.0.0.1:9/hook", '[{"objectId":1}]'
    sent_at = round(time.time() * 1000)
    assert Signature.is_valid(v1(secret, body.encode()), secret, body, signature_version="v1")
    signature = v3(secret, "POST", url, body.encode(), sent_at)
    told = {"http_uri": url, "http_method": "POST", "signature_version": "v3", "timestamp": str(sent_at)}
    assert Signature.is_valid(signature, secret, body, **told)
    assert not Signature.is_valid(signature, secret, body + " ", **told)


def test_signatures_are_those_of_the_published_recipe() -> None:
    secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
    assert v1(secret, b"") != v1(secret, b"[]")
    plain = v3(secret, "POST", "http://127.0.0.1/a?b=c:d", b"[]", 1)
    assert v3(secret, "POST", "http://127.0.0.1/a%3Fb=c%3Ad", b"[]", 1) == plain
    assert v3(secret, "POST", "http://127.0.0.1/a?b=c%20d", b"[]", 1) != plain
