"""Where each key of a TOML document stands, so that a mistake can be shown by its line.

``tomllib`` tells values, not places. This scanner walks a document that ``tomllib`` accepted, so it may trust the
grammar; it only keeps count of lines.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_BARE_ENDS = frozenset(" \t.=]}\n\r#,")


def lines_of(text: str) -> Mapping[Path, int]:
    """Path (names and array places) → line, counted from 1, of every table, key and array element of ``text``."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n") + "\n"
        self._at = 0
        self._lines: dict[Path, int] = {(): 1}
        self._arrays: dict[Path, int] = {}
        """Arrays of tables met so far, with the place of their newest element."""

    def scan(self) -> Mapping[Path, int]:
        table: Path = ()
        self._skip_blank()
        while self._at < len(self._text):
            if self._text.startswith("[[", self._at):
                table = self._header(2)
            elif self._text[self._at] == "[":
                table = self._header(1)
            else:
                self._pair(table)
            self._skip_blank()
        return self._lines

    def _header(self, brackets: int) -> Path:
        line = self._line()
        self._at += brackets
        names = self._key()
        self._at = self._text.index("]" * brackets, self._at) + brackets
        path: Path = ()
        for place, name in enumerate(names):
            path = (*path, name)
            self._lines.setdefault(path, line)
            if place == len(names) - 1 and brackets == 2:
                self._arrays[path] = self._arrays.get(path, -1) + 1
            if path in self._arrays:
                path = (*path, self._arrays[path])
                self._lines.setdefault(path, line)
        return path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for name in self._key():
            path = (*path, name)
            self._lines.setdefault(path, line)
        self._at = self._text.index("=", self._at) + 1
        self._value(path)

    def _key(self) -> list[str]:
        names = []
        while True:
            self._skip_spaces()
            if self._text[self._at] in "\"'":
                begin = self._at
                self._string()
                names.append(str(tomllib.loads(f"k={self._text[begin : self._at]}")["k"]))
            else:
                begin = self._at
                while self._text[self._at] not in _BARE_ENDS:
                    self._at += 1
                names.append(self._text[begin : self._at])
            self._skip_spaces()
            if self._text[self._at] != ".":
                return names
            self._at += 1

    def _value(self, path: Path) -> None:
        self._skip_blank()
        first = self._text[self._at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            while self._text[self._at] not in ",]}\n#":
                self._at += 1

    def _array(self, path: Path) -> None:
        self._at += 1
        place = 0
        while True:
            self._skip_blank(",")
            if self._text[self._at] == "]":
                self._at += 1
                return
            self._lines[*path, place] = self._line()
            self._value((*path, place))
            place += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        while True:
            self._skip_blank(",")
            if self._text[self._at] == "}":
                self._at += 1
                return
            self._pair(path)

    def _string(self) -> None:
        quote = self._text[self._at]
        if self._text.startswith(quote * 3, self._at):
            self._at = self._closing(quote * 3, self._at + 3) + 3
            while self._text[self._at] == quote:  # one or two quotes may stand before the closing three
                self._at += 1
        else:
            self._at = self._closing(quote, self._at + 1) + 1

    def _closing(self, mark: str, at: int) -> int:
        while not self._text.startswith(mark, at):
            at += 2 if mark[0] == '"' and self._text[at] == "\\" else 1
        return at

    def _skip_spaces(self) -> None:
        while self._text[self._at] in " \t":
            self._at += 1

    def _skip_blank(self, also: str = "") -> None:
        while self._at < len(self._text):
            if self._text[self._at] == "#":
                self._at = self._text.index("\n", self._at)
            elif self._text[self._at] in " \t\n" + also:
                self._at += 1
            else:
                return

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1
