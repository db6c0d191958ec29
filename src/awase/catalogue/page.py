"""The reference page of error types, made of the catalogue; ``python -m awase.catalogue.page docs/reference`` writes it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from awase.catalogue.entries import (
    Entry,
    Language,
    categories,
    category_name,
    direction_name,
    entries,
    owner_name,
    page_words,
)

PAGES: dict[Language, str] = {"en": "error-types.md", "ja": "error-types.ja.md"}
_LINK: dict[Language, str] = {"en": "[日本語](error-types.ja.md)", "ja": "[English](error-types.md)"}


def page(language: Language) -> str:
    """The page in one language, as Markdown."""
    return "\n".join(_lines(language)) + "\n"


def _lines(language: Language) -> Iterator[str]:
    yield from (f"# {page_words('title', language)}", "", _LINK[language], "")
    yield page_words("introduction", language)
    for category in categories():
        yield from ("", f"## {category_name(category, language)}")
        for entry in entries().values():
            if entry.category == category:
                yield from _entry(entry, language)


def _entry(entry: Entry, language: Language) -> Iterator[str]:
    def labelled(name: str, text: str) -> str:
        return f"- {page_words(name, language)}: {text}"

    yield from ("", f"### {entry.name.in_(language)}", "", entry.meaning.in_(language), "")
    yield labelled("code", f"`{entry.code}`")
    yield labelled("direction", ", ".join(direction_name(way, language) for way in entry.directions))
    if entry.named:
        yield labelled("number", str(entry.named))
    if entry.passes_by_itself:
        yield f"- {page_words('passes', language)}"
    if entry.cannot_be_met:
        yield f"- {entry.cannot_be_met.in_(language)}"
    if entry.dispute:
        yield labelled("dispute", entry.dispute.in_(language))
    yield labelled("fixes", "").rstrip()
    for fix in entry.fixes:
        yield f"  - **{owner_name(fix.who, language)}**: {fix.in_(language)}"
        if fix.price:
            yield f"    {page_words('price', language)}: {fix.price.in_(language)}"


if __name__ == "__main__":
    for language, name in PAGES.items():
        (Path(sys.argv[1]) / name).write_text(page(language), encoding="utf-8")
