"""HubSpot's error shapes, read into codes.

The envelope of a refused call and of one item of a batch is the same (confirmed): ``category`` is the code, unless
the message embeds a JSON list that says more precisely what is wrong with which property. Every member may be
missing in practice, and a gateway may answer HTML instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from awase.connectors.sdk.bodies import json_answer
from awase.core.operations import State, VendorError
from awase.ports.flows import Response

CONFLICT = "CONFLICT"
NO_ADDRESS = "NO_ADDRESS"
"""Ours: consent belongs to the address here, and this person has none."""

_EXISTING = re.compile(r"Existing ID:\s*(\d+)", re.IGNORECASE)
_HOLDER = re.compile(r"(\d+) already has that value", re.IGNORECASE)
_PROPERTY_NAME = re.compile(r"propertyName=([A-Za-z0-9_]+)")
_STATED_PROPERTY = re.compile(r"[Pp]roperty \"([A-Za-z0-9_]+)\"")

_BY_STATUS: Mapping[int, str] = {
    400: "VALIDATION_ERROR",
    401: "INVALID_AUTHENTICATION",
    403: "MISSING_SCOPES",
    404: "OBJECT_NOT_FOUND",
    409: CONFLICT,
    414: "URI_TOO_LONG",
    423: "LOCKED",
    429: "RATE_LIMITS",
    477: "MIGRATION_IN_PROGRESS",
}
"""What to call a refusal whose body names no category; the first five are the vendor's own words."""

_PASSING = frozenset({"LOCKED", "RESOURCE_LOCKED", "RATE_LIMIT", "RATE_LIMITS", "MIGRATION_IN_PROGRESS"})
"""Item refusals that pass by themselves: nothing was written, nobody has to act (423 and 429 of one item)."""

_UNSURE = frozenset({"INTERNAL_ERROR", "SERVER_ERROR", "TIMEOUT", "GATEWAY_TIMEOUT", "UNKNOWN"})
"""Item errors that do not say whether the write happened (from memory)."""

NOT_ACTED = frozenset({401, 403, 423, 429, 477})
"""Statuses of a call refused whole for a reason that is not in its records: the same call may pass later."""

_UNIQUENESS = frozenset(
    {CONFLICT, "CONFLICTING_UNIQUE_VALUE", "DUPLICATE_UNIQUE_PROPERTY_VALUE", "OBJECT_ALREADY_EXISTS"}
)


class Refusal(msgspec.Struct, frozen=True):
    """The error envelope of a call, of one item of a batch, or of one part of either."""

    message: str | None = None
    category: str | None = None
    error_type: str | None = msgspec.field(name="errorType", default=None)
    code: str | None = None
    sub_category: str | None = msgspec.field(name="subCategory", default=None)
    context: Any = None
    """A mapping from names to a text or a list of texts; the vendor's own example has a plain text."""
    errors: list[Refusal] | None = None

    @property
    def parts(self) -> list[Refusal]:
        return self.errors or []

    def context_values(self, name: str) -> list[str]:
        """The texts under ``name`` in the context, which may be one text or a list of them."""
        value = self.context.get(name) if isinstance(self.context, dict) else None
        if value is None:
            return []
        return [str(part) for part in (value if isinstance(value, list) else [value])]


def refusal_of(response: Response) -> Refusal | None:
    """The envelope of a refused call; None when the answer is no JSON object (a gateway's page, a cut answer)."""
    return json_answer(response, Refusal)


def vendor_words(response: Response) -> str:
    """What the vendor said, for a person; empty when it is not in words."""
    refusal = refusal_of(response)
    return (refusal.message or "") if refusal else ""


def vendor_error(refusal: Refusal, status: int = 400) -> VendorError:
    """The refusal as code, words, properties and the record that stands in the way."""
    message = refusal.message or ""
    embedded = _embedded(message)
    names = [str(part["name"]) for part in embedded if part.get("name")] or _named(refusal)
    precise = [str(part["error"]) for part in embedded if part.get("error")]
    precise += [part.code for part in refusal.parts if part.code]
    stated = _EXISTING.search(message) or _HOLDER.search(message)
    holders = [stated.group(1)] if stated else refusal.context_values("existingId")
    category = refusal.category or refusal.error_type or _BY_STATUS.get(status, f"HTTP_{status}")
    return VendorError(
        code=precise[0] if precise else category,
        message=_plain(refusal, embedded),
        fields=tuple(dict.fromkeys(names)),
        existing_id=holders[0] if holders else None,
        raw=message,
    )


def _embedded(message: str) -> list[dict[str, Any]]:
    """The JSON list some validation messages carry after their first sentence; empty when there is none."""
    start = message.find("[{")
    if start < 0:
        return []
    end = message.rfind("]")
    try:
        return msgspec.json.decode(message[start : end + 1], type=list[dict[str, Any]])
    except msgspec.DecodeError:
        return []


def _named(refusal: Refusal) -> list[str]:
    """Properties named outside an embedded list: in the contexts, or within the words."""
    message = refusal.message or ""
    found = refusal.context_values("propertyName") + refusal.context_values("properties")
    for part in refusal.parts:
        found += part.context_values("propertyName")
    return found or _PROPERTY_NAME.findall(message)[:1] or _STATED_PROPERTY.findall(message)[:1]


def _plain(refusal: Refusal, embedded: list[dict[str, Any]]) -> str:
    """The words without the embedded JSON and without repetition."""
    sentences = [str(part["message"]) for part in embedded if part.get("message")]
    if not sentences:
        sentences = [part.message for part in (refusal, *refusal.parts) if part.message]
    return " / ".join(dict.fromkeys(sentences))


def item_state(refusal: Refusal, error: VendorError) -> State:
    """What an item's refusal means for its write."""
    codes = {error.code, refusal.category}
    if codes & _PASSING:
        return State.DEFERRED
    return State.UNKNOWN if codes & _UNSURE else State.REJECTED


def holds_key(error: VendorError, key_field: str | None) -> bool:
    """Whether a create was refused because its key is already there: the write may have happened before."""
    if key_field is None:
        return False
    named = key_field in (error.fields or error.raw)
    unique = error.code in _UNIQUENESS or "already has that value" in error.raw
    return named and unique
