"""Stepping a flow: requests are answered, output is handed on, the end is returned."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar, cast

from awase.errors import Bug
from awase.ports.flows import Answer, Flow, Request

Out = TypeVar("Out")
End = TypeVar("End")


async def drive(
    flow: Flow[Out, End],
    ask: Callable[[Sequence[Request]], Awaitable[list[Answer]]],
    emit: Callable[[Out], Awaitable[None]] | None = None,
) -> End:
    """Drive ``flow`` to its end; close it whatever happens. ``ask`` gives the answers in the order of the requests."""
    answers: list[Answer] | None = None
    try:
        while True:
            try:
                item = flow.send(answers)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            requests = _requests_in(item)
            if requests is not None:
                answers = await ask(requests)
            elif emit is None:
                raise Bug("a flow gave output where none was expected")
            else:
                await emit(cast(Out, item))
                answers = None
    finally:
        flow.close()


def _requests_in(item: object) -> Sequence[Request] | None:
    if isinstance(item, (list, tuple)) and all(isinstance(part, Request) for part in item):
        return item
    return None
