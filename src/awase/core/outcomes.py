"""Settling: what journalled operations and their outcomes make of links, bases and items.

Pure, and the same whether the outcomes come from the run that sent them or are found in the journal after a crash.
Laying the same outcomes over a base twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from awase.core.frames import merged_base
from awase.core.operations import (
    Diagnosis,
    Operation,
    OperationKind,
    Outcome,
    Side,
    State,
    VendorError,
    other,
)
from awase.core.plan import fingerprint
from awase.core.records import BaseRow, Item, ItemKind, Link, MatchEntry
from awase.core.values import as_text

UNANSWERED_CREATE = "unanswered_create"
"""Code of a create whose answer was lost on a side without a key field: it waits for evidence or a person."""


STOPPED_RUN = "AW-"
"""How the code of a write begins that was not sent because the whole run had to stop (``awase.errors``)."""


Record = tuple[Side, str, str]
"""Side, object, id."""


@dataclass(frozen=True, slots=True)
class Settled:
    """One operation, what to lay over the base, and what became of it."""

    operation: Operation
    patch: BaseRow
    outcome: Outcome


@dataclass(slots=True)
class Effects:
    """What has to be stored so that the store says what is now true."""

    links: list[Link] = field(default_factory=list)
    bases: list[BaseRow] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    matches: list[MatchEntry] = field(default_factory=list)


def effects(
    settled: Iterable[Settled],
    agreed: Iterable[BaseRow],
    links: Mapping[int, Link],
    bases: Mapping[int, BaseRow],
    diagnose: Callable[[VendorError], Diagnosis],
    context: str,
    holders: Mapping[Record, int] | None = None,
) -> Effects:
    """The effects of ``settled`` operations and of patches ``agreed`` without a write, on ``links`` and ``bases``.

    ``holders``: which links hold the records that creates were found to have made. A record that belongs to another
    link is a survivor: somebody merged ours into it before anybody told us that ours was made.
    """
    result = Effects()
    patches: dict[int, list[BaseRow]] = {}
    for patch in agreed:
        patches.setdefault(patch.link, []).append(patch)
    current, held = dict(links), dict(holders or {})
    for entry in settled:
        operation, outcome = entry.operation, entry.outcome
        if outcome.state == State.APPLIED and operation.kind == OperationKind.CREATE:
            record = (operation.side, operation.object, outcome.id or "")
            if held.setdefault(record, operation.link) != operation.link:
                if operation.link in current:
                    merged = msgspec.structs.replace(
                        current[operation.link], state="merged", gone=operation.side
                    )
                    current[operation.link] = merged
                    result.links.append(merged)
                continue
        if outcome.state == State.APPLIED:
            if outcome.exact:
                patches.setdefault(operation.link, []).append(entry.patch)
            if operation.kind == OperationKind.CREATE and operation.link in current:
                current[operation.link] = _joined(current[operation.link], operation, outcome)
                result.links.append(current[operation.link])
        elif (item := _item(operation, outcome, current.get(operation.link), diagnose, context)) is not None:
            result.items.append(item)
    result.bases = [merged_base(bases.get(link), rows) for link, rows in patches.items()]
    return result


def _joined(link: Link, operation: Operation, outcome: Outcome) -> Link:
    if operation.side == "ma":
        now = msgspec.structs.replace(link, ma_object=operation.object, ma_id=outcome.id)
    else:
        now = msgspec.structs.replace(link, crm_object=operation.object, crm_id=outcome.id)
    # Its source may have gone while nobody knew whether it was made.
    return msgspec.structs.replace(now, state=now.state if now.gone else "linked")


def _item(
    operation: Operation,
    outcome: Outcome,
    link: Link | None,
    diagnose: Callable[[VendorError], Diagnosis],
    context: str,
) -> Item | None:
    error = outcome.error or VendorError(code=outcome.state.value, message="")
    kind = {State.REJECTED: ItemKind.REJECTED, State.DEFERRED: ItemKind.DEFERRED}.get(
        outcome.state, ItemKind.UNKNOWN
    )
    if kind == ItemKind.DEFERRED and error.code.startswith(STOPPED_RUN):
        kind = ItemKind.SUSPENDED
    unanswered = kind == ItemKind.UNKNOWN and operation.kind == OperationKind.CREATE
    found = diagnose(error)
    fields = error.fields or ((found.field,) if found.field else ())
    told = {"existing": found.existing_id, "rule": found.rule, "inner_code": found.inner_code}
    detail = {"sent": fingerprint(operation.values), "operation": operation.kind.value}
    detail |= {name: fact for name, fact in told.items() if fact}
    return Item(
        link=operation.link,
        side=operation.side,
        kind=kind,
        code=UNANSWERED_CREATE if unanswered else error.code,
        field=",".join(fields),
        error_type=UNANSWERED_CREATE if unanswered else found.error_type,
        record=_source_record(link, operation.side),
        message=error.message,
        value=_offending(operation, fields) or found.value,
        detail=detail,
        context=context,
        # A refusal is not tried again until something changes; a lock or a quota is.
        retry=kind in (ItemKind.DEFERRED, ItemKind.SUSPENDED)
        or (kind == ItemKind.UNKNOWN and not unanswered),
    )


def _source_record(link: Link | None, target: Side) -> str:
    if link is None:
        return ""
    object, id = (link.ma_object, link.ma_id) if other(target) == "ma" else (link.crm_object, link.crm_id)
    return f"{object}:{id}"


def _offending(operation: Operation, fields: Sequence[str]) -> str | None:
    return as_text(operation.values.get(fields[0])) if len(fields) == 1 else None
