"""What the console's worker does, on its own beat. Nothing is retried: the next beat comes anyway."""

import logging

from apps.audit import senders
from apps.audit.services import seal_head
from apps.jobs import services
from apps.trust.signing import SigningKeyError, signing_key
from lvsconsole.celery import app

logger = logging.getLogger(__name__)


@app.task(name="apps.jobs.tasks.deliver_outbox")
def deliver_outbox() -> None:
    """Send every run that is due to its director."""
    services.deliver_outbox()


@app.task(name="apps.jobs.tasks.begin_what_is_due")
def begin_what_is_due() -> None:
    """Begin changes whose time has come, and take back those that nobody confirmed."""
    services.begin_what_is_due()


@app.task(name="apps.jobs.tasks.reap_runs")
def reap_runs() -> None:
    """Call runs lost whose director stayed silent."""
    services.reap_runs()


@app.task(name="apps.jobs.tasks.spread_keys")
def spread_keys() -> None:
    """Tell the console's keys to the directors that don't know them yet."""
    try:
        services.spread_keys()
    except SigningKeyError as error:
        logger.error("the console's keys are not announced: %s", error)


@app.task(name="apps.jobs.tasks.deliver_errands")
def deliver_errands() -> None:
    """Send what people asked of directors, and end what got no answer."""
    services.deliver_errands()
    services.reap_errands()


@app.task(name="apps.jobs.tasks.seal_audit_log")
def seal_audit_log() -> None:
    """Sign the head of the audit log when it moved."""
    try:
        seal_head(key=signing_key())
    except SigningKeyError as error:
        logger.error("the audit log is not sealed: %s", error)


@app.task(name="apps.jobs.tasks.send_audit_log")
def send_audit_log() -> None:
    """See that the places outside that the settings name get what they lack of the audit log."""
    senders.wake()
