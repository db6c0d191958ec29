"""Preflight of a million records against 40 rules, 20 of them formulas: ``python -m bench.preflight [--records N]``.

Beside it, in the same process and by turns, the row form of the formula language over a sample of the same records.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from awase.core.checks import Target, findings, rules
from awase.core.checks.check import settled
from awase.core.values import Kind
from awase_formula import Context, Evaluator, Row, Verdict

from . import leads
from .meters import spend

RECORDS: Final = 1_000_000
REPEATS: Final = 5
_SAMPLE: Final = 2_000
_FEW: Final = 20
"""Records of a small sync, where what does not grow with the records is all that counts."""

_MIB: Final = 1024 * 1024
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Taken:
    """What one call took, in seconds of the clock and of all its threads."""

    seconds: float
    cpu: float


def measured(records: int, repeats: int = REPEATS) -> dict[str, Any]:
    """The figures, from a process of their own."""
    options = ["--records", str(records), "--repeats", str(repeats)]
    spent = spend(
        [sys.executable, "-m", "bench.preflight", *options],
        folder=Path(__file__).parent.parent,
        environment=os.environ,
    )
    assert spent.status == 0, spent.out
    figures: dict[str, Any] = json.loads(spent.out)
    return figures


def measure(records: int, repeats: int) -> dict[str, Any]:
    """All figures of so many new records, and of as many updates."""
    target = leads.target()
    return {
        "load_before": [round(load, 1) for load in os.getloadavg()],
        "records": records,
        "columns": len(target.object.fields),
        "rules": leads.FIELD_RULES + len(target.object.rules),
        "formulas": len(target.object.rules),
        "creates": _figures(leads.outgoing(records, creating=True), target, repeats),
        "updates": _figures(leads.outgoing(records, creating=False), target, repeats),
    }


def _figures(frame: pl.DataFrame, target: Target, repeats: int) -> dict[str, Any]:
    sample = frame.head(_SAMPLE)
    by_rows = RowForm(sample, target)
    few = frame.head(_FEW)
    _forget_peak()
    found = findings(frame, target)
    peak = _peak()
    whole, formulas, rows, small = [], [], [], []
    for _ in range(repeats):
        whole.append(_clocked(lambda: findings(frame, target)))
        formulas.append(_clocked(lambda: _by_formulas(frame, target)))
        rows.append(_clocked(by_rows.broken))
        small += [_clocked(lambda: findings(few, target)) for _ in range(5)]
    taken, by_formula, by_row = (_median(each) for each in (whole, formulas, rows))
    return {
        "findings": len(found),
        "records_broken": len({one.link for one in found}),
        "seconds": round(taken.seconds, 3),
        "cpu_seconds": round(taken.cpu, 3),
        "fastest_seconds": round(min(one.seconds for one in whole), 3),
        "records_a_second": round(frame.height / taken.seconds),
        "records_a_cpu_second": round(frame.height / taken.cpu),
        "formula_seconds": round(by_formula.seconds, 3),
        "formula_cpu_seconds": round(by_formula.cpu, 3),
        "row_form_records_a_second": round(sample.height / by_row.seconds),
        "row_form_records_a_cpu_second": round(sample.height / by_row.cpu),
        "formulas_times_row_form": round(_ratio(by_row.seconds, by_formula.seconds, sample, frame), 1),
        "whole_times_row_form": round(_ratio(by_row.seconds, taken.seconds, sample, frame), 1),
        "formulas_times_row_form_by_cpu": round(_ratio(by_row.cpu, by_formula.cpu, sample, frame), 1),
        "whole_times_row_form_by_cpu": round(_ratio(by_row.cpu, taken.cpu, sample, frame), 1),
        "milliseconds_of_20_records": round(_median(small).seconds * 1000, 1),
        "cpu_milliseconds_of_20_records": round(_median(small).cpu * 1000, 1),
        "memory_of_the_frame_mib": round(frame.estimated_size() / _MIB, 1),
        "peak_memory_mib": round(peak / _MIB, 1),
    }


def _by_formulas(frame: pl.DataFrame, target: Target) -> list[rules.Broken]:
    """The formulas alone, as preflight has them judged."""
    known = replace(target, columns=settled(frame, target.columns))
    return list(rules.broken(frame, known))


class RowForm:
    """The same formulas, record by record. What turns columns into records is done before, and is not counted."""

    def __init__(self, frame: pl.DataFrame, target: Target) -> None:
        self.context = Context(now=target.now, zone=ZoneInfo(target.zone))
        self.rows = _rows(frame)
        self.evaluators = {
            rule.name: Evaluator(ready.formula, ready.schema) for rule, ready in rules.judged(target.object)
        }

    def broken(self) -> dict[str, list[int]]:
        """The numbers of the records that break each rule; rules that none breaks are left out."""
        found = {
            name: [
                number
                for number, row in enumerate(self.rows)
                if evaluator.decide(row, self.context).verdict is Verdict.FIRE
            ]
            for name, evaluator in self.evaluators.items()
        }
        return {name: numbers for name, numbers in found.items() if numbers}


def _rows(frame: pl.DataFrame) -> list[Row]:
    """Each record after the write, and before it where there was one."""
    after, before = {}, {}
    for name, (kind, _) in leads.FIELDS.items():
        sent, value, stored = (pl.col(f"{part}:{name}") for part in ("sends", "set", "before"))
        both = pl.when(sent).then(value).otherwise(stored), stored
        after[name], before[name] = (one.list.join(";") if kind is Kind.TEXTS else one for one in both)
    new = frame["_create"].to_list()
    values, stored_values = frame.select(**after).to_dicts(), frame.select(**before).to_dicts()
    return [
        Row(one, None if is_new else prior, is_new)
        for one, prior, is_new in zip(values, stored_values, new, strict=True)
    ]


def _clocked(call: Callable[[], object]) -> Taken:
    cpu, began = time.process_time(), time.perf_counter()
    call()
    return Taken(time.perf_counter() - began, time.process_time() - cpu)


def _median(taken: Sequence[Taken]) -> Taken:
    return Taken(statistics.median(one.seconds for one in taken), statistics.median(one.cpu for one in taken))


def _ratio(rows: float, columns: float, sample: pl.DataFrame, frame: pl.DataFrame) -> float:
    """How many times as many records in the same time."""
    return (rows / sample.height) / (columns / frame.height)


def _peak() -> int:
    """The most this process has had resident since ``_forget_peak``, in bytes; what made the frame may be part of it."""
    lines = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines() if ":" in line)
    return int(lines["VmHWM"].split()[0]) * 1024


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def table(figures: Mapping[str, Any]) -> str:
    """The figures to read."""
    lines = [
        f"Preflight of {figures['records']:,} records of {figures['columns']} fields against {figures['rules']} rules, "
        f"{figures['formulas']} of them formulas",
        f"{'':36}{'creates':>12}{'updates':>12}",
    ]
    creates, updates = figures["creates"], figures["updates"]
    lines += [f"{name.replace('_', ' '):36}{creates[name]:>12,}{updates[name]:>12,}" for name in creates]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.preflight", description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    chosen = parser.parse_args()
    figures = measure(chosen.records, chosen.repeats)
    print(table(figures), file=sys.stderr)
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
