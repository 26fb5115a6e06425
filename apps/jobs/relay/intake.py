"""One report of a director, stored. What can't be stored is logged and dropped: it would come again."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import InterfaceError, OperationalError

from apps.inventory.models import Director
from apps.jobs import services as jobs
from apps.telemetry import services as telemetry
from lvs.agent.shapes import BadMessage, parse_report

logger = logging.getLogger(__name__)

DATABASE_AWAY = (OperationalError, InterfaceError)
"""The database's fault, not the report's: try again later."""

_RUN_REPORTS: dict[str, Callable[..., None]] = {
    "run_started": jobs.store_run_started,
    "run_steps": jobs.store_run_steps,
    "run_finished": jobs.store_run_finished,
    "refused": jobs.store_refused,
    "errand_answered": jobs.store_errand_answered,
}
_STATUS_REPORTS: dict[str, Callable[..., None]] = {
    "heartbeat": telemetry.store_heartbeat,
    "observed": telemetry.store_observed,
}


def store_report(director: Director, text: bytes | None, entered: float) -> None:
    """Store the report in a stream entry of the director; `entered`: unix seconds, by our clock.

    Raises database errors that a later try may not meet; nothing else.
    """
    try:
        message = parse_report(text or b"", str(director.uuid))
        _store(director, message, datetime.fromtimestamp(entered, UTC))
    except DATABASE_AWAY as error:
        if not _is_too_much(error):
            raise
        logger.exception("a report of %s can't be stored and is dropped", director.name)
    except (BadMessage, telemetry.BadReport) as error:
        logger.warning("a report of %s is dropped: %s", director.name, error)
    except Exception:
        logger.exception("a report of %s can't be stored and is dropped", director.name)


def _is_too_much(error: Exception) -> bool:
    """Whether PostgreSQL says that the report is beyond a limit of its own (its class 54): it will be the
    next time, too, and no report behind it would ever be stored."""
    return str(getattr(error.__cause__, "sqlstate", None)).startswith("54")


def _store(director: Director, message: dict[str, Any], seen_at: datetime) -> None:
    kind = message["type"]
    if kind in _STATUS_REPORTS:
        _STATUS_REPORTS[kind](director=director, message=message, seen_at=seen_at)
    else:
        _RUN_REPORTS[kind](director=director, message=message)
