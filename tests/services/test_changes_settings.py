"""The settings of a draft: timeouts, sync daemons, sysctls."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.changes import services
from apps.changes.errors import Conflict, Invalid, NotAllowed
from apps.changes.selectors import table_of
from lvs.model import RealServer
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.factories import decide, make_draft, make_service, make_submitted, put
from tests.services.records import count, said

pytestmark = pytest.mark.django_db

MASTER = SyncDaemon("master", "eth0", syncid=1, maxlen=1472)
BACKUP = SyncDaemon("backup", "eth0", syncid=1, maxlen=1472)
REUSE = Sysctl("conn_reuse_mode", "1")


def codes(error):
    return [(problem.path, problem.code) for problem in error.value.problems]


def test_settings_are_put_beside_the_services(operator, cluster):
    change = make_draft(operator, cluster, make_service())
    change = decide(change, timeouts=Timeouts(tcp=300), sync=(MASTER,), sysctls=(REUSE,))
    table = table_of(change)
    assert table.settings == (Timeouts(tcp=300), (MASTER,), (REUSE,))
    assert table.services == (make_service(),)
    assert change.version == 3


def test_they_are_recorded_with_before_and_after(operator, cluster):
    change = decide(make_draft(operator, cluster), timeouts=Timeouts(tcp=300))
    decide(change, timeouts=Timeouts(udp=60), sync=())
    who, _name, before, after, why, number = said("change.settings_edited")
    assert (who, why, number) == ("olga", "Launch day", change.pk)
    assert before == {"timeouts": {"tcp": 300}}
    assert after == {"timeouts": {"udp": 60}, "sync": []}


def test_they_are_stored_in_their_canonical_form(operator, cluster):
    short = SyncDaemon("master", "eth0", syncid=1, group="", port=0, ttl=0)
    spaced = Sysctl("sync_threshold", " 3   50 ")
    change = decide(make_draft(operator, cluster), sync=(BACKUP, short), sysctls=(spaced, REUSE))
    assert table_of(change).sync == (MASTER, BACKUP)
    assert table_of(change).sysctls == (REUSE, Sysctl("sync_threshold", "3 50"))


def test_the_same_settings_again_are_no_edit(operator, cluster):
    change = decide(make_draft(operator, cluster), sync=(MASTER,), sysctls=(REUSE,))
    before = count()
    assert decide(change, sync=(MASTER._replace(maxlen=0),)).version == change.version
    assert count() == before


def test_no_daemon_may_run_is_more_than_nothing_decided(operator, cluster):
    change = decide(make_draft(operator, cluster), sync=())
    assert table_of(change).sync == ()
    assert table_of(decide(change, sync=None)).sync is None


@pytest.mark.parametrize(
    ("settings", "path", "code"),
    [
        ({"timeouts": Timeouts(tcp=-1)}, ("timeouts", "tcp"), "timeout.range"),
        ({"sync": (MASTER._replace(interface=""),)}, ("sync", 0, "interface"), "interface.missing"),
        ({"sync": (MASTER, BACKUP._replace(syncid=256))}, ("sync", 1, "syncid"), "syncid.range"),
        ({"sync": (MASTER, MASTER)}, ("sync",), "sync.doubled"),
        ({"sysctls": (Sysctl("nosuch", "1"),)}, ("sysctls", "nosuch"), "sysctl.unknown"),
        (
            {"sysctls": (Sysctl("conn_reuse_mode", "9"),)},
            ("sysctls", "conn_reuse_mode"),
            "sysctl.range",
        ),
    ],
)
def test_each_problem_is_named_with_its_field(settings, path, code, operator, cluster):
    change = make_draft(operator, cluster)
    before = count()
    with pytest.raises(Invalid) as refused:
        decide(change, **settings)
    assert codes(refused) == [(path, code)]
    change.refresh_from_db()
    assert (change.version, count()) == (1, before)


def test_a_daemon_beside_a_service_of_mixed_families_is_refused(operator, cluster):
    six = RealServer("2001:db8::1", 80, forwarding="tunnel")
    change = make_draft(operator, cluster, make_service(servers=(six,)))
    with pytest.raises(Invalid, match="real server of the other address family") as refused:
        decide(change, sync=(MASTER,))
    assert codes(refused) == [(("sync",), "sync.mixed_families")]


def test_edits_of_services_leave_the_settings_alone(operator, cluster):
    settings = {"timeouts": Timeouts(tcp=300), "sync": (MASTER,), "sysctls": (REUSE,)}
    change = decide(make_draft(operator, cluster), **settings)
    change = put(change, make_service())
    assert table_of(change).settings == tuple(settings.values())
    change = services.remove_service(
        actor=operator, change=change, version=change.version, key=make_service().key
    )
    assert table_of(change).settings == tuple(settings.values())


def put_them(actor, change, version):
    return services.put_settings(
        actor=actor,
        change=change,
        version=version,
        timeouts=Timeouts(tcp=300),
        sync=None,
        sysctls=(),
    )


def test_an_edit_of_an_old_version_is_refused(operator, cluster):
    change = make_draft(operator, cluster, make_service())
    before = count()
    with pytest.raises(Conflict, match="in another window meanwhile"):
        put_them(operator, change, change.version - 1)
    assert count() == before


def test_only_a_draft_is_edited(operator, cluster):
    change = make_submitted(operator, cluster)
    before = count()
    with pytest.raises(NotAllowed, match="is in review: it can't be edited"):
        put_them(operator, change, change.version)
    assert count() == before


@pytest.mark.parametrize("role", ["viewer", "approver", "admin"])
def test_nobody_but_its_author_edits_a_draft(role, request, operator, cluster):
    change = make_draft(operator, cluster)
    actor = request.getfixturevalue(role)
    before = count()
    with pytest.raises(PermissionDenied):
        put_them(actor, change, change.version)
    assert count() == before


def test_a_change_of_settings_alone_can_be_submitted(operator, cluster):
    change = decide(make_draft(operator, cluster), timeouts=Timeouts(tcp=300))
    change = services.submit_change(actor=operator, change=change)
    [plan] = change.plans.all()
    assert [step["kind"] for step in plan.steps] == ["set timeouts"]
