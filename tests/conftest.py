"""What a skipped test means: locally it is listed by name; in CI (``CI=true``) it is a failure.

A test that is not run proves nothing, and a machine that lacks a part would stay green for ever.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import settings

# Machines are shared and noisy: no test may fail for being slow once.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

SKIPS_FAIL = os.environ.get("CI", "").lower() in ("1", "true", "yes")

AnyReport = pytest.TestReport | pytest.CollectReport


def _reason(report: AnyReport) -> str:
    """Why it was skipped; pytest keeps (file, line, reason)."""
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


def _failed_for_being_skipped(report: AnyReport) -> None:
    # An expected failure also counts as skipped, but it was run.
    if SKIPS_FAIL and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        report.longrepr = f"skipped in CI, where every test must run: {_reason(report)}"
        report.outcome = "failed"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _failed_for_being_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _failed_for_being_skipped(report)
    return report


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Each skipped test by its own name; pytest's own list folds them by line."""
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if not hasattr(r, "wasxfail")]
    if skipped:
        terminalreporter.section("not run")
    for report in skipped:
        terminalreporter.write_line(f"{report.nodeid}: {_reason(report)}")
