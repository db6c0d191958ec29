"""``/composite/tree/X``: records with the records that hang on them, all created or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..kernel.http import HttpRequest, HttpResponse, json_response
from .data import OrgData, Savepoint
from .errors import RowError, RowRefused
from .fields import Field, ObjectType
from .rest import json_body, read_types, values_of
from .save import Saver
from .writer import Writer

_MOST_RECORDS: Final = 200
_DEEPEST: Final = 5
_MOST_TYPES: Final = 5


@dataclass(slots=True)
class _Node:
    """One record of a tree. through: its field that names the parent."""

    kind: ObjectType
    reference: str
    values: dict[str, Any]
    through: Field | None
    children: list[_Node] = field(default_factory=list)

    def flat(self, depth: int = 1) -> Iterator[tuple[_Node, int]]:
        yield self, depth
        for child in self.children:
            yield from child.flat(depth + 1)


class Tree:
    """Creates trees of records."""

    def __init__(self, data: OrgData, saver: Saver) -> None:
        self._data, self._saver = data, saver

    def create(self, request: HttpRequest, kind: ObjectType, writer: Writer) -> HttpResponse:
        """Answer a call: 201 with all ids, or 400 with what stands in the way and nothing saved."""
        records = json_body(request).get("records")
        if not isinstance(records, list) or not records:
            return _refused({"": [RowError("INVALID_INPUT", "The request needs an array of records.")]})
        try:
            nodes = [self._node(kind, None, record, request.body) for record in records]
        except RowRefused as refusal:
            return _refused({"": list(refusal.errors)})
        flat = [pair for node in nodes for pair in node.flat()]
        trouble = _trouble([node for node, _ in flat], max(depth for _, depth in flat))
        if trouble is not None:
            return _refused(trouble)
        savepoint = Savepoint(self._data.tables.values())
        made: dict[str, str] = {}
        errors: dict[str, list[RowError]] = {}
        for node in nodes:
            self._save(node, None, writer, made, errors)
        if errors:
            savepoint.roll_back()
            return _refused(errors)
        savepoint.release()
        results = [{"referenceId": node.reference, "id": made[node.reference]} for node, _ in flat]
        return json_response(201, {"hasErrors": False, "results": results})

    def _node(self, kind: ObjectType, through: Field | None, record: Any, body: bytes) -> _Node:
        attributes = record.get("attributes") if isinstance(record, dict) else None
        if not isinstance(attributes, dict) or not attributes.get("referenceId"):
            raise RowRefused(
                [RowError("INVALID_INPUT", "Include a reference ID for each record in the request.")]
            )
        named = attributes.get("type", kind.name)
        if str(named).lower() != kind.name.lower():
            raise RowRefused(
                [RowError("INVALID_INPUT", f"Expected records of type {kind.name}, not {named}.")]
            )
        node = _Node(kind, str(attributes["referenceId"]), {}, through)
        for name, value in values_of(record).items():
            if not (isinstance(value, dict) and "records" in value):
                node.values[name] = value
                continue
            found = self._data.child_relationship(kind.name, name)
            if found is None:
                text = f"No such column '{name}' on sobject of type {kind.name}"
                raise RowRefused([RowError("INVALID_FIELD", text)])
            child_kind, child_field = found
            node.children += [self._node(child_kind, child_field, each, body) for each in value["records"]]
        read_types(kind, node.values, body)
        return node

    def _save(
        self,
        node: _Node,
        parent: str | None,
        writer: Writer,
        made: dict[str, str],
        errors: dict[str, list[RowError]],
    ) -> None:
        values = {**node.values, node.through.name: parent} if node.through else node.values
        try:
            made[node.reference] = row_id = self._saver.create(node.kind, values, writer).id
        except RowRefused as refusal:
            errors[node.reference] = list(refusal.errors)
            return
        for child in node.children:
            self._save(child, row_id, writer, made, errors)


def _trouble(nodes: list[_Node], depth: int) -> Mapping[str, list[RowError]] | None:
    references = [node.reference for node in nodes]
    twice = next((each for each in references if references.count(each) > 1), None)
    if twice is not None:
        text = "Duplicate ReferenceId provided in the request."
        return {twice: [RowError("INVALID_INPUT", text)]}
    limits = (
        (len(nodes), _MOST_RECORDS, "records"),
        (depth, _DEEPEST, "levels"),
        (len({node.kind.name for node in nodes}), _MOST_TYPES, "types"),
    )
    for count, most, what in limits:
        if count > most:
            text = f"The request has more than {most} {what}."
            return {references[0]: [RowError("LIMIT_EXCEEDED", text)]}
    return None


def _refused(errors: Mapping[str, list[RowError]]) -> HttpResponse:
    results = [
        {"referenceId": reference, "errors": [each.in_collection() for each in found]}
        for reference, found in errors.items()
    ]
    return json_response(400, {"hasErrors": True, "results": results})
