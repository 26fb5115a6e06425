"""Passing counters on: each director's samples become frames for browsers. Nothing is stored for long.

A thread of its own, so that counters never wait for reports, nor reports for counters.
"""

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from apps.inventory.models import Director
from apps.jobs.relay.connection import BLOCK_MS, clock_offset, entry_time
from apps.jobs.relay.directory import Directory
from apps.telemetry import live, push
from apps.telemetry.frames import FrameMaker
from apps.trust.selectors import identity_of
from lvs.agent.entries import genuine_text
from lvs.agent.sealing import public_key_from_text
from lvs.agent.shapes import BadMessage, parse_sample
from lvs.agent.streams import samples_stream
from lvsconsole.redis_client import connect

logger = logging.getLogger(__name__)

LIVES = 50
"""Lives of an agent that are remembered."""
BACKLOG = 5
"""Entries of one director that are taken at a time; older ones are no longer live."""


@dataclass
class _Feed:
    """Where we stand with one director."""

    director: Director
    key: Ed25519PublicKey
    """What its samples are signed with."""
    maker: FrameMaker
    position: bytes = b"0-0"
    heard: float = field(default_factory=time.monotonic)
    silent: bool = False
    numbers: dict[str, int] = field(default_factory=dict)
    """The highest number of each life of its agent: what is not above it was recorded, and is sent again."""

    def is_news(self, sample: dict[str, Any]) -> bool:
        """Whether the sample follows those before it."""
        session, number = sample["session"], sample["number"]
        if number <= self.numbers.get(session, 0):
            return False
        self.numbers.pop(session, None)
        self.numbers[session] = number
        if len(self.numbers) > LIVES:
            del self.numbers[next(iter(self.numbers))]
        return True


class SampleReader:
    """One relay's reading of all sample streams."""

    def session(self, stop: threading.Event) -> None:
        """Read and pass on until `stop` is set. Raises redis.RedisError and database errors."""
        self._directory = Directory(samples_stream)
        self._feeds: dict[bytes, _Feed] = {}
        with connect() as client:
            self._client = client
            while not stop.is_set():
                self._look_around()
                if self._feeds:
                    self._read()
                else:
                    stop.wait(BLOCK_MS / 1000)

    def _look_around(self) -> None:
        if not self._directory.refresh(self._client):
            return
        self._offset = clock_offset(self._client)
        wanted = self._directory.streams
        for stream in self._feeds.keys() - wanted.keys():
            self._forget(self._feeds.pop(stream))
        for stream, director in wanted.items():
            feed = self._feeds.get(stream)
            if feed and _moved(feed.director, director):
                self._forget(feed)
                feed = None
            if feed is None:
                self._feeds[stream] = feed = _new_feed(director)
                self._catch_up(stream, feed)
            self._notice_silence(stream, feed)

    def _catch_up(self, stream: bytes, feed: _Feed) -> None:
        """Go to the newest sample; show it at once unless it is too old to be called live."""
        newest: Any = self._client.xrevrange(stream, count=1)
        feed.position = newest[0][0] if newest else b"0-0"
        if newest and time.time() - self._entered(feed.position) < live.SNAPSHOT_EXPIRES:
            self._pass_on(feed, *newest[0])

    def _notice_silence(self, stream: bytes, feed: _Feed) -> None:
        if feed.silent or time.monotonic() - feed.heard < live.SNAPSHOT_EXPIRES:
            return
        self._forget(feed)
        feed.silent = True
        # Should the clock of Redis have gone back, new samples would be older than our position.
        newest: Any = self._client.xrevrange(stream, count=1)
        feed.position = newest[0][0] if newest else b"0-0"

    def _read(self) -> None:
        positions = {stream: feed.position for stream, feed in self._feeds.items()}
        answer: Any = self._client.xread(positions, count=2 * BACKLOG, block=BLOCK_MS)
        for stream, entries in answer or ():
            feed = self._feeds[stream]
            for entry in entries[-BACKLOG:]:
                self._pass_on(feed, *entry)
            feed.position = entries[-1][0]
            feed.heard, feed.silent = time.monotonic(), False

    def _pass_on(self, feed: _Feed, entry_id: bytes, fields: dict[bytes, bytes]) -> None:
        try:
            sample = parse_sample(genuine_text("sample", fields, feed.key))
        except BadMessage as error:
            logger.warning("a sample of %s is dropped: %s", feed.director.name, error)
            return
        if not feed.is_news(sample):
            return
        frame, full = feed.maker.make(sample)
        cluster_id = feed.director.cluster_id
        if cluster_id is not None:
            live.store_frame(self._client, cluster_id, full, self._entered(entry_id))
            push.send_frame(cluster_id, frame)

    def _forget(self, feed: _Feed) -> None:
        if feed.director.cluster_id is not None:
            live.forget_frame(self._client, feed.director.cluster_id, str(feed.director.uuid))

    def _entered(self, entry_id: bytes) -> float:
        return entry_time(entry_id, self._offset)


def _new_feed(director: Director) -> _Feed:
    key = public_key_from_text(identity_of(director).public_key)
    return _Feed(director, key, FrameMaker(str(director.uuid), director.name))


def _moved(known: Director, now: Director) -> bool:
    """Whether it is in another cluster, has another name, or was enrolled anew."""
    before = (known.cluster_id, known.name, identity_of(known).public_key)
    return before != (now.cluster_id, now.name, identity_of(now).public_key)
