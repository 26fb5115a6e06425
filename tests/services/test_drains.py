"""Draining a real server: the intent lives in the database, and every step is a change of its own."""

from datetime import timedelta

import pytest
import redis
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.changes.errors import NotAllowed
from apps.changes.models import Change
from apps.changes.services import open_draft, put_service, set_policy, withdraw_change
from apps.drains.counting import Counts, counts_of
from apps.drains.errors import DrainError
from apps.drains.models import Drain
from apps.drains.services import end_early, start_drain, undo_drain, watch_drains
from apps.drains.warnings import warnings_of
from apps.inventory.selectors import head_table
from apps.jobs.services import approve_and_start, submit_and_start
from apps.telemetry.live import store_frame
from lvs.agent.streams import ROW_FIELDS, row_id
from lvs.canonical_form import make_table
from lvs.settings import Sysctl
from tests.applying import verified
from tests.factories import (
    WEB1,
    WEB2,
    make_applied,
    make_director,
    make_service,
    make_submitted,
    make_user,
    observe,
)
from tests.services.records import count, said

pytestmark = pytest.mark.django_db
D = Drain.State
SERVICE = make_service()


@pytest.fixture
def balanced(admin, operator, approver, cluster):
    """The tutorial's service is applied; weights and drains need no approval."""
    set_policy(actor=admin, cluster=cluster, version=1, approvals=1, free_weights=True)
    make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    return cluster


def drain(actor, cluster, then="remove", server=WEB1, **wanted):
    asked = {"then": Drain.Then(then), "reason": "New disk"} | wanted
    return start_drain(
        actor=actor,
        cluster=cluster,
        service=SERVICE.key,
        address=server.address,
        port=server.port,
        **asked,
    )


def now(drain):
    return Drain.objects.get(pk=drain.pk)


def settle(drain):
    """Its change of now is carried out by every director."""
    verified(Change.objects.get(pk=now(drain).change_id))


def counted(monkeypatch, *counts):
    """What is connected to the real server from here on; nothing = not known."""
    seen = Counts(*counts) if counts else None
    monkeypatch.setattr("apps.drains.services.watch.counts_of", lambda drain: seen)


def idle_long_enough(drain):
    Drain.objects.filter(pk=drain.pk).update(idle_since=timezone.now() - timedelta(seconds=6))


def weights(cluster):
    cluster.refresh_from_db()
    return {str(s): s.weight for s in head_table(cluster).by_key()[SERVICE.key].real_servers}


@pytest.fixture
def draining(balanced, operator, monkeypatch):
    counted(monkeypatch, 3, 2, 1)
    made = drain(operator, balanced)
    settle(made)
    assert watch_drains() == 1
    return now(made)


def test_it_begins_with_a_change_to_weight_0(balanced, operator):
    made = drain(operator, balanced)
    assert (made.state, made.change.state, made.change.approved_by) == (
        D.ASKED,
        "applying",
        "policy",
    )
    who, name, _before, after, why, number = said("drain.asked")
    assert (who, why, number) == ("olga", "New disk", made.change_id)
    assert name == "drain drain of 192.168.1.103:80 from tcp 192.168.49.134:80"
    assert after["then"] == "remove"


def test_where_the_policy_wants_approval_it_waits_for_it(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    made = drain(operator, cluster)
    assert (made.state, made.change.state) == (D.ASKED, "in_review")
    assert watch_drains() == 0
    change = approve_and_start(actor=approver, change=made.change, digest=made.change.digest)
    verified(change)
    watch_drains()
    assert now(made).state == D.DRAINING


def test_while_somebody_is_connected_it_watches(draining):
    watch_drains()
    found = now(draining)
    assert found.state == D.DRAINING
    assert found.counts == {"active": 3, "inactive": 2, "persistent": 1}
    assert weights(found.cluster) == {"192.168.1.103:80": 0, "192.168.1.104:80": 1}


def test_watching_leaves_no_records(draining):
    before = count()
    watch_drains()
    assert count() == before


@pytest.mark.parametrize("counts", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_active_inactive_and_sticky_clients_all_count(counts, draining, monkeypatch):
    counted(monkeypatch, *counts)
    watch_drains()
    assert now(draining).idle_since is None


def test_one_idle_reading_decides_nothing(draining, monkeypatch):
    counted(monkeypatch, 0, 0, 0)
    watch_drains()
    watch_drains()
    assert now(draining).state == D.DRAINING


def test_once_nobody_is_connected_it_is_removed(draining, monkeypatch):
    counted(monkeypatch, 0, 0, 0)
    watch_drains()
    idle_long_enough(draining)
    watch_drains()
    assert now(draining).state == D.REMOVING
    settle(draining)
    watch_drains()
    found = now(draining)
    assert (found.state, bool(found.ended_at)) == (D.REMOVED, True)
    assert weights(found.cluster) == {"192.168.1.104:80": 1}


def test_it_may_stay_at_weight_0(balanced, operator, monkeypatch):
    counted(monkeypatch, 0, 0, 0)
    made = drain(operator, balanced, then="keep")
    settle(made)
    watch_drains()
    watch_drains()
    idle_long_enough(made)
    watch_drains()
    assert now(made).state == D.KEPT
    assert weights(balanced)["192.168.1.103:80"] == 0


@pytest.mark.parametrize(
    ("how", "state"), [("remove", D.REMOVING), ("keep", D.KEPT), ("undo", D.UNDOING)]
)
def test_at_its_deadline_happens_what_was_chosen(how, state, balanced, operator, monkeypatch):
    counted(monkeypatch, 9, 9, 9)
    made = drain(operator, balanced, minutes=5, at_deadline=Drain.Then(how))
    settle(made)
    watch_drains()
    left = now(made).deadline - timezone.now()
    assert timedelta(minutes=4, seconds=50) < left <= timedelta(minutes=5)
    Drain.objects.filter(pk=made.pk).update(deadline=timezone.now())
    watch_drains()
    assert now(made).state == state


def test_what_is_not_known_ends_no_drain(draining, monkeypatch):
    counted(monkeypatch)
    idle_long_enough(draining)
    watch_drains()
    found = now(draining)
    assert (found.state, found.counts, found.idle_since) == (D.DRAINING, None, None)
    assert "not known" in found.note


def test_it_is_undone_with_its_old_weight(draining, operator):
    undo_drain(actor=operator, drain=draining)
    assert now(draining).state == D.UNDOING
    settle(draining)
    watch_drains()
    assert now(draining).state == D.UNDONE
    assert weights(draining.cluster)["192.168.1.103:80"] == 1


def test_before_it_began_undoing_withdraws_its_change(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    made = drain(operator, cluster)
    undo_drain(actor=operator, drain=made)
    assert now(made).state == D.NOT_BEGUN
    assert now(made).change.state == Change.State.WITHDRAWN


def test_while_its_change_is_applied_it_is_not_undone(balanced, operator):
    made = drain(operator, balanced)
    with pytest.raises(DrainError, match="is being applied: wait until it ends"):
        undo_drain(actor=operator, drain=made)


def test_it_can_be_removed_although_somebody_is_connected(draining, operator):
    end_early(actor=operator, drain=draining, how=Drain.Then.REMOVE)
    assert now(draining).state == D.REMOVING


def test_an_ended_drain_stays_ended(draining, operator):
    end_early(actor=operator, drain=draining, how=Drain.Then.KEEP)
    with pytest.raises(DrainError, match="has ended: kept at weight 0"):
        undo_drain(actor=operator, drain=draining)


def test_a_change_that_is_withdrawn_ends_it(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    made = drain(operator, cluster)
    withdraw_change(actor=operator, change=made.change)
    watch_drains()
    assert (now(made).state, now(made).note) == (
        D.NOT_BEGUN,
        f"Change #{made.change_id} was withdrawn.",
    )


def other_change(operator, cluster, service):
    cluster.refresh_from_db()
    draft = open_draft(actor=operator, cluster=cluster, title="Other", reason="Because")
    draft = put_service(
        actor=operator, change=draft, version=draft.version, old_key=SERVICE.key, service=service
    )
    return verified(submit_and_start(actor=operator, change=draft))


def test_a_weight_that_somebody_gave_it_back_ends_it(draining, operator):
    other_change(operator, draining.cluster, make_service(servers=[WEB1._replace(weight=7), WEB2]))
    watch_drains()
    assert (now(draining).state, now(draining).note) == (D.UNDONE, "Revision 3 gave it weight 7.")


def test_a_real_server_that_somebody_removed_ends_it(draining, operator):
    other_change(operator, draining.cluster, make_service(servers=[WEB2]))
    watch_drains()
    assert (now(draining).state, now(draining).note) == (D.REMOVED, "Revision 3 has it no more.")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"reason": " "}, "Say why"),
        ({"minutes": 0}, "From 1 to 10080 minutes"),
        ({"server": WEB1._replace(port=81)}, "no real server"),
    ],
)
def test_what_can_not_be_is_refused(wrong, says, balanced, operator):
    with pytest.raises(DrainError, match=says):
        drain(operator, balanced, **wrong)
    assert not Drain.objects.exists()


def test_a_real_server_is_drained_once(draining, operator):
    with pytest.raises(DrainError, match="weight 0 already"):
        drain(operator, draining.cluster)


def test_the_last_usable_one_needs_a_yes(draining, operator):
    draining.cluster.refresh_from_db()
    with pytest.raises(NotAllowed, match="clients would be refused"):
        drain(operator, draining.cluster, server=WEB2)
    assert drain(operator, draining.cluster, server=WEB2, allow_empty=True).state == D.ASKED


@pytest.mark.parametrize("role", ["viewer", "approver", "auditor"])
def test_who_submits_no_changes_drains_nothing(role, balanced, request):
    with pytest.raises(PermissionDenied):
        drain(make_user(role), balanced)


def test_it_goes_on_when_whoever_asked_lost_the_right(draining, operator, monkeypatch):
    operator.grants.all().delete()
    counted(monkeypatch, 0, 0, 0)
    watch_drains()
    idle_long_enough(draining)
    watch_drains()
    found = now(draining)
    assert found.state == D.DRAINING
    assert "role operator" in found.note


# --- counting ------------------------------------------------------------------------------------


def frame(director, rows):
    return {"director": str(director.uuid), "name": director.name, "rows": rows, "full": True}


def row(active, inactive, persistent):
    return [active, inactive, persistent] + [0] * (len(ROW_FIELDS) - 3)


def test_connections_are_summed_over_all_directors(balanced, operator, redis_url):
    second = make_director("second")
    balanced.directors.add(second)
    made = drain(operator, balanced)
    name = row_id(SERVICE.key, "192.168.1.103:80")
    assert counts_of(made) is None
    with redis.Redis.from_url(redis_url) as client:
        first = balanced.directors.exclude(pk=second.pk).get()
        store_frame(client, balanced.pk, frame(first, {name: row(1, 2, 3)}))
        assert counts_of(made) is None, "one director is not heard"
        store_frame(client, balanced.pk, frame(second, {name: row(10, 20, 30)}))
        assert counts_of(made) == Counts(11, 22, 33)
        store_frame(client, balanced.pk, frame(second, {}))
        assert counts_of(made) == Counts(1, 2, 3)


def test_without_redis_nothing_is_known(balanced, operator, redis_server, redis_url):
    made = drain(operator, balanced)
    redis_server.stop()
    assert counts_of(made) is None


# --- warnings ------------------------------------------------------------------------------------


def warned(cluster, service, **sysctls):
    table = make_table([service], sysctls=tuple(Sysctl(n, v) for n, v in sysctls.items()))
    observe(cluster.directors.get(), table)
    return " ".join(warnings_of(cluster, make_table([service]), service))


WELL = {
    "expire_nodest_conn": "1",
    "expire_quiescent_template": "1",
    "conn_reuse_mode": "1",
}


def test_with_all_set_well_nothing_is_warned_of(cluster):
    assert warned(cluster, SERVICE, **WELL) == ""


def test_mh_without_fallback_is_warned_of(cluster):
    assert "without the flag mh-fallback" in warned(cluster, make_service(scheduler="mh"), **WELL)
    flagged = make_service(scheduler="mh", flags=("mh-fallback",))
    assert warned(cluster, flagged, **WELL) == ""


def test_persistence_is_warned_of_and_the_sysctl_that_ends_it(cluster):
    sticky = make_service(persistence=300)
    assert "stick to their real server for 300 seconds" in warned(cluster, sticky, **WELL)
    off = warned(cluster, sticky, **WELL | {"expire_quiescent_template": "0"})
    assert "expire_quiescent_template" in off


def test_a_reused_port_is_warned_of(cluster):
    assert "conn_reuse_mode" in warned(cluster, SERVICE, **WELL | {"conn_reuse_mode": "0"})


def test_udp_that_is_dropped_in_silence_is_warned_of(cluster):
    udp = make_service(protocol="udp", port=53)
    assert "expire_nodest_conn" in warned(cluster, udp, **WELL | {"expire_nodest_conn": "0"})


def test_a_director_that_told_nothing_is_said(cluster):
    cluster.directors.get().status.delete()
    cluster.directors.add(make_director("silent", holds=None))
    assert "silent: It has not told its sysctls" in " ".join(
        warnings_of(cluster, make_table([SERVICE]), SERVICE)
    )
