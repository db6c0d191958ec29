"""Associations of the practice portal, over HTTP and in both families of paths."""

from __future__ import annotations

import pytest

from tests.contract.practice.hubspot_client import FAMILIES, Portal, pair, portal, spec


@pytest.mark.parametrize("family", FAMILIES)
def test_a_record_is_made_with_its_associations_and_shows_them_when_asked(family: str) -> None:
    with portal(family) as it:
        first, second = it.create("companies", name="甲"), it.create("companies", name="乙")
        contact = it.create(
            "contacts",
            [{"to": {"id": first}, "types": spec(1)}, {"to": {"id": second}, "types": spec(279)}],
            lastname="佐藤",
        )
        deal = it.create(
            "deals",
            [{"to": {"id": first}, "types": spec(5, 341)}, {"to": {"id": contact}, "types": spec(3)}],
            dealname="新工場",
            dealstage="contractsent",
        )
        shown = it.get("contacts", contact, "associatedcompanyid", more="&associations=companies,deals")
        assert shown["properties"]["associatedcompanyid"] == first
        assert shown["associations"] == {
            "companies": {
                "results": [
                    {"id": first, "type": "contact_to_company"},
                    {"id": first, "type": "contact_to_company_unlabeled"},
                    {"id": second, "type": "contact_to_company_unlabeled"},
                ]
            },
            "deals": {"results": [{"id": deal, "type": "contact_to_deal"}]},
        }
        (listed,) = it.ask("GET", it.path("objects", "/deals?associations=companies"))["results"]
        assert [each["type"] for each in listed["associations"]["companies"]["results"]] == [
            "deal_to_company",
            "deal_to_company_unlabeled",
        ]
        assert "associations" not in it.get("companies", second, more="&associations=deals")
        assert it.types("companies", first, "contacts") == {contact: [2, 280]}
        assert it.types("companies", first, "deals") == {deal: [6, 342]}
        assert it.types("contacts", contact, "deals") == {deal: [4]}

        wrong = {
            "properties": {"lastname": "鈴木"},
            "associations": [{"to": {"id": "1"}, "types": spec(279)}],
        }
        it.ask("POST", it.path("objects", "/contacts"), wrong, 404)
        wrong["associations"] = [{"to": {"id": first}, "types": spec(341)}]
        it.ask("POST", it.path("objects", "/contacts"), wrong, 400)
        assert len(it.ask("GET", it.path("objects", "/contacts"))["results"]) == 1


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_of_new_records_brings_associations_too(family: str) -> None:
    with portal(family) as it:
        company = it.create("companies", name="甲")
        inputs = [
            {
                "objectWriteTraceId": str(each),
                "properties": {"lastname": str(each)},
                "associations": [{"to": {"id": to}, "types": spec(1)}],
            }
            for each, to in enumerate((company, "404", company))
        ]
        made = it.ask("POST", it.path("objects", "/contacts/batch/create"), {"inputs": inputs}, 207)
        assert [each["context"]["objectWriteTraceId"] for each in made["errors"]] == [["1"]]
        assert sorted(it.types("companies", company, "contacts")) == [each["id"] for each in made["results"]]


@pytest.mark.parametrize("family", FAMILIES)
def test_batches_associate_read_and_part(family: str) -> None:
    with portal(family) as it:
        companies = [it.create("companies", name=name) for name in "甲乙丙"]
        contacts = [it.create("contacts", lastname=name) for name in "佐藤"]
        base = it.associations("/contacts/companies/batch")
        inputs = [pair(contacts[0], companies[0], 279), pair(contacts[0], companies[1], 1)]
        made = it.ask("POST", f"{base}/create", {"inputs": inputs}, 201)
        assert [(str(each["toObjectId"]), each["labels"]) for each in made["results"]] == [
            (companies[0], []),
            (companies[1], ["Primary"]),
        ]
        part = it.ask("POST", f"{base}/create", {"inputs": [pair(contacts[1], "404", 279), *inputs]}, 207)
        assert (part["numErrors"], part["errors"][0]["category"]) == (1, "OBJECT_NOT_FOUND")
        it.ask("POST", f"{base}/create", {"inputs": [pair(contacts[1], companies[2], 5)]}, 400)
        default = it.ask("POST", f"{base}/associate/default", {"inputs": [pair(contacts[1], companies[2])]})
        assert [each["associationSpec"]["associationTypeId"] for each in default["results"]] == [279, 280]

        lonely = it.create("contacts", lastname="孤")
        asked = {"inputs": [{"id": each} for each in (*contacts, lonely, "404")]}
        read = it.ask("POST", f"{base}/read", asked, 207)
        assert {each["from"]["id"]: len(each["to"]) for each in read["results"]} == {
            contacts[0]: 2,
            contacts[1]: 1,
        }
        primary = read["results"][0]["to"][1]
        assert primary["associationTypes"] == [
            {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"},
            {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None},
        ]
        assert isinstance(primary["toObjectId"], int if family == "v3" else str)
        assert [each["subCategory"] for each in read["errors"]] == [
            "crm.associations.NO_ASSOCIATIONS_FOUND"
        ] * 2
        assert [each["context"]["fromObjectId"] for each in read["errors"]] == [[lonely], ["404"]]

        label = {"inputs": [pair(contacts[0], companies[1], 1)]}
        it.ask("POST", f"{base}/labels/archive", label, 204)
        assert it.types("contacts", contacts[0], "companies") == {companies[0]: [279], companies[1]: [279]}
        gone = {"inputs": [{"from": {"id": contacts[0]}, "to": [{"id": companies[0]}, {"id": companies[2]}]}]}
        it.ask("POST", f"{base}/archive", gone, 204)
        assert it.types("contacts", contacts[0], "companies") == {companies[1]: [279]}
        assert it.types("companies", companies[0], "contacts") == {}


@pytest.mark.parametrize("family", FAMILIES)
def test_batches_have_their_own_sizes(family: str) -> None:
    with portal(family) as it:
        base = it.associations("/contacts/companies/batch")
        for verb, most in (("read", 1_000), ("create", 2_000), ("archive", 100)):
            inputs = [{"id": "1", **pair("1", "2", 279)}] * (most + 1)
            refused = it.ask("POST", f"{base}/{verb}", {"inputs": inputs}, 400)
            assert str(most) in refused["message"]
            assert it.send("POST", f"{base}/{verb}", {"inputs": inputs[1:]}).status in {204, 207}


def _primary(it: Portal, contact: str) -> str | None:
    value: str | None = it.properties("contacts", contact, "associatedcompanyid")["associatedcompanyid"]
    return value


@pytest.mark.parametrize("family", FAMILIES)
def test_a_new_primary_company_takes_the_place_of_the_old_one_from_whichever_side_it_is_named(
    family: str,
) -> None:
    with portal(family) as it:
        first, second = it.create("companies", name="甲"), it.create("companies", name="乙")
        contact = it.create("contacts", [{"to": {"id": first}, "types": spec(1)}], lastname="佐藤")
        it.ask("PUT", it.of_record("companies", second, f"/contacts/{contact}"), spec(2), 201)
        assert it.types("contacts", contact, "companies") == {first: [279], second: [1, 279]}
        assert _primary(it, contact) == second
        it.ask("PUT", it.of_record("contacts", contact, f"/companies/{first}"), spec(279), 201)
        assert _primary(it, contact) == second
        it.ask("DELETE", it.of_record("contacts", contact, f"/companies/{second}"), status=204)
        assert (_primary(it, contact), list(it.types("contacts", contact, "companies"))) == (None, [first])
        it.ask("PUT", it.of_record("contacts", contact, f"/default/companies/{second}"))
        assert it.types("contacts", contact, "companies") == {first: [279], second: [279]}
        body = {"properties": {"associatedcompanyid": first}}
        refused = it.ask("PATCH", it.path("objects", f"/contacts/{contact}"), body, 400)
        assert refused["errors"][0]["code"] == "READ_ONLY_VALUE"

        it.control("settings", {"first_company_is_primary": True})
        other = it.create("contacts", [{"to": {"id": first}, "types": spec(279)}], lastname="鈴木")
        assert _primary(it, other) == first


@pytest.mark.parametrize("family", FAMILIES)
def test_associating_moves_no_stamp_unless_the_portal_is_set_to(family: str) -> None:
    with portal(family) as it:
        company, contact = it.create("companies", name="甲"), it.create("contacts", lastname="佐藤")
        ends = {"from_object": "contact", "from_id": contact, "to_object": "company", "to_id": company}
        before = it.get("contacts", contact)["updatedAt"], it.get("companies", company)["updatedAt"]
        it.control("pass-time", {"seconds": 60})
        it.control("associate", {**ends, "primary": True, "author": "user:suzuki"})
        after = it.get("contacts", contact)["updatedAt"], it.get("companies", company)["updatedAt"]
        assert (after, _primary(it, contact)) == (before, company)
        past = it.get("contacts", contact, more="&propertiesWithHistory=associatedcompanyid")
        (entry,) = past["propertiesWithHistory"]["associatedcompanyid"]
        assert (entry["value"], entry["sourceType"]) == (company, "CRM_UI")

        it.control("settings", {"associations_move_stamps": True})
        it.control("associate", {**ends, "remove": True, "author": "user:suzuki"})
        assert it.types("contacts", contact, "companies") == {}
        assert it.get("contacts", contact)["updatedAt"] > before[0]
        assert it.get("companies", company)["updatedAt"] > before[1]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_limit_refuses_one_association_too_many_and_says_whose_it_is(family: str) -> None:
    with portal(family) as it:
        it.control("settings", {"association_limits": {"contact->company": 2, "company->contact": 1}})
        companies = [it.create("companies", name=name) for name in "甲乙丙"]
        contact, other = it.create("contacts", lastname="佐藤"), it.create("contacts", lastname="鈴木")
        base = it.associations("/contacts/companies/batch/create")
        made = it.ask("POST", base, {"inputs": [pair(contact, each, 279) for each in companies]}, 207)
        assert len(made["results"]) == 2
        (error,) = made["errors"]
        assert (error["category"], error["errors"][0]["code"]) == (
            "VALIDATION_ERROR",
            "ASSOCIATION_LIMIT_EXCEEDED",
        )
        assert error["context"]["fromObjectId"] == [contact]
        refused = it.ask("PUT", it.of_record("contacts", other, f"/companies/{companies[0]}"), spec(279), 400)
        assert refused["context"]["fromObjectId"] == [companies[0]]
        it.ask("PUT", it.of_record("contacts", contact, f"/companies/{companies[0]}"), spec(1), 201)

        inputs = [
            {
                "properties": {"lastname": name},
                "associations": [{"to": {"id": companies[2]}, "types": spec(1)}],
            }
            for name in ("高橋", "田中")
        ]
        refused = it.ask("POST", it.path("objects", "/contacts/batch/create"), {"inputs": inputs}, 400)
        assert refused["subCategory"] == "crm.associations.ASSOCIATION_LIMIT_EXCEEDED"
        it.ask("POST", it.path("objects", "/contacts/batch/create"), {"inputs": inputs[:1]}, 201)
        assert len(it.types("companies", companies[2], "contacts")) == 1


def test_the_oldest_paths_associate_by_the_name_of_a_type() -> None:
    with portal("v3") as it:
        company, contact = it.create("companies", name="甲"), it.create("contacts", lastname="佐藤")
        one = it.path("objects", f"/contacts/{contact}/associations/companies")
        made = it.ask("PUT", f"{one}/{company}/contact_to_company")
        assert made["associations"]["companies"]["results"][0]["id"] == company
        assert [each["type"] for each in it.ask("GET", one)["results"]] == [
            "contact_to_company",
            "contact_to_company_unlabeled",
        ]
        base = it.path("associations", "/companies/contacts")
        read = it.ask("POST", f"{base}/batch/read", {"inputs": [{"id": company}]})
        assert [each["type"] for each in read["results"][0]["to"]] == [
            "company_to_contact",
            "company_to_contact_unlabeled",
        ]
        gone = {"inputs": [{**pair(company, contact), "type": "company_to_contact"}]}
        it.ask("POST", f"{base}/batch/archive", gone, 204)
        assert it.types("contacts", contact, "companies") == {company: [279]}
        it.ask("DELETE", f"{one}/{company}/279", status=204)
        it.ask("POST", f"{base}/batch/create", gone, 201)
        assert it.types("contacts", contact, "companies") == {company: [1, 279]}
        ids = {each["name"]: each["id"] for each in it.ask("GET", f"{base}/types")["results"]}
        assert ids == {"company_to_contact": "2", "company_to_contact_unlabeled": "280"}


def test_labels_are_told_by_every_path_that_clients_use() -> None:
    with portal("2026-09") as it:
        for path in (
            it.associations("/contacts/companies/labels"),
            "/crm/v4/associations/contacts/companies/labels",
            "/crm/associations/v4/contacts/companies/labels",
        ):
            labels = it.ask("GET", path)["results"]
            assert [(each["typeId"], each["label"]) for each in labels] == [(1, "Primary"), (279, None)]
