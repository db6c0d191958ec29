"""Consent at Salesforce: which fields carry it, and the last look at a request before it leaves.

An ordinary field can be set to anything; these can only be set to *out*.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from awase.ports.flows import Request

OPT_OUT_FIELD = "HasOptedOutOfEmail"
"""True: the person wants no marketing mail. On Lead and Contact; hidden by field security in fresh orgs (from memory)."""

_PERSON = (OPT_OUT_FIELD, "HasOptedOutOfFax", "DoNotCall")
CONSENT_FIELDS: Mapping[str, tuple[str, ...]] = {"Lead": _PERSON, "Contact": _PERSON}
"""Fields that can never be mapped. Bounce fields are not among them: a bounce is a fact about delivery, no wish."""

# Also Individual's HasOptedOut… fields and the Person… names the same fields have on a person account.
_OUT_MEMBER = re.compile(r"(person)?(hasoptedout[a-z]*|donotcall)\Z")
_STATUS_MEMBER = "privacyconsentstatus"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_SIGN_IN = "/services/oauth2/token"


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with every member in it, doubled names included: the vendor may take another one than we would."""


def consent_breach(request: Request) -> str | None:
    """Why ``request`` could turn an opt-out back, or None.

    Every JSON body of a write is searched through and through (single rows, collections, composite and whatever
    comes); names count in any case, as they do for the vendor (confirmed). A body we cannot read is refused.
    """
    if request.method.upper() in _READS or _signs_in(request) or not request.body:
        return None
    try:
        content = json.loads(request.body, object_pairs_hook=_Pairs)
        members = list(_members(content))
    except (ValueError, RecursionError):
        return "the body of a write is not readable as JSON, so it cannot be checked for consent"
    for member, value in members:
        folded = member.casefold()
        if _OUT_MEMBER.match(folded) and value is not True:
            return f"{member} may only be set to true"
        if folded == _STATUS_MEMBER and str(value).casefold() != "optout":
            return f"{member} may only be set to OptOut"
    return None


def _signs_in(request: Request) -> bool:
    return not request.signed and urlsplit(request.url).path == _SIGN_IN


def _members(content: Any) -> Iterator[tuple[str, Any]]:
    """Every member of every object in ``content``, however deep."""
    if isinstance(content, _Pairs):
        for member, value in content:
            yield member, value
            yield from _members(value)
    elif isinstance(content, list):
        for item in content:
            yield from _members(item)
