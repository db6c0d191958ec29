"""How operations and outcomes are kept in the journal: MessagePack, compressed; exact by type, long texts whole.

``core.values.pack`` is for the base: it shortens long texts and normalises decimals. A before-image must come back as
it was, so the journal has its own encoding of values.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import zstandard

from awase.core.consent import OptOut
from awase.core.operations import Operation, OperationKind, Outcome, Side
from awase.core.values import Value
from awase.ports.store import BaseRow

_DECIMAL, _DATE, _DATETIME, _TEXTS = 1, 2, 3, 4
_LARGEST_BODY = 256 * 1024 * 1024
"""Bytes a decompressed body may have; a larger one is damage, not data."""

_encoder = msgspec.msgpack.Encoder()


class _KeptOperation(msgspec.Struct, frozen=True, array_like=True):
    """``Operation`` with values already in MessagePack's own types; new fields go to the end, with a default."""

    link: int
    side: Side
    kind: OperationKind
    object: str
    id: str | None
    key: str | None
    values: dict[str, Any]
    before: dict[str, Any]
    opt_out: OptOut | None
    list: str = ""


class _KeptBatch(msgspec.Struct, frozen=True, array_like=True):
    operations: list[_KeptOperation]
    after: tuple[BaseRow, ...]


def _kept_value(value: Value) -> object:
    match value:
        case Decimal():
            return msgspec.msgpack.Ext(_DECIMAL, str(value).encode())
        case datetime():
            return msgspec.msgpack.Ext(_DATETIME, value.isoformat().encode())
        case date():
            return msgspec.msgpack.Ext(_DATE, value.isoformat().encode())
        case tuple():
            return msgspec.msgpack.Ext(_TEXTS, _encoder.encode(value))
        case _:
            return value


def _value(code: int, data: memoryview) -> Value:
    match code:
        case 1:
            return Decimal(bytes(data).decode())
        case 2:
            return date.fromisoformat(bytes(data).decode())
        case 3:
            return datetime.fromisoformat(bytes(data).decode())
        case 4:
            return msgspec.msgpack.decode(data, type=tuple[str, ...])
        case _:
            raise ValueError(f"unknown kind of journalled value: {code}")


_batch_decoder = msgspec.msgpack.Decoder(_KeptBatch, ext_hook=_value)
_outcomes_decoder = msgspec.msgpack.Decoder(tuple[Outcome, ...])


class _Zstandard(threading.local):
    """One compressor a thread: sharing one between threads fails (measured)."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=1)
        self.decompressor = zstandard.ZstdDecompressor()


_zstandard = _Zstandard()


def _kept(values: Mapping[str, Value]) -> dict[str, Any]:
    return {name: _kept_value(value) for name, value in values.items()}


def pack_batch(operations: Sequence[Operation], after: tuple[BaseRow, ...]) -> bytes:
    """What a batch means to do and to settle, as the journal keeps it."""
    kept = [
        _KeptOperation(
            link=one.link,
            side=one.side,
            kind=one.kind,
            object=one.object,
            id=one.id,
            key=one.key,
            values=_kept(one.values),
            before=_kept(one.before),
            opt_out=one.opt_out,
            list=one.list,
        )
        for one in operations
    ]
    return _zstandard.compressor.compress(_encoder.encode(_KeptBatch(operations=kept, after=after)))


def unpack_batch(body: bytes) -> tuple[tuple[Operation, ...], tuple[BaseRow, ...]]:
    """What ``pack_batch`` packed."""
    batch = _batch_decoder.decode(_zstandard.decompressor.decompress(body, max_output_size=_LARGEST_BODY))
    operations = tuple(
        Operation(**{name: getattr(one, name) for name in _KeptOperation.__struct_fields__})
        for one in batch.operations
    )
    return operations, batch.after


def pack_outcomes(outcomes: Sequence[Outcome]) -> bytes:
    """What became of a batch, as the journal keeps it."""
    return _zstandard.compressor.compress(_encoder.encode(list(outcomes)))


def unpack_outcomes(body: bytes) -> tuple[Outcome, ...]:
    """What ``pack_outcomes`` packed."""
    return _outcomes_decoder.decode(_zstandard.decompressor.decompress(body, max_output_size=_LARGEST_BODY))


_NUL_STAND_IN = "\ufdd0"
"""A code point that is no character and never will be; PostgreSQL text cannot hold NUL."""


def storable(text: str) -> str:
    """``text`` as a text column can hold it."""
    return text.replace("\x00", _NUL_STAND_IN) if "\x00" in text else text


def original(text: str) -> str:
    """What ``storable`` was given."""
    return text.replace(_NUL_STAND_IN, "\x00") if _NUL_STAND_IN in text else text
