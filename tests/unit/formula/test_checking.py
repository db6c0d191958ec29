"""What is wrong with a formula before any row, and what it needs."""

from __future__ import annotations

import pytest

from awase_formula import Field, FormulaTypeError, Kind, Schema, check, compile, decide, evaluate, parse

LEAD = Schema(
    {
        "Status": Field(Kind.PICKLIST),
        "Company": Field(Kind.TEXT),
        "Amount__c": Field(Kind.NUMBER),
        "Start__c": Field(Kind.DATE),
        "Active__c": Field(Kind.BOOLEAN),
        "OwnerId": Field(Kind.ID),
        "Total__c": Field(Kind.NUMBER, formula=parse("Amount__c * 2")),
        "Owner.Name": Field(Kind.TEXT),
    },
    complete=True,
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Compny = 'x'", "there is no field Compny (line 1, column 1)"),
        ("Owner.Nme = 'x'", "there is no field Owner.Nme (line 1, column 1)"),
        ("TODAY(1) = Start__c", "TODAY does not take 1 argument; it takes none (line 1, column 1)"),
        ("LENGTH(Company) > 1", "there is no function LENGTH; write LEN(a) (line 1, column 1)"),
        ("Status = 'Open'", "= does not join picklist and text (line 1, column 8)"),
        ("LEN(Amount__c) > 1", "LEN takes id or text, not number (line 1, column 5)"),
        (
            "ISPICKVAL(Status, Company)",
            "ISPICKVAL compares with a text in quotes, not with a field or a function (line 1, column 19)",
        ),
        ("ISBLANK(Active__c)", "ISBLANK does not take checkbox (line 1, column 9)"),
        ("ISCHANGED(Total__c)", "ISCHANGED takes a stored field of the record (line 1, column 11)"),
        ("Company & Amount__c = 'x'", "& does not join text and number (line 1, column 9)"),
        ("IF(Active__c, 1, 'x') = 1", "IF chooses between number and text (line 1, column 18)"),
        ("Start__c + Start__c > TODAY()", "+ does not join date and date (line 1, column 10)"),
        ("Active__c && Company", "&& takes checkbox, not text (line 1, column 14)"),
        (
            "CASE(Company, 'a', 1)= 1",
            "CASE does not take 3 arguments; it takes an even number, 4 or more: an expression, pairs of a value and a"
            " result, and the result for all else (line 1, column 1)",
        ),
        (
            "IFS(Active__c, 1, 2)= 1",
            "IFS does not take 3 arguments; it takes an odd number, 5 or more: pairs of a condition and a result,"
            " and the result for all else (line 1, column 1)",
        ),
        ("FIND('a') = 1", "FIND does not take 1 argument; it takes 2 or 3 (line 1, column 1)"),
        ("IMAGE('a') = 'b'", "IMAGE does not take 1 argument; it takes 2 to 4 (line 1, column 1)"),
        ("MAX() = 1", "MAX does not take 0 arguments; it takes 1 or more (line 1, column 1)"),
        ("POWER(2, 3) = 8", "there is no function POWER; write a ^ b (line 1, column 1)"),
        ("ISBLNK(Company)", "there is no function ISBLNK; did you mean ISBLANK? (line 1, column 1)"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, problem: str) -> None:
    assert problem in [str(found) for found in check(parse(text), LEAD).problems]
    with pytest.raises(FormulaTypeError):
        compile(parse(text), LEAD)


@pytest.mark.parametrize(
    "text",
    [
        "AND(ISPICKVAL(Status, 'Open'), TEXT(Status) <> 'x', ISBLANK(TEXT(Status)))",
        "CASE(Status, 'Open', 1, 0) = 1 && OwnerId <> '005000000000001'",
        "company = NULL",
        "Start__c - TODAY() > 3 && Start__c + 3 > TODAY() && Total__c > 1",
        "ISCHANGED(Status) && PRIORVALUE(Amount__c) > 2 && Owner.Name = 'x'",
    ],
)
def test_what_is_right_has_no_problem(text: str) -> None:
    assert check(parse(text), LEAD).problems == ()


def kinds(text: str) -> dict[str, Kind]:
    return {name: field.kind for name, field in check(parse(text)).schema.fields.items()}


def test_types_are_inferred_from_use() -> None:
    assert kinds("AND(ISPICKVAL(a, 'x'), b > 5, NOT c, d < TODAY(), INCLUDES(e, 'x'), f <> 'x')") == {
        "a": Kind.PICKLIST,
        "b": Kind.NUMBER,
        "c": Kind.BOOLEAN,
        "d": Kind.DATE,
        "e": Kind.MULTIPICKLIST,
        "f": Kind.TEXT,
    }
    assert kinds("IF(a, BLANKVALUE(b, c), 3) > d") == {
        "a": Kind.BOOLEAN,
        "b": Kind.NUMBER,
        "c": Kind.NUMBER,
        "d": Kind.NUMBER,
    }
    assert kinds("CloseDate - a > 30 && NOW() - b < 1 && c + 1 = TODAY()") == {
        "CloseDate": Kind.DATE,
        "a": Kind.DATE,
        "b": Kind.DATETIME,
        "c": Kind.DATE,
    }
    assert kinds("TEXT(a) = 'x' && PRIORVALUE(b) = 1 && $Setup.X__c.On__c && OwnerId = c") == {
        "a": Kind.PICKLIST,
        "b": Kind.NUMBER,
        "$Setup.X__c.On__c": Kind.BOOLEAN,
        "OwnerId": Kind.ID,
        "c": Kind.TEXT,
    }


def test_needs_name_what_the_row_alone_does_not_give() -> None:
    needs = check(
        parse(
            "ISNEW() && PRIORVALUE(a) = 1 && Account.Owner.Name = $User.Name && RecordType.DeveloperName = 'x'"
            " && TODAY() > b && VLOOKUP($ObjectType.Z__c.Fields.C__c, $ObjectType.Z__c.Fields.Name, c) = 'x'"
        )
    ).needs
    assert needs == (
        "clock",
        "global $User.Name",
        "lookup Z__c",
        "operation",
        "parent Account.Owner",
        "prior row",
        "record type",
        "running user",
    )


def test_what_it_reads_is_listed_as_the_schema_spells_it() -> None:
    checked = check(parse("COMPANY = 'x' && ISCHANGED(amount__C) && $Profile.Name = 'x'"), LEAD)
    assert (checked.fields, checked.priors) == (("Company", "Amount__c"), ("Amount__c",))


def test_without_a_schema_a_doubtful_type_does_not_stop_it() -> None:
    assert decide(parse("ISPICKVAL(a, 'x') && a = 'x'"), {"a": "x"}).verdict.value == "fire"
    assert evaluate(parse("a + 'b'"), {"a": "c"}) == "cb"
