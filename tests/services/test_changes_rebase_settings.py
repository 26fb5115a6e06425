"""Carrying edits of settings over to another head: each timeout and sysctl, and the sync daemons."""

import pytest

from apps.changes.errors import Invalid
from apps.changes.rebase import rebased
from lvs.canonical_form import make_table
from lvs.model import EMPTY
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.factories import make_service

HTTP = make_service(80)
MASTER, BACKUP = SyncDaemon("master", "eth0"), SyncDaemon("backup", "eth0")
ON, OFF = Sysctl("conntrack", "1"), Sysctl("conntrack", "0")
REUSE = Sysctl("conn_reuse_mode", "0")


def table(*services, tcp=0, udp=0, sync=None, sysctls=()):
    return make_table(services, Timeouts(tcp=tcp, udp=udp), sync, sysctls)


@pytest.mark.parametrize(
    ("base", "head", "mine", "result"),
    [
        (EMPTY, table(HTTP), table(tcp=9), table(HTTP, tcp=9)),
        (table(tcp=9), table(tcp=9, udp=5), table(tcp=8), table(tcp=8, udp=5)),
        (table(tcp=9, udp=5), table(udp=5), table(tcp=9), EMPTY),
        (EMPTY, table(sync=(MASTER,)), table(HTTP), table(HTTP, sync=(MASTER,))),
        (EMPTY, table(HTTP), table(sync=()), table(HTTP, sync=())),
        (table(sync=(MASTER,)), table(HTTP, sync=(MASTER,)), EMPTY, table(HTTP)),
        (table(sync=(MASTER,)), table(HTTP, sync=(MASTER,)), table(sync=()), table(HTTP, sync=())),
        (table(sync=()), table(sync=(BACKUP,)), table(sync=()), table(sync=(BACKUP,))),
        (EMPTY, table(sysctls=(ON,)), table(sysctls=(REUSE,)), table(sysctls=(ON, REUSE))),
        (table(sysctls=(ON, REUSE)), table(sysctls=(REUSE,)), table(sysctls=(ON,)), EMPTY),
        (table(sysctls=(ON,)), table(sysctls=(OFF,)), table(sysctls=(OFF,)), table(sysctls=(OFF,))),
    ],
)
def test_edits_of_both_sides_are_kept(base, head, mine, result):
    assert rebased(base, head, mine) == result


@pytest.mark.parametrize(
    ("base", "head", "mine", "name"),
    [
        (table(tcp=9), table(tcp=8), table(tcp=7), "timeout tcp"),
        (table(tcp=9), table(tcp=8), EMPTY, "timeout tcp"),
        (EMPTY, table(sync=()), table(sync=(MASTER,)), "the sync daemons"),
        (table(sync=(MASTER,)), table(sync=(BACKUP,)), EMPTY, "the sync daemons"),
        (EMPTY, table(sysctls=(ON,)), table(sysctls=(OFF,)), "conntrack"),
    ],
)
def test_what_both_edited_is_nobodys_to_guess(base, head, mine, name):
    with pytest.raises(Invalid, match=f"both changed {name}"):
        rebased(base, head, mine)
