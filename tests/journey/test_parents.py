"""Rules that look at a record's parents are foreseen through every command, by the parent that the record will have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.installation import Installation, heading, installation
from tests.support.small_workspace import pass_an_hour

CONFIGURATION = (
    heading("parents")
    + """\
[[syncs]]
name = "people"
ma = {{ connection = "hubspot", object = "contact" }}
crm = {{ connection = "salesforce", objects = ["Contact", "Lead"] }}
create_as = [{{ object = "Contact", needs = ["salesforceaccountid"] }}, {{ object = "Lead" }}]
fields = [
    {{ ma = "email", crm = "Email" }},
    {{ ma = "lastname", crm = "LastName" }},
    {{ ma = "company", crm = {{ Lead = "Company" }} }},
    {{ ma = "jobtitle", crm = "Title", direction = "ma" }},
    {{ ma = "salesforceaccountid", crm = {{ Contact = "AccountId" }}, direction = "ma" }},
]
"""
)
RULE = {
    "name": "Partners_Have_No_Chiefs",
    "formula": 'AND(ISPICKVAL(Account.Type, "Partner"), Title = "部長")',
    "message": "パートナーの部長は登録できません。",
    "field": "Title",
}


@pytest.fixture
def here() -> Iterator[Installation]:
    """Three accounts; the rule is about contacts."""
    with installation(template=CONFIGURATION, orgs="parents") as made:
        made.salesforce.schema("Contact", add_rule=RULE)
        yield made


@pytest.fixture
def accounts(here: Installation) -> dict[str, str]:
    """Ids by type."""
    kinds = ("Partner", "Customer")
    ids = here.salesforce.load("Account", [{"Name": f"{kind}社", "Type": kind} for kind in kinds])
    return dict(zip(kinds, ids, strict=True))


def contact(number: int, account: str, title: str) -> dict[str, str]:
    return {
        "email": f"p{number}@example.jp",
        "lastname": f"山田{number}",
        "jobtitle": title,
        "salesforceaccountid": account,
    }


def held(here: Installation) -> set[str]:
    items = [item for item in here.items() if item["error_type"] == "validation_rule"]
    assert {(item["source"], item["detail"]["rule"]) for item in items} <= {("foreseen", RULE["name"])}
    return {item["label"] for item in items}


def titles(here: Installation) -> dict[str, str]:
    return {row["Email"]: row["Title"] for row in here.salesforce.rows("Contact")}


def test_creates_and_updates_are_held_by_the_account_they_have_or_move_to(
    here: Installation, accounts: dict[str, str]
) -> None:
    partner, customer = accounts["Partner"], accounts["Customer"]
    ids = here.hubspot.load(
        "contacts",
        [
            contact(0, partner, "部長"),
            contact(1, customer, "部長"),
            contact(2, partner, "課長"),
            contact(3, customer, "部長"),
        ],
    )
    assert here.sync().status == 1
    assert held(here) == {"p0@example.jp"}
    assert titles(here) == {"p1@example.jp": "部長", "p2@example.jp": "課長", "p3@example.jp": "部長"}
    pass_an_hour(here)
    assert here.sync().status == 1
    # Somebody becomes a chief at a partner, and a chief moves to one; whoever leaves the partner may be one.
    here.hubspot.edit("contact", ids[2], {"jobtitle": "部長"})
    here.hubspot.edit("contact", ids[3], {"salesforceaccountid": partner})
    here.hubspot.edit("contact", ids[0], {"salesforceaccountid": customer})
    pass_an_hour(here)
    here.sync()
    assert held(here) == {"p2@example.jp", "p3@example.jp"}
    assert titles(here)["p0@example.jp"] == "部長"
    # The administrator mends the account; nobody touches the people.
    here.salesforce.edit("Account", partner, {"Type": "Customer"})
    pass_an_hour(here)
    assert here.sync().status == 0
    assert here.items() == []
    assert set(titles(here).values()) == {"部長"}


def test_reading_parents_costs_one_call_and_only_where_a_rule_looks_at_them(
    here: Installation, accounts: dict[str, str]
) -> None:
    here.hubspot.load("contacts", [contact(n, accounts["Customer"], "課長") for n in range(5)])

    def reads() -> int:
        (plan,) = here.run("plan", "--json").document["plans"]
        return int(plan["calls"]["read"])

    with_rule = reads()
    here.salesforce.schema("Contact", remove_rule={"name": RULE["name"]})
    assert with_rule - reads() == 1


def test_check_and_its_proof_agree_and_nothing_is_said_to_be_lacking(
    here: Installation, accounts: dict[str, str]
) -> None:
    owned = {"name": "Owner_Is_Active", "formula": "NOT(Owner.IsActive)", "message": "所有者が無効です。"}
    here.salesforce.schema("Contact", add_rule=owned)
    pairs = [(accounts[kind], title) for kind in accounts for title in ("部長", "課長") for _ in range(3)]
    here.hubspot.load("contacts", [contact(n, *pair) for n, pair in enumerate(pairs)])
    found = proof(here)
    assert found["not_foreseen"] == []
    (row,) = [row for row in found["proof"]["rules"] if row["rule"] == RULE["name"]]
    assert (row["certain"], row["foreseen"], row["refused_by_it"], row["saved"]) == (True, 3, 3, 0)
    assert (found["proof"]["precision"], found["proof"]["recall"]) == (1, 1)


def proof(here: Installation) -> dict[str, Any]:
    (found,) = here.run("check", "--prove", "--json").document["checks"]
    return dict(found)


def test_a_rule_that_would_look_at_parents_is_counted_before_anybody_makes_it(
    here: Installation, accounts: dict[str, str]
) -> None:
    here.salesforce.schema("Contact", remove_rule={"name": RULE["name"]})
    people = [contact(n, accounts[kind], "部長") for n, kind in enumerate(("Partner", "Partner", "Customer"))]
    here.hubspot.load("contacts", people)
    change = f"Contact rule '{RULE['formula']}'"
    (found,) = here.run("check", "--what-if", change, "--json").document["checks"]
    assert (found["refused_now"], found["refused"]) == (0, 2)
    assert here.sync().status == 0
    # The same of people who are there already.
    pass_an_hour(here)
    here.sync()
    here.salesforce.schema("Contact", add_rule=RULE)
    (drift,) = here.run("drift", "--json").document["drifts"]
    assert drift["people"] == 2


def test_rows_of_a_file_are_judged_by_the_accounts_that_they_name(
    here: Installation, accounts: dict[str, str]
) -> None:
    rows = [f"山田,部長,{accounts[kind]}" for kind in ("Partner", "Customer")]
    (here.folder / "people.csv").write_text("\n".join(["LastName,Title,AccountId", *rows]), encoding="utf-8")
    told = here.run("doctor", "--data", "people.csv", "--object", "Contact", "--json")
    assert (told.status, told.document["refused"], told.document["notes"]) == (1, 1, [])


def test_a_hidden_field_of_a_parent_costs_only_what_cannot_be_foreseen(
    here: Installation, accounts: dict[str, str]
) -> None:
    secret = {"name": "By_Industry", "formula": 'ISPICKVAL(Account.Industry, "金融業")', "message": "…"}
    here.salesforce.schema("Contact", add_rule=secret)
    here.salesforce.process.control("settings", {"hidden_fields": {"Account": ["Industry"]}})
    here.hubspot.load(
        "contacts", [contact(0, accounts["Partner"], "部長"), contact(1, accounts["Customer"], "部長")]
    )
    (found,) = here.run("check", "--json").document["checks"]
    assert [(one["rule"], one["lacking"]) for one in found["not_foreseen"]] == [
        ("By_Industry", ["parent Account"])
    ]
    assert here.sync().status == 1
    assert held(here) == {"p0@example.jp"}
    # The same of the whole object.
    here.salesforce.process.control("settings", {"object_permissions": {"Account": {"read": False}}})
    (found,) = here.run("check", "--json").document["checks"]
    assert {one["rule"] for one in found["not_foreseen"]} == {"By_Industry", RULE["name"]}
    assert found["refused"] == 0
