"""The verb ``demo``."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from awase.cli.call import Call, help_text, verb

PEOPLE, SEED = 5_000, 7


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(app, "demo", "Show on two practice orgs what a sync does, and prove that both sides agree.")(demo)


def demo(
    call: Call,
    once: Annotated[
        bool, typer.Option("--once", help=help_text("End after the last phase instead of serving."))
    ] = False,
    people: Annotated[int, typer.Option(min=1, help=help_text("How many made-up people."))] = PEOPLE,
    seed: Annotated[int, typer.Option(min=0, help=help_text("Another seed, other people."))] = SEED,
) -> int:
    """A first sync, a day's edits, and two more; 0 when both sides agree at the end, otherwise 1."""
    # The web server and the practice orgs are loaded here, so that no other verb waits for them.
    from awase.cli.demo.course import Course
    from awase.cli.demo.showing import Screen

    console = Console(quiet=True) if call.json else call.screen
    screen = Screen(console, call.language)
    outcome = call.run(Course(people, seed, call.language, screen).run(serve=not once))
    call.document(outcome)
    return 0 if outcome["agree"] else 1
