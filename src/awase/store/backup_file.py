"""Our backup file: a line that names it, one Zstandard stream of frames, and a checksum over both.

The frames are MessagePack with their length before them: first what the backup is, then pieces of tables in
PostgreSQL's COPY text (which any later server version reads), last the number of rows of each table. A file is only
believed after the checksum over all of it was seen to hold.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import msgspec
import zstandard

from awase.errors import BadInput, DamagedFile

_MAGIC = b"AWASE BACKUP 1\n"
_DIGEST = 32
_PIECE = 1 << 20
"""Bytes of a table gathered into one frame."""


class Header(msgspec.Struct, frozen=True, tag=True):
    """What the backup is."""

    created: datetime
    migrations: list[tuple[int, str, str]]
    tables: list[tuple[str, list[str]]]
    """Name and columns, in the order in which the pieces follow."""


class Piece(msgspec.Struct, frozen=True, tag=True):
    table: str
    rows: bytes


class End(msgspec.Struct, frozen=True, tag=True):
    rows: dict[str, int]


Frame = Header | Piece | End
_decoder = msgspec.msgpack.Decoder(Frame)
_encoder = msgspec.msgpack.Encoder()


class BackupWriter:
    """Writes beside the final name and takes it only when everything is on the disk; readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._digest = hashlib.blake2b(digest_size=_DIGEST)
        self._compressor = zstandard.ZstdCompressor(level=3).compressobj()
        self._gathered: list[bytes] = []
        self._size = 0

    def __enter__(self) -> BackupWriter:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._partial.unlink(missing_ok=True)
        self._file = os.fdopen(os.open(self._partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
        self._write(_MAGIC)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._write(self._compressor.flush())
            self._file.write(self._digest.digest())
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)

    def _write(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)

    def frame(self, frame: Frame) -> None:
        """Append one frame."""
        data = _encoder.encode(frame)
        self._write(self._compressor.compress(len(data).to_bytes(4, "big") + data))

    def gather(self, table: str, block: bytes) -> None:
        """Append to the current table's rows."""
        self._gathered.append(block)
        self._size += len(block)
        if self._size >= _PIECE:
            self.end_of(table)

    def end_of(self, table: str) -> None:
        """Write out what was gathered of ``table``."""
        if self._gathered:
            self.frame(Piece(table, b"".join(self._gathered)))
        self._gathered, self._size = [], 0


def read_verified(path: Path) -> Header:
    """The header of a file whose checksum holds. Raises DamagedFile; BadInput when there is no such file."""
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise DamagedFile("this is not a backup made by Awase", where=str(path))
            _check_digest(file, path)
    except OSError as problem:
        raise BadInput("the backup cannot be read: {words}", words=str(problem), where=str(path)) from problem
    first = next(frames(path), None)
    if not isinstance(first, Header):
        raise _damaged(path)
    return first


def _check_digest(file: BinaryIO, path: Path) -> None:
    left = path.stat().st_size - len(_MAGIC) - _DIGEST
    digest = hashlib.blake2b(_MAGIC, digest_size=_DIGEST)
    while left > 0:
        block = file.read(min(_PIECE, left))
        if not block:
            break
        digest.update(block)
        left -= len(block)
    if left or file.read() != digest.digest():
        raise _damaged(path)


def frames(path: Path) -> Iterator[Frame]:
    """The frames of a file that was verified before."""
    try:
        with path.open("rb") as file:
            file.seek(len(_MAGIC))
            stream = zstandard.ZstdDecompressor().stream_reader(file)
            while size := _exactly(stream, 4):
                yield _decoder.decode(_exactly(stream, int.from_bytes(size, "big")))
    except (msgspec.MsgspecError, zstandard.ZstdError, EOFError) as problem:
        raise _damaged(path) from problem


def _exactly(stream: zstandard.ZstdDecompressionReader, size: int) -> bytes:
    """``size`` bytes, or none at the very end."""
    data = b""
    while len(data) < size:
        more = stream.read(size - len(data))
        if not more:
            break
        data += more
    if data and len(data) < size:
        raise EOFError
    return data


def _damaged(path: Path) -> DamagedFile:
    return DamagedFile(
        "the backup is damaged or cut short", where=str(path), remedy="Use another copy of it."
    )
