"""Items as people read them: with the catalogue's name, meaning and fixes, and as rows of a table or a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from awase.catalogue import Entry, category_name, entry, owner_name
from awase.cli.amounts import item_kind
from awase.cli.call import Call
from awase.configuration import Workspace
from awase.core.mapping import Sync
from awase.ports.store import StoredItem

COLUMNS: Mapping[str, str] = {
    "sync": "Sync",
    "error_type": "Error type (code)",
    "name": "Error type",
    "category": "Category",
    "owner": "Whose move",
    "kind": "State",
    "source": "Foreseen or answered",
    "target": "Written to",
    "object": "Object",
    "record": "Record id",
    "label": "Person",
    "field": "Field",
    "value": "Value",
    "other_value": "Value in the CRM",
    "code": "Vendor's code",
    "message": "Target's words",
    "meaning": "Meaning",
    "fixes": "What to do",
    "detail": "Details",
    "first_seen": "First seen",
    "last_seen": "Last seen",
    "attempts": "Times seen",
    "run": "Run",
    "link": "Link",
}
"""Columns of an export, in order, with their headings."""


def local(moment: datetime, workspace: Workspace) -> str:
    """A moment in the workspace's zone."""
    return f"{moment.astimezone(ZoneInfo(workspace.time_zone)):%Y-%m-%d %H:%M:%S}"


def item_document(call: Call, stored: StoredItem, sync: Sync) -> dict[str, Any]:
    """One item with its diagnosis, as JSON."""
    item, found = stored.item, entry(stored.item.error_type)
    object, _, record = item.record.partition(":")
    return {
        "id": f"{sync.name}:{item.link}",
        "sync": sync.name,
        "link": item.link,
        "error_type": item.error_type,
        "name": found.name.in_(call.language),
        "category": category_name(found.category, call.language),
        "owner": owners(call, found),
        "kind": item.kind,
        "source": item.source,
        "target": sync.connection(item.side),
        "direction": f"to_{item.side}",
        "object": object,
        "record": record,
        "label": item.label,
        "field": item.field,
        "value": item.value,
        "other_value": item.other_value,
        "code": item.code,
        "message": item.message,
        "meaning": found.meaning.in_(call.language),
        "fixes": [{"who": fix.who, "text": fix.in_(call.language)} for fix in found.fixes],
        "detail": item.detail,
        "first_seen": stored.first_seen,
        "last_seen": stored.last_seen,
        "attempts": stored.attempts,
        "run": stored.run,
    }


def item_row(call: Call, stored: StoredItem, sync: Sync, workspace: Workspace) -> list[str]:
    """One item as the cells of an export, in the order of ``COLUMNS``."""
    content = item_document(call, stored, sync)
    content |= {
        "kind": item_kind(call, content["kind"]),
        "source": source(call, content["source"]),
        "fixes": " / ".join(
            f"{owner_name(fix.who, call.language)}: {fix.in_(call.language)}"
            for fix in entry(stored.item.error_type).fixes
        ),
        "detail": "; ".join(f"{name}={value}" for name, value in sorted(stored.item.detail.items())),
        "first_seen": local(stored.first_seen, workspace),
        "last_seen": local(stored.last_seen, workspace),
    }
    return ["" if content[column] is None else str(content[column]) for column in COLUMNS]


def source(call: Call, kind: str) -> str:
    """Where a finding comes from, in words."""
    return call.t("foreseen") if kind == "foreseen" else call.t("answered by the target")


def owners(call: Call, found: Entry) -> str:
    """Who can end it, the first way first."""
    return " / ".join(dict.fromkeys(owner_name(fix.who, call.language) for fix in found.fixes))


def by_type(items: Iterable[StoredItem]) -> dict[str, list[StoredItem]]:
    """Items by error type, the most frequent first."""
    groups: dict[str, list[StoredItem]] = {}
    for stored in items:
        groups.setdefault(stored.item.error_type, []).append(stored)
    return dict(sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])))


def plain(value: object) -> Any:
    """Structures as what JSON knows."""
    return msgspec.to_builtins(value)
