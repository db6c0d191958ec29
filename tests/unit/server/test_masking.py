"""Personal data on a page without sign-in."""

from __future__ import annotations

import pytest

from awase.server.masking import masked, masked_note


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("佐藤花子", "佐•••"),
        ("佐藤", "•••"),
        ("A", "•••"),
        ("hanako@example.jp", "h•••@•••"),
        ("花子＠example.jp", "花•••@•••"),
        ("  Sato Hanako ", "S•••"),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_of_a_value_no_more_than_its_first_letter_is_shown_and_not_its_length(
    value: str | None, shown: str | None
) -> None:
    assert masked(value) == shown


def test_a_note_keeps_its_words_and_loses_addresses_numbers_and_tokens() -> None:
    shown = masked_note("limit reached for hanako@example.jp, 03-1234-5678, access_token=abc123")
    assert shown.startswith("limit reached for [person ")
    assert not any(secret in shown for secret in ("hanako", "1234", "abc123"))
