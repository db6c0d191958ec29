"""Workers as processes of their own, with what they tell."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.installation import Installation

PATIENCE = 100.0
SILENT_FOR = "2"
GRACE = "5"


@dataclass
class Worker:
    process: subprocess.Popen[str]
    events: list[dict[str, Any]] = field(default_factory=list)

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == kind]

    def read(self) -> None:
        """Take in what it tells, until it ends; for a thread of its own."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def until(holds: Callable[[], Any], seconds: float = PATIENCE) -> None:
    """Wait until something holds; it is a failure if it never does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


@contextmanager
def workers(place: Installation, count: int = 1) -> Iterator[list[Worker]]:
    """So many workers that are ready; what is left of them is ended by SIGTERM, and has to end well."""
    made = [
        Worker(place.start("worker", "--json", "--silent-for", SILENT_FOR, "--grace", GRACE))
        for _ in range(count)
    ]
    readers = [threading.Thread(target=worker.read, daemon=True) for worker in made]
    try:
        for reader in readers:
            reader.start()
        for worker in made:
            until(lambda worker=worker: worker.told("ready") or worker.process.poll() is not None)
        yield made
        living = [worker for worker in made if worker.process.poll() is None]
        for worker in living:
            worker.process.terminate()
        assert [worker.process.wait(PATIENCE) for worker in living] == [0] * len(living)
    finally:
        for worker, reader in zip(made, readers, strict=True):
            worker.process.kill()
            worker.process.wait()
            reader.join(PATIENCE)
            for stream in (worker.process.stdout, worker.process.stderr):
                assert stream is not None
                stream.close()
