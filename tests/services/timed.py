"""Changes with a time, a confirmation, or a way back, through the services as pages make them."""

from datetime import timedelta

from apps.changes import services
from apps.changes.timing import Timing
from apps.jobs.services import approve_and_start
from tests.factories import make_draft, make_service

HOUR = timedelta(hours=1)


def timed(author, cluster, service=None, **timing):
    draft = make_draft(author, cluster, service or make_service())
    return services.submit_change(actor=author, change=draft, timing=Timing(**timing))


def approve(approver, change):
    return approve_and_start(actor=approver, change=change, digest=change.digest)


def opened(actor, cluster, number=1):
    revision = cluster.revisions.get(number=number)
    return services.open_rollback(
        actor=actor, revision=revision, title="Go back", reason="It burns"
    )
