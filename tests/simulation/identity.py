"""What people do to who is who: merging, converting, deleting, restoring, coming back under the same address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from awase.core.operations import SIDES, Side, other
from awase_practice.kernel.org import ControlRefused

if TYPE_CHECKING:
    from tests.simulation.scenario import Story

EVENTS = tuple(
    f"people.{what}"
    for what in (
        *(f"{kind}.{side}" for kind in ("merge", "chain", "delete", "restore", "recreate") for side in SIDES),
        "convert.new",
        "convert.existing",
    )
)
"""Every event that a batch of worlds must have seen; each also ``….amid`` while calls of a run are in flight."""

Person = tuple[str, str, dict[str, Any]]


@dataclass(frozen=True)
class Fate:
    """Something that a user did to a record's existence."""

    time: float
    kind: str
    """``merge``, ``convert``, ``delete``, ``restore``."""
    side: Side
    record: str
    """``object:id``."""
    target: str = ""
    """What it was merged or converted into."""
    partner: str = ""
    """Its record on the other side by our books then."""
    was_out: bool = False
    """The person had opted out, and we could know it."""


class IdentityUsers:
    """Users of one story who decide who is who, in both orgs."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.world = story.world
        self.rng = story.world.rng

    def act(self, side: Side, amid: str = "") -> None:
        """One event on ``side``, whichever is possible; ``amid`` is added to its name where it is noted."""
        rng = self.rng
        kinds = [self.merge, self.merge, self.delete, self.delete, self.restore, self.recreate]
        kinds += [self.convert, self.convert] if side == "crm" else []
        name = rng.choice(kinds)(side)
        if name:
            self.story.reached[f"people.{name}{amid}"] += 1

    # -- the events ------------------------------------------------------------------------------------------------
    def merge(self, side: Side) -> str:
        """One record into another of its object, by preference one that is a survivor itself."""
        by_object: dict[str, list[str]] = {}
        for name, id, _ in self.story.records(side):
            by_object.setdefault(name, []).append(id)
        targets = {f.target for f in self.story.fates if f.kind == "merge" and f.side == side}
        several = [name for name, ids in by_object.items() if len(ids) > 1]
        survivors = [(name, id) for name in several for id in by_object[name] if f"{name}:{id}" in targets]
        if not several:
            return ""
        chain = bool(survivors) and self.rng.random() < 0.7
        object = self.rng.choice(several)
        object, loser = self.rng.choice(survivors if chain else [(object, id) for id in by_object[object]])
        there = by_object[object]
        winner = self.rng.choice([id for id in there if id != loser])
        before = {id: self._known(side, object, id) for id in (loser, winner)}
        said = self._said(side, loser)
        answer = self._do(side, "merge", {"object": object, "winner": winner, "losers": [loser]})
        if answer is None:
            return ""
        self._forget_unread(said, was_out=before[loser][1])
        survivor = answer.get("survivor", winner)
        for id in (loser, winner) if survivor != winner else (loser,):
            self._note("merge", side, f"{object}:{id}", f"{object}:{survivor}", *before[id])
        return f"{'chain' if chain else 'merge'}.{side}"

    def convert(self, side: Side) -> str:
        """A lead becomes a contact, a new one or one that is there."""
        records = self.story.records(side)
        leads = [row["id"] for name, _, row in records if name == "Lead"]
        contacts = [row["id"] for name, _, row in records if name == "Contact"]
        if not leads:
            return ""
        lead, existing = self.rng.choice(leads), bool(contacts) and self.rng.random() < 0.5
        before, said = self._known(side, "Lead", lead), self._said(side, lead)
        into = {"contact": self.rng.choice(contacts)} if existing else {}
        answer = self._do(side, "convert", {"lead": lead, **into})
        if answer is None:
            return ""
        self._forget_unread(said, was_out=before[1])
        self._note("convert", side, f"Lead:{lead}", f"Contact:{answer['contact']}", *before)
        return "convert.existing" if existing else "convert.new"

    def delete(self, side: Side) -> str:
        """A record goes into the bin."""
        records = self.story.records(side)
        if not records:
            return ""
        object, id, _ = self.rng.choice(records)
        before = self._known(side, object, id)
        # Who was deleted before we ever knew them is in no snapshot; of others the archive tells.
        known = self.world.store.link_of(side, object, id) is not None
        self._forget_unread(self._said(side, id), was_out=known)
        self.story.org(side).delete(object, id, self._author(side))
        self._note("delete", side, f"{object}:{id}", "", *before)
        return f"delete.{side}"

    def restore(self, side: Side) -> str:
        """A record comes back out of the bin."""
        binned = self._binned(side)
        if not binned:
            return ""
        object, id, _ = self.rng.choice(binned)
        if self._do(side, "restore", {"object": object, "id": id}) is None:
            return ""
        self._note("restore", side, f"{object}:{id}", "", *self._known(side, object, id))
        return f"restore.{side}"

    def recreate(self, side: Side) -> str:
        """Somebody makes a new record under the address of one that was deleted."""
        mail = "email" if side == "ma" else "Email"
        taken = {row.get(mail) for _, _, row in self.story.records(side)}
        free = [row[mail] for _, _, row in self._binned(side) if row.get(mail) and row[mail] not in taken]
        if not free:
            return ""
        self.story.new_person(side, address=self.rng.choice(free))
        return f"recreate.{side}"

    # -- how -------------------------------------------------------------------------------------------------------
    def _do(self, side: Side, what: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """What the org answers, or None: its own rules are against it."""
        call = self.story.org(side).more_control()["POST", what]
        try:
            answer: dict[str, Any] = call({**body, "author": self._author(side)})
        except ControlRefused:
            return None
        return answer

    def _said(self, side: Side, id: str) -> dict[str, bool]:
        """Address → whether it has opted out, of one record."""
        mail, flag = ("email", "hs_email_optout") if side == "ma" else ("Email", "HasOptedOutOfEmail")
        rows = [row for _, one, row in self.story.records(side) if one == id]
        return {str(row.get(mail)): str(row.get(flag)).lower() == "true" for row in rows}

    def _forget_unread(self, said: dict[str, bool], *, was_out: bool) -> None:
        """What an address said that nobody is known by any more, and nobody had read, cannot be told by anybody."""
        if not was_out:
            self.story.out -= {address for address, out in said.items() if out}

    def _author(self, side: Side) -> str:
        return "user:taro" if side == "ma" else "user:hanako"

    def _binned(self, side: Side) -> list[Person]:
        objects = ("contact",) if side == "ma" else ("Lead", "Contact")
        return [
            (name, row["id"], row)
            for name in objects
            for row in self.story.org(side).rows(name, deleted=True)
            if not row.get("MasterRecordId") and not row.get("IsConverted")
        ]

    def _known(self, side: Side, object: str, id: str) -> tuple[str, bool]:
        """The record's partner by our books, and whether an opt-out of this person was there to be seen."""
        flags = {"ma": "hs_email_optout", "crm": "HasOptedOutOfEmail"}
        link = self.world.store.link_of(side, object, id)
        partner = None if link is None or link.gone else link.record(other(side))
        rows = {(s, o, i): row for s in SIDES for o, i, row in self.story.records(s)}
        # The MA keeps consent by address: what a merged-away address said is seen only if it was read before. And
        # whoever was gone before we ever knew them is in no snapshot.
        seen = [(side, object, id)] if side == "crm" and link is not None else []
        seen += [(other(side), *partner)] if partner else []
        said = [rows.get(name, {}).get(flags[name[0]]) for name in seen]
        out = any(str(one).lower() == "true" for one in said)
        out = out or (link is not None and self.world.store.knows_out(link.id))
        return (":".join(partner) if partner else "", out)

    def _note(self, kind: str, side: Side, record: str, target: str, partner: str, was_out: bool) -> None:
        self.world.note(f"user {side} {record} {kind} {target}")
        self.story.fates.append(Fate(self.world.clock.time, kind, side, record, target, partner, was_out))
