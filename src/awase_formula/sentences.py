"""Sentences that remember their words, so that a program which speaks other languages can say them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Self


class Sentence(str):
    """An English sentence: a text like any other, which also knows its ``words`` and what stands in their places.

    ``Sentence("there is no field {name}", name="Amout")`` equals ``"there is no field Amout"``.
    """

    __slots__ = ("places", "words")

    words: str
    places: dict[str, str]

    def __new__(cls, words: str, **places: str) -> Self:
        """``places`` may be sentences themselves."""
        self = super().__new__(cls, words.format(**places))
        self.words, self.places = words, places
        return self

    def said(self, translated: Callable[[str], str]) -> str:
        """The sentence in another language: ``translated`` gives the words of that language for English ones."""
        places = {
            name: place.said(translated) if isinstance(place, Sentence) else place
            for name, place in self.places.items()
        }
        return translated(self.words).format(**places)


def together(parts: Iterable[str], between: str = "; ") -> Sentence:
    """Several sentences as one, in their order; empty ones are left out."""
    kept = {f"part{number}": part for number, part in enumerate(filter(None, parts))}
    return Sentence(between.join(f"{{{name}}}" for name in kept), **kept)
