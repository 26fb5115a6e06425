"""Taking back what nobody confirmed: which directors, what keeps it, and what is left when it fails."""

import pytest
from django.utils import timezone

from apps.changes import services
from apps.changes.models import Change
from apps.changes.selectors import unsettled
from apps.inventory.services import edit_cluster
from apps.jobs.models import Run
from apps.jobs.services import begin_what_is_due, store_run_finished, submit_and_start
from lvs.canonical_form import make_table
from tests.applying import run_finished, verified
from tests.factories import (
    make_applied,
    make_cluster,
    make_director,
    make_service,
    make_submitted,
    make_user,
    observe,
)
from tests.guards import force
from tests.services.records import newest, said
from tests.services.timed import approve, opened, timed

pytestmark = pytest.mark.django_db
S = Change.State
NEW = make_service(scheduler="wrr")


def due(change):
    """Its time to be confirmed is over."""
    return force(change, confirm_by=timezone.now())


def unreadable(director):
    status = director.status
    status.problem = "no right to read it"
    status.save()


@pytest.fixture
def on_two(operator, approver):
    """On two directors a second change waits to be confirmed."""
    cluster = make_cluster(directors=2)
    make_applied(make_submitted(operator, cluster), approver)
    return verified(approve(approver, timed(operator, cluster, NEW, confirm_within=10)))


def test_what_nobody_confirms_is_taken_back_by_itself(unconfirmed):
    force(unconfirmed, confirm_by=timezone.now())
    assert begin_what_is_due() == 1
    back = verified(Change.objects.get(takes_back=unconfirmed))
    assert (back.state, back.approved_by) == (S.APPLIED, "unconfirmed")
    assert back.table == Change.objects.get(revision__number=1).table
    assert back.revision.number == 3
    assert newest("change.taken_back").actor_name == "system"
    assert begin_what_is_due() == 0


def test_a_director_that_got_it_not_is_left_alone(unconfirmed):
    cluster = unconfirmed.cluster
    new = make_director()
    edit_cluster(
        actor=None, cluster=cluster, name=cluster.name, directors=[*cluster.directors.all(), new]
    )
    due(unconfirmed)
    assert begin_what_is_due() == 1
    back = Change.objects.get(takes_back=unconfirmed)
    assert new.pk not in back.runs.values_list("director_id", flat=True)
    assert back.runs.count() == 1


def test_what_others_put_there_meanwhile_is_left_alone(unconfirmed):
    director = unconfirmed.cluster.directors.get()
    observe(director, make_table([NEW]), foreign=make_table([make_service(443)]))
    due(unconfirmed)
    begin_what_is_due()
    assert not Change.objects.get(takes_back=unconfirmed).adopt


def test_a_director_that_can_not_be_read_keeps_no_other(on_two):
    mute, other = on_two.cluster.directors.order_by("name")
    unreadable(mute)
    due(on_two)
    assert begin_what_is_due() == 1
    back = Change.objects.get(takes_back=on_two)
    assert dict(back.runs.values_list("director_id", "state")) == {
        mute.pk: Run.State.QUEUED,
        other.pk: Run.State.QUEUED,
    }


def test_where_no_director_is_left_there_is_nothing_to_take_back(unconfirmed):
    cluster = unconfirmed.cluster
    edit_cluster(actor=None, cluster=cluster, name=cluster.name, directors=[])
    due(unconfirmed)
    begin_what_is_due()
    unconfirmed.refresh_from_db()
    assert (unconfirmed.state, unconfirmed.confirm_by) == (S.APPLIED, None)
    assert said("change.settled")[3] == {"by": "its directors left the cluster"}
    assert not Change.objects.filter(takes_back=unconfirmed).exists()


def test_what_waits_says_why_on_its_page_once(unconfirmed, caplog):
    ema = make_user("emergency")
    unconfirmed.cluster.refresh_from_db()
    rollback = opened(ema, unconfirmed.cluster)
    busy = submit_and_start(actor=ema, change=rollback, emergency=True)
    due(unconfirmed)
    begin_what_is_due()
    begin_what_is_due()
    unconfirmed.refresh_from_db()
    assert unconfirmed.state_note == (
        f"It waits: Another change is being applied to {busy.cluster}."
    )
    assert caplog.text.count("It waits") == 1
    services.end_change(change=busy, state=S.FAILED)
    assert begin_what_is_due() == 1
    unconfirmed.refresh_from_db()
    assert unconfirmed.state_note == ""


@pytest.mark.parametrize("how", [S.FAILED, S.PARTIAL])
def test_one_that_could_not_be_taken_back_stays_listed(how, unconfirmed, viewer):
    due(unconfirmed)
    begin_what_is_due()
    back = Change.objects.get(takes_back=unconfirmed)
    assert unconfirmed not in unsettled(viewer)
    services.end_change(change=back, state=how)
    assert unconfirmed in unsettled(viewer)


def test_one_that_was_replaced_since_is_listed_no_longer(unconfirmed, operator, approver, viewer):
    due(unconfirmed)
    begin_what_is_due()
    services.end_change(change=Change.objects.get(takes_back=unconfirmed), state=S.FAILED)
    observe(unconfirmed.cluster.directors.get(), make_table([NEW]))
    make_applied(make_submitted(operator, unconfirmed.cluster, make_service(443)), approver)
    assert unconfirmed not in unsettled(viewer)


def test_an_emergency_that_reached_some_directors_settles_it_too(on_two):
    """Else the rest would be taken back to a table that nobody has any more."""
    ema = make_user("emergency")
    on_two.cluster.refresh_from_db()
    rollback = submit_and_start(actor=ema, change=opened(ema, on_two.cluster), emergency=True)
    first, second = rollback.runs.order_by("position")
    for run, how in ((first, "verified"), (second, "failed")):
        store_run_finished(director=run.director, message=run_finished(run, state=how))
    rollback.refresh_from_db()
    on_two.refresh_from_db()
    assert (rollback.state, on_two.confirm_by) == (S.PARTIAL, None)
    assert begin_what_is_due() == 0
