"""The console's log: a Redis or database that is away is one line a minute, not a traceback at each try."""

import copy
import logging
import threading
import time
from collections.abc import Callable

from lvsconsole.away import why_away

REPEAT_AFTER = 60.0
"""Seconds until the log says again that the same is away."""


OURS = ("apps.", "lvs.", "lvsconsole.")
"""Whose messages say what was being done. Those of Celery and Django with arguments repeat the error."""


class PatientHandler(logging.StreamHandler):
    """Writes each record as it is, but for those whose error says that something is away.

    Of these it writes what was being done, what is away and why; from each logger the same once in
    REPEAT_AFTER, with the number of those that it left out. Every other error keeps its traceback, and so
    does one of which nobody says whose connection it was, each time that it is written.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, str], float] = {}
        self._left_out: dict[tuple[str, str], int] = {}
        self._counting = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, in full or in short, or leave it out."""
        error = record.exc_info[1] if record.exc_info else None
        reason = why_away(error)
        if not reason:
            super().emit(record)
            return
        line = _doing(record) + reason
        if (left_out := self._turn((record.name, line))) is None:
            return
        more = f" ({left_out} more like it left out since)" if left_out else ""
        super().emit(_with(record, line + more, traceback=isinstance(error, OSError)))

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


def _doing(record: logging.LogRecord) -> str:
    """What was being done, as the beginning of a line; "" where the message says nothing but the error."""
    if record.args and not record.name.startswith(OURS):
        return ""
    return " ".join(record.getMessage().split()).rstrip(":") + ": "


def _with(record: logging.LogRecord, line: str, *, traceback: bool) -> logging.LogRecord:
    """A copy for us: other handlers get the record whole."""
    short = copy.copy(record)
    short.msg, short.args = line, None
    if not traceback:
        short.exc_info = short.exc_text = short.stack_info = None
    return short
