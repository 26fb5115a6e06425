"""What falls due by the clock: changes whose time has come, and those that nobody confirmed."""

import logging
from collections.abc import Callable

from django.utils import timezone

from apps.changes.errors import ChangeError
from apps.changes.models import Change
from apps.jobs.services.start import start_due, take_back

logger = logging.getLogger(__name__)


def begin_what_is_due() -> int:
    """Take back what nobody confirmed in time, then begin what may begin now; returns how many of both.

    Two workers may do this side by side: each change is looked at again while it is locked. What can't
    be done now, because a director has not said what it holds, is tried again at the next beat.
    """
    late = Change.objects.filter(
        confirm_by__lte=timezone.now(), confirmed_at=None, taken_back_by=None
    )
    waiting = Change.objects.filter(state=Change.State.APPROVED)
    done = sum(_try(change, take_back) for change in late.order_by("pk"))
    return done + sum(_try(change, start_due) for change in waiting.order_by("submitted_at", "pk"))


def _try(change: Change, act: Callable[..., Change | None]) -> bool:
    try:
        after = act(change=change)
    except ChangeError as error:
        logger.warning("change %s waits: %s", change.pk, error)
        return False
    return after is not None and after.state != Change.State.APPROVED
