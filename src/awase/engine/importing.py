"""A one-off import from the CRM: its filter is looked at before anything is read, and nothing about it is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from awase.core.importing import Search, concerning, left_to_the_next_run, objects_of
from awase.core.mapping import BoundSync
from awase.core.plan import Plan
from awase.core.selection import Selection
from awase.engine.choosing import ask_for
from awase.engine.environment import Environment
from awase.errors import BadInput
from awase.ports.connector import Searchable
from awase.ports.store import Claim

KIND = "import"


async def prepared(env: Environment, sync: BoundSync, selection: Selection | None) -> Selection | None:
    """``selection``, and of an import what to ask the CRM for.

    Raises BadInput where the filter looks at a field that is not there, or the CRM cannot be asked so.
    """
    if selection is None or selection.bring is None:
        return selection
    wanted, access, known = selection.bring, env.sides["crm"], sync.sync.crm_objects
    connector = access.connector
    if not isinstance(connector, Searchable):
        raise BadInput(
            "{connection} cannot be asked for the records that meet a filter",
            where=f"sync {sync.sync.name}",
            connection=sync.sync.crm_connection,
        )
    _refuse_unknown(wanted.objects, known, sync)
    searches: dict[str, Search] = {}
    for object in objects_of(wanted, known):
        flow = connector.prepare_search(sync.object("crm", object), concerning(wanted, object, known))
        searches[object] = await access.transport.run(flow)
    if not searches:
        raise BadInput("the filter names no object that is to be brought", where="--where")
    return replace(selection, bring=replace(wanted, searches=searches))


def _refuse_unknown(objects: Sequence[str], known: Sequence[str], sync: BoundSync) -> None:
    for object in objects:
        if object not in known:
            raise BadInput(
                "“{value}” is not a CRM object of this sync",
                where=f"sync {sync.sync.name}",
                remedy="Known: {known}.",
                value=object,
                known=", ".join(known),
            )


async def ask_for_the_rest(env: Environment, claim: Claim, plan: Plan) -> None:
    """Have the next run look at pairs that the import makes and does not settle: nothing else may lead it there."""
    rest: set[int] = set()
    for chunk in plan.chunks:
        rest |= left_to_the_next_run(chunk.links, chunk.evaluated, chunk.arrivals)
    if rest:
        await ask_for(env.store, claim, rest)
