"""When a change begins once it is approved, and until when it must be confirmed."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from apps.changes.approval import policy_of
from apps.changes.errors import Invalid
from apps.changes.models import Change
from apps.changes.models.policy import LONGEST_CONFIRMATION
from lvs.rules import Problem

FURTHEST = timedelta(days=90)
"""How far ahead a change may be scheduled: the world of its reviewers is another by then."""


class Timing(NamedTuple):
    """When a change begins once it is approved, and whether it stays."""

    start_at: datetime | None = None
    """Not before; None = at once."""
    start_until: datetime | None = None
    """Not begun after; None = no end."""
    confirm_within: int = 0
    """Minutes in which somebody must confirm it, else it is taken back; 0 = it stays. The cluster's
    policy may ask for it where the author doesn't."""


AT_ONCE = Timing()


def timing_for(change: Change, timing: Timing, *, takes_over: bool, emergency: bool) -> Timing:
    """The timing, with the confirmation that the cluster's policy asks for.

    takes_over: it adopts what other programs put into a kernel. Putting back the table from before would
    delete that, so it stays. emergency: it puts back a table that was confirmed, or needed no confirmation;
    what it puts that in the place of must not come back. Raises Invalid for a window that is over or ends
    before it begins, and for a confirmation that is too long, or can't be had.
    """
    problems = []
    if takes_over and timing.confirm_within:
        message = (
            "It takes over what others put there, which could not be put back: leave this empty."
        )
        problems.append(Problem(("confirm_within",), "confirm.adopts", message))
    if timing.start_until is not None:
        if timing.start_until <= (timing.start_at or timezone.now()):
            message = "The window ends before it begins."
            problems.append(Problem(("start_until",), "window.empty", message))
        elif timing.start_until <= timezone.now():
            message = "That time is over."
            problems.append(Problem(("start_until",), "window.over", message))
    if timing.start_at is not None and timing.start_at > timezone.now() + FURTHEST:
        message = f"A change is scheduled for the next {FURTHEST.days} days at most."
        problems.append(Problem(("start_at",), "window.far", message))
    asked = policy_of(change.cluster).confirm_within
    most = asked or LONGEST_CONFIRMATION
    if not 0 <= timing.confirm_within <= most:
        message = f"From 1 to {most} minutes, or 0: without a confirmation."
        if asked:
            message = f"The policy of {change.cluster} gives {asked} minutes at most."
        problems.append(Problem(("confirm_within",), "confirm.long", message))
    if problems:
        raise Invalid(problems)
    if takes_over or emergency:
        return timing._replace(confirm_within=0)
    return timing._replace(confirm_within=timing.confirm_within or asked)
