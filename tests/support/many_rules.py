"""An org whose administrator has set 27 validation rules, automations and duplicate rules, and people with every fault.

Each rule is written twice: as the formula that the administrator typed, and by hand as a test of ours over plain values
(``holds``), so that a slip of the formula language cannot agree with itself.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.support.installation import Installation, heading, installation

Values = Mapping[str, Any]
"""A lead by field name; what is blank is absent. Numbers are ints, dates are dates."""

_FIELDS: Mapping[str, str] = {
    "email": "Email",
    "lastname": "LastName",
    "firstname": "FirstName",
    "company": "Company",
    "phone": "Phone",
    "mobilephone": "MobilePhone",
    "jobtitle": "Title",
    "website": "Website",
    "city": "City",
    "state": "State",
    "country": "Country",
    "zip": "PostalCode",
    "industry": "Industry",
    "origin": "LeadSource",
    "numberofemployees": "NumberOfEmployees",
    "annualrevenue": "AnnualRevenue",
    "remark": "Remark__c",
    "planned_budget": "Planned_Budget__c",
    "close_plan": "Close_Plan__c",
    "line": "Line__c",
    "product": "Product__c",
    "agreed": "Agreed__c",
    "wishes": "Wishes__c",
}
"""HubSpot property → field of the lead."""

_CONFIGURATION = (
    heading("rules")
    + """\
[[syncs]]
name = "people"
ma = {{ connection = "hubspot", object = "contact" }}
crm = {{ connection = "salesforce", objects = ["Lead"] }}
create_as = [{{ object = "Lead" }}]
fields = [
"""
)
_CONFIGURATION += "".join(
    f'    {{{{ ma = "{ma}", crm = "{crm}", direction = "ma" }}}},\n' for ma, crm in _FIELDS.items()
)
_CONFIGURATION += "]\n"

LINES: Mapping[str, tuple[str, ...]] = {
    "ロボット": ("アーム", "搬送機"),
    "ソフトウェア": ("MA", "CRM"),
    "保守": ("年間保守",),
}
WISHES = ("資料請求", "訪問希望", "連絡停止")
NEXT_YEAR = date(2027, 6, 1)

_PROPERTIES: tuple[dict[str, Any], ...] = (
    *(
        {"name": name}
        for name in ("mobilephone", "website", "country", "origin", "remark", "line", "product")
    ),
    {
        "name": "wishes",
        "type": "enumeration",
        "fieldType": "checkbox",
        "options": [{"value": each, "label": each} for each in (*WISHES, "懇親会")],
    },
    {"name": "annualrevenue", "type": "number", "fieldType": "number"},
    {"name": "planned_budget", "type": "number", "fieldType": "number"},
    {"name": "close_plan", "type": "date", "fieldType": "date"},
    {"name": "agreed", "type": "bool", "fieldType": "booleancheckbox"},
)
"""What a fresh portal's contacts do not have."""

_LEAD_FIELDS: tuple[dict[str, Any], ...] = (
    {"name": "Remark__c", "type": "string", "length": 40},
    {"name": "Planned_Budget__c", "type": "currency", "precision": 14, "scale": 0},
    {"name": "Close_Plan__c", "type": "date"},
    {"name": "Line__c", "type": "picklist", "length": 255, "values": [*LINES], "restricted": True},
    {
        "name": "Product__c",
        "type": "picklist",
        "length": 255,
        "values": [each for products in LINES.values() for each in products],
        "restricted": True,
        "controller": "Line__c",
        "valid_for": {each: [line] for line, products in LINES.items() for each in products},
    },
    {"name": "Agreed__c", "type": "boolean"},
    {"name": "Wishes__c", "type": "multipicklist", "length": 4099, "values": [*WISHES], "restricted": True},
    {"name": "Tier__c", "type": "picklist", "length": 255, "values": ["A", "B", "C"]},
    {"name": "Locked__c", "type": "boolean"},
)


@dataclass(frozen=True, slots=True)
class RuleByHand:
    """One validation rule. ``holds``: after and before the save (None: a new lead)."""

    name: str
    message: str
    formula: str
    holds: Callable[[Values, Values | None], bool]
    field: str = ""


def _number(values: Values, name: str) -> int:
    """Blank counts as nothing where a rule only asks whether it is more."""
    return int(values.get(name) or 0)


def _plan(values: Values) -> date | None:
    return values.get("Close_Plan__c")


def _changed(name: str, now: Values, before: Values | None) -> bool:
    return before is not None and now.get(name) != before.get(name)


def _text(values: Values, name: str) -> str:
    return values.get(name) or ""


RULES: tuple[RuleByHand, ...] = (
    RuleByHand(
        "Phone_Half_Width",
        "電話番号は半角で入力してください。",
        'REGEX(Phone, ".*[０-９－].*")',
        lambda now, _: bool(re.search("[０-９－]", _text(now, "Phone"))),
        "Phone",
    ),
    RuleByHand(
        "Postal_Code_Of_Japan",
        "郵便番号は7桁で入力してください。",
        'AND(OR(Country = "Japan", ISBLANK(Country)), NOT(ISBLANK(PostalCode)), NOT(REGEX(PostalCode, "\\\\d{3}-?\\\\d{4}")))',
        lambda now, _: (
            now.get("Country") in (None, "Japan")
            and bool(_text(now, "PostalCode"))
            and not re.fullmatch("[0-9]{3}-?[0-9]{4}", _text(now, "PostalCode"))
        ),
        "PostalCode",
    ),
    RuleByHand(
        "Mobile_Begins_With_Zero",
        "携帯電話は0または+81で始めてください。",
        'AND(NOT(ISBLANK(MobilePhone)), NOT BEGINS(MobilePhone, "0"), NOT BEGINS(MobilePhone, "+81"))',
        lambda now, _: (
            bool(_text(now, "MobilePhone")) and not _text(now, "MobilePhone").startswith(("0", "+81"))
        ),
        "MobilePhone",
    ),
    RuleByHand(
        "Chiefs_Name_Their_First_Name",
        "部長職は名も入力してください。",
        'CONTAINS(Title, "部長") && ISBLANK(FirstName)',
        lambda now, _: "部長" in _text(now, "Title") and not now.get("FirstName"),
        "FirstName",
    ),
    RuleByHand(
        "No_Test_Companies",
        "テスト用の会社名は登録できません。",
        'OR(BEGINS(LOWER(Company), "test"), BEGINS(Company, "テスト"))',
        lambda now, _: _text(now, "Company").lower().startswith(("test", "テスト")),
        "Company",
    ),
    RuleByHand(
        "Company_Form_Written_Out",
        "会社名の法人格は略さずに入力してください。",
        'CONTAINS(Company, "㈱") || CONTAINS(Company, "(株)")',
        lambda now, _: any(short in _text(now, "Company") for short in ("㈱", "(株)")),
        "Company",
    ),
    RuleByHand(
        "Website_With_Scheme",
        "Webサイトはhttpから入力してください。",
        'AND(LEN(Website) > 0, LEFT(Website, 4) <> "http")',
        lambda now, _: bool(_text(now, "Website")) and _text(now, "Website")[:4] != "http",
        "Website",
    ),
    RuleByHand(
        "Employees_Positive",
        "従業員数が負です。",
        "NumberOfEmployees < 0",
        lambda now, _: now.get("NumberOfEmployees") is not None and now["NumberOfEmployees"] < 0,
        "NumberOfEmployees",
    ),
    RuleByHand(
        "Large_Companies_Tell_Their_Revenue",
        "従業員1,000人以上の会社は年間売上が必要です。",
        "AND(NumberOfEmployees >= 1000, ISBLANK(AnnualRevenue))",
        lambda now, _: _number(now, "NumberOfEmployees") >= 1000 and now.get("AnnualRevenue") is None,
        "AnnualRevenue",
    ),
    RuleByHand(
        "Revenue_In_Yen",
        "年間売上は円で入力してください。",
        "AND(AnnualRevenue > 0, AnnualRevenue < 10000)",
        lambda now, _: 0 < _number(now, "AnnualRevenue") < 10_000,
        "AnnualRevenue",
    ),
    RuleByHand(
        "Budget_Needs_A_Plan",
        "予算があるときは導入予定日が必要です。",
        "AND(Planned_Budget__c > 0, ISBLANK(Close_Plan__c))",
        lambda now, _: _number(now, "Planned_Budget__c") > 0 and _plan(now) is None,
        "Close_Plan__c",
    ),
    RuleByHand(
        "Plan_Not_In_The_Past",
        "導入予定日が過去です。",
        "AND(ISNEW(), Close_Plan__c < DATE(2026, 1, 1))",
        lambda now, before: before is None and (_plan(now) or NEXT_YEAR) < date(2026, 1, 1),
        "Close_Plan__c",
    ),
    RuleByHand(
        "Plan_On_A_Workday",
        "導入予定日は平日にしてください。",
        "CASE(WEEKDAY(Close_Plan__c), 1, TRUE, 7, TRUE, FALSE)",
        lambda now, _: _plan(now) is not None and _plan(now).weekday() >= 5,
        "Close_Plan__c",
    ),
    RuleByHand(
        "Plan_Within_Three_Years",
        "導入予定日が先すぎます。",
        "Close_Plan__c > ADDMONTHS(DATE(2026, 11, 30), 36)",
        lambda now, _: (_plan(now) or NEXT_YEAR) > date(2029, 11, 30),
        "Close_Plan__c",
    ),
    RuleByHand(
        "Web_Leads_Have_A_Site",
        "Webからのリードにはサイトが必要です。",
        'AND(ISPICKVAL(LeadSource, "Web"), ISBLANK(Website))',
        lambda now, _: now.get("LeadSource") == "Web" and not now.get("Website"),
        "Website",
    ),
    RuleByHand(
        "Product_Needs_A_Line",
        "製品には製品群が必要です。",
        "AND(NOT(ISBLANK(TEXT(Product__c))), ISBLANK(TEXT(Line__c)))",
        lambda now, _: bool(now.get("Product__c")) and not now.get("Line__c"),
        "Line__c",
    ),
    RuleByHand(
        "Product_Of_Its_Line",
        "製品群に含まれない製品です。",
        'CASE(Product__c, "アーム", NOT(ISPICKVAL(Line__c, "ロボット")), "MA", NOT(ISPICKVAL(Line__c, "ソフトウェア")), FALSE)',
        lambda now, _: (
            (now.get("Product__c"), now.get("Line__c") == "ロボット") == ("アーム", False)
            or (now.get("Product__c"), now.get("Line__c") == "ソフトウェア") == ("MA", False)
        ),
        "Product__c",
    ),
    RuleByHand(
        "Robots_Are_For_Makers",
        "ロボットは製造業の見込み客に限ります。",
        'AND(TEXT(Line__c) = "ロボット", NOT(ISPICKVAL(Industry, "製造業")), NOT(ISBLANK(TEXT(Industry))))',
        lambda now, _: now.get("Line__c") == "ロボット" and now.get("Industry") not in (None, "製造業"),
        "Line__c",
    ),
    RuleByHand(
        "Large_Budgets_Come_From_Companies",
        "大きな予算は会社のアドレスで登録してください。",
        'AND(Planned_Budget__c >= 1000000, OR(CONTAINS(Email, "@gmail."), CONTAINS(Email, "@yahoo.")))',
        lambda now, _: (
            _number(now, "Planned_Budget__c") >= 1_000_000
            and any(free in _text(now, "Email") for free in ("@gmail.", "@yahoo."))
        ),
        "Email",
    ),
    RuleByHand(
        "No_Digits_In_Names",
        "姓に数字は使えません。",
        'REGEX(LastName, ".*\\\\d.*")',
        lambda now, _: bool(re.search("[0-9]", _text(now, "LastName"))),
        "LastName",
    ),
    RuleByHand(
        "Names_Differ",
        "姓と名が同じです。",
        "AND(NOT(ISBLANK(FirstName)), FirstName = LastName)",
        lambda now, _: bool(now.get("FirstName")) and now.get("FirstName") == now.get("LastName"),
        "FirstName",
    ),
    RuleByHand(
        "No_Links_In_Memos",
        "メモにURLは書けません。",
        'FIND("://", Remark__c) > 0',
        lambda now, _: "://" in _text(now, "Remark__c"),
        "Remark__c",
    ),
    RuleByHand(
        "Budget_In_Thousands",
        "予算は千円単位で入力してください。",
        "MOD(Planned_Budget__c, 1000) <> 0",
        lambda now, _: now.get("Planned_Budget__c") is not None and now["Planned_Budget__c"] % 1000 != 0,
        "Planned_Budget__c",
    ),
    RuleByHand(
        "Wishes_Do_Not_Contradict",
        "訪問希望と連絡停止は同時に選べません。",
        'AND(INCLUDES(Wishes__c, "訪問希望"), INCLUDES(Wishes__c, "連絡停止"))',
        lambda now, _: {"訪問希望", "連絡停止"} <= set(_text(now, "Wishes__c").split(";")),
        "Wishes__c",
    ),
    RuleByHand(
        "Consent_Has_A_Name",
        "同意には名が必要です。",
        "Agreed__c && ISBLANK(FirstName)",
        lambda now, _: bool(now.get("Agreed__c")) and not now.get("FirstName"),
        "FirstName",
    ),
    RuleByHand(
        "Locked_Leads_Stay",
        "確定済みのリードは変更できません。",
        "AND(NOT(ISNEW()), PRIORVALUE(Locked__c))",
        lambda _, before: before is not None and bool(before.get("Locked__c")),
    ),
    RuleByHand(
        "Tier_A_Keeps_Its_Phone",
        "ランクAの電話番号は変更できません。",
        'AND(ISPICKVAL(Tier__c, "A"), ISCHANGED(Phone))',
        lambda now, before: now.get("Tier__c") == "A" and _changed("Phone", now, before),
        "Phone",
    ),
    RuleByHand(
        "Budgets_Do_Not_Halve",
        "予算を半分未満にはできません。",
        "AND(NOT(ISNEW()), NOT(ISBLANK(Planned_Budget__c)), Planned_Budget__c < PRIORVALUE(Planned_Budget__c) / 2)",
        lambda now, before: (
            before is not None
            and now.get("Planned_Budget__c") is not None
            and before.get("Planned_Budget__c") is not None
            and now["Planned_Budget__c"] * 2 < before["Planned_Budget__c"]
        ),
        "Planned_Budget__c",
    ),
)

AUTOMATIONS: tuple[dict[str, Any], ...] = (
    {"name": "Fill_City", "set": {"City": "千代田区"}, "when": {"equals": ["PostalCode", "100-0001"]}},
    {"name": "Presidents_Decide", "set": {"Title": "代表取締役"}, "when": {"equals": ["Title", "社長"]}},
    {"name": "Interns_Count", "set": {"NumberOfEmployees": -1}, "when": {"equals": ["Title", "インターン"]}},
)
"""The last brings about what a validation rule refuses, which nobody who does not know it can foresee."""
TRIGGER = {
    "name": "LeadTrigger",
    "as": "trigger",
    "message": "System.NullPointerException: Attempt to de-reference a null object",
    "when": {"equals": ["Title", "監査役"]},
}
DUPLICATES: tuple[dict[str, Any], ...] = (
    {
        "duplicate": "block",
        "name": "Same_Mobile",
        "field": "MobilePhone",
        "alert": "同じ携帯電話があります。",
    },
)


def _administer(place: Installation) -> None:
    for each in _PROPERTIES:
        place.hubspot.schema("contact", add_field=each)
    salesforce = place.salesforce
    salesforce.process.control("settings", {"state_country": True})
    for field in _LEAD_FIELDS:
        salesforce.schema("Lead", add_field=field)
    salesforce.schema("Lead", change_field={"name": "Industry", "restricted": True})
    for rule in RULES:
        declared = {"name": rule.name, "message": rule.message, "formula": rule.formula}
        salesforce.schema("Lead", add_rule={**declared, **({"field": rule.field} if rule.field else {})})
    for other in (*AUTOMATIONS, TRIGGER, *DUPLICATES):
        salesforce.schema("Lead", add_rule=other)


# -- people --------------------------------------------------------------------------------------------------------

_SURNAMES = ("山田", "佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "中村")
_GIVEN = ("太郎", "花子", "一郎", "美咲", "健", "由美")
_PREFECTURES = ("Tokyo", "Osaka", "Kyoto")

_FAULTS: tuple[tuple[float, Callable[[random.Random, dict[str, Any]], None]], ...] = (
    (0.03, lambda r, p: p.update(phone="０３－1234－56" + str(r.randrange(10, 99)))),
    (0.02, lambda r, p: p.update(zip="1234")),
    (0.01, lambda r, p: p.update(mobilephone="9012345678")),
    (0.02, lambda r, p: p.update(jobtitle="営業部長", firstname=None)),
    (0.01, lambda r, p: p.update(company=r.choice(("テスト会社", "TEST Inc.", "test")))),
    (0.02, lambda r, p: p.update(company=r.choice(("㈱例", "(株)例")))),
    (0.02, lambda r, p: p.update(website="www.example.jp")),
    (0.005, lambda r, p: p.update(numberofemployees=-5)),
    (0.01, lambda r, p: p.update(numberofemployees=1_500, annualrevenue=None)),
    (0.01, lambda r, p: p.update(annualrevenue=500)),
    (0.01, lambda r, p: p.update(planned_budget=300_000, close_plan=None)),
    (0.01, lambda r, p: p.update(close_plan="2025-05-12")),
    (0.01, lambda r, p: p.update(close_plan="2026-12-05")),
    (0.005, lambda r, p: p.update(close_plan="2030-01-07")),
    (0.01, lambda r, p: p.update(origin="Web", website=None)),
    (0.01, lambda r, p: p.update(product="CRM", line=None)),
    (0.01, lambda r, p: p.update(product="アーム", line="保守")),
    (0.01, lambda r, p: p.update(line="ロボット", industry="小売業")),
    (
        0.005,
        lambda r, p: p.update(planned_budget=2_000_000, email=p["email"].replace("example.jp", "gmail.com")),
    ),
    (0.01, lambda r, p: p.update(lastname="山田2")),
    (0.005, lambda r, p: p.update(firstname=p["lastname"])),
    (0.01, lambda r, p: p.update(remark="https://example.jp")),
    (0.01, lambda r, p: p.update(planned_budget=123_456)),
    (0.01, lambda r, p: p.update(wishes="訪問希望;連絡停止")),
    (0.01, lambda r, p: p.update(agreed="true", firstname=None)),
    # Layers before the rules, and behind them.
    (0.03, lambda r, p: p.update(company=None)),
    (0.01, lambda r, p: p.update(lastname=None)),
    (0.02, lambda r, p: p.update(industry="製造")),
    (0.02, lambda r, p: p.update(remark="長" * 41)),
    (0.01, lambda r, p: p.update(product="存在しない製品")),
    (0.01, lambda r, p: p.update(line="")),
    (0.02, lambda r, p: p.update(state="東京都")),
    (0.01, lambda r, p: p.update(country=None)),
    (0.01, lambda r, p: p.update(country="日本")),
    (0.005, lambda r, p: p.update(state="Ohio")),
    (0.01, lambda r, p: p.update(email=p["email"].replace("@", "..@"))),
    (0.01, lambda r, p: p.update(mobilephone="090-0000-0000")),
    (0.005, lambda r, p: p.update(wishes="懇親会")),
    (0.005, lambda r, p: p.update(jobtitle="監査役")),
    (0.003, lambda r, p: p.update(jobtitle="インターン")),
    (0.01, lambda r, p: p.update(jobtitle="社長")),
    (0.01, lambda r, p: p.update(annualrevenue="1234567890123456789")),
)


def person(number: int, seed: int) -> dict[str, Any]:
    """One contact, often with a fault and sometimes with several."""
    r = random.Random(seed * 1_000_003 + number)
    made: dict[str, Any] = {
        "email": f"person{number}@example.jp",
        "lastname": r.choice(_SURNAMES),
        "firstname": r.choice(_GIVEN),
        "company": f"株式会社例{number % 500}",
        "phone": f"03-{r.randrange(1000, 9999)}-{number % 10000:04}",
        "mobilephone": f"090-{number // 10000 + 1:04}-{number % 10000:04}" if r.random() < 0.5 else None,
        "jobtitle": r.choice(("課長", "主任", "担当", "係長")),
        "website": "https://example.jp" if r.random() < 0.5 else None,
        "city": "港区",
        "state": r.choice(_PREFECTURES),
        "country": "Japan",
        "zip": f"{r.randrange(100, 999)}-{r.randrange(1000, 9999)}",
        "industry": r.choice(("製造業", "小売業", None)),
        "numberofemployees": r.randrange(1, 900),
        "annualrevenue": r.randrange(1, 900) * 1_000_000 if r.random() < 0.6 else None,
    }
    for chance, fault in _FAULTS:
        if r.random() < chance:
            fault(r, made)
    return {name: value for name, value in made.items() if value is not None}


def load_people(place: Installation, count: int, seed: int = 1) -> dict[str, tuple[Values, Values | None]]:
    """``count`` contacts, and for every eighth a lead that is older: some locked, some of tier A, some with a budget.

    By the contact's id: the lead as it would be saved, and as it is (None: there is none).
    """
    people = [person(n, seed) for n in range(count)]
    ids = place.hubspot.load("contacts", [{k: str(v) for k, v in one.items()} for one in people])
    r = random.Random(seed)
    leads: dict[int, dict[str, Any]] = {}
    for n in range(0, count, 8):
        address = people[n].get("email")
        if address:
            leads[n] = {
                "Email": address,
                "LastName": "旧姓",
                "Company": "株式会社旧",
                "Phone": people[n].get("phone") if r.random() < 0.7 else "03-0000-0000",
                "Tier__c": r.choice(("A", "B", "C", None)),
                "Locked__c": r.random() < 0.05,
                "Planned_Budget__c": r.choice((None, 100_000, 900_000)),
                "Agreed__c": False,
            }
    place.salesforce.load("Lead", list(leads.values()))
    return {id: ({**leads.get(n, {}), **as_lead(people[n])}, leads.get(n)) for n, id in enumerate(ids)}


def as_lead(contact: Values) -> dict[str, Any]:
    """What a contact's values mean on a lead, by hand."""
    lead = {_FIELDS[name]: value for name, value in contact.items() if name in _FIELDS and value != ""}
    for name in ("NumberOfEmployees", "AnnualRevenue", "Planned_Budget__c"):
        if name in lead:
            lead[name] = int(lead[name])
    if "Close_Plan__c" in lead:
        lead["Close_Plan__c"] = date.fromisoformat(lead["Close_Plan__c"])
    if "Agreed__c" in lead:
        lead["Agreed__c"] = lead["Agreed__c"] == "true"
    return lead


@contextmanager
def org_of_many_rules() -> Iterator[Installation]:
    """Both orgs administered, without people, and a workspace connected to them."""
    with installation(orgs="rules", template=_CONFIGURATION) as made:
        _administer(made)
        yield made
