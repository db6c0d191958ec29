"""Cutting a long list into calls: by count, or by count and measured length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """``items`` in order, at most ``size`` at a time."""
    if size < 1:
        raise ValueError(f"a chunk needs room for one item, not {size}")
    for start in range(0, len(items), size):
        yield items[start : start + size]


def chunks_within(
    items: Sequence[Item], size: int, length: Callable[[Item], int], room: int
) -> Iterator[list[Item]]:
    """``items`` in order, at most ``size`` at a time and with at most ``room`` of summed ``length``.

    An item longer than ``room`` stands alone: the vendor then says what is wrong with it.
    """
    chunk: list[Item] = []
    used = 0
    for item in items:
        cost = length(item)
        if chunk and (len(chunk) >= size or used + cost > room):
            yield chunk
            chunk, used = [], 0
        chunk.append(item)
        used += cost
    if chunk:
        yield chunk
