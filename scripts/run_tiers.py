"""Runs lint and the tiers of tests in order, all of them even if one fails, and sums up.

Usage: run_tiers.py [TIER …]; without names, every tier. A folder of tests/ that holds tests is a tier; one that is not
named below runs last, so that no test is left out because nobody listed it.
"""
# ruff: noqa: S603, T201  (it runs this repository's own tools and talks to a terminal)

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHEAPEST_FIRST = ("unit", "contract", "store", "simulation", "security", "docs", "journey", "clients")
WORKERS = min(os.cpu_count() or 1, 4)
"""Files of tests that run side by side; what one file sets up is set up once."""
LINT = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports",),
)


@dataclass(frozen=True)
class Result:
    """How a tier ended. ``seconds`` is wall time."""

    tier: str
    good: bool
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0


def tiers() -> list[str]:
    """``lint``, then each folder of tests, cheapest first."""
    folders = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}
    known = [tier for tier in CHEAPEST_FIRST if tier in folders]
    return ["lint", *known, *sorted(folders.difference(CHEAPEST_FIRST))]


def run(*command: str) -> int:
    """Run a tool of the virtual environment from the root; prints what is run."""
    print(f"\n$ {' '.join(command)}", flush=True)
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, env={**os.environ, "PATH": path}, check=False
    ).returncode


def lint() -> Result:
    """Every checker, even after one has complained."""
    began = time.monotonic()
    statuses = [run(*command) for command in LINT]
    good = not any(statuses)
    return Result("lint", good, time.monotonic() - began)


def tests(tier: str) -> Result:
    """One pytest over a folder; its counts are read from its own report."""
    began = time.monotonic()
    with TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        beside = ("-n", str(WORKERS), "--dist", "loadfile") if WORKERS > 1 else ()
        status = run("pytest", "-q", "--durations=3", *beside, f"tests/{tier}", f"--junitxml={report}")
        total, failed, skipped = _counts(report)
    good = status == 0 and failed == 0
    # A tier that ran nothing has shown nothing, and one that broke off has failed somewhere.
    failed = failed or int(not good)
    return Result(tier, good, time.monotonic() - began, max(total - failed - skipped, 0), failed, skipped)


def _counts(report: Path) -> tuple[int, int, int]:
    if not report.exists():
        return 0, 0, 0
    suites = ElementTree.parse(report).getroot().iter("testsuite")  # noqa: S314  our own pytest wrote it
    counted = [(int(s.get("tests", 0)), _bad(s), int(s.get("skipped", 0))) for s in suites]
    return sum(c[0] for c in counted), sum(c[1] for c in counted), sum(c[2] for c in counted)


def _bad(suite: ElementTree.Element) -> int:
    return int(suite.get("failures", 0)) + int(suite.get("errors", 0))


def summary(results: list[Result]) -> str:
    """A table, and a last line with the counts of all tiers."""
    lines = ["", f"{'tier':<12}{'':<8}{'passed':>8}{'failed':>8}{'skipped':>8}{'seconds':>9}"]
    for r in results:
        counts = f"{r.passed:>8}{r.failed:>8}{r.skipped:>8}" if r.tier != "lint" else " " * 24
        lines.append(f"{r.tier:<12}{'ok' if r.good else 'FAILED':<8}{counts}{r.seconds:>9.1f}")
    passed, failed = sum(r.passed for r in results), sum(r.failed for r in results)
    failed += sum(not r.good for r in results if r.tier == "lint")
    skipped = sum(r.skipped for r in results)
    lines += ["", f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")]
    return "\n".join(lines)


def main(asked: list[str]) -> int:
    """Run the tiers that were asked for, or all; 0 if all are good, 2 if one does not exist."""
    known = tiers()
    unknown = [tier for tier in asked if tier not in known]
    if unknown:
        print(f"no such tier: {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    results = [lint() if tier == "lint" else tests(tier) for tier in asked or known]
    print(summary(results), flush=True)
    return 0 if all(result.good for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
