"""Who a user is: the answers of userinfo and of the identity page, and where the org can be asked for what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kernel.http import HttpRequest
from .data import OrgData


def identity(data: OrgData, request: HttpRequest, org_id: str, user_id: str, home: str) -> dict[str, Any]:
    """home: where the org's data is."""
    row = data.tables["User"].find(user_id)
    values: Mapping[str, Any] = row.values if row else {}
    page = f"{request.origin}/id/{org_id}/{user_id}"
    rest = f"{home}/services/data/v{{version}}/"
    soap = f"{home}/services/Soap"
    return {
        "sub": page,
        "id": page,
        "asserted_user": True,
        "user_id": user_id,
        "organization_id": org_id,
        "preferred_username": values.get("Username"),
        "username": values.get("Username"),
        "nick_name": values.get("Alias"),
        "display_name": values.get("Name"),
        "name": values.get("Name"),
        "family_name": values.get("LastName"),
        "given_name": values.get("FirstName"),
        "email": values.get("Email"),
        "email_verified": True,
        "active": values.get("IsActive"),
        "user_type": str(values.get("UserType", "Standard")).upper(),
        "is_app_installed": True,
        "zoneinfo": values.get("TimeZoneSidKey"),
        "timezone": values.get("TimeZoneSidKey"),
        "language": values.get("LanguageLocaleKey"),
        "locale": "ja_JP",
        "utcOffset": 32_400_000,
        "urls": {
            "enterprise": f"{soap}/c/{{version}}/{org_id[:15]}",
            "metadata": f"{soap}/m/{{version}}/{org_id[:15]}",
            "partner": f"{soap}/u/{{version}}/{org_id[:15]}",
            "rest": rest,
            "sobjects": f"{rest}sobjects/",
            "search": f"{rest}search/",
            "query": f"{rest}query/",
            "recent": f"{rest}recent/",
            "tooling_rest": f"{rest}tooling/",
            "profile": f"{home}/{user_id}",
            "custom_domain": home,
        },
    }


def discovery(request: HttpRequest) -> dict[str, Any]:
    """``/.well-known/openid-configuration``: where to sign in and how."""
    base = f"{request.origin}/services/oauth2"
    return {
        "issuer": request.origin,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        "revocation_endpoint": f"{base}/revoke",
        "userinfo_endpoint": f"{base}/userinfo",
        "introspection_endpoint": f"{base}/introspect",
        "scopes_supported": ["api", "refresh_token", "offline_access", "full", "id", "profile", "email"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "client_secret_basic",
            "private_key_jwt",
        ],
        "code_challenge_methods_supported": ["S256"],
    }
