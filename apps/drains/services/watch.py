"""What a drain does by itself, looked at on the worker's beat: everything it knows is in the database."""

import logging
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from apps.changes.errors import ChangeError
from apps.changes.models import Change
from apps.drains.counting import Reading, reading_of
from apps.drains.edits import server_in, service_in_head
from apps.drains.errors import DrainError
from apps.drains.models import Drain
from apps.drains.services.steps import announce, finish, locked, move, undo_again
from apps.jobs.services.beats import each_by_itself

logger = logging.getLogger(__name__)
S = Drain.State
C = Change.State

IDLE_FOR = timedelta(seconds=15)
"""How long nobody must be connected, from one sample of every director to a later one."""


def watch_drains() -> int:
    """Look at every open drain; returns how many moved. Two workers may do this side by side; one drain that
    can't go on says why, and keeps no other."""
    return each_by_itself(Drain.objects.filter(ended_at=None).order_by("pk"), _look, _note)


def _look(drain: Drain) -> bool:
    reading = reading_of(drain)  # before the locks: Redis may be slow
    with transaction.atomic():
        drain = locked(drain)
        before = drain.state
        _STEPS[S(drain.state)](drain, reading)
        return drain.state != before


def _asked(drain: Drain, reading: Reading | None) -> None:
    state = drain.change.state
    if state == C.APPLIED:
        now = timezone.now()
        deadline = now + timedelta(minutes=drain.minutes) if drain.minutes else None
        move(None, drain, S.DRAINING, begun_at=now, deadline=deadline)
    elif state in (C.WITHDRAWN, C.FAILED, C.PARTIAL):
        ended = drain.change.get_state_display()
        move(None, drain, S.NOT_BEGUN, note=f"Change #{drain.change_id} was {ended}.")


def _draining(drain: Drain, reading: Reading | None) -> None:
    if overtaken(drain):
        return
    _store(drain, reading)
    now = timezone.now()
    over = drain.deadline is not None and now >= drain.deadline
    if reading is not None and _is_idle(drain, reading):
        try:
            with transaction.atomic():
                finish(None, drain, Drain.Then(drain.then))
            return
        except (ChangeError, PermissionDenied):
            if not over:
                raise
    if over:
        how = Drain.Then(drain.at_deadline)
        if how != Drain.Then.REMOVE or reading is not None:  # who is cut off must be known
            finish(None, drain, how)


def _is_idle(drain: Drain, reading: Reading) -> bool:
    return drain.idle_since is not None and reading.at - drain.idle_since >= IDLE_FOR


def _removing(drain: Drain, reading: Reading | None) -> None:
    state, number = drain.change.state, drain.change_id
    if state == C.APPLIED:
        if not overtaken(drain, S.REMOVED):  # its author may have edited the change
            move(None, drain, S.KEPT, note=f"Change #{number} left it at weight 0.")
    elif state == C.STALE:
        move(None, drain, S.DRAINING, note=f"Change #{number} became stale.", idle_since=None)
    elif state in (C.WITHDRAWN, C.REJECTED, C.FAILED, C.PARTIAL):
        ended = drain.change.get_state_display()
        move(None, drain, S.KEPT, note=f"Change #{number}, its removal, was {ended}.")


def _undoing(drain: Drain, reading: Reading | None) -> None:
    state, number = drain.change.state, drain.change_id
    if state == C.APPLIED:
        if not overtaken(drain, S.UNDONE):
            move(None, drain, S.KEPT, note=f"Change #{number} left it at weight 0.")
    elif state == C.STALE:
        if not overtaken(drain):
            undo_again(drain)
    elif state in (C.WITHDRAWN, C.REJECTED, C.FAILED, C.PARTIAL):
        ended = drain.change.get_state_display()
        move(None, drain, S.KEPT, note=f"Change #{number}, to undo it, was {ended}.")


_STEPS = {S.ASKED: _asked, S.DRAINING: _draining, S.REMOVING: _removing, S.UNDOING: _undoing}


def overtaken(drain: Drain, meant: Drain.State | None = None) -> bool:
    """Whether the head has the real server no more, or with a weight; then the drain ends.

    meant: how its own change was to end it: no note then, where it did.
    """
    head = drain.cluster.head
    try:
        server = server_in(service_in_head(drain.cluster, drain.key), drain.address, drain.port)
    except DrainError:
        note = f"Revision {head.number if head else 0} has it no more."
        move(None, drain, S.REMOVED, note="" if meant == S.REMOVED else note)
        return True
    if server.weight:
        note = f"Revision {head.number if head else 0} gave it weight {server.weight}."
        as_before = meant == S.UNDONE and server.weight == drain.weight_before
        move(None, drain, S.UNDONE, note="" if as_before else note)
        return True
    return False


def _store(drain: Drain, reading: Reading | None) -> None:
    """What was counted last. Observations, not acts: they leave no record.

    Samples from before its weight was 0 say nothing of who is connected since.
    """
    assert drain.begun_at is not None
    idle = reading is not None and reading.counts.idle and reading.at >= drain.begun_at
    fields = {
        "counts": reading.counts._asdict() if reading else None,
        "counted_at": reading.at if reading else drain.counted_at,
        "idle_since": (drain.idle_since or reading.at) if reading and idle else None,
        "note": "" if reading else "A director is not heard now: who is connected is not known.",
    }
    if any(getattr(drain, name) != value for name, value in fields.items() if name != "counted_at"):
        announce(drain)
    Drain.objects.filter(pk=drain.pk).update(**fields)
    for name, value in fields.items():
        setattr(drain, name, value)


def _note(drain: Drain, why: str) -> None:
    """It can't go on now: say so, and try again at the next beat."""
    if Drain.objects.filter(pk=drain.pk).exclude(note=why[:300]).update(note=why[:300]):
        logger.warning("%s waits: %s", drain, why)
        announce(drain)
