"""Salesforce's error codes that writing or reading people can meet, and whether waiting alone can cure them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Source = Literal["confirmed", "name confirmed", "from memory"]


@dataclass(frozen=True, slots=True)
class Nature:
    """What is known about one code."""

    transient: bool
    """The same write may succeed later although nobody changed anything."""
    source: Source
    """``confirmed``: seen in the vendor's documents or answers; ``name confirmed``: the code is in a WSDL, its meaning
    is from memory."""


def _all(transient: bool, source: Source, names: str) -> dict[str, Nature]:
    return dict.fromkeys(names.split(), Nature(transient, source))


CODES: Mapping[str, Nature] = {
    **_all(
        True,
        "confirmed",
        """UNABLE_TO_LOCK_ROW REQUEST_LIMIT_EXCEEDED SERVER_UNAVAILABLE QUERY_TIMEOUT
        ALL_OR_NONE_OPERATION_ROLLED_BACK PROCESSING_HALTED""",
    ),
    **_all(
        True,
        "name confirmed",
        """ORG_IN_MAINTENANCE INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE
        FUNCTIONALITY_TEMPORARILY_UNAVAILABLE TOO_MANY_APEX_REQUESTS REQUEST_RUNNING_TOO_LONG
        INVALID_READ_ONLY_USER_DML RECORD_IN_USE_BY_WORKFLOW""",
    ),
    **_all(
        False,
        "confirmed",
        """REQUIRED_FIELD_MISSING FIELD_CUSTOM_VALIDATION_EXCEPTION INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST
        STRING_TOO_LONG INVALID_EMAIL_ADDRESS NUMBER_OUTSIDE_VALID_RANGE JSON_PARSER_ERROR INVALID_FIELD
        INVALID_FIELD_FOR_INSERT_UPDATE FIELD_INTEGRITY_EXCEPTION FIELD_FILTER_VALIDATION_EXCEPTION MALFORMED_ID
        INVALID_CROSS_REFERENCE_KEY INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY INSUFFICIENT_ACCESS_OR_READONLY
        INSUFFICIENT_ACCESS CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY INACTIVE_OWNER_OR_USER ENTITY_IS_DELETED
        ENTITY_IS_LOCKED CANNOT_UPDATE_CONVERTED_LEAD TXN_SECURITY_NO_ACCESS DUPLICATES_DETECTED DUPLICATE_VALUE
        CANNOT_EXECUTE_FLOW_TRIGGER UNKNOWN_EXCEPTION API_DISABLED_FOR_ORG API_CURRENTLY_DISABLED
        INVALID_QUERY_LOCATOR MALFORMED_QUERY INVALID_TYPE NOT_FOUND METHOD_NOT_ALLOWED APEX_ERROR INVALID_SESSION_ID""",
    ),
    **_all(
        False,
        "name confirmed",
        """INVALID_TYPE_ON_FIELD_IN_RECORD INVALID_ID_FIELD MISSING_ARGUMENT INVALID_CURRENCY_ISO INVALID_STATUS
        TOO_MANY_ENUM_VALUE TEXT_TO_PICKLIST_VALUES_EXCEEDED PICKLIST_INACTIVE_VALUES_EXCEEDED
        TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET DATE_OUT_OF_RANGE FIELD_NOT_UPDATABLE UNSAFE_HTML_CONTENT
        INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD INVALID_OWNER OP_WITH_INVALID_USER_TYPE_EXCEPTION
        TRANSFER_REQUIRES_READ NO_SUCH_USER_EXISTS INVALID_ASSIGNMENT_RULE UNABLE_TO_LOCK_RECORD RECORD_LOCKED
        ENTITY_IS_ARCHIVED CANNOT_REPARENT_RECORD CIRCULAR_DEPENDENCY INVALID_PERSON_ACCOUNT_OPERATION
        UNAVAILABLE_RECORDTYPE_EXCEPTION FUNCTIONALITY_NOT_ENABLED LICENSE_LIMIT_EXCEEDED DUPLICATE_EXTERNAL_ID
        FLOW_EXCEPTION MAX_DEPTH_IN_FLOW_EXECUTION SELF_REFERENCE_FROM_FLOW SELF_REFERENCE_FROM_TRIGGER
        MIXED_DML_OPERATION CUSTOM_APEX_ERROR APEX_DATA_ACCESS_RESTRICTION ALREADY_IN_PROCESS
        NO_APPLICABLE_PROCESS MANAGER_NOT_DEFINED STORAGE_LIMIT_EXCEEDED LIMIT_EXCEEDED INVALID_CONTACT
        INVALID_ACCOUNT CLIENT_NOT_ACCESSIBLE_FOR_USER""",
    ),
    **_all(False, "from memory", "INVALID_ARGUMENT_TYPE"),
}

WRAPPERS = frozenset(
    {
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        "FLOW_EXCEPTION",
        "CUSTOM_APEX_ERROR",
        "APEX_ERROR",
        "UNKNOWN_EXCEPTION",
    }
)
"""Codes that may only wrap the real one, named inside their message (confirmed for the first two)."""


def is_transient(code: str) -> bool:
    """Whether the same write may succeed later by itself. An unknown code is taken as needing a person."""
    nature = CODES.get(code)
    return nature is not None and nature.transient
