"""What a drain does by itself, looked at on the worker's beat: everything it knows is in the database."""

import logging
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from apps.changes.errors import ChangeError
from apps.changes.models import Change
from apps.drains.counting import Counts, counts_of
from apps.drains.edits import server_in, service_in_head
from apps.drains.errors import DrainError
from apps.drains.models import Drain
from apps.drains.services.steps import announce, finish, locked, move

logger = logging.getLogger(__name__)
S = Drain.State
C = Change.State

IDLE_FOR = timedelta(seconds=5)
"""How long nobody must be connected, so that one reading between two connections decides nothing."""


def watch_drains() -> int:
    """Look at every open drain; returns how many moved. Two workers may do this side by side."""
    return sum(_look(drain) for drain in Drain.objects.filter(ended_at=None).order_by("pk"))


def _look(drain: Drain) -> bool:
    counts = counts_of(drain)  # before the locks: Redis may be slow
    try:
        with transaction.atomic():
            drain = locked(drain)
            before = drain.state
            _STEPS[S(drain.state)](drain, counts)
            return drain.state != before
    except (ChangeError, DrainError, PermissionDenied) as error:
        _note(drain, str(error))
    except (OperationalError, InterfaceError):
        raise  # the database is away: nothing else would go either
    except Exception:
        logger.exception("drain %s can't go on", drain.pk)
        _note(drain, "The console met an error of its own. Its log says which.")
    return False


def _asked(drain: Drain, counts: Counts | None) -> None:
    state = drain.change.state
    if state == C.APPLIED:
        now = timezone.now()
        deadline = now + timedelta(minutes=drain.minutes) if drain.minutes else None
        move(None, drain, S.DRAINING, begun_at=now, deadline=deadline)
    elif state in (C.WITHDRAWN, C.FAILED, C.PARTIAL):
        ended = drain.change.get_state_display()
        move(None, drain, S.NOT_BEGUN, note=f"Change #{drain.change_id} was {ended}.")


def _draining(drain: Drain, counts: Counts | None) -> None:
    if _overtaken(drain):
        return
    now = timezone.now()
    _store(drain, counts, now)
    if drain.idle_since is not None and now - drain.idle_since >= IDLE_FOR:
        finish(None, drain, Drain.Then(drain.then))
    elif drain.deadline is not None and now >= drain.deadline:
        finish(None, drain, Drain.Then(drain.at_deadline))


def _removing(drain: Drain, counts: Counts | None) -> None:
    state, number = drain.change.state, drain.change_id
    if state == C.APPLIED:
        move(None, drain, S.REMOVED)
    elif state == C.STALE:
        move(None, drain, S.DRAINING, note=f"Change #{number} became stale.", idle_since=None)
    elif state in (C.WITHDRAWN, C.REJECTED, C.FAILED, C.PARTIAL):
        ended = drain.change.get_state_display()
        move(None, drain, S.KEPT, note=f"Change #{number}, its removal, was {ended}.")


def _undoing(drain: Drain, counts: Counts | None) -> None:
    state, number = drain.change.state, drain.change_id
    if state == C.APPLIED:
        move(None, drain, S.UNDONE)
    elif state in (C.WITHDRAWN, C.REJECTED, C.STALE, C.FAILED, C.PARTIAL):
        ended = drain.change.get_state_display()
        move(None, drain, S.DRAINING, note=f"Change #{number}, to undo it, was {ended}.")


_STEPS = {S.ASKED: _asked, S.DRAINING: _draining, S.REMOVING: _removing, S.UNDOING: _undoing}


def _overtaken(drain: Drain) -> bool:
    """Whether another change has already removed the real server or given it a weight; then it ends."""
    head = drain.cluster.head
    try:
        server = server_in(service_in_head(drain.cluster, drain.key), drain.address, drain.port)
    except DrainError:
        move(None, drain, S.REMOVED, note=f"Revision {head.number if head else 0} has it no more.")
        return True
    if server.weight:
        note = f"Revision {head.number if head else 0} gave it weight {server.weight}."
        move(None, drain, S.UNDONE, note=note)
        return True
    return False


def _store(drain: Drain, counts: Counts | None, now: datetime) -> None:
    """What was counted just now. Observations, not acts: they leave no record."""
    idle = counts is not None and counts.idle
    fields = {
        "counts": counts._asdict() if counts else None,
        "counted_at": now if counts else drain.counted_at,
        "idle_since": (drain.idle_since or now) if idle else None,
        "note": "" if counts else "A director is not heard now: who is connected is not known.",
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
