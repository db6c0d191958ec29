"""Pages as HTML. Everything that is filled in is escaped; what stands between backquotes becomes a command."""

from __future__ import annotations

import re
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from awase import __version__
from awase.catalogue import Entry, entry, owner_name
from awase.locale import told
from awase.ports.store import Note
from awase.server.language import Language, Speech
from awase.server.masking import masked_note
from awase.server.status import Status

_COMMAND = re.compile(r"`([^`]+)`")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("awase.server"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["commands"] = _commands
    return environment


def _commands(words: str) -> Markup:
    """``words`` with what stands between backquotes as code."""
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(words))))  # noqa: S704  escaped before


def status_page(status: Status, language: Language) -> str:
    """The whole status page."""
    speech = Speech(language, ZoneInfo(status.time_zone))

    def owners(found: Entry) -> str:
        return " / ".join(dict.fromkeys(owner_name(fix.who, language) for fix in found.fixes))

    def told_note(note: Note) -> str:
        """Why a run ended early. What it quotes of vendors may name people."""
        return masked_note(told(note, language))

    template = _templates().get_template("status.html")
    return template.render(
        status=status,
        speech=speech,
        _=speech.t,
        version=__version__,
        entry=entry,
        owners=owners,
        told_note=told_note,
    )


def failure_page(language: Language, *, title: str, advice: str, code: str) -> str:
    """A page that says what went wrong; ``title`` and ``advice`` are finished texts."""
    speech = Speech(language, ZoneInfo("UTC"))
    template = _templates().get_template("failure.html")
    return template.render(
        speech=speech, _=speech.t, version=__version__, title=title, advice=advice, code=code
    )
