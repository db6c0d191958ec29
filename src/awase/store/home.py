"""The data home: where an install on one machine keeps its database, backups and key files, closed to others."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from awase.errors import StoreUnusable

ROOTS_HOME = Path("/var/lib/awase")


def is_root() -> bool:
    """Whether this process may do anything on the machine."""
    return sys.platform != "win32" and os.geteuid() == 0


def data_home() -> Path:
    """``AWASE_HOME`` if set; for root the system's place for state; otherwise the user's own place for data."""
    chosen = os.environ.get("AWASE_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    if is_root():
        return ROOTS_HOME
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "awase"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "awase"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "awase"


def make_private(home: Path) -> None:
    """Create the home, or check that it is ours, and close it to everybody else. Raises StoreUnusable."""
    remedy = "Set AWASE_HOME to a directory of your own."
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sys.platform != "win32" and home.stat().st_uid != os.geteuid():
            raise StoreUnusable("the data directory belongs to another user", where=str(home), remedy=remedy)
        if stat.S_IMODE(home.stat().st_mode) & 0o067:
            home.chmod(0o700)  # 0710 is what ``let_pass`` makes of root's home
    except OSError as problem:
        raise StoreUnusable(
            "the data directory cannot be used: {words}", words=str(problem), where=str(home), remedy=remedy
        ) from problem


def write_private(path: Path, text: str) -> None:
    """Replace a file of the home in one step; readable by its owner alone from the first byte."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def let_pass(path: Path) -> None:
    """Let the embedded server's user pass through the directories above ``path``, and no more than that.

    The server must not run as root. The library that starts it changes the user but keeps root's group (confirmed,
    0.6.0), so for a directory of that group the right to pass is given to the group alone.
    """
    for directory in path.parents:
        facts = directory.stat()
        passing = stat.S_IXGRP if facts.st_gid == 0 else stat.S_IXOTH
        if not facts.st_mode & (passing | stat.S_IXOTH):
            directory.chmod(stat.S_IMODE(facts.st_mode) | passing)
