"""What must hold at the end of every story. Reads the orgs' own histories and the list of items a person would see;
never how the engine came to it."""

from __future__ import annotations

from collections import Counter

from awase.core.mapping import Direction
from awase.core.records import ItemKind, Link
from awase.ports.store import StoredItem
from tests.simulation import oracle_identity
from tests.simulation.oracle_identity import living, name_of, open_records, pairs, survivor
from tests.simulation.scenario import Story, UserEdit, same
from tests.simulation.world import FIELDS


def verdicts(story: Story) -> list[str]:
    """Every broken promise of this story, most basic first; empty when all hold."""
    found: list[str] = []
    if not story.quiet:
        found.append("I-05 never settles: writes go on after faults stopped and users rest")
    found += [f"counts of {name} do not add up" for name in story.miscounted]
    checks = (_no_duplicates, _only_differences, _consent_holds, _agreement, _no_silent_loss)
    for check in (*checks, *oracle_identity.CHECKS):
        found += check(story)
    return found


def _items(story: Story) -> list[StoredItem]:
    return story.world.store.all_items()


def _no_duplicates(story: Story) -> list[str]:
    """Nobody was created twice by us. Family names carry a number of their own, so the one a record was created
    with says whom it was created for."""
    found = []
    for side, name in (("ma", "lastname"), ("crm", "LastName")):
        org = story.world.portal if side == "ma" else story.world.org
        made: Counter[str] = Counter()
        for object, id, _ in story.records(side):  # type: ignore[arg-type]
            row = org.tables[object].get(id)
            if row is not None and not row.created_by.startswith("user:"):
                made[str(row.value_history(name)[0][2])] += 1
        found += [f"I-04 {n} records of {who} on {side}" for who, n in sorted(made.items()) if n > 1]
    return found


def _only_differences(story: Story) -> list[str]:
    """I-03: only fields that differ are sent."""
    return [
        f"I-03 {batch.side} {batch.object} {operation.id}: {name} was sent although it did not differ"
        for batch in story.world.store.all_batches()
        for operation in batch.operations
        for name in operation.before
        if operation.before[name] == operation.values[name]
    ]


def _consent_holds(story: Story) -> list[str]:
    found = []
    open_ones = open_records(story)
    for side, mail, flag in (("ma", "email", "hs_email_optout"), ("crm", "Email", "HasOptedOutOfEmail")):
        for object, id, row in story.records(side):  # type: ignore[arg-type]
            said = str(row.get(flag)).lower() == "true"
            if row.get(mail) in story.out and not said and f"{object}:{id}" not in open_ones:
                found.append(f"I-14 {side} {object} {id}: the opt-out of {row.get(mail)} is not there")
            org = story.world.portal if side == "ma" else story.world.org
            for change in org.history(object, id):
                undone = change.get("field") == flag and str(change.get("old")).lower() == "true"
                if undone and str(change.get("new")).lower() != "true":
                    found.append(f"I-15 {side} {object} {id}: opted in again by {change['author']}")
    return found


def _agreement(story: Story) -> list[str]:
    found = []
    alive, open_ones = living(story), open_records(story)
    for ma_name, crm_name in pairs(story):
        ma, crm, object = alive["ma"][ma_name], alive["crm"][crm_name], crm_name.partition(":")[0]
        if ma_name in open_ones:
            continue
        for b in FIELDS:
            if object not in b.crm:
                continue
            mine, theirs = same(b.ma, ma.get(b.ma)), same(b.ma, crm.get(b.crm[object]))
            if mine != theirs:
                found.append(f"I-05 {ma_name} {crm_name} {b.ma}: {mine!r} against {theirs!r}")
    return found


def _no_silent_loss(story: Story) -> list[str]:
    """Each user value is final where it was written, replaced by a later user edit, or listed with both values."""
    links = story.world.store.all_links()
    link_of = {f"{link.ma_object}:{link.ma_id}": n for n, link in links.items()}
    link_of |= {f"{link.crm_object}:{link.crm_id}": n for n, link in links.items()}
    listed: dict[tuple[int | str, str], set[str | None]] = {}
    for stored in _items(story):
        if stored.item.kind in (ItemKind.SETTLED, ItemKind.CONFLICT):
            # By its record, too: a link that both records left keeps what was listed under it.
            for key in (stored.item.link, stored.item.record):
                listed.setdefault((key, stored.item.field), set()).update(
                    same(stored.item.field, value) for value in (stored.item.value, stored.item.other_value)
                )
    last: dict[tuple[int | None, str], UserEdit] = {}
    for edit in story.edits:
        last[link_of.get(f"{edit.object}:{edit.id}"), edit.name] = edit
    found = []
    for (link, name), edit in last.items():
        value = same(name, edit.value)
        final = _final(story, edit)
        if link is None or value == final or edit.reverts or _gives_way(edit):
            continue
        if final is GONE or (
            (final is not None or value is None) and _became_another(story, edit, links[link])
        ):
            continue
        record = name_of(links[link], "ma")
        if value not in listed.get((link, name), set()) | listed.get((record, name), set()):
            found.append(f"I-01 {edit.side} {edit.object} {edit.id} {name}={value!r} was lost in silence")
    return found


def _gives_way(edit: UserEdit) -> bool:
    """Before both sides ever agreed on a field, the direction table lets a blank, and under a one-way direction also
    a value, give way without a word."""
    direction = next(b.direction for b in FIELDS if b.ma == edit.name)
    return not edit.known and (edit.value is None or direction != Direction.TWO_WAY)


GONE = "\0"
"""The value of a record that is there no more."""


def _became_another(story: Story, edit: UserEdit, link: Link) -> bool:
    """Whether a user made two records one after this edit: which of their values stays was said by that user.

    But nobody said that a value goes because the survivor has none; and a clear before we knew of the pair is none.
    """
    names = {f"{edit.object}:{edit.id}", name_of(link, "ma"), name_of(link, "crm")}
    if edit.value is None and any(f.kind == "delete" and f.partner in names for f in story.fates):
        # Somebody who was made anew under the same address never agreed on anything with this record.
        return True
    later = [fate for fate in story.fates if fate.target and (fate.time >= edit.time or edit.value is None)]
    return any(
        names & {fate.record, fate.target, fate.partner, survivor(story, fate.target)} for fate in later
    )


def _final(story: Story, edit: UserEdit) -> str | None:
    for object, id, row in story.records(edit.side):
        if (object, id) == (edit.object, edit.id):
            name = (
                edit.name if edit.side == "ma" else next(b.crm[object] for b in FIELDS if b.ma == edit.name)
            )
            return same(edit.name, row.get(name))
    return GONE
