"""CSV that a spreadsheet opens clean: a byte order mark, CRLF, every cell quoted where needed, no cell a formula."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

_FORMULA = re.compile(r"^(?:\t|[\s\u3000\ufeff\u200b]*[=+\-@＝＋－＠])")
"""What a spreadsheet may take for the beginning of a formula: also after blanks, and in full width."""
_LINE_ENDS = re.compile(r"(\r\n|\r|\n)")


def as_cell(text: str) -> str:
    """``text`` with a quote mark before every line that a spreadsheet could take for a formula."""
    lines = _LINE_ENDS.split(text)  # lines at even places, what ends them between
    lines[::2] = [f"'{line}" if _FORMULA.match(line) else line for line in lines[::2]]
    guarded = "".join(lines)
    return f"'{guarded}" if guarded[:1] == "\r" else guarded


def csv_bytes(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The file, piece by piece."""
    yield codecs.BOM_UTF8
    for row in [headings, *rows]:
        line = io.StringIO(newline="")
        csv.writer(line, lineterminator="\r\n").writerow([as_cell(cell) for cell in row])
        yield line.getvalue().encode()
