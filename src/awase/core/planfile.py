"""A plan as a file: JSON lines, exact by type, and refused when a single byte is not what was written.

    {"awase_plan": 1, "header": {…}}       version of the format, and the plan's header
    {"bucket": 0, "writes": […], …}        one line a chunk
    {"chunks": 1, "digest": "…", "sum": "…"}   how many chunks, the plan's digest, and a checksum of all lines before

Values that JSON does not know are written as ``["decimal", "1.50"]``, ``["date", …]``, ``["datetime", …]`` and
``["texts", …]``. A plan file holds personal data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeVar, cast

import msgspec

from awase.core.consent import OptOut
from awase.core.operations import Operation, OperationKind, Side
from awase.core.plan import Arrival, Chunk, Header, Plan, PlannedWrite, digest
from awase.core.records import BaseRow, Item, LedgerEntry, Link, MatchEntry
from awase.core.values import Value
from awase.errors import DamagedFile

FORMAT_VERSION = 1
T = TypeVar("T")


class _Begin(msgspec.Struct, frozen=True):
    awase_plan: int
    header: msgspec.Raw


class _End(msgspec.Struct, frozen=True):
    chunks: int
    digest: str
    sum: str


class _FileOperation(msgspec.Struct, frozen=True, kw_only=True):
    """``Operation`` with values that JSON can carry."""

    link: int
    side: Side
    kind: OperationKind
    object: str
    id: str | None = None
    key: str | None = None
    values: dict[str, Any] = {}
    before: dict[str, Any] = {}
    list: str = ""
    opt_out: OptOut | None = None


class _FileWrite(msgspec.Struct, frozen=True, kw_only=True):
    operation: _FileOperation
    patch: BaseRow
    record: str
    label: str
    made: tuple[str, ...] = ()


class _FileChunk(msgspec.Struct, frozen=True, kw_only=True):
    bucket: int
    arrivals: tuple[Arrival, ...] = ()
    evaluated: tuple[int, ...] = ()
    links: tuple[Link, ...] = ()
    matches: tuple[MatchEntry, ...] = ()
    rebased: tuple[BaseRow, ...] = ()
    agreed: tuple[BaseRow, ...] = ()
    writes: tuple[_FileWrite, ...] = ()
    items: tuple[Item, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()


def dump(plan: Plan) -> Iterator[bytes]:
    """The lines of the file, each with its line end."""
    hasher = hashlib.blake2b(digest_size=16)
    header = msgspec.json.encode(plan.header)
    lines: Iterator[bytes] = iter(
        [msgspec.json.encode(_Begin(awase_plan=FORMAT_VERSION, header=msgspec.Raw(header)))]
    )
    for line in _chained(lines, (msgspec.json.encode(_chunk_for_file(chunk)) for chunk in plan.chunks)):
        hasher.update(line)
        yield line + b"\n"
    end = _End(chunks=len(plan.chunks), digest=plan.header.digest, sum=hasher.hexdigest())
    yield msgspec.json.encode(end) + b"\n"


def _chained(*parts: Iterable[bytes]) -> Iterator[bytes]:
    for part in parts:
        yield from part


def load(lines: Iterable[bytes], name: str = "plan") -> Plan:
    """The plan that ``dump`` wrote; ``name`` is for messages. Raises DamagedFile naming the line."""
    kept = [line.rstrip(b"\r\n") for line in lines]
    if not kept or not kept[0].strip():
        raise _damaged(name, 1, "it is empty")
    header = _read_header(kept[0], name)
    if len(kept) < 2:
        raise _damaged(name, 1, "it ends here; the rest is missing")
    end = _read(kept[-1], _End, name, len(kept), "it ends here; the rest is missing")
    hasher = hashlib.blake2b(digest_size=16)
    for line in kept[:-1]:
        hasher.update(line)
    chunks = tuple(_read_chunk(line, name, number) for number, line in enumerate(kept[1:-1], start=2))
    if len(chunks) != end.chunks:
        raise _damaged(name, len(kept), "it does not have as many lines as it says")
    plan = Plan(header=header, chunks=chunks)
    if (
        hasher.hexdigest() != end.sum
        or digest(header, chunks) != header.digest
        or end.digest != header.digest
    ):
        raise _damaged(name, len(kept), "it was changed after it was written")
    return plan


def _read_header(line: bytes, name: str) -> Header:
    version = _version(line)
    if version is not None and version != FORMAT_VERSION:
        raise DamagedFile(
            "this plan file has format {version}; this release reads format {known}",
            where=f"{name}:1",
            remedy="Make the plan again with this release.",
            version=version,
            known=FORMAT_VERSION,
        )
    begin = _read(line, _Begin, name, 1, "it is not a plan file")
    return _read(bytes(begin.header), Header, name, 1, "its header cannot be read")


def _version(line: bytes) -> int | None:
    try:
        first = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    version = first.get("awase_plan") if isinstance(first, dict) else None
    return version if isinstance(version, int) else None


def _read(line: bytes, kind: type[T], name: str, number: int, text: str) -> T:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
        raise _damaged(name, number, text) from None


def _damaged(name: str, number: int, text: str) -> DamagedFile:
    return DamagedFile(
        text, where=f"{name}:{number}", remedy="Make the plan again with `awase plan -o FILE`."
    )


# -- chunks and values ------------------------------------------------------------------------------------------------


def _chunk_for_file(chunk: Chunk) -> _FileChunk:
    writes = tuple(
        _FileWrite(
            operation=_operation_for_file(write.operation),
            patch=write.patch,
            record=write.record,
            label=write.label,
            made=write.made,
        )
        for write in chunk.writes
    )
    return _FileChunk(**{**_members(chunk), "writes": writes})


def _operation_for_file(operation: Operation) -> _FileOperation:
    return _FileOperation(
        **{
            **_members(operation),
            "values": _values_for_file(operation.values),
            "before": _values_for_file(operation.before),
        }
    )


def _read_chunk(line: bytes, name: str, number: int) -> Chunk:
    read = _read(line, _FileChunk, name, number, "this line cannot be read")
    try:
        writes = tuple(
            PlannedWrite(
                operation=_operation(write.operation),
                patch=write.patch,
                record=write.record,
                label=write.label,
                made=write.made,
            )
            for write in read.writes
        )
    except (ValueError, TypeError, InvalidOperation):
        raise _damaged(name, number, "this line holds a value that cannot be read") from None
    return Chunk(**{**_members(read), "writes": writes})


def _operation(read: _FileOperation) -> Operation:
    return Operation(
        **{
            **_members(read),
            "values": {field: _value(value) for field, value in read.values.items()},
            "before": {field: _value(value) for field, value in read.before.items()},
        }
    )


def _members(struct: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


_Tag = Literal["decimal", "date", "datetime", "texts"]


def _values_for_file(values: Mapping[str, Value]) -> dict[str, Any]:
    return {field: _value_for_file(value) for field, value in values.items()}


def _value_for_file(value: Value) -> object:
    match value:
        case Decimal():
            return _tagged("decimal", str(value))
        case datetime():
            return _tagged("datetime", value.isoformat())
        case date():
            return _tagged("date", value.isoformat())
        case tuple():
            return _tagged("texts", list(value))
        case _:
            return value


def _tagged(tag: _Tag, content: object) -> list[object]:
    return [tag, content]


def _value(read: Any) -> Value:
    """Raises ValueError or InvalidOperation for what ``_value_for_file`` never wrote."""
    if not isinstance(read, list):
        if read is None or isinstance(read, (str, bool, int)):
            return cast(Value, read)
        raise ValueError("no value of ours")
    tag, content = read
    match tag:
        case "decimal":
            return Decimal(content)
        case "date":
            return date.fromisoformat(content)
        case "datetime":
            return datetime.fromisoformat(content)
        case "texts":
            return tuple(str(text) for text in content)
        case _:
            raise ValueError("no value of ours")
