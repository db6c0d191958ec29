"""Playing and judging worlds, in this process or in several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from tests.simulation.oracle import verdicts
from tests.simulation.scenario import Settings, play

Played = tuple[int, list[str], Counter[str], str]
"""Seed, broken promises, what was reached, and the trace of the whole world."""


def judge(seed: int, settings: Settings | None = None) -> Played:
    story = play(seed, settings or Settings())
    return seed, verdicts(story), story.reached, story.world.trace()


def played(seeds: Iterable[int], jobs: int, settings: Settings | None = None) -> Iterator[Played]:
    one = partial(judge, settings=settings)
    if jobs == 1:
        yield from map(one, seeds)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(one, seeds, chunksize=20)
