"""Drains that have ended, and what becomes of their changes after all."""

from apps.changes.models import Change
from apps.drains.edits import server_in, service_in_head
from apps.drains.errors import DrainError
from apps.drains.models import Drain
from apps.drains.services.steps import locked, move
from apps.drains.services.watch import overtaken

S = Drain.State


def hear_late_truth(*, change: Change) -> None:
    """A (locked) change was applied for whose failure drains had ended, or that takes back what ended them:
    how they ended in truth."""
    if change.takes_back_id:
        ended = Drain.objects.filter(state__in=(S.REMOVED, S.UNDONE), change=change.takes_back_id)
        for found in ended:
            _keep(found, f"Change #{change.takes_back_id} was taken back: nobody confirmed it.")
    for found in Drain.objects.filter(change=change, state=S.NOT_BEGUN):
        _keep(found, f"Change #{change.pk} was applied after all.")
    for found in Drain.objects.filter(change=change, state=S.KEPT):
        overtaken(locked(found))


def _keep(drain: Drain, note: str) -> None:
    """Where the head has the real server at weight 0."""
    drain = locked(drain)
    try:
        server = server_in(service_in_head(drain.cluster, drain.key), drain.address, drain.port)
    except DrainError:
        return  # the head has it no more
    if server.weight == 0:
        move(None, drain, S.KEPT, note=note)
