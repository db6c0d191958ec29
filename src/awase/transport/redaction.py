"""What may be written down about a call, and how a value is made unreadable first.

Secrets become ``[secret]``. Personal data becomes a keyed hash (``[person 5b1e…]``), so that one person can be followed
through a log by somebody who may see neither name nor address. Records are built from an allow list of fields;
``Redactor.text`` is the second net, for free text such as an error's words.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

SECRET = "[secret]"  # noqa: S105 - the mask itself

_NAMED_SECRET = re.compile(
    r"(?i)(\b(?:access_token|refresh_token|id_token|client_secret|client_assertion|assertion|password|passwd|secret|"
    r"api_?key|hapikey|code_verifier|session_?id|sid|token|code)[\"']?\s*[:=]\s*[\"']?)([^\s\"'&,;}\]]+)"
)
_AUTHORIZATION = re.compile(
    r"(?i)(authorization[\"']?\s*[:=]\s*[\"']?)((?:bearer|basic|oauth)\s+)?[^\s\"',;}]+"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=!-]{8,}")
_TOKEN_SHAPES = re.compile(
    r"00D\w{9,15}![\w.]+"  # Salesforce access token (confirmed: the shape sf CLI checks)
    r"|\bpat-[a-z0-9]{2,6}-[0-9a-fA-F-]{8,}"  # HubSpot private app or service key (from memory)
    r"|\b[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"  # a JWT
    r"|-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|$)",
    re.DOTALL,
)
_EMAIL = re.compile(r"[^\s<>\"'(),;:=&?/@＠]+[@＠][\w.-]*\w")
_PHONE = re.compile(r"(?<![\w.:-])(?:\+|＋|[(（]?[0０])(?:[-‐－ー()（） .]{0,2}\d){8,14}(?!\w)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")


class Redactor:
    """Masks with one install's own key, so that hashes cannot be looked up in a list of known addresses."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.blake2b(key, digest_size=32, person=b"awase-redaction").digest()

    def person(self, value: str) -> str:
        """A stable stand-in for a piece of personal data; writing it wider or in capitals changes nothing."""
        folded = unicodedata.normalize("NFKC", value).strip().casefold()
        return f"[person {hashlib.blake2b(folded.encode(), digest_size=6, key=self._key).hexdigest()}]"

    def text(self, text: str) -> str:
        """Free text without tokens, e-mail addresses and telephone numbers, on one line."""
        text = _TOKEN_SHAPES.sub(SECRET, text)
        text = _AUTHORIZATION.sub(rf"\1{SECRET}", text)
        text = _BEARER.sub(rf"\1 {SECRET}", text)
        text = _NAMED_SECRET.sub(rf"\1{SECRET}", text)
        text = _EMAIL.sub(lambda found: self.person(found[0]), text)
        text = _PHONE.sub(lambda found: self.person(re.sub(r"\D", "", found[0])), text)
        return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)

    def path(self, url: str) -> str:
        """The path of ``url`` and the names, never the values, of its query."""
        parts = urlsplit(url)
        names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
        query = "?" + "&".join(f"{self.text(name)}=…" for name in names) if names else ""
        return self.text(unquote(parts.path)) + query


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call, as it may be logged: this is the allow list."""

    connection: str
    lane: str
    method: str
    path: str
    status: int | None
    """None: no complete answer."""
    reason: str
    """Why there was none."""
    milliseconds: int
    bytes_sent: int
    bytes_received: int
    retry: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """Who takes the records, and how they are made unreadable first."""

    take: Callable[[CallRecord], None]
    redactor: Redactor = field(repr=False)
