"""The trace of a bug of ours: in a file for its owner alone, without personal data or tokens, found by a reference."""

from __future__ import annotations

import platform
import secrets
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from awase import __version__
from awase.errors import AwaseError, Bug
from awase.store.home import data_home, make_private, write_private
from awase.transport.redaction import Redactor


@dataclass(frozen=True, slots=True)
class Trace:
    """A bug as it may be told to its finder."""

    reference: str
    """Eight hexadecimal digits, also at the end of the file's name."""
    code: str
    text: str
    """The trace, made unreadable where it names people or secrets."""
    file: Path | None
    """Below ``logs`` of the data home; None where nothing could be kept."""


def keep_trace(trouble: BaseException) -> Trace:
    """Keep the trace of an exception that nobody expected. Never raises for want of a place to keep it."""
    redactor = Redactor(secrets.token_bytes(32))
    reference = secrets.token_hex(4)
    moment = datetime.now(UTC)
    head = f"awase {__version__} · python {platform.python_version()} · {platform.platform()} · {moment.isoformat()}"
    lines = "".join(traceback.format_exception(trouble)).splitlines()
    text = "\n".join([head, *(redactor.text(line) for line in lines)]) + "\n"
    code = trouble.code if isinstance(trouble, AwaseError) else Bug.code
    return Trace(reference, code, text, _written(f"bug-{moment:%Y%m%d}-{reference}.log", text))


def _written(name: str, text: str) -> Path | None:
    try:
        folder = data_home() / "logs"
        make_private(data_home())
        make_private(folder)
        write_private(folder / name, text)
    except (OSError, AwaseError):
        return None
    return folder / name
