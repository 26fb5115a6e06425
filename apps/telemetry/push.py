"""Telling browsers, over the channel layer. Best effort: the database is the truth.

What is announced only says that something changed; the page asks for it. A thread of its own does the
sending, so that a Redis that is down or slow costs no request, transaction or relay any time. News
wait until Redis is back; counters that can't be sent are dropped.
"""

import asyncio
import atexit
import logging
import os
import threading
import time
from collections import deque
from functools import partial
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction

from apps.telemetry.frames import Frame
from lvs.agent.link import one_line

logger = logging.getLogger(__name__)

GATHER = 0.03
"""Seconds that announcements wait for others of the same topic."""
SEND_WITHIN = 2.0
"""Seconds until Redis must have taken a batch."""
RETRY = 0.5
"""Seconds between two tries while Redis does not take any."""
TOPICS_KEPT, FRAMES_KEPT = 1000, 500


def group_of(topic: str) -> str:
    """The channel layer's group for a topic: `change.12`, `cluster.3`, `samples.3`, `directors`, `home`."""
    return f"live.{topic}"


def announce(topic: str) -> None:
    """Say after the transaction's commit that `topic` changed. Never raises, never waits."""
    transaction.on_commit(partial(_announce_now, topic), robust=True)


def send_frame(cluster_id: int, frame: Frame) -> None:
    """Send counters of one director to who watches the cluster. Never raises, never waits."""
    topic = f"samples.{cluster_id}"
    _publisher().add_frame(group_of(topic), {"type": "live.frame", "topic": topic, "frame": frame})


def _announce_now(topic: str) -> None:
    _publisher().add_topic(topic)


class _Publisher:
    """Gathers what is to be sent and sends it from one thread with one event loop."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._topics: dict[str, None] = {}
        self._frames: deque[tuple[str, dict[str, Any]]] = deque(maxlen=FRAMES_KEPT)
        self._changed = threading.Condition()
        self._sending = False
        self._failing = False
        threading.Thread(target=self._run, name="push", daemon=True).start()

    def add_topic(self, topic: str) -> None:
        with self._changed:
            self._topics[topic] = None
            self._changed.notify_all()

    def add_frame(self, group: str, message: dict[str, Any]) -> None:
        with self._changed:
            self._frames.append((group, message))
            self._changed.notify_all()

    def drain(self, timeout: float) -> None:
        """Wait until all is sent, at most `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: not self._sending and self._empty(), timeout)

    def _empty(self) -> bool:
        return not self._topics and not self._frames

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: not self._empty())
                time.sleep(RETRY if self._failing else GATHER)
                self._send(runner)

    def _send(self, runner: asyncio.Runner) -> None:
        with self._changed:
            self._sending = True
            topics, frames = list(self._topics), list(self._frames)
            self._topics.clear()
            self._frames.clear()
        batch = [(group_of(t), {"type": "live.event", "topic": t}) for t in topics]
        try:
            runner.run(asyncio.wait_for(_send_all(batch + frames), SEND_WITHIN))
        except Exception as error:  # whatever it is, it must not end this thread
            self._note_failure(error, topics)
        else:
            if self._failing:
                logger.info("pages are told of changes again")
            self._failing = False
        with self._changed:
            self._sending = False
            self._changed.notify_all()

    def _note_failure(self, error: Exception, topics: list[str]) -> None:
        """News that a page must know are tried again; frames are worth nothing later."""
        if not self._failing:
            logger.warning("pages are not told of changes now: %s", one_line(error))
        self._failing = True
        with self._changed:
            self._topics |= dict.fromkeys(topics[:TOPICS_KEPT])


async def _send_all(batch: list[tuple[str, dict[str, Any]]]) -> None:
    layer = get_channel_layer()
    for group, message in batch:
        await layer.group_send(group, message)


_made: _Publisher | None = None
_making = threading.Lock()


def _publisher() -> _Publisher:
    """This process' publisher; a thread does not survive a fork, so a child makes its own."""
    global _made  # noqa: PLW0603
    with _making:
        if _made is None or _made.pid != os.getpid():
            _made = _Publisher()
        return _made


def drain(timeout: float = 1.0) -> None:
    """Wait until all that was announced is sent, at most `timeout` seconds."""
    if _made is not None and _made.pid == os.getpid():
        _made.drain(timeout)


atexit.register(drain)  # a command that ends at once still says what it did
