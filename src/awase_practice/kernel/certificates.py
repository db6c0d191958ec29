"""A certificate authority of one's own and a server certificate from it, so that clients can call practice orgs by https.

The authority is made once and kept in a folder; ``ca.pem`` is what a client must trust. Its key never leaves the folder.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOCAL = ("localhost", "127.0.0.1")
_AUTHORITY, _AUTHORITY_KEY, _SERVER = "ca.pem", "ca-key.pem", "server.pem"
_AUTHORITY_LIFE = timedelta(days=3650)
_SERVER_LIFE = timedelta(days=397)  # the longest that clients accept
_EARLIER = timedelta(days=1)


def server_context(folder: Path, hosts: Iterable[str]) -> ssl.SSLContext:
    """A TLS context for these host names (a leading ``*.`` covers one level), besides this machine's own."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    certificate, key = _authority(folder)
    chain = folder / _SERVER
    _write(chain, _issued(certificate, key, tuple(dict.fromkeys((*LOCAL, *hosts)))))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


def authority_file(folder: Path) -> Path:
    """What a client must trust (``REQUESTS_CA_BUNDLE``, ``SSL_CERT_FILE``, ``NODE_EXTRA_CA_CERTS``)."""
    return folder / _AUTHORITY


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    shown, secret = folder / _AUTHORITY, folder / _AUTHORITY_KEY
    if shown.exists() and secret.exists():
        kept = serialization.load_pem_private_key(secret.read_bytes(), None)
        if isinstance(kept, ec.EllipticCurvePrivateKey):
            return x509.load_pem_x509_certificate(shown.read_bytes()), kept
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Practice orgs on this machine")])
    usage = _usage(signs_certificates=True)
    certificate = (
        _builder(name, name, key.public_key(), _AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(secret, _pem(key))
    _write(shown, certificate.public_bytes(serialization.Encoding.PEM))
    return certificate, key


def _issued(
    authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey, hosts: tuple[str, ...]
) -> bytes:
    """A key with its certificate and the authority's, as one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "practice")])
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    certificate = (
        _builder(name, authority.subject, key.public_key(), _SERVER_LIFE)
        .add_extension(x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(signer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return _pem(key) + certificate.public_bytes(pem) + authority.public_bytes(pem)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + life)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600, exist_ok=True)
    path.write_bytes(content)
