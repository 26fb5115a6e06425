"""What becomes of changes after a drain had ended for their sake."""

from typing import Any

from django.dispatch import receiver

from apps.changes.models import Change
from apps.changes.signals import happened
from apps.drains.services.late import hear_late_truth


@receiver(happened)
def note_what_was_applied_after_all(sender: Any, change: Change, event: str, **kwargs: Any) -> None:
    """A change whose director was called lost may turn out to have been applied."""
    if event == Change.State.APPLIED:
        hear_late_truth(change=change)
