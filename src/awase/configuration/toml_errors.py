"""What is wrong with a file that is not TOML, in our words: the library's are English, and some name its own workings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from awase.errors import BadConfiguration

_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
_MEANINGS: Mapping[str, str] = {
    "Invalid statement": "a line must be a name, = and a value, or a [table]",
    "Expected newline or end of document after a statement": "something stands behind the value; begin a new line",
    "Expected '=' after a key": "a = is missing between a name and its value",
    "Invalid initial character for a key part": "a name is missing or has a character that needs quotes",
    "Invalid value": "what stands behind the = is no value",
    "Invalid date or datetime": "there is no such date or time",
    "Unterminated string": "a text is not closed by its quote",
    "Illegal character '\\n'": "a text is not closed by its quote",
    "Illegal character": "a text holds a control character",
    "Found invalid character": "a control character stands here",
    "Unclosed array": "a list is not closed by ]",
    "Unclosed inline table": "a table within one line is not closed",
    "Expected ']": "the name of a table is not closed by its bracket",
    "Cannot declare": "this table stands there twice",
    "Cannot overwrite a value": "this is set twice",
    "Duplicate inline table key": "this is set twice",
    "Cannot redefine namespace": "this is set twice",
    "Cannot mutate immutable namespace": "this is set twice",
    "Unescaped": "a \\ in a text needs another \\, or single quotes around the text",
    "Invalid hex value": "a \\ in a text needs another \\, or single quotes around the text",
    "Escaped character": "a \\ in a text needs another \\, or single quotes around the text",
}
"""How the library's messages begin, with what they mean; the first that fits counts."""


def not_toml(words: str, text: str, file: Path) -> BadConfiguration:
    """The error for what the library says of a file's text: in our words, as far as we know it, and with the line."""
    found = _PLACE.search(words)
    line = found[1] if found and found[1] else str(text.count("\n") + 1)
    said = _PLACE.sub("", words).strip()
    return BadConfiguration(
        "this is not TOML: {words}",
        where=f"{file}:{line}",
        remedy="Correct that line; texts stand in quotes, lists in [ ].",
        words=next((ours for theirs, ours in _MEANINGS.items() if said.startswith(theirs)), said),
    )
