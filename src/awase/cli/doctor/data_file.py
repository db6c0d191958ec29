"""A CSV file of people: read whatever spreadsheet wrote it, and written again in two parts as it came."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from awase.cli.doctor.reading import bytes_of
from awase.errors import BadInput

LINE = "line"
"""The Int64 column of the line, from 1, on which a record begins."""
_AT_ONCE = 10_000
"""Records that are lists of texts at the same time."""
_DELIMITERS = (",", "\t", ";")
_QUOTED = re.compile(r'"(?:[^"]|"")*(?:"|$)')


@dataclass(frozen=True, slots=True)
class DataFile:
    file: Path
    content: bytes
    encoding: str
    """``utf-8``, ``utf-8-sig`` (with a byte order mark) or ``cp932``."""
    delimiter: str
    line_end: str
    all_quoted: bool
    headings: tuple[str, ...]
    cells: pl.DataFrame
    """``line``, then String columns ``"0"``, ``"1"`` … as they stand in the file."""

    def part(
        self,
        wanted: Callable[[int], bool],
        headings: Sequence[str] = (),
        further: Callable[[int], Sequence[str]] = lambda _: (),
    ) -> Iterator[bytes]:
        """The records (by place from 0) that are ``wanted``, as they came, with ``further`` cells behind them."""
        yield codecs.BOM_UTF8 if self.encoding == "utf-8-sig" else b""
        encoding = self.encoding.removesuffix("-sig")
        rows = (row for _, row in records(self.content, self.encoding, self.delimiter, str(self.file)))
        yield self._line((*next(rows), *headings), encoding)
        for place, row in enumerate(rows):
            if wanted(place):
                yield self._line((*row, *further(place)), encoding)

    def _line(self, row: Sequence[str], encoding: str) -> bytes:
        line = io.StringIO(newline="")
        csv.writer(
            line,
            delimiter=self.delimiter,
            lineterminator=self.line_end,
            quoting=csv.QUOTE_ALL if self.all_quoted else csv.QUOTE_MINIMAL,
        ).writerow(row)
        # What stood in the file can be written in its encoding; our own words perhaps not.
        return line.getvalue().encode(encoding, errors="replace")


def read_data(file: Path) -> DataFile:
    """Raises BadInput naming the line that is broken."""
    content = bytes_of(file)
    encoding = _encoding_of(content, str(file))
    first = content.lstrip(b"\r\n").split(b"\n", 1)[0].decode(encoding).rstrip("\r")
    delimiter = max(_DELIMITERS, key=_QUOTED.sub("", first).count)
    rows = records(content, encoding, delimiter, str(file))
    _, headings = next(rows, (0, []))
    if not any(heading.strip() for heading in headings):
        raise BadInput(
            "the file has no header line", where=str(file), remedy="Name the fields on its first line."
        )
    return DataFile(
        file=file,
        content=content,
        encoding=encoding,
        delimiter=delimiter,
        line_end=next((end for end in ("\r\n", "\n", "\r") if end.encode() in content), "\n"),
        all_quoted=_all_quoted(first, delimiter, len(headings)),
        headings=tuple(headings),
        cells=_cells(rows, len(headings), str(file)),
    )


def records(content: bytes, encoding: str, delimiter: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line, from 1, on which it begins; empty lines are none. Raises BadInput."""
    lines = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begins = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as problem:
            if "field larger" in str(problem):
                raise BadInput(
                    "the record on this line has a cell of more than {maximum} characters, which no field holds",
                    where=f"{where}:{begins}",
                    remedy="Shorten it, or look whether a quotation mark that opens there is never closed. Nothing of the file "
                    "was judged.",
                    maximum=csv.field_size_limit(),
                ) from None
            open_end = "unexpected end" in str(problem)
            raise BadInput(
                "a quotation mark that opens in the record on this line is never closed"
                if open_end
                else "behind a closing quotation mark stands something else than a comma or the end of the line",
                where=f"{where}:{begins if open_end else reader.line_num}",
                remedy="Write a quotation mark inside a quoted cell twice. Nothing of the file was judged.",
            ) from None
        if row is None:
            return
        if row:
            yield begins, row
        begins = reader.line_num + 1


def _cells(rows: Iterable[tuple[int, list[str]]], width: int, where: str) -> pl.DataFrame:
    schema = {LINE: pl.Int64, **{str(place): pl.String for place in range(width)}}
    parts = [pl.DataFrame(schema=schema)]
    taken: list[tuple[int, *tuple[str, ...]]] = []
    for line, row in rows:
        if len(row) != width:
            raise BadInput(
                "the record on this line has {cells} cells, and the header {width}",
                where=f"{where}:{line}",
                remedy="Quote cells that hold a comma or a line break. Nothing of the file was judged.",
                cells=len(row),
                width=width,
            )
        taken.append((line, *row))
        if len(taken) == _AT_ONCE:
            parts.append(pl.DataFrame(taken, schema=schema, orient="row"))
            taken = []
    return pl.concat([*parts, pl.DataFrame(taken, schema=schema, orient="row")])


def _encoding_of(content: bytes, where: str) -> str:
    """UTF-8 if it is that, else what Japanese spreadsheets write. Raises BadInput."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadInput(
            "the file is UTF-16 (“Unicode text”)",
            where=where,
            remedy="Save it as CSV UTF-8, or as plain CSV.",
        )
    line = 1
    for encoding in ("utf-8-sig",) if content.startswith(codecs.BOM_UTF8) else ("utf-8", "cp932"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError as problem:
            line = content.count(b"\n", 0, problem.start) + 1
        else:
            return encoding
    raise BadInput(
        "the file is neither UTF-8 nor CP932 (Shift_JIS)",
        where=f"{where}:{line}",
        remedy="Save it as CSV UTF-8, or as plain CSV.",
    )


def _all_quoted(first: str, delimiter: str, width: int) -> bool:
    return first.startswith('"') and first.count(f'"{delimiter}"') == width - 1
