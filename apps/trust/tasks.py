"""What the console's worker does for trust, on its own beat."""

from apps.trust import services
from lvsconsole.celery import app


@app.task(name="apps.trust.tasks.keep_access")
def keep_access() -> None:
    """Let directors and invited hosts into Redis, nobody else, and answer who asks."""
    services.keep_access()
    services.answer_enrolments()
