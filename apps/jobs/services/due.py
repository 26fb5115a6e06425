"""What falls due by the clock: changes whose time has come, and those that nobody confirmed."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from apps.changes.announce import announce
from apps.changes.errors import ChangeError
from apps.changes.models import UNCONFIRMED, Change
from apps.jobs.services.start import start_due, take_back

logger = logging.getLogger(__name__)


def begin_what_is_due() -> int:
    """Take back what nobody confirmed in time, then begin what may begin now; returns how many of both.

    Two workers may do this side by side: each change is looked at again while it is locked. What can't
    be done now, because a director has not said what it holds, says so on its page and is tried again
    at the next beat; one change that can't never keeps the others.
    """
    late = Change.objects.filter(UNCONFIRMED, confirm_by__lte=timezone.now())
    waiting = Change.objects.filter(state=Change.State.APPROVED)
    done = sum(_try(change, take_back) for change in late.order_by("pk"))
    return done + sum(_try(change, start_due) for change in waiting.order_by("submitted_at", "pk"))


def _try(change: Change, act: Callable[..., Change | None]) -> bool:
    try:
        after = act(change=change)
    except ChangeError as error:
        _note(change, f"It waits: {error}")
        return False
    except (OperationalError, InterfaceError):
        raise  # the database is away: nothing else would go either
    except Exception:
        logger.exception("change %s can't be begun or taken back", change.pk)
        _note(change, "It waits: the console met an error of its own. Its log says which.")
        return False
    return after is not None and after.state != Change.State.APPROVED


@transaction.atomic
def _note(change: Change, why: str) -> None:
    """Say on its page why it waits, once."""
    why = why[:300]
    if Change.objects.filter(pk=change.pk).exclude(state_note=why).update(state_note=why):
        logger.warning("change %s: %s", change.pk, why)
        announce(change)
