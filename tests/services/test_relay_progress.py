"""Up to when every report is stored: while a backlog is read, and while somebody floods a stream."""

import time

import pytest

from apps.jobs.relay import progress
from apps.jobs.relay.progress import BATCH, MOST_WAITING, Progress

STREAMS = {b"d1", b"d2"}


@pytest.fixture
def clock(monkeypatch):
    """What the relay takes for the monotonic clock; a test moves it."""
    hands = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: hands[0])
    return hands


def batch(at, size=BATCH):
    """Ids of entries, the last of which came at that time."""
    return [f"{int((at - size + 1 + place) * 1000)}-0".encode() for place in range(size)]


def noted(one, asked, **read):
    found = {name.encode(): ids for name, ids in read.items()}
    return one.note(asked, found, STREAMS, 0.0)


def flood(one, asked, batches):
    """Whole batches of entries from long ago, in one stream; what the last one comes to."""
    for _ in range(batches):
        until = noted(one, asked, d1=batch(1.0 + BATCH))
    return until


ALL = -(-MOST_WAITING // BATCH)


def test_everything_is_stored_once_each_stream_came_to_its_end():
    now = int(time.time())
    assert noted(Progress(), now, d1=batch(now, 3)) == now


def test_while_a_backlog_is_read_no_more_is_promised_than_was_read():
    now = int(time.time())
    assert noted(Progress(), now, d1=batch(now - 600), d2=batch(now - 60)) == now - 600


def test_entries_that_came_since_we_asked_are_no_backlog():
    now = int(time.time())
    assert noted(Progress(), now - 1, d1=batch(now)) == now - 1


def test_what_was_promised_once_stays_so():
    one, now = Progress(), int(time.time())
    noted(one, now - 2)
    assert noted(one, now, d1=batch(now - 600)) == now - 2


def test_a_clock_that_was_set_back_is_followed():
    one, now = Progress(), int(time.time())
    noted(one, now)
    assert noted(one, now - 3600) == now - 3600


def test_more_than_an_honest_director_can_have_said_is_not_waited_for(clock):
    one, now = Progress(), int(time.time())
    assert flood(one, now, ALL - 1) < now
    assert flood(one, now, 1) == now


def test_a_flood_that_comes_to_its_end_and_begins_anew_is_not_waited_for(clock):
    one, now = Progress(), int(time.time())
    flood(one, now, ALL)
    noted(one, now + 1)
    assert flood(one, now + 2, 1) == now + 2


def test_after_a_long_pause_of_ours_everybody_is_waited_for_again(clock):
    one, now = Progress(), int(time.time()) - 7200
    flood(one, now, ALL)
    clock[0] += 3600
    assert noted(one, now + 3600, d1=batch(now + 60)) == now + 60
