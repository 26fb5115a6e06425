"""Drafts that begin with a table from elsewhere."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.changes.errors import Invalid
from apps.changes.merging import merged, undefaulted
from apps.changes.models import Change
from apps.changes.selectors import table_of
from apps.changes.services import open_imported
from lvs.canonical_form import make_table
from lvs.documents import table_to_document
from lvs.model import EMPTY
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.factories import WEB1, WEB2, make_applied, make_service, make_submitted, make_user
from tests.services.records import newest

pytestmark = pytest.mark.django_db

MINE, OTHER = make_service(80, servers=(WEB1,)), make_service(443, servers=(WEB2,))


def applied(cluster, service):
    """The cluster's head holds this service."""
    make_applied(make_submitted(make_user("operator"), cluster, service), make_user("approver"))


def imported(actor, cluster, table, replace=False, title="Import"):
    return open_imported(
        actor=actor,
        cluster=cluster,
        title=title,
        table=table,
        source="file a.conf",
        replace=replace,
    )


def test_a_draft_holds_the_imported_table(operator, cluster):
    change = imported(operator, cluster, make_table([MINE]))
    assert (change.state, table_of(change)) == ("draft", make_table([MINE]))


def test_where_it_came_from_is_recorded_with_the_whole_table(operator, cluster):
    change = imported(operator, cluster, make_table([MINE]))
    record = newest("change.imported")
    assert record.actor_name == operator.username
    assert record.before == {"table": table_to_document(EMPTY)}
    assert record.after == {"source": "file a.conf", "table": change.table}


def test_put_over_the_head_it_keeps_what_only_the_head_has(operator, cluster):
    applied(cluster, MINE)
    assert table_of(imported(operator, cluster, make_table([OTHER]))) == make_table([MINE, OTHER])


def test_replacing_it_keeps_nothing_of_the_head(operator, cluster):
    applied(cluster, MINE)
    change = imported(operator, cluster, make_table([OTHER]), replace=True)
    assert table_of(change) == make_table([OTHER])


def test_a_viewer_imports_nothing(viewer, cluster):
    with pytest.raises(PermissionDenied):
        imported(viewer, cluster, make_table([MINE]))
    assert not Change.objects.exists()


def test_without_a_title_no_draft_is_opened(operator, cluster):
    with pytest.raises(Invalid):
        imported(operator, cluster, make_table([MINE]), title=" ")
    assert not Change.objects.exists()


def test_merging_takes_settings_one_by_one():
    under = make_table((), Timeouts(900, 120, 300), (), (Sysctl("conntrack", "1"),))
    over = make_table((), Timeouts(udp=30), None, (Sysctl("drop_entry", "1"),))
    assert merged(under, over) == make_table(
        (),
        Timeouts(900, 120, 30),
        (),
        (Sysctl("conntrack", "1"), Sysctl("drop_entry", "1")),
    )


def test_merging_takes_daemons_as_a_whole():
    master = (SyncDaemon("master", "eth0"),)
    over = make_table(sync=(SyncDaemon("backup", "eth1"),))
    assert merged(make_table(sync=master), over).sync == over.sync


def test_a_reading_gives_its_services_alone():
    reading = make_table([MINE], Timeouts(900, 120, 300), (), (Sysctl("conntrack", "1"),))
    assert undefaulted(reading, settings=False) == make_table([MINE])


def test_a_reading_with_settings_leaves_out_what_every_kernel_has():
    sysctls = (Sysctl("conntrack", "1"), Sysctl("pmtu_disc", "1"), Sysctl("sync_qlen_max", "77"))
    found = undefaulted(make_table([], Timeouts(900, 120, 300), (), sysctls), settings=True)
    assert found == make_table([], Timeouts(900, 120, 300), None, (Sysctl("conntrack", "1"),))
