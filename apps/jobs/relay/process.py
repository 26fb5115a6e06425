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
LONGEST_PAUSE = 1.0
"""Seconds between two tries while Redis or the database is away."""
REPEAT_AFTER = 30.0
"""Seconds after which the log says again that it is still away."""
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
        complaint = _Complaint(name)
        pause = SHORTEST_PAUSE
        try:
            while not self.stop.is_set():
                began = time.monotonic()
                self._session(part, complaint)
                worked = time.monotonic() - began > LONGEST_PAUSE * 3
                pause = SHORTEST_PAUSE if worked else min(pause * 2, LONGEST_PAUSE)
                self.stop.wait(pause)
        except Exception:
            logger.exception("%s: the relay ends, because of an error of its own", name)
            self.failed = True
            self.stop.set()
        finally:
            connections.close_all()

    def _session(self, part: Part, complaint: "_Complaint") -> None:
        try:
            part.session(self.stop)
        except redis.RedisError as error:
            complaint.say("Redis", error)
        except DATABASE_AWAY as error:
            complaint.say("the database", error)
            connections.close_all()


class _Complaint:
    """Says what is away in one line: once, and again when it is something else or takes long."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._said = ("", float("-inf"))

    def say(self, what: str, error: Exception) -> None:
        text = " ".join(str(error).split()) or type(error).__name__
        known, when = self._said
        if text != known or time.monotonic() - when > REPEAT_AFTER:
            logger.warning("%s: %s: %s; trying again", self._part, what, text)
            self._said = (text, time.monotonic())
