"""A thread that does one thing again and again, whatever goes wrong."""

import logging
import threading
import time
from abc import ABC, abstractmethod

logger = logging.getLogger(__name__)


LARGEST_SHARE = 0.2
"""Of one processor, that a thread may take: with very large tables it ticks less often instead."""


class Periodic(threading.Thread, ABC):
    """Calls `tick` each `interval` seconds. An error in a tick is logged, the next one comes."""

    def __init__(self, name: str, interval: float) -> None:
        super().__init__(name=name, daemon=True)
        self._interval = interval
        self._stopping = threading.Event()
        self._last_error = ""

    @abstractmethod
    def tick(self) -> None:
        """Do it once."""

    def stop(self) -> None:
        """Make this the last tick."""
        self._stopping.set()

    def run(self) -> None:
        """Tick until stopped; a tick that takes long delays the next one, it makes no burst."""
        due = time.monotonic()
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            before = time.thread_time()
            self._guarded_tick()
            spent = time.thread_time() - before
            due = max(due + self._interval, time.monotonic() + spent * (1 / LARGEST_SHARE - 1))

    def _guarded_tick(self) -> None:
        try:
            self.tick()
            self._last_error = ""
        except Exception as error:
            if repr(error) != self._last_error:  # the same again each second says nothing new
                logger.exception("%s met an unexpected error and goes on", self.name)
            self._last_error = repr(error)
