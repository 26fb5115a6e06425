"""Reading the directors' reports: nothing is lost, nothing is stored twice.

A consumer group hands each entry to one relay. An entry is acknowledged, and deleted, only after the
commit of what it says; a relay that dies in between meets it again, and storing twice changes nothing.
What another relay left behind is taken over once it lies still.
"""

import logging
import threading
import time
from datetime import UTC, datetime
from typing import Any, cast

import redis

from apps.inventory.models import Director
from apps.jobs.relay.connection import BLOCK_MS, clock_offset, entry_time
from apps.jobs.relay.directory import Directory
from apps.jobs.relay.intake import store_report
from apps.jobs.relay.progress import BATCH, Progress
from apps.telemetry.services import relay_was_here
from lvs.agent.streams import reports_stream
from lvsconsole.redis_client import connect

logger = logging.getLogger(__name__)

GROUP = "relay"
MARK_EVERY = 1.5
"""Seconds between two notes that we are listening."""
CLAIM_EVERY = 15.0
CLAIM_IDLE_MS = 30_000
"""How long an entry must lie with another relay until we take it over."""

STREAM_GONE = ("UNBLOCKED", "NOGROUP")
"""What Redis says of a stream that went: the worker deletes those of whom it cuts off."""

Entries = list[tuple[bytes | None, dict[bytes, bytes] | None]]


class ReportReader:
    """One relay's reading of all report streams, by the consumer `name`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._heard = -1
        """How many directors the log says we listen to."""

    def session(self, stop: threading.Event) -> None:
        """Read and store until `stop` is set, or a stream went while we read it. Raises redis.RedisError and
        database errors.

        A new session starts with what this consumer had not acknowledged.
        """
        with connect() as client:
            try:
                self.begin(client, stop)
                while not stop.is_set():
                    self.step(stop)
            except redis.ResponseError as error:
                if not str(error).startswith(STREAM_GONE):
                    raise
                logger.info("reports: a director was cut off or removed; beginning anew")

    def begin(self, client: "redis.Redis", stop: threading.Event) -> None:
        """Begin with what this consumer had taken and not acknowledged. Raises as `session`."""
        self._directory = Directory(reports_stream)
        self._progress = Progress()
        self._streams: dict[bytes, Director] = {}
        self._marked = self._claimed = float("-inf")
        self._client = client
        self._look_around()
        self._read_own_pending(stop)

    def step(self, stop: threading.Event) -> None:
        """Store what is there, or wait a little for news. Raises as `session`."""
        self._look_around()
        self._claim_left_behind()
        self._read_new(stop)

    def _look_around(self) -> None:
        if not self._directory.refresh(self._client):
            return
        self._offset = clock_offset(self._client)
        streams = self._directory.streams
        for stream in streams.keys() - self._streams.keys():
            self._make_group(stream)
        if self._heard != len(streams):
            self._heard = len(streams)
            logger.info("reports: %s", _listening(self._heard))
        self._streams = streams

    def _make_group(self, stream: bytes) -> None:
        """From the stream's beginning: a director may have spoken before we knew it."""
        try:
            self._client.xgroup_create(stream, GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    def _read_own_pending(self, stop: threading.Event) -> None:
        """What we had taken and not acknowledged, before a crash or an error."""
        while self._streams and not stop.is_set():
            answer = self._read(dict.fromkeys(self._streams, b"0"), block=None)
            if not any(entries for _, entries in answer):
                return
            self._store(answer)

    def _read_new(self, stop: threading.Event) -> None:
        asked = time.time()
        if self._streams:
            answer = self._read(dict.fromkeys(self._streams, b">"), block=BLOCK_MS)
        else:
            self._client.ping()
            stop.wait(BLOCK_MS / 1000)
            answer = []
        self._store(answer)
        read = {stream: [entry_id for entry_id, _ in entries] for stream, entries in answer}
        self._mark(self._progress.note(asked, read, set(self._streams), self._offset))

    def _read(self, positions: dict[bytes, bytes], block: int | None) -> list[Any]:
        answer: Any = self._client.xreadgroup(
            GROUP,
            self.name,
            cast(dict[Any, Any], positions),
            count=BATCH,
            block=block,
        )
        return answer or []

    def _claim_left_behind(self) -> None:
        now = time.monotonic()
        if now - self._claimed < CLAIM_EVERY:
            return
        for stream in self._streams:
            start: Any = b"0-0"
            while True:
                claimed: Any = self._client.xautoclaim(
                    stream, GROUP, self.name, CLAIM_IDLE_MS, start_id=start, count=BATCH
                )
                start, entries = claimed[0], claimed[1]
                self._store([(stream, entries)])
                if start == b"0-0":
                    break
        self._claimed = now

    def _store(self, answer: list[tuple[bytes, Entries]]) -> None:
        for stream, entries in answer:
            director = self._streams[stream]
            # Redis before 7 claims nothing in the place of an entry that was trimmed away.
            found = [(entry_id, fields) for entry_id, fields in entries if entry_id]
            for entry_id, fields in found:
                if fields:  # else it was trimmed away before we came to it
                    entered = entry_time(entry_id, self._offset)
                    store_report(director, fields, entered)
            if found:
                self._acknowledge(stream, [entry_id for entry_id, _ in found])

    def _acknowledge(self, stream: bytes, ids: list[bytes]) -> None:
        """Everything is committed: Redis carries, it keeps nothing."""
        with self._client.pipeline(transaction=True) as pipeline:
            pipeline.xack(stream, GROUP, *ids)
            pipeline.xdel(stream, *ids)
            pipeline.execute()

    def _mark(self, until: float) -> None:
        """Every report up to `until` is stored: silence before this means something."""
        now = time.monotonic()
        if now - self._marked >= MARK_EVERY:
            relay_was_here(name=self.name, read_at=datetime.fromtimestamp(until, UTC))
            self._marked = now


def _listening(directors: int) -> str:
    if not directors:
        return "no director is enrolled yet; one that is will be heard within seconds"
    return "listening to 1 director" if directors == 1 else f"listening to {directors} directors"
