"""A change that somebody thinks of: the sentence, and what becomes of the object."""

from __future__ import annotations

from dataclasses import replace

import pytest

from awase.core.schema import Field, ObjectSchema, Option, Rule, Schema
from awase.core.values import Kind
from awase.core.what_if import changed, known_object, meant, read
from awase.errors import BadInput, UnknownName

LIST = (Option("製造業", "Manufacturing"), Option("小売", "Retail"), Option("旧", "Old", active=False))


def field(name: str, **more: object) -> Field:
    return Field(name=name, label=name, kind=more.pop("kind", Kind.TEXT), vendor_type="x", **more)  # type: ignore[arg-type]


LEAD = ObjectSchema(
    name="Lead",
    label="Lead",
    fields={
        one.name: one
        for one in (
            field("Company", max_length=255),
            field("Industry", options=LIST),
            field("Status", options=LIST, by_default=True),
            field("Budget__c", kind=Kind.DECIMAL),
            field("Sum__c", createable=False, updateable=False, computed=True),
        )
    },
    rules=(Rule(id="1", object="Lead", name="Awake", formula="ISBLANK(Company)", message="!"),),
)
ASLEEP = (
    Rule(id="2", object="Lead", name="Asleep", formula="Budget__c > 5", message="too much"),
    Rule(id="3", object="Lead", name="Odd", formula="FANCY(Company)", message="?"),
    Rule(id="4", object="Contact", name="Elsewhere", formula="true", message="?"),
)


def after(*texts: str) -> ObjectSchema:
    changes = [meant(read(text), ["Lead", "Contact"]) for text in texts]
    return changed(Schema({"Lead": LEAD}), changes, ASLEEP).objects["Lead"]


def test_a_field_becomes_required() -> None:
    assert after("Lead.Company required").fields["Company"].required
    assert after(" lead.company  required ").fields["Company"].required


def test_what_the_vendor_fills_in_is_never_missing() -> None:
    assert not after("Lead.Status required").fields["Status"].required


def test_a_list_takes_only_its_options() -> None:
    assert after("Lead.Industry restricted").fields["Industry"].restricted


@pytest.mark.parametrize("option", ["製造業", "'製造業'", '"製造業"', "Manufacturing"])
def test_an_option_can_be_chosen_no_more(option: str) -> None:
    options = after(f"Lead.Industry without {option}").fields["Industry"].options
    assert options is not None
    assert [one.value for one in options if one.active] == ["小売"]


def test_a_text_gets_shorter_and_unique() -> None:
    made = after("Lead.Company length 40", "Lead.Company unique").fields["Company"]
    assert (made.max_length, made.unique) == (40, True)


def test_a_rule_is_switched_on_by_name_or_given_by_its_formula() -> None:
    made = after("Lead rule asleep on", "Lead rule 'AND(Company = \"x\", Budget__c > 1)'")
    assert [rule.name for rule in made.rules] == ["Awake", "Asleep", "what-if-2"]
    assert made.rules[2].formula == 'AND(Company = "x", Budget__c > 1)'


def test_a_rule_that_is_on_stays_as_it_is() -> None:
    assert after("Lead rule Awake on") == LEAD


def test_other_objects_are_passed_over_and_nothing_else_changes() -> None:
    assert after("Contact.Email required") == LEAD
    assert {**after("Lead.Company required").fields, "Company": LEAD.fields["Company"]} == LEAD.fields


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Company required", "cannot be read"),
        ("Lead.Company", "cannot be read"),
        ("Lead.Company length long", "cannot be read"),
        ("Lead.Compny required", "has no field"),
        ("Lead.Sum__c required", "nobody writes"),
        ("Lead.Company without x", "no options"),
        ("Lead.Company restricted", "no options"),
        ("Lead.Industry without 製造", "no active option"),
        ("Lead.Industry without 旧", "no active option"),
        ("Lead.Industry length 3", "only a text has a length"),
        ("Lead.Budget__c unique", "only of texts"),
        ("Lead rule Asleeep on", "no rule"),
        ("Lead rule Elsewhere on", "no rule"),
        ("Lead rule Odd on", "cannot be judged"),
        ("Lead rule 'FANCY(1)'", "cannot be judged"),
    ],
)
def test_what_cannot_be_is_told(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as told:
        after(text)
    assert "--what-if" in told.value.where


def test_a_wrong_name_is_told_with_near_ones() -> None:
    with pytest.raises(UnknownName) as told:
        after("Lead.Industry without 製造")
    assert told.value.places["near"] == "製造業"
    with pytest.raises(UnknownName, match="nothing is known"):
        known_object(read("Leads.Company required"), ["Lead", "contact"])
    assert known_object(read("Contact.email required"), ["Lead", "contact"]) == "contact"


def test_of_two_objects_that_differ_in_case_the_very_name_is_meant() -> None:
    known = ("contact", "Contact", "Lead")
    assert [
        meant(read(f"{name}.Title required"), known).object for name in ("Contact", "contact", "lead")
    ] == [
        "Contact",
        "contact",
        "Lead",
    ]
    two = Schema({"contact": replace(LEAD, name="contact"), "Contact": replace(LEAD, name="Contact")})
    after_all = changed(two, [read("Contact.Company required")]).objects
    assert [after_all[name].fields["Company"].required for name in ("Contact", "contact")] == [True, False]


def test_a_length_of_nothing_is_none() -> None:
    with pytest.raises(BadInput):
        after("Lead.Company length 0")
