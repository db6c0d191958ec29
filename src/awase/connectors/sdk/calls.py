"""One step of a flow, and what a failed read means for the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Never

from awase.errors import (
    AwaseError,
    BadInput,
    Bug,
    HostUnreachable,
    MissingPermission,
    SchemaMismatch,
    SignInRefused,
    VendorBusy,
)
from awase.ports.flows import Answer, Flow, Request, Unanswered


def ask(requests: Sequence[Request]) -> Flow[Never, list[Answer]]:
    """Yield ``requests``; return their answers, one each, in order."""
    answers = yield requests
    if answers is None or len(answers) != len(requests):
        raise Bug("a flow was not sent one answer for each of its requests")
    return answers


def ask_one(request: Request) -> Flow[Never, Answer]:
    """Yield one request; return its answer."""
    return (yield from ask([request]))[0]


def read_failure(answer: Answer, *, vendor: str, doing: str, words: str) -> AwaseError:
    """The error to raise for a metadata or read call that did not give what it should, told by HTTP status.

    ``doing`` completes "while …" (``reading Lead``); ``words`` are the vendor's own. Connectors look at the vendor's
    error code first and come here when the code says nothing special.
    """
    if isinstance(answer, Unanswered):
        return HostUnreachable(
            "{vendor} did not answer while {doing}: {reason}",
            remedy="Check the network and the vendor's status page, then run the same command again.",
            vendor=vendor,
            doing=doing,
            reason=answer.reason,
        )
    kind, remedy = _meaning(answer.status)
    return kind(
        "{vendor} answered {status} while {doing}: {words}",
        remedy=remedy,
        vendor=vendor,
        status=answer.status,
        doing=doing,
        words=words or "no explanation",
    )


def _meaning(status: int) -> tuple[type[AwaseError], str]:
    if status == 401:
        return SignInRefused, "Connect again."
    if status == 403:
        return (
            MissingPermission,
            "Give the integration user this permission, then run the same command again.",
        )
    if status in (400, 404):
        return SchemaMismatch, "Compare the mapping with the fields the integration user can see."
    if status == 429 or status >= 500 or status == 200:
        return VendorBusy, "Run the same command again later."
    return BadInput, "Check the address of the connection."
