"""What must hold of who is who at the end of every story (I-10 … I-12, I-16), by the orgs' own histories."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from awase.core.mapping import OnDelete
from awase.core.operations import SIDES, OperationKind, Side, State, other
from awase.core.records import ItemKind, Link
from awase_practice.kernel.rows import Row
from tests.simulation.identity import Fate
from tests.simulation.scenario import Story

FLAGS = {"ma": "hs_email_optout", "crm": "HasOptedOutOfEmail"}
MAILS = {"ma": "email", "crm": "Email"}
NAMES = {"ma": "lastname", "crm": "LastName"}

Living = dict[Side, dict[str, dict[str, Any]]]
"""By side and ``object:id``: everybody who is there."""


def living(story: Story) -> Living:
    return {side: {f"{o}:{i}": row for o, i, row in story.records(side)} for side in SIDES}


def name_of(link: Link, side: Side) -> str:
    return ":".join(link.record(side) or ("", ""))


def pairs(story: Story) -> list[tuple[str, str]]:
    """(MA record, CRM record) of everybody who is linked and there on both sides."""
    alive = living(story)
    named = [
        (name_of(link, "ma"), name_of(link, "crm"))
        for link in story.world.store.all_links().values()
        if link.is_linked
    ]
    return [(ma, crm) for ma, crm in named if ma in alive["ma"] and crm in alive["crm"]]


def open_records(story: Story) -> set[str]:
    """Records (object:id, both sides) with something open against them."""
    names: set[str] = set()
    links = story.world.store.all_links()
    for stored in story.world.store.all_items():
        if stored.closed_at is None and stored.item.kind != ItemKind.SETTLED:
            names |= {name_of(links[stored.item.link], side) for side in SIDES}
    return names - {""}


def left_alone(story: Story) -> set[str]:
    """Records of whose partner our books say that it is gone, and it is."""
    alive = living(story)
    return {
        name_of(link, other(link.gone))
        for link in story.world.store.all_links().values()
        if link.gone and name_of(link, link.gone) not in alive[link.gone]
    }


def survivor(story: Story, record: str) -> str:
    """Whom a record ended as, by the users' merges and conversions."""
    for fate in story.fates:
        if fate.target and fate.record == record:
            record = fate.target
    return record


def everybody_is_explained(story: Story) -> list[str]:
    """Linked to somebody who is there, or alone for a reason that is true and can be seen."""
    alive, explained = living(story), open_records(story) | left_alone(story)
    linked = {name for pair in pairs(story) for name in pair}
    found = [
        f"I-01 {side} {name} has nobody on the other side, and nothing says why"
        for side in SIDES
        for name in sorted(set(alive[side]) - linked - explained - _not_to_be_seen_yet(story, side))
    ]
    crm_of: dict[str, list[str]] = {}
    for name, row in alive["crm"].items():
        crm_of.setdefault(row.get("Email") or "", []).append(name)
    free = set(alive["ma"]) | set(alive["crm"])
    free -= linked | open_records(story)
    for name, row in alive["ma"].items():
        same = [one for one in crm_of.get(row.get("email") or "-", ()) if one in free]
        if name in free and same:
            found.append(f"I-05 {name} and {same[0]} have one address, and are not linked")
    return found


def _not_to_be_seen_yet(story: Story, side: Side) -> set[str]:
    """Records made by calls that came late, so shortly before the last run that no index could show them to it."""
    if not story.reports:
        return set()
    seen_until = story.reports[-1].run.started - timedelta(seconds=story.world.index_lag)
    return {
        _full(side, row)
        for row in _rows(story, side)
        if row.created_at > seen_until and story.world.came_late(side, row.created_at)
    }


def nobody_comes_twice(story: Story) -> list[str]:
    """No record of ours for somebody who is, or was, there already: family names carry a number of their own."""
    if not story.fates:
        # The simpler check of plain stories looks at every record there.
        return []
    came_back = _names_of_restored(story)
    # Of who was gone before we knew them on both sides, nobody can tell that they were there.
    unknown = {fate.record for fate in story.fates if not fate.partner and fate.kind != "restore"}
    found = []
    for side in SIDES:
        rows = _rows(story, side)
        pasts = [(row, row.value_history(NAMES[side])) for row in rows]
        for row, past in pasts:
            if row.created_by.startswith("user:") or story.world.came_late(side, row.created_at):
                continue
            who = past[0][2]
            twins = [
                one.id
                for one, names in pasts
                if survivor(story, _full(side, one)) != survivor(story, _full(side, row))
                and one.created_at <= row.created_at
                and _full(side, one) not in unknown
                and any(value == who and at <= row.created_at for at, _, value in names)
            ]
            if twins and who not in came_back:
                found.append(f"I-10 {side} {row.id} was made for {who}, who is, or was, {', '.join(twins)}")
    return found


def _full(side: Side, row: Row) -> str:
    object = "contact" if side == "ma" else {"00Q": "Lead", "003": "Contact"}[row.id[:3]]
    return f"{object}:{row.id}"


def _rows(story: Story, side: Side) -> list[Row]:
    objects = ("contact",) if side == "ma" else ("Lead", "Contact")
    return [row for name in objects for row in story.org(side).tables[name].all()]


def _names_of_restored(story: Story) -> set[str]:
    """Family names of people whom a user brought back: making their partner anew is what was wanted."""
    names: set[str] = set()
    for fate in story.fates:
        object, _, id = fate.record.partition(":")
        if fate.kind == "restore":
            row = story.org(fate.side).tables[object].get(id)
            assert row is not None
            names |= {str(value) for _, _, value in row.value_history(NAMES[fate.side])}
    return names


def links_follow(story: Story) -> list[str]:
    """I-10, I-11: whoever was the partner of a loser is not alone while the survivor is alone, too."""
    alive, open_ones = living(story), open_records(story)
    linked = {name for pair in pairs(story) for name in pair}
    found = []
    for fate in story.fates:
        end = survivor(story, fate.record)
        if not fate.target or not fate.partner or end not in alive[fate.side]:
            continue
        if end in left_alone(story):
            # Its partner of then went elsewhere later.
            continue
        if fate.partner in alive[other(fate.side)] and not {fate.partner, end} & (linked | open_ones):
            found.append(f"I-10 {fate.partner} lost {fate.record} and did not get {end}")
    return found


def deletions_follow_the_policy(story: Story) -> list[str]:
    """I-12: a partner goes once, after a deletion and by policy; and goes then."""
    alive, open_ones, found = living(story), open_records(story), []
    done: Counter[tuple[Side, str]] = Counter()
    for batch, outcomes in story.world.store.all_outcomes():
        for operation, outcome in zip(batch.operations, outcomes, strict=True):
            if operation.kind == OperationKind.DELETE and outcome.state == State.APPLIED:
                # A call that comes late, and is done again meanwhile, is one deletion.
                done[batch.side, f"{batch.object}:{operation.id}"] += not batch.watch
    asked: Counter[tuple[Side, str]] = Counter()
    for fate in story.fates:
        if fate.kind == "delete" and _policy(story, fate.side) == OnDelete.DELETE:
            asked.update({(other(fate.side), partner) for partner in _partners(story, fate)})
    for (side, name), times in sorted(done.items()):
        if times > asked[side, name]:
            found.append(f"I-12 {side} {name} was deleted {times} times, asked for {asked[side, name]} times")
    for side in SIDES:
        for row in _rows(story, side):
            known = any(name.endswith(f":{row.id}") for _, name in done)
            if row.deleted_at is not None and not row.modified_by.startswith("user:") and not known:
                found.append(
                    f"I-12 {side} {row.id} is gone by {row.modified_by}, without a word in the journal"
                )
    for link in story.world.store.all_links().values():
        if not link.gone or link.state != "deleted" or _policy(story, link.gone) != OnDelete.DELETE:
            continue
        gone, left = name_of(link, link.gone), name_of(link, other(link.gone))
        by_user = any(f.kind == "delete" and f.partner == left and f.record == gone for f in story.fates)
        if (
            by_user
            and left in alive[other(link.gone)]
            and left not in open_ones
            and gone not in alive[link.gone]
        ):
            back = any(f.kind == "restore" and f.record == left for f in story.fates)
            if not back:
                found.append(f"I-12 {left} stayed although {gone} was deleted")
    return found


def _policy(story: Story, side: Side) -> OnDelete:
    return story.world.deleted_in_ma if side == "ma" else story.world.deleted_in_crm


def _partners(story: Story, deletion: Fate) -> set[str]:
    """Whose partner a deleted record was: its own, those of people who had become it, and who it was made for."""
    names = {deletion.partner}
    names |= {f.partner for f in story.fates if f.target and survivor(story, f.record) == deletion.record}
    for link in story.world.store.all_links().values():
        if name_of(link, deletion.side) == deletion.record:
            names.add(name_of(link, other(deletion.side)))
    for batch, outcomes in story.world.store.all_outcomes():
        for operation, outcome in zip(batch.operations, outcomes, strict=True):
            # Made in the very run in which it was deleted again: our books did not have it yet.
            if operation.key and f"{batch.object}:{outcome.id}" == deletion.record:
                names.add(operation.key.partition(":")[2])
            if operation.key and operation.key.partition(":")[2] == deletion.record:
                names.add(f"{batch.object}:{outcome.id}")
    return names - {""}


def opt_outs_reach_survivors(story: Story) -> list[str]:
    """I-10, I-16: who was out before a merge is out after it, on both sides."""
    alive, open_ones, found = living(story), open_records(story), []
    both = pairs(story)
    must = {(fate.side, survivor(story, fate.record)) for fate in story.fates if fate.target and fate.was_out}
    for ma, crm in both:
        if (
            any(_is_out(alive[side][name], side) for side, name in (("ma", ma), ("crm", crm)))
            or ("ma", ma) in must
            or ("crm", crm) in must
        ):
            must |= {("ma", ma), ("crm", crm)}
    for side, name in sorted(must):
        row = alive[side].get(name)
        if row is None or name in open_ones or not row.get(MAILS[side]):
            continue
        if not _is_out(row, side):
            found.append(f"I-16 {side} {name}: somebody who became this person had opted out")
    return found


def _is_out(row: dict[str, Any], side: Side) -> bool:
    return str(row.get(FLAGS[side])).lower() == "true"


CHECKS = (
    everybody_is_explained,
    nobody_comes_twice,
    links_follow,
    deletions_follow_the_policy,
    opt_outs_reach_survivors,
)
