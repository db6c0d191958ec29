"""What functions and operators mean, where neither the golden cases nor the labelled rows say it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from awase_formula import (
    Context,
    EvaluationFailed,
    Field,
    Kind,
    NotKnown,
    Row,
    Schema,
    Value,
    Verdict,
    compile,
    decide,
    evaluate,
    parse,
)

NOW = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2*3^2", Decimal(36)),
        ("CEILING(-1.4)", Decimal(-2)),
        ("FLOOR(-1.7)", Decimal(-1)),
        ("MCEILING(-1.4)", Decimal(-1)),
        ("MFLOOR(-1.7)", Decimal(-2)),
        ("ROUND(-2.5, 0)", Decimal(-3)),
        ("ROUND(1234.5, -2)", Decimal(1200)),
        ("ROUND(60, -2)", Decimal(0)),
        ("TRUNC(-1.9)", Decimal(-1)),
        ("FLOOR(1/9*9)", Decimal(1)),
        ("MAX(1, NULL)", None),
        ("TEXT(1000000 * 1000000)", "1000000000000"),
        ("TEXT(10.500)", "10.5"),
        ("TEXT(TODAY())", "2026-02-28"),
        ("TEXT(NOW())", "2026-02-28 23:30:00Z"),
        ("CASESAFEID('00e300000000abC')", "00e300000000abCAAQ"),
        ("INITCAP('hello wORLD')", "Hello World"),
        ("MID('abcdef', 0, 2)", "ab"),
        ("LPAD('ab', 5, 'xy')", "xyxab"),
        ("FIND('c', 'abcabc', 4)", Decimal(6)),
        ("LEN('😀')", Decimal(2)),
        ("TRIM('  a b ')", "a b"),
        ("NULLVALUE('', 'x')", None),
        ("BLANKVALUE('', 'x')", "x"),
        ("ISNULL('')", False),
        ("NULL & NULL", None),
        ("'a' & NULL", "a"),
        ("VALUE('-1e-400') ^ 2", Decimal(0)),
        ("REGEX('', '\\\\B')", True),
        ("REGEX('ab', 'a\\\\Bb')", True),
        ("REGEX('漢', '\\\\p{script=Han}')", True),
        ("REGEX('ひら', '\\\\p{InHiragana}+')", True),
        ("REGEX('カナー', '\\\\p{InKATAKANA}+')", True),
        ("REGEX('漢字', '\\\\p{blk=CJK Unified_Ideographs}+')", True),
        ("REGEX('ア', '\\\\P{InHiragana}')", True),
        ("CHR(65) & CHR(0)", "A"),
        ("JSONPATHVALUE('{\"a\": [{\"b\": 5}]}', '$.a[0].b')", "5"),
        ("ADDMONTHS(DATE(2024, 2, 29), 12)", date(2025, 2, 28)),
        ("ADDMONTHS(DATE(2025, 2, 28), 12)", date(2026, 2, 28)),
        ("ADDMONTHS(DATE(2024, 1, 31), 1)", date(2024, 2, 29)),
        ("WEEKDAY(DATE(2026, 3, 1))", Decimal(1)),
        ("ISOYEAR(DATE(2027, 1, 1))", Decimal(2026)),
        ("DATEVALUE('2026-02-28') - DATE(2026, 2, 1)", Decimal(27)),
        ("DATE(2026, 1, 1) + 1.9", date(2026, 1, 2)),
        ("IFERROR(VALUE('x'), 7)", Decimal(7)),
        ("IFS(FALSE, 1, NULL, 2, 3)", Decimal(3)),
        ("NOT NULL", None),
        ("NULL = 37", None),
        ("NULL < 'a'", False),
        ("CONTAINS('', 'a')", None),
        ("CONTAINS('a', '')", True),
        ("$System.OriginDateTime", datetime(1900, 1, 1, tzinfo=UTC)),
        ("PICKLISTCOUNT(NULL)", Decimal(0)),
        ("VALUE('１２')", Decimal(12)),
        ("ISNUMBER('-１.٣e２')", True),
        ("ISNUMBER('１，２')", False),
        ("ISNUMBER('𝟏')", False),
    ],
)
def test_a_formula_has_this_value(text: str, value: Value) -> None:
    assert evaluate(parse(text), {}, Context(now=NOW)) == value


@pytest.mark.parametrize(
    "text",
    [
        "1 / 0",
        "2 ^ 0.5",
        "SQRT(-1)",
        "VALUE('1,000')",
        "DATE(2025, 2, 29)",
        "MOD(1, 0)",
        "CASE(1, 1, 2, 1/0)",
        "10 ^ 65",
        f"FORMATDURATION({'9' * 5000})",
        "REGEX('a', '{a}')",
        "REGEX('a', '[a-\\\\d]')",
    ],
)
def test_this_fails(text: str) -> None:
    with pytest.raises(EvaluationFailed):
        evaluate(parse(text), {})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = 1", "the value of a is not given"),
        ("Account.Name = 'x'", "the parent record's Account.Name is not given"),
        ("$User.Id = 'x'", "the value of $User.Id is not given"),
        ("TODAY() = NULL", "the time of the save is not given"),
        ("ISNEW()", "it is not known whether the record is new"),
        ("VLOOKUP(Z__c.C__c, Z__c.Name, 'x') = 'y'", "the records that VLOOKUP searches are not given"),
        ("GETSESSIONID() = 'x'", "GETSESSIONID is known to the platform only"),
        ("REGEX('a', '\\\\p{InLatin-1Supplement}')", "the pattern of a REGEX has no translation"),
        ("REGEX('a', '(?)a')", "the pattern of a REGEX has no translation"),
        ("REGEX('a', '^+a')", "the pattern of a REGEX has no translation"),
        ("REGEX('漢', '\\\\p{Han}')", "the pattern of a REGEX has no translation"),
        ("REGEX('a', '(?x)a')", "the pattern of a REGEX has no translation"),
    ],
)
def test_what_is_not_given_is_not_known(text: str, reason: str) -> None:
    with pytest.raises(NotKnown) as caught:
        evaluate(parse(text), {})
    assert str(caught.value) == reason


def test_line_ends_alone_are_no_change() -> None:
    rule = parse("ISCHANGED(a)")
    assert decide(rule, Row({"a": "x\r\ny"}, {"a": "x\ny"}, is_new=False)).verdict is Verdict.PASS
    assert decide(rule, Row({"a": "x y"}, {"a": "x\ny"}, is_new=False)).verdict is Verdict.FIRE


def test_an_id_in_its_other_form_is_no_change() -> None:
    rule, schema = parse("ISCHANGED(OwnerId)"), Schema({"OwnerId": Field(Kind.ID)})
    long, short = {"OwnerId": "005000000000001AAA"}, {"OwnerId": "005000000000001"}
    assert decide(rule, Row(short, long, is_new=False), schema=schema).verdict is Verdict.PASS
    other = {"OwnerId": "005000000000002AAA"}
    assert decide(rule, Row(other, short, is_new=False), schema=schema).verdict is Verdict.FIRE


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("IF($Permission.X, a = 1, a > 0)", Verdict.FIRE),
        ("IF($Permission.X, a = 2, a > 0)", Verdict.UNKNOWN),
        ("IFS($Permission.X, a = 2, $Permission.Y, a = 3, NULL)", Verdict.UNKNOWN),
        ("IFS($Permission.X, a = 2, $Permission.Y, a = 3, a = 4)", Verdict.PASS),
        ("IF(VALUE('x') = 1, a = 1, a = 1)", Verdict.UNKNOWN),
        ("IF(IF($Permission.X, 1, 1) = 1, a = 1, a = 2)", Verdict.UNKNOWN),
    ],
)
def test_an_unknown_condition_leaves_nothing_open_where_both_truths_are_one(
    text: str, verdict: Verdict
) -> None:
    assert decide(parse(text), {"a": 1}).verdict is verdict
    column = compile(parse(text)).verdicts(pl.DataFrame({"a": [1]}))
    assert (column.vectorised, column.decision(0).verdict) == (True, verdict)


def test_prior_value_on_an_insert_is_the_new_value() -> None:
    assert evaluate(parse("PRIORVALUE(a)"), Row({"a": 5}, is_new=True)) == 5


def test_vlookup_finds_by_name_and_misses_as_null() -> None:
    context = Context(lookups={"Zip__c": {"100": {"City__c": "Tokyo"}}})
    rule = parse("VLOOKUP($ObjectType.Zip__c.Fields.City__c, $ObjectType.Zip__c.Fields.Name, z)")
    assert evaluate(rule, {"z": "100"}, context) == "Tokyo"
    assert evaluate(rule, {"z": "999"}, context) is None


def test_a_percent_field_reads_as_a_fraction_and_a_number_as_it_is_saved() -> None:
    schema = Schema({"p": Field(Kind.NUMBER, percent=True), "n": Field(Kind.NUMBER, scale=1)})
    assert evaluate(parse("p"), {"p": 25}, schema=schema) == Decimal("0.25")
    assert evaluate(parse("n"), {"n": Decimal("1.25")}, schema=schema) == Decimal("1.3")


def test_blanks_as_zero_touch_numbers_only() -> None:
    schema = Schema({"n": Field(Kind.NUMBER), "d": Field(Kind.DATE), "t": Field(Kind.TEXT)})
    row = {"n": None, "d": None, "t": None}
    assert evaluate(parse("ISBLANK(n)"), row, schema=schema, blanks="zero") is False
    assert evaluate(parse("ISBLANK(d) && ISBLANK(t)"), row, schema=schema, blanks="zero") is True


def test_the_record_type_belongs_to_the_record_under_either_name() -> None:
    row = {"RecordType.DeveloperName": "Big"}
    assert (
        evaluate(parse("$RecordType.DeveloperName = 'Big' && RecordType.DeveloperName = 'Big'"), row) is True
    )


def test_today_and_datevalue_are_the_running_users() -> None:
    tokyo = Context(now=NOW, zone=ZoneInfo("Asia/Tokyo"))
    assert evaluate(parse("TODAY()"), {}, tokyo) == date(2026, 3, 1)
    assert evaluate(parse("DATEVALUE(NOW())"), {}, tokyo) == date(2026, 3, 1)


def test_a_family_of_globals_that_is_given_whole_has_no_unknown() -> None:
    context = Context(families=frozenset({"$Permission"}))
    assert evaluate(parse("NOT $Permission.Missing"), {}, context) is True
