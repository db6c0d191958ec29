"""Which records belong together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from ..kernel.rows import Row, Table, Version
from .association_types import KINDS, Kind
from .drafts import Claims
from .labels import Label
from .past import history
from .records import Look, Records
from .settings import Settings
from .wire import Refusal

MIRRORS: Final = {
    "contact": "associatedcompanyid",
    "deal": "hs_primary_associated_company",
    "ticket": "hs_primary_company_id",
}
"""The read-only property in which a record shows its primary company."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An association that a record is to have as soon as it is there."""

    kind: Kind
    to_id: str
    primary: bool
    labels: tuple[int, ...] = ()


class Associations:
    """All associations of one portal, kept as rows so that they have authors and a past like everything else.

    ``links`` has a row for each two records that belong together, ``primaries`` one for each record that ever had a primary
    company. Links to archived records stay, unseen, until these are restored (from memory). ``caps`` has how many records an
    administrator allows at one, by the id of a type.
    """

    def __init__(self, records: Mapping[str, Records], settings: Callable[[], Settings]) -> None:
        self.links = Table("association", lambda count: f"association {count}")
        self.primaries = Table("primary_company", lambda count: f"primary company {count}")
        self.caps: dict[int, int] = {}
        self._records = records
        self._settings = settings
        self._near: dict[tuple[str, str], dict[str, dict[str, Row]]] = {}
        self.links.watchers.append(self._wrote)
        for key, name in MIRRORS.items():
            records[key].computed[name] = partial(self._mirrored, key)
            records[key].computed_past[name] = partial(self._past, key)

    # -- reading ---------------------------------------------------------------------------------------------

    def targets(self, kind: Kind, record_id: str) -> list[str]:
        """The ids of the live records of the kind's target that a record is associated with, rising."""
        near = self._near.get((kind.origin, record_id), {}).get(kind.target, {})
        return sorted((each for each in near if self._is_live(kind.target, each)), key=int)

    def _count(self, kind: Kind, record_id: str, most: int) -> int:
        """How many targets, archived ones included as long as they are fewer than most: then it does not matter."""
        near = self._near.get((kind.origin, record_id), {}).get(kind.target, {})
        return len(near) if len(near) < most else len(self.targets(kind, record_id))

    def are_linked(self, kind: Kind, record_id: str, to_id: str) -> bool:
        """Whether two records are associated, archived or not."""
        return to_id in self._near.get((kind.origin, record_id), {}).get(kind.target, {})

    def labels(self, kind: Kind, record_id: str, to_id: str) -> list[int]:
        """The ids of the labels on an association, as seen from where each label begins."""
        row = self.links.find(_link_id(kind, record_id, to_id))
        return [] if row is None else list(row.values.get("labels") or ())

    def author(self, kind: Kind, record_id: str, to_id: str) -> str | None:
        """Who associated two records last."""
        row = self.links.find(_link_id(kind, record_id, to_id))
        return None if row is None else row.modified_by

    def is_primary(self, kind: Kind, record_id: str, to_id: str) -> bool:
        """Whether the company of two associated records is the other one's primary company."""
        if kind.primary is None:
            return False
        chooser, company = (record_id, to_id) if kind.chooses else (to_id, record_id)
        return self._chosen(kind.origin if kind.chooses else kind.target, chooser) == company

    def primary(self, key: str, record_id: str) -> str | None:
        """The id of the live primary company of a contact or deal."""
        chosen = self._chosen(key, record_id)
        return chosen if chosen is not None and self._is_live("company", chosen) else None

    def _chosen(self, key: str, record_id: str) -> str | None:
        row = self.primaries.get(f"{key}/{record_id}")
        return None if row is None else row.values["company"]

    def _mirrored(self, key: str, record: Row, seen: Look) -> str | None:
        del seen
        return self.primary(key, record.id)

    def _past(self, key: str, record: Row) -> list[dict[str, Any]]:
        row = self.primaries.get(f"{key}/{record.id}")
        return [] if row is None else history(row, "company")

    def _is_live(self, key: str, record_id: str) -> bool:
        return self._records[key].table.find(record_id) is not None

    # -- limits ----------------------------------------------------------------------------------------------

    def check(self, kind: Kind, record_id: str, to_id: str, claimed: Claims | None = None) -> None:
        """Raises Refusal if a new association would be one too many for either record.

        record_id: empty for a record that is not there yet. claimed: counts what earlier inputs of a batch will take.
        """
        if record_id and self.are_linked(kind, record_id, to_id):
            return
        for side, one in ((kind, record_id), (kind.back, to_id)):
            most = self._most(side)
            if most is None or not one:
                continue
            place = (f"{side.origin}->{side.target}", one)
            taken = claimed.associated[place] if claimed else 0
            if self._count(side, one, most - taken) + taken >= most:
                raise _too_many(side, one, most)
            if claimed:
                claimed.associated[place] += 1

    def check_label(self, kind: Kind, record_id: str, to_id: str, label: Label) -> None:
        """Raises Refusal if another association with a label would be one too many for either record."""
        for side, one, other in ((kind, record_id, to_id), (kind.back, to_id, record_id)):
            most = self.caps.get(label.seen(side)[0])
            if most is None or label.there in self.labels(side, one, other):
                continue
            having = [each for each in self.targets(side, one) if label.there in self.labels(side, one, each)]
            if len(having) >= most:
                raise _too_many(side, one, most)

    def _most(self, kind: Kind) -> int | None:
        """How many targets a record may have at most: the lesser of the setting and what the API was told."""
        limits = (
            self._settings().association_limits.get(f"{kind.origin}->{kind.target}"),
            self.caps.get(kind.plain),
        )
        return min((each for each in limits if each is not None), default=None)

    def check_new(self, wishes: Iterable[Wish], claimed: Claims | None) -> None:
        """The same for all wishes of a record that is not there yet. Raises Refusal."""
        counts: dict[str, int] = {}
        for wish in wishes:
            pair = f"{wish.kind.origin}->{wish.kind.target}"
            counts[pair] = counts.get(pair, 0) + 1
            most = self._most(wish.kind)
            if most is not None and counts[pair] > most:
                raise _too_many(wish.kind, "the new record", most)
            self.check(wish.kind, "", wish.to_id, claimed)

    # -- writing ---------------------------------------------------------------------------------------------

    def grant(self, record_id: str, wishes: Iterable[Wish], author: str, at: datetime) -> None:
        """Associate a record that has just been made."""
        for wish in wishes:
            self.add(wish.kind, record_id, wish.to_id, wish.primary, author, at, wish.labels)

    def add(
        self,
        kind: Kind,
        record_id: str,
        to_id: str,
        primary: bool,
        author: str,
        at: datetime,
        labels: Collection[int] = (),
    ) -> None:
        """Associate two records. A primary company takes the place of the one before, which stays without a label."""
        self._join(kind, record_id, to_id, primary, author, at)
        if labels:
            given = {*self.labels(kind, record_id, to_id), *labels}
            self._set_labels(kind, record_id, to_id, given, author, at)

    def remove_labels(
        self, kind: Kind, record_id: str, to_id: str, labels: Iterable[int], author: str, at: datetime
    ) -> None:
        """Take labels off an association, which stays."""
        left = set(self.labels(kind, record_id, to_id)) - set(labels)
        self._set_labels(kind, record_id, to_id, left, author, at)

    def _set_labels(
        self, kind: Kind, record_id: str, to_id: str, labels: set[int], author: str, at: datetime
    ) -> None:
        row = self.links.find(_link_id(kind, record_id, to_id))
        if row is not None and sorted(labels) != (row.values.get("labels") or []):
            self.links.update(row, {"labels": sorted(labels)}, author, at)
            self._touch(kind, record_id, to_id, author, at)

    def _join(self, kind: Kind, record_id: str, to_id: str, primary: bool, author: str, at: datetime) -> None:
        link_id = _link_id(kind, record_id, to_id)
        row = self.links.get(link_id)
        if row is None:
            values = {"from": kind.origin, "from_id": record_id, "to": kind.target, "to_id": to_id}
            self.links.insert(values, author, at, link_id)
        elif row.deleted_at is not None:
            self.links.restore(row, author, at)
        elif not primary or self.is_primary(kind, record_id, to_id):
            return
        if kind.primary is not None:
            key, chooser, company = _choice(kind, record_id, to_id)
            first = self._settings().first_company_is_primary and self.primary(key, chooser) is None
            if primary or first:
                self._choose(key, chooser, company, author, at)
        self._touch(kind, record_id, to_id, author, at)

    def remove(self, kind: Kind, record_id: str, to_id: str, author: str, at: datetime) -> bool:
        """Part two records; False if they were not associated."""
        row = self.links.find(_link_id(kind, record_id, to_id))
        if row is None:
            return False
        self.remove_primary(kind, record_id, to_id, author, at)
        if row.values.get("labels"):
            self.remove_labels(kind, record_id, to_id, row.values["labels"], author, at)
        self.links.delete(row, author, at)
        self._touch(kind, record_id, to_id, author, at)
        return True

    def remove_primary(self, kind: Kind, record_id: str, to_id: str, author: str, at: datetime) -> None:
        """The company is no longer the primary one; the records stay associated."""
        if self.is_primary(kind, record_id, to_id):
            key, chooser, _ = _choice(kind, record_id, to_id)
            self._choose(key, chooser, None, author, at)
            self._touch(kind, record_id, to_id, author, at)

    def move(self, key: str, old_id: str, new_id: str, author: str, at: datetime) -> None:
        """What was associated with one record is with another, which keeps its own primary company if it has one."""
        for target, near in list(self._near.get((key, old_id), {}).items()):
            kind = KINDS[key, target]
            for to_id in list(near):
                primary = self.is_primary(kind, old_id, to_id)
                if kind.chooses and self.primary(key, new_id) is not None:
                    primary = False
                labels = self.labels(kind, old_id, to_id)
                self.remove(kind, old_id, to_id, author, at)
                self.add(kind, new_id, to_id, primary, author, at, labels)

    def _choose(self, key: str, record_id: str, company: str | None, author: str, at: datetime) -> None:
        row = self.primaries.get(f"{key}/{record_id}")
        if row is None:
            self.primaries.insert({"company": company}, author, at, f"{key}/{record_id}")
        else:
            self.primaries.update(row, {"company": company}, author, at)

    def _touch(self, kind: Kind, record_id: str, to_id: str, author: str, at: datetime) -> None:
        if not self._settings().associations_move_stamps:
            return
        for key, each in ((kind.origin, record_id), (kind.target, to_id)):
            row = self._records[key].table.find(each)
            if row is not None:
                self._records[key].table.touch(row, author, at)

    def _wrote(self, row: Row, before: Version | None) -> None:
        del before
        values = row.values
        one, other = (values["from"], values["from_id"]), (values["to"], values["to_id"])
        for here, there in ((one, other), (other, one)):
            near = self._near.setdefault(here, {}).setdefault(there[0], {})
            if row.deleted_at is None:
                near[there[1]] = row
            else:
                near.pop(there[1], None)


def _choice(kind: Kind, record_id: str, to_id: str) -> tuple[str, str, str]:
    """Who has the primary company, as object and id, and the company's id."""
    return (kind.origin, record_id, to_id) if kind.chooses else (kind.target, to_id, record_id)


def _link_id(kind: Kind, record_id: str, to_id: str) -> str:
    """The same for both directions."""
    one, other = f"{kind.origin}/{record_id}", f"{kind.target}/{to_id}"
    return f"{one} {other}" if kind.origin < kind.target else f"{other} {one}"


def _too_many(kind: Kind, record_id: str, most: int) -> Refusal:
    """A record has as many associations as it may (the code is confirmed, the sentence and its place from memory)."""
    text = f"The {kind.origin} {record_id} can be associated with at most {most} records of the type {kind.target}"
    detail = {
        "message": text,
        "code": "ASSOCIATION_LIMIT_EXCEEDED",
        "context": {
            "fromObjectId": [record_id],
            "fromObjectType": [kind.origin],
            "toObjectType": [kind.target],
            "limit": [str(most)],
        },
    }
    return Refusal(
        400,
        "VALIDATION_ERROR",
        text,
        sub_category="crm.associations.ASSOCIATION_LIMIT_EXCEEDED",
        context={"fromObjectId": [record_id]},
        errors=[detail],
    )
