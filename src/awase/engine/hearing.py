"""Opt-outs of records that are nobody's partner: they wait for a person, or stay out as somebody's second.

An opt-out holds for its address, whoever the record that says it turns out to be.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from awase.core.frames import is_gone
from awase.core.identity import hashed_match_key
from awase.core.mapping import BoundSync, column
from awase.core.operations import SIDES, Side
from awase.core.records import LedgerEntry
from awase.engine.environment import Environment
from awase.engine.identifying import Identified, remember
from awase.engine.observing import read_records


async def hear_the_undecided(
    env: Environment, sync: BoundSync, fresh: dict[Side, pl.DataFrame], found: Identified
) -> list[LedgerEntry]:
    """Lines for the addresses that such records of ``fresh`` say are out.

    Others who have an address that was not out before are added to ``fresh``, whether they changed or not.
    """
    if sync.sync.match_on is None:
        return []
    said = {key: source for side in SIDES for key, source in _said(sync, side, fresh[side], found).items()}
    _, known = await env.store.opted_out(sync.sync.name, [], sorted(said))
    if new := said.keys() - known:
        for side in SIDES:
            others = await _others(env, sync, side, fresh[side], new, found)
            fresh[side] = pl.concat([fresh[side], others])
    return [
        LedgerEntry(link=None, address_key=key, state="out", scope="organisation", source=source)
        for key, source in said.items()
    ]


def _said(sync: BoundSync, side: Side, frame: pl.DataFrame, found: Identified) -> dict[int, str]:
    """The match keys under which undecided records say that they are out, and which record says so."""
    said: dict[int, str] = {}
    text = pl.col(column(side, sync.sync.match_on or "")).cast(pl.String, strict=False).alias("_text")
    out = frame.filter(pl.col("_out").fill_null(value=False)).select("_object", "_id", text)
    for object, id, address in out.iter_rows():
        key, name = hashed_match_key(address, sync.sync.match_as), (side, object, id)
        if key is not None and (name in found.ambiguous or name in found.twins):
            said[key] = f"{side}:{object}:{id}"
    return said


async def _others(
    env: Environment,
    sync: BoundSync,
    side: Side,
    frame: pl.DataFrame,
    keys: Collection[int],
    found: Identified,
) -> pl.DataFrame:
    """Known records of one side under these keys that ``frame`` lacks, as they are now."""
    there = set(frame.select("_object", "_id").iter_rows())
    wanted: set[tuple[str, str]] = set()
    for _, _, link in await env.store.links_by_match(sync.sync.name, side, sorted(keys)):
        if link.id not in found.links:
            remember(found, link)
        record = found.links[link.id].record(side)
        if record is not None and link.gone != side and record not in there:
            wanted.add(record)
    read = (await read_records(env, sync, side, wanted)).filter(~is_gone())
    # A vendor may answer for a merged record with its survivor, which was not asked for.
    asked = pl.DataFrame(sorted(wanted), schema={"_object": pl.String, "_id": pl.String}, orient="row")
    return read.join(asked, on=["_object", "_id"], how="semi", maintain_order="left")
