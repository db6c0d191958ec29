"""When a sync is due and may write: over changes of the clocks, after sleep, after failures, across midnight."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.core.schedule import (
    LONGEST_WAIT,
    Schedule,
    Unreadable,
    due_at,
    length_of,
    wait_after,
    window_of,
    windows_of,
)

BERLIN, TOKYO = "Europe/Berlin", "Asia/Tokyo"
ZONES = (BERLIN, TOKYO, "America/New_York", "Australia/Lord_Howe", "UTC")
CRONS = ("*/15 9-18 * * mon-fri", "30 2 * * *", "0 * * * *", "*/30 * * * *", "0 3 1 * *", "15 1-3 * * sun")
WINDOWS = (
    ["mon-fri 22:00-06:00", "sat,sun 00:00-24:00"],
    ["02:10-02:50"],
    ["fri-mon 23:30-00:00"],
    ["sun 01:30-03:30"],
)
moments = st.integers(0, 1_000_000).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def local(text: str, zone: str = BERLIN, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def following(schedule: Schedule, after: datetime, count: int) -> list[str]:
    """The next moments as that zone's clock shows them."""
    found = []
    for _ in range(count):
        after = schedule.next_due(after)
        found.append(after.astimezone(ZoneInfo(schedule.zone)).strftime("%d %H:%M %z"))
    return found


@given(st.sampled_from(ZONES), st.sampled_from(CRONS), moments)
def test_what_is_due_lies_ahead_and_no_time_of_the_wall_clock_comes_twice(
    zone: str, cron: str, after: datetime
) -> None:
    schedule = Schedule(zone, cron=cron)
    due = [after]
    for _ in range(40):
        due.append(schedule.next_due(due[-1]))
    assert all(before < later for before, later in pairwise(due))
    if cron.split()[1] != "*":
        walls = [moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) for moment in due[1:]]
        assert len(set(walls)) == len(walls)


@given(st.sampled_from(ZONES), st.sampled_from(CRONS), moments, st.integers(0, 7200))
def test_asking_in_between_changes_nothing(zone: str, cron: str, after: datetime, seconds: int) -> None:
    schedule = Schedule(zone, cron=cron)
    due = schedule.next_due(after)
    between = min(after + timedelta(seconds=seconds), due - timedelta(seconds=1))
    assert between < after or schedule.next_due(between) == due


def test_a_time_that_a_day_leaves_out_is_due_when_the_gap_ends() -> None:
    schedule = Schedule(BERLIN, cron="30 2 * * *")
    assert following(schedule, local("2026-03-28 12:00"), 2) == ["29 03:00 +0200", "30 02:30 +0200"]
    often = Schedule(BERLIN, cron="*/15 1-3 * * *")
    assert following(often, local("2026-03-29 01:30"), 3) == [
        "29 01:45 +0100",
        "29 03:00 +0200",
        "29 03:15 +0200",
    ]


def test_a_time_that_a_day_has_twice_is_due_once() -> None:
    schedule = Schedule(BERLIN, cron="30 2 * * *")
    assert following(schedule, local("2026-10-24 12:00"), 2) == ["25 02:30 +0200", "26 02:30 +0100"]
    assert following(schedule, local("2026-10-25 02:10", fold=1), 1) == ["26 02:30 +0100"]


def test_a_schedule_that_names_no_hour_goes_on_through_the_hour_that_comes_twice() -> None:
    schedule = Schedule(BERLIN, cron="*/30 * * * *")
    shown = ["25 02:00 +0200", "25 02:30 +0200", "25 02:00 +0100", "25 02:30 +0100", "25 03:00 +0100"]
    assert following(schedule, local("2026-10-25 01:40"), 5) == shown


def test_the_hours_of_a_cron_text_are_those_of_the_zone() -> None:
    schedule = Schedule(TOKYO, cron="0 9 * * mon-fri")
    assert schedule.next_due(datetime(2026, 7, 3, 1, tzinfo=UTC)) == datetime(2026, 7, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "cron", ["", "hourly", "* * * *", "* * * * * *", "61 * * * *", "0 0 31 2 *", "0 0 * * fri-mon"]
)
def test_a_text_that_never_comes_due_is_refused(cron: str) -> None:
    with pytest.raises(Unreadable):
        Schedule("UTC", cron=cron)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("15m", timedelta(minutes=15)),
        ("2H", timedelta(hours=2)),
        ("1 d", timedelta(days=1)),
        ("９m", timedelta(minutes=9)),
    ],
)
def test_a_length_of_time_is_a_number_and_a_letter(text: str, length: timedelta) -> None:
    assert length_of(text) == length


@pytest.mark.parametrize("text", ["", "15", "m", "-5m", "1.5h", "1s", "99w", "15 minutes"])
def test_any_other_length_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        length_of(text)


# -- due -------------------------------------------------------------------------------------------------------------

NOON = datetime(2026, 7, 3, 12, tzinfo=UTC)
QUARTERLY = Schedule("UTC", every=timedelta(minutes=15))


def test_a_sync_that_never_ran_is_due_at_once_or_at_its_first_time() -> None:
    assert due_at(QUARTERLY, since=NOON) == NOON
    assert due_at(Schedule("UTC", cron="30 12 * * *"), since=NOON) == NOON + timedelta(minutes=30)


@given(st.integers(1, 10_000))
def test_however_long_nobody_was_there_it_is_due_once(missed: int) -> None:
    awake = NOON + missed * timedelta(minutes=15) + timedelta(minutes=1)
    assert due_at(QUARTERLY, since=NOON, last=NOON) <= awake
    assert due_at(QUARTERLY, since=NOON, last=awake) > awake


def test_after_failures_in_a_row_the_waits_double_up_to_an_hour() -> None:
    often = Schedule("UTC", every=timedelta(seconds=30))
    waits = [
        due_at(often, since=NOON, last=NOON, failures=failures, ended=NOON) - NOON for failures in range(9)
    ]
    assert waits == [timedelta(seconds=30), *(timedelta(minutes=m) for m in (1, 2, 4, 8, 16, 32, 60, 60))]
    assert wait_after(10**9) == LONGEST_WAIT


def test_a_schedule_slower_than_the_wait_keeps_its_own_pace() -> None:
    daily = Schedule("UTC", cron="0 3 * * *")
    due = due_at(daily, since=NOON, last=NOON, failures=3, ended=NOON)
    assert due == datetime(2026, 7, 4, 3, tzinfo=UTC)


# -- write windows ---------------------------------------------------------------------------------------------------


@given(st.sampled_from(ZONES), st.sampled_from(WINDOWS), moments)
def test_the_next_opening_is_the_first_open_minute(zone: str, texts: list[str], moment: datetime) -> None:
    windows = windows_of(texts, zone)
    opening = windows.next_opening(moment)
    assert opening is not None
    assert windows.open_at(opening)
    assert opening >= moment
    minutes = min((opening - moment) // timedelta(minutes=1), 2000)
    assert not any(windows.open_at(moment + timedelta(minutes=m)) for m in range(minutes))


def test_a_window_past_midnight_belongs_to_the_day_on_which_it_began() -> None:
    windows = windows_of(["fri 22:00-06:00"], TOKYO)
    shown = {
        text: windows.open_at(local(text, TOKYO))
        for text in ("2026-07-03 05:00", "2026-07-03 22:00", "2026-07-04 05:59", "2026-07-04 06:00")
    }
    assert list(shown.values()) == [False, True, True, False]


def test_a_weekend_is_open_from_its_first_to_its_last_minute() -> None:
    windows = windows_of(["sat,sun 00:00-24:00"], TOKYO)
    assert windows.next_opening(local("2026-07-03 12:00", TOKYO)) == local("2026-07-04 00:00", TOKYO)
    assert windows.open_at(local("2026-07-05 23:59", TOKYO))
    assert not windows.open_at(local("2026-07-06 00:00", TOKYO))


def test_without_windows_writing_is_always_allowed() -> None:
    assert windows_of([], TOKYO).open_at(NOON)
    assert windows_of([], TOKYO).next_opening(NOON) == NOON


def test_days_may_run_over_the_end_of_the_week() -> None:
    assert window_of("sat-mon 09:00-17:00").days == {5, 6, 0}
    assert window_of("09:00-17:00").days == frozenset(range(7))


@pytest.mark.parametrize(
    "text",
    ["", "mon", "09:00", "foo 09:00-17:00", "mon- 09:00-17:00", "09:00-09:00", "25:00-26:00", "24:00-06:00",
     "09:60-10:00", "mon,,tue 09:00-10:00"],
)  # fmt: skip
def test_a_window_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        window_of(text)
