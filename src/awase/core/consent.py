"""Consent: an opt-out is not a field.

``OptOut`` is the only value that can carry consent to a vendor, it can only say *out*, and only ``opted_out`` builds
one. There is no value in the ordinary write path that says *in*. Unknown is not consent, and disagreement resolves
to *out* (strictest wins).
"""

from __future__ import annotations

import msgspec


class OptOut(msgspec.Struct, frozen=True, kw_only=True):
    """The wish of a person (or an address) not to be written to, with its evidence. Built by ``opted_out`` only."""

    address: str | None
    """The e-mail address it was given for; None when only the record is known."""
    scope: str
    """``organisation``: all marketing mail. (List-level scopes never become one of these.)"""
    source: str
    """Where it was seen: ``ma:contact:151`` …"""


def opted_out(*, address: str | None, source: str) -> OptOut:
    """The organisation-wide opt-out seen at ``source``."""
    return OptOut(address=address, scope="organisation", source=source)


def strictest(*states: bool | None) -> bool | None:
    """The join of what several places say about *out*: any True wins; no knowledge stays unknown (None)."""
    known = [state for state in states if state is not None]
    return any(known) if known else None
