"""What an administrator sets for the whole org, through the control port."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..kernel.org import ControlRefused
from ..kernel.quota import RollingDay
from .admin import Admin
from .authorizing import Authorizing
from .bulk_jobs import Jobs
from .data import OrgData
from .identity import Identity
from .login import Login
from .person_accounts import switch_on
from .places import PREFIXES, SMALL_WORLD, Countries, Places
from .policies import API_STATES


class Settings:
    """The settings of one org by name. Lists and maps replace what was set before. All methods raise ControlRefused."""

    def __init__(
        self,
        data: OrgData,
        login: Login,
        quota: RollingDay,
        admin: Admin,
        identity: Identity,
        authorizing: Authorizing,
        jobs: Sequence[Jobs],
    ) -> None:
        self._data, self._login, self._quota = data, login, quota
        self._admin, self._identity = admin, identity
        self._authorizing = authorizing
        self._jobs = jobs
        rights = data.permissions
        self._fields: Mapping[str, Callable[[Any], None]] = {
            "hidden_fields": lambda value: rights.hide(data.full, value),
            "read_only_fields": lambda value: rights.close(data.full, value),
            "object_permissions": lambda value: rights.allow(data.full, value),
            "row_access": rights.share,
        }

    def change(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change some; all as they are then.

        day_limit, session_seconds, bulk_seconds (how long a bulk job works): numbers. rotate_refresh_tokens, access_revoked, password_grant, history,
        unique_in_recycle_bin, lead_conversion_maps_key, person_accounts (on for good): true or false. hidden_fields,
        read_only_fields, tracked_fields: object → names. object_permissions: object → {create, edit, delete, read}.
        redirect_uris: where a client may be sent back to, none for anywhere on this machine. row_access: id → read or none. locked_rows: ids, or id → tries. state_country: true, false or
        {country code: [name, {state code: name}]}. api: on, org or user (for whom it is off). maintenance: nothing can
        be written. storage_mb: room for data. login_hours: [from, to]. guarded_objects: kept from the API by a security
        policy. rows_in_approval: ids that wait for an approval. custom_permissions: names that the API's user has.
        """
        for name, value in body.items():
            if not (self._set_number(name, value) or self._set_switch(name, value)):
                self._set_list(name, value)
        return self.shown()

    def _set_number(self, name: str, value: Any) -> bool:
        match name, value:
            case "day_limit", int():
                self._quota.limit = value
            case "storage_mb", int():
                self._data.policies.storage_mb = value
            case "bulk_seconds", int() | float():
                for jobs in self._jobs:
                    jobs.seconds = float(value)
            case "session_seconds", int() | float():
                self._login.tokens.seconds = int(value)
            case _:
                return False
        return True

    def _set_switch(self, name: str, value: Any) -> bool:
        match name, value:
            case "rotate_refresh_tokens", bool():
                self._login.rotates = value
            case "maintenance", bool():
                self._data.policies.maintenance = value
            case "password_grant", bool():
                self._login.takes_passwords = value
            case "access_revoked", bool():
                self._login.set_revoked(value)
            case "history", bool():
                self._data.keeps_history = value
            case "unique_in_recycle_bin", bool():
                self._data.bin_holds_unique_values = value
            case "lead_conversion_maps_key", bool():
                self._identity.maps_key = value
            case "person_accounts", True:
                switch_on(self._data)
            case "state_country", bool() | dict():
                self._set_places(value)
            case _:
                return False
        return True

    def _set_list(self, name: str, value: Any) -> None:
        policies = self._data.policies
        if name == "api" and value in API_STATES:
            policies.api = value
        elif name == "login_hours" and isinstance(value, list) and len(value) == 2:
            policies.login_hours = int(value[0]), int(value[1])
        elif name == "guarded_objects" and isinstance(value, list):
            policies.guarded = frozenset(map(str, value))
        elif name == "rows_in_approval" and isinstance(value, list):
            self._data.permissions.await_approval(value)
        elif name == "custom_permissions" and isinstance(value, list):
            self._data.grant(map(str, value))
        elif name == "locked_rows" and isinstance(value, list | dict):
            self._data.permissions.lock(value if isinstance(value, dict) else dict.fromkeys(value))
        elif name == "redirect_uris" and isinstance(value, list):
            self._authorizing.redirect_uris = tuple(str(each) for each in value)
        elif name == "tracked_fields" and isinstance(value, dict):
            self._admin.track(value)
        elif name in self._fields and isinstance(value, dict):
            self._fields[name](value)
            self._data.see_again()
        else:
            raise ControlRefused(f"there is no setting {name} that takes {value!r}")

    def _set_places(self, value: bool | Mapping[str, Any]) -> None:
        countries: Countries = {}
        if value is True:
            countries = SMALL_WORLD
        elif value:
            try:
                countries = {code: (str(name), dict(states)) for code, (name, states) in value.items()}
            except (TypeError, ValueError) as error:
                text = "countries are given as {code: [name, {state code: name}]}"
                raise ControlRefused(text) from error
        for object, prefix in PREFIXES.items():
            kind = self._data.full[object]
            codes = {f"{prefix}StateCode", f"{prefix}CountryCode"}
            plain = kind.with_fields(field for field in kind.fields if field.name not in codes)
            self._data.replace_kind(Places(countries).with_codes(plain) if countries else plain)
        self._data.places = Places(countries) if countries else None

    def shown(self) -> dict[str, Any]:
        """All settings."""
        data, rights = self._data, self._data.permissions
        return {
            "day_limit": self._quota.limit,
            "session_seconds": self._login.tokens.seconds,
            "bulk_seconds": self._jobs[0].seconds,
            "rotate_refresh_tokens": self._login.rotates,
            "access_revoked": self._login.revoked,
            "password_grant": self._login.takes_passwords,
            "redirect_uris": list(self._authorizing.redirect_uris),
            "history": data.keeps_history,
            "unique_in_recycle_bin": data.bin_holds_unique_values,
            "lead_conversion_maps_key": self._identity.maps_key,
            "person_accounts": data.full["Account"].find("IsPersonAccount") is not None,
            "state_country": data.places is not None,
            "api": data.policies.api,
            "maintenance": data.policies.maintenance,
            "storage_mb": data.policies.storage_mb,
            "login_hours": list(data.policies.login_hours),
            "guarded_objects": sorted(data.policies.guarded),
            "rows_in_approval": sorted(rights.in_approval),
            "custom_permissions": data.custom_permissions(),
            "hidden_fields": rights.hidden,
            "read_only_fields": rights.read_only,
            "object_permissions": rights.objects,
            "row_access": rights.rows,
            "locked_rows": rights.locked,
            "tracked_fields": {
                name: sorted(kind.tracked) for name, kind in data.full.items() if kind.tracked
            },
        }
