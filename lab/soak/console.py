"""The console's side of the soak: orders into the director's queue, ends of runs out of its stream."""

from collections import deque
from typing import Any, Self

import redis
from celery import Celery
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lab.soak.protocol import DIRECTOR, ORDER, End, end_of_run, sealed_order
from lvs.agent.streams import queue_name, reports_stream
from lvs.model import Table

PATIENCE_MS = 60_000
"""How long the agent may be silent; its heartbeat alone comes each few seconds."""
BATCH = 200


class Console:
    """Redis as the console uses it. Use it as context manager: it closes what it opened."""

    def __init__(self, redis_url: str, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._redis = redis.Redis.from_url(redis_url, socket_timeout=PATIENCE_MS / 1000 + 5)
        self._celery = Celery(broker=redis_url, set_as_current=False)
        self._stream = reports_stream(DIRECTOR)
        self._position: bytes = b"0-0"
        self._ends: deque[End] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._celery.close()
        self._redis.close()

    def order(self, table: Table, revision: int) -> None:
        """Put an order into the director's queue."""
        text = sealed_order(table, revision, self._key)
        self._celery.send_task(ORDER, args=[text], queue=queue_name(DIRECTOR))

    def next_end(self) -> End:
        """The next end of a run, as soon as it is told. Raises TimeoutError when the agent is silent."""
        while not self._ends:
            self._read()
        return self._ends.popleft()

    def _read(self) -> None:
        """What is new in the stream. As the relay does, we leave nothing there that is read."""
        positions: Any = {self._stream: self._position}
        answer: Any = self._redis.xread(positions, count=BATCH, block=PATIENCE_MS)
        if not answer:
            raise TimeoutError(f"the agent said nothing for {PATIENCE_MS // 1000} s")
        [(_, entries)] = answer
        self._ends.extend(filter(None, (end_of_run(fields) for _, fields in entries)))
        self._position = entries[-1][0]
        self._redis.xdel(self._stream, *(number for number, _ in entries))
