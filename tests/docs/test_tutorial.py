"""The tutorial is done word for word: each command in order, and each answer that the page promises is found."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).resolve().parents[2] / "docs" / "tutorial"
BLOCK = re.compile(r"^```console(?P<where>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
DONE_OR_ERRORS_LEFT = (0, 1)
SECONDS = 120


@dataclass(frozen=True)
class Step:
    """One command, what the page says it answers, and whether it runs on beside the others."""

    command: str
    promised: tuple[str, ...]
    beside: bool


@dataclass
class Terminal:
    """What a reader has: a present folder and an environment."""

    folder: Path
    environment: dict[str, str] = field(repr=False)

    def run(self, command: str) -> str:
        """What a command answers; ``cd`` counts for the next."""
        note = Path(self.environment["HOME"]) / "folder"
        script = f'{command}\nstatus=$?\npwd >"{note}"\nexit $status'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode in DONE_OR_ERRORS_LEFT, f"$ {command}\n{done.stdout}{done.stderr}"
        self.folder = Path(note.read_text().strip())
        return done.stdout

    @contextmanager
    def running(self, step: Step) -> Iterator[None]:
        """A command of the second terminal: awaited until it has said what is promised, ended as by Ctrl-C."""
        said = self.folder / "second-terminal.log"
        with said.open("w") as log:
            process = subprocess.Popen(
                # Not by a shell: the signal must reach the command itself.
                step.command.split(),
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            end = time.monotonic() + SECONDS
            while missing(step.promised, said.read_text()) and process.poll() is None:
                assert time.monotonic() < end, said.read_text()
                time.sleep(0.1)
            assert not missing(step.promised, said.read_text()), said.read_text()
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(SECONDS)


def steps(page: str) -> list[Step]:
    """The commands of a page, in order."""
    found: list[Step] = []
    for block in BLOCK.finditer(page):
        for part in re.split(r"^\$ ", block["text"], flags=re.MULTILINE)[1:]:
            command, *promised = part.rstrip("\n").split("\n")
            found.append(Step(command, tuple(promised), "second-terminal" in block["where"]))
    return found


def missing(promised: tuple[str, ...], said: str) -> str:
    """The first promised line that is not among those said (in order); empty when all are. ``…`` is anything."""
    lines = iter([" ".join(line.split()) for line in said.splitlines()])
    for promise in promised:
        parts = [re.escape(" ".join(part.split())) for part in promise.split("…")]
        pattern = re.compile(r"\s*.*\s*".join(parts))
        if promise.strip("… ") and not any(pattern.fullmatch(line) for line in lines):
            return promise
    return ""


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """An empty folder, and a home of its own; short, because a database's socket lives below it."""
    home = Path(tempfile.mkdtemp(prefix="awase-", dir="/tmp"))
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "AWASE_HOME": str(home / "data"),
        "LANG": "C.UTF-8",
    }
    yield Terminal(home, environment)
    shutil.rmtree(home, ignore_errors=True)


def follow(terminal: Terminal, todo: list[Step]) -> None:
    """Do the steps; those of the second terminal run on until the last is done."""
    for place, step in enumerate(todo):
        if step.beside:
            with terminal.running(step):
                follow(terminal, todo[place + 1 :])
            return
        said = terminal.run(step.command)
        lacking = missing(step.promised, said)
        assert not lacking, f"$ {step.command}\npromised: {lacking}\nsaid:\n{said}"


@pytest.mark.parametrize("page", sorted(TUTORIALS.glob("*.md")), ids=lambda page: page.name)
def test_the_tutorial_can_be_followed_word_for_word(page: Path, terminal: Terminal) -> None:
    todo = steps(page.read_text(encoding="utf-8"))
    assert len(todo) > 10
    follow(terminal, todo)


def test_an_answer_that_the_tutorial_promises_and_awase_does_not_give_is_noticed() -> None:
    said = "Read: 5\nto\tcreate\nsalesforce:Lead\t40\n"
    assert missing(("Read: 5", "salesforce:Lead 40"), said) == ""
    assert missing(("… 40",), said) == ""
    assert missing(("salesforce:Lead 40", "Read: 5"), said) == "Read: 5"
    assert missing(("salesforce:Lead 4",), said) == "salesforce:Lead 4"
    assert missing(("Read: …", "hubspot: …"), said) == "hubspot: …"


def test_both_tutorials_have_the_reader_do_the_same() -> None:
    english, japanese = (
        (TUTORIALS / f"first-sync{language}.md").read_text("utf-8") for language in ("", ".ja")
    )
    done = [
        [step.command.replace("--lang ja", "--lang en") for step in steps(page)]
        for page in (english, japanese)
    ]
    assert done[0] == done[1]
