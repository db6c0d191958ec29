"""Personal data as the status page may show it while it has no sign-in: recognisable to who knows it, unreadable otherwise."""

from __future__ import annotations

import secrets

from awase.transport.redaction import Redactor

DOTS = "•••"
_LEAST_LENGTH_TO_SHOW_A_LETTER = 3

_redactor = Redactor(secrets.token_bytes(32))


def masked(value: str | None) -> str | None:
    """The first letter of ``value`` and three dots, however long it is; None where there is no value.

    Of short values nothing is shown, and of an address only that it is one.
    """
    if value is None or not value.strip():
        return None
    first = value.strip()[0] if len(value.strip()) >= _LEAST_LENGTH_TO_SHOW_A_LETTER else ""
    return f"{first}{DOTS}@{DOTS}" if "@" in value or "＠" in value else f"{first}{DOTS}"


def masked_note(note: str) -> str:
    """What is told about a run, without addresses, telephone numbers and tokens that a vendor's words may carry."""
    return _redactor.text(note)
