"""No edit that the kernel can make in place drops a connection: counted, not assumed."""

import pytest

from lvs.apply import apply_table
from lvs.canonical_form import make_table
from lvs.model import RealServer, Table, VirtualService
from lvs.rules import flags_of
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.lab.inside.connections import Connections
from tests.lab.inside.reading import fresh, turned_into
from tests.lvs.examples import SERVERS, WEB
from tests.lvs.strategies import LAB_SCHEDULERS

__all__ = ["fresh"]

WEB6 = VirtualService(
    *("inet6", "tcp", "fd00:49::134", 80, 0, "rr"),
    netmask="128",
    real_servers=(RealServer("fd00:1::103", 80), RealServer("fd00:1::104", 80)),
)
EACH = 10
NEW, NEW6 = RealServer("192.168.1.109", 80), RealServer("fd00:1::109", 80)
SYSCTLS = {
    # those whose purpose is to drop packets or connections, drop_entry and drop_packet, are left out
    "expire_nodest_conn": "1",
    "expire_quiescent_template": "1",
    "conn_reuse_mode": "0",
    "conntrack": "1",
    "sloppy_tcp": "1",
    "sloppy_sctp": "1",
    "secure_tcp": "3",
    "backup_only": "1",
    "cache_bypass": "1",
    "ignore_tunneled": "1",
    "nat_icmp_send": "1",
    "pmtu_disc": "0",
    "run_estimation": "0",
    "schedule_icmp": "1",
    "snat_reroute": "0",
    "sync_threshold": "1 10",
    "sync_refresh_period": "10",
    "sync_persist_mode": "1",
    "amemthresh": "1",
    "am_droprate": "1",
}
MASTER, BACKUP = SyncDaemon("master", "outer", 1), SyncDaemon("backup", "inner", 2)


def both(**settings) -> Table:
    """Both services, with these settings each."""
    masks = {"255.255.255.0": "64"}
    six = {n: masks.get(v, v) if n == "netmask" else v for n, v in settings.items()}
    return make_table([WEB._replace(**settings), WEB6._replace(**six)])


def servers(**settings) -> Table:
    """Both services, the first real server of each with these settings."""
    return make_table(
        s._replace(real_servers=(s.real_servers[0]._replace(**settings), *s.real_servers[1:]))
        for s in (WEB, WEB6)
    )


def added(**settings) -> Table:
    """Both services, each with one more real server."""
    pairs = ((WEB, NEW), (WEB6, NEW6))
    return make_table(
        s._replace(real_servers=(*s.real_servers, new._replace(**settings))) for s, new in pairs
    )


def all_drained() -> Table:
    """Both services with nothing for new connections."""
    return make_table(
        s._replace(real_servers=tuple(server._replace(weight=0) for server in s.real_servers))
        for s in (WEB, WEB6)
    )


def running(*daemons: SyncDaemon) -> Table:
    """Both services, and these daemons."""
    return make_table(BASE.services, sync=daemons)


BASE = both()
EDITS: dict[str, tuple[Table, ...]] = {
    "weight": (servers(weight=20), servers(weight=3)),
    "drain to weight 0 and back": (servers(weight=0), BASE),
    "all drained": (all_drained(),),
    "thresholds": (servers(upper_threshold=100, lower_threshold=50),),
    "upper threshold below what is open": (servers(upper_threshold=1),),
    **{f"scheduler {name}": (both(scheduler=name),) for name in LAB_SCHEDULERS if name != "rr"},
    **{
        f"flags of {name}": (both(scheduler=name), both(scheduler=name, flags=flags_of(name)))
        for name in ("sh", "mh")
    },
    "flags that mean nothing": (both(flags=flags_of("rr")), BASE),
    "persistence on, netmask, longer, off": (
        both(persistence=300),
        both(persistence=300, netmask="255.255.255.0"),
        both(persistence=600, netmask="255.255.255.0"),
        BASE,
    ),
    "real server added and removed": (added(), BASE),
    "forwarding of another real server": (
        added(weight=0),
        added(weight=0, forwarding="direct"),
        added(weight=0, forwarding="tunnel"),
        added(weight=0, forwarding="tunnel", tunnel_type="gue", tunnel_port=6080),
    ),
    "another service added and deleted": (
        make_table([*BASE.services, WEB._replace(port=81)]),
        BASE,
    ),
    "timeouts": (BASE._replace(timeouts=Timeouts(60, 30, 30)),),
    "sync daemons": (
        running(MASTER, BACKUP),
        running(MASTER._replace(syncid=3), BACKUP),
        running(),
    ),
    **{
        f"sysctl {name}": (BASE._replace(sysctls=(Sysctl(name, value),)),)
        for name, value in SYSCTLS.items()
    },
}


@pytest.fixture
def connections(fresh, folder):
    """Ten connections to each VIP, spread over both real servers."""
    turned_into(fresh)
    assert apply_table(BASE, state=folder).state == "verified"
    opened = Connections((WEB.address, WEB6.address), EACH)
    assert sorted(map(str, opened.servers)) == ["web1"] * EACH + ["web2"] * EACH
    yield opened
    opened.close()
    turned_into(fresh)


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_in_place_drops_no_connection(connections, folder, name):
    for table in EDITS[name]:
        outcome = apply_table(table, state=folder)
        assert outcome.state == "verified", outcome.error
        assert connections.alive == 2 * EACH


def test_connections_that_end_are_counted(connections, folder):
    """The way of counting can fail: removing a real server costs those that it had."""
    table = make_table([WEB._replace(real_servers=SERVERS[:1]), WEB6])
    outcome = apply_table(
        table._replace(sysctls=(Sysctl("expire_nodest_conn", "1"),)), state=folder
    )
    assert outcome.state == "verified"
    assert connections.alive == 2 * EACH - EACH // 2
