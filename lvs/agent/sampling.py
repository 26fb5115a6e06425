"""Publishing samples: each reading goes out at once or never."""

import logging
import time

import redis

from lvs.agent.config import Config
from lvs.agent.entries import Voice
from lvs.agent.link import append, connect
from lvs.agent.periodic import Periodic
from lvs.agent.streams import SAMPLES_KEPT, Message, samples_stream
from lvs.errors import LvsError
from lvs.netlink.kernel import Kernel
from lvs.sampler import Sampler

logger = logging.getLogger(__name__)

STREAM_BYTES = 16_000_000
"""What a director's sample stream may fill in Redis, about: with ten thousand rows it keeps fewer."""
ROW_BYTES = 150
"""A row as JSON, about."""


class SamplePublisher(Periodic):
    """Reads the counters each `interval` seconds and adds them to the director's sample stream.

    While Redis is away samples are dropped: an old one is of no use to anybody. While the kernel can't
    be read there are none; the heartbeat says why.
    """

    def __init__(self, config: Config) -> None:
        super().__init__("sampler", config.sample_interval)
        self._stream = samples_stream(config.director)
        self._client = connect(config.redis, timeout=2.0)
        self._voice = Voice("sample", config.key)
        self._sampler = Sampler()

    def tick(self) -> None:
        """Read once and publish."""
        try:
            with Kernel() as kernel:
                counters = kernel.read_counters()
        except LvsError:
            return
        now = time.time()
        self._publish(self._sampler.take(counters, at=now, monotonic=time.monotonic()))

    def _publish(self, message: Message) -> None:
        size = len(message["rows"]) * ROW_BYTES + 1
        kept = max(3, min(SAMPLES_KEPT, STREAM_BYTES // size))
        try:
            fields = self._voice.entry(message)
            append(self._client, self._stream, fields, kept, exact=kept < SAMPLES_KEPT)
        except redis.RedisError as error:
            logger.debug("a sample is dropped: %s", error)
