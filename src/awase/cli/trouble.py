"""How a call ends badly: what a person is told, and the exit status.

0 done · 1 errors left · 2 bad input · 3 not connected · 4 stopped by a guard · 5 already running · 70 a bug of ours
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from awase.errors import AwaseError, Bug
from awase.locale import one_line, spoken, text
from awase.runtime.traces import keep_trace

INTERRUPTED = 130
"""What a shell reports for a program that was ended by Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Ending:
    """``document`` is None where nothing is to be said."""

    status: int
    lines: tuple[str, ...] = ()
    document: dict[str, Any] | None = None


def ended_by(trouble: BaseException, language: str) -> Ending:
    """What to tell about an exception that nobody caught."""
    match trouble:
        case Bug():
            return _bug(trouble, language)
        case AwaseError():
            return told(trouble, language)
        case KeyboardInterrupt():
            line = text(
                "Stopped. What was sent is in the journal; the next run goes on from there.", language
            )
            return _ending(INTERRUPTED, "", line, "", "")
        case BrokenPipeError():
            return Ending(0)
        case _:
            return _bug(trouble, language)


def told(error: AwaseError, language: str) -> Ending:
    """An error of which the user is told everything."""
    said = spoken(error, language)
    return _ending(error.exit_status, said.code, said.text, said.where, said.remedy)


def _ending(status: int, code: str, what: str, where: str, remedy: str) -> Ending:
    lines = (one_line(code, what, where), *([f"→ {remedy}"] if remedy else []))
    return Ending(status, lines, {"error": {"code": code, "text": what, "where": where, "remedy": remedy}})


def _bug(trouble: BaseException, language: str) -> Ending:
    kept = keep_trace(trouble)
    what = text(
        "This is a mistake of Awase's, not yours. Reference: {reference}", language, reference=kept.reference
    )
    if kept.file is None:
        remedy = text("Please report it with the reference. The trace could not be kept.", language)
    else:
        remedy = text(
            "Please report it with the reference and the file {file}.", language, file=str(kept.file)
        )
    return _ending(Bug.exit_status, kept.code, what, "", remedy)
