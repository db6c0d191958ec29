"""The command ``awase``."""

from __future__ import annotations

from typing import Annotated

import typer

from awase import __version__
from awase.cli import (
    budget,
    check,
    connect,
    db,
    demo,
    errors,
    explain,
    importing,
    incidents,
    init,
    pause,
    people,
    plan,
    practice,
    properties,
    reconcile,
    resync,
    runs,
    serve,
    status,
    sync,
    undo,
    worker,
)
from awase.cli.call import DirectoryOption, JsonOption, LanguageOption, help_text

_VERBS = (
    init,
    connect,
    plan,
    check,
    sync,
    importing,
    worker,
    runs,
    undo,
    reconcile,
    pause,
    status,
    errors,
    resync,
    explain,
    people,
    properties,
    budget,
    incidents,
    db,
    serve,
    practice,
    demo,
)
"""Modules of verbs, in the order in which help lists them."""


def build() -> typer.Typer:
    """The command with all its verbs."""
    app = typer.Typer(
        name="awase",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        # Otherwise words in square brackets are taken for markup and vanish.
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
        help=help_text("Keeps a marketing-automation system and a CRM in agreement."),
    )
    app.callback()(_shared)
    for module in _VERBS:
        module.add_to(app)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"awase {__version__}")
        raise typer.Exit


def _shared(
    ctx: typer.Context,
    json: JsonOption = False,
    lang: LanguageOption = None,
    directory: DirectoryOption = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help=help_text("Print the release."),
            callback=_print_version,
            is_eager=True,
            show_default=False,
        ),
    ] = False,
) -> None:
    del version
    ctx.obj = {"json": json, "lang": lang, "directory": directory}


def main() -> None:
    """Run the command line and leave with its exit status."""
    build()()


if __name__ == "__main__":
    main()
