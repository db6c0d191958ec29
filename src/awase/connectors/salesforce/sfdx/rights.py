"""What permission sets and profiles allow, taken together: whoever has several may do what any of them allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from awase.connectors.salesforce.sfdx.elements import is_true
from awase_formula.metadata import Element


@dataclass(slots=True)
class Rights:
    """Sets of names; a field is ``Object.Field``."""

    readable: set[str] = field(default_factory=set)
    editable: set[str] = field(default_factory=set)
    creates: set[str] = field(default_factory=set)
    updates: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)

    def add(self, root: Element) -> None:
        """What one ``PermissionSet`` or ``Profile`` allows besides."""
        for each in root.all("fieldPermissions"):
            name = each.value("field")
            if is_true(each, "editable"):
                self.editable.add(name)
            if is_true(each, "readable") or is_true(each, "editable"):
                self.readable.add(name)
        for each in root.all("objectPermissions"):
            name = each.value("object")
            for flag, names in (
                ("allowCreate", self.creates),
                ("allowEdit", self.updates),
                ("allowDelete", self.deletes),
                ("allowRead", self.reads),
            ):
                if is_true(each, flag):
                    names.add(name)


def rights_of(roots: Mapping[str, Element], names: Iterable[str]) -> Rights:
    """The rights of somebody who has all of ``names``."""
    rights = Rights()
    for name in names:
        rights.add(roots[name])
    return rights
