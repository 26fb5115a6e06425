"""What an emergency that waited takes over from each director: what its author was shown of it."""

import pytest

from apps.changes import services
from apps.changes.models import Change
from apps.jobs.models import Outbox
from apps.jobs.services import begin_what_is_due, submit_and_start
from apps.jobs.services.deliver import _order
from lvs.canonical_form import make_table
from tests.factories import (
    WEB1,
    make_applied,
    make_cluster,
    make_draft,
    make_service,
    make_submitted,
    make_user,
    observe,
)
from tests.services.records import said
from tests.services.timed import approve, opened

pytestmark = pytest.mark.django_db
S = Change.State
TABLE = make_table([make_service()])


@pytest.fixture
def directors():
    """How many the cluster has."""
    return 1


@pytest.fixture
def taking_over(operator, approver, directors):
    """An emergency that takes over :443, as its author saw, and waits for a change being applied."""
    cluster = make_cluster(directors=directors)
    wanted = [make_service(port) for port in (80, 443, 444)]
    make_applied(make_submitted(operator, cluster, *wanted), approver)
    draft = make_draft(operator, cluster)
    for service in wanted[1:]:
        draft = services.remove_service(
            actor=operator, change=draft, version=draft.version, key=service.key
        )
    make_applied(services.submit_change(actor=operator, change=draft), approver)
    for each in cluster.directors.all():
        observe(each, TABLE, foreign=make_table([make_service(443)]))
    busy = approve(approver, make_submitted(operator, cluster, make_service(scheduler="wrr")))
    cluster.refresh_from_db()
    ema = make_user("emergency")
    change = submit_and_start(actor=ema, change=opened(ema, cluster), emergency=True, adopt=True)
    assert {tuple(plan.conflicts) for plan in change.plans.all()} == {("tcp 192.168.49.134:443",)}
    return change, busy


def begun(change, busy, *foreign):
    """Its turn comes, and the director holds these services without us."""
    observe(change.cluster.directors.get(), TABLE, foreign=make_table(foreign))
    services.end_change(change=busy, state=S.FAILED)
    begin_what_is_due()
    change.refresh_from_db()
    assert change.state == S.APPLYING
    return _order(Outbox.objects.get(run__change=change))


def test_an_emergency_takes_over_what_its_author_was_shown(taking_over):
    assert begun(*taking_over, make_service(443)).adopt


def test_an_emergency_takes_over_nothing_that_nobody_was_shown(taking_over):
    assert not begun(*taking_over, make_service(443), make_service(444)).adopt
    after = said("change.planned_anew")[3]
    assert after["adopt"] == []
    (names,) = after["conflicts"].values()
    assert names == ["tcp 192.168.49.134:443", "tcp 192.168.49.134:444"]


def test_a_director_that_was_not_read_takes_nothing_over(taking_over):
    change, busy = taking_over
    status = change.cluster.directors.get().status
    services.end_change(change=busy, state=S.FAILED)
    status.refresh_from_db()
    status.problem = "no right to read it"
    status.save()
    begin_what_is_due()
    assert not _order(Outbox.objects.get(run__change=change)).adopt


@pytest.mark.parametrize("directors", [2])
@pytest.mark.parametrize(
    "found",
    [
        [make_service(443), make_service(444)],
        [make_service(443, scheduler="wrr")],
        [make_service(443, servers=[WEB1])],
    ],
)
def test_a_director_that_holds_something_else_than_was_shown_refuses_for_itself_alone(
    found, taking_over
):
    change, busy = taking_over
    _first, second = change.cluster.directors.order_by("pk")
    observe(second, TABLE, foreign=make_table(found))
    services.end_change(change=busy, state=S.FAILED)
    begin_what_is_due()
    runs = change.runs.order_by("director_id")
    assert [_order(Outbox.objects.get(run=run)).adopt for run in runs] == [True, False]
