"""``python -m bench``: measure, print, and write ``bench/results.json``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from . import practice, preflight, syncing

RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--people", type=int, nargs="*", default=syncing.SIZES, help="sizes of the syncs")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the figures go")
    parser.add_argument("--records", type=int, default=preflight.RECORDS, help="records of the preflight")
    chosen = parser.parse_args()
    results: dict[str, object] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": version("awase"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_before": [round(load, 1) for load in os.getloadavg()],
        "practice_org": practice.measured(practice.SIZED),
        "preflight": preflight.measured(chosen.records),
        "syncs": [],
    }
    print(json.dumps(results["practice_org"], indent=2), flush=True)
    print(json.dumps(results["preflight"], indent=2), flush=True)
    syncs = []
    for people in chosen.people:
        print(f"{people:,} people …", file=sys.stderr, flush=True)
        syncs.append(syncing.measure(people))
        print(json.dumps(syncs[-1], indent=2), flush=True)
    results["syncs"] = syncs
    chosen.out.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
