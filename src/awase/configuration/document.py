"""What ``awase.toml`` may say, as structures: the JSON Schema, the checks and the values all come from these."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import msgspec
from msgspec import Meta

from awase.core.transforms import BARE_NAMES

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
    write_windows: Annotated[
        list[Filled],
        Meta(
            description="When runs may write, in the workspace's zone; without any, always.",
            examples=[["mon-fri 22:00-06:00", "sat,sun 00:00-24:00"]],
        ),
    ] = []
    drift_minutes: Annotated[
        int,
        Meta(
            ge=0,
            le=10_080,
            description="How often a worker looks whether settings of the systems changed so that people stop; 0 is never.",
        ),
    ] = 60


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
    released: Annotated[
        int, Meta(ge=0, description="Records that were held or refused and would now go all at once.")
    ] = 500


class TestsPart(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"is_in": "is"}
):
    """What a condition may ask of a field's value."""

    is_in: Annotated[
        list[str] | None, Meta(description="Its value is one of these.", examples=[["customer"]])
    ] = None
    is_not: Annotated[
        list[str] | None,
        Meta(description="Its value is none of these; it may be empty.", examples=[["other"]]),
    ] = None
    contains: Annotated[
        list[str] | None,
        Meta(description="One of these stands somewhere in its value.", examples=[["株式会社 山田"]]),
    ] = None
    starts_with: Annotated[
        list[str] | None, Meta(description="Its value begins with one of these.", examples=[["東京都"]])
    ] = None
    filled: Annotated[bool, Meta(description="It holds any value.")] = False
    blank: Annotated[bool, Meta(description="It is empty.")] = False
    at_least: Annotated[
        str | None,
        Meta(description="A number, date or moment that its value reaches.", examples=["2026-01-01"]),
    ] = None
    at_most: Annotated[
        str | None,
        Meta(description="A number, date or moment that its value does not pass.", examples=["2026-12-31"]),
    ] = None


class ConditionPart(TestsPart, frozen=True):
    field: Annotated[Filled, Meta(description="A field of that side.", examples=["lifecyclestage"])]


class FilterPart(TestsPart, frozen=True):
    field: Annotated[
        Filled | None,
        Meta(
            description="A field of that side; in the CRM, Lead.Status is a test of leads only.",
            examples=["lifecyclestage"],
        ),
    ] = None
    any: Annotated[
        list[ConditionPart],
        Meta(
            description="Alternatives, of which one must hold as well.",
            examples=[[{"field": "city", "filled": True}, {"field": "country", "is": ["Japan"]}]],
        ),
    ] = []


class FiltersPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ma: Annotated[list[FilterPart], Meta(description="Tests of the marketing side's records.")] = []
    crm: Annotated[
        list[FilterPart],
        Meta(
            description="Tests of the CRM's records.",
            examples=[[{"field": "Lead.Status", "is_not": ["Unqualified"]}]],
        ),
    ] = []


class LeaveListPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    leave_list: Annotated[
        str,
        Meta(
            pattern=r"^\d+$",
            description="Id of the list that the person is taken off; the person is kept.",
            examples=["42"],
        ),
    ]


class PoliciesPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    update_in_crm: Annotated[bool, Meta(description="Existing CRM records may be written.")] = True
    update_in_ma: Annotated[
        bool, Meta(description="Existing records of the marketing side may be written.")
    ] = True
    deleted_in_ma: Annotated[
        Literal["keep", "delete"],
        Meta(description="What becomes of the CRM record when the one on the marketing side was deleted."),
    ] = "keep"
    deleted_in_crm: Annotated[
        Literal["keep", "delete"] | LeaveListPart,
        Meta(
            description="What becomes of the marketing side's record when the one in the CRM was deleted.",
            examples=[{"leave_list": "42"}, "keep"],
        ),
    ] = "keep"
    assignment_rules: Annotated[
        bool,
        Meta(description="The CRM's own assignment rules run on what is written, and may change owners."),
    ] = False
    allow_duplicates: Annotated[
        bool,
        Meta(
            description="Duplicate rules that only alert do not stop what is written; those that block always do."
        ),
    ] = False


class OwnersPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    to_crm: Annotated[
        dict[str, Filled],
        Meta(
            description="Address of an owner on the marketing side (* for anybody else) → address of the CRM user.",
            examples=[{"taro@ma.example": "yamada@crm.example", "*": "desk@crm.example"}],
        ),
    ] = {}
    to_ma: Annotated[
        dict[str, Filled],
        Meta(
            description="Address of a CRM user (* for anybody else) → address of the owner on the marketing side.",
            examples=[{"yamada@crm.example": "taro@ma.example"}],
        ),
    ] = {}


class CreatePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    object: Annotated[
        Filled, Meta(description="What a person without a CRM record becomes.", examples=["Lead"])
    ]
    when: Annotated[list[ConditionPart], Meta(description="All must hold.")] = []
    needs: Annotated[
        list[Filled],
        Meta(description="Fields that must be filled, else the next rule is tried.", examples=[["company"]]),
    ] = []


class ReplacePart(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"old": "from", "new": "to"}
):
    old: Filled
    new: str


class BooleanPart(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"for_true": "true", "for_false": "false"}
):
    for_true: list[Filled] = []
    for_false: list[Filled] = []


Width: TypeAlias = Literal["all", "kana", "ascii", "digits"]


class StepPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A transform with its argument: a table with one key."""

    PAGE: ClassVar[str] = "docs/how-to/transforms.md"

    truncate: int | None = None
    default: Any = None
    split: str | None = None
    join: str | None = None
    round: int | None = None
    scale: float | None = None
    date: str | None = None
    half_width: Width | None = None
    full_width: Width | None = None
    prefecture: Literal["name", "name_short", "code", "english"] | None = None
    phone: str | None = None
    phone_e164: str | None = None
    boolean: BooleanPart | None = None
    replace: ReplacePart | None = None
    strip_company: bool | None = None


StepItem: TypeAlias = Annotated[str, Meta(extra_json_schema={"enum": list(BARE_NAMES)})] | StepPart


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
    to_crm: Annotated[
        list[StepItem],
        Meta(
            description="Transforms on the way to the CRM, in order: names, or tables with one key (docs/how-to/transforms.md).",
            examples=[["trim", {"truncate": 80}]],
        ),
    ] = []
    to_ma: Annotated[
        list[StepItem],
        Meta(
            description="Transforms on the way to the marketing side.",
            examples=[["trim", {"phone_e164": "JP"}]],
        ),
    ] = []
    through: Annotated[
        Filled | None,
        Meta(
            description="For a field that names another record: the sync that links those records, or owners (matched by "
            "e-mail address).",
            examples=["owners"],
        ),
    ] = None
    without_partner: Annotated[
        Literal["wait", "leave_blank"],
        Meta(
            description="What becomes of a new record whose field names one that is not synced yet: it waits, or goes without."
        ),
    ] = "wait"


class SchedulePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the two."""

    every: Annotated[
        Filled | None, Meta(description="A length of time: s, m, h, d or w.", examples=["15m"])
    ] = None
    cron: Annotated[
        Filled | None,
        Meta(
            description="Minute, hour, day, month, day of the week, in the workspace's zone.",
            examples=["*/15 9-18 * * mon-fri"],
        ),
    ] = None


class SyncPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: Annotated[Name, Meta(description="Names the sync in commands and lists.", examples=["people"])]
    ma: Annotated[MaPart, Meta(description="The marketing side.")]
    crm: Annotated[CrmPart, Meta(description="The CRM.")]
    match_on: Annotated[
        str,
        Meta(
            description="The mapped field whose value identifies a record (name on the marketing side); empty: only Awase's "
            "key and kept ids do."
        ),
    ] = "email"
    match_as: Annotated[
        Literal["text", "domain", "company"],
        Meta(
            description="How that value is compared. text: as it is, without width and case; domain: the host of a web or "
            "e-mail address; company: a company's name without its legal form."
        ),
    ] = "text"
    filter: Annotated[
        FiltersPart,
        Meta(description="Who is in the sync; all tests must hold. Opt-outs of those outside still travel."),
    ] = FiltersPart()
    policies: Annotated[PoliciesPart, Meta(description="What may be written, and what deletions mean.")] = (
        PoliciesPart()
    )
    owners: Annotated[
        OwnersPart,
        Meta(description="Who stands for whom, where e-mail addresses differ or somebody has no partner."),
    ] = OwnersPart()
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
    sweep_hours: Annotated[
        int,
        Meta(
            ge=1,
            description="How often associations are compared one by one, since their changes move no stamp in HubSpot.",
        ),
    ] = 24
    try_held_hours: Annotated[
        int,
        Meta(
            ge=0,
            description="How often one of the records that a rule holds back is sent, to see whether the rule still refuses it; 0 is never.",
        ),
    ] = 24
    overlap_seconds: Annotated[
        int | None,
        Meta(
            description="How far back each reading begins; without it, three times the vendor's lag.",
            examples=[900],
        ),
    ] = None
    schedule: Annotated[
        SchedulePart | None,
        Meta(
            description="When `awase worker` runs it; without it, only when told to.",
            examples=[{"every": "15m"}],
        ),
    ] = None
    write_windows: Annotated[
        list[Filled] | None,
        Meta(description="In the place of the workspace's; [] is always.", examples=[["sun 00:00-24:00"]]),
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
