"""Time as the history has it: it goes on only where somebody says so."""

import datetime
import time
from typing import Any
from unittest import mock

BEGIN = 1_800_000_000.0


class Clock:
    """Replaces the clocks of this process from `start` to `stop`.

    offset: how far the clock of the host whose process has its turn is ahead.
    """

    def __init__(self) -> None:
        self.now = BEGIN
        self.offset = 0.0
        self._patches: list[Any] = [
            mock.patch("time.time", self.time),
            mock.patch("time.time_ns", lambda: int(self.time() * 1e9)),
            mock.patch("time.monotonic", lambda: self.now),
            mock.patch("time.sleep", self.go_on),
            mock.patch("django.utils.timezone.now", self._aware),
        ]
        self.real = time.perf_counter

    def start(self) -> None:
        """From now on."""
        for patch in self._patches:
            patch.start()

    def stop(self) -> None:
        """The clocks of this process are the real ones again."""
        for patch in self._patches:
            patch.stop()

    def time(self) -> float:
        """Unix seconds, by the clock of the host whose process has its turn."""
        return self.now + self.offset

    def go_on(self, seconds: float) -> None:
        """So much time passes."""
        self.now += max(0.0, seconds)

    def _aware(self) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self.time(), datetime.UTC)
