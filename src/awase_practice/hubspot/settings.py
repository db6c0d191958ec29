"""What can be set on a practice portal; the defaults are a Professional portal in Japan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final

from ..kernel.org import ControlRefused

ALL_SCOPES: Final = (
    "communication_preferences.read_write",
    "communication_preferences.statuses.batch.read",
    "communication_preferences.statuses.batch.write",
    "crm.lists.read",
    "crm.lists.write",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.objects.owners.read",
    "crm.schemas.companies.read",
    "crm.schemas.companies.write",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.deals.read",
    "crm.schemas.deals.write",
    "forms",
    "oauth",
    "sales-email-read",
    "tickets",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """index_lag and token_lifetime in seconds; limits in calls.

    history: whether value histories can be read at all. awase_key: whether the unique property is there.
    rotate_refresh_token: each use of a refresh token gives a new one, and the first use of that ends the old.
    email_conflict_on_update: 409 or 400, the two answers HubSpot has been seen to give for a taken address.
    partial_status: 207, or 200 as some dated specifications have it. default_stage: of new contacts; empty: none.
    merge_mints_new_id: a merge's survivor gets a new id. association_limits: at most so many records of the second object
    at one of the first, as ``{"contact->company": 2}``. associations_move_stamps: whether associating changes when both
    records were last modified. first_company_is_primary: whether a record's first company becomes its primary one
    unasked. most_options: of one property. key_creator_removed: whether whoever made the service key has left the account.
    writes_until_lock: so many writes to one record within a second lock it for two; 0: never.
    """

    index_lag: float = 0.0
    day_limit: int = 625_000
    burst_limit: int = 190
    oauth_burst_limit: int = 110
    search_limit: int = 5
    history: bool = True
    awase_key: bool = True
    token_lifetime: int = 1800
    rotate_refresh_token: bool = False
    email_conflict_on_update: int = 409
    partial_status: int = 207
    default_stage: str = "lead"
    merge_mints_new_id: bool = False
    association_limits: Mapping[str, int] = field(default_factory=dict)
    associations_move_stamps: bool = False
    first_company_is_primary: bool = False
    most_options: int = 5_000
    key_creator_removed: bool = False
    writes_until_lock: int = 0
    time_zone: str = "Asia/Tokyo"
    scopes: tuple[str, ...] = ALL_SCOPES

    def to_json(self) -> dict[str, Any]:
        """All settings by name."""
        return {**asdict(self), "scopes": list(self.scopes)}


def changed(settings: Settings, body: Mapping[str, Any]) -> Settings:
    """The settings with some replaced. Raises ControlRefused for a name or a type that is not one of them."""
    known = {each.name: getattr(settings, each.name) for each in fields(settings)}
    for name, value in body.items():
        if name not in known:
            raise ControlRefused(f"no such setting: {name} (there are: {', '.join(sorted(known))})")
        if not _fits(value, known[name]):
            raise ControlRefused(f"the setting {name} must be of the same kind as {known[name]!r}")
    values: dict[str, Any] = {name: tuple(v) if name == "scopes" else v for name, v in body.items()}
    return replace(settings, **values)


def _fits(value: Any, like: Any) -> bool:
    if isinstance(like, tuple):
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if isinstance(like, Mapping):
        return isinstance(value, dict) and all(_is_limit(key, most) for key, most in value.items())
    if isinstance(like, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(like, bool)
    if isinstance(like, float):
        return isinstance(value, int | float)
    return isinstance(value, type(like))


def _is_limit(key: Any, most: Any) -> bool:
    """Whether this is an association limit: two objects with an arrow between, and how many."""
    return isinstance(key, str) and "->" in key and isinstance(most, int) and not isinstance(most, bool)
