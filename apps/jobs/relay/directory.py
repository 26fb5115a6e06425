"""Which directors are enrolled, looked up again often enough to meet a new one within two seconds."""

import logging
import time
from collections.abc import Callable

import redis

from apps.inventory.models import Director

logger = logging.getLogger(__name__)

REFRESH = 1.5
"""Seconds between two looks."""


class Directory:
    """The directors that the console believes, with their keys, and their streams, as of the last look.

    A director may write its keys in Redis: one whose host was taken over can make something else of its
    stream while there is none yet. Reading it would fail, and with it the reading of all others: so it is
    left out until it is a stream. One that does so between a look and the reading costs one new session.
    """

    def __init__(self, name_of: Callable[[str], str]) -> None:
        """name_of: the key of a director's stream, by its UUID."""
        self.streams: dict[bytes, Director] = {}
        self._name_of = name_of
        self._looked = float("-inf")
        self._left_out: set[bytes] = set()

    def refresh(self, client: "redis.Redis") -> bool:
        """Look again when it is time; returns whether it was. Raises redis.RedisError and database errors."""
        if time.monotonic() - self._looked < REFRESH:
            return False
        directors = Director.objects.filter(identity__isnull=False)
        streams = {
            self._name_of(str(director.uuid)).encode(): director
            for director in directors.select_related("identity").order_by("pk")
        }
        self._leave_out(_no_streams(client, list(streams)), streams)
        self.streams = {
            stream: director for stream, director in streams.items() if stream not in self._left_out
        }
        self._looked = time.monotonic()
        return True

    def _leave_out(self, keys: set[bytes], streams: dict[bytes, Director]) -> None:
        """Say so once of each."""
        for key in keys - self._left_out:
            logger.warning(
                "%s made something else than a stream of %s in Redis: it is not heard until it is cut off, "
                "or the key is deleted",
                streams[key].name,
                key.decode(),
            )
        self._left_out = keys


def _no_streams(client: "redis.Redis", keys: list[bytes]) -> set[bytes]:
    """Those that are there, and are no streams."""
    with client.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.type(key)
        types = pipeline.execute()
    return {key for key, kind in zip(keys, types, strict=True) if kind not in (b"stream", b"none")}
