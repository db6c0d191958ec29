"""A filter as SOQL: whatever a value holds, the query keeps its form; what cannot be asked is refused before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.connectors.salesforce.searching import conditions
from awase.core.filters import Condition
from awase.core.importing import Search
from awase.core.schema import Field
from awase.core.values import Kind
from awase.errors import BadInput
from awase.ports.flows import Answer, Request
from awase_practice.salesforce.soql import parse
from awase_practice.salesforce.soql_tree import Among, Compare, Expression, Joined, Not

from .salesforce_scene import CONNECTOR, answer, error, play, reading, rows, soql_of

NAME = Field("Name", "名前", Kind.TEXT, "string")
FIELDS = {
    "LastName": NAME,
    "Account.Name": NAME,
    "Interests__c": Field("Interests__c", "関心", Kind.TEXTS, "multipicklist"),
    "Score__c": Field("Score__c", "点", Kind.DECIMAL, "double"),
    "Active__c": Field("Active__c", "有効", Kind.BOOLEAN, "boolean"),
    "Birthdate": Field("Birthdate", "生年月日", Kind.DATE, "date"),
    "CreatedDate": Field("CreatedDate", "作成日", Kind.DATETIME, "datetime"),
    "OwnerId": Field("OwnerId", "所有者", Kind.TEXT, "reference", references=("User",)),
}
nasty = st.text(alphabet="'\\\"%_\n;)(, ORNUL=社", min_size=1, max_size=30)
values = st.lists(nasty | st.text(min_size=1, max_size=30), min_size=1, max_size=4).map(tuple)


def soql(*tests: Condition) -> list[str]:
    return conditions(Search(tests, FIELDS))


def tree(*tests: Condition) -> Expression:
    """The conditions as another reader of the language understands them."""
    where = parse(f"SELECT Id FROM Lead WHERE {' AND '.join(soql(*tests))}").where  # noqa: S608  (never sent)
    assert where is not None
    return where


@given(values)
def test_every_value_is_read_back_as_itself_and_the_query_keeps_its_form(
    given_values: tuple[str, ...],
) -> None:
    found = tree(Condition("Account.Name", is_in=given_values))
    assert isinstance(found, Among)
    assert (found.path.parts, found.sign) == (("Account", "Name"), "in")
    assert tuple(each.value for each in found.literals) == given_values


@given(values, values)
def test_parts_of_values_are_taken_for_what_they_say_not_for_wildcards(
    some: tuple[str, ...], others: tuple[str, ...]
) -> None:
    found = tree(Condition("LastName", contains=some), Condition("Account.Name", starts_with=others))
    assert isinstance(found, Joined)
    assert found.word == "and"
    for term, wanted, begins in zip(found.terms, (some, others), (["%"], []), strict=True):
        compared = term.terms if isinstance(term, Joined) else (term,)
        assert len(compared) == len(wanted)
        for each, value in zip(compared, wanted, strict=True):
            assert isinstance(each, Compare)
            signs = [{"%": r"\%", "_": r"\_"}.get(sign, sign) for sign in value]
            assert each.literal.pattern == (*begins, *signs, "%")


@given(values)
def test_whoever_has_no_value_has_none_of_those_either(given_values: tuple[str, ...]) -> None:
    found = tree(Condition("LastName", is_not=given_values))
    assert isinstance(found, Joined)
    assert found.word == "or"
    no, empty = found.terms
    assert isinstance(no, Not)
    assert isinstance(no.term, Among)
    assert tuple(each.value for each in no.term.literals) == given_values
    assert isinstance(empty, Compare)
    assert empty.literal.kind == "null"


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (Condition("LastName", filled=True), "(LastName != null)"),
        (Condition("LastName", blank=True), "(LastName = null)"),
        (Condition("Score__c", is_in=("1.50", "2")), "((Score__c = 1.5 OR Score__c = 2))"),
        (Condition("Score__c", at_least="10", at_most="20"), "(Score__c >= 10 AND Score__c <= 20)"),
        (Condition("Active__c", is_in=("true",)), "((Active__c = true))"),
        (Condition("Birthdate", at_least="1990-01-31"), "(Birthdate >= 1990-01-31)"),
        (
            Condition("CreatedDate", at_least="2026-01-01T09:00:00+09:00"),
            "(CreatedDate >= 2026-01-01T00:00:00Z)",
        ),
        (Condition("Interests__c", is_in=("車", "家")), "(Interests__c INCLUDES ('車','家'))"),
        (
            Condition(any_of=(Condition("LastName", is_in=("山田",)), Condition("Score__c", at_least="1"))),
            "(((LastName IN ('山田')) OR (Score__c >= 1)))",
        ),
    ],
)
def test_each_kind_is_asked_for_in_the_vendors_own_form(test: Condition, expected: str) -> None:
    assert soql(test) == [expected]
    assert tree(test)


@pytest.mark.parametrize(
    "test",
    [
        Condition("LastName", at_least="山"),
        Condition("Score__c", contains=("1",)),
        Condition("OwnerId", contains=("005",)),
        Condition("Interests__c", contains=("車",)),
        Condition("Interests__c", is_in=("車;家",)),
        Condition("Score__c", is_in=("1 OR Id != null",)),
        Condition("Birthdate", at_least="昨日"),
        Condition("CreatedDate", at_most="2026-01-01"),
        Condition("LastName", is_in=("あ" * 4_001,)),
    ],
)
def test_what_a_field_cannot_be_asked_is_refused_before_anything_is_read(test: Condition) -> None:
    with pytest.raises(BadInput):
        soql(test)


# -- which fields there are ---------------------------------------------------------------------------------------------
def described(name: str, *fields: dict[str, Any]) -> dict[str, Any]:
    rights = {"nillable": True, "createable": True, "updateable": True, "defaultedOnCreate": False}
    return {
        "name": name,
        "label": name,
        "createable": True,
        "updateable": True,
        "fields": [{"label": f["name"], "type": "string", **rights, **f} for f in fields],
    }


ORG = {
    "Lead": described(
        "Lead",
        {"name": "LastName"},
        {"name": "Description", "type": "textarea", "length": 32_000, "filterable": False},
        {
            "name": "OwnerId",
            "type": "reference",
            "referenceTo": ["Group", "User"],
            "relationshipName": "Owner",
        },
        {"name": "Shop__c", "type": "reference", "referenceTo": ["Shop__c"], "relationshipName": "Shop__r"},
    ),
    "User": described(
        "User",
        {"name": "Email", "type": "email"},
        {"name": "Secret__c"},
        {"name": "ManagerId", "type": "reference", "referenceTo": ["User"], "relationshipName": "Manager"},
    ),
    "Shop__c": described("Shop__c", {"name": "Name"}),
}


def vendor(request: Request) -> Answer:
    name = request.url.split("/")[-2]
    return answer(request, ORG[name]) if name in ORG else answer(request, [error("NOT_FOUND")], status=404)


def prepared(*names: str) -> Search:
    tests = [Condition(name, filled=True) for name in names]
    search, _, _ = play(CONNECTOR.prepare_search(reading().object, tests), vendor)
    assert isinstance(search, Search)
    return search


def test_fields_of_related_records_are_found_through_relationships_even_where_one_is_hidden() -> None:
    search = prepared("LastName", "Owner.Email", "Shop__r.Name")
    assert {name: field.vendor_type for name, field in search.fields.items()} == {
        "LastName": "string",
        "Owner.Email": "email",
        "Shop__r.Name": "string",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Lastname", "LastName"),
        ("Owner.Secret__c", "Owner.Secret__c"),
        ("Store__r.Name", "Store__r.Name"),
        ("Owner.Manager.Email", "Owner.Manager.Email"),
        ("Gone__c", "Gone__c"),
        ("Description", "textarea"),
    ],
)
def test_a_field_that_is_not_there_or_cannot_be_asked_for_is_named(name: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        prepared(name)
    assert words in f"{caught.value} {caught.value.remedy.format(**caught.value.places)}"


def test_matching_records_are_read_living_and_in_order() -> None:
    search = Search((Condition("LastName", is_in=("山田 太郎",)),), FIELDS)
    flow = CONNECTOR.read_matching(reading(), search)
    _, _, steps = play(flow, lambda request: answer(request, rows()))
    asked = soql_of(steps[0][0])
    assert asked.endswith("FROM Lead WHERE (LastName IN ('山田 太郎')) AND IsConverted = false ORDER BY Id")


def test_a_filter_too_long_for_one_query_is_refused() -> None:
    search = Search((Condition("LastName", is_in=tuple("あ" * 300 + str(n) for n in range(30))),), FIELDS)
    with pytest.raises(BadInput, match="longer than"):
        play(CONNECTOR.read_matching(reading(), search), lambda request: answer(request, rows()))
