"""What a command and the database's processes take: seconds, CPU and memory, as the kernel counts them."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

_TICKS = os.sysconf("SC_CLK_TCK")
_PAUSE = 0.2
"""Seconds between two looks at the database's memory."""


@dataclass(frozen=True, slots=True)
class Spent:
    """One command from start to end. Memory in bytes."""

    seconds: float
    cpu: float
    """Seconds of user and system time of the command itself."""
    peak: int
    """The most it had resident at once."""
    status: int
    out: str


def spend(command: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> Spent:
    """Run a command to its end."""
    with tempfile.TemporaryFile() as out:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out
        )
        _, state, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(state)
        out.seek(0)
        said = out.read().decode()
    return Spent(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, process.returncode, said)


@dataclass
class DatabaseMeter:
    """The processes of one PostgreSQL server."""

    server: int
    """Process id of the one that starts the others."""
    peak: int = 0
    """The most memory all had at once, in bytes; what they share is counted once."""
    cpu: float = 0.0
    """Seconds of user and system time since the meter began."""
    _over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Until ``_over``; for a thread of its own."""
        while not self._over.wait(_PAUSE):
            self.peak = max(self.peak, sum(_memory(process) for process in self._processes()))

    def spent(self) -> float:
        """CPU seconds of all its processes, the ended ones too."""
        ended = _times(self.server)
        return sum(ended) + sum(sum(_times(process)[:2]) for process in self._processes()[1:])

    def _processes(self) -> list[int]:
        there = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
        return [self.server, *(process for process in there if _parent(process) == self.server)]


@contextmanager
def database_meter(dsn: str) -> Iterator[DatabaseMeter]:
    """The server behind ``dsn``, watched for as long as the block lasts. The server runs on this machine."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        meter = DatabaseMeter(_parent(connection.info.backend_pid))
    before = meter.spent()
    thread = threading.Thread(target=meter.watch, daemon=True)
    thread.start()
    try:
        yield meter
    finally:
        meter._over.set()
        thread.join()
        meter.cpu = meter.spent() - before


def _stat(process: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` after the name; empty when it has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _parent(process: int) -> int:
    found = _stat(process)
    return int(found[1]) if found else 0


def _times(process: int) -> tuple[float, ...]:
    """User and system seconds: its own, then those of its children that have ended."""
    return tuple(int(ticks) / _TICKS for ticks in _stat(process)[11:15])


def _memory(process: int) -> int:
    """Its share of memory in bytes (PSS)."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
