"""When changes of a cluster may begin: freezes, once or every week. Pure but for its arguments."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

from apps.changes.models import FreezeWindow

DAY = timedelta(days=1)


class Frozen(NamedTuple):
    """A freeze that is on."""

    until: datetime
    reason: str


def frozen_at(windows: Iterable[FreezeWindow], now: datetime, zone: tzinfo) -> Frozen | None:
    """The freeze at this moment, to the end of all that follow without a gap; None = changes may begin.

    now: aware. zone: in which weekly windows are meant; a wall clock that jumps moves them along.
    """
    windows = list(windows)
    found = _longest(windows, now, zone)
    while found and (more := _longest(windows, found.until, zone)):
        if more.until - now > timedelta(days=366):
            return more  # every week without a gap: for ever, as far as anybody plans
        found = Frozen(more.until, found.reason)
    return found


def _longest(windows: Iterable[FreezeWindow], now: datetime, zone: tzinfo) -> Frozen | None:
    spans = (
        Frozen(end, window.reason)
        for window in windows
        for start, end in _spans(window, now, zone)
        if start <= now < end
    )
    return max(spans, default=None, key=lambda frozen: frozen.until)


def _spans(
    window: FreezeWindow, now: datetime, zone: tzinfo
) -> Iterator[tuple[datetime, datetime]]:
    """The times of the window that could hold `now`."""
    if window.starts_at is not None and window.ends_at is not None:
        yield window.starts_at, window.ends_at
        return
    today = now.astimezone(zone).date()
    for day in (today - DAY, today):
        if day.weekday() in window.weekdays:
            yield _weekly(window, day, zone)


def _weekly(window: FreezeWindow, day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    assert window.from_time is not None
    assert window.to_time is not None
    last = day + DAY if window.to_time <= window.from_time else day
    # In UTC: on the day the clocks jump, local times that follow each other may be hours apart, or none.
    return (
        datetime.combine(day, window.from_time, zone).astimezone(UTC),
        datetime.combine(last, window.to_time, zone).astimezone(UTC),
    )
