"""The command ``awase``."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from awase import __version__
from awase.cli.call import DirectoryOption, JsonOption, LanguageOption, help_text

_VERBS = (
    "init",
    "connect",
    "plan",
    "check",
    "drift",
    "doctor",
    "sync",
    "importing",
    "worker",
    "runs",
    "undo",
    "reconcile",
    "pause",
    "status",
    "errors",
    "resync",
    "explain",
    "people",
    "properties",
    "budget",
    "incidents",
    "db",
    "serve",
    "practice",
    "demo",
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
    for name in _VERBS:
        try:
            module = import_module(f"awase.cli.{name}")
        except ModuleNotFoundError as missing:
            # An install without extras has those verbs only that need neither database nor network.
            if (missing.name or "").partition(".")[0] == "awase":
                raise
            _without_extras(app, name)
        else:
            module.add_to(app)
    return app


def _without_extras(app: typer.Typer, name: str) -> None:
    """A verb that says what it would need; such an install is for checks in CI."""

    @app.command(
        name, hidden=True, context_settings={"ignore_unknown_options": True, "allow_extra_args": True}
    )
    def absent(ctx: typer.Context) -> None:
        del ctx
        typer.echo(
            help_text("This command needs more than is installed: pip install 'awase[server]'"), err=True
        )
        raise typer.Exit(2)


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
