"""Random formulas of every kind, and rows that know the formula's own literals and their neighbours."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import polars as pl

from awase_formula import Context, Field, Kind, Schema
from awase_formula.tree import Call, Chain, Node, Null, Number, Reference, Text, Truth, Unary, postorder

NOW = datetime(2026, 2, 28, 23, 30, 15, tzinfo=UTC)
FIELDS = {
    "T1": Field(Kind.TEXT),
    "T2": Field(Kind.TEXT),
    "T3": Field(Kind.TEXT),
    "N1": Field(Kind.NUMBER),
    "N2": Field(Kind.NUMBER, scale=2),
    "N3": Field(Kind.NUMBER),
    "P1": Field(Kind.NUMBER, scale=1, percent=True),
    "K1": Field(Kind.PICKLIST),
    "K2": Field(Kind.PICKLIST),
    "M1": Field(Kind.MULTIPICKLIST),
    "B1": Field(Kind.BOOLEAN),
    "B2": Field(Kind.BOOLEAN),
    "D1": Field(Kind.DATE),
    "D2": Field(Kind.DATE),
    "S1": Field(Kind.DATETIME),
    "S2": Field(Kind.DATETIME),
    "H1": Field(Kind.TIME),
    "I1": Field(Kind.ID),
    "Account.Industry": Field(Kind.PICKLIST),
    "Account.Name": Field(Kind.TEXT),
    "Gone": Field(Kind.NUMBER),
    "Owner.Gone": Field(Kind.TEXT),
    "$Permission.Given": Field(Kind.BOOLEAN),
    "$Setup.Missing__c.On__c": Field(Kind.BOOLEAN),
    "$User.Level__c": Field(Kind.NUMBER),
    "$Profile.Name": Field(Kind.TEXT),
}
SCHEMA = Schema(FIELDS)
CONTEXT = Context(
    now=NOW,
    globals={"$Permission.Given": True, "$User.Level__c": 3, "$Profile.Name": "Standard"},
)
ABSENT = {"Gone", "Owner.Gone"}
PRIORS = ("T1", "N1", "N2", "K1", "D1", "B1", "S1", "I1")

TEXTS = [
    "a",
    "b",
    "ab",
    "abc",
    "A",
    "12",
    "１２",
    "-3.50",
    "1e3",
    "x y",
    " ",
    "日本",
    "カナ語",
    "ß",
    "😀a",
    "a\r\nb",
    "a\nb",
    "2026-02-28",
    "1.",
    "001000000000001",
    "001000000000001AAA",
]
NUMBERS = [
    Decimal(text)
    for text in (
        "0",
        "1",
        "-1",
        "2",
        "3",
        "0.5",
        "-0.5",
        "1.5",
        "2.5",
        "0.1",
        "0.3",
        "10",
        "100",
        "7",
        "99.99",
        "100.01",
        "-2.345",
        "12345678.25",
    )
]
PICKS = ["Open", "Closed", "open", "A"]
DAYS = [
    date(2026, 2, 28),
    date(2026, 3, 1),
    date(2024, 2, 29),
    date(2025, 12, 31),
    date(1999, 1, 31),
    date(9999, 12, 31),
    date(1, 1, 1),
]
INSTANTS = [
    NOW,
    NOW - timedelta(hours=8),
    NOW - timedelta(days=1),
    datetime(2026, 2, 28, 15, 0, tzinfo=UTC),
    datetime(2020, 1, 1, 0, 0, 0, 123456, tzinfo=UTC),
]
TIMES = [time(0), time(12), time(23, 59, 59, 999000), time(10, 40, 55, 666000)]
PATTERNS = [
    "[a-c]+",
    "\\d+",
    "a.*",
    ".*",
    "(a|b)?",
    "[^\\d]*",
    "\\p{L}+",
    "((",
    "(?i)AB",
    "(a)\\1",
    ".",
    "a$",
]


class Maker:
    """Makes one formula after another from one seed, and remembers the literals it used."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.literals: list[object] = []

    def rule(self, depth: int = 4) -> Node:
        """A formula that a rule could be: Boolean, and of some size."""
        while True:
            self.literals = []
            node = self.boolean(depth)
            if sum(1 for _ in postorder(node)) >= 4:
                return node

    def name(self, *names: str) -> Reference:
        return Reference(self.random.choice(names))

    def pick(self, *makers: object) -> Node:
        return self.random.choice(makers)()  # type: ignore[operator, no-any-return]

    def number(self, depth: int) -> Node:
        if depth <= 0 or self.random.random() < 0.25:
            return self.pick(
                self.number_literal,
                lambda: self.name(
                    "N1",
                    "N2",
                    "N3",
                    "P1",
                    "N1",
                    "N2",
                    "$User.Level__c",
                    *(["Gone"] if self.random.random() < 0.1 else []),
                ),
            )
        number, text, day = (
            (lambda: self.number(depth - 1)),
            (lambda: self.text(depth - 1)),
            (lambda: self.day(depth - 1)),
        )
        return self.pick(
            lambda: Chain((number(), number()), (self.random.choice("+-*"),)),
            lambda: Chain(
                (number(), number(), number()), (self.random.choice("+-"), self.random.choice("+-"))
            ),
            lambda: Chain((number(), self.number_literal()), ("/",)),
            lambda: Chain((number(), number()), ("/",)),
            lambda: Unary("-", number()),
            lambda: Call(self.random.choice(["ABS", "CEILING", "FLOOR", "MCEILING", "MFLOOR"]), (number(),)),
            lambda: Call(
                self.random.choice(["ROUND", "TRUNC"]),
                (
                    number(),
                    self.random.choice(
                        [
                            Number(Decimal(0)),
                            Number(Decimal(1)),
                            Number(Decimal(2)),
                            Unary("-", Number(Decimal(1))),
                        ]
                    ),
                ),
            ),
            lambda: Call(self.random.choice(["MAX", "MIN"]), (number(), number())),
            lambda: Call("MOD", (number(), number())),
            lambda: Call("LEN", (text(),)),
            lambda: Call("VALUE", (text(),)),
            lambda: Call("FIND", (text(), text())),
            lambda: Call(
                self.random.choice(["YEAR", "MONTH", "DAY", "WEEKDAY", "DAYOFYEAR", "ISOWEEK", "ISOYEAR"]),
                (day(),),
            ),
            lambda: Chain((day(), day()), ("-",)),
            lambda: Chain((self.instant(depth - 1), self.instant(depth - 1)), ("-",)),
            lambda: Chain(
                (Chain((self.instant(depth - 1), self.instant(depth - 1)), ("-",)), self.number_literal()),
                ("*",),
            ),
            lambda: Call("HOUR", (self.moment(),)),
            lambda: Call("PICKLISTCOUNT", (self.name("M1"),)),
            lambda: Call("IF", (self.boolean(depth - 1), number(), number())),
            lambda: Call(
                "CASE",
                (
                    self.name("K1", "K2"),
                    self.pick_literal(),
                    number(),
                    self.pick_literal(),
                    number(),
                    number(),
                ),
            ),
            lambda: Call("CASE", (number(), self.number_literal(), number(), number())),
            lambda: Call(self.random.choice(["BLANKVALUE", "NULLVALUE"]), (number(), number())),
            lambda: Call("IFERROR", (number(), number())),
            lambda: Call("PRIORVALUE", (self.name("N1", "N2"),)),
        )

    def number_literal(self) -> Number:
        value = self.random.choice(NUMBERS)
        value = abs(value)
        self.literals.append(value)
        return Number(value)

    def pick_literal(self) -> Text:
        value = self.random.choice([*PICKS, ""])
        self.literals.append(value)
        return Text(value)

    def text_literal(self) -> Text:
        value = self.random.choice([*TEXTS, ""])
        self.literals.append(value)
        return Text(value)

    def text(self, depth: int) -> Node:
        if depth <= 0 or self.random.random() < 0.3:
            return self.pick(
                self.text_literal,
                lambda: self.name(
                    "T1",
                    "T2",
                    "T3",
                    "Account.Name",
                    "I1",
                    "$Profile.Name",
                    *(["Owner.Gone"] if self.random.random() < 0.1 else []),
                ),
            )
        text, number = (lambda: self.text(depth - 1)), (lambda: self.number(depth - 2))
        return self.pick(
            lambda: Chain((text(), text()), (self.random.choice(["&", "+"]),)),
            lambda: Call(self.random.choice(["LEFT", "RIGHT"]), (text(), number())),
            lambda: Call("MID", (text(), number(), number())),
            lambda: Call(self.random.choice(["UPPER", "LOWER", "TRIM", "CASESAFEID", "REVERSE"]), (text(),)),
            lambda: Call("SUBSTITUTE", (text(), self.text_literal(), self.text_literal())),
            lambda: Call("LPAD", (text(), number(), Text("xy"))),
            lambda: Call(
                "TEXT",
                (
                    self.pick(
                        lambda: self.name("K1", "K2", "Account.Industry"), lambda: self.day(depth - 1), number
                    ),
                ),
            ),
            lambda: Call("IF", (self.boolean(depth - 1), text(), text())),
            lambda: Call("CASE", (text(), self.text_literal(), text(), text())),
            lambda: Call(self.random.choice(["BLANKVALUE", "NULLVALUE"]), (text(), text())),
            lambda: Call("PRIORVALUE", (self.name("T1"),)),
            lambda: Call("IF", (self.boolean(depth - 1), text(), Null())),
        )

    def day(self, depth: int) -> Node:
        if depth <= 0 or self.random.random() < 0.4:
            return self.pick(self.day_literal, lambda: self.name("D1", "D2", "D1"), lambda: Call("TODAY", ()))
        return self.pick(
            lambda: Chain((self.day(depth - 1), self.number(depth - 2)), (self.random.choice("+-"),)),
            lambda: Call("DATEVALUE", (self.instant(depth - 1),)),
            lambda: Call("ADDMONTHS", (self.day(depth - 1), self.number_literal())),
            lambda: Call("DATE", (self.number(0), self.number(0), self.number(0))),
            lambda: Call("IF", (self.boolean(depth - 1), self.day(depth - 1), self.day(depth - 1))),
            lambda: Call("BLANKVALUE", (self.day(depth - 1), self.day(depth - 1))),
            lambda: Call("PRIORVALUE", (self.name("D1"),)),
        )

    def day_literal(self) -> Node:
        value = self.random.choice(DAYS[:5])
        self.literals.append(value)
        return Call(
            "DATE", (Number(Decimal(value.year)), Number(Decimal(value.month)), Number(Decimal(value.day)))
        )

    def instant(self, depth: int) -> Node:
        if depth <= 0 or self.random.random() < 0.5:
            return self.pick(lambda: self.name("S1", "S2"), lambda: Call("NOW", ()))
        return self.pick(
            lambda: Chain((self.instant(depth - 1), self.number(depth - 2)), (self.random.choice("+-"),)),
            lambda: Call("DATETIMEVALUE", (self.day(depth - 1),)),
            lambda: Call("BLANKVALUE", (self.instant(depth - 1), self.instant(depth - 1))),
            lambda: Call("PRIORVALUE", (self.name("S1"),)),
        )

    def moment(self) -> Node:
        return self.pick(lambda: self.name("H1"), lambda: Call("TIMEVALUE", (self.name("S1", "S2"),)))

    def there_and_back(self, depth: int) -> Node:
        """A moment moved and measured: wrong by one, it shows."""
        start, by = self.pick(lambda: self.name("D1", "D2", "S1", "S2")), self.number(depth - 2)
        moved = Chain((start, by), (self.random.choice("+-"),))
        return Chain((Chain((moved, start), ("-",)), by), (self.random.choice(["=", "<", ">="]),))

    def boolean(self, depth: int) -> Node:
        if depth <= 0 or self.random.random() < 0.1:
            return self.pick(
                lambda: self.name(
                    "B1",
                    "B2",
                    "$Permission.Given",
                    *(["$Setup.Missing__c.On__c"] if self.random.random() < 0.3 else []),
                ),
                lambda: Truth(self.random.random() < 0.5),
            )
        boolean, text, number = (
            (lambda: self.boolean(depth - 1)),
            (lambda: self.text(depth - 1)),
            (lambda: self.number(depth - 1)),
        )
        sign = lambda: self.random.choice(["=", "<>", "<", ">", "<=", ">="])  # noqa: E731
        equal = lambda: self.random.choice(["=", "<>"])  # noqa: E731
        return self.pick(
            lambda: Call(
                self.random.choice(["AND", "OR"]), tuple(boolean() for _ in range(self.random.randint(2, 4)))
            ),
            lambda: Chain((boolean(), boolean()), (self.random.choice(["&&", "||"]),)),
            lambda: Unary("NOT", boolean()),
            lambda: Call("IF", (boolean(), boolean(), boolean())),
            lambda: Chain((boolean(), boolean()), (equal(),)),
            lambda: Chain((number(), number()), (sign(),)),
            lambda: Chain((number(), number()), (sign(),)),
            lambda: Chain((text(), text()), (sign(),)),
            lambda: Chain((text(), self.text_literal()), (equal(),)),
            lambda: Chain((self.name("I1"), self.text_literal()), (equal(),)),
            lambda: Chain((self.day(depth - 1), self.day(depth - 1)), (sign(),)),
            lambda: Chain((self.instant(depth - 1), self.instant(depth - 1)), (sign(),)),
            lambda: Chain((self.moment(), self.moment()), (sign(),)),
            lambda: Chain((self.pick(text, number, lambda: self.day(depth - 1)), Null()), (equal(),)),
            lambda: Call(
                self.random.choice(["ISBLANK", "ISNULL"]),
                (self.pick(text, number, lambda: self.day(depth - 1)),),
            ),
            lambda: Call("ISBLANK", (Call("TEXT", (self.name("K1", "K2"),)),)),
            lambda: Call("ISNULL", (self.name("M1"),)),
            lambda: Call(
                "ISPICKVAL",
                (
                    self.pick(
                        lambda: self.name("K1", "K2", "Account.Industry"),
                        lambda: Call("PRIORVALUE", (self.name("K1"),)),
                    ),
                    self.pick_literal(),
                ),
            ),
            lambda: Call("INCLUDES", (self.name("M1"), self.pick_literal())),
            lambda: Call(self.random.choice(["CONTAINS", "BEGINS", "ENDS"]), (text(), text())),
            lambda: Call("CONTAINS", (Text("A:Open:Closed"), Call("TEXT", (self.name("K1"),)))),
            lambda: Call("ISNUMBER", (text(),)),
            lambda: Call("REGEX", (text(), Text(self.random.choice(PATTERNS)))),
            lambda: Call("IN", (text(), self.text_literal(), text())),
            lambda: Call("IFERROR", (boolean(), boolean())),
            lambda: self.there_and_back(depth),
            lambda: Unary("NOT", Chain((text(), text()), (sign(),))),
            lambda: Chain((Unary("NOT", Chain((text(), text()), (sign(),))), Truth(True)), ("=",)),
            lambda: Call("ISNEW", ()),
            lambda: Call("ISCHANGED", (self.name(*PRIORS),)),
        )


def frame(maker: Maker, rows: int) -> pl.DataFrame:
    """Rows for the formula that ``maker`` made last: nulls everywhere, its literals and their neighbours."""
    source = maker.random
    texts = [*TEXTS, *(one for one in maker.literals if isinstance(one, str))]
    numbers = [*NUMBERS]
    for one in maker.literals:
        if isinstance(one, Decimal):
            numbers += [one, -one, one + Decimal("0.01"), one - Decimal("0.01"), one + 1]
    days = [*DAYS]
    for one in maker.literals:
        if isinstance(one, date):
            days += [one, one + timedelta(days=1), one - timedelta(days=1)]
    pools: dict[str, tuple[list[object], pl.DataType]] = {}
    for name, field in FIELDS.items():
        if name.startswith("$") or name in ABSENT:
            continue
        match field.kind:
            case Kind.NUMBER:
                pools[name] = (
                    ([float(one) for one in numbers], pl.Float64())
                    if name == "N3"
                    else (list(numbers), pl.Decimal(38, 10))
                )
            case Kind.PICKLIST:
                pools[name] = ([*PICKS, ""], pl.String())
            case Kind.MULTIPICKLIST:
                pools[name] = (["A", "Open;A", "Closed;open", ""], pl.String())
            case Kind.BOOLEAN:
                pools[name] = ([True, False], pl.Boolean())
            case Kind.DATE:
                pools[name] = (list(days), pl.Date())
            case Kind.DATETIME:
                pools[name] = (list(INSTANTS), pl.Datetime("us", "UTC"))
            case Kind.TIME:
                pools[name] = (list(TIMES), pl.Time())
            case Kind.ID:
                pools[name] = (
                    ["001000000000001", "001000000000001AAA", "00e000000000002", *TEXTS[:2]],
                    pl.String(),
                )
            case _:
                pools[name] = ([*texts, ""], pl.String())
    columns = {name: _series(name, pool, dtype, rows, source) for name, (pool, dtype) in pools.items()}
    for name in PRIORS:
        pool, dtype = pools[name]
        changed = _series(name, pool, dtype, rows, source)
        same = pl.Series([source.random() < 0.5 for _ in range(rows)], dtype=pl.Boolean)
        columns[f"prior:{name}"] = changed.zip_with(same, columns[name])
    columns[":new"] = pl.Series(
        [source.choice([True, False, False, None]) for _ in range(rows)], dtype=pl.Boolean
    )
    if source.random() < 0.5:
        columns["M1"] = columns["M1"].str.split(";")
    return pl.DataFrame(columns)


def _series(name: str, pool: list[object], dtype: pl.DataType, rows: int, source: random.Random) -> pl.Series:
    return pl.Series(
        name, [None if source.random() < 0.2 else source.choice(pool) for _ in range(rows)], dtype=dtype
    )
