"""Celery's consumer, made patient: it outlives any absence of Redis, and any message."""

import logging
import time
from typing import Any

from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

from lvs.agent.link import one_line

logger = logging.getLogger(__name__)

SECOND_TRY = 0.5
"""Seconds before a broken connection is made anew."""


class _Unreadable(ConnectionResetError):
    """Not that the connection broke: it is made anew, for a message that can't be read."""


class PatientConsumer(Consumer):  # type: ignore[misc]
    """Comes back within two seconds after Redis does; Celery's own pauses grow to 30 seconds.

    What is wrong is said once, not at each try.
    """

    _said = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._own_loop: Any = self.loop  # type: ignore[has-type]
        self.loop = self._loop

    def _loop(self, *args: Any, **kwargs: Any) -> Any:
        """Celery's, which would end the whole worker for a message that isn't even one of Celery's."""
        try:
            return self._own_loop(*args, **kwargs)
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
            logger.warning("a message of the queue can't be read: %r", error)
            self._refuse("the message can't be read")
            raise _Unreadable from error

    def ensure_connected(self, conn: Any) -> Any:
        """Wait until the connection stands, or for the signal to stop."""
        connected = conn.ensure_connection(
            lambda error, _pause: self._say(error),
            None,
            interval_start=0.5,
            interval_step=0.5,
            interval_max=2,
            callback=maybe_shutdown,
        )
        self.first_connection_attempt = False
        return connected

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        """Redis accepted us and then refused what a worker needs: its access list, or no memory."""
        self._say(exc)
        time.sleep(SECOND_TRY)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """The connection broke: clean up as Celery does, and don't hurry."""
        self._say(exc)
        super().on_connection_error_after_connected(exc)
        time.sleep(SECOND_TRY)

    def on_ready(self) -> None:
        """Consuming."""
        super().on_ready()
        acknowledge_nothing(self.task_consumer)
        self._said = ""
        if self._standing is None or self._standing.let_in("orders"):
            logger.info("waiting for %s from %s", self._wares, self.connection.as_uri())

    # What follows stands in the queue and is nothing for us: Celery drops it, and we say so.

    def on_unknown_message(self, body: Any, message: Any) -> None:
        """Not what Celery sends."""
        super().on_unknown_message(body, message)
        self._refuse("the message is not one of Celery's")

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:
        """A task that a director does not have."""
        super().on_unknown_task(body, message, exc)
        self._refuse("the message asks for a task that a director does not have")

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Fields that can't be."""
        super().on_invalid_task(body, message, exc)
        self._refuse("the message can't be read")

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Not JSON, or in an encoding that we refuse to read, such as pickle."""
        super().on_decode_error(message, exc)
        self._refuse("the message is not JSON")

    def _refuse(self, reason: str) -> None:
        refuse = getattr(self.app, "refuse", None)  # the console's own worker has none
        if refuse is not None:
            refuse(reason)

    @property
    def _standing(self) -> Any:
        return getattr(self.app, "standing", None)

    @property
    def _wares(self) -> str:
        """The console's own worker gets no orders: it gives them."""
        return "orders" if hasattr(self.app, "refuse") else "tasks"

    def _say(self, error: Exception) -> None:
        if isinstance(error, _Unreadable):
            return  # which was said
        if self._standing is not None and self._standing.refused("orders", error):
            return
        text = one_line(error)
        if text != self._said:
            logger.warning("can't take %s from Redis: %s", self._wares, text)
        self._said = text


def acknowledge_nothing(consumer: Any) -> None:
    """Drop what Celery says of each message once it is taken, where its queue wants no acknowledgement.

    Celery acknowledges all the same. kombu would then tell Redis of each one, and remember its tag until the
    next message that wants an acknowledgement: for ever, as none does.
    """
    if all(queue.no_ack for queue in consumer.queues):
        consumer.channel.basic_ack = consumer.channel.basic_reject = nothing


def nothing(*_: Any, **__: Any) -> None:
    """Nothing is to be done."""
