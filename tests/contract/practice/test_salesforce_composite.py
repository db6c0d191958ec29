"""Several calls in one to the practice Salesforce org: composite, batch, tree, graph."""

# ruff: noqa: S608  (queries to the practice org are built from the tests' own texts)

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .practice_process import PracticeProcess, practice
from .salesforce_calls import DATA, create, found, numbers, one, row_path, unbound

LEAD = {"LastName": "森", "Company": "森社"}


@pytest.fixture(scope="module")
def running() -> Iterator[PracticeProcess]:
    with practice("salesforce", "composite") as org:
        yield org


@pytest.fixture
def org(running: PracticeProcess) -> PracticeProcess:
    return unbound(running)


def post(reference: str, object: str, **values: object) -> dict[str, Any]:
    return {"method": "POST", "url": row_path(object), "referenceId": reference, "body": values}


def composed(org: PracticeProcess, *calls: dict[str, Any], together: bool = False) -> list[dict[str, Any]]:
    reply = org.send("POST", f"{DATA}/composite", {"allOrNone": together, "compositeRequest": list(calls)})
    assert reply.status == 200, reply.body
    return list(reply.document["compositeResponse"])


def error(result: dict[str, Any]) -> tuple[int, str, str]:
    (first,) = result["body"]
    return result["httpStatusCode"], first["errorCode"], first["message"]


def named(org: PracticeProcess, object: str, name: str) -> int:
    return len(found(org, f"SELECT Id FROM {object} WHERE Name = '{name}'"))


def test_a_call_can_use_what_an_earlier_one_answered(org: PracticeProcess) -> None:
    used = org.control("state")["quota"]["used"]
    query = {"method": "GET", "url": f"{DATA}/query?q=SELECT+Id,Name+FROM+Account+WHERE+Id='@{{a.id}}'"}
    account, contact, read, changed = composed(
        org,
        post("a", "Account", Name="甲社"),
        post("c", "Contact", LastName="乙", AccountId="@{a.id}"),
        {**query, "referenceId": "q"},
        {"method": "PATCH", "url": f"{row_path('Contact')}/@{{c.id}}", "referenceId": "p",
         "body": {"Title": "@{q.records[0].Name}の人"}},
    )  # fmt: skip
    assert [each["httpStatusCode"] for each in (account, contact, read, changed)] == [201, 201, 200, 204]
    assert account["httpHeaders"]["Location"] == f"{row_path('Account')}/{account['body']['id']}"
    assert changed["body"] is None
    person = one(org, "Contact", contact["body"]["id"], "Title, AccountId")
    assert person == {"Title": "甲社の人", "AccountId": account["body"]["id"]}
    assert org.control("state")["quota"]["used"] == used + 2  # the composite, and the query just now


def test_who_needs_what_failed_is_halted_and_others_go_on(org: PracticeProcess) -> None:
    failed, halted, good = composed(
        org,
        post("a", "Account", Phone="1"),
        post("c", "Contact", LastName="乙", AccountId="@{a.id}"),
        post("b", "Account", Name="丙社"),
    )
    assert error(failed)[:2] == (400, "REQUIRED_FIELD_MISSING")
    assert error(halted) == (
        400,
        "PROCESSING_HALTED",
        "Invalid reference specified. No value for a.id found in a.",
    )
    assert good["httpStatusCode"] == 201


def test_all_or_none_takes_everything_back(org: PracticeProcess) -> None:
    name = f"戻社{next(numbers)}"
    first, second, third = composed(
        org,
        post("a", "Account", Name=name),
        post("b", "Account", Phone="1"),
        post("c", "Account", Name=name),
        together=True,
    )
    assert error(second)[1] == "REQUIRED_FIELD_MISSING"
    rolled_back = "The transaction was rolled back since another operation in the same transaction failed."
    assert error(first) == error(third) == (400, "PROCESSING_HALTED", rolled_back)
    assert named(org, "Account", name) == 0


def test_a_composite_has_its_limits(org: PracticeProcess) -> None:
    many = [post(f"r{n}", "Lead", **LEAD) for n in range(26)]
    refused = org.send("POST", f"{DATA}/composite", {"compositeRequest": many})
    assert (refused.status, refused.code) == (400, "LIMIT_EXCEEDED")
    twice = [post("same", "Lead", **LEAD), post("same", "Lead", **LEAD)]
    assert org.send("POST", f"{DATA}/composite", {"compositeRequest": twice}).code == "INVALID_INPUT"
    assert org.send("PUT", f"{DATA}/composite", {}).status == 405
    (lost,) = composed(org, {"method": "GET", "url": "/elsewhere", "referenceId": "x"})
    assert lost["httpStatusCode"] == 404


def test_a_batch_goes_on_or_halts(org: PracticeProcess) -> None:
    calls = [
        {"method": "GET", "url": "v65.0/limits"},
        {"method": "POST", "url": "v65.0/sobjects/Account", "richInput": {}},
        {"method": "POST", "url": "v65.0/sobjects/Account", "richInput": {"Name": "束社"}},
    ]
    body = org.send("POST", f"{DATA}/composite/batch", {"batchRequests": calls}).document
    assert body["hasErrors"] is True
    assert [each["statusCode"] for each in body["results"]] == [200, 400, 201]
    halted = org.send(
        "POST", f"{DATA}/composite/batch", {"haltOnError": True, "batchRequests": calls}
    ).document
    assert halted["results"][2]["statusCode"] == 412
    assert halted["results"][2]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"


def tree(*people: dict[str, Any], name: str) -> dict[str, Any]:
    contacts = [
        {"attributes": {"type": "Contact", "referenceId": f"p{place}"}, **each}
        for place, each in enumerate(people)
    ]
    root = {"attributes": {"type": "Account", "referenceId": "root"}, "Name": name}
    return {"records": [{**root, "Contacts": {"records": contacts}}]}


def test_a_tree_is_created_with_its_branches(org: PracticeProcess) -> None:
    name = f"木社{next(numbers)}"
    reply = org.send(
        "POST", f"{DATA}/composite/tree/Account", tree({"LastName": "枝"}, {"LastName": "葉"}, name=name)
    )
    assert reply.status == 201
    assert [each["referenceId"] for each in reply.document["results"]] == ["root", "p0", "p1"]
    ids = {each["referenceId"]: each["id"] for each in reply.document["results"]}
    assert one(org, "Contact", ids["p1"], "AccountId") == {"AccountId": ids["root"]}


def test_a_tree_with_one_bad_leaf_is_not_created(org: PracticeProcess) -> None:
    name = f"枯社{next(numbers)}"
    reply = org.send(
        "POST", f"{DATA}/composite/tree/Account", tree({"LastName": "枝"}, {"Title": "x"}, name=name)
    )
    assert reply.status == 400
    assert reply.document["hasErrors"] is True
    (result,) = reply.document["results"]
    assert (result["referenceId"], result["errors"][0]["statusCode"]) == ("p1", "REQUIRED_FIELD_MISSING")
    assert named(org, "Account", name) == 0


def test_a_tree_wants_a_reference_for_each_record_and_knows_its_limits(org: PracticeProcess) -> None:
    def refusal(body: dict[str, Any]) -> str:
        reply = org.send("POST", f"{DATA}/composite/tree/Account", body)
        assert reply.status == 400
        return str(reply.document["results"][0]["errors"][0]["statusCode"])

    assert refusal({"records": [{"Name": "x"}]}) == "INVALID_INPUT"
    assert refusal(tree({"LastName": "a"}, name="x") | {"records": []}) == "INVALID_INPUT"
    assert refusal(tree(*[{"LastName": "a"}] * 200, name="x")) == "LIMIT_EXCEEDED"


def test_each_graph_is_all_or_nothing(org: PracticeProcess) -> None:
    name = f"図社{next(numbers)}"
    good = [post("a", "Account", Name=name), post("c", "Contact", LastName="図", AccountId="@{a.id}")]
    bad = [post("a", "Account", Name=name), post("c", "Contact", AccountId="@{a.id}")]
    graphs = [{"graphId": "1", "compositeRequest": bad}, {"graphId": "2", "compositeRequest": good}]
    shown = org.send("POST", f"{DATA}/composite/graph", {"graphs": graphs}).document["graphs"]
    assert [(each["graphId"], each["isSuccessful"]) for each in shown] == [("1", False), ("2", True)]
    assert named(org, "Account", name) == 1


def test_single_rows_are_deleted_by_their_key(org: PracticeProcess) -> None:
    key = f"key-{next(numbers)}"
    row_id = create(org, "Account", Name="鍵社", Awase_Key__c=key)
    path = f"{row_path('Account')}/Awase_Key__c/{key}"
    assert org.send("DELETE", path).status == 204
    assert one(org, "Account", row_id, "IsDeleted", deleted=True) == {"IsDeleted": True}
    assert org.send("DELETE", path).status == 404
