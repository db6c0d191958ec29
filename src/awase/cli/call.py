"""One call of a verb: where it works, in which language it speaks, and how it ends.

``@verb`` gives a function the options that every verb has (``--json``, ``--lang``, ``-C``), turns exceptions into texts
and exit statuses, and keeps standard output for the one JSON document when there is to be one.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from awase.cli.trouble import Ending, ended_by
from awase.configuration import FILE_NAME, Workspace, language_of, load
from awase.locale import LANGUAGES, system_language, text

T = TypeVar("T")


def _language_of_help() -> str:
    """The language asked for on the command line, else the system's; options are described in it."""
    arguments = sys.argv[1:]
    for place, argument in enumerate(arguments):
        wanted = argument.partition("=")[2] if argument.startswith("--lang=") else ""
        if argument == "--lang" and place + 1 < len(arguments):
            wanted = arguments[place + 1]
        if wanted in LANGUAGES:
            return wanted
    return system_language(os.environ)


HELP_LANGUAGE = _language_of_help()


def help_text(sentence: str) -> str:
    """A description of a verb or an option."""
    return text(sentence, HELP_LANGUAGE)


JsonOption = Annotated[
    bool,
    typer.Option("--json", help=help_text("Print one JSON document and nothing else."), show_default=False),
]
LanguageOption = Annotated[
    str | None,
    typer.Option("--lang", metavar="ja|en", help=help_text("Language of the texts."), show_default=False),
]
DirectoryOption = Annotated[
    Path | None,
    typer.Option(
        "--directory",
        "-C",
        metavar="DIR",
        help=help_text("Folder of awase.toml; without it, the present one."),
        show_default=False,
    ),
]


class Call:
    """What a verb needs from its surroundings."""

    def __init__(self, *, json: bool, language: str | None, directory: Path | None) -> None:
        self.json = json
        self.directory = directory or Path()
        self._wanted = language
        self._workspace: Workspace | None = None
        self._status: Status | None = None
        # Without emoji, for ``:100:`` is a line of a file.
        self.screen = Console(emoji=False, highlight=False, soft_wrap=not sys.stdout.isatty())
        self.margin = Console(emoji=False, stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())

    @functools.cached_property
    def language(self) -> str:
        """As asked for, else the workspace's (of which the verb may need nothing else), else the system's."""
        return self._wanted or language_of(self.directory / FILE_NAME) or system_language(os.environ)

    @property
    def interactive(self) -> bool:
        """Whether a person sits there who can be asked."""
        return not self.json and sys.stdin.isatty() and sys.stdout.isatty()

    def workspace(self) -> Workspace:
        """The workspace of the folder. Raises BadConfiguration."""
        if self._workspace is None:
            self._workspace = load(self.directory / FILE_NAME)
        return self._workspace

    def t(self, sentence: str, /, **places: object) -> str:
        """``sentence`` in this call's language."""
        return text(sentence, self.language, **places)

    def say(self, sentence: str, /, **places: object) -> None:
        """Tell something, unless a JSON document is wanted."""
        if not self.json:
            self.screen.print(self.t(sentence, **places), markup=False)

    def table(self, headings: Sequence[str], *, title: str = "", numbers: Collection[str] = ()) -> Table:
        """An empty table; ``headings`` are sentences to be spoken, those in ``numbers`` stand to the right."""
        table = Table(title=title or None)
        for heading in headings:
            justify: Literal["left", "right"] = "right" if heading in numbers else "left"
            table.add_column(self.t(heading), justify=justify, overflow="fold")
        return table

    def show(self, thing: Table | Text) -> None:
        """Show a table or a line, unless a JSON document is wanted. Off a terminal a table is lines with tabs."""
        if self.json:
            return
        if isinstance(thing, Table) and not self.screen.is_terminal:
            for line in _as_lines(thing):
                self.screen.print(line, markup=False)
        else:
            self.screen.print(thing)

    def document(self, content: object) -> None:
        """The one JSON document, if it is wanted."""
        if self.json:
            body = msgspec.json.format(msgspec.json.encode(content), indent=2)
            sys.stdout.write(body.decode() + "\n")

    @contextmanager
    def progress(self) -> Iterator[Callable[[str], None]]:
        """Tells where a run is, on a terminal only."""
        if self.json or not self.screen.is_terminal:
            yield _silent
            return
        with self.screen.status("") as self._status:
            try:
                yield lambda step: self._tell(step)
            finally:
                self._status = None

    def _tell(self, step: str) -> None:
        if self._status is not None:
            self._status.update(self.t(_STEPS[step]))

    def confirmed(self, question: str) -> bool:
        """A person's yes or no. Only where ``interactive``."""
        if self._status is not None:
            self._status.stop()
        try:
            return typer.confirm(self.t(question), default=False)
        finally:
            if self._status is not None:
                self._status.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        # Verbs that need neither database nor network work without what these need.
        from awase.assembly import run_async

        return run_async(work)


def _as_lines(table: Table) -> Iterator[str]:
    """A table's title, headings and rows, cells divided by tabs."""
    if table.title:
        yield str(table.title)
    yield "\t".join(str(column.header) for column in table.columns)
    for cells in zip(*(column.cells for column in table.columns), strict=True):
        yield "\t".join(str(cell).replace("\n", " / ").replace("\t", " ") for cell in cells)


def _silent(step: str) -> None:
    """Progress that nobody looks at."""
    del step


_STEPS = {
    "recover": "Finding out what earlier runs left …",
    "plan": "Reading both sides and planning …",
    "check": "Looking whether anything moved since …",
    "apply": "Writing …",
    "settle": "Recording what was done …",
}


def verb(
    app: typer.Typer, name: str, description: str
) -> Callable[[Callable[..., int | None]], Callable[..., Any]]:
    """Make a function ``(call, …) -> exit status`` a verb of ``app``."""

    def decorate(function: Callable[..., int | None]) -> Callable[..., Any]:
        @functools.wraps(function)
        def command(ctx: typer.Context, **given: Any) -> None:
            asked: dict[str, Any] = dict(ctx.find_root().obj or {})
            for option in ("json", "lang", "directory"):
                value = given.pop(f"option_{option}")
                asked[option] = value or asked.get(option)
            _finish(_called(function, asked, given))

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        shared = [
            inspect.Parameter(
                f"option_{option}", inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind
            )
            for option, default, kind in (
                ("json", False, JsonOption),
                ("lang", None, LanguageOption),
                ("directory", None, DirectoryOption),
            )
        ]
        context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
        parameters = [context, *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own), *shared]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in parameters}
        app.command(name, help=help_text(description))(command)
        return function

    return decorate


def _called(function: Callable[..., int | None], asked: dict[str, Any], given: dict[str, Any]) -> int:
    language = asked.get("lang")
    if language is not None and language not in LANGUAGES:
        raise typer.BadParameter(f"{language!r}: ja, en", param_hint="--lang")
    call = Call(json=bool(asked.get("json")), language=language, directory=asked.get("directory"))
    try:
        return function(call, **given) or 0
    except (typer.Exit, typer.Abort, SystemExit):
        # rich leaves by SystemExit when whoever read our output has had enough.
        raise
    except BaseException as trouble:  # noqa: BLE001  the one place where every exception becomes a text
        ending = ended_by(trouble, call.language)
    _tell(call, ending)
    return ending.status


def _tell(call: Call, ending: Ending) -> None:
    if ending.document is not None:
        call.document(ending.document)
        if not call.json:
            for line in ending.lines:
                call.margin.print(line, markup=False)


def _finish(status: int) -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has had enough; nothing is left to say, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(status)
