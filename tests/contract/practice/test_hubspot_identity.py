"""Merges, archiving and restoring on the practice portal, over HTTP and in both families of paths."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.practice.hubspot_client import FAMILIES, Portal, portal, spec


def _merge(it: Portal, plural: str, winner: str, loser: str) -> dict[str, Any]:
    body = {"primaryObjectId": winner, "objectIdToMerge": loser}
    merged: dict[str, Any] = it.ask("POST", it.path("objects", f"/{plural}/merge"), body)
    return merged


def _ids(it: Portal, plural: str, query: str = "") -> list[str]:
    return [each["id"] for each in it.ask("GET", it.path("objects", f"/{plural}{query}"))["results"]]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_chain_of_merges_leaves_one_record_that_every_old_id_leads_to(family: str) -> None:
    with portal(family) as it:
        a, b, c = (it.create("contacts", email=f"{name}@example.jp", awase_key=name) for name in "abc")
        stamp = it.get("contacts", c)["updatedAt"]
        it.control("pass-time", {"seconds": 60})
        assert _merge(it, "contacts", a, b)["properties"]["hs_merged_object_ids"] == b
        assert _merge(it, "contacts", c, a)["id"] == c
        survivor = it.get("contacts", c, "hs_merged_object_ids", "hs_additional_emails", "email", "awase_key")
        assert survivor["properties"]["hs_merged_object_ids"].split(";") == [b, a]
        assert survivor["properties"]["hs_additional_emails"].split(";") == ["a@example.jp", "b@example.jp"]
        assert (survivor["properties"]["email"], survivor["properties"]["awase_key"]) == ("c@example.jp", "c")
        assert survivor["updatedAt"] > stamp

        assert it.get("contacts", b)["id"] == c
        inputs = {"inputs": [{"id": a}, {"id": b}], "properties": ["email"]}
        read = it.ask("POST", it.path("objects", "/contacts/batch/read"), inputs)
        assert [each["id"] for each in read["results"]] == [c]
        assert (_ids(it, "contacts"), _ids(it, "contacts", "?archived=true")) == ([c], [])
        taken = it.ask(
            "POST", it.path("objects", "/contacts"), {"properties": {"email": "b@example.jp"}}, 409
        )
        assert taken["message"] == f"Contact already exists. Existing ID: {c}"
        found = it.ask("GET", it.path("objects", "/contacts/a@example.jp?idProperty=email"))
        assert found["id"] == c
        it.ask(
            "POST", it.path("objects", "/contacts/merge"), {"primaryObjectId": a, "objectIdToMerge": c}, 400
        )
        it.ask(
            "POST", it.path("objects", "/contacts/merge"), {"primaryObjectId": a, "objectIdToMerge": "9"}, 404
        )


@pytest.mark.parametrize("family", FAMILIES)
def test_a_portal_may_give_the_survivor_a_new_id_that_both_old_ones_lead_to(family: str) -> None:
    with portal(family) as it:
        it.control("settings", {"merge_mints_new_id": True})
        company = it.create("companies", name="甲")
        a = it.create("contacts", [{"to": {"id": company}, "types": spec(1)}], email="a@example.jp")
        b = it.create("contacts", email="b@example.jp", jobtitle="部長")
        merged = _merge(it, "contacts", a, b)
        new = merged["id"]
        assert new not in {a, b}
        assert merged["properties"]["hs_merged_object_ids"].split(";") == [a, b]
        assert it.get("contacts", a)["id"] == it.get("contacts", b)["id"] == new
        assert _ids(it, "contacts") == [new]
        names = ("email", "jobtitle", "associatedcompanyid", "hs_additional_emails")
        assert it.properties("contacts", new, *names) == {
            "email": "a@example.jp",
            "jobtitle": "部長",
            "associatedcompanyid": company,
            "hs_additional_emails": "b@example.jp",
        }
        again = it.control(
            "merge", {"object": "contact", "winner": it.create("contacts", lastname="c"), "losers": [a]}
        )
        assert it.get("contacts", b)["id"] == again["survivor"] != new


@pytest.mark.parametrize("family", FAMILIES)
def test_what_belonged_to_the_loser_belongs_to_the_survivor(family: str) -> None:
    with portal(family) as it:
        a, b, c = (it.create("companies", name=name, domain=f"{name}.example.jp") for name in "abc")
        of_b = [{"to": {"id": b}, "types": spec(1)}]
        contact = it.create("contacts", of_b, lastname="佐藤")
        both = it.create("contacts", [*of_b, {"to": {"id": a}, "types": spec(279)}], lastname="鈴木")
        deal = it.create(
            "deals", [{"to": {"id": c}, "types": spec(5)}], dealname="新工場", dealstage="closedwon"
        )
        answer = it.control(
            "merge", {"object": "company", "winner": a, "losers": [b, c], "author": "user:sato"}
        )
        assert answer == {"survivor": a}
        assert it.properties("companies", a, "hs_merged_object_ids", "hs_additional_domains") == {
            "hs_merged_object_ids": f"{b};{c}",
            "hs_additional_domains": "b.example.jp;c.example.jp",
        }
        for person in (contact, both):
            assert it.types("contacts", person, "companies") == {a: [1, 279]}
            assert it.properties("contacts", person, "associatedcompanyid") == {"associatedcompanyid": a}
        assert it.types("companies", b, "deals") == it.types("companies", a, "deals") == {deal: [6, 342]}
        past = it.control("history", object="company", id=a)
        assert past[-1]["author"] == "user:sato"

        other = it.create(
            "deals", [{"to": {"id": a}, "types": spec(341)}], dealname="旧", dealstage="closedlost"
        )
        assert _merge(it, "deals", other, deal)["id"] == other
        assert it.types("deals", other, "companies") == {a: [5, 341]}


@pytest.mark.parametrize("family", FAMILIES)
def test_an_opt_out_stays_with_its_address_through_a_merge(family: str) -> None:
    with portal(family) as it:
        a, b = (it.create("contacts", email=f"{name}@example.jp") for name in "ab")
        it.control("edit", {"object": "contact", "id": b, "values": {"hs_email_optout": "true"}})
        _merge(it, "contacts", a, b)
        assert it.properties("contacts", a, "hs_email_optout") == {"hs_email_optout": None}
        swapped = {"properties": {"email": "b@example.jp", "hs_additional_emails": "a@example.jp"}}
        it.ask("PATCH", it.path("objects", f"/contacts/{a}"), swapped)
        assert it.properties("contacts", a, "hs_email_optout") == {"hs_email_optout": "true"}


@pytest.mark.parametrize("family", FAMILIES)
def test_archived_records_are_listed_by_the_page_and_come_back_under_their_old_id(family: str) -> None:
    with portal(family) as it:
        company = it.create("companies", name="甲")
        rows = [{"lastname": str(each), "associatedcompanyid": company} for each in range(120)]
        ids = it.control("load", {"objects": {"contact": rows}})["ids"]["contact"]
        it.ask(
            "POST",
            it.path("objects", "/contacts/batch/archive"),
            {"inputs": [{"id": i} for i in ids[:100]]},
            204,
        )
        it.ask("DELETE", it.path("objects", f"/contacts/{ids[100]}"), status=204)
        it.control("delete", {"object": "contact", "id": ids[101], "author": "user:suzuki"})
        first = it.ask("GET", it.path("objects", "/contacts?archived=true&limit=100"))
        after = first["paging"]["next"]["after"]
        second = it.ask("GET", it.path("objects", f"/contacts?archived=true&limit=100&after={after}"))
        assert [each["id"] for each in first["results"] + second["results"]] == ids[:102]
        assert all(each["archived"] and each["archivedAt"] for each in first["results"])
        assert len(it.types("companies", company, "contacts")) == 18

        it.control("pass-time", {"seconds": 60})
        archived = it.get("contacts", ids[0], more="&archived=true")
        it.control("restore", {"object": "contact", "id": ids[0], "author": "user:suzuki"})
        back = it.get("contacts", ids[0], "associatedcompanyid")
        assert (back["archived"], back["properties"]["associatedcompanyid"]) == (False, company)
        assert back["updatedAt"] > archived["updatedAt"]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_address_of_an_archived_contact_is_free_and_stands_in_the_way_of_restoring(family: str) -> None:
    with portal(family) as it:
        old = it.create("contacts", email="a@example.jp")
        it.ask("DELETE", it.path("objects", f"/contacts/{old}"), status=204)
        new = it.create("contacts", email="a@example.jp")
        assert new != old
        refused = it.control("restore", {"object": "contact", "id": old}, status=400)
        assert new in refused["error"]
        it.ask("DELETE", it.path("objects", f"/contacts/{new}"), status=204)
        it.control("restore", {"object": "contact", "id": old})
        assert _ids(it, "contacts") == [old]
