"""A one-off import from the CRM, through the command, on two practice orgs over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.installation import HOUR, Installation, installation
from tests.support.small_workspace import CONFIGURATION

ACCOUNT = "株式会社 山田 商店"
LEADS = ("五", "六", "七")


@pytest.fixture
def place() -> Iterator[Installation]:
    """Three contacts of a company with a name of several words, one of another, and leads; in HubSpot one person who is
    one of the contacts, and one who is nobody there."""
    with installation(orgs="import", template=CONFIGURATION) as made:
        crm = made.salesforce
        yamada, other = crm.load("Account", [{"Name": ACCOUNT}, {"Name": "山田"}])
        contacts = [("一", yamada), ("二", yamada), ("三", yamada), ("四", other)]
        crm.load(
            "Contact",
            [
                {
                    "LastName": name,
                    "Email": f"{number}@yamada.example.jp",
                    "AccountId": account,
                    "HasOptedOutOfEmail": name == "三",
                }
                for number, (name, account) in enumerate(contacts, 1)
            ],
        )
        companies = ("100% _無添加_", "100個入り無添加品", "O'Hara \\ 商会")
        crm.load(
            "Lead",
            [
                {"LastName": name, "Company": company, "Email": f"{number}@lead.example.jp", "Title": "課長"}
                for number, (name, company) in enumerate(zip(LEADS, companies, strict=True), 5)
            ],
        )
        made.hubspot.load(
            "contacts",
            [
                {"email": "2@yamada.example.jp", "lastname": "二", "jobtitle": "部長"},
                {"email": "9@hubspot.example.jp", "lastname": "九", "company": "九"},
            ],
        )
        yield made


def people(place: Installation) -> dict[str, dict[str, Any]]:
    found = {row["lastname"]: row for row in place.hubspot.rows("contact")}
    assert len(found) == len(place.hubspot.rows("contact")), "nobody is there twice"
    return found


def imported(place: Installation, *arguments: str) -> dict[str, Any]:
    """An import's report."""
    ended = place.run("import", "--json", *arguments)
    assert ended.status in (0, 1), ended
    report: dict[str, Any] = ended.document["plans" if "--preview" in arguments else "runs"][0]
    return report


def numbers(total: int, new: int = 0, matched: int = 0, linked: int = 0, **ignored: int) -> dict[str, Any]:
    return {"total": total, "new": new, "matched": matched, "linked": linked, "ignored": ignored}


def test_contacts_of_one_company_come_once_nobody_twice_and_the_next_sync_does_the_rest(
    place: Installation,
) -> None:
    where = ("--where", f"Contact.Account.Name = {ACCOUNT}")
    preview = imported(place, *where, "--preview")
    assert preview["import"] == numbers(3, new=2, matched=1)
    assert [guard["rule"] for guard in preview["guards"]] == ["first_sync"]
    assert preview["calls"]["write"] > 0
    assert place.writes() == 0, "a preview writes nothing"
    stopped = place.run("import", *where)
    assert stopped.status == 4, stopped
    assert place.writes() == 0, "a guard asks first"

    report = imported(place, *where, "--yes")
    assert report["plan"]["import"] == preview["import"]
    assert (report["kind"], report["state"]) == ("import", "done")
    assert set(people(place)) == {"一", "二", "三", "九"}
    assert people(place)["三"]["hs_email_optout"] == "true"
    assert people(place)["一"].get("hs_email_optout") != "true"
    crm = {row["LastName"]: row for row in place.salesforce.rows("Contact")}
    assert (len(crm), len(place.salesforce.rows("Lead"))) == (4, 3), "an import creates nothing in the CRM"
    assert crm["二"]["Title"] is None, "nor writes to it"

    again = imported(place, *where, "--yes")
    assert again["plan"]["import"] == numbers(3, linked=3)
    assert again["plan"]["writes"] == {}

    place.let_pass(HOUR)
    rest = place.sync().document["runs"][0]
    assert rest["plan"]["writes"] == {
        "hubspot:contact:create": 4,
        "salesforce:Contact:update": 1,
        "salesforce:Lead:create": 1,
    }
    assert {row["LastName"]: row for row in place.salesforce.rows("Contact")}["二"]["Title"] == "部長"
    place.let_pass(HOUR)
    assert place.sync().document["runs"][0]["plan"]["writes"] == {}


def test_values_of_any_signs_pick_just_whom_they_name(place: Installation) -> None:
    cases = {
        "Lead.Company contains 100% _無": ["五"],
        'Lead.Company in "O\'Hara \\\\ 商会", 100個入り無添加品': ["六", "七"],
        "Lead.Company = ' OR Id != null OR Company = '": [],
        "Lead.CreatedDate at_least 2000-01-01T00:00:00+09:00": list(LEADS),
    }
    for test, expected in cases.items():
        found = imported(place, "--where", test, "--preview")["import"]
        assert found["total"] == found["new"] == len(expected), test
    contact = {"LastName": "五", "Email": "5@lead.example.jp"}
    place.salesforce.load("Contact", [contact])
    twin = imported(place, "--where", "Lead.LastName = 五", "--preview")["import"]
    assert twin == numbers(1, linked_elsewhere=1), "the same person is a contact, who comes before a lead"
    narrowed = imported(place, "--object", "Lead", "--limit", "2", "--yes")
    assert narrowed["plan"]["import"] == numbers(2, new=2)
    assert len(people(place)) == 4


def test_an_import_brings_whom_the_sync_itself_does_not_create_but_its_filter_holds(
    place: Installation,
) -> None:
    place.replace('name = "people"\n', 'name = "people"\ncreate_in_ma = false\n')
    place.replace(
        "[[syncs.create_as]]",
        '[syncs.filter]\ncrm = [{ field = "LastName", is_not = ["六"] }]\n\n[[syncs.create_as]]',
    )
    place.sync()
    place.let_pass(HOUR)
    assert set(people(place)) == {"二", "九"}
    report = imported(place, "--object", "Lead", "--yes")
    assert report["plan"]["import"] == numbers(4, new=2, linked=1, filtered=1), (
        "one of them came from HubSpot"
    )
    assert report["sides"]["salesforce:Lead"]["reasons"] == {"filtered": 1}
    assert set(people(place)) == {"二", "九", "五", "七"}
    place.let_pass(HOUR)
    place.salesforce.edit(
        "Lead",
        next(row["id"] for row in place.salesforce.rows("Lead") if row["LastName"] == "五"),
        {"Title": "社長"},
    )
    place.sync()
    assert people(place)["五"]["jobtitle"] == "社長", "whoever was brought is in the sync from then on"


def test_a_filter_on_a_field_that_is_gone_stops_before_anything_happens(place: Installation) -> None:
    tier = {"name": "Tier__c", "label": "ランク", "type": "string", "length": 20}
    place.salesforce.schema("Lead", add_field=tier)
    assert imported(place, "--where", "Lead.Tier__c blank", "--preview")["import"]["total"] == 3
    place.salesforce.schema("Lead", remove_field={"name": "Tier__c"})
    runs = len(place.run("runs", "--json").document["runs"])
    for test, words in {
        "Lead.Tier__c = 金": ("Lead", "Tier__c"),
        "Account.Name = 山田": ("Lead", "Account.Name", "Contact.Account.Name"),
        "Lead.CreatedDate >= 昨日": ("CreatedDate", "datetime"),
    }.items():
        stopped = place.run("import", "--yes", "--where", test)
        assert stopped.status == 2, stopped
        assert all(word in stopped.err for word in words), stopped.err
    told = place.run("--lang", "ja", "import", "--yes", "--where", "Lead.Tier__c = 金")
    assert "Lead.Tier__c は存在しない" in told.err, told.err
    assert place.writes() == 0
    assert len(place.run("runs", "--json").document["runs"]) == runs
    assert place.run("incidents", "--json").document["incidents"] == []
