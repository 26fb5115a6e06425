"""Reports and people who act on a drift in the same moment. Real transactions in parallel."""

import pytest

from apps.changes.drift.difference import shown_digest
from apps.changes.errors import Conflict
from apps.changes.models import Change, Drift
from apps.changes.services import adopt_drift, end_change, ignore_drift, submit_change
from apps.inventory.models import Cluster, Director
from apps.jobs.services import approve_and_start
from lvs.canonical_form import make_table
from tests.factories import (
    WEB1,
    WEB2,
    make_applied,
    make_cluster,
    make_director,
    make_draft,
    make_service,
    make_submitted,
    make_user,
    observe,
)
from tests.services.in_order import one_after_the_other
from tests.services.parallel import at_once, refusals


def shown_of(drift):
    """The digest that a page shows of it."""
    return shown_digest(drift.head.digest, drift.digest)


pytestmark = pytest.mark.django_db(transaction=True)

OTHER = make_table([make_service(scheduler="wlc")])
LIGHTER = make_table([make_service(servers=(WEB1._replace(weight=0), WEB2))])


@pytest.fixture
def operator():
    return make_user("operator")


@pytest.fixture
def approver():
    return make_user("approver")


@pytest.fixture
def cluster(operator, approver):
    """Two directors that hold the head; the first drifts."""
    made = make_cluster("web", directors=[make_director("lvs-1"), make_director("lvs-2")])
    make_applied(make_submitted(operator, made), approver)
    observe(Director.objects.get(name="lvs-1"), LIGHTER)
    return Cluster.objects.get(pk=made.pk)


def ignoring(actor):
    drift = Drift.objects.select_related("director").get(ended_at=None)
    return lambda: ignore_drift(
        actor=actor, director=drift.director, digest=shown_of(drift), reason="It is meant"
    )


def reporting(name, table):
    director = Director.objects.get(name=name)
    return lambda: observe(director, table)


def test_a_report_that_comes_while_it_is_being_ignored_is_not_ignored(operator, cluster):
    one_after_the_other(ignoring(operator), reporting("lvs-1", OTHER))
    drift = Drift.objects.get()
    assert not drift.is_ignored
    assert drift.summary == "tcp 192.168.49.134:80 has scheduler wlc instead of rr"


def test_who_ignores_while_a_report_is_being_stored_is_refused(operator, cluster):
    _, refused = one_after_the_other(reporting("lvs-1", OTHER), ignoring(operator))
    assert isinstance(refused, Conflict)
    assert not Drift.objects.get().is_ignored


def test_a_report_that_meets_a_new_head_is_held_against_it(operator, approver, cluster):
    """Stored while the head becomes what it tells: no drift is left, whoever comes first."""
    change = make_submitted(operator, cluster, *OTHER.services)
    change = approve_and_start(actor=approver, change=change, digest=change.digest)
    observe(Director.objects.get(name="lvs-1"), OTHER)
    one_after_the_other(
        lambda: end_change(change=change, state=Change.State.APPLIED), reporting("lvs-2", OTHER)
    )
    assert not Drift.objects.filter(ended_at=None).exists()


def test_reports_of_many_at_once_note_one_drift_each(cluster):
    reports = [reporting(name, OTHER) for name in ("lvs-1", "lvs-2", "lvs-1", "lvs-2")]
    assert not refusals(at_once(Cluster.objects.filter(pk=cluster.pk), *reports))
    assert Drift.objects.filter(ended_at=None).count() == 2


def test_of_two_who_ignore_it_one_is_told_that_it_is_done(operator, cluster):
    other = make_user("operator")
    locked = Cluster.objects.filter(pk=cluster.pk)
    assert len(refusals(at_once(locked, ignoring(operator), ignoring(other)))) == 1


def test_adopting_and_applying_at_once_end_in_one_order(operator, approver, cluster):
    drift = Drift.objects.select_related("director").get(ended_at=None)
    change = submit_change(
        actor=operator, change=make_draft(operator, cluster, make_service(port=81))
    )
    first, second = at_once(
        Cluster.objects.filter(pk=cluster.pk),
        lambda: approve_and_start(actor=approver, change=change, digest=change.digest),
        lambda: adopt_drift(
            actor=operator, director=drift.director, digest=shown_of(drift), reason="It was right"
        ),
    )
    assert isinstance(first, Change)
    assert isinstance(second, Change) or "is being applied" in str(second)
