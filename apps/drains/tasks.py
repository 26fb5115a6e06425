"""What the console's worker does for drains, on its own beat."""

from apps.drains import services
from lvsconsole.celery import app


@app.task(name="apps.drains.tasks.watch_drains")
def watch_drains() -> None:
    """Look at every open drain, and do what is due."""
    services.watch_drains()
