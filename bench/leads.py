"""Leads of a Japanese company as preflight meets them: 30 fields, 40 rules, every record made from its number alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import polars as pl

from awase.core.checks import Target
from awase.core.checks.check import Outgoing
from awase.core.checks.preflight import sends, value_column
from awase.core.schema import Field, ObjectSchema, Option, Rule
from awase.core.values import DTYPES, Kind

NOW: Final = datetime(2026, 4, 1, 3, tzinfo=UTC)
ZONE: Final = "Asia/Tokyo"

_PRIME: Final = 2**31 - 1
_SENT_IN_100: Final = 15
"""Of a hundred values of an update, those that are written."""


def _options(*values: str) -> dict[str, Any]:
    return {"options": tuple(Option(value, value) for value in values), "restricted": True}


_STATUSES = ("New", "Working", "Nurturing", "Qualified", "Unqualified")
_INDUSTRIES = ("製造業", "情報通信業", "卸売業", "建設業", "医療", "教育", "金融業", "運輸業")
_RATINGS = ("Hot", "Warm", "Cold")
_WISHES = ("資料請求", "訪問希望", "見積依頼", "連絡停止")
_STATES = ("Tokyo", "Osaka", "Kanagawa", "Aichi", "Hokkaido", "Fukuoka", "Kyoto", "Hyogo")
_US_STATES = ("California", "Ohio")
_COUNTRIES = ("Japan", "United States")
_PLACES = (
    *(Option(state, state, valid_for=("Japan",)) for state in _STATES),
    *(Option(state, state, valid_for=("United States",)) for state in _US_STATES),
)

FIELDS: Final[Mapping[str, tuple[Kind, dict[str, Any]]]] = {
    "LastName": (Kind.TEXT, {"required": True, "max_length": 80}),
    "FirstName": (Kind.TEXT, {}),
    "Company": (Kind.TEXT, {"required": True, "max_length": 60}),
    "Email": (Kind.TEXT, {"email": True, "max_length": 60}),
    "Phone": (Kind.TEXT, {"max_length": 20}),
    "MobilePhone": (Kind.TEXT, {}),
    "Title": (Kind.TEXT, {}),
    "Department": (Kind.TEXT, {}),
    "Website": (Kind.TEXT, {}),
    "Street": (Kind.TEXT, {}),
    "City": (Kind.TEXT, {}),
    "PostalCode": (Kind.TEXT, {}),
    "Remark__c": (Kind.TEXT, {"max_length": 500}),
    "Tax_Number__c": (Kind.TEXT, {"unique": True}),
    "Campaign__c": (
        Kind.TEXT,
        {"id_pattern": "^([0-9A-Za-z]{15}|[0-9A-Za-z]{18})$", "id_trouble": "salesforce_id_missing"},
    ),
    "LeadSource": (Kind.TEXT, {"options": tuple(Option(o, o) for o in ("Web", "展示会", "紹介", "電話"))}),
    "Status": (Kind.TEXT, _options(*_STATUSES)),
    "Industry": (Kind.TEXT, _options(*_INDUSTRIES)),
    "Rating": (Kind.TEXT, _options(*_RATINGS)),
    "Country": (Kind.TEXT, {"place": True, "options": tuple(Option(c, c) for c in _COUNTRIES)}),
    "State": (Kind.TEXT, {"place": True, "options": _PLACES, "controllers": ("Country",)}),
    "Wishes__c": (Kind.TEXTS, _options(*_WISHES)),
    "NumberOfEmployees": (Kind.INTEGER, {"precision": 8, "scale": 0}),
    "AnnualRevenue": (Kind.DECIMAL, {"precision": 18, "scale": 2}),
    "Planned_Budget__c": (Kind.DECIMAL, {"scale": 2}),
    "Discount__c": (Kind.DECIMAL, {"scale": 2, "percent": True}),
    "Agreed__c": (Kind.BOOLEAN, {}),
    "Key_Account__c": (Kind.BOOLEAN, {}),
    "Close_Plan__c": (Kind.DATE, {}),
    "Last_Visit__c": (Kind.DATETIME, {}),
}

FIELD_RULES: Final = 5 + 2 + 1 + 4 + 2 + 2 + 2 + 1 + 1
"""Rules that the fields carry: lengths, required, addresses, restricted lists, places, numbers, dates, ids, unique."""

FORMULAS: Final[Mapping[str, str]] = {
    "Qualified_Needs_Phone": 'AND(ISPICKVAL(Status, "Qualified"), ISBLANK(Phone), ISBLANK(MobilePhone))',
    "Postal_Code": (
        'AND(Country = "Japan", NOT(ISBLANK(PostalCode)), NOT(REGEX(PostalCode, "[0-9]{3}-?[0-9]{4}")))'
    ),
    "Phone_In_Half_Width": 'NOT(ISBLANK(Phone)) && NOT(REGEX(Phone, "[0-9+() -]{10,20}"))',
    "No_Test_Companies": 'OR(CONTAINS(Company, "テスト"), BEGINS(LOWER(Company), "test"))',
    "Managers_Have_Addresses": 'AND(CONTAINS(Title, "部長"), ISBLANK(Email), NOT(Agreed__c))',
    "Makers_Name_Their_Size": """AND(
        ISPICKVAL(Industry, "製造業"), ISPICKVAL(Rating, "Hot"),
        OR(ISBLANK(NumberOfEmployees), NumberOfEmployees < 1)
    )""",
    "Budget_Within_Revenue": "Planned_Budget__c > AnnualRevenue * 0.5",
    "Close_Plan_Not_Into_The_Past": "AND(ISCHANGED(Close_Plan__c), Close_Plan__c < TODAY())",
    "Close_Plan_Within_Three_Years": "Close_Plan__c - TODAY() > 1095",
    "Remark_Is_Short": "LEN(Remark__c) > 400",
    "Hot_Has_A_Budget": """AND(
        CASE(Rating, "Hot", 3, "Warm", 2, "Cold", 1, 0) >= 3,
        ISBLANK(Planned_Budget__c), ISPICKVAL(Status, "Qualified")
    )""",
    "Unqualified_Stays": """AND(
        ISCHANGED(Status), ISPICKVAL(PRIORVALUE(Status), "Unqualified"), ISPICKVAL(Status, "Qualified")
    )""",
    "Address_Is_Not_Cleared": "AND(NOT(ISNEW()), ISCHANGED(Email), ISBLANK(Email))",
    "Discount": "Discount__c > IF(Key_Account__c, 0.3, 0.15)",
    "Who_Wants_No_Contact_Has_Not_Agreed": 'AND(INCLUDES(Wishes__c, "連絡停止"), Agreed__c)',
    "No_Visit_In_The_Future": "Last_Visit__c > NOW() + 1",
    "Website": 'OR(AND(NOT(ISBLANK(Website)), NOT(BEGINS(LOWER(Website), "http"))), CONTAINS(Website, " "))',
    "Two_Names": "AND(NOT(ISBLANK(FirstName)), FirstName = LastName)",
    "Whole_Address": (
        'AND(Country = "Japan", NOT(ISBLANK(Street)), ISBLANK(City), ISBLANK(PostalCode), ISBLANK(State))'
    ),
    "Tax_Number": 'AND(NOT(ISBLANK(Tax_Number__c)), OR(LEN(Tax_Number__c) <> 13, LEFT(Tax_Number__c, 1) = "0"))',
}


def target() -> Target:
    """The object that the leads are written to."""
    fields = {name: Field(name, name, kind, kind.value, **facts) for name, (kind, facts) in FIELDS.items()}
    rules = tuple(
        Rule(id=name, object="Lead", name=name, formula=formula, message=f"{name}: 確認してください。")
        for name, formula in FORMULAS.items()
    )
    columns = {name: _outgoing(field) for name, field in fields.items()}
    return Target(ObjectSchema("Lead", "リード", fields, rules=rules), columns, ZONE, NOW)


def _outgoing(field: Field) -> Outgoing:
    return Outgoing(
        value=pl.col(value_column(field.name)),
        source=pl.col(f"source:{field.name}"),
        sent=pl.col(sends(field.name)),
        stored=pl.col(f"before:{field.name}"),
        creating=pl.col("_create"),
        side="crm",
        origins=(field,),
    )


def outgoing(count: int, *, creating: bool) -> pl.DataFrame:
    """So many outgoing records, as the engine would hand them to preflight: all new, or all updates of a few values."""
    wanted = pl.DataFrame({"_link": pl.int_range(count, eager=True)}).select("_link", **_records())
    columns = [pl.col("_link"), pl.lit(creating).alias("_create")]
    for number, (name, (kind, _)) in enumerate(FIELDS.items()):
        value, stored = pl.col(name), pl.lit(None, dtype=DTYPES[kind])
        sent = value.is_not_null()
        if not creating:
            # What goes out replaces the value of another record; a few of those that stay have been edited there.
            sent = _draw(500 + number) % 100 < _SENT_IN_100
            stored = pl.when(sent | (_draw(600 + number) % 50 == 0)).then(value.shift(1)).otherwise(value)
        columns += [
            value.alias(value_column(name)),
            value.alias(f"source:{name}"),
            sent.alias(sends(name)),
            stored.alias(f"before:{name}"),
        ]
    return wanted.select(columns).rechunk()


# -- values --------------------------------------------------------------------------------------------------------

_FAMILIES = (
    "佐藤",
    "鈴木",
    "高橋",
    "田中",
    "伊藤",
    "渡辺",
    "山本",
    "中村",
    "小林",
    "加藤",
    "Smith",
    "長谷川",
)
_GIVEN = ("太郎", "花子", "健一", "美咲", "翔太", "さくら", "大輔", "陽子", "John", "由美子")
_TITLES = ("部長", "課長", "主任", "担当", "営業部長", "代表取締役社長", "エンジニア", "Manager")
_DEPARTMENTS = ("営業部", "情報システム部", "総務部", "マーケティング部", "経営企画室", "購買部")
_COMPANIES = ("合わせ商事", "みなと製作所", "東都情報システム", "北星運輸", "青葉メディカル", "Aoba Trading")
_CITIES = ("千代田区丸の内", "中央区銀座", "横浜市西区", "名古屋市中村区", "札幌市中央区", "福岡市博多区")
_SENTENCES = (
    "先日の展示会でお名刺を頂戴しました。",
    "導入時期は来期を予定しているとのことです。",
    "見積もりを三社から取っており、価格よりも保守の体制を重視されています。",
    "Prefers e-mail; do not call before 10:00.",
    "現在は表計算で管理しており、二重入力に困っている。決裁者は情報システム部の部長。",
)


def _draw(salt: int) -> pl.Expr:
    """A whole number from 0 that a record's number and the salt decide, and nothing tells beforehand."""
    mixed = (pl.col("_link") + 1 + salt * 104_729) * 48_271 % _PRIME
    mixed = (mixed ^ (mixed // 32_768)) * 44_485_709 % _PRIME
    return (mixed ^ (mixed // 4_096)) * 40_692 % _PRIME


def _pick(words: Sequence[str], salt: int) -> pl.Expr:
    return pl.lit(pl.Series(words)).gather(_draw(salt) % len(words))


def _with(value: pl.Expr, salt: int, *, none: int = 0, fault: pl.Expr | str | None = None) -> pl.Expr:
    """The value; in so many of a thousand records nothing; in two of a thousand what should not be there."""
    chance = _draw(salt) % 1000
    wrong = pl.lit(fault) if isinstance(fault, str) else fault
    if wrong is not None:
        value = pl.when(chance >= 998).then(wrong).otherwise(value)
    return pl.when(chance >= none).then(value)


def _records() -> dict[str, pl.Expr]:
    return _texts() | _choices() | _numbers_and_dates()


def _texts() -> dict[str, pl.Expr]:
    number = pl.col("_link").cast(pl.String)
    last, company = (
        _pick(_FAMILIES, 1),
        pl.format("株式会社{} 第{}支店", _pick(_COMPANIES, 2), _draw(3) % 9999),
    )
    rare = pl.when(_draw(4) % 5000 == 0).then(pl.lit("𠮷田")).otherwise(last)
    phone = pl.format("03-{}-{}", _draw(5) % 9000 + 1000, _draw(6) % 9000 + 1000)
    remark = pl.concat_str([_pick(_SENTENCES, 7), _pick(_SENTENCES, 8), pl.lit("担当 "), rare])
    return {
        "LastName": _with(rare, 11, none=2),
        "FirstName": _with(_pick(_GIVEN, 9), 12, none=100, fault=last),
        "Company": _with(company, 13, none=1, fault="テスト株式会社"),
        "Email": _with(pl.format("taro.{}@mail{}.example.co.jp", number, _draw(14) % 50), 15, none=30, fault="なし"),
        "Phone": _with(phone, 16, none=120, fault="０３−１２３４−５６７８"),
        "MobilePhone": _with(pl.format("090-{}-{}", _draw(17) % 9000 + 1000, _draw(18) % 9000 + 1000), 19, none=200),
        "Title": _with(_pick(_TITLES, 20), 21, none=150),
        "Department": _with(_pick(_DEPARTMENTS, 22), 23, none=200),
        "Website": _with(pl.format("https://www.example{}.co.jp/", _draw(24) % 9999), 25, none=200, fault="www.a.jp"),
        "Street": _with(pl.format("{}-{}-{}", *(_draw(s) % 30 + 1 for s in (26, 27, 28))), 29, none=150),
        "City": _with(_pick(_CITIES, 30), 31, none=150),
        "PostalCode": _with(pl.format("{}-{}", _draw(32) % 900 + 100, _draw(33) % 9000 + 1000), 34, none=120, fault="１００"),
        "Remark__c": _with(remark, 35, none=200, fault=pl.concat_str([remark] * 10)),
        "Tax_Number__c": _with(pl.format("T{}", pl.col("_link") + 100_000_000_000), 36, none=200, fault="T1"),
        "Campaign__c": _with(pl.format("70100000{}AAA", _draw(37) % 9_000_000 + 1_000_000), 38, none=200, fault="春の展示会"),
        "LeadSource": _with(_pick(("Web", "展示会", "紹介", "電話", "その他"), 39), 40, none=100),
    }  # fmt: skip


def _choices() -> dict[str, pl.Expr]:
    abroad = _draw(50) % 20 == 0
    state = pl.when(abroad).then(_pick(_US_STATES, 51)).otherwise(_pick(_STATES, 52))
    wishes = pl.concat_list(_pick(_WISHES[:2], 53), _pick(_WISHES[2:3], 54))
    return {
        "Status": _with(_pick(_STATUSES, 55), 56, none=20, fault="未対応"),
        "Industry": _with(_pick(_INDUSTRIES, 57), 58, none=150, fault="製造"),
        "Rating": _with(_pick(_RATINGS, 59), 60, none=200, fault="hot"),
        "Country": _with(pl.when(abroad).then(pl.lit("United States")).otherwise(pl.lit("Japan")), 61, none=1),
        "State": _with(state, 62, none=200, fault="東京都"),
        "Wishes__c": _with(wishes, 63, none=300, fault=pl.lit(["連絡停止"], dtype=pl.List(pl.String))),
    }  # fmt: skip


def _numbers_and_dates() -> dict[str, pl.Expr]:
    decimal = DTYPES[Kind.DECIMAL]
    revenue = (_draw(70) % 10**9 + 10**7) * 100
    budget = _draw(71) % 5_000_000
    first, visited = (
        pl.lit(date(2026, 4, 2)),
        pl.lit(datetime(2026, 3, 30, tzinfo=UTC)).cast(DTYPES[Kind.DATETIME]),
    )
    return {
        "NumberOfEmployees": _with(_draw(72) % 5000 + 1, 73, none=150, fault=pl.lit(10**9)),
        "AnnualRevenue": _with(revenue.cast(decimal), 74, none=150, fault=pl.lit(10**17).cast(decimal)),
        "Planned_Budget__c": _with(budget.cast(decimal), 75, none=100, fault=pl.lit(10**12).cast(decimal)),
        "Discount__c": _with((_draw(76) % 150).cast(decimal) / 10, 77, none=100, fault=pl.lit(45).cast(decimal)).cast(decimal),
        "Agreed__c": _with(_draw(78) % 10 < 8, 79, none=50),
        "Key_Account__c": _with(_draw(80) % 10 < 2, 81, none=50),
        "Close_Plan__c": _with(
            pl.when(_draw(82) % 500 == 0).then(pl.lit(date(2025, 12, 1))).otherwise(first + pl.duration(days=_draw(83) % 700)),
            84, none=200, fault=pl.lit(date(9999, 12, 31)),
        ),
        "Last_Visit__c": _with(
            visited - pl.duration(minutes=_draw(85) % 1_000_000), 86, none=200, fault=pl.lit(datetime(2027, 1, 1, tzinfo=UTC)).cast(DTYPES[Kind.DATETIME])
        ),
    }  # fmt: skip
