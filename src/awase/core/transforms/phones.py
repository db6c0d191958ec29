"""Transforms of telephone numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

from awase.core.transforms.steps import StepProblem, by_value
from awase.core.transforms.widths import ascii_width

_WRITTEN = re.compile(
    r"(?:(?:tel|phone|電話|☎|℡)\s*[:.]?)?\s*"
    r"(?P<number>\+?[0-9()\[\]\s.・\-\u2010-\u2015\u2212ー]+?)"
    r"\s*(?:(?:ext\.?|内線|#|x)\s*[:.]?\s*(?P<extension>[0-9]{1,7}))?",
    re.IGNORECASE,
)
_LONGEST = 60


def national(value: pl.Expr, region: str) -> pl.Expr:
    return by_value(value, lambda text: phone_in(text, region, e164=False))


def e164(value: pl.Expr, region: str) -> pl.Expr:
    return by_value(value, lambda text: phone_in(text, region, e164=True))


def phone_in(text: str, region: str, *, e164: bool) -> str | None:
    """``03-1234-5678`` or ``+81312345678``; None where ``text`` is not one telephone number.

    A number of another country than ``region``'s keeps its country code. E.164 has no room for an extension.
    """
    import phonenumbers as phones  # loading it takes a tenth of a second

    written = _WRITTEN.fullmatch(ascii_width(text).strip()) if len(text) <= _LONGEST else None
    if written is None:
        return None
    try:
        number = phones.parse(written["number"], region)
    except phones.NumberParseException:
        return None
    if not _is_one(number, written["number"], region):
        return None
    number.extension = written["extension"]
    form = phones.PhoneNumberFormat
    if e164:
        return phones.format_number(number, form.E164)
    at_home = number.country_code == phones.country_code_for_region(region)
    return phones.format_number(number, form.NATIONAL if at_home else form.INTERNATIONAL)


def _is_one(number: PhoneNumber, written: str, region: str) -> bool:
    """Assigned; or of the right length and dialled as a whole, for ranges newer than our tables."""
    import phonenumbers as phones

    if phones.is_valid_number(number):
        return True
    possible = phones.is_possible_number_with_reason(number) == phones.ValidationResult.IS_POSSIBLE
    prefix = phones.ndd_prefix_for_region(region, True)
    if prefix and number.italian_leading_zero:
        return False  # behind one prefix stands another: read again, it would lose that too
    digits = written.lstrip("([ ")
    return possible and (digits.startswith("+") or bool(prefix and digits.startswith(prefix)))


def check_region(argument: str) -> None:
    import phonenumbers as phones

    if argument not in phones.SUPPORTED_REGIONS:
        raise StepProblem(
            "there is no country “{value}”", remedy="Use two capital letters such as JP.", value=argument
        )
