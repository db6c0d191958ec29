"""The column form says of every row what the row form says of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from awase_formula import Context, Evaluator, Field, Kind, Schema, Verdict, compile, format, parse, verdicts
from awase_formula.compiling import rows_of
from awase_formula.tree import Formula
from tests.unit.formula.generated import CONTEXT, SCHEMA, Maker, frame

FORMULAS, ROWS = 450, 50


@pytest.mark.parametrize("part", range(3))
def test_twenty_thousand_generated_pairs_agree_with_the_row_form(part: int) -> None:
    pairs = vectorised = 0
    for seed in range(part * FORMULAS // 3, (part + 1) * FORMULAS // 3):
        maker = Maker(seed)
        formula = parse(format(Formula("", maker.rule())))
        rows = frame(maker, ROWS)
        blanks = "zero" if seed % 3 == 0 else "null"
        compiled = compile(formula, SCHEMA, blanks)  # type: ignore[arg-type]
        found = compiled.verdicts(rows, CONTEXT)
        evaluator = Evaluator(formula, SCHEMA, blanks)  # type: ignore[arg-type]
        for number, row in enumerate(rows_of(rows, compiled.checked, None)):
            assert found.decision(number) == evaluator.decide(row, CONTEXT), (
                formula.text,
                rows.row(number, named=True),
            )
            pairs += 1
        vectorised += found.vectorised
    assert pairs == FORMULAS // 3 * ROWS
    assert vectorised > FORMULAS / 3 * 0.6, "the column form itself must be what is tested"


def codes(text: str, frame: pl.DataFrame, schema: Schema | None = None, **context: object) -> list[int]:
    compiled = compile(parse(text), schema or Schema())
    found = compiled.verdicts(frame, Context(**context), is_new=False)  # type: ignore[arg-type]
    assert found.vectorised
    return found.codes.to_list()


def test_decimals_are_exact_where_doubles_are_not() -> None:
    rows = pl.DataFrame(
        {"a": [Decimal("0.1")], "b": [Decimal("0.2")]},
        schema={"a": pl.Decimal(38, 10), "b": pl.Decimal(38, 10)},
    )
    assert codes("a + b = 0.3", rows) == [1]
    assert codes("a * b * 100 = 2", rows) == [1]
    floats = pl.DataFrame({"a": [0.1, 1.1], "b": [0.2, 2.2]})
    assert codes("a + b = 0.3 || a + b = 3.3", floats) == [1, 1]


def test_a_float_that_holds_more_than_ten_decimals_is_looked_at_by_itself() -> None:
    found = compile(parse("a = 0.3")).verdicts(pl.DataFrame({"a": [0.1 + 0.2, 0.3]}))
    assert (found.codes.to_list(), found.redone) == ([0, 1], 1)


def test_a_fraction_of_a_day_is_compared_as_the_row_form_rounds_it() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    rows = pl.DataFrame({"s": [now - timedelta(hours=hour) for hour in (5, 8, 24)]})
    assert codes("NOW() - s >= 1", rows, now=now) == [0, 0, 1]
    compiled = compile(parse("(NOW() - s) * 24 > 7"))
    assert compiled.verdicts(rows, Context(now=now)).codes.to_list() == [0, 1, 1]


def test_today_is_the_date_in_the_running_users_zone() -> None:
    rows = pl.DataFrame(
        {"d": [date(2026, 1, 1), date(2026, 1, 2)], "s": [datetime(2026, 1, 1, 20, tzinfo=UTC)] * 2}
    )
    tokyo = {"now": datetime(2026, 1, 1, 20, tzinfo=UTC), "zone": ZoneInfo("Asia/Tokyo")}
    assert codes("d = TODAY()", rows, **tokyo) == [0, 1]
    assert codes("DATEVALUE(s) = d", rows, **tokyo) == [0, 1]


def test_what_is_missing_is_unknown_and_says_why() -> None:
    rows = pl.DataFrame({"a": [1, 2]})
    found = compile(parse("$Permission.Bypass || Account.Name = 'x'")).verdicts(rows)
    assert {found.decision(0).reason, found.decision(1).reason} == {
        "the value of $Permission.Bypass is not given"
    }
    assert not any(found.fires)
    assert all(found.unknown)


def test_a_decided_term_ends_it_whatever_else_is_unknown() -> None:
    rows = pl.DataFrame({"a": [1, 2]})
    found = compile(parse("AND(NOT $Permission.Bypass, a = 1, PRIORVALUE(a) = 1)")).verdicts(rows)
    assert [found.decision(row).verdict for row in range(2)] == [Verdict.UNKNOWN, Verdict.PASS]


def test_a_runtime_error_is_never_a_pass() -> None:
    rows = pl.DataFrame({"t": ["1", "x", None]})
    found = compile(parse("VALUE(t) > 5")).verdicts(rows)
    assert [found.decision(row).verdict for row in range(3)] == [Verdict.PASS, Verdict.UNKNOWN, Verdict.PASS]


def test_a_formula_field_keeps_its_own_treatment_of_blanks() -> None:
    fields = {
        "n": Field(Kind.NUMBER),
        "z": Field(Kind.NUMBER, formula=parse("n + 1"), blanks="zero"),
        "e": Field(Kind.NUMBER, formula=parse("n + 1"), blanks="null"),
    }
    rows = pl.DataFrame({"n": [None, 1]}, schema={"n": pl.Int64})
    assert codes("z = 1", rows, Schema(fields)) == [1, 0]
    assert codes("ISBLANK(e)", rows, Schema(fields)) == [1, 0]


def test_many_formulas_over_one_frame_keep_their_order() -> None:
    formulas = [compile(parse(text)) for text in ("a = 1", "1 / a + 0 > 0.4", "a = 2")]
    rows = pl.DataFrame({"a": [1, 2, 0]})
    found = verdicts(formulas, rows)
    assert [one.codes.to_list() for one in found] == [[1, 0, 0], [1, 1, 2], [0, 1, 0]]
    assert [one.vectorised for one in found] == [True, False, True]


def test_an_empty_frame_has_no_verdicts() -> None:
    rows = pl.DataFrame(schema={"a": pl.Int64})
    assert [
        one.codes.to_list() for one in verdicts([compile(parse("a = 1")), compile(parse("TRUE"))], rows)
    ] == [[], []]


def test_column_names_are_found_whatever_their_case() -> None:
    assert codes("AMOUNT > 5", pl.DataFrame({"Amount": [10, 1]})) == [1, 0]


def test_a_choice_between_an_id_and_a_text_is_a_text_in_both_forms() -> None:
    schema = Schema({"i": Field(Kind.ID), "t": Field(Kind.TEXT)})
    rows = pl.DataFrame({"i": ["001000000000001"], "t": ["001000000000001AAA"]})
    assert codes("i = t", rows, schema) == [1]
    assert codes("IN(t, NULLVALUE(i, 'x'))", rows, schema) == [0]
    assert codes("IN(t, BLANKVALUE(i, 'x'))", rows, schema) == [0]


def both_forms(text: str, rows: pl.DataFrame, schema: Schema, is_new: bool | None = None) -> list[int]:
    """Codes of the column form, which are those of the row form."""
    compiled = compile(parse(text), schema)
    found = compiled.verdicts(rows, CONTEXT, is_new)
    assert found.vectorised
    evaluator = Evaluator(compiled.formula, schema)
    by_rows = [evaluator.decide(row, CONTEXT) for row in rows_of(rows, compiled.checked, is_new)]
    assert [found.decision(row) for row in range(rows.height)] == by_rows
    return found.codes.to_list()


SMALL = ("test", "kg", "ski", "i", "a.i", "<k>", " k", "ß", "é", "Test", "")
FIRST_LETTERS = ("T", "t", "K", "\u212a", "I", "\u0130", "ı", "S", "ſ", "Σ", "É", "ẞ", "テ")


@pytest.mark.parametrize("function", ["BEGINS", "CONTAINS", "ENDS"])
def test_a_part_of_a_text_in_small_letters_is_found_however_the_letters_stood(function: str) -> None:
    texts = [
        before + one + after
        for small in SMALL
        for letter in FIRST_LETTERS
        for one in (small, small.upper(), letter + small[1:], small[:-1] + letter)
        for before, after in (("", ""), ("株式会社", ""), ("", "k"))
    ]
    rows = pl.DataFrame({"t": [*texts, None, ""]})
    for small in SMALL:
        fired = both_forms(f'{function}(LOWER(t), "{small}")', rows, Schema({"t": Field(Kind.TEXT)}))
        assert (1 in fired) != (small == "Test")


def test_no_other_letter_has_a_small_one_that_is_ascii() -> None:
    others = {
        chr(code)
        for code in range(0x80, 0x110000)
        if not 0xD800 <= code < 0xE000 and any(one.isascii() for one in chr(code).lower())
    }
    assert others == {"\u212a", "\u0130"}


def test_characters_of_every_plane_beyond_the_first_are_counted_as_two() -> None:
    wide = [chr(plane * 0x10000 + 0x100) for plane in range(1, 17)]
    rows = pl.DataFrame({"t": [*wide, "é", "山", "\uffff", "a", None]})
    compiled = compile(parse("LEN(t) = 2"), Schema({"t": Field(Kind.TEXT)}))
    found = compiled.verdicts(rows, CONTEXT)
    assert found.codes.to_list() == [1] * 16 + [0] * 5
    assert found.redone == 16


COUNTED = ["a", "abc", "abcd", "山田太", "山田太郎", "😀", "a😀", "😀😀", "葛\U000e0100", "é😀", "", None]
"""Of one to four units, with and without characters that are two."""


@pytest.mark.parametrize("sign", ["=", "<>", "<", ">", "<=", ">="])
@pytest.mark.parametrize("number", ["0", "1", "2", "3", "2.5", "4", "99999999999999999999"])
def test_a_length_beside_a_number_counts_wide_characters_twice(sign: str, number: str) -> None:
    rows = pl.DataFrame({"T": COUNTED})
    schema = Schema({"T": Field(Kind.TEXT)})
    for text in (f"LEN(T) {sign} {number}", f"{number} {sign} LEN(t)"):
        both_forms(text, rows, schema)
        both_forms(text, rows.cast(pl.Categorical), schema)


def test_only_rows_where_a_wide_character_may_decide_are_looked_at_again() -> None:
    rows = pl.DataFrame({"t": [*COUNTED, "😀" * 40]})
    schema = Schema({"t": Field(Kind.TEXT)})
    assert compile(parse("LEN(t) > 100"), schema).verdicts(rows, CONTEXT).redone == 0
    assert compile(parse("LEN(t) > 79"), schema).verdicts(rows, CONTEXT).redone == 1


@pytest.mark.parametrize(
    "text", ["LEN(both) = 3", "LEFT(both, 2) = t", "LEN(t) = 2 && LEN(both) > 2", 'FIND("c", both) = 3']
)
def test_characters_behind_a_formula_field_are_counted_like_any_others(text: str) -> None:
    both = Field(Kind.TEXT, formula=parse('t & "c"'))
    schema = Schema({"t": Field(Kind.TEXT), "both": both})
    both_forms(text, pl.DataFrame({"t": COUNTED}), schema)


@pytest.mark.parametrize("wanted", ["A", "B", "A;B", "AB", ""])
def test_a_multi_select_may_be_a_list_or_a_text(wanted: str) -> None:
    lists = [["A"], ["B", "A"], ["AB"], [], None, ["A", "B"], [""]]
    rows = pl.DataFrame({"m": lists}, schema={"m": pl.List(pl.String)})
    as_texts = rows.select(pl.col("m").list.join(";"))
    schema = Schema({"m": Field(Kind.MULTIPICKLIST)})
    for text in (
        f'INCLUDES(m, "{wanted}")',
        "ISBLANK(m)",
        "PICKLISTCOUNT(m) > 1",
        f'NOT(INCLUDES(m, "{wanted}"))',
    ):
        assert both_forms(text, rows, schema) == both_forms(text, as_texts, schema)


def test_a_text_whose_line_ends_alone_differ_has_not_changed() -> None:
    rows = pl.DataFrame(
        {
            "t": ["a\r\nb", "a\r\nb", "a\nb", "x", None, "x"],
            "prior:T": ["a\r\nb", "a\nb", "a\r\nb", "y\r\n", "\r\n", "x"],
        }
    )
    schema = Schema({"t": Field(Kind.TEXT)})
    found = compile(parse("ISCHANGED(t)"), schema).verdicts(rows, CONTEXT, is_new=False)
    assert found.codes.to_list() == [0, 0, 0, 1, 1, 0]
    same = rows.rename({"prior:T": "prior:t"})
    assert both_forms("ISCHANGED(t)", same, schema, is_new=False) == [0, 0, 0, 1, 1, 0]


@pytest.mark.parametrize(
    ("literal", "scale"),
    [("0.1234567890123456789012345678901", 31), ("12345678901234567890123456789012345", 0), ("1.500000", 3)],
)
def test_a_literal_keeps_every_digit(literal: str, scale: int) -> None:
    values = pl.Series([literal, None], dtype=pl.String).cast(pl.Decimal(38, scale))
    rows = pl.DataFrame({"n": values})
    schema = Schema({"n": Field(Kind.NUMBER)})
    assert both_forms(f"n = {literal}", rows, schema) == [1, 0]
    assert both_forms(f"n < {literal}", rows, schema) == [0, 0]


@pytest.mark.parametrize("literal", ["9" * 200_000, "0." + "1" * 200_000, "1." + "0" * 200_000])
def test_a_literal_of_any_length_stops_nothing(literal: str) -> None:
    compiled = compile(parse(f"n = {literal}"), Schema({"n": Field(Kind.NUMBER)}))
    assert compiled.verdicts(pl.DataFrame({"n": [7]}), CONTEXT, is_new=True).codes.to_list() == [0]
    assert compiled.vectorised == literal.startswith("1.")
