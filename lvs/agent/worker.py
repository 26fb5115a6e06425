"""The Celery worker: takes sealed texts from the director's queue, one at a time, nothing else."""

import logging
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from celery import Celery, signals
from celery.worker import WorkController
from celery.worker import state as worker_state
from kombu import Exchange, Queue
from kombu.transport.redis import QoS

from lvs.agent.config import Config
from lvs.agent.consumer import PatientConsumer, nothing
from lvs.agent.link import LOOK_FOR_DEAD_EVERY
from lvs.agent.standing import Standing
from lvs.agent.streams import TASK, queue_name

logger = logging.getLogger(__name__)

ANEW = 3
"""The exit status of an agent that wants to be started again: systemd does, as after any but a bad
configuration's."""


def make_app(
    config: Config,
    receive: Callable[[str], None],
    refuse: Callable[[str], None],
    standing: Standing | None = None,
) -> Celery:
    """The app with its task.

    receive: what to do with a sealed text; refuse: with the reason why a message of the queue is none.
    Neither must raise. standing: is told when Redis does not take our user.
    """
    # Without Celery's own tasks (backend_cleanup, chains): nobody but the console has work for us.
    app = Celery("lvs.agent", broker=config.redis.url, set_as_current=False, autofinalize=False)
    app.conf.update(_settings(config))
    # Taken off the queue before it runs: Redis would give a late one to us again after a crash,
    # in the middle of what the console is doing meanwhile. An order it sends until the run ends.
    app.task(name=TASK, ignore_result=True, acks_late=False)(_task(receive, refuse, standing))
    app.refuse, app.standing = refuse, standing
    app.finalize()
    # kombu looks for messages that were taken and not acknowledged, with a script in Redis under a lock. Ours
    # never are, and whoever may run scripts can stop Redis for everybody.
    QoS.restore_visible = nothing  # type: ignore[method-assign]
    for name in app.tasks.keys() - {TASK}:
        app.tasks.unregister(name)
    return app


def _task(
    receive: Callable[[str], None], refuse: Callable[[str], None], standing: Standing | None
) -> Callable[..., None]:
    def take(*arguments: Any, **more: Any) -> None:
        if standing is not None:
            standing.taken("orders")
        if more or len(arguments) != 1 or not isinstance(arguments[0], str):
            refuse("the message is not a sealed text")
        else:
            receive(arguments[0])

    return take


def stop_on_signals() -> None:
    """Let SIGTERM and SIGINT end the worker, before it starts too. An order under way is finished."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)


def begin_anew() -> None:
    """Let the worker end as with SIGTERM, and with a status after which it is started again.

    Another thread may call this.
    """
    if worker_state.should_stop is None:
        worker_state.should_stop = ANEW


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
        "worker_consumer": f"{PatientConsumer.__module__}:{PatientConsumer.__name__}",
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
            "health_check_interval": LOOK_FOR_DEAD_EVERY,
        },
    }
    if tls := config.redis.tls_options():
        settings["broker_use_ssl"] = tls
    return settings


def _stop(_number: int, _frame: FrameType | None) -> None:
    worker_state.should_stop = 0


def _keep_logging(**_: Any) -> None:
    """With a receiver of this signal Celery leaves logging as it is."""
