"""From an approval to the runs that carry it out, in one transaction."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.changes import services as changes
from apps.changes.models import Change
from apps.inventory.services import create_revision
from apps.jobs.models import Outbox, Run
from apps.jobs.nudge import DELIVER_OUTBOX, nudge_after_commit


@transaction.atomic
def approve_and_start(
    *, actor: User, change: Change, digest: str, version: int | None = None, comment: str = ""
) -> Change:
    """Approve the change exactly as `digest` and `version` name it, and begin to apply it.

    Everything is stored in one transaction; delivery starts after its commit and needs Redis only then.
    Raises what `changes.services.approve_change` raises.
    """
    change = changes.approve_change(
        actor=actor, change=change, digest=digest, version=version, comment=comment
    )
    if change.state != Change.State.APPROVED:
        return change
    return start_change(actor=actor, change=change)


@transaction.atomic
def start_change(*, actor: User, change: Change) -> Change:
    """Make the revision of an approved change, a run for each director and its place in the outbox."""
    revision = create_revision(cluster=change.cluster, table=change.table, digest=change.digest)
    change = changes.start_change(actor=actor, change=change, revision=revision)
    now = timezone.now()
    deadline = now + timedelta(seconds=settings.RUN_DEADLINE)
    for plan in change.plans.select_related("director").order_by("director__name"):
        run = Run.objects.create(
            change=change, director=plan.director, expected_digest=plan.expected_digest
        )
        Outbox.objects.create(run=run, next_send=now, deadline=deadline)
        record(
            actor=actor,
            action="run.queued",
            obj=run,
            after={"director": plan.director.name, "revision": revision.number},
            change_number=change.pk,
        )
    nudge_after_commit(DELIVER_OUTBOX)
    return change
