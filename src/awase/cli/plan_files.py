"""Plan files on disk: written whole and for their owner alone, since they hold personal data."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from awase.core.plan import Plan
from awase.core.planfile import dump, load
from awase.errors import BadInput


def write_plan(file: Path, plan: Plan) -> None:
    """Replace ``file`` in one step. Raises BadInput when it cannot be written."""
    write_closed(file, dump(plan))


def read_plan(file: Path) -> Plan:
    """The plan in ``file``. Raises BadInput or DamagedFile."""
    try:
        with file.open("rb") as lines:
            return load(lines, str(file))
    except FileNotFoundError:
        raise BadInput(
            "there is no such file", where=str(file), remedy="Make a plan first: awase plan -o FILE"
        ) from None
    except OSError as problem:
        raise BadInput(
            "the file cannot be read: {words}", where=str(file), words=problem.strerror or ""
        ) from None


def write_closed(file: Path, pieces: Iterable[bytes]) -> None:
    """Write a file that others cannot read, whole or not at all. Raises BadInput when it cannot be written."""
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
            for piece in pieces:
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(file)
    except OSError as problem:
        raise BadInput(
            "the file cannot be written: {words}", where=str(file), words=problem.strerror or ""
        ) from None
    finally:
        partial.unlink(missing_ok=True)
