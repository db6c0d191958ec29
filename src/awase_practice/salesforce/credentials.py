"""What a client signs in with."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ..kernel.http import HttpRequest
from .errors import SignInRefusal


class Credentials(Mapping[str, Any]):
    """What a client signs in with. The key pair is only made when somebody asks for the private key."""

    def __init__(self, plain: Mapping[str, str]) -> None:
        self._plain = dict(plain)
        self._private: rsa.RSAPrivateKey | None = None

    def __getitem__(self, name: str) -> Any:
        return self._private_pem() if name == "private_key" else self._plain[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._plain
        yield "private_key"

    def __len__(self) -> int:
        return len(self._plain) + 1

    def keep(self) -> str | None:
        """The private key if there is one."""
        return self._private_pem() if self._private else None

    def take_up(self, pem: str | None) -> None:
        """Go on with a kept private key."""
        key = serialization.load_pem_private_key(pem.encode(), None) if pem else None
        self._private = key if isinstance(key, rsa.RSAPrivateKey) else None

    def public_key(self) -> rsa.RSAPublicKey:
        """What an assertion's signature is checked against."""
        return self._key().public_key()

    def _key(self) -> rsa.RSAPrivateKey:
        if self._private is None:
            self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self._private

    def _private_pem(self) -> str:
        return (
            self._key()
            .private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            .decode()
        )


def basic_credentials(request: HttpRequest) -> tuple[str, str]:
    """Name and secret of basic authentication; empty texts if there is none. Raises SignInRefusal if it is garbled."""
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
    except ValueError as error:
        raise SignInRefusal("invalid_client", "invalid client credentials") from error
    return name, secret
