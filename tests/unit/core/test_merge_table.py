"""The direction table, cell by cell, as the design writes it (expected data by hand, not derived from the code)."""

from __future__ import annotations

import pytest

from awase.core.frames import base_frame, people
from awase.core.mapping import Direction, OnConflict
from awase.core.merge import TABLE, Changed, Decision, decision, listed, merge
from awase.core.values import Value
from tests.unit.core.scene import Record, a_base, bound, mapped, read

N, C, M, W = Decision.NOTHING, Decision.TO_CRM, Decision.TO_MA, Decision.WAIT
TWO, PREFER, CRM, MA = Direction.TWO_WAY, Direction.PREFER_CRM, Direction.CRM, Direction.MA

# what the MA says, what the CRM says, what was agreed (None: nothing yet)
MA_EDITED = ("new", "old", ("old", "old"))
MA_CLEARED = (None, "old", ("old", "old"))
MA_FILLED_A_KNOWN_BLANK = ("new", None, (None, None))
CRM_EDITED = ("old", "new", ("old", "old"))
CRM_CLEARED = ("old", None, ("old", "old"))
BOTH_EDITED = ("mine", "theirs", ("old", "old"))
BOTH_AND_CRM_CLEARED = ("mine", None, ("old", "old"))
BOTH_AND_MA_CLEARED = (None, "theirs", ("old", "old"))
NEVER_AGREED = ("mine", "theirs", None)
ONLY_MA_FILLED = ("mine", None, None)
ONLY_CRM_FILLED = (None, "theirs", None)

Situation = tuple[Value, Value, tuple[Value, Value] | None]

CELLS: list[tuple[str, Situation, Direction, Decision, bool]] = [
    ("MA only", MA_EDITED, TWO, C, False),
    ("MA only", MA_EDITED, PREFER, M, True),
    ("MA only, the CRM is blank", MA_FILLED_A_KNOWN_BLANK, PREFER, C, False),
    ("MA only", MA_EDITED, CRM, M, True),
    ("MA only", MA_EDITED, MA, C, False),
    ("MA only, a clear", MA_CLEARED, TWO, C, False),
    ("MA only, a clear", MA_CLEARED, PREFER, M, True),
    ("MA only, a clear", MA_CLEARED, CRM, M, True),
    ("MA only, a clear", MA_CLEARED, MA, C, False),
    ("CRM only", CRM_EDITED, TWO, M, False),
    ("CRM only", CRM_EDITED, PREFER, M, False),
    ("CRM only", CRM_EDITED, CRM, M, False),
    ("CRM only", CRM_EDITED, MA, C, True),
    ("CRM only, a clear", CRM_CLEARED, TWO, M, False),
    ("CRM only, a clear", CRM_CLEARED, PREFER, M, False),
    ("CRM only, a clear", CRM_CLEARED, CRM, M, False),
    ("CRM only, a clear", CRM_CLEARED, MA, C, True),
    ("both", BOTH_EDITED, TWO, M, True),
    ("both", BOTH_EDITED, PREFER, M, True),
    ("both", BOTH_EDITED, CRM, M, True),
    ("both", BOTH_EDITED, MA, C, True),
    ("both, the CRM cleared", BOTH_AND_CRM_CLEARED, PREFER, C, True),
    ("both, the CRM cleared", BOTH_AND_CRM_CLEARED, CRM, M, True),
    ("both, the MA cleared", BOTH_AND_MA_CLEARED, PREFER, M, True),
    ("both, the MA cleared", BOTH_AND_MA_CLEARED, MA, C, True),
    ("never agreed, both filled", NEVER_AGREED, TWO, M, True),
    ("never agreed, both filled", NEVER_AGREED, PREFER, M, False),
    ("never agreed, both filled", NEVER_AGREED, CRM, M, False),
    ("never agreed, both filled", NEVER_AGREED, MA, C, False),
    ("never agreed, the CRM blank", ONLY_MA_FILLED, TWO, C, False),
    ("never agreed, the CRM blank", ONLY_MA_FILLED, PREFER, C, False),
    ("never agreed, the CRM blank", ONLY_MA_FILLED, CRM, N, False),
    ("never agreed, the CRM blank", ONLY_MA_FILLED, MA, C, False),
    ("never agreed, the MA blank", ONLY_CRM_FILLED, TWO, M, False),
    ("never agreed, the MA blank", ONLY_CRM_FILLED, PREFER, M, False),
    ("never agreed, the MA blank", ONLY_CRM_FILLED, CRM, M, False),
    ("never agreed, the MA blank", ONLY_CRM_FILLED, MA, N, False),
]


def outcome(
    situation: Situation, direction: Direction, on_conflict: OnConflict = OnConflict.CRM
) -> tuple[Decision, bool]:
    """(decision, listed) for one person with one field in this situation."""
    ma_value, crm_value, agreed = situation
    sync = bound(mapped("title", direction=direction, on_conflict=on_conflict))
    bases = [a_base(1, {"title": agreed[0]}, {"title": agreed[1]})] if agreed else []
    frame = people(
        read(sync, "ma", [Record(1, "1", {"title": ma_value})]),
        read(sync, "crm", [Record(1, "00Q1", {"title": crm_value})]),
        base_frame(bases, sync),
        sync,
    )
    row = merge(frame, sync).row(0, named=True)
    return Decision(row[decision("title")]), row[listed("title")]


@pytest.mark.parametrize(
    ("situation", "direction", "decided", "is_listed"),
    [cell[1:] for cell in CELLS],
    ids=[f"{text}: {direction.value}" for text, _, direction, _, _ in CELLS],
)
def test_each_cell_of_the_direction_table(
    situation: Situation, direction: Direction, decided: Decision, is_listed: bool
) -> None:
    assert outcome(situation, direction) == (decided, is_listed)


@pytest.mark.parametrize("situation", [BOTH_EDITED, NEVER_AGREED, BOTH_AND_CRM_CLEARED, BOTH_AND_MA_CLEARED])
@pytest.mark.parametrize(
    ("on_conflict", "decided"), [(OnConflict.CRM, M), (OnConflict.MA, C), (OnConflict.WAIT, W)]
)
def test_a_two_way_conflict_is_decided_as_the_mapping_says_and_always_listed(
    situation: Situation, on_conflict: OnConflict, decided: Decision
) -> None:
    assert outcome(situation, TWO, on_conflict) == (decided, True)


@pytest.mark.parametrize("direction", [TWO, PREFER, CRM, MA])
@pytest.mark.parametrize("agreed", [None, ("old", "old"), ("new", "old"), (None, None)])
def test_equal_edits_on_both_sides_are_no_conflict(
    direction: Direction, agreed: tuple[Value, Value] | None
) -> None:
    assert outcome(("new", "new", agreed), direction) == (N, False)


def test_every_cell_of_the_table_was_looked_at() -> None:
    situations = {
        "MA only": Changed.MA,
        "CRM only": Changed.CRM,
        "both": Changed.BOTH,
        "never agreed, both filled": Changed.DIFFERENT,
        "never agreed, the CRM blank": Changed.MA_FILLED,
        "never agreed, the MA blank": Changed.CRM_FILLED,
    }
    seen = {(situations[text], direction) for text, _, direction, _, _ in CELLS if text in situations}
    assert seen == set(TABLE)
    assert {state for state, _ in TABLE} == set(Changed)
    assert {direction for _, direction in TABLE} == set(Direction) - {Direction.OFF}
