"""Master keys: where they come from, which one seals, which ones still open.

Sources, the first that is set: ``AWASE_MASTER_KEY`` (the keys themselves), ``AWASE_MASTER_KEY_COMMAND`` (a command that
prints them, for a vault; run without a shell), else the file ``master.key`` in the home, made at first use, mode 0600.
Keys are 32 bytes in base64, divided by blanks, commas or lines; the first seals, all open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes

from awase.errors import BadInput, StoreUnusable

KEY_VARIABLE = "AWASE_MASTER_KEY"
COMMAND_VARIABLE = "AWASE_MASTER_KEY_COMMAND"
KEY_FILE = "master.key"
KEY_BYTES = 32
_COMMAND_SECONDS = 30


@dataclass(frozen=True, slots=True)
class MasterKey:
    """One key and the public name by which sealed rows refer to it."""

    secret: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Tells keys apart and tells nothing about them."""
        return hashlib.blake2b(self.secret, digest_size=6, person=b"awase-key-name").hexdigest()


@dataclass(frozen=True, slots=True)
class Keyring:
    """At least one key, the newest first."""

    keys: tuple[MasterKey, ...] = field(repr=False)

    @property
    def newest(self) -> MasterKey:
        """The one that seals."""
        return self.keys[0]

    def named(self, name: str) -> MasterKey | None:
        """The key that sealed a row, or None when it is not on this ring."""
        return next((key for key in self.keys if key.name == name), None)

    def derived(self, purpose: str) -> bytes:
        """A key for another purpose (redaction), from which the master key cannot be found.

        It changes when a new master key becomes the newest.
        """
        return hashlib.blake2b(purpose.encode(), key=self.newest.secret, digest_size=KEY_BYTES).digest()


def open_keyring(home: Path, environment: Mapping[str, str]) -> Keyring:
    """The keys of this install.

    Raises BadInput when a variable or the command does not give keys, StoreUnusable when others can read the file.
    """
    if environment.get(KEY_VARIABLE):
        return parse_keys(environment[KEY_VARIABLE], where=KEY_VARIABLE)
    if environment.get(COMMAND_VARIABLE):
        return parse_keys(_printed_by(environment[COMMAND_VARIABLE]), where=COMMAND_VARIABLE)
    return _from_file(home / KEY_FILE)


def parse_keys(text: str, *, where: str) -> Keyring:
    """Keys as written down. Raises BadInput naming ``where`` and never the text."""
    try:
        secrets = [base64.b64decode(part, validate=True) for part in re.split(r"[\s,]+", text) if part]
    except binascii.Error:
        secrets = []
    if not secrets or any(len(secret) != KEY_BYTES for secret in secrets):
        raise BadInput(
            "expected one or more keys of 32 bytes in base64",
            where=where,
            remedy="Make one with: head -c 32 /dev/urandom | base64",
        )
    return Keyring(tuple(MasterKey(secret) for secret in secrets))


def add_key(home: Path) -> Keyring:
    """Put a new key first in the key file, durably. Seal again with ``SealedSecrets.rotate`` before an old one goes."""
    path = home / KEY_FILE
    keys = _from_file(path).keys
    ring = Keyring((MasterKey(token_bytes(KEY_BYTES)), *keys))
    fresh = path.with_suffix(".new")
    # Left over from an attempt that was interrupted before anything used it.
    fresh.unlink(missing_ok=True)
    _write_new(fresh, ring)
    fresh.replace(path)
    _sync_folder(path.parent)
    return ring


def _from_file(path: Path) -> Keyring:
    if not path.exists():
        # Another process may have been quicker; its key is then the one that counts.
        with suppress(FileExistsError):
            _begin(path)
    if sys.platform != "win32" and not _is_private(path.stat()):
        raise StoreUnusable(
            "others may read the key that seals all credentials",
            where=str(path),
            remedy="Make the file yours alone (chown, chmod 600); change the credentials if others were on this machine.",
        )
    return parse_keys(path.read_text(), where=str(path))


def _is_private(status: os.stat_result) -> bool:
    return not stat.S_IMODE(status.st_mode) & 0o077 and status.st_uid in (os.geteuid(), 0)


def _begin(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    _write_new(fresh, Keyring((MasterKey(token_bytes(KEY_BYTES)),)))
    try:
        # A link appears whole or not at all, and never over another: nobody reads half a key.
        path.hardlink_to(fresh)
    finally:
        fresh.unlink()
    _sync_folder(path.parent)


def _write_new(path: Path, ring: Keyring) -> None:
    lines = "".join(f"{base64.b64encode(key.secret).decode()}\n" for key in ring.keys)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _printed_by(command: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the command is the operator's own setting; no shell is involved
            shlex.split(command), capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=True
        )
    except (OSError, ValueError, subprocess.SubprocessError) as failure:
        # What it printed may hold a key: only the kind of failure is told.
        raise BadInput(
            "the command did not give the keys ({kind})",
            where=COMMAND_VARIABLE,
            remedy="Run the command by hand; it has to print the keys and end with status 0.",
            kind=type(failure).__name__,
        ) from None
    return done.stdout
