"""When a change begins once it is approved, and until when it must be confirmed."""

from collections.abc import Iterator
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
    delete that, so it stays. emergency: at once, whatever was asked for. It puts back a table that was
    confirmed, or needed no confirmation; what it puts that in the place of must not come back. Raises
    Invalid for a window that is over or ends before it begins, and for a confirmation that is too long, or
    can't be had.
    """
    if emergency:
        return AT_ONCE
    asked = policy_of(change.cluster).confirm_within
    problems = [*_window_problems(timing)]
    if takes_over and timing.confirm_within:
        message = (
            "It takes over what others put there, which could not be put back: leave this empty."
        )
        problems.append(Problem(("confirm_within",), "confirm.adopts", message))
    most = asked or LONGEST_CONFIRMATION
    if not 0 <= timing.confirm_within <= most:
        message = f"From 1 to {most} minutes, or 0: without a confirmation."
        if asked:
            message = f"The policy of {change.cluster} gives {asked} minutes at most."
        problems.append(Problem(("confirm_within",), "confirm.long", message))
    if problems:
        raise Invalid(problems)
    return timing._replace(confirm_within=0 if takes_over else timing.confirm_within or asked)


def _window_problems(timing: Timing) -> Iterator[Problem]:
    now = timezone.now()
    if timing.start_until is not None:
        if timing.start_until <= (timing.start_at or now):
            yield Problem(("start_until",), "window.empty", "The window ends before it begins.")
        elif timing.start_until <= now:
            yield Problem(("start_until",), "window.over", "That time is over.")
    if timing.start_at is not None and timing.start_at > now + FURTHEST:
        message = f"A change is scheduled for the next {FURTHEST.days} days at most."
        yield Problem(("start_at",), "window.far", message)


def minutes_to_confirm(change: Change) -> int:
    """In how many minutes a submitted change must be confirmed once it is applied, 0 = it stays: what was
    asked as it was submitted, or the policy of now where that is stricter."""
    goes_back = change.approved_by in (Change.Basis.EMERGENCY, Change.Basis.UNCONFIRMED)
    if goes_back or any(plan.conflicts for plan in change.plans.all()):
        return change.confirm_within
    asked = policy_of(change.cluster).confirm_within
    return min(filter(None, (change.confirm_within, asked)), default=0)
