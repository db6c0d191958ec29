"""What ``awase.toml`` may say, as structures: the JSON Schema, the checks and the values all come from these."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

NAME_PATTERN = "^[a-z0-9][a-z0-9_-]{0,31}$"
Name: TypeAlias = Annotated[str, Meta(pattern=NAME_PATTERN)]
Filled: TypeAlias = Annotated[str, Meta(min_length=1)]


class WorkspacePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: Annotated[
        Name,
        Meta(
            description="Names the data home of this workspace; small letters, digits, - and _.",
            examples=["acme"],
        ),
    ]
    time_zone: Annotated[
        Filled,
        Meta(
            description="IANA name. Dates become date-times and back in this zone.", examples=["Asia/Tokyo"]
        ),
    ] = "UTC"
    language: Annotated[
        Literal["ja", "en"] | None, Meta(description="Language of texts; without it, the system's.")
    ] = None


class ConnectionPart(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="vendor"
):
    """What every connection may say."""

    call_timeout_seconds: Annotated[float, Meta(gt=0, le=600, description="How long one call may take.")] = (
        120.0
    )
    allotment: Annotated[
        int | None,
        Meta(
            description="Calls within 24 hours in all; without it, half of the vendor's limit.",
            examples=[50_000],
        ),
    ] = None
    consent_reserve: Annotated[
        int | None,
        Meta(
            description="Calls that only opt-outs may use; without it, 2 % and at least 200.", examples=[500]
        ),
    ] = None


class HubSpotPart(ConnectionPart, frozen=True, tag="hubspot"):
    base_url: Annotated[
        Filled, Meta(description="Where the API is; another address only for a practice org.")
    ] = "https://api.hubapi.com"
    version: Annotated[
        str, Meta(pattern=r"^(v3|20\d\d-\d\d)$", description="A dated API version, or v3.")
    ] = "2026-09"
    key_property: Annotated[
        Filled, Meta(description="Internal name of the unique property that carries Awase's key.")
    ] = "awase_key"


class SalesforcePart(ConnectionPart, frozen=True, tag="salesforce"):
    login_url: Annotated[Filled, Meta(description="Login address, or the org's own My Domain address.")] = (
        "https://login.salesforce.com"
    )
    api_version: Annotated[str, Meta(pattern=r"^\d{2,3}\.0$", description="REST API version.")] = "65.0"
    key_field: Annotated[
        Filled, Meta(description="API name of the unique external-id field that carries Awase's key.")
    ] = "Awase_Key__c"


class MaPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    connection: Annotated[Filled, Meta(description="A name from [connections].", examples=["hubspot"])]
    object: Annotated[Filled, Meta(description="The marketing side's object.", examples=["contact"])]


class CrmPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    connection: Annotated[Filled, Meta(description="A name from [connections].", examples=["salesforce"])]
    objects: Annotated[
        list[Filled],
        Meta(
            min_length=1,
            description="In matching order: a Contact before an unconverted Lead.",
            examples=[["Contact", "Lead"]],
        ),
    ]


class GuardPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    share: Annotated[float, Meta(ge=0, le=1, description="Share of the linked people, 0 to 1.")] = 0.10
    records: Annotated[int, Meta(ge=0, description="Records; the smaller of the two counts.")] = 500


class ConditionPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"is_in": "is"}):
    field: Annotated[Filled, Meta(description="A field of the marketing side.", examples=["lifecyclestage"])]
    is_in: Annotated[
        list[str] | None, Meta(description="Its value is one of these.", examples=[["customer"]])
    ] = None
    filled: Annotated[bool, Meta(description="It holds any value.")] = False


class CreatePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    object: Annotated[
        Filled, Meta(description="What a person without a CRM record becomes.", examples=["Lead"])
    ]
    when: Annotated[list[ConditionPart], Meta(description="All must hold.")] = []
    needs: Annotated[
        list[Filled],
        Meta(description="Fields that must be filled, else the next rule is tried.", examples=[["company"]]),
    ] = []


class FieldPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ma: Annotated[Filled, Meta(description="Internal name on the marketing side.", examples=["email"])]
    crm: Annotated[
        Filled | dict[str, Filled],
        Meta(
            description="API name on every CRM object of the sync, or one name an object.",
            examples=["Email", {"Contact": "Email", "Lead": "Email"}],
        ),
    ]
    direction: Annotated[
        Literal["two_way", "prefer_crm", "crm", "ma", "off"],
        Meta(
            description="Which way values go. two_way: both; prefer_crm: both, but a filled CRM field wins; crm: from the "
            "CRM only; ma: to the CRM only; off: neither."
        ),
    ] = "two_way"
    on_conflict: Annotated[
        Literal["crm", "ma", "wait"] | None,
        Meta(description="Who wins when both changed (wait: a person decides); without it, the sync's."),
    ] = None
    values: Annotated[
        dict[str, str],
        Meta(description="Value there → value in the CRM.", examples=[{"製造": "製造業"}]),
    ] = {}


class SyncPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: Annotated[Name, Meta(description="Names the sync in commands and lists.", examples=["people"])]
    ma: Annotated[MaPart, Meta(description="The marketing side.")]
    crm: Annotated[CrmPart, Meta(description="The CRM.")]
    match_on: Annotated[
        Filled,
        Meta(description="The mapped field whose value identifies a person (name on the marketing side)."),
    ] = "email"
    crm_ids: Annotated[
        dict[str, Filled],
        Meta(
            description="CRM object → field of the marketing side that holds the record's id there.",
            examples=[{"Contact": "salesforcecontactid", "Lead": "salesforceleadid"}],
        ),
    ] = {}
    create_as: Annotated[
        list[CreatePart],
        Meta(
            description="Tried in order; without any, nothing is created in the CRM.",
            examples=[
                [
                    {
                        "object": "Contact",
                        "when": [{"field": "lifecyclestage", "is": ["customer"]}],
                        "needs": ["company"],
                    },
                    {"object": "Lead"},
                ]
            ],
        ),
    ] = []
    create_in_ma: Annotated[
        bool, Meta(description="Whether somebody who is only in the CRM is created on the marketing side.")
    ] = True
    on_conflict: Annotated[Literal["crm", "ma", "wait"], Meta(description="The default of all fields.")] = (
        "crm"
    )
    guard: Annotated[
        GuardPart, Meta(description="A run that changes more than this waits for an approval.")
    ] = GuardPart()
    overlap_seconds: Annotated[
        int | None,
        Meta(
            description="How far back each reading begins; without it, three times the vendor's lag.",
            examples=[900],
        ),
    ] = None
    fields: Annotated[
        list[FieldPart],
        Meta(
            min_length=1,
            description="The fields that are kept equal.",
            examples=[
                [
                    {"ma": "email", "crm": "Email"},
                    {"ma": "lastname", "crm": "LastName"},
                    {"ma": "company", "crm": {"Lead": "Company"}, "direction": "prefer_crm"},
                ]
            ],
        ),
    ]


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One workspace: its connections and its syncs."""

    workspace: Annotated[WorkspacePart, Meta(description="What holds for everything below.")]
    connections: Annotated[
        dict[Name, HubSpotPart | SalesforcePart],
        Meta(min_length=1, description="The systems that are joined, each under a name of your choice."),
    ]
    syncs: Annotated[list[SyncPart], Meta(description="What is kept equal, and how.")] = []
