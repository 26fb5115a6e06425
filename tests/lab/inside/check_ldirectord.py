"""What ldirectord puts into the kernel for a file is the table that we read from that file.

It starts ipvsadm several times for each real server, so that the files here are small.
"""

import pytest

from lvs.canonical_form import make_table
from lvs.formats import read, write
from tests.lab.inside.tool import RUN, assert_comes_to_hold, running
from tests.lvs.random_tables import random_table

FILE = """\
# two services as many directors have them
checktimeout=3
quiescent=yes

virtual=192.0.2.10:443
\treal=10.0.0.11:443 gate 20 "status", "OK"
\treal=10.0.0.12->10.0.0.13:443 gate
        # the old one
        real=10.0.0.20:8443 masq 5 l:10 u:200
\tscheduler=wlc
\tpersistent=900
\tnetmask=255.255.255.0
\tchecktype=on
virtual=192.0.2.10:domain
    real=10.0.0.11:domain ipip
    checktype=on
    ops=yes
virtual6=[2001:db8::1]:http
    real6=[2001:db8:1::1]:8080 masq
    schedflags=mh-port
    scheduler=mh
    netmask=64
    checktype=on

virtual=7
    real=10.0.0.1 gate
    real=10.0.0.2:81 masq 0
    checktype=on
virtual6=7
    checktype=on
    persistent=9
virtual=192.0.2.11:80
    real=10.0.0.1:81 gate 7
    checktype=off
"""


@pytest.fixture
def ldirectord(kernel):
    """Runs ldirectord with a text until the kernel holds a table."""

    def holds(text, table):
        file, log = RUN / "ldirectord.cf", RUN / "ldirectord.log"
        file.write_text(text)
        with running(["ldirectord", "-d", str(file), "start"], log):
            assert_comes_to_hold(kernel, table, log, 120)

    return holds


def test_ldirectord_makes_the_table_that_we_read(ldirectord):
    ldirectord(FILE, read(FILE).table)


def test_ldirectord_makes_the_table_that_we_write(ldirectord):
    table = make_table(
        service._replace(
            persistence_engine="",
            one_packet=service.one_packet and service.protocol == "udp",
            real_servers=tuple(
                server._replace(tunnel_type="ipip", tunnel_port=0, tunnel_checksum="none")
                for server in service.real_servers
                if (":" in server.address) == (service.family == "inet6")
            ),
        )
        for service in random_table(5, 8, 1).services
        if service.protocol != "sctp"
    )
    text, notes = write(table, "ldirectord")
    assert notes == ()
    ldirectord(text, table)
