"""Every sentence a person may read exists in both languages, with the same places."""

from __future__ import annotations

import io
import re
import string
from pathlib import Path

import msgspec
import pytest
from babel.messages.pofile import read_po

import awase
from awase.configuration import parse
from awase.errors import BadConfiguration, NotConnected
from awase.locale import spoken, system_language, text, told
from awase.ports.store import Note
from tests.support.sentences import sentences, template_sentences

_JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
CATALOGUE = Path(awase.__file__).parent / "locale" / "ja" / "LC_MESSAGES" / "awase.po"
TRANSLATED = {
    str(message.id): str(message.string)
    for message in read_po(io.BytesIO(CATALOGUE.read_bytes()), locale="ja")
    if message.id
}


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_the_sentences_of_the_code_are_found() -> None:
    found = sentences()
    assert {"{connection} has never been connected.", "held back (foreseen)", "a whole number"} <= set(found)
    assert {"Sync health", "Written to", "1. The first sync", "This request cannot be answered"} <= set(found)
    assert len(found) > 400


def test_the_sentences_of_a_template_are_found_wherever_they_stand() -> None:
    source = """{% set states = {"done": _("It is done"), "not": _("It’s not")} %}
        {% macro part(one) %}<p title="{{ _("{count} left", count=one) }}">{% if one %}{{ _("Some") | upper }}{% endif %}
        {{ other("not spoken") }}{% endmacro %}"""
    assert sorted(template_sentences(source)) == ["It is done", "It’s not", "Some", "{count} left"]


def test_a_template_may_not_put_a_sentence_together() -> None:
    with pytest.raises(AssertionError, match="line 2"):
        list(template_sentences('{{ _("Whole") }}\n{{ _("state:" ~ state) }}'))


def test_nothing_is_translated_that_nobody_says() -> None:
    assert sorted(set(TRANSLATED) - set(sentences())) == []


def test_every_sentence_is_translated() -> None:
    missing = {sentence: file for sentence, file in sentences().items() if not TRANSLATED.get(sentence)}
    assert missing == {}


def test_a_translation_fills_the_same_places() -> None:
    different = {s: t for s, t in TRANSLATED.items() if places(s) != places(t)}
    assert different == {}


def test_a_translation_is_japanese() -> None:
    """But for lines that are commands or addresses only."""
    latin = {s for s, t in TRANSLATED.items() if not _JAPANESE.search(t) and t != s}
    assert latin == set()


def test_an_error_is_told_in_the_language_asked_for() -> None:
    error = NotConnected(
        "{connection} has never been connected.",
        remedy="Run `awase connect {connection}`.",
        connection="hubspot",
    )
    assert spoken(error, "en").text == "hubspot has never been connected."
    assert spoken(error, "ja").text == "hubspot はまだ接続されていません。"
    assert spoken(error, "ja").remedy == "`awase connect hubspot` を実行してください。"


def test_an_error_kept_as_a_note_is_told_in_the_language_of_its_reader() -> None:
    error = NotConnected("{connection} has never been connected.", where="sync people", connection="hubspot")
    kept = msgspec.json.decode(msgspec.json.encode(Note.of(error)), type=Note)
    assert told(kept, "en") == told(error, "en") == "sync people: hubspot has never been connected. [AW-301]"
    assert told(kept, "ja") == "sync people: hubspot はまだ接続されていません。 [AW-301]"


def test_words_within_a_sentence_are_told_in_its_language() -> None:
    with pytest.raises(BadConfiguration) as caught:
        parse("[workspace]\nname = 3\n[connections.a]\nvendor = 'hubspot'\n")
    assert spoken(caught.value, "ja").text == "文字列であるべきところが、整数です"


def test_a_sentence_without_a_translation_stays_english() -> None:
    assert text("Nobody has translated {this}.", "ja", this="it") == "Nobody has translated it."


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "AWASE_LANG": "en"}, "en"),
        ({}, "en"),
    ],
)
def test_the_systems_language_is_taken_where_we_speak_it(environment: dict[str, str], expected: str) -> None:
    assert system_language(environment) == expected
