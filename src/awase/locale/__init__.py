"""Texts for people: English sentences in the code, Japanese ones looked up by them in ``ja/LC_MESSAGES/awase.po``.

The catalogue is read as it is, so that correcting a sentence needs no build step.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol, runtime_checkable

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from awase.errors import AwaseError

LANGUAGES = ("ja", "en")
_SPOKEN_PLACES = frozenset({"expected", "found", "doing", "reason", "words"})
"""Places whose content may itself be one of our sentences."""


@cache
def _translations(language: str) -> gettext.NullTranslations:
    file = files("awase.locale") / language / "LC_MESSAGES" / "awase.po"
    if not file.is_file():
        return gettext.NullTranslations()
    catalogue = read_po(io.BytesIO(file.read_bytes()), locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@runtime_checkable
class Sayable(Protocol):
    """A text that knows its words, as those of the formula language do (``awase_formula.Sentence``)."""

    def said(self, translated: Callable[[str], str], /) -> str: ...


def text(sentence: str, language: str, /, **places: object) -> str:
    """``sentence`` in ``language``, its places filled. A sentence without a translation stays English."""
    if not sentence:
        return ""
    found = _translations(language).gettext(sentence)
    return found.format(**_spoken(places, language)) if places else found


def _spoken(places: Mapping[str, object], language: str) -> dict[str, object]:
    return {name: _said(name, value, language) for name, value in places.items()}


def _said(name: str, value: object, language: str) -> object:
    translated = _translations(language).gettext
    if isinstance(value, Sayable):
        return value.said(translated)
    return translated(value) if name in _SPOKEN_PLACES and isinstance(value, str) and value else value


class Telling(Protocol):
    """What can be told in one line: an error, or the note that a run keeps of one."""

    @property
    def code(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def where(self) -> str: ...

    @property
    def places(self) -> Mapping[str, object]: ...


def told(what: Telling, language: str) -> str:
    """One line in ``language``: where, the sentence, and the code in brackets."""
    return one_line(what.code, text(what.text, language, **what.places), what.where)


def one_line(code: str, sentence: str, where: str) -> str:
    """A finished sentence with its place before it and its code behind it."""
    placed = f"{where}: {sentence}" if where else sentence
    return f"{placed} [{code}]" if code else placed


@dataclass(frozen=True, slots=True)
class Spoken:
    """An error as it is told to a person."""

    code: str
    text: str
    where: str
    remedy: str


def spoken(error: AwaseError, language: str) -> Spoken:
    """``error`` in ``language``: what is wrong, where, and what to do."""
    return Spoken(
        code=error.code,
        text=text(error.text, language, **error.places),
        where=error.where,
        remedy=text(error.remedy, language, **error.places),
    )


def system_language(environment: Mapping[str, str]) -> str:
    """The language the system asks for; English where it asks for one we do not speak."""
    for name in ("AWASE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        wanted = environment.get(name, "")
        if wanted:
            return "ja" if wanted.lower().startswith("ja") else "en"
    return "en"
