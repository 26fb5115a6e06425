"""What falls due by the clock: changes whose time has come, and those that nobody confirmed."""

import logging

from django.db import transaction
from django.utils import timezone

from apps.changes.announce import announce
from apps.changes.models import UNCONFIRMED, Change
from apps.changes.states import locked
from apps.jobs.services.beats import each_by_itself
from apps.jobs.services.start import start_due, take_back

logger = logging.getLogger(__name__)


def begin_what_is_due() -> int:
    """Take back what nobody confirmed in time, and begin what may begin now; returns how many of both.

    Two workers may do this side by side: each change is looked at again while it is locked. What can't
    be done now, because a director has not said what it holds, says so on its page and is tried again
    at the next beat; one change that can't never keeps the others.
    """
    late = Change.objects.filter(UNCONFIRMED, confirm_by__lte=timezone.now()).order_by("pk")
    waiting = Change.objects.filter(state=Change.State.APPROVED).order_by("submitted_at", "pk")
    emergencies = waiting.filter(approved_by=Change.Basis.EMERGENCY)  # they settle what is late
    done = each_by_itself(emergencies, _begin, _note_waiting)
    done += each_by_itself(late, _take_back, _note_late)
    return done + each_by_itself(waiting, _begin, _note_waiting)


def _take_back(change: Change) -> bool:
    return take_back(change=change) is not None


def _begin(change: Change) -> bool:
    return start_due(change=change).state != Change.State.APPROVED


@transaction.atomic
def _note_late(change: Change, why: str) -> None:
    change = locked(change)
    if change.waits_for_confirmation:
        _note(change, why)


@transaction.atomic
def _note_waiting(change: Change, why: str) -> None:
    change = locked(change)
    if change.state == Change.State.APPROVED:
        _note(change, why)


def _note(change: Change, why: str) -> None:
    """Say on its page why it waits, once. Another worker may have begun it meanwhile, so it is locked."""
    why = f"It waits: {why}"[:300]
    if change.state_note != why:
        Change.objects.filter(pk=change.pk).update(state_note=why)
        logger.warning("change %s: %s", change.pk, why)
        announce(change)
