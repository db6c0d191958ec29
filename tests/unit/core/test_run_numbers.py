"""The numbers of a run add up to what it read, whatever is still known of the reasons."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from awase.core.records import Item, ItemKind, RunCounts
from awase.core.run_numbers import run_numbers

COUNTS = ("created", "updated", "unchanged", "held", "rejected", "waiting", "skipped")


def an_item(link: int, kind: ItemKind, error_type: str) -> Item:
    return Item(link=link, side="crm", kind=kind, code=error_type, error_type=error_type)


@given(
    counts=st.fixed_dictionaries({name: st.integers(0, 6) for name in COUNTS}),
    deleted=st.integers(0, 3),
    why=st.sampled_from(("", "filtered", "linked_elsewhere", "deleted")),
    items=st.lists(
        st.builds(
            an_item,
            st.integers(1, 9),
            st.sampled_from(ItemKind),
            st.sampled_from(("string_too_long", "several_matches", "linked_elsewhere", "conflict")),
        ),
        max_size=20,
    ),
    again=st.integers(0, 9),
)
def test_they_add_up(counts: dict[str, int], deleted: int, why: str, items: list[Item], again: int) -> None:
    reasons = {why: counts["skipped"]} if why else {}
    whole = RunCounts(read=sum(counts.values()) + deleted, **counts, deleted=deleted, reasons=reasons)  # type: ignore[arg-type]
    numbers = run_numbers(whole, items, again)
    parts = (numbers.new, numbers.added_again, numbers.updated, numbers.unchanged)
    assert all(part >= 0 for part in (*parts, numbers.duplicate, numbers.deleted, *numbers.ignored.values()))
    assert numbers.total == sum(parts) + numbers.duplicate + numbers.deleted + sum(numbers.ignored.values())


def test_each_reason_is_told_and_what_weighs_most_counts() -> None:
    counts = RunCounts(
        read=13,
        created=3,
        updated=1,
        unchanged=2,
        held=2,
        rejected=1,
        waiting=1,
        skipped=3,
        reasons={"linked_elsewhere": 1, "deleted": 1, "filtered": 1},
    )
    items = [
        an_item(1, ItemKind.HELD, "string_too_long"),
        an_item(1, ItemKind.HELD, "required_value_missing"),
        an_item(2, ItemKind.HELD, "string_too_long"),
        an_item(3, ItemKind.REJECTED, "validation_rule"),
        an_item(3, ItemKind.CONFLICT, "conflict"),
        an_item(4, ItemKind.AMBIGUOUS, "several_matches"),
        an_item(5, ItemKind.SKIPPED, "linked_elsewhere"),
    ]
    numbers = run_numbers(counts, items, added_again=1)
    assert (numbers.new, numbers.added_again, numbers.duplicate, numbers.deleted) == (2, 1, 2, 1)
    assert numbers.ignored == {"string_too_long": 2, "validation_rule": 1, "filtered": 1}


def test_a_reason_that_a_later_run_took_over_is_counted_without_a_name() -> None:
    numbers = run_numbers(RunCounts(read=3, held=3), [an_item(1, ItemKind.HELD, "string_too_long")], 0)
    assert numbers.ignored == {"string_too_long": 1, "": 2}
