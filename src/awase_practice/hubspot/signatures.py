"""How a webhook says that it comes from the portal (confirmed)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final
from urllib.parse import unquote

_DECODED: Final = re.compile("%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)
"""Only these signs of the address are decoded before it is signed."""


def signed(secret: str, method: str, url: str, body: bytes, sent_at: int) -> dict[str, str]:
    """The headers of a call: v1 over the body, and v3 over everything. sent_at: milliseconds since 1970."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "HubSpot Webhooks",
        "X-HubSpot-Signature": v1(secret, body),
        "X-HubSpot-Signature-Version": "v1",
        "X-HubSpot-Signature-v3": v3(secret, method, url, body, sent_at),
        "X-HubSpot-Request-Timestamp": str(sent_at),
    }


def v1(secret: str, body: bytes) -> str:
    """SHA-256 of secret and body, in hexadecimal."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def v3(secret: str, method: str, url: str, body: bytes, sent_at: int) -> str:
    """HMAC with SHA-256 of method, address, body and moment, in base 64."""
    address = _DECODED.sub(lambda found: unquote(found[0]), url)
    said = method.encode() + address.encode() + body + str(sent_at).encode()
    return base64.b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()).decode()
