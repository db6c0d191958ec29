"""What every function takes and gives, by family. How each computes stands in ``rows`` and ``columns``."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from awase_formula.kinds import Kind
from awase_formula.sentences import Sentence

_LETTERS: Mapping[str, frozenset[Kind]] = {
    "T": frozenset({Kind.TEXT, Kind.ID}),
    "N": frozenset({Kind.NUMBER}),
    "B": frozenset({Kind.BOOLEAN}),
    "D": frozenset({Kind.DATE}),
    "M": frozenset({Kind.DATETIME}),
    "H": frozenset({Kind.TIME}),
    "P": frozenset({Kind.PICKLIST}),
    "S": frozenset({Kind.MULTIPICKLIST}),
    "L": frozenset({Kind.LOCATION}),
}
_ANY = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's parameters.

    ``takes``: the kinds that each parameter may be; the last ``repeats`` of them repeat without end.
    ``least``: how many must be given. ``gives``: the kind of the result; None: that of what it chooses between.
    """

    name: str
    family: str
    takes: tuple[frozenset[Kind], ...]
    least: int
    gives: Kind | None
    repeats: int = 0

    def kinds_at(self, index: int) -> frozenset[Kind]:
        """The kinds that the argument at ``index`` may be."""
        if index < len(self.takes):
            return self.takes[index]
        return self.takes[len(self.takes) - self.repeats + (index - len(self.takes)) % self.repeats]

    def accepts(self, count: int) -> bool:
        """Whether this many arguments may be given."""
        return count >= self.least and (count <= len(self.takes) or self.repeats > 0)

    def counts(self) -> str:
        """How many arguments may be given, in words."""
        most = len(self.takes)
        if self.name in _COUNTED:
            return _COUNTED[self.name]
        least, highest = str(self.least), str(most)
        if self.repeats:
            return Sentence("{least} or more", least=least)
        if self.least == most:
            return highest if most else Sentence("none")
        words = "{least} or {most}" if most - self.least == 1 else "{least} to {most}"
        return Sentence(words, least=least, most=highest)


_COUNTED: Mapping[str, str] = {
    "CASE": Sentence(
        "an even number, 4 or more: an expression, pairs of a value and a result, and the result for all else"
    ),
    "IFS": Sentence(
        "an odd number, 5 or more: pairs of a condition and a result, and the result for all else"
    ),
}
_RESULTS: Mapping[str, Kind | None] = {
    "T": Kind.TEXT,
    "N": Kind.NUMBER,
    "B": Kind.BOOLEAN,
    "D": Kind.DATE,
    "M": Kind.DATETIME,
    "H": Kind.TIME,
    "L": Kind.LOCATION,
    "I": Kind.ID,
    "=": None,
}


def _read(family: str, lines: str) -> dict[str, Signature]:
    """Signatures from lines ``NAME parameter … -> result``: ``?`` before what may be absent, ``+`` after what repeats."""
    table = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        left, result = line.split(" -> ")
        name, *parameters = left.split()
        takes, least, repeats = [], 0, 0
        for parameter in parameters:
            letters = parameter.strip("?+")
            takes.append(
                _ANY if letters == "*" else frozenset().union(*(_LETTERS[letter] for letter in letters))
            )
            least += not parameter.startswith("?")
            repeats += parameter.endswith("+")
        table[name] = Signature(name, family, tuple(takes), least, _RESULTS[result], repeats)
    return table


_LOGIC = """
    AND B+ -> B
    OR B+ -> B
    IF B * * -> =
    IFS B * *+ *+ -> =
    CASE * * * * ?*+ -> =
    BLANKVALUE * * -> =
    NULLVALUE * * -> =
    IFERROR * * -> =
    ISBLANK * -> B
    ISNULL * -> B
    ISNUMBER T -> B
    IN * *+ -> B
"""
_RECORD = """
    ISNEW -> B
    ISCLONE -> B
    ISCHANGED * -> B
    PRIORVALUE * -> =
    ISPICKVAL P T -> B
    INCLUDES S T -> B
    PICKLISTCOUNT S -> N
    VLOOKUP * * * -> =
"""
_TEXT = """
    ASCII T -> N
    BEGINS T T -> B
    BR -> T
    CASESAFEID T -> I
    CHR N -> T
    CONTAINS T T -> B
    ENDS T T -> B
    FIND T T ?N -> N
    FORMATCURRENCY T N -> T
    HTMLENCODE T -> T
    HYPERLINK T T ?T -> T
    IMAGE T T ?N ?N -> T
    INITCAP T -> T
    JSENCODE T -> T
    JSINHTMLENCODE T -> T
    JSONPATHVALUE T T -> T
    JSONVALUE T T -> T
    LEFT T N -> T
    LEN T -> N
    LIKE T T -> B
    LOWER T ?T -> T
    LPAD T N ?T -> T
    MID T N N -> T
    REGEX T T -> B
    REVERSE T -> T
    RIGHT T N -> T
    RPAD T N ?T -> T
    SUBSTITUTE T T T -> T
    SUBSTR T N ?N -> T
    TEXT NDMHP -> T
    TRIM T -> T
    UPPER T ?T -> T
    URLENCODE T -> T
    VALUE T -> N
"""
_DATE = """
    ADDMONTHS DM N -> =
    DATE N N N -> D
    DATETIMEVALUE TMD -> M
    DATEVALUE TMD -> D
    DAY D -> N
    DAYOFYEAR DM -> N
    FORMATDURATION NHM ?BHM -> T
    FROMUNIXTIME N -> M
    HOUR H -> N
    ISOWEEK DM -> N
    ISOYEAR DM -> N
    MILLISECOND H -> N
    MINUTE H -> N
    MONTH D -> N
    NOW -> M
    SECOND H -> N
    TIMENOW -> H
    TIMEVALUE THM -> H
    TODAY -> D
    UNIXTIMESTAMP DMH -> N
    WEEKDAY D -> N
    YEAR D -> N
"""
_MATH = """
    ABS N -> N
    ACOS N -> N
    ASIN N -> N
    ATAN N -> N
    ATAN2 N N -> N
    CEILING N -> N
    COS N -> N
    DISTANCE L L T -> N
    EXP N -> N
    FLOOR N -> N
    GEOLOCATION N N -> L
    LN N -> N
    LOG N -> N
    MAX N+ -> N
    MCEILING N -> N
    MFLOOR N -> N
    MIN N+ -> N
    MOD N N -> N
    PI -> N
    ROUND N N -> N
    SIN N -> N
    SQRT N -> N
    TAN N -> N
    TRUNC N ?N -> N
"""
_PLATFORM = """
    CURRENCYRATE T -> N
    GETRECORDIDS * -> T
    GETSESSIONID -> T
    IMAGEPROXYURL T -> T
    INCLUDE * ?*+ -> T
    JUNCTIONIDLIST * *+ -> T
    LINKTO * * ?*+ -> T
    PREDICT * ?*+ -> N
    REQUIRESCRIPT T -> T
    URLFOR * ?*+ -> T
"""

SIGNATURES: Mapping[str, Signature] = {
    **_read("logic", _LOGIC),
    **_read("record", _RECORD),
    **_read("text", _TEXT),
    **_read("date", _DATE),
    **_read("math", _MATH),
    **_read("platform", _PLATFORM),
}
"""Every function by its name in capitals."""

_IN_REPORTS = Sentence("it stands in summary formulas of reports only")
ELSEWHERE: Mapping[str, Sentence] = {
    "POWER": Sentence("write {right}", right="a ^ b"),
    "CONCAT": Sentence("write {right}", right="a & b"),
    "CONCATENATE": Sentence("write {right}", right="a & b"),
    "LENGTH": Sentence("write {right}", right="LEN(a)"),
    "ISEMPTY": Sentence("write {right}", right="ISBLANK(a)"),
    "NOTBLANK": Sentence("write {right}", right="NOT(ISBLANK(a))"),
    "ISNOTBLANK": Sentence("write {right}", right="NOT(ISBLANK(a))"),
    "PARENTGROUPVAL": _IN_REPORTS,
    "PREVGROUPVAL": _IN_REPORTS,
}
"""What other formula languages have, and what to write here."""

_LIKE_ENOUGH = 0.77
"""Of two names, as ``difflib`` measures: ISBLNK is like ISBLANK, and LENGTH is not like LEFT."""


def nearest(name: str) -> str:
    """The function whose name is most like this one; empty where none is like it."""
    return next(iter(difflib.get_close_matches(name, [*SIGNATURES, "NOT"], 1, _LIKE_ENOUGH)), "")


CHOOSERS = frozenset({"IF", "IFS", "CASE", "BLANKVALUE", "NULLVALUE", "IFERROR"})
"""Functions whose result is one of their arguments."""


def chosen_from(name: str, count: int) -> range | tuple[int, ...]:
    """Which arguments a chooser's result may be."""
    match name:
        case "IF":
            return (1, 2)
        case "IFS":
            return (*range(1, count, 2), count - 1)
        case "CASE":
            return (*range(2, count - 1, 2), count - 1)
        case _:
            return range(count)
