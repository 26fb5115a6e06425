"""Two approvers, two who start what is due, and an author who edits, in seeded interleavings of real
parallel transactions: every time there is exactly one legal history.

Each actor is a thread with a database connection of its own that does its acts one by one; a seed chooses
who acts next, and whether the next one begins before the one before has committed. On PostgreSQL row
locks make them meet; SQLite has one writer at a time, so a few seeds are enough there.
"""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from apps.audit.models import AuditRecord
from apps.changes import services
from apps.changes.errors import ChangeError
from apps.changes.models import Change, Review
from apps.changes.states import NEXT
from apps.inventory.models import Revision
from apps.jobs.models import Run
from apps.jobs.services import approve_and_start, begin_what_is_due
from tests.factories import make_cluster, make_service, make_submitted, make_user, put
from tests.guards import unguarded

pytestmark = pytest.mark.django_db(transaction=True)

SEEDS = 1_000 if connection.vendor == "postgresql" else 20
"""Each takes a tenth of a second on a machine that does nothing else."""
REFUSED = (ChangeError, PermissionDenied)
PATIENCE = 30.0


@pytest.fixture
def people():
    """An author, two approvers, and a cluster where two approvals are needed."""
    admin, cluster = make_user("admin"), make_cluster()
    services.set_policy(actor=admin, cluster=cluster, version=1, approvals=2)
    return make_user("operator"), make_user("approver"), make_user("approver"), cluster


def approving(actor, change, shown):
    """Approve what this person was shown, whatever it is by now."""
    digest, version = shown
    return lambda: approve_and_start(actor=actor, change=change, digest=digest, version=version)


def editing(author, number, port):
    """Reopen, edit, submit again: the author's second thought."""

    def edit():
        change = services.reopen_change(actor=author, change=Change.objects.get(pk=number))
        change = put(change, make_service(port))
        services.submit_change(actor=author, change=change)

    return edit


def play(seed, acts):
    """All acts, each in a thread, in the order and overlap that the seed chooses; what became of each."""
    dice = random.Random(seed)
    order = list(range(len(acts)))
    dice.shuffle(order)
    gates = [threading.Event() for _ in acts]
    outcomes = [None] * len(acts)

    def run(index):
        assert gates[index].wait(PATIENCE)
        try:
            acts[index]()
            outcomes[index] = "done"
        except REFUSED as refused:
            outcomes[index] = refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        running = [threads.submit(run, index) for index in range(len(acts))]
        for index in order:
            gates[index].set()
            if dice.random() < 0.5:  # else the next one begins while this one is at work
                running[index].result(PATIENCE)
        for future in running:
            future.result(PATIENCE)
    return outcomes


def history(change):
    """The states that the change went through, as its records tell."""
    found = AuditRecord.objects.filter(change_number=change.pk, object_type="change").order_by("pk")
    steps = [(r.before or {}).get("state") or "" for r in found]
    return [
        (before, record.after["state"])
        for before, record in zip(steps, found, strict=True)
        if before and (record.after or {}).get("state") not in (None, before)
    ]


def check(change):
    """What must hold after every history. Returns the state that it ended in."""
    change = Change.objects.get(pk=change.pk)
    for before, after in history(change):
        assert after in NEXT[before], f"{before} → {after}"
    counted = Review.objects.filter(
        change=change, verdict="approve", digest=change.digest, version=change.version
    )
    reviewers = set(counted.values_list("reviewer_id", flat=True))
    assert change.author_id not in reviewers
    revisions = Revision.objects.filter(cluster=change.cluster)
    runs = Run.objects.filter(change=change)
    if change.state == Change.State.APPLYING:
        assert len(reviewers) == 2
        (revision,) = revisions
        assert (revision.digest, revision.table) == (change.digest, change.table)
        assert runs.count() == 1
    else:
        assert change.state == Change.State.IN_REVIEW
        assert len(reviewers) < 2
        assert not revisions.exists()
        assert not runs.exists()
    started = AuditRecord.objects.filter(change_number=change.pk, action="change.started")
    assert started.count() == revisions.count()
    return change.state


def test_every_interleaving_ends_in_one_legal_history(people):
    author, first, second, cluster = people
    ends = set()
    for seed in range(SEEDS):
        change = make_submitted(author, cluster, make_service(80))
        shown = change.digest, change.version
        outcomes = play(
            seed,
            [
                approving(first, change, shown),
                approving(second, change, shown),
                approving(second, change, shown),
                editing(author, change.pk, 81),
                begin_what_is_due,
                begin_what_is_due,
            ],
        )
        state = check(change)
        # Both approvals of what was shown count, or the author was quicker: never both.
        edited = outcomes[3] == "done"
        assert edited is (state == Change.State.IN_REVIEW), f"seed {seed}: {outcomes}"
        approvals = sum(outcome == "done" for outcome in outcomes[:3])
        assert approvals <= 2, f"seed {seed}: {outcomes}"
        ends.add((state, approvals))
        forget(change)
    assert {state for state, _ in ends} == {Change.State.APPLYING, Change.State.IN_REVIEW}


def forget(change):
    """Make room for the next history: the cluster as it was before."""
    with unguarded():
        Run.objects.filter(change=change).delete()
        Change.objects.filter(pk=change.pk).update(state=Change.State.WITHDRAWN, revision=None)
        Revision.objects.filter(cluster=change.cluster).delete()
