"""The Celery worker: takes sealed texts from the director's queue, one at a time, nothing else."""

import logging
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from celery import Celery, signals
from celery.worker import WorkController
from celery.worker import state as worker_state
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown
from kombu import Exchange, Queue
from kombu.transport.redis import QoS

from lvs.agent.config import Config
from lvs.agent.link import one_line
from lvs.agent.streams import TASK, queue_name

logger = logging.getLogger(__name__)

SECOND_TRY = 0.5
"""Seconds before a broken connection is made anew."""


def make_app(
    config: Config, receive: Callable[[str], None], refuse: Callable[[str], None]
) -> Celery:
    """The app with its task.

    receive: what to do with a sealed text; refuse: with the reason why a message of the queue is none.
    Neither must raise.
    """
    # Without Celery's own tasks (backend_cleanup, chains): nobody but the console has work for us.
    app = Celery("lvs.agent", broker=config.redis.url, set_as_current=False, autofinalize=False)
    app.conf.update(_settings(config))
    # Taken off the queue before it runs: Redis would give a late one to us again after a crash,
    # in the middle of what the console is doing meanwhile. An order it sends until the run ends.
    app.task(name=TASK, ignore_result=True, acks_late=False)(_task(receive, refuse))
    app.refuse = refuse
    app.finalize()
    # kombu looks for messages that were taken and not acknowledged, with a script in Redis under a lock. Ours
    # never are, and whoever may run scripts can stop Redis for everybody.
    QoS.restore_visible = _restore_nothing  # type: ignore[method-assign]
    for name in app.tasks.keys() - {TASK}:
        app.tasks.unregister(name)
    return app


def _task(receive: Callable[[str], None], refuse: Callable[[str], None]) -> Callable[..., None]:
    def take(*arguments: Any, **more: Any) -> None:
        if more or len(arguments) != 1 or not isinstance(arguments[0], str):
            refuse("the message is not a sealed text")
        else:
            receive(arguments[0])

    return take


def _restore_nothing(*_arguments: Any, **_more: Any) -> None:
    """In place of `QoS.restore_visible`."""


def stop_on_signals() -> None:
    """Let SIGTERM and SIGINT end the worker, before it starts too. An order under way is finished."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)


def run_worker(app: Celery) -> int:
    """Serve until a signal, through any absence of Redis. Returns the exit status."""
    # Celery's own worker program would add a banner, handlers and a restart on SIGHUP.
    signals.setup_logging.connect(_keep_logging, weak=False)
    controller = WorkController(
        app=app,
        pool_cls="solo",
        concurrency=1,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    controller.start()
    return int(controller.exitcode or 0)


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
            raise ConnectionResetError("a message could not be read: beginning anew") from error

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
        _acknowledge_nothing(self.task_consumer)
        self._said = ""
        logger.info("waiting for orders from %s", self.connection.as_uri())

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

    def _say(self, error: Exception) -> None:
        text = one_line(error)
        if text != self._said:
            logger.warning("can't take orders from Redis: %s", text)
        self._said = text


def _acknowledge_nothing(consumer: Any) -> None:
    """Drop what Celery says of each message once it is taken, where its queue wants no acknowledgement.

    Celery acknowledges all the same. kombu would then tell Redis of each one, and remember its tag until the
    next message that wants an acknowledgement: for ever, as none does.
    """
    if all(queue.no_ack for queue in consumer.queues):
        consumer.channel.basic_ack = consumer.channel.basic_reject = _nothing


def _nothing(*_: Any, **__: Any) -> None:
    """Nothing is to be done."""


def _settings(config: Config) -> dict[str, Any]:
    queue = queue_name(config.director)
    own = f"lvs:{config.director}:unacked"
    settings = {
        "task_queues": [
            # no_ack: Redis holds no order that we took. An acknowledgement that fails as Redis
            # goes away would leave the worker waiting for ever: kombu then reads no more.
            Queue(queue, Exchange(""), routing_key=queue, no_ack=True)  # type: ignore[no-untyped-call]
        ],
        "task_default_queue": queue,
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_backend": None,
        "enable_utc": True,
        "timezone": "UTC",
        "worker_consumer": f"{__name__}:{PatientConsumer.__name__}",
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "broker_connection_retry": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_channel_error_retry": True,  # out of memory, read-only replica, access list
        "broker_transport_options": {
            # Celery's defaults are shared by all workers on a Redis: one director could read
            # another's orders, and its access list would have to allow that.
            "unacked_key": own,
            "unacked_index_key": f"{own}_index",
            "unacked_mutex_key": f"{own}_mutex",
            "visibility_timeout": 600,
            "socket_timeout": 10,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
        },
    }
    if tls := config.redis.tls_options():
        settings["broker_use_ssl"] = tls
    return settings


def _stop(_number: int, _frame: FrameType | None) -> None:
    worker_state.should_stop = 0


def _keep_logging(**_: Any) -> None:
    """With a receiver of this signal Celery leaves logging as it is."""
