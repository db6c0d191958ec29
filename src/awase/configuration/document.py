"""What ``awase.toml`` may say, as structures: the JSON Schema, the checks and the values all come from these."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from awase.core.transforms import BARE_NAMES

NAME_PATTERN = "^[a-z0-9][a-z0-9_-]{0,31}$"
Name: TypeAlias = Annotated[str, Meta(pattern=NAME_PATTERN)]
Filled: TypeAlias = Annotated[str, Meta(min_length=1)]


class WorkspacePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: Annotated[
        Name, Meta(description="Names the data home of this workspace; small letters, digits, - and _.")
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
        int | None, Meta(description="Calls within 24 hours in all; without it, half of the vendor's limit.")
    ] = None
    consent_reserve: Annotated[
        int | None, Meta(description="Calls that only opt-outs may use; without it, 2 % and at least 200.")
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
    connection: Annotated[Filled, Meta(description="A name from [connections].")]
    object: Annotated[Filled, Meta(description="The marketing side's object, for instance contact.")]


class CrmPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    connection: Annotated[Filled, Meta(description="A name from [connections].")]
    objects: Annotated[
        list[Filled],
        Meta(min_length=1, description="In matching order: a Contact before an unconverted Lead."),
    ]


class GuardPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    share: Annotated[float, Meta(ge=0, le=1, description="Share of the linked people, 0 to 1.")] = 0.10
    records: Annotated[int, Meta(ge=0, description="Records; the smaller of the two counts.")] = 500


class ConditionPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"is_in": "is"}):
    field: Annotated[Filled, Meta(description="A field of the marketing side.")]
    is_in: Annotated[list[str] | None, Meta(description="Its value is one of these.")] = None
    filled: Annotated[bool, Meta(description="It holds any value.")] = False


class CreatePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    object: Annotated[Filled, Meta(description="What a person without a CRM record becomes.")]
    when: Annotated[list[ConditionPart], Meta(description="All must hold.")] = []
    needs: Annotated[
        list[Filled], Meta(description="Fields that must be filled, else the next rule is tried.")
    ] = []


class ReplacePart(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"old": "from", "new": "to"}
):
    old: Annotated[Filled, Meta(description="Plain text, no pattern; every occurrence.")]
    new: str


class BooleanPart(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"for_true": "true", "for_false": "false"}
):
    for_true: Annotated[list[Filled], Meta(description="Width and case do not count.")] = []
    for_false: list[Filled] = []


Width: TypeAlias = Literal["all", "kana", "ascii", "digits"]


class StepPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A transform with its argument: a table with one key."""

    truncate: Annotated[int | None, Meta(description="Characters at most; what was cut is marked.")] = None
    default: Annotated[
        Any, Meta(description="A value for an empty field, of the kind that comes here; it is marked.")
    ] = None
    split: Annotated[str | None, Meta(description="Text → several texts, at this separator.")] = None
    join: Annotated[str | None, Meta(description="Several texts → text, with this separator.")] = None
    round: Annotated[int | None, Meta(description="Places after the point; halves go away from zero.")] = None
    scale: Annotated[float | None, Meta(description="The number is multiplied by this.")] = None
    date: Annotated[
        str | None, Meta(description="Text → date.", examples=["%Y/%m/%d", "%d %b %Y", "japanese"])
    ] = None
    half_width: Width | None = None
    full_width: Width | None = None
    prefecture: Annotated[
        Literal["name", "name_short", "code", "english"] | None,
        Meta(description="A Japanese prefecture in any spelling → 東京都, 東京, 13 or Tokyo."),
    ] = None
    phone: Annotated[
        str | None, Meta(description="Telephone number → its country's form; two letters.", examples=["JP"])
    ] = None
    phone_e164: Annotated[
        str | None, Meta(description="Telephone number → +81…; two letters.", examples=["JP"])
    ] = None
    boolean: Annotated[BooleanPart | None, Meta(description="Text → true or false.")] = None
    replace: ReplacePart | None = None
    strip_company: Annotated[
        bool | None, Meta(description="㈱, (株) → 株式会社; the same as the name alone.")
    ] = None


StepItem: TypeAlias = Annotated[str, Meta(extra_json_schema={"enum": list(BARE_NAMES)})] | StepPart


class FieldPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ma: Annotated[Filled, Meta(description="Internal name on the marketing side.")]
    crm: Annotated[
        Filled | dict[str, Filled],
        Meta(description="API name on every CRM object of the sync, or one name an object."),
    ]
    direction: Annotated[
        Literal["two_way", "prefer_crm", "crm", "ma", "off"], Meta(description="Which side may be written.")
    ] = "two_way"
    on_conflict: Annotated[
        Literal["crm", "ma", "wait"] | None,
        Meta(description="Who wins when both changed; without it, the sync's."),
    ] = None
    values: Annotated[dict[str, str], Meta(description="Value there → value in the CRM.")] = {}
    to_crm: Annotated[
        list[StepItem],
        Meta(description="Transforms on the way to the CRM, in order; names, or tables with one key."),
    ] = []
    to_ma: Annotated[list[StepItem], Meta(description="Transforms on the way to the marketing side.")] = []


class SyncPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: Name
    ma: MaPart
    crm: CrmPart
    match_on: Annotated[
        Filled,
        Meta(description="The mapped field whose value identifies a person (name on the marketing side)."),
    ] = "email"
    crm_ids: Annotated[
        dict[str, Filled],
        Meta(description="CRM object → field of the marketing side that holds the record's id there."),
    ] = {}
    create_as: Annotated[
        list[CreatePart], Meta(description="Tried in order; without any, nothing is created in the CRM.")
    ] = []
    create_in_ma: bool = True
    on_conflict: Annotated[Literal["crm", "ma", "wait"], Meta(description="The default of all fields.")] = (
        "crm"
    )
    guard: GuardPart = GuardPart()
    overlap_seconds: Annotated[
        int | None,
        Meta(description="How far back each reading begins; without it, three times the vendor's lag."),
    ] = None
    fields: Annotated[list[FieldPart], Meta(min_length=1)]


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One workspace: its connections and its syncs."""

    workspace: WorkspacePart
    connections: Annotated[dict[Name, HubSpotPart | SalesforcePart], Meta(min_length=1)]
    syncs: list[SyncPart] = []
