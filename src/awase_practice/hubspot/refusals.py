"""Every refusal that the portal can be brought to by requests or settings, and where its name is known from.

The page on practice orgs lists them, and a test provokes each of them and compares status, shape and words.
"""

from __future__ import annotations

from typing import Final

from ..kernel.served import ErrorKind
from .endpoints import CLIENTS, DOCS, SPEC

LIVE: Final = "a dated note on HubSpot's answers to a test account, 2026-09"
SPOKEN: Final = "issues of HubSpot's own clients"

REFUSALS: Final = (
    ErrorKind(
        400, "VALIDATION_ERROR", "anything malformed: JSON, limits, filters, names, unknown objects", DOCS
    ),
    ErrorKind(400, "PROPERTY_DOESNT_EXIST", "a value for a property that is not there", DOCS),
    ErrorKind(
        400, "INVALID_OPTION", "a value that is none of the options, or a stage of another pipeline", DOCS
    ),
    ErrorKind(400, "INVALID_INTEGER", "an owner that is no number", DOCS),
    ErrorKind(400, "INVALID_OWNER_ID", "an owner who is not there or archived"),
    ErrorKind(400, "INVALID_EMAIL", "an address that is none", SPEC),
    ErrorKind(400, "INVALID_NUMBER", "a number with commas or words"),
    ErrorKind(400, "INVALID_DATE", "a day that is none, or not midnight"),
    ErrorKind(400, "INVALID_LONG", "a moment that is none"),
    ErrorKind(400, "INVALID_VALUE", "a list or an object as a value"),
    ErrorKind(400, "READ_ONLY_VALUE", "a value for what only the portal sets"),
    ErrorKind(400, "PROPERTY_VALUE_TOO_LONG", "more than 65,536 characters"),
    ErrorKind(400, "CONFLICTING_UNIQUE_VALUE", "a unique value that another record has", LIVE),
    ErrorKind(
        400,
        "MISSING_REQUIRED_PROPERTY",
        "a new record without what it needs, or an administrator's rule",
        DOCS,
    ),
    ErrorKind(
        400,
        "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
        "an administrator's rule on one property for values of another, from 2026-09 on",
        DOCS,
    ),
    ErrorKind(
        400, "PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE", "a property that a form asks for", LIVE
    ),
    ErrorKind(
        400, "PropertyValidationError.GROUP_DOES_NOT_EXIST", "a definition in a group that is not there"
    ),
    ErrorKind(
        400, "PropertyValidationError.INVALID_NAME", "a definition with capitals or blanks in its name"
    ),
    ErrorKind(400, "TOO_MANY_OPTIONS", "more options than the setting `most_options` allows"),
    ErrorKind(
        400,
        "ASSOCIATION_LIMIT_EXCEEDED",
        "more associations than the setting `association_limits` allows",
        SPEC,
    ),
    ErrorKind(
        400, "PipelineError.STAGE_ID_IN_USE", "a stage or pipeline with records in it, when that is asked for"
    ),
    ErrorKind(400, "ILS.DUPLICATE_LIST_NAMES", "a second list of a name"),
    ErrorKind(400, "ILS.INVALID_FILTER", "conditions of a list that cannot be"),
    ErrorKind(400, "ILS.INVALID_LIST_PROCESSING_TYPE", "somebody put on a list that fills itself"),
    ErrorKind(400, "BAD_CLIENT_ID", "tokens for an app that is not there"),
    ErrorKind(400, "BAD_CLIENT_SECRET", "tokens with a wrong secret"),
    ErrorKind(400, "BAD_AUTH_CODE", "a code that is used, late, or for another address or verifier"),
    ErrorKind(400, "BAD_REFRESH_TOKEN", "a refresh token that is unknown or ended"),
    ErrorKind(400, "BAD_GRANT_TYPE", "a way to tokens that is not offered"),
    ErrorKind(400, "REQUIRED_FIELD", "a form sent without a field that it requires"),
    ErrorKind(400, "form: INVALID_EMAIL", "a form sent with an address that is none"),
    ErrorKind(400, "INPUT_INVALID", "a form sent without a list of fields"),
    ErrorKind(400, "MAX_NUMBER_OF_SUBMITTED_VALUES_EXCEEDED", "a form sent with more than 1,000 values"),
    ErrorKind(401, "INVALID_AUTHENTICATION", "no token, or none of this portal", DOCS),
    ErrorKind(401, "EXPIRED_AUTHENTICATION", "an OAuth token after its time", DOCS),
    ErrorKind(403, "MISSING_SCOPES", "a call that the token has no right to", DOCS),
    ErrorKind(
        403,
        "USER_DOES_NOT_HAVE_PERMISSIONS",
        "the service key of somebody who left (`key_creator_removed`)",
        DOCS,
    ),
    ErrorKind(
        404,
        "OBJECT_NOT_FOUND",
        "a path, a definition, a form or an associated record that is not there",
        DOCS,
    ),
    ErrorKind(404, "ILS.LIST_NOT_FOUND", "a list that is not there"),
    ErrorKind(404, '"resource not found"', "a record that is not there; without a category", LIVE),
    ErrorKind(404, '"no such form"', "a form that is sent and not there; without a category"),
    ErrorKind(405, '"Method not allowed"', "a path by another method"),
    ErrorKind(409, "CONFLICT", "an address that another contact has", SPOKEN),
    ErrorKind(409, "Properties.PROPERTY_WITH_NAME_EXISTS", "a definition that is there", LIVE),
    ErrorKind(409, "OBJECT_ALREADY_EXISTS", "a group that is there", LIVE),
    ErrorKind(414, '"URI Too Long"', "a path of more than 16 KB", DOCS),
    ErrorKind(415, '"Content-Type"', "a call for tokens that is no form"),
    ErrorKind(423, "LOCKED", "writes to one record faster than the setting `writes_until_lock` allows", DOCS),
    ErrorKind(429, "DAILY", "more calls than the day has", DOCS),
    ErrorKind(429, "TEN_SECONDLY_ROLLING", "more calls than ten seconds have", CLIENTS),
    ErrorKind(429, "SECONDLY", "more searches than a second has", CLIENTS),
)

ITEMS: Final = (
    ErrorKind(207, "OBJECT_NOT_FOUND", "a batch asks for a record that is not there", DOCS),
    ErrorKind(
        207,
        "crm.associations.NO_ASSOCIATIONS_FOUND",
        "a batch asks for associations of a record with none",
        CLIENTS,
    ),
)
"""What stands among the errors of a batch only; every refusal of a write can stand there too."""

FAULTS: Final = (
    ErrorKind(500, "INTERNAL_ERROR", "a fault that was armed at the control port"),
    ErrorKind(503, "SERVICE_UNAVAILABLE", "a fault that was armed at the control port"),
)
"""What nobody can provoke by requests."""
