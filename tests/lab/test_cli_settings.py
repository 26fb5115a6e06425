"""`python -m lvs` with timeouts, sync daemons and sysctls on a real director; ipvsadm is the witness."""

import pytest

from lvs.canonical_form import make_table
from lvs.formats import parse, render
from lvs.model import EMPTY, Scope
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.lab.director_cli import WRITES, director
from tests.lvs.examples import WEB

__all__ = ["director"]

TABLE = make_table(
    [WEB],
    Timeouts(tcp=600, udp=60),
    (SyncDaemon("master", "outer", 7),),
    (Sysctl("expire_nodest_conn", "1"),),
)
BACK = """
services: []
timeouts: {tcp: 900, tcp_fin: 120, udp: 300}
sync: []
sysctls: {expire_nodest_conn: 0}
"""


@pytest.fixture(autouse=True)
def as_before(director):
    yield
    done = director.lvs("apply", "--adopt", "-", input=BACK)
    assert done.returncode == 0, done.stderr


def apply(director, table, *options):
    return director.lvs("apply", *options, "-", input=render(table, "yaml"))


def test_settings_are_applied_in_their_order_and_told(director):
    done = apply(director, TABLE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:-1] == [
        "1/6 done: Set net.ipv4.vs.expire_nodest_conn from 0 to 1",
        "2/6 done: Set the TCP timeout from 900 s to 600 s, the UDP timeout from 300 s to 60 s",
        "3/6 done: Add tcp 192.168.49.134:80 with scheduler rr",
        "4/6 done: Add 192.168.1.103:80 to tcp 192.168.49.134:80 with forwarding masquerade, "
        "weight 1",
        "5/6 done: Add 192.168.1.104:80 to tcp 192.168.49.134:80 with forwarding masquerade, "
        "weight 1",
        "6/6 done: Start the master sync daemon with interface outer, sync id 7, message length "
        "1472 bytes, group 224.0.0.81, port 8848, time to live 1",
    ]
    assert director.ipvsadm("-L", "--timeout") == "Timeout (tcp tcpfin udp): 600 120 60\n"
    assert "(mcast=outer, syncid=7, maxlen=1472, " in director.ipvsadm("-L", "--daemon")
    sysctl = director.run("sysctl", "-n", "net.ipv4.vs.expire_nodest_conn")
    assert sysctl.stdout == "1\n"


def test_a_second_apply_writes_nothing(director):
    apply(director, TABLE)
    done, sent = director.traced("apply", "-", input=render(TABLE, "yaml"))
    assert done.stdout.startswith("Nothing to change")
    assert sent
    assert not WRITES.intersection(sent)


def test_the_plan_gives_the_commands_that_do_the_same(director):
    done = director.lvs("plan", "-", input=render(TABLE._replace(services=()), "yaml"))
    assert [line.strip() for line in done.stdout.splitlines()[1::2]] == [
        "sysctl -w net.ipv4.vs.expire_nodest_conn=1",
        "ipvsadm --set 600 0 60",
        "ipvsadm --start-daemon master --mcast-interface outer --syncid 7 --sync-maxlen 1472 "
        "--mcast-group 224.0.0.81 --mcast-port 8848 --mcast-ttl 1",
    ]
    for line in done.stdout.splitlines()[1::2]:
        assert director.run("sh", "-c", line).returncode == 0
    again = director.lvs("plan", "-", input=render(TABLE._replace(services=()), "yaml"))
    assert again.stdout.startswith("Nothing to change")


def test_settings_are_shown_when_asked_for_and_can_be_applied_again(director):
    apply(director, TABLE)
    assert parse(director.lvs("show", "--format", "yaml").stdout).scope == Scope(
        frozenset({WEB.key})
    )
    whole = director.lvs("show", "--settings", "--format", "yaml").stdout
    assert parse(whole).only(TABLE.scope) == TABLE
    text = director.lvs("show", "--settings").stdout
    assert "UDP timeout: 60 s\n" in text
    assert "backup sync daemon: none\n" in text
    # all sysctls of a real kernel are ones that the rules accept
    done = director.lvs("apply", "-", input=whole)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Nothing to change")


def test_a_daemon_of_others_is_taken_over_only_when_told(director):
    director.ipvsadm("--start-daemon", "backup", "--mcast-interface", "inner")
    wanted = make_table((), sync=())
    plan = director.lvs("plan", "-", input=render(wanted, "yaml"))
    assert "Not ours yet: backup sync daemon on inner." in plan.stdout
    refused, sent = director.traced("apply", "-", input=render(wanted, "yaml"))
    assert (refused.returncode, refused.stderr.count("\n")) == (3, 1)
    assert "backup sync daemon on inner exists already" in refused.stderr
    assert not WRITES.intersection(sent)
    assert apply(director, wanted, "--adopt").returncode == 0
    assert director.ipvsadm("-L", "--daemon") == ""


def test_a_table_without_settings_leaves_them(director):
    apply(director, TABLE)
    assert apply(director, EMPTY).returncode == 0
    assert director.saved() == []
    assert director.ipvsadm("-L", "--timeout") == "Timeout (tcp tcpfin udp): 600 120 60\n"
    assert "syncid=7" in director.ipvsadm("-L", "--daemon")


def test_a_refused_setting_is_one_line_with_its_errno(director):
    wrong = make_table((), sync=(SyncDaemon("master", "nowhere0"),))
    done = apply(director, wrong)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "there is no interface “nowhere0” (ENODEV)" in done.stderr
