"""The two families of paths, and what HubSpot calls its objects.

Since 2025 the version of an API is a date that stands *after* the API's name (``/crm/objects/2026-09/contacts``); the
older family has it before (``/crm/v3/objects/contacts``) and goes unsupported in September 2027 (confirmed).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from awase.errors import BadConfiguration

_PLURALS: Mapping[str, str] = {
    "contact": "contacts",
    "company": "companies",
    "deal": "deals",
    "ticket": "tickets",
}
_SINGULARS: Mapping[str, str] = {plural: singular for singular, plural in _PLURALS.items()}
_DATED = re.compile(r"\d{4}-\d{2}(-beta)?")


def canonical_object(name: str) -> str:
    """Our name of an object: the singular of a standard one, any other as it is written."""
    folded = name.strip().lower()
    return _SINGULARS.get(folded, folded)


@dataclass(frozen=True, slots=True)
class Paths:
    """Where things are, for one version: ``v3`` or a date such as ``2026-09``."""

    version: str

    def __post_init__(self) -> None:
        if self.version != "v3" and not _DATED.fullmatch(self.version):
            raise BadConfiguration(
                "{version} is no version of HubSpot's API",
                remedy="Write a date such as 2026-09, or v3.",
                version=self.version,
            )

    @property
    def _dated(self) -> bool:
        return self.version != "v3"

    def _crm(self, api: str, object: str) -> str:
        plural = quote(_PLURALS.get(canonical_object(object), object), safe="")
        return f"/crm/{api}/{self.version}/{plural}" if self._dated else f"/crm/{self.version}/{api}/{plural}"

    def objects(self, object: str, tail: str = "") -> str:
        """Records of an object: ``tail`` is ``/search``, ``/batch/read`` …"""
        return self._crm("objects", object) + tail

    def properties(self, object: str) -> str:
        """The property definitions of an object."""
        return self._crm("properties", object)

    def associations(self, object: str, target: str, tail: str) -> str:
        """Associations from one object to another. v3's setting uses v4, which knows labels (confirmed)."""
        one, other = (quote(_PLURALS.get(canonical_object(o), o), safe="") for o in (object, target))
        family = f"/crm/associations/{self.version}" if self._dated else "/crm/v4/associations"
        return f"{family}/{one}/{other}{tail}"

    def owners(self) -> str:
        return f"/crm/owners/{self.version}" if self._dated else f"/crm/{self.version}/owners"

    def forms(self) -> str:
        return "/marketing/v3/forms"

    def list_memberships(self, list_id: str, tail: str) -> str:
        """Who is on a list."""
        family = f"/crm/lists/{self.version}" if self._dated else f"/crm/{self.version}/lists"
        return f"{family}/{quote(list_id, safe='')}/memberships{tail}"

    def token(self) -> str:
        """Where a refresh token becomes an access token."""
        return f"/oauth/{self.version}/token" if self._dated else "/oauth/v1/token"

    def account_details(self) -> str:
        return f"/account-info/{self.version}/details"

    def private_app_token_info(self) -> str:
        """Which app a private-app token belongs to; there is no dated twin (confirmed)."""
        return "/oauth/v2/private-apps/get/access-token-info"

    def oauth_token_info(self, token: str) -> str:
        """Which app and user an OAuth access token belongs to. The address holds the token: never recorded."""
        return f"/oauth/v1/access-tokens/{quote(token, safe='')}"

    def unsubscribe_all(self) -> str:
        """Opt addresses out of all e-mail. v3 cannot do that portal-wide, so its setting uses v4 (confirmed).

        ``verbose`` makes the answer name the addresses; without it the results are empty (confirmed).
        """
        version = self.version if self._dated else "v4"
        return (
            f"/communication-preferences/{version}/statuses/batch/unsubscribe-all?channel=EMAIL&verbose=true"
        )
