"""Who may say yes to a plan, and what is said after a no."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from awase.cli.approving import Approval
from awase.errors import StoppedByGuard

GUARDED = cast(Any, SimpleNamespace(header=SimpleNamespace(guards=("first_sync",)), writes=list))
SAFE = cast(Any, SimpleNamespace(header=SimpleNamespace(guards=()), writes=list))


def asked(answer: bool | None, *, yes: bool = False) -> Approval:
    """An approval at a terminal where a person answers, or (None) where nobody sits."""
    call = SimpleNamespace(interactive=answer is not None, confirmed=lambda _: answer)
    return Approval(
        cast(Any, call), cast(Any, SimpleNamespace(name="people")), {}, yes=yes, show=lambda _: None
    )


def test_a_plan_that_trips_no_guard_needs_nobody() -> None:
    assert asked(None)(SAFE)


def test_a_guarded_plan_needs_a_person_or_the_word_yes() -> None:
    assert not asked(None)(GUARDED)
    assert asked(None, yes=True)(GUARDED)
    assert asked(True)(GUARDED)


def test_who_declines_is_not_told_to_approve() -> None:
    approval = asked(False)
    assert not approval(GUARDED)
    told = approval.told(StoppedByGuard("this plan wants an approval"))
    assert "as you chose" in str(told)
    assert (told.code, told.exit_status) == ("AW-401", 4)


def test_where_nobody_could_answer_the_guard_is_named() -> None:
    approval, guard = asked(None), StoppedByGuard("this plan wants an approval")
    approval(GUARDED)
    assert approval.told(guard) is guard
