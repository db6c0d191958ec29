"""``python -m tests.simulation --seeds 2000``: play many worlds, judge each, and say what was reached.

Exits 1 when a promise was broken, or when a fault or an outcome that was armed never happened (a simulation that did
not go where it meant to go has shown nothing).
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import argparse
import sys
import time
from collections import Counter

from awase.core.operations import State
from tests.simulation.identity import EVENTS
from tests.simulation.judging import played
from tests.simulation.scenario import IDENTITY, Settings

EXPECTED = {
    *Settings().sites,
    "process.kill",
    "people.edit_between",
    *(f"outcome.{state.value}" for state in State),
}
IDENTITY_EVENTS = {*EVENTS, *(f"{event}.amid" for event in EVENTS)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2_000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--identity", action="store_true", help="users also merge, convert, delete and restore"
    )
    parser.add_argument(
        "--traces", action="store_true", help="print one line a seed: its number and its trace"
    )
    chosen = parser.parse_args()
    settings = IDENTITY if chosen.identity else Settings()
    expected = EXPECTED | IDENTITY_EVENTS if chosen.identity else EXPECTED
    began, broken, reached = time.monotonic(), 0, Counter[str]()
    for seed, found, what, trace in played(
        range(chosen.start, chosen.start + chosen.seeds), chosen.jobs, settings
    ):
        reached += what
        if chosen.traces:
            print(seed, trace)
        for verdict in found:
            print(f"seed {seed}: {verdict}")
        broken += bool(found)
    # The rarest event comes once in a hundred worlds.
    enough = 600 if chosen.identity else 200
    missed = sorted(expected - set(reached)) if chosen.seeds >= enough else []
    if not chosen.traces:
        print(
            f"{chosen.seeds} worlds from seed {chosen.start}: {broken} broken, {time.monotonic() - began:.0f} s"
        )
        print("reached: " + ", ".join(f"{name} {count}" for name, count in sorted(reached.items())))
    for name in missed:
        print(f"never reached: {name}")
    return 1 if broken or missed else 0


if __name__ == "__main__":
    sys.exit(main())
