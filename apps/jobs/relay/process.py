"""The relay as a process: three threads that outlive a restart of Redis or the database."""

import logging
import threading
import time
from typing import Protocol

import redis
from django.db import connections

from apps.jobs.relay.intake import DATABASE_AWAY
from apps.jobs.relay.presence import PresenceWatcher
from apps.jobs.relay.reports import ReportReader
from apps.jobs.relay.samples import SampleReader

logger = logging.getLogger(__name__)

SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
"""Seconds between two tries while Redis or the database is away."""
STOP_WITHIN = 6.0
"""Seconds that a part may take to notice that it should stop."""


class Part(Protocol):
    """Something that runs until `stop` is set, or raises when Redis or the database is away."""

    def session(self, stop: threading.Event) -> None:
        """Run."""


class Relay:
    """Reports, samples and presence, side by side: a slow one delays no other."""

    def __init__(self, name: str) -> None:
        self.stop = threading.Event()
        self.failed = False
        parts: dict[str, Part] = {
            "reports": ReportReader(name),
            "samples": SampleReader(),
            "presence": PresenceWatcher(),
        }
        self._threads = [
            threading.Thread(target=self._keep_going, args=item, name=item[0], daemon=True)
            for item in parts.items()
        ]

    def run(self) -> bool:
        """Run until `stop` is set or a part fails for a reason of its own; whether it ended well."""
        for thread in self._threads:
            thread.start()
        while not self.stop.wait(0.5):
            pass
        for thread in self._threads:
            thread.join(STOP_WITHIN)
        return not self.failed

    def _keep_going(self, name: str, part: Part) -> None:
        try:
            pause = SHORTEST_PAUSE
            while not self.stop.is_set():
                began = time.monotonic()
                self._session(name, part)
                worked = time.monotonic() - began > LONGEST_PAUSE * 2
                pause = SHORTEST_PAUSE if worked else min(pause * 2, LONGEST_PAUSE)
                self.stop.wait(pause)
        except Exception:
            logger.exception("%s: the relay ends, because of an error of its own", name)
            self.failed = True
            self.stop.set()
        finally:
            connections.close_all()

    def _session(self, name: str, part: Part) -> None:
        try:
            part.session(self.stop)
        except redis.RedisError as error:
            logger.warning("%s: Redis: %s; trying again", name, _line(error))
        except DATABASE_AWAY as error:
            logger.warning("%s: the database: %s; trying again", name, _line(error))
            connections.close_all()


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
