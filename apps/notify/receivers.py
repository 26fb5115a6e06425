"""What the apps below say that happened goes into the outbox, in their transaction."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from apps.accounts.models import User
from apps.changes.models import Change
from apps.changes.signals import drift_began, happened
from apps.inventory.models import Director
from apps.notify.events import DIRECTOR_AWAY, DIRECTOR_BACK, DRIFT_BEGAN
from apps.notify.services import queue_event
from apps.telemetry.signals import director_away, director_back


@receiver(happened)
def tell_of_change(
    sender: Any, change: Change, event: str, actor: User | None, **kwargs: Any
) -> None:
    """Something happened to a change."""
    detail = change.state_note
    if event == "confirm_due" and change.confirm_by is not None:
        detail = f"Confirm it before {_clock(change.confirm_by)}, else it is taken back."
    queue_event(kind=event, change=change, by=actor.display_name if actor else "", detail=detail)


@receiver(drift_began)
def tell_of_drift(sender: Any, director: Director, text: str, **kwargs: Any) -> None:
    """A kernel no longer holds what was approved."""
    queue_event(kind=DRIFT_BEGAN, director=director, detail=text)


@receiver(director_away)
def tell_of_absence(sender: Any, director: Director, since: datetime, **kwargs: Any) -> None:
    """A director fell silent."""
    queue_event(kind=DIRECTOR_AWAY, director=director, detail=f"Silent since {_clock(since)}.")


@receiver(director_back)
def tell_of_return(sender: Any, director: Director, since: datetime, **kwargs: Any) -> None:
    """A director is heard again."""
    queue_event(
        kind=DIRECTOR_BACK, director=director, detail=f"It was silent since {_clock(since)}."
    )


def _clock(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M %Z}"
