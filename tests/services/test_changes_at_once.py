"""People who act on one change, or one cluster, in the same moment. Real transactions in parallel."""

from functools import partial

import pytest

from apps.changes import services
from apps.changes.errors import ChangeError, Conflict, Invalid, NotAllowed
from apps.changes.models import Change
from apps.changes.selectors import table_of
from apps.inventory.errors import InventoryError
from apps.inventory.models import Cluster, Revision
from apps.inventory.services import edit_cluster
from apps.jobs.models import Run
from apps.jobs.services import approve_and_start, store_run_finished
from lvs.agent import streams
from tests.applying import queue_all
from tests.factories import (
    make_cluster,
    make_draft,
    make_service,
    make_submitted,
    make_user,
    observe,
    tell,
)
from tests.services.parallel import at_once, refusals

pytestmark = pytest.mark.django_db(transaction=True)
S = Change.State


def of(cluster):
    return Cluster.objects.filter(pk=cluster.pk)


def approving(actor, change):
    return lambda: approve_and_start(actor=actor, change=change, digest=change.digest)


def putting(change, service):
    return lambda: services.put_service(
        actor=change.author,
        change=change,
        version=change.version,
        old_key=None,
        service=service,
    )


def state_of(change):
    return Change.objects.get(pk=change.pk).state


def finished(run, state="verified"):
    message = streams.run_finished(
        str(run.director.uuid),
        1.0,
        run=run.pk,
        revision=run.change.revision.number,
        state=state,
        digest=run.change.digest,
        steps=[],
    )
    return lambda: store_run_finished(director=run.director, message=message)


def test_of_two_approvals_one_starts_the_change(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    other = make_user("approver")
    outcomes = at_once(of(cluster), approving(approver, change), approving(other, change))
    (refused,) = refusals(outcomes)
    assert isinstance(refused, NotAllowed)
    assert "is applying: it can't be approved" in str(refused)
    assert state_of(change) == S.APPLYING
    assert change.reviews.count() == 1
    assert Revision.objects.count() == 1
    assert Run.objects.count() == 1


def test_of_two_changes_approved_at_once_one_is_applied(operator, approver, cluster):
    changes = [
        make_submitted(operator, cluster, make_service(port=80)),
        make_submitted(operator, cluster, make_service(port=81)),
    ]
    outcomes = at_once(of(cluster), *(approving(approver, change) for change in changes))
    (refused,) = refusals(outcomes)
    assert isinstance(refused, NotAllowed)
    assert "is being applied to web: wait until it ends" in str(refused)
    assert sorted(map(state_of, changes)) == [S.APPLYING, S.IN_REVIEW]
    assert Revision.objects.count() == 1


def test_of_two_edits_the_first_is_kept(operator, cluster):
    draft = make_draft(operator, cluster)
    acts = [putting(draft, make_service(port=port)) for port in (80, 81)]
    outcomes = at_once(of(cluster), *acts)
    (refused,) = refusals(outcomes)
    assert isinstance(refused, Conflict)
    kept = next(outcome for outcome in outcomes if outcome is not refused)
    assert table_of(Change.objects.get(pk=draft.pk)) == table_of(kept)
    assert len(table_of(kept).services) == 1


def test_what_is_submitted_is_what_was_frozen(operator, cluster):
    draft = make_draft(operator, cluster, make_service())
    outcomes = at_once(
        of(cluster),
        putting(draft, make_service(port=81)),
        lambda: services.submit_change(actor=operator, change=draft),
    )
    (refused,) = refusals(outcomes)
    change = Change.objects.get(pk=draft.pk)
    if isinstance(refused, Conflict):  # the edit was first: it is not submitted unseen
        assert (change.state, len(table_of(change).services)) == (S.DRAFT, 2)
    else:
        assert isinstance(refused, NotAllowed)
        assert (change.state, len(table_of(change).services)) == (S.IN_REVIEW, 1)
        assert change.digest == table_of(change).digest


@pytest.mark.parametrize("act", [services.reopen_change, services.withdraw_change])
def test_an_approval_or_its_authors_second_thought(act, operator, approver, cluster):
    change = make_submitted(operator, cluster)
    outcomes = at_once(
        of(cluster), approving(approver, change), lambda: act(actor=operator, change=change)
    )
    (refused,) = refusals(outcomes)
    assert isinstance(refused, ChangeError)
    applied = state_of(change) == S.APPLYING
    assert refused is outcomes[1 if applied else 0]
    assert Run.objects.exists() == change.reviews.exists() == applied


def test_an_approval_or_a_rejection(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    other = make_user("approver")
    outcomes = at_once(
        of(cluster),
        approving(approver, change),
        lambda: services.reject_change(
            actor=other, change=change, digest=change.digest, comment="No"
        ),
    )
    assert len(refusals(outcomes)) == 1
    assert change.reviews.count() == 1
    assert Run.objects.exists() == (state_of(change) == S.APPLYING)


def test_an_approval_or_other_directors(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    outcomes = at_once(
        of(cluster),
        approving(approver, change),
        lambda: edit_cluster(actor=operator, cluster=cluster, name="web", directors=[]),
    )
    if state_of(change) == S.APPLYING:
        assert isinstance(outcomes[1], InventoryError)
        assert cluster.directors.count() == 1
    else:
        assert isinstance(outcomes[0], NotAllowed)
        assert state_of(change) == S.STALE
        assert not Run.objects.exists()


def test_no_change_goes_into_review_on_a_head_of_yesterday(operator, approver, cluster):
    first = make_submitted(operator, cluster, make_service())
    approving(approver, first)()
    draft = make_draft(operator, cluster, make_service(port=81))
    outcomes = at_once(
        of(cluster),
        finished(Run.objects.get()),
        lambda: services.submit_change(actor=operator, change=draft),
    )
    assert state_of(first) == S.APPLIED
    assert outcomes[0] is None
    assert state_of(draft) in (S.DRAFT, S.STALE)


def test_two_directors_that_end_at_once_end_the_change(operator, approver):
    cluster = make_cluster(directors=2)
    change = make_submitted(operator, cluster)
    approving(approver, change)()
    queue_all(change)
    assert at_once(of(cluster), *map(finished, Run.objects.all())) == [None, None]
    assert state_of(change) == S.APPLIED
    cluster.refresh_from_db()
    assert cluster.head.digest == change.digest


def test_two_clusters_do_not_hinder_each_other(operator, approver):
    clusters = [make_cluster(), make_cluster()]
    changes = [make_submitted(operator, cluster) for cluster in clusters]
    everything = Cluster.objects.order_by("pk")
    outcomes = at_once(everything, *(approving(approver, change) for change in changes))
    assert refusals(outcomes) == []
    assert list(map(state_of, changes)) == [S.APPLYING, S.APPLYING]


@pytest.fixture
def neighbours(operator):
    """Two clusters in one network, that each has a change in review with the same service; when these
    were submitted they were apart."""
    clusters = [make_cluster(), make_cluster()]
    for number, cluster in enumerate(clusters):
        place(cluster, f"10.0.{number}.1")
    changes = [make_submitted(operator, cluster) for cluster in clusters]
    for number, cluster in enumerate(clusters):
        place(cluster, f"192.168.49.{number + 1}")
    return changes


def place(cluster, address):
    told = [{"interface": "eth0", "address": address, "prefix": 24}]
    tell(cluster.directors.get(), addresses=told)


def test_of_two_clusters_that_claim_the_same_one_is_approved(operator, approver, neighbours):
    everything = Cluster.objects.order_by("pk")
    outcomes = at_once(everything, *(approving(approver, change) for change in neighbours))
    (refused,) = refusals(outcomes)
    assert isinstance(refused, NotAllowed)
    assert "claims tcp 192.168.49.134:80 too" in str(refused)
    assert sorted(map(state_of, neighbours)) == [S.APPLYING, S.IN_REVIEW]


def test_of_two_clusters_that_claim_the_same_one_is_submitted(operator, neighbours):
    drafts = [services.reopen_change(actor=operator, change=change) for change in neighbours]
    outcomes = at_once(
        Cluster.objects.order_by("pk"),
        *(partial(services.submit_change, actor=operator, change=draft) for draft in drafts),
    )
    (refused,) = refusals(outcomes)
    assert isinstance(refused, Invalid)
    assert sorted(map(state_of, drafts)) == [S.DRAFT, S.IN_REVIEW]


def test_a_claim_is_seen_while_it_becomes_the_heads(operator, approver, neighbours):
    first, second = neighbours
    approving(approver, first)()
    outcomes = at_once(
        Cluster.objects.order_by("pk"), finished(Run.objects.get()), approving(approver, second)
    )
    (refused,) = refusals(outcomes)
    assert refused is outcomes[1]
    assert (state_of(first), state_of(second)) == (S.APPLIED, S.IN_REVIEW)


def test_an_approval_meets_a_report_of_another_table(operator, approver, cluster):
    """Whoever is first: the director itself compares what it holds before it writes."""
    change = make_submitted(operator, cluster)
    director = cluster.directors.get()
    outcomes = at_once(
        of(cluster),
        approving(approver, change),
        lambda: observe(director, table_of(change)),
    )
    assert refusals(outcomes) == []
    assert state_of(change) in (S.APPLYING, S.STALE)
