"""A director's kernel beside its cluster's head, as far as it can be known."""

from typing import Literal, NamedTuple

from apps.changes.drift.difference import Difference, difference_of
from apps.changes.models import Change
from apps.changes.selectors import observed_of
from apps.inventory.models import Director
from apps.inventory.selectors import head_table
from apps.telemetry.selectors import status_of

LookState = Literal["free", "unknown", "applying", "same", "differs"]


class Look(NamedTuple):
    """What is to be said of a director now.

    free: it belongs to no cluster, or to one that has no head; unknown: what it holds is not known,
    `why` says why; applying: a change is being applied, so that it may differ for a while.
    """

    state: LookState
    why: str = ""
    difference: Difference | None = None
    """Where it differs."""


def look_at(director: Director) -> Look:
    """Select the director with `status` and `cluster__head`."""
    cluster = director.cluster
    if cluster is None:
        return Look("free", f"{director} belongs to no cluster: nothing says what it should hold.")
    if cluster.head is None:
        return Look("free", f"{cluster} has no revision yet: nothing says what {director} holds.")
    busy = Change.objects.filter(cluster=cluster, state=Change.State.APPLYING).first()
    if busy is not None:
        return Look("applying", f"Change #{busy.pk} is being applied to {cluster}.")
    if why := _unknown(director):
        return Look("unknown", why)
    status = director.status
    if status.owned_digest == cluster.head.digest:
        return Look("same")
    observed = observed_of(director)
    assert observed is not None  # else it is unknown
    if status.owned_digest and observed.owned_digest != status.owned_digest:
        why = (
            f"The kernel of {director} was changed just now and is being read: wait a few seconds."
        )
        return Look("unknown", why)
    difference = difference_of(head_table(cluster), observed.table, observed.owned)
    return Look("differs", difference=difference) if difference else Look("same")


def _unknown(director: Director) -> str:
    status = status_of(director)
    if status is None or status.observed is None:
        return f"{director} has not told what its kernel holds yet: is its agent running?"
    if status.problem:
        return f"{director} can't read its kernel: {status.problem}"
    return ""
