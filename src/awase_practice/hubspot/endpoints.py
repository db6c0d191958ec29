"""Every call that the portal serves. The portal routes by this: what is not listed is answered as if there were no such path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..kernel.served import Endpoint, Shapes

SPEC: Final = "HubSpot's public API specifications, 2026-08"
DOCS: Final = "HubSpot's developer pages, 2026"
CLIENTS: Final = "HubSpot's own clients (Python 12.0.0, Node 14.0.1)"

DATES: Final = frozenset({"2025-09", "2026-03", "2026-09"})
OLD: Final = frozenset({"v3"})
BOTH: Final = DATES | OLD
NEWER: Final = DATES | {"v4"}
TOKEN_VERSIONS: Final = frozenset({"v1", "v3", "2026-03", "2026-09"})


@dataclass(frozen=True, slots=True)
class Api:
    """Calls under one name in some versions. name: the parts of the path beside the version."""

    title: str
    name: tuple[str, ...]
    versions: frozenset[str]
    endpoints: tuple[Endpoint, ...]

    def place(self, version: str) -> str:
        """Where the calls of a version are, without what follows."""
        if self.name[0] != "crm" or len(self.name) == 1:
            return "/" + "/".join((*self.name, version))
        if version.startswith("v"):
            return "/" + "/".join((self.name[0], version, *self.name[1:]))
        return "/" + "/".join((*self.name, version))


def _calls(source: str, *calls: tuple[str, str, str]) -> tuple[Endpoint, ...]:
    return tuple(Endpoint(method, path, about, source) for method, path, about in calls)


RECORDS: Final = Api(
    "Records: contacts, companies, deals, tickets, notes, tasks, calls, emails, meetings",
    ("crm", "objects"),
    BOTH,
    _calls(
        SPEC,
        ("GET", "/{object}", "a page of records"),
        ("POST", "/{object}", "a new record, with associations"),
        ("GET", "/{object}/{id}", "one record, by id or by a unique property"),
        ("PATCH", "/{object}/{id}", "change a record"),
        ("DELETE", "/{object}/{id}", "archive a record"),
        ("POST", "/{object}/search", "search, behind the index by the lag that is set"),
        ("POST", "/{object}/merge", "two records become one"),
        ("POST", "/{object}/gdpr-delete", "erase a contact for good"),
        ("POST", "/{object}/batch/read", "up to 100 records"),
        ("POST", "/{object}/batch/create", "up to 100 new records"),
        ("POST", "/{object}/batch/update", "up to 100 changes"),
        ("POST", "/{object}/batch/upsert", "up to 100 changes or new records by a unique property"),
        ("POST", "/{object}/batch/archive", "archive up to 100 records"),
    ),
)
OF_RECORD: Final = Api(
    "Associations of one record",
    ("crm", "objects"),
    NEWER,
    _calls(
        SPEC,
        ("GET", "/{object}/{id}/associations/{to}", "a page of associated records with their types"),
        ("PUT", "/{object}/{id}/associations/{to}/{to_id}", "associate, with labels"),
        ("DELETE", "/{object}/{id}/associations/{to}/{to_id}", "part"),
        ("PUT", "/{object}/{id}/associations/default/{to}/{to_id}", "associate without a label"),
    ),
)
OF_RECORD_V3: Final = Api(
    "Associations of one record, as v3 has them",
    ("crm", "objects"),
    OLD,
    _calls(
        "",
        ("GET", "/{object}/{id}/associations/{to}", "associated records by the type's name"),
        ("PUT", "/{object}/{id}/associations/{to}/{to_id}/{type}", "associate"),
        ("DELETE", "/{object}/{id}/associations/{to}/{to_id}/{type}", "part, or take the type away"),
    ),
)
ASSOCIATIONS: Final = Api(
    "Associations by the batch, and labels",
    ("crm", "associations"),
    NEWER,
    _calls(
        SPEC,
        ("POST", "/{object}/{to}/batch/read", "associations of up to 1,000 records"),
        ("POST", "/{object}/{to}/batch/create", "up to 2,000 associations with labels"),
        ("POST", "/{object}/{to}/batch/associate/default", "up to 2,000 without a label"),
        ("POST", "/{object}/{to}/batch/archive", "part up to 100 records from others"),
        ("POST", "/{object}/{to}/batch/labels/archive", "take labels off"),
        ("GET", "/{object}/{to}/labels", "the types between two objects"),
        ("POST", "/{object}/{to}/labels", "a new label"),
        ("PUT", "/{object}/{to}/labels", "change a label's text"),
        ("DELETE", "/{object}/{to}/labels/{type}", "take a label away"),
        ("GET", "/definitions/configurations/all", "how many are allowed, for every type that is capped"),
        ("GET", "/definitions/configurations/{object}/{to}", "the same between two objects"),
        ("POST", "/definitions/configurations/{object}/{to}/batch/create", "cap types"),
        ("POST", "/definitions/configurations/{object}/{to}/batch/update", "change caps"),
        ("POST", "/definitions/configurations/{object}/{to}/batch/purge", "take caps away"),
    ),
)
ASSOCIATIONS_V3: Final = Api(
    "Associations by the batch, as v3 has them",
    ("crm", "associations"),
    OLD,
    _calls(
        SPEC,
        ("GET", "/{object}/{to}/types", "the names of the types"),
        ("POST", "/{object}/{to}/batch/read", "associations of many records"),
        ("POST", "/{object}/{to}/batch/create", "associate many"),
        ("POST", "/{object}/{to}/batch/archive", "part many"),
    ),
)
PROPERTIES: Final = Api(
    "Property definitions and their groups",
    ("crm", "properties"),
    BOTH,
    _calls(
        SPEC,
        ("GET", "/{object}", "all definitions"),
        ("POST", "/{object}", "a new one; an archived name comes back"),
        ("GET", "/{object}/{property}", "one definition"),
        ("PATCH", "/{object}/{property}", "change one; options as a whole"),
        ("DELETE", "/{object}/{property}", "archive one"),
        ("POST", "/{object}/batch/read", "many definitions"),
        ("POST", "/{object}/batch/create", "many new ones"),
        ("POST", "/{object}/batch/archive", "archive many"),
        ("GET", "/{object}/groups", "all groups"),
        ("POST", "/{object}/groups", "a new group"),
        ("GET", "/{object}/groups/{group}", "one group"),
        ("PATCH", "/{object}/groups/{group}", "change a group's label"),
        ("DELETE", "/{object}/groups/{group}", "delete an empty group"),
    ),
)
_SCHEMAS: Final = (
    *_calls(
        CLIENTS,
        ("GET", "/", "custom objects, of which there are none"),
        ("GET", "/{object}", "the schema of an object"),
    ),
    *_calls(
        "",
        ("POST", "/", "refused: a custom object needs another edition"),
        ("PATCH", "/{object}", "refused in the same way"),
        ("DELETE", "/{object}", "refused in the same way"),
    ),
)
SCHEMAS: Final = Api(
    "Schemas of objects",
    ("crm-object-schemas",),
    BOTH,
    tuple(Endpoint(each.method, f"/schemas{each.path}", each.about, each.source) for each in _SCHEMAS),
)
SCHEMAS_V3: Final = Api(
    "Schemas of objects, at their older place",
    ("crm", "schemas"),
    OLD,
    tuple(Endpoint(each.method, each.path, each.about) for each in _SCHEMAS),
)
PIPELINES: Final = Api(
    "Pipelines and stages of deals and tickets",
    ("crm", "pipelines"),
    BOTH,
    _calls(
        SPEC,
        ("GET", "/{pipelined}", "all pipelines"),
        ("POST", "/{pipelined}", "a new pipeline with its stages"),
        ("GET", "/{pipelined}/{pipeline}", "one pipeline"),
        ("PATCH", "/{pipelined}/{pipeline}", "change one, or bring an archived one back"),
        ("PUT", "/{pipelined}/{pipeline}", "replace one with its stages"),
        ("DELETE", "/{pipelined}/{pipeline}", "archive one"),
        ("GET", "/{pipelined}/{pipeline}/audit", "who changed it"),
        ("GET", "/{pipelined}/{pipeline}/stages", "its stages"),
        ("POST", "/{pipelined}/{pipeline}/stages", "a new stage"),
        ("GET", "/{pipelined}/{pipeline}/stages/{stage}", "one stage"),
        ("PATCH", "/{pipelined}/{pipeline}/stages/{stage}", "change a stage"),
        ("PUT", "/{pipelined}/{pipeline}/stages/{stage}", "replace a stage"),
        ("DELETE", "/{pipelined}/{pipeline}/stages/{stage}", "take a stage away"),
    ),
)
OWNERS: Final = Api(
    "Owners",
    ("crm", "owners"),
    BOTH,
    _calls(SPEC, ("GET", "/", "a page of owners"), ("GET", "/{owner}", "one owner, by its id or the user's")),
)
LISTS: Final = Api(
    "Lists, and who is on them",
    ("crm", "lists"),
    BOTH,
    _calls(
        SPEC,
        ("GET", "/", "several lists by id"),
        ("POST", "/", "a new list"),
        ("POST", "/search", "lists by a part of their name"),
        ("GET", "/object-type-id/{object}/name/{name}", "one list by its name"),
        ("GET", "/{list}", "one list"),
        ("DELETE", "/{list}", "delete a list"),
        ("PUT", "/{list}/restore", "bring a list back"),
        ("PUT", "/{list}/update-list-name", "rename a list"),
        ("PUT", "/{list}/update-list-filters", "change what a list fills itself by"),
        ("GET", "/{list}/memberships", "a page of who is on it"),
        ("GET", "/{list}/memberships/join-order", "the same in the order of joining"),
        ("DELETE", "/{list}/memberships", "take everybody off"),
        ("PUT", "/{list}/memberships/add", "put on"),
        ("PUT", "/{list}/memberships/remove", "take off"),
        ("PUT", "/{list}/memberships/add-and-remove", "both at once"),
        ("PUT", "/{list}/memberships/add-from/{source}", "put on whoever is on another list"),
        ("GET", "/records/{object}/{id}/memberships", "the lists a record is on"),
    ),
)
_FORMS: Final = (
    ("GET", "/", "a page of forms"),
    ("POST", "/", "a new form"),
    ("GET", "/{form}", "one form"),
    ("PATCH", "/{form}", "change a form"),
    ("PUT", "/{form}", "replace a form"),
    ("DELETE", "/{form}", "archive a form"),
)
FORMS: Final = Api(
    "Forms",
    ("marketing",),
    OLD,
    _calls(SPEC, *((method, f"/forms{path}", about) for method, path, about in _FORMS)),
)
FORMS_DATED: Final = Api(
    "Forms, at their dated place", ("marketing", "forms"), frozenset({"2026-09-beta"}), _calls(SPEC, *_FORMS)
)
SENT_FORMS: Final = Api(
    "What was sent with a form",
    ("form-integrations",),
    frozenset({"v1"}),
    _calls("", ("GET", "/submissions/forms/{form}", "submissions, newest first")),
)
CONSENT_V3: Final = Api(
    "Communication preferences; v3 knows no way back in",
    ("communication-preferences",),
    OLD,
    _calls(
        SPEC,
        ("GET", "/definitions", "the kinds of e-mail"),
        ("GET", "/status/email/{address}", "statuses of an address"),
        ("POST", "/subscribe", "subscribe, unless the address opted out"),
        ("POST", "/unsubscribe", "unsubscribe"),
    ),
)
CONSENT: Final = Api(
    "Communication preferences, with a way back in",
    ("communication-preferences",),
    NEWER,
    _calls(
        SPEC,
        ("GET", "/definitions", "the kinds of e-mail"),
        ("GET", "/statuses/{address}", "statuses of an address"),
        ("POST", "/statuses/{address}", "set one status"),
        ("GET", "/statuses/{address}/unsubscribe-all", "whether it is out of everything"),
        ("POST", "/statuses/{address}/unsubscribe-all", "out of everything"),
        ("POST", "/statuses/batch/read", "statuses of many addresses"),
        ("POST", "/statuses/batch/write", "set many"),
        ("POST", "/statuses/batch/unsubscribe-all", "many out of everything"),
        ("POST", "/statuses/batch/unsubscribe-all/read", "which of many are out of everything"),
    ),
)
ACCOUNT: Final = Api(
    "The account",
    ("account-info",),
    BOTH,
    (
        *_calls(
            SPEC,
            ("GET", "/details", "which portal it is"),
            ("GET", "/api-usage/daily/private-apps", "the day's calls"),
        ),
        *_calls("", ("GET", "/api-usage/daily", "the same")),
    ),
)
KEY_INFO: Final = Api(
    "The service key",
    ("oauth",),
    frozenset({"v2"}),
    _calls(DOCS, ("POST", "/private-apps/get/access-token-info", "what a key is and may do")),
)
APIS: Final = (
    RECORDS,
    OF_RECORD,
    OF_RECORD_V3,
    ASSOCIATIONS,
    ASSOCIATIONS_V3,
    PROPERTIES,
    SCHEMAS,
    SCHEMAS_V3,
    PIPELINES,
    OWNERS,
    LISTS,
    FORMS,
    FORMS_DATED,
    SENT_FORMS,
    CONSENT_V3,
    CONSENT,
    ACCOUNT,
    KEY_INFO,
)
_HOOKS_KNOWN: Final = frozenset({"/webhooks/v3", "/app-webhooks/2026-09"})
OPEN: Final = (
    *_calls(
        CLIENTS,
        ("GET", "/oauth/authorize", "the page on which a person connects an app"),
        ("GET", "/oauth/v1/access-tokens/{token}", "what an access token is"),
        ("GET", "/oauth/v1/refresh-tokens/{token}", "what a refresh token is"),
        ("DELETE", "/oauth/v1/refresh-tokens/{token}", "end a refresh token"),
    ),
    *(
        each
        for version in sorted(TOKEN_VERSIONS)
        for each in (
            Endpoint("POST", f"/oauth/{version}/token", "tokens for a code or a refresh token", SPEC),
            Endpoint(
                "POST",
                f"/oauth/{version}/token/revoke",
                "end a token",
                SPEC if version.startswith("2") else "",
            ),
            Endpoint(
                "POST",
                f"/oauth/{version}/token/introspect",
                "what a token is",
                SPEC if version.startswith("2") else "",
            ),
        )
    ),
    *(
        Endpoint(method, f"{place}/{{app}}{path}", about, SPEC if place in _HOOKS_KNOWN else "")
        for place in ("/webhooks/v3", *(f"/app-webhooks/{date}" for date in sorted(DATES)))
        for method, path, about in (
            ("GET", "/settings", "where an app is told what happens; with `hapikey`"),
            ("PUT", "/settings", "say where"),
            ("DELETE", "/settings", "be told nothing any more"),
            ("GET", "/subscriptions", "what it is told of"),
            ("POST", "/subscriptions", "a new subscription"),
            ("POST", "/subscriptions/batch/update", "switch many on or off"),
            ("GET", "/subscriptions/{subscription}", "one subscription"),
            ("PATCH", "/subscriptions/{subscription}", "switch one on or off"),
            ("DELETE", "/subscriptions/{subscription}", "take one away"),
        )
    ),
    *_calls(
        "",
        ("POST", "/oauth/authorize", "what the person pressed on that page"),
        ("GET", "/oauth/authorize/{portal}", "the page for one portal"),
        ("POST", "/oauth/authorize/{portal}", "what the person pressed on it"),
        ("POST", "/submissions/v3/integration/submit/{portal}/{form}", "send a form, at `api.hsforms.com`"),
        (
            "POST",
            "/submissions/v3/integration/secure/submit/{portal}/{form}",
            "the same with a token",
        ),
    ),
)
"""Calls that need no bearer token, or look at it themselves."""


def _shapes() -> dict[tuple[tuple[str, ...], str], Shapes]:
    found: dict[tuple[tuple[str, ...], str], Shapes] = {}
    for api in APIS:
        for version in api.versions:
            found.setdefault((api.name, version), Shapes()).add(api.endpoints)
    return found


SHAPES: Final[Mapping[tuple[tuple[str, ...], str], Shapes]] = _shapes()
"""The calls of each API in each version."""

OPEN_SHAPES: Final = Shapes()
OPEN_SHAPES.add(OPEN)
OPEN_NAMES: Final = frozenset(each.path.split("/")[1] for each in OPEN)
