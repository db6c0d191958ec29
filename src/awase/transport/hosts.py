"""Where a connection may lead: an allow list per connector, asked again after sign-in.

The address that a sign-in answer names is as little to be trusted as one typed by a person: our token goes there.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from awase.errors import NotConnected

AllowedHost = Callable[[str], bool]
"""True for a host name (lower case, without port) that this connection may send its token to."""


def loopback_only(host: str) -> bool:
    """For practice connections: this machine, and nothing else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def within(*domains: str) -> AllowedHost:
    """For live connections: these domains and what is below them (``salesforce.com`` admits ``a.my.salesforce.com``)."""
    exact = frozenset(domain.lower() for domain in domains)
    below = tuple(f".{domain}" for domain in exact)
    return lambda host: host in exact or host.endswith(below)


def require_allowed(url: str, allowed: AllowedHost) -> str:
    """The host of ``url``; raises NotConnected when our token must not go there.

    Plain HTTP is for this machine only, and a URL that carries credentials of its own is refused.
    """
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    fit = parts.scheme == "https" or (parts.scheme == "http" and loopback_only(host))
    if not host or not fit or "@" in parts.netloc or not allowed(host):
        raise NotConnected(
            "The address {address} is not one that this connection may use.",
            remedy="Check the address of the connection; vendors are reached by https at their own domains, practice "
            "orgs on this machine only.",
            address=f"{parts.scheme}://{host}" if host else "given",
        )
    return host
