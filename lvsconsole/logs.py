"""The console's log: a Redis or database that is away is one line a minute, not a traceback at each try."""

import copy
import logging
import threading
import time
from collections.abc import Callable

from lvsconsole.away import why_away

REPEAT_AFTER = 60.0
"""Seconds until the log says again that the same is away."""


class PatientHandler(logging.StreamHandler):
    """Writes each record as it is, but for those whose error says that something is away.

    Of these it writes what is away and why; from each logger each reason once in REPEAT_AFTER, with the
    number of those that it left out. Every other error keeps its traceback.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, str], float] = {}
        self._left_out: dict[tuple[str, str], int] = {}
        self._counting = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, in full or in short, or leave it out."""
        reason = why_away(record.exc_info[1]) if record.exc_info else ""
        if not reason:
            super().emit(record)
        elif (left_out := self._turn((record.name, reason))) is not None:
            super().emit(_short(record, reason, left_out))

    def _turn(self, key: tuple[str, str]) -> int | None:
        """How many were left out since it was said last; None: it was said a moment ago."""
        with self._counting:
            now = self._clock()
            if now - self._said.get(key, float("-inf")) < REPEAT_AFTER:
                self._left_out[key] = self._left_out.get(key, 0) + 1
                return None
            self._forget(now - 10 * REPEAT_AFTER)
            self._said[key] = now
            return self._left_out.pop(key, 0)

    def _forget(self, before: float) -> None:
        for key in [key for key, when in self._said.items() if when < before]:
            del self._said[key]
            self._left_out.pop(key, None)


def _short(record: logging.LogRecord, reason: str, left_out: int) -> logging.LogRecord:
    """A copy for us: other handlers get the record whole. A message without arguments says what was being
    done, and stands first; others, such as Celery's and Django's, repeat the error."""
    short = copy.copy(record)
    doing = "" if record.args else " ".join(record.getMessage().split()).rstrip(":") + ": "
    more = f" ({left_out} more like it left out since)" if left_out else ""
    short.msg, short.args = f"{doing}{reason}{more}", None
    short.exc_info = short.exc_text = short.stack_info = None
    return short
