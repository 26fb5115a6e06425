"""What keepalived puts into the kernel for a file is the table that we read from that file."""

import pytest

from lvs.canonical_form import make_table
from lvs.formats import read, write
from lvs.settings import ROLES, SyncDaemon, Timeouts
from tests.lab.inside.tool import RUN, assert_comes_to_hold, running
from tests.lvs.random_tables import random_table

EVERYDAY = """\
! two services as many directors have them
global_defs {
    router_id lvs1
    lvs_timeouts tcp 600 udp 30
    lvs_sync_daemon lo id 7 maxlen 1300 port 8849 ttl 3 group 224.0.0.82
}
virtual_server 192.0.2.10 443 {
    delay_loop 5
    lb_algo wrr
    lb_kind DR
    protocol TCP
    persistence_timeout 900
    persistence_granularity 255.255.255.0
    quorum 1
    sorry_server 10.0.9.1 443
    real_server 10.0.0.11 443 {
        weight 20
        uthreshold 4000
        lthreshold 3000
        inhibit_on_failure
        TCP_CHECK {
            connect_timeout 3
        }
    }
    real_server 10.0.0.12 443 {
        lvs_method TUN type gue port 6080 csum
    }
}
virtual_server 192.0.2.10 53 {
    lvs_sched sh
    sh-port
    sh-fallback
    ops
    protocol UDP
    real_server 10.0.0.11 5353 { weight 0 }
    real_server 10.0.0.12
    {
    }
}
"""
DEFAULTS = """\
virtual_server 10.0.0.1 80 {
    real_server 10.1.0.1 80 {
    }
    real_server 10.1.0.2 {
    }
}
virtual_server 10.0.0.2 {
    protocol tcp
    real_server 10.1.0.1 99 {
    }
    real_server 10.1.0.2 {
        lvs_method DR
    }
}
virtual_server 10.0.0.3 80 {
    protocol SCTP
    persistence_timeout
    lb_kind TUN csum type gre
    real_server 10.1.0.1 {
    }
    real_server 10.1.0.2 80 {
        lvs_method TUN
    }
    real_server 10.1.0.3 81 {
        lvs_method NAT
    }
}
virtual_server 10.0.0.4 80 {
    protocol TCP
    persistence_granularity 255.255.0.0
    real_server 10.1.0.1 80 {
    }
}
virtual_server 10.0.0.5 80 {
    protocol TCP
}
"""
MENDED = """\
virtual_server 10.0.0.1 80 {
    protocol TCP
    ops
    mh-port
    lb_algo mh
    flag-1
    persistence_engine sip
    real_server 10.1.0.1 81 {
        lvs_method DR
    }
    real_server 10.1.0.2 81 {
        weight 3
        weight 4
    }
}
virtual_server 10.0.0.2 80 {
    protocol UDP
    lb_algo rr wrr
    lb_algo lc
    frobnicate
    persistence_engine sip
    persistence_timeout 7
    real_server 10.1.0.1 80 more {
    }
}
virtual_server fwmark 9 {
    real_server 10.1.0.1 9 {
        lvs_method DR
    }
    real_server 10.1.0.2 9 {
    }
}
"""
MARKS = """\
virtual_server fwmark 4294967295 {
    lb_algo ovf
    flag-1
    flag-3
    real_server 2001:db8::1 {
        weight 2147483647
    }
}
virtual_server fwmark 8 {
    ip_family inet6
    real_server 10.1.0.1 {
        lvs_method TUN
    }
}
virtual_server fwmark 8 {
    lb_kind TUN
    real_server 10.1.0.1 {
    }
    real_server 2001:db8::1 {
    }
}
virtual_server fwmark 9 {
    lb_kind TUN
    persistence_timeout 50
    persistence_granularity 64
    persistence_engine sip
    real_server 10.1.0.1 {
    }
}
"""
GROUPS = """\
virtual_server group web {
    protocol TCP
    lb_kind DR
    real_server 10.1.0.1 {
    }
    real_server 10.1.0.2 {
        weight 3
    }
}
virtual_server_group web {
    10.0.3.1-3 80
    10.0.4.250-10.0.4.252 81 # not across two /24: keepalived 2.2.7 goes round in circles there
    10.0.5.8/30 82
    10.0.6.1 83
    fwmark 12
}
virtual_server_group six {
    2001:db8::8-b 80
}
virtual_server group six {
    protocol TCP
    real_server 2001:db8:1::1 8080 {
    }
}
"""
SPELLINGS = """\
$NET=10.${TENS}
$TENS=1
$RS= \\
    real_server ${NET}.${A}.${B} 80 { \\
        weight ${B}0 \\
        $EXTRA \\
    }
$EXTRA=uthreshold 9
virtual_server 10.0.0.1 80 {
    protocol TCP!comment
    lb_algo "wrr" # {
    ~SEQ(A, 2) ~LST(B, 3, 4) $RS
    ~SEQ(C, 7, -2, 3) real_server 10.2.0.${C} 80 { weight $C }
    ~SEQ(D, 0x10, 0x11) real_server 10.3.0.${D} 80 { weight 2 }
    ~LST({P, Q}, {1, 2}, {3, 4}) real_server 10.4.0.${P} 80 { weight ${Q} }
    @other real_server 10.5.0.1 80 { weight 3 }
    @^other real_server 10.5.0.2 80 { weight 3 }
    real_server "10.5.0.3" 80{ weight "3"
    }
    real_server 10.5.0.4 80 { notify_up "/bin/true # ! { }"
        weight 6 } real_server 10.5.0.5 80 { }
    $W=8
    real_server 10.5.0.6 80 {
        weight $W
    }
}
virtual_server 2001:db8::1 80 {
    protocol TCP
    ~SEQx(N, 8, 11) real_server 2001:db8:1::${N} 80 { }
}
"""
FILES = {
    "everyday": EVERYDAY,
    "defaults": DEFAULTS,
    "mended": MENDED,
    "marks": MARKS,
    "groups": GROUPS,
    "spellings": SPELLINGS,
}


@pytest.fixture
def keepalived(kernel, ipvsadm):
    """Runs keepalived's checker process with a text until the kernel holds a table."""

    def holds(text, table):
        ipvsadm("--set 900 120 300")
        (RUN / "keepalived").mkdir(exist_ok=True)
        file, log = RUN / "keepalived.conf", RUN / "keepalived.log"
        file.write_text(text)
        argv = ["keepalived", "--dont-fork", "--log-console", "--check", "-f", str(file)]
        with running(argv, log):
            assert_comes_to_hold(kernel, table, log, 10)

    return holds


@pytest.mark.parametrize("name", FILES)
def test_keepalived_makes_the_table_that_we_read(keepalived, name):
    keepalived(FILES[name], read(FILES[name]).table)


@pytest.mark.parametrize("seed", [1, 2])
def test_keepalived_makes_the_table_that_we_write(keepalived, seed):
    services = [s for s in random_table(seed, 60).services if s.real_servers]
    mixed = any(
        (":" in r.address) != (s.family == "inet6") for s in services for r in s.real_servers
    )
    assert mixed  # which excludes sync daemons
    table = make_table(services, Timeouts(800, 70, 60))
    text, notes = write(table, "keepalived")
    assert notes == ()
    keepalived(text, table)


def test_keepalived_runs_the_sync_daemons_that_we_write(keepalived):
    sync = tuple(SyncDaemon(role, "lo", 9, 1400, "224.0.0.83", 8850, 2) for role in ROLES)
    table = read(DEFAULTS).table._replace(sync=sync)
    keepalived(write(table, "keepalived")[0], table)
