"""What the console's worker does for notifications, on its own beat."""

from apps.notify import senders, services
from lvsconsole.celery import app


@app.task(name="apps.notify.tasks.deliver_notices")
def deliver_notices() -> None:
    """See that what is due is being sent."""
    senders.wake()


@app.task(name="apps.notify.tasks.forget_notices")
def forget_notices() -> None:
    """Forget what was told long ago."""
    services.forget_old()
