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

_UNIQUENESS = frozenset(
    {CONFLICT, "CONFLICTING_UNIQUE_VALUE", "DUPLICATE_UNIQUE_PROPERTY_VALUE", "OBJECT_ALREADY_EXISTS"}
)


class Refusal(msgspec.Struct, frozen=True):
    """The error envelope of a call, or of one item of a batch."""

    message: str = ""
    category: str = ""
    sub_category: Any = msgspec.field(name="subCategory", default=None)
    error_type: str = msgspec.field(name="errorType", default="")
    context: dict[str, Any] = {}
    errors: list[dict[str, Any]] = []

    def context_values(self, name: str) -> list[str]:
        """The texts under ``name`` in the context, which may be one text or a list of them."""
        value = self.context.get(name)
        if value is None:
            return []
        return [str(part) for part in (value if isinstance(value, list) else [value])]


def refusal_of(response: Response) -> Refusal | None:
    """The envelope of a refused call; None when the answer is no JSON object (a gateway's page, a cut answer)."""
    return json_answer(response, Refusal)


def vendor_words(response: Response) -> str:
    """What the vendor said, for a person; empty when it is not in words."""
    refusal = refusal_of(response)
    return refusal.message if refusal else ""


def vendor_error(refusal: Refusal, status: int = 400) -> VendorError:
    """The refusal as code, words, properties and the record that stands in the way."""
    embedded = _embedded(refusal.message)
    names = [str(part["name"]) for part in embedded if part.get("name")]
    code = next((str(part["error"]) for part in embedded if part.get("error")), "")
    if not embedded:
        names = _named(refusal)
        code = next((str(part["code"]) for part in refusal.errors if part.get("code")), "")
    holder = _EXISTING.search(refusal.message) or _HOLDER.search(refusal.message)
    return VendorError(
        code=code or refusal.category or refusal.error_type or _BY_STATUS.get(status, f"HTTP_{status}"),
        message=_plain(refusal, embedded),
        fields=tuple(dict.fromkeys(names)),
        existing_id=holder.group(1) if holder else None,
        raw=refusal.message,
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
    found = refusal.context_values("propertyName") + refusal.context_values("properties")
    for part in refusal.errors:
        context = part.get("context")
        if isinstance(context, dict):
            found += Refusal(context=context).context_values("propertyName")
    return (
        found or _PROPERTY_NAME.findall(refusal.message)[:1] or _STATED_PROPERTY.findall(refusal.message)[:1]
    )


def _plain(refusal: Refusal, embedded: list[dict[str, Any]]) -> str:
    sentences = [str(part["message"]) for part in embedded if part.get("message")]
    if not sentences:
        sentences = [str(part["message"]) for part in refusal.errors if part.get("message")]
        sentences = [refusal.message, *sentences] if refusal.message else sentences
    return " / ".join(dict.fromkeys(sentences))


def item_state(error: VendorError, category: str) -> State:
    """What an item's refusal means for its write."""
    if {error.code, category} & _PASSING:
        return State.DEFERRED
    if {error.code, category} & _UNSURE:
        return State.UNKNOWN
    return State.REJECTED


def holds_key(error: VendorError, key_field: str | None) -> bool:
    """Whether a create was refused because its key is already there: the write may have happened before."""
    if key_field is None:
        return False
    named = key_field in error.fields or key_field in error.raw
    unique = error.code in _UNIQUENESS or "already has that value" in error.raw
    return named and unique
