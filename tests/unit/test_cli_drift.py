"""What ``awase drift`` says of one change."""

from __future__ import annotations

from awase.catalogue import entry
from awase.cli.drift import _whose_move
from awase.core.drift import Change, What
from awase.core.drift_effects import Effect
from awase.core.operations import Side


def change(side: Side) -> Change:
    return Change(
        side=side,
        object="contact",
        name="jobtitle",
        what=What.OPTION,
        option="係長",
        before="係長",
        after=None,
    )


def test_whoever_can_take_a_change_back_is_among_those_whose_move_it_is() -> None:
    moves_of: dict[Side, str] = {"ma": "marketing", "crm": "crm_admin"}
    for side, who in moves_of.items():
        effect = Effect(change(side), 3, "restricted_picklist_value")
        moves = _whose_move(effect)
        assert who in moves
        assert len(set(moves)) == len(moves)
        assert {fix.who for fix in entry("restricted_picklist_value").fixes} <= set(moves)


def test_where_everything_stops_only_they_can_end_it_and_where_nobody_does_nobody_has_to() -> None:
    assert _whose_move(Effect(change("ma"), 3, stops_all=True)) == ["marketing"]
    assert _whose_move(Effect(change("crm"), 3, stops_all=True)) == ["crm_admin"]
    assert _whose_move(Effect(change("crm"))) == []
