"""Up to when every report is stored: what silence is measured by."""

import time

from apps.jobs.relay.connection import entry_time
from lvs.agent.streams import REPORTS_KEPT

BATCH = 50
"""Entries of each director that are read at a time: one may be megabytes."""
MOST_WAITING = REPORTS_KEPT + 5_000
"""Reports of one director that may wait when we begin: its agent keeps about REPORTS_KEPT."""
MOST_PER_SECOND = 5.0
"""Reports that a director sends in the long run, at most: many times what an agent has to say."""


class Progress:
    """What one relay has read of each stream since it began, and up to when nothing older waits.

    A stream that gave a whole batch may hold more, but nothing older than the last entry of that batch:
    entries come in order. So every report is stored up to the earliest of these, or up to the moment at which
    we asked, if each stream came to its end. While a backlog is read, this moment follows it.

    Whoever took over a director's host can flood its stream, faster than anybody reads, under times of its
    choice. Waiting for its end would be waiting for ever, nobody's silence would ever count, and no run of
    another director would end as lost. So a stream is waited for only while it can be what an honest director
    said: MOST_WAITING reports, and MOST_PER_SECOND since. Of one that holds more, nothing is promised:
    it may be called silent, though reports in its name wait. They are still read, a batch in each round.
    """

    def __init__(self) -> None:
        self._left: dict[bytes, float] = {}
        self._looked = time.monotonic()
        self._until = float("-inf")

    def note(
        self, asked: float, read: dict[bytes, list[bytes]], streams: set[bytes], offset: float
    ) -> float:
        """Note a reading of all `streams`, and that what it gave is stored; up to when everything is, in unix
        seconds by our clock, as is `asked`, when the reading began.

        read: the ids of entries by stream; offset: see `clock_offset`.
        """
        now = time.monotonic()
        earned, self._looked = (now - self._looked) * MOST_PER_SECOND, now
        until = asked
        left = {}
        for stream in streams:
            ids = read.get(stream, [])
            before = self._left.get(stream, MOST_WAITING)
            left[stream] = max(0.0, min(MOST_WAITING, before + earned) - len(ids))
            if len(ids) == BATCH and left[stream]:
                until = min(until, entry_time(ids[-1], offset))
        self._left = left
        # What was so stays so; unless our clock was set back.
        self._until = max(until, min(self._until, asked))
        return self._until
