"""``awase check``: what would be refused is told before anything is sent, and it is what the org refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.installation import Installation
from tests.support.small_workspace import contact, load, pass_an_hour, small_workspace

TITLES = ("部長", "課長", "係長")


@pytest.fixture
def here() -> Iterator[Installation]:
    with small_workspace() as made:
        yield made


def causes(here: Installation, *options: str) -> Counter[tuple[str, str, bool]]:
    """Error type, field and certainty of each cause, with how many records it stops."""
    (found,) = here.run("check", "--json", *options).document["checks"]
    return Counter({(c["error_type"], c["field"], c["certain"]): c["records"] for c in found["causes"]})


def test_what_is_foreseen_before_the_first_sync_is_what_the_sync_holds(here: Installation) -> None:
    load(
        here,
        *(contact(n) for n in range(4)),
        *(contact(n, company="") for n in (4, 5)),
        contact(6, lastname="", jobtitle="長" * 200),
    )
    here.connect_by_command()
    before = here.writes()
    checked = here.run("check", "--json")
    assert checked.status == 1
    assert here.writes() == before
    (found,) = checked.document["checks"]
    assert (found["refused"], found["likely_refused"], found["read"]["hubspot:contact"]) == (3, 0, 7)
    assert causes(here) == {
        ("required_value_missing", "Company", True): 2,
        ("required_value_missing", "LastName", True): 1,
        ("string_too_long", "Title", True): 1,
    }
    here.sync()
    held: Counter[Any] = Counter((item["error_type"], item["field"], True) for item in here.items())
    assert held == causes(here)


def test_a_rule_that_changed_is_foreseen_for_people_who_agree_and_rest(here: Installation) -> None:
    load(here, *(contact(n, jobtitle=TITLES[n % 3]) for n in range(9)))
    here.connect_by_command()
    assert here.sync().status == 0
    pass_an_hour(here)
    here.sync()
    assert here.run("check").status == 0
    # The administrator makes the title a list that lacks one of the titles in use.
    listed = {"name": "Title", "type": "picklist", "restricted": True, "values": ["部長", "課長"]}
    here.salesforce.schema("Lead", change_field=listed)
    plan = here.run("plan", "--json").document["plans"][0]
    assert (plan["writes"], here.items()) == ({}, [])
    (found,) = here.run("check", "--json").document["checks"]
    (cause,) = found["causes"]
    assert (cause["field"], cause["records"], cause["values"]) == (
        "Title",
        3,
        [{"value": "係長", "records": 3, "nearest": None}],
    )
    shown = here.run("check", "--lang", "ja").out
    assert "係長 (3)" in shown
    # It was right: whoever still has such a title is refused, and nobody else.
    pass_an_hour(here)
    for row in here.hubspot.rows("contact"):
        here.hubspot.edit("contact", row["id"], {"jobtitle": "主任" if row["jobtitle"] == "係長" else "部長"})
    was = {row["email"]: TITLES[int(row["lastname"][2:]) % 3] for row in here.hubspot.rows("contact")}
    assert here.sync().status == 1
    assert Counter(was[item["label"]] for item in here.items()) == {"係長": 3}


def test_the_spreadsheet_names_every_person_and_the_values_that_are_allowed(here: Installation) -> None:
    load(here, contact(1, company=""), contact(2))
    here.connect_by_command()
    assert here.run("check", "people", "--csv", "check.csv").status == 1
    text = (here.folder / "check.csv").read_text(encoding="utf-8-sig")
    assert "person1@example.jp" in text
    assert "person2@example.jp" not in text


def test_a_sync_that_is_not_there_is_named(here: Installation) -> None:
    ended = here.run("check", "nobody", "--json")
    assert ended.status == 2
    assert "nobody" in ended.document["error"]["text"]


def held_by_rules(here: Installation) -> set[tuple[str, str]]:
    """Who is held by a rule that was foreseen, and by which."""
    items = [item for item in here.items() if item["error_type"] == "validation_rule"]
    assert {item["source"] for item in items} <= {"foreseen"}
    return {(item["label"], item["detail"]["rule"]) for item in items}


def test_a_rule_that_looks_at_fields_nobody_maps_is_foreseen_on_the_stored_record(here: Installation) -> None:
    load(here, *(contact(n, jobtitle="部長") for n in range(4)))
    here.connect_by_command()
    assert here.sync().status == 0
    leads = {row["Email"]: row["id"] for row in here.salesforce.rows("Lead")}
    for n, origin in enumerate(("Web", "Other", "Web", None)):
        here.salesforce.edit("Lead", leads[contact(n)["email"]], {"LeadSource": origin})
    here.salesforce.schema(
        "Lead",
        add_rule={
            "name": "Web_Leads_Keep_Their_Title",
            "message": "Webから来たリードの役職は変更できません。",
            "field": "Title",
            "formula": 'AND(NOT(ISNEW()), ISCHANGED(Title), ISPICKVAL(LeadSource, "Web"), CreatedDate < NOW())',
        },
    )
    pass_an_hour(here)
    for row in here.hubspot.rows("contact"):
        here.hubspot.edit("contact", row["id"], {"jobtitle": "課長"})
    refused = here.salesforce.writes()
    assert here.sync().status == 1
    expected = {(contact(n)["email"], "Web_Leads_Keep_Their_Title") for n in (0, 2)}
    assert held_by_rules(here) == expected
    # Only the two that pass were sent.
    titles = {row["Email"]: row["Title"] for row in here.salesforce.rows("Lead")}
    assert [titles[contact(n)["email"]] for n in range(4)] == ["部長", "課長", "部長", "課長"]
    assert here.salesforce.writes() == refused + 1
    # Once the stored record changes, the held ones go by themselves.
    for n in (0, 2):
        here.salesforce.edit("Lead", leads[contact(n)["email"]], {"LeadSource": "Other"})
    pass_an_hour(here)
    assert here.sync().status == 0
    assert {row["Title"] for row in here.salesforce.rows("Lead")} == {"課長"}


def test_a_rule_of_one_record_type_is_foreseen_for_new_records_and_for_old_ones(here: Installation) -> None:
    for name, default in (("Partner", False), ("Customer", True)):
        here.salesforce.schema(
            "Lead", add_record_type={"name": name, "developer_name": name, "default": default}
        )
    here.salesforce.schema(
        "Lead",
        add_rule={
            "name": "Customers_Have_A_Title",
            "message": "役職を入力してください。",
            "formula": 'AND(RecordType.DeveloperName = "Customer", ISBLANK(Title))',
        },
    )
    load(here, contact(1, jobtitle=""), contact(2, jobtitle="部長"), contact(3, jobtitle="部長"))
    here.connect_by_command()
    assert here.sync().status == 1
    assert held_by_rules(here) == {(contact(1)["email"], "Customers_Have_A_Title")}
    partner = here.salesforce.rows("RecordType")
    ids = {row["DeveloperName"]: row["id"] for row in partner}
    leads = {row["Email"]: row["id"] for row in here.salesforce.rows("Lead")}
    here.salesforce.edit("Lead", leads[contact(2)["email"]], {"RecordTypeId": ids["Partner"]})
    pass_an_hour(here)
    for row in here.hubspot.rows("contact"):
        here.hubspot.edit("contact", row["id"], {"jobtitle": ""})
    assert here.sync().status == 1
    assert held_by_rules(here) == {(contact(n)["email"], "Customers_Have_A_Title") for n in (1, 3)}


def test_a_rule_that_a_proof_finds_wrong_holds_nobody_any_more(here: Installation) -> None:
    load(here, *(contact(n, jobtitle="ＣＥＯ") for n in range(3)), contact(3))
    here.salesforce.schema(
        "Lead",
        add_rule={
            "name": "Titles_In_Half_Width",
            "message": "役職は半角で入力してください。",
            "field": "Title",
            "formula": 'CONTAINS(Title, "ＣＥＯ")',
        },
    )
    # Nobody but the administrator knows that a flow mends the title before the rule is asked.
    here.salesforce.schema(
        "Lead", add_rule={"name": "Mend", "set": {"Title": "CEO"}, "when": {"equals": ["Title", "ＣＥＯ"]}}
    )
    here.connect_by_command()
    assert here.sync().status == 1
    assert len(held_by_rules(here)) == 3
    proved = here.run("check", "--prove", "--json")
    assert proved.status == 1
    (found,) = proved.document["checks"]
    assert found["proof"]["precision"] == 0
    (score,) = found["scores"]
    assert (score["rule"], score["right"], score["wrong"], score["demoted"]) == (
        "Titles_In_Half_Width",
        0,
        3,
        True,
    )
    assert "Titles_In_Half_Width" in here.run("check", "--lang", "ja").out
    assert here.sync().status == 0
    assert here.items() == []
    assert sorted(row["Title"] for row in here.salesforce.rows("Lead")) == ["CEO"] * 3 + ["課長"]


def test_rules_that_cannot_be_foreseen_are_listed_with_their_reason(here: Installation) -> None:
    load(here, contact(1))
    rule = {"message": "選択できません。", "name": "Owner_Is_Known", "formula": "ISBLANK(Owner.Alias)"}
    here.salesforce.schema("Lead", add_rule=rule)
    here.salesforce.process.control("settings", {"hidden_fields": {"User": ["Alias"]}})
    here.connect_by_command()
    (found,) = here.run("check", "--json").document["checks"]
    assert [(one["rule"], one["reason"], one["lacking"]) for one in found["not_foreseen"]] == [
        ("Owner_Is_Known", None, ["parent Owner"])
    ]
    assert "Owner_Is_Known" in here.run("check").out


def test_rules_that_ask_who_writes_are_foreseen_with_the_integration_users_own_rights(
    here: Installation,
) -> None:
    load(here, *(contact(n, jobtitle=TITLES[n]) for n in range(3)))
    formula = (
        'AND(NOT($Permission.Bypass_Rules), $Profile.Name = "Integration User", $User.UserType = "Standard", '
        'Title = "部長")'
    )
    rule = {"name": "No_Chiefs", "message": "部長は登録できません。", "formula": formula, "field": "Title"}
    here.salesforce.schema("Lead", add_rule=rule)
    here.connect_by_command()
    (found,) = here.run("check", "--json").document["checks"]
    assert found["not_foreseen"] == []
    assert here.sync().status == 1
    assert held_by_rules(here) == {(contact(0)["email"], "No_Chiefs")}
    # The administrator lets the integration user pass, and whoever was held goes by themselves.
    here.salesforce.process.control("settings", {"custom_permissions": ["Bypass_Rules"]})
    pass_an_hour(here)
    assert here.sync().status == 0
    assert here.items() == []


def test_a_change_is_counted_before_anybody_makes_it(here: Installation) -> None:
    load(here, *(contact(n, jobtitle=TITLES[n % 3]) for n in range(7)), contact(7, company=""))
    here.connect_by_command()
    before = here.writes()
    asked = here.run(
        "check", "--what-if", "Lead.Title length 1", "--what-if", "Lead.Phone required", "--json"
    )
    (found,) = asked.document["checks"]
    assert (found["refused_now"], found["refused"], found["newly_refused"]) == (1, 8, 7)
    assert {(cause["error_type"], cause["field"]): cause["records"] for cause in found["causes"]} == {
        ("string_too_long", "Title"): 7,
        ("required_value_missing", "Phone"): 7,
    }
    formula = "Lead rule 'Title = \"課長\"'"
    (found,) = here.run("check", "--what-if", formula, "--json", "--csv", "new.csv").document["checks"]
    assert (found["refused_now"], found["refused"], found["newly_refused"]) == (1, 3, 2)
    rows = (here.folder / "new.csv").read_text(encoding="utf-8-sig")
    assert ("person1@example.jp" in rows, "person7@example.jp" in rows) == (True, False)
    assert here.writes() == before
    said = here.run("check", "--what-if", "Lead.Title length 1", "--lang", "ja").out
    assert "7 件は、この変更によって新たに拒否されます" in said
    wrong = here.run("check", "--what-if", "Leed.Title required", "--json")
    assert (wrong.status, "Lead" in wrong.document["error"]["remedy"]) == (2, True)
