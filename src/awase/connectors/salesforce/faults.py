"""Salesforce's ways of saying no, as one value; and which of them pass by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from awase.connectors.salesforce.codes import CODES, WRAPPERS, is_transient
from awase.connectors.sdk.calls import read_failure
from awase.core.operations import VendorError
from awase.errors import AwaseError, Bug, MissingPermission, SchemaMismatch, VendorBusy
from awase.ports.flows import Answer, Response

UNREADABLE = "UNREADABLE_ANSWER"
"""Our code for an answer that is no error of the vendor's own: HTML of a gateway, text, a cut body."""

_RAW_LIMIT = 4_000
_CODE_INSIDE = re.compile(r"\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\s*[:,]")
_FIELDS_AT_END = re.compile(r"\[([A-Za-z0-9_, ]+)\]")
_ID_IN_WAY = re.compile(r"record with id:\s*([A-Za-z0-9]{15,18})")
_NO_OBJECT = frozenset({"INVALID_FIELD", "INVALID_TYPE", "NOT_FOUND"})
_NO_RIGHT = frozenset(
    {
        "API_DISABLED_FOR_ORG",
        "API_CURRENTLY_DISABLED",
        "CLIENT_NOT_ACCESSIBLE_FOR_USER",
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "TXN_SECURITY_NO_ACCESS",
    }
)


def errors_in(body: bytes) -> tuple[VendorError, ...]:
    """Every error in the body of a refused call; none when the body is not the vendor's own JSON.

    Accepts an array of errors, a bare object (unknown external-id field, Connect resources) and the OAuth pair
    ``error``/``error_description`` (all confirmed).
    """
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ()
    items = content if isinstance(content, list) else [content]
    errors = (error_from(item) for item in items)
    return tuple(error for error in errors if error is not None)


def error_from(item: Any) -> VendorError | None:
    """One error as the vendor wrote it (``errorCode`` in REST, ``statusCode`` in a result, ``error`` in OAuth).

    A failure inside a trigger or flow is named by its innermost known code; the message stays whole, so that the
    catalogue can still name the trigger or flow.
    """
    if not isinstance(item, Mapping):
        return None
    code = item.get("errorCode") or item.get("statusCode") or item.get("error")
    if not isinstance(code, str):
        return None
    message = str(item.get("message") or item.get("error_description") or "")
    fields = tuple(str(name) for name in item.get("fields") or ())
    if code in WRAPPERS:
        code, fields = _innermost(code, message, fields)
    return VendorError(
        code=code,
        message=message,
        fields=fields,
        existing_id=_record_in_the_way(item, message),
        raw=msgspec.json.encode(item).decode()[:_RAW_LIMIT],
    )


def main_error(errors: Iterable[VendorError]) -> VendorError:
    """One error for a record that got several: the first that waiting does not cure, with all words and fields."""
    several = list(errors)
    if not several:
        return VendorError(code=UNREADABLE, message="refused without an explanation")
    main = next((error for error in several if not is_transient(error.code)), several[0])
    if len(several) == 1:
        return main
    return VendorError(
        code=main.code,
        message="\n".join(dict.fromkeys(error.message for error in several)),
        fields=tuple(dict.fromkeys(field for error in several for field in error.fields)),
        existing_id=next((error.existing_id for error in several if error.existing_id), None),
        raw="\n".join(error.raw for error in several)[:_RAW_LIMIT],
    )


def failed_read(answer: Answer, doing: str) -> AwaseError:
    """The error to raise for a metadata or read call that was refused or cannot be understood."""
    if not isinstance(answer, Response):
        return read_failure(answer, vendor="Salesforce", doing=doing, words=answer.reason)
    errors = errors_in(answer.body)
    if not errors:
        words = "an answer that is not Salesforce's own"
        return read_failure(answer, vendor="Salesforce", doing=doing, words=words)
    error = errors[0]
    kind, remedy = _read_meaning(error.code)
    if kind is None:
        words = f"{error.code}: {error.message}"
        return read_failure(answer, vendor="Salesforce", doing=doing, words=words)
    return kind(
        "Salesforce refused while {doing}: {code}: {message}",
        remedy=remedy,
        doing=doing,
        code=error.code,
        message=error.message,
    )


def _read_meaning(code: str) -> tuple[type[AwaseError] | None, str]:
    if code in _NO_OBJECT:
        return (
            SchemaMismatch,
            "Check the name, and that the integration user may read the object and the field.",
        )
    if code in _NO_RIGHT:
        return MissingPermission, "Give the integration user API access and read access to the object."
    if code == "MALFORMED_QUERY":
        return Bug, ""
    if is_transient(code) or code == "INVALID_QUERY_LOCATOR":
        return VendorBusy, "Run the same command again later."
    return None, ""


def _innermost(code: str, message: str, fields: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    known = [found for found in _CODE_INSIDE.finditer(message) if found.group(1) in CODES]
    if not known:
        return code, fields
    last = known[-1]
    named = _FIELDS_AT_END.search(message, last.end())
    inner = tuple(part.strip() for part in named.group(1).split(",") if part.strip()) if named else ()
    return last.group(1), inner or fields


def _record_in_the_way(item: Mapping[str, Any], message: str) -> str | None:
    # The key without its "l" is what some API versions really send (confirmed at v51 and v54).
    result = item.get("duplicateResut") or item.get("duplicateResult")
    if isinstance(result, Mapping):
        for match in result.get("matchResults") or ():
            for found in match.get("matchRecords") or ():
                record = found.get("record") or {}
                if isinstance(record.get("Id"), str):
                    return str(record["Id"])
    named = _ID_IN_WAY.search(message)
    return named.group(1) if named else None
