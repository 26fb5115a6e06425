"""One report of a director, stored. What can't be stored is logged and dropped: it would come again."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from apps.inventory.models import Director
from apps.jobs import services as jobs
from apps.telemetry import services as telemetry
from apps.telemetry.replays import Replayed
from apps.trust.selectors import key_held
from apps.trust.services import note_refusal
from lvs.agent.entries import NotGenuine, genuine_text
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


def store_report(director: Director, fields: Mapping[bytes, bytes], entered: float) -> None:
    """Store the report in a stream entry of the director; `entered`: unix seconds, by our clock.

    Nothing of it is read before its signature holds. The director's key is asked for anew, and held until
    all is stored: whoever was revoked a moment ago is not believed. Raises database errors that a later try
    may not meet; nothing else.
    """
    try:
        with transaction.atomic():
            text = genuine_text("report", fields, key_held(director))
            message = parse_report(text, str(director.uuid))
            _store(director, message, datetime.fromtimestamp(entered, UTC))
    except DATABASE_AWAY as error:
        if not _is_too_much(error):
            raise
        logger.exception("a report of %s can't be stored and is dropped", director.name)
    except (NotGenuine, Replayed) as error:
        logger.warning("a report in the name of %s is refused: %s", director.name, error)
        note_refusal(
            obj=director,
            action="director.report_refused",
            reason=f"A report in the name of {director.name} was refused: {error}",
        )
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
    if kind == "observed":
        telemetry.store_observed(director=director, message=message, seen_at=seen_at)
    elif kind == "heartbeat":
        jobs.store_heartbeat(director=director, message=message, seen_at=seen_at)
    else:
        _RUN_REPORTS[kind](director=director, message=message)
