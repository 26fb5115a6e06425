"""Freezes: once, or every week; through midnight, one after the other, and where clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.changes import services
from apps.changes.errors import Invalid
from apps.changes.models import FreezeWindow
from apps.changes.windows import frozen_at
from tests.services.records import said

BERLIN = ZoneInfo("Europe/Berlin")


def once(start, end):
    return FreezeWindow(reason="Sale", starts_at=start, ends_at=end)


def weekly(days, start, end):
    return FreezeWindow(
        reason="Weekend",
        weekdays=days,
        from_time=time.fromisoformat(start),
        to_time=time.fromisoformat(end),
    )


def at(text, zone=UTC):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def until(windows, text, zone=UTC):
    frozen = frozen_at(windows, at(text, zone), zone)
    return frozen and frozen.until


def test_a_freeze_begins_at_its_start_and_is_over_at_its_end():
    window = [once(at("2026-11-27 00:00"), at("2026-11-30 06:00"))]
    assert until(window, "2026-11-26 23:59") is None
    assert until(window, "2026-11-27 00:00") == at("2026-11-30 06:00")
    assert until(window, "2026-11-30 05:59") == at("2026-11-30 06:00")
    assert until(window, "2026-11-30 06:00") is None


def test_a_weekly_one_goes_through_midnight():
    window = [weekly([4], "22:00", "06:00")]  # 2026-11-27 is a Friday
    assert until(window, "2026-11-27 21:59") is None
    assert until(window, "2026-11-27 22:00") == at("2026-11-28 06:00")
    assert until(window, "2026-11-28 05:59") == at("2026-11-28 06:00")
    assert until(window, "2026-11-28 22:00") is None


def test_equal_times_are_a_whole_day():
    assert until([weekly([5], "00:00", "00:00")], "2026-11-28 12:00") == at("2026-11-29 00:00")


def test_freezes_that_touch_are_one():
    windows = [weekly([4], "22:00", "00:00"), weekly([5, 6], "00:00", "00:00")]
    assert until(windows, "2026-11-27 23:00") == at("2026-11-30 00:00")


def test_every_day_and_night_has_no_end_that_anybody_plans_for():
    always = [weekly(list(range(7)), "00:00", "00:00")]
    assert until(always, "2026-11-27 12:00") > at("2027-11-27 12:00")


def test_a_weekly_one_keeps_its_wall_clock_when_the_clocks_change():
    window = [weekly([5], "22:00", "06:00")]  # the night of 2026-10-25, an hour longer
    end = until(window, "2026-10-24 22:30", BERLIN)
    assert end == at("2026-10-25 06:00", BERLIN)
    assert end - at("2026-10-24 22:00", BERLIN).astimezone(UTC) == timedelta(hours=9)


@pytest.mark.django_db
def test_a_freeze_is_added_and_removed_and_recorded(admin, cluster):
    window = services.add_freeze(
        actor=admin,
        cluster=cluster,
        reason="Sale",
        weekdays=[4],
        from_time=time(8),
        to_time=time(20),
    )
    assert said("freeze.added")[3]["weekdays"] == [4]
    services.remove_freeze(actor=admin, window=window)
    assert said("freeze.removed")[2]["reason"] == "Sale"
    assert not cluster.freezes.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": " ", "weekdays": [4], "from_time": time(8), "to_time": time(9)}, "reason"),
        ({"starts_at": at("2026-11-27 00:00")}, "ends_at"),
        (
            {"starts_at": at("2026-11-27 00:00"), "ends_at": at("2026-11-26 00:00")},
            "ends_at",
        ),
        (
            {"starts_at": at("2026-11-27 00:00"), "ends_at": at("2999-01-01 00:00")},
            "ends_at",
        ),
        ({}, "starts_at"),
        ({"from_time": time(8), "to_time": time(9)}, "starts_at"),
        ({"weekdays": [7], "from_time": time(8), "to_time": time(9)}, "weekdays"),
    ],
)
def test_a_freeze_that_is_none_is_refused(wrong, field, admin, cluster):
    with pytest.raises(Invalid) as refused:
        services.add_freeze(actor=admin, cluster=cluster, **{"reason": "Sale"} | wrong)
    assert [problem.path for problem in refused.value.problems] == [(field,)]


SPRING = at("2027-03-28 00:10")
"""A Sunday in Berlin: at 01:00 UTC the clocks jump from 02:00 to 03:00."""


def test_freezes_in_the_hour_that_the_clocks_leave_out_end():
    windows = [
        weekly([6], "00:00", "02:30"),
        weekly([6], "02:00", "03:00"),
        once(at("2027-03-28 00:00"), at("2027-03-28 01:15")),
    ]
    assert frozen_at(windows, SPRING, BERLIN).until == at("2027-03-28 01:30")
