"""What the parser reads, what it says of what it cannot read, and that it always ends."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase_formula import FormulaError, FormulaSyntaxError, FormulaTooDeep, parse
from awase_formula.parser import DEEPEST
from awase_formula.tree import Call, Chain, Null, Number, Pairs, Reference, Text, Truth, Unary

A, B, C = Reference("a"), Reference("b"), Reference("c")


def test_not_binds_tighter_than_a_comparison() -> None:
    assert parse("NOT a = b").root == Chain((Unary("NOT", A), B), ("=",))


def test_a_power_binds_looser_than_a_product() -> None:
    two = Number(Decimal(2))
    assert parse("2*3^2").root == Chain((Chain((two, Number(Decimal(3))), ("*",)), two), ("^",))


def test_levels_bind_as_the_grammar_says() -> None:
    assert parse("a || b && c").root == Chain((A, Chain((B, C), ("&&",))), ("||",))
    assert parse("a = b < c").root == Chain((A, Chain((B, C), ("<",))), ("=",))
    assert parse("a & b + c - a").root == Chain((A, B, C, A), ("&", "+", "-"))
    assert parse("a <> b == c != a").root == Chain((A, B, C, A), ("<>", "=", "<>"))


def test_a_group_keeps_its_own_chain() -> None:
    assert parse("a - (b - c)").root == Chain((A, Chain((B, C), ("-",))), ("-",))


def test_signs_and_not_may_be_repeated() -> None:
    assert parse("a -- 2").root == Chain((A, Unary("-", Number(Decimal(2)))), ("-",))
    assert parse("!not ! a").root == Unary("NOT", Unary("NOT", Unary("NOT", A)))


def test_words_are_read_whatever_their_case() -> None:
    assert parse("aNd(TRUE, fAlse, nuLL)").root == Call("AND", (Truth(True), Truth(False), Null()))
    assert parse("PI()").root == Call("PI", ())


def test_names_hold_paths_globals_and_polymorphic_owners() -> None:
    for name in (
        "Owner:User.Profile.Name",
        "$Setup.Switch__c.Off__c",
        "$ObjectType.Lead.Fields.Name",
        "ns__a__r.b__c",
    ):
        assert parse(name).root == Reference(name)


def test_texts_stand_in_either_quote_with_their_escapes() -> None:
    assert parse(r'"a\"b\\d\n"').root == Text('a"b\\d\n')
    assert parse(r"'it\'s'").root == Text("it's")
    assert parse(r'"\d\u00a9"').root == Text(r"\d\u00a9")


def test_comments_may_stand_anywhere_and_are_kept() -> None:
    formula = parse("/* one */ AND(a /*two*/, b) /* three */")
    assert formula.root == Call("AND", (A, B))
    assert [comment.text for comment in formula.comments] == ["/* one */", "/*two*/", "/* three */"]


def test_parameters_of_links_are_read() -> None:
    assert parse('URLFOR(a, b, [x = c, "y" = 1])').root == Call(
        "URLFOR", (A, B, Pairs(("x", "y"), (C, Number(Decimal(1)))))
    )


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("", 1, 1, "a field, a function, a literal or an opening parenthesis"),
        ("AND(a,\n  b", 2, 4, "an operator, a comma or the ) that closes AND, opened at line 1, column 1"),
        ("a\n+\n", 3, 1, "a field, a function, a literal or an opening parenthesis"),
        ("(a b)", 1, 4, "an operator or the ) that closes the group, opened at column 1"),
        ("a )", 1, 3, "an operator or the end of the formula"),
        ("a =\r\n  'x", 2, 3, "a closing '"),
        ("a /* b", 1, 3, "*/"),
        ("IF(a,,b)", 1, 6, "a field, a function, a literal or an opening parenthesis"),
        ("a ~ b", 1, 3, "a value or an operator"),
        ("1.", 1, 2, "a value or an operator"),
        ("[a b]", 1, 4, "="),
        ('Account..Name = "x"', 1, 9, "the name of a field"),
        ("a = 1 &&\nOwner. = b", 2, 7, "the name of a field"),
    ],
)
def test_an_error_says_where_it_is_and_what_was_expected(
    text: str, line: int, column: int, expected: str
) -> None:
    with pytest.raises(FormulaSyntaxError) as caught:
        parse(text)
    assert caught.value.at is not None
    assert (caught.value.at.line, caught.value.at.column) == (line, column)
    assert caught.value.expected == expected


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("a = 1 and b = 2", 7, "between two operands write &&, or write AND(a, b)"),
        ("(a OR (b))", 4, "between two operands write ||, or write OR(a, b)"),
        ("a => 1", 3, "'=>' is no operator; write >="),
        ("a =< 1", 3, "'=<' is no operator; write <="),
        ("a === 1", 3, "'===' is no operator; write ="),
        ("a !== 1", 3, "'!==' is no operator; write <>"),
        ("a >< 1", 3, "'><' is no operator; write <>"),
        ("a = 1 // why", 7, "'//' is no operator; write /* … */"),
        ("a > .5", 5, "a number begins and ends with a digit, as 0.5 does"),
        ("{!Amount} > 1", 1, "write the name of the field alone, without {! and }"),
        ("a = 1;", 6, "a formula ends without a semicolon, and a comma stands between arguments"),
        ("a &lt; 1", 6, "'&lt;' is an XML entity; write <"),
        ("a = &quot;x&quot;", 10, "'&quot;' is an XML entity; write \""),
        ("a = &#39;x", 6, "'&#39;' is an XML entity; write '"),
        ("a = 1\u200b", 6, "an invisible character (U+200B) stands here; delete it"),
        ("a = “x”", 5, "“ is a curly quote; write straight quotes, \" or '"),
        ("a = ‘x’", 5, "‘ is a curly quote; write straight quotes, \" or '"),
        ("ＡＮＤ(a, b)", 1, "'ＡＮＤ' is written in full-width characters; write AND"),
        ("AND（a, b)", 4, "'（' is written in full-width characters; write ("),
        ("AND(a， b)", 6, "'，' is written in full-width characters; write ,"),
        ("AND(a、b)", 6, "'、' is written in full-width characters; write ,"),
        ("AND(a,\u3000b)", 7, "a full-width space stands here; write a plain space"),
    ],
)
def test_a_frequent_slip_is_told_with_what_to_write(text: str, column: int, message: str) -> None:
    with pytest.raises(FormulaSyntaxError) as caught:
        parse(text)
    assert caught.value.message.endswith(message)
    assert caught.value.at is not None
    assert caught.value.at.column == column


def test_signs_that_stand_apart_are_no_swapped_operator() -> None:
    with pytest.raises(FormulaSyntaxError, match="'>' stands where it cannot"):
        parse("a = > 1")


@pytest.mark.parametrize("piece", ["(", "f(", "a+(", "NOT ", "-", "IF(a,b,", "["])
def test_endless_nesting_is_refused_and_not_followed(piece: str) -> None:
    with pytest.raises(FormulaSyntaxError):
        parse(piece * 5000)
    with pytest.raises(FormulaTooDeep):
        parse("-" * (DEEPEST + 1) + "a")


@pytest.mark.parametrize(
    "grown",
    [
        lambda n: "+".join(["a"] * n),
        lambda n: "AND(" + ",".join(["a = 1 && b <> 'x'"] * n) + ")",
        lambda n: "/* c */\n" * n + "a",
        lambda n: "(a)+" * n + "a",
        lambda n: "a^b*c+-d||" * n + "e",
        lambda n: '"' + "\\n" * n + '"',
        lambda n: "=".join(["NOT NOT a"] * n),
    ],
)
def test_steps_grow_linearly_with_the_text(grown: object) -> None:
    small, large = (parse(grown(n)) for n in (50, 5000))  # type: ignore[operator]
    per_character = [formula.steps / len(formula.text) for formula in (small, large)]
    assert large.steps <= 3 * len(large.text) + 10
    assert per_character[1] <= per_character[0] * 1.1 + 0.01


@given(st.text(alphabet="ab1.(),[]'\"+-*/^&|=<>! \n\\/*NOTANDtrue$:é", max_size=60))
def test_no_text_makes_it_crash(text: str) -> None:
    offset = outcome(text)
    assert offset is None or 0 <= offset <= len(text)


def outcome(text: str) -> int | None:
    """Where it could not be read; None where it could, in few steps."""
    try:
        formula = parse(text)
    except FormulaError as error:
        return error.at.offset if error.at else -1
    return None if formula.steps <= 3 * len(text) + 10 else -1


def test_no_damage_to_a_real_rule_makes_it_crash() -> None:
    rule = "AND(NOT(ISPICKVAL(StageName, 'Won')), $Profile.Name <> \"Admin\" /* but */, REGEX(Phone, '\\\\d{3}'), 1.5 >= x)"
    source = random.Random(5)
    for _ in range(3000):
        damaged = list(rule)
        for _ in range(source.randint(1, 6)):
            at = source.randrange(len(damaged))
            damaged[at : at + source.randint(0, 2)] = source.choice(
                ["", "(", ")", "'", "\\", ",", "/*", "NOT ", "&&", "☃"]
            )
        assert outcome("".join(damaged)) != -1
