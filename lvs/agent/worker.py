"""The Celery worker: takes orders from the director's queue, one at a time, and nothing else."""

import logging
import signal
import ssl
from collections.abc import Callable
from types import FrameType
from typing import Any

from celery import Celery, signals
from celery.worker import WorkController
from celery.worker import state as worker_state
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown
from kombu import Exchange, Queue

from lvs.agent.config import Config
from lvs.agent.link import one_line
from lvs.agent.streams import queue_name

logger = logging.getLogger(__name__)

TASK = "lvs.apply"


def make_app(config: Config, receive: Callable[[str], None]) -> Celery:
    """The app with its one task. receive: what to do with a sealed order; must not raise."""
    app = Celery("lvs.agent", broker=config.redis_url, set_as_current=False)
    app.conf.update(_settings(config))

    def apply(envelope: str) -> None:
        receive(envelope)

    # Acknowledged before it runs: Redis would give a late one to us again after a crash, in the
    # middle of what the console is doing meanwhile. The console sends again until the run ends.
    app.task(name=TASK, ignore_result=True, acks_late=False)(apply)
    return app


def run_worker(app: Celery) -> int:
    """Serve until SIGTERM or SIGINT, through any absence of Redis. An order under way is finished.

    Returns the exit status.
    """
    # Celery's own worker program would add a banner, handlers and a restart on SIGHUP.
    signals.setup_logging.connect(_keep_logging, weak=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
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
    """Comes back within two seconds after Redis does; Celery's own pauses grow to 30 seconds."""

    def ensure_connected(self, conn: Any) -> Any:
        """Wait until the connection stands, or for the signal to stop."""
        said = False

        def on_error(error: Exception, _pause: float) -> None:
            nonlocal said
            if not said:
                logger.warning("Redis is away, no orders: %s", one_line(error))
            said = True

        connected = conn.ensure_connection(
            on_error,
            None,
            interval_start=0.5,
            interval_step=0.5,
            interval_max=2,
            callback=maybe_shutdown,
        )
        self.first_connection_attempt = False
        logger.info("waiting for orders from %s", conn.as_uri())
        return connected


def _settings(config: Config) -> dict[str, Any]:
    queue = queue_name(config.director)
    own = f"lvs:{config.director}:unacked"
    settings = {
        "task_queues": [
            Queue(queue, Exchange(""), routing_key=queue)  # type: ignore[no-untyped-call]
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
    if config.redis_url.startswith("rediss:"):
        settings["broker_use_ssl"] = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    return settings


def _stop(_number: int, _frame: FrameType | None) -> None:
    worker_state.should_stop = 0


def _keep_logging(**_: Any) -> None:
    """With a receiver of this signal Celery leaves logging as it is."""
