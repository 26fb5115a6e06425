"""Bringing reports to Redis, in order, without anyone waiting for it.

While Redis is away reports wait here: of heartbeats and observed tables only the newest, of runs
everything. The ends of runs are on disk as well (`lvs.agent.memory`), so a killed agent sends them
when it comes back.
"""

import logging
import threading
from collections import deque

import redis

from lvs.agent.config import Config
from lvs.agent.entries import Voice
from lvs.agent.link import append, connect, one_line
from lvs.agent.memory import Memory
from lvs.agent.standing import Standing
from lvs.agent.streams import REPORTS_KEPT, Message, reports_stream

logger = logging.getLogger(__name__)

QUEUE_LIMIT = 5000
"""Reports that wait at most. Steps go first: the end of a run says all of them again."""
RETRY_EVERY = 1.0
"""Seconds between two tries while Redis is away."""

_NEWEST_ONLY = {"heartbeat", "observed"}
_DROP_ORDER = (
    "run_steps",
    "errand_answered",
    "run_started",
    "refused",
    "heartbeat",
    "observed",
    "run_finished",
)


class Reporter(threading.Thread):
    """The one thread that writes the report stream."""

    def __init__(self, config: Config, memory: Memory, standing: Standing | None = None) -> None:
        super().__init__(name="reporter", daemon=True)
        self._stream = reports_stream(config.director)
        self._link = config.redis
        self._voice = Voice("report", config.key)
        self._memory = memory
        self._queue: deque[Message] = deque(memory.pending())
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._standing = standing or Standing(config)
        self._trouble = ""
        """Why Redis has not what waits; "" where it has."""

    def put(self, message: Message) -> None:
        """Queue a report; never blocks on Redis."""
        with self._changed:
            if message["type"] in _NEWEST_ONLY:
                self._drop_type(message["type"])
            self._queue.append(message)
            if len(self._queue) > QUEUE_LIMIT:
                self._drop_one()
            self._changed.notify()

    def stop(self, timeout: float) -> None:
        """Send what is left, for at most so many seconds, and end."""
        self._stopping.set()
        with self._changed:
            self._changed.notify()
        self.join(timeout)

    def run(self) -> None:
        """Send until stopped."""
        with connect(self._link, timeout=5.0) as client:
            while self._wait():
                if not self.send_next(client):
                    if self._stopping.is_set():
                        return
                    self._stopping.wait(RETRY_EVERY)  # woken by stop, it tries once more

    def send_next(self, client: "redis.Redis") -> bool:
        """Send the first of what waits, if anything does; whether Redis took it."""
        with self._changed:
            if not self._queue:
                return True
            message = self._queue.popleft()
        sent = self._send(client, message)
        if not sent:
            self._put_back(message)
        return sent

    @property
    def waiting(self) -> int:
        """How many reports wait."""
        return len(self._queue)

    def _wait(self) -> bool:
        """Wait for something to send. False: there is nothing, and we are to stop."""
        with self._changed:
            while not self._queue and not self._stopping.is_set():
                self._changed.wait()
            return bool(self._queue)

    def _send(self, client: "redis.Redis", message: Message) -> bool:
        try:
            append(client, self._stream, self._voice.entry(message), REPORTS_KEPT, exact=False)
        except redis.RedisError as error:
            self._say(error)
            return False
        if self._trouble:
            logger.info("Redis takes reports again, sending what waited")
            self._standing.taken(self.name)
        self._trouble = ""
        if message["type"] == "run_finished":
            self._note_sent(message)
        return True

    def _say(self, error: redis.RedisError) -> None:
        if self._standing.refused(self.name, error):  # which it said itself
            self._trouble = "Redis does not take our user"
            return
        refuses = isinstance(error, redis.ResponseError)  # it is there: out of memory, or a replica
        trouble = "Redis refuses reports, they wait" if refuses else "Redis is away, reports wait"
        if trouble != self._trouble:
            logger.warning("%s: %s", trouble, one_line(error))
        self._trouble = trouble

    def _note_sent(self, message: Message) -> None:
        try:
            self._memory.note_sent(message)
        except OSError as error:  # it is sent once more after a restart, which does no harm
            logger.error("run %d: can't be noted as reported: %s", message["run"], error)

    def _put_back(self, message: Message) -> None:
        with self._changed:
            kind = message["type"]
            if kind in _NEWEST_ONLY and any(m["type"] == kind for m in self._queue):
                return
            self._queue.appendleft(message)

    def _drop_type(self, kind: str) -> None:
        self._queue = deque(m for m in self._queue if m["type"] != kind)

    def _drop_one(self) -> None:
        """Called with the lock held."""
        for kind in _DROP_ORDER:
            for index, message in enumerate(self._queue):
                if message["type"] == kind:
                    del self._queue[index]
                    return
