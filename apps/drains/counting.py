"""Who is still connected to a real server, on all directors of its cluster, from their live samples."""

import json
import time
from datetime import UTC, datetime
from typing import NamedTuple

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.drains.models import Drain
from apps.inventory.models import Cluster
from apps.telemetry.frames import Frame
from apps.telemetry.live import SNAPSHOT_EXPIRES, snapshot_key
from apps.telemetry.selectors import FOR_PRESENCE, LARGE, presences
from lvs.agent.streams import ROW_FIELDS, row_id


class Counts(NamedTuple):
    """Connections and templates of one real server, summed over directors."""

    active: int
    inactive: int
    persistent: int

    @property
    def idle(self) -> bool:
        """Whether nobody is connected, and nobody sticks to it."""
        return not any(self)


class Reading(NamedTuple):
    """What the directors of a cluster last counted."""

    counts: Counts
    at: datetime
    """Of the oldest of their samples."""


def reading_of(drain: Drain) -> Reading | None:
    """The sum over all directors of the cluster; None where one of them isn't heard now, its newest sample
    is too old to be called live, or can't be understood: unknown. A director that holds no such real
    server counts nothing."""
    directors = list(drain.cluster.directors.select_related(*FOR_PRESENCE).defer(*LARGE))
    if not directors or any(there != "present" for there in presences(directors).values()):
        return None
    try:
        frames = _frames(drain.cluster)
        held = [frames[str(director.uuid)] for director in directors]
        oldest = min(float(frame["entered"]) for frame in held)
        if time.time() - oldest > SNAPSHOT_EXPIRES:
            return None
        at = datetime.fromtimestamp(oldest, UTC)
        return Reading(_summed(row_id(drain.key, drain.server), held), at)
    except (redis.RedisError, KeyError, IndexError, TypeError, ValueError, OverflowError):
        return None


def _summed(name: str, frames: list[Frame]) -> Counts:
    """Raises TypeError, KeyError, IndexError or ValueError on frames that are none."""
    if not all(isinstance(frame["rows"], dict) for frame in frames):
        raise TypeError("the rows of a frame are not by name")
    rows = [frame["rows"][name] for frame in frames if name in frame["rows"]]
    at = [ROW_FIELDS.index(field) for field in Counts._fields]
    return Counts(*(sum(int(row[index]) for row in rows) for index in at))


def _frames(cluster: Cluster) -> dict[str, Frame]:
    """The newest full frame of each director, by its UUID. Raises redis.RedisError."""
    client = redis.Redis.from_url(
        settings.REDIS.url,
        **settings.REDIS.tls_options(),
        socket_connect_timeout=2,
        socket_timeout=2,
        retry=Retry(NoBackoff(), 0),
    )
    with client:
        stored: dict[bytes, bytes] = client.hgetall(snapshot_key(cluster.pk))  # type: ignore[assignment]
    return {uuid.decode(): json.loads(text) for uuid, text in stored.items()}
