"""Where a change that nobody confirmed goes back to: settings that were open before, foreign services."""

import pytest
from django.utils import timezone

from apps.changes import services
from apps.changes.models import Change
from apps.changes.selectors import table_of
from apps.changes.taking_back import way_back
from apps.changes.timing import Timing
from apps.inventory.services import edit_cluster
from apps.jobs.services import begin_what_is_due
from lvs.canonical_form import make_table
from lvs.model import EMPTY
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.applying import verified
from tests.factories import (
    decide,
    make_applied,
    make_cluster,
    make_director,
    make_draft,
    make_service,
    make_submitted,
    observe,
)
from tests.guards import force
from tests.services.records import said
from tests.services.timed import approve

pytestmark = pytest.mark.django_db
ONE = make_table([make_service()])
DAEMON = SyncDaemon("master", "eth0", 1, 1472)


def kernel(tcp=900, conntrack="0"):
    """Settings of a director in which nobody set any from here; no daemon runs."""
    return make_table([], Timeouts(tcp, 120, 300), (), (Sysctl("conntrack", conntrack),))


def applied_and_due(author, approver, cluster, change_it):
    """A change that was to be confirmed, and whose time is over. change_it: of its draft."""
    draft = change_it(make_draft(author, cluster))
    timing = Timing(confirm_within=10)
    change = services.submit_change(actor=author, change=draft, timing=timing)
    change = verified(approve(approver, change))
    assert change.state == "applied"
    return force(change, confirm_by=timezone.now())


def taken_back(change):
    assert begin_what_is_due() == 1
    return Change.objects.get(takes_back=change)


@pytest.fixture
def open_settings(operator, approver, cluster):
    """The head decides no setting; the director has those of its kernel."""
    make_applied(make_submitted(operator, cluster), approver)
    observe(cluster.directors.get(), ONE, foreign=kernel())
    return cluster


def test_settings_that_were_open_go_back_to_what_was_found(open_settings, operator, approver):
    def change_it(draft):
        return decide(
            draft,
            timeouts=Timeouts(tcp=5),
            sync=(DAEMON,),
            sysctls=(Sysctl("conntrack", "1"),),
        )

    change = applied_and_due(operator, approver, open_settings, change_it)
    back = taken_back(change)
    assert table_of(back) == make_table(
        [make_service()], Timeouts(tcp=900), (), (Sysctl("conntrack", "0"),)
    )
    assert {step["kind"] for step in back.plans.get().steps} == {
        "set timeouts",
        "stop daemon",
        "set sysctl",
    }


def test_a_setting_that_changed_nowhere_stays_open(open_settings, operator, approver):
    change = applied_and_due(
        operator, approver, open_settings, lambda d: decide(d, timeouts=Timeouts(tcp=900, udp=5))
    )
    assert table_of(taken_back(change)).timeouts == Timeouts(udp=300)


def test_a_setting_of_the_table_before_goes_back_to_that(operator, approver, cluster):
    first = decide(make_draft(operator, cluster, make_service()), timeouts=Timeouts(tcp=600))
    make_applied(services.submit_change(actor=operator, change=first), approver)
    change = applied_and_due(
        operator, approver, cluster, lambda d: decide(d, timeouts=Timeouts(tcp=5))
    )
    assert table_of(taken_back(change)).timeouts == Timeouts(tcp=600)


def test_what_directors_had_otherwise_is_left_and_said(operator, approver):
    cluster = make_cluster(directors=2)
    make_applied(make_submitted(operator, cluster), approver)
    one, other = cluster.directors.order_by("name")
    observe(one, ONE, foreign=kernel(tcp=900))
    observe(other, ONE, foreign=kernel(tcp=600))
    change = applied_and_due(
        operator, approver, cluster, lambda d: decide(d, timeouts=Timeouts(tcp=5, udp=5))
    )
    back = taken_back(change)
    assert table_of(back).timeouts == Timeouts(udp=300)
    assert "Left as it is: TCP timeout: its directors had different ones." in back.reason
    assert said("change.taken_back")[3]["left"] == [
        "TCP timeout: its directors had different ones."
    ]


def test_a_setting_of_which_nobody_knows_what_it_was_is_left_and_said(cluster, operator, approver):
    """As of a scheduler that no service used: the kernel shows its sysctl only then."""
    make_applied(make_submitted(operator, cluster), approver)
    change = applied_and_due(
        operator, approver, cluster, lambda d: decide(d, sysctls=(Sysctl("conntrack", "1"),))
    )
    back = taken_back(change)
    assert table_of(back).sysctls == ()
    assert "net.ipv4.vs.conntrack: it is not known what it was." in back.reason


def test_what_another_program_took_meanwhile_hinders_nothing_else(operator, approver, cluster):
    """The change deleted :443, another program has put it there since: the rest goes back."""
    make_applied(make_submitted(operator, cluster, make_service(), make_service(443)), approver)
    director = cluster.directors.get()

    def change_it(draft):
        draft = services.put_service(
            actor=operator,
            change=draft,
            version=draft.version,
            old_key=make_service().key,
            service=make_service(scheduler="wrr"),
        )
        return services.remove_service(
            actor=operator, change=draft, version=draft.version, key=make_service(443).key
        )

    change = applied_and_due(operator, approver, cluster, change_it)
    holds = make_table([make_service(scheduler="wrr")])
    observe(director, holds, foreign=make_table([make_service(443)]))
    back = taken_back(change)
    assert table_of(back) == ONE
    assert back.plans.get().conflicts == []
    assert f"tcp 192.168.49.134:443: {director} got it from elsewhere by now." in back.reason


def test_daemons_of_another_program_are_left_running(operator, approver, cluster):
    first = decide(make_draft(operator, cluster, make_service()), sync=())
    make_applied(services.submit_change(actor=operator, change=first), approver)
    change = applied_and_due(operator, approver, cluster, lambda d: decide(d, sync=None))
    observe(cluster.directors.get(), ONE, foreign=make_table([], EMPTY.timeouts, (DAEMON,)))
    back = taken_back(change)
    assert table_of(back).sync is None
    assert "sync daemons" in back.reason


def test_a_director_that_forgot_what_is_ours_costs_the_others_nothing(operator, approver):
    """To it all is foreign by now; it will refuse, and the other gets the whole table back."""
    cluster = make_cluster(directors=2)
    make_applied(make_submitted(operator, cluster), approver)

    def change_it(draft):
        return services.put_service(
            actor=operator,
            change=draft,
            version=draft.version,
            old_key=make_service().key,
            service=make_service(scheduler="wrr"),
        )

    change = applied_and_due(operator, approver, cluster, change_it)
    observe(cluster.directors.first(), EMPTY, foreign=make_table([make_service(scheduler="wrr")]))
    back = taken_back(change)
    assert table_of(back) == ONE
    assert sorted(len(plan.conflicts) for plan in back.plans.all()) == [0, 1]


def test_our_own_daemon_that_the_change_gave_up_is_taken_back(operator, approver, cluster):
    """A table that decides no daemon stops none: it runs on, and isn't ours any more."""
    first = decide(make_draft(operator, cluster, make_service()), sync=(DAEMON,))
    before = make_applied(services.submit_change(actor=operator, change=first), approver)
    change = applied_and_due(operator, approver, cluster, lambda d: decide(d, sync=None))
    observe(cluster.directors.get(), ONE, foreign=make_table([], EMPTY.timeouts, (DAEMON,)))
    back = taken_back(change)
    assert table_of(back) == table_of(before)
    assert back.plans.get().adopt
    assert "Left as it is" not in back.reason


def test_where_other_directors_are_there_now_the_way_back_is_known_all_the_same(
    operator, approver, cluster
):
    change = applied_and_due(
        operator, approver, cluster, lambda d: decide(d, timeouts=Timeouts(tcp=5))
    )
    edit_cluster(actor=None, cluster=cluster, name="web", directors=[make_director()])
    change = Change.objects.get(pk=change.pk)
    assert way_back(change, list(change.cluster.directors.all())) == (EMPTY, [])


def test_a_daemon_of_a_director_that_forgot_what_is_ours_is_not_taken_over(
    operator, approver, cluster
):
    """The change kept a daemon, and edited it: this one may be anybody's."""
    first = decide(make_draft(operator, cluster, make_service()), sync=(DAEMON,))
    make_applied(services.submit_change(actor=operator, change=first), approver)
    other = DAEMON._replace(syncid=2)
    change = applied_and_due(operator, approver, cluster, lambda d: decide(d, sync=(other,)))
    observe(cluster.directors.get(), ONE, foreign=make_table([], EMPTY.timeouts, (other,)))
    plan = taken_back(change).plans.get()
    assert plan.conflicts == [str(other)]
    assert not plan.adopt
