"""Texts of files, and what to say of a file that cannot be read: which, what is wrong with it, and what to do."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from awase_formula.errors import UnreadableFile


def text_of(path: Path) -> str:
    """A file's text, with one form of line ends. Raises ``UnreadableFile``."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise UnreadableFile(f"{path}: there is no such file; check the name") from None
    except IsADirectoryError:
        raise UnreadableFile(f"{path}: is a folder; give a file in it") from None
    except PermissionError:
        raise UnreadableFile(f"{path}: you may not read it; ask its owner for the right to") from None
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be read ({error.strerror}); try again, or copy it") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"{path}:{line}: is no UTF-8 text; save it as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def json_of(text: str) -> Any:
    """The value of one line of JSON. Raises ``ValueError`` with a sentence about it."""
    try:
        return json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        fault = error.msg[:1].lower() + error.msg[1:]
        raise ValueError(
            f"is no JSON (column {error.colno}: {fault}); write one JSON object a line"
        ) from None
    except (ValueError, InvalidOperation):
        raise ValueError("is no JSON that we read (a number in it is too long); write it as a text") from None
    except RecursionError:
        raise ValueError(
            "is no JSON that we read (it nests too deeply); write one flat JSON object a line"
        ) from None
