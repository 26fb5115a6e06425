"""Each judgement by itself: a healthy host, broken in one place."""

import pytest

from lvs.canonical_form import make_table
from lvs.doctor.finding import is_fit
from lvs.doctor.host import Address
from lvs.doctor.judge import judge
from lvs.model import EMPTY, RealServer, VirtualService
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.lvs.doctor.hosts import (
    HEALTHY,
    HELD,
    INNER,
    MODULES,
    VIP,
    VIP6,
    WEB1,
    WEB6,
    link,
    not_ok,
    only,
    server,
    table,
    with_link,
    with_route,
    with_sysctl,
    without_sysctl,
)

NAT = table()
NAT6 = table(server(WEB6), address=VIP6)
DIRECT = table(server(forwarding="direct"))
TUNNEL = table(server(forwarding="tunnel"))
WRR = table(scheduler="wrr")
SIP = table(protocol="udp", persistence=60, persistence_engine="sip")
SCTP = table(protocol="sctp")
MODERN = with_link("outer", mtu=1400)
"""A host on which every tunnel has room for what clients may send."""


def holding(address, prefix, interface):
    return HEALTHY._replace(addresses=(*HEALTHY.addresses, Address(address, prefix, interface)))


def without_address(address):
    held = tuple(a for a in HEALTHY.addresses if a.address != address)
    return with_route(address, HEALTHY._replace(addresses=held), interface="outer")


def with_modules(**changes):
    return HEALTHY._replace(modules=MODULES._replace(**changes))


def synced(*daemons):
    return NAT._replace(sync=daemons)


MASTER = SyncDaemon("master", "inner", maxlen=1472)
BACKUP = SyncDaemon("backup", "inner", maxlen=1472)


@pytest.mark.parametrize(
    "wanted", [EMPTY, NAT, NAT6, DIRECT, WRR, SIP, SCTP, synced(MASTER, BACKUP)]
)
def test_on_a_healthy_host_all_is_ok(wanted):
    assert not_ok(HEALTHY, wanted) == []


@pytest.mark.parametrize(
    ("forwarding", "expected"),
    [("masquerade", True), ("direct", False), ("tunnel", False)],
)
def test_forwarding_is_looked_at_only_where_something_is_masqueraded(forwarding, expected):
    found = judge(HEALTHY, table(server(forwarding=forwarding)))
    assert any(finding.group == "forwarding" for finding in found) is expected


BROKEN = {
    "no right": (HEALTHY._replace(may_admin=False), NAT, "wrong kernel.right", ""),
    "IPVS not loaded": (
        HEALTHY._replace(held=None, modules=MODULES._replace(loaded=frozenset({"ip_vs_rr"}))),
        NAT,
        "warning kernel.ipvs",
        "modprobe ip_vs",
    ),
    "scheduler missing": (HEALTHY, table(scheduler="twos"), "wrong kernel.scheduler", ""),
    "scheduler not known": (
        with_modules(known=False)._replace(config=None),
        table(scheduler="twos"),
        "unknown kernel.scheduler",
        "",
    ),
    "scheduler that the kernel may not load any more": (
        with_modules(locked=True),
        WRR,
        "wrong kernel.scheduler",
        "",
    ),
    "scheduler that the kernel doesn't load by itself": (
        with_modules(by_hand=True),
        WRR,
        "wrong kernel.scheduler",
        "modprobe ip_vs_wrr",
    ),
    "engine missing": (
        with_modules(loadable=frozenset({"ip_vs"})),
        SIP,
        "wrong kernel.engine",
        "",
    ),
    "TCP not compiled in": (
        HEALTHY._replace(held=HELD._replace(timeouts=Timeouts(0, 0, 300))),
        NAT,
        "wrong kernel.protocol",
        "",
    ),
    "SCTP not compiled in": (HEALTHY._replace(config={}), SCTP, "wrong kernel.protocol", ""),
    "SCTP not known": (HEALTHY._replace(config=None), SCTP, "unknown kernel.protocol", ""),
    "SCTP not known, and the kernel can say so": (
        with_modules(loadable=frozenset({"configs"}))._replace(config=None),
        SCTP,
        "unknown kernel.protocol",
        "modprobe configs",
    ),
    "IPv6 not compiled into IPVS": (HEALTHY._replace(config={}), NAT6, "wrong kernel.ipv6", ""),
    "IPv6 not in the kernel": (
        without_sysctl("net/ipv6/conf/all/disable_ipv6"),
        NAT6,
        "wrong kernel.ipv6",
        "",
    ),
    "IPv6 switched off": (
        with_sysctl("1", "net/ipv6/conf/all/disable_ipv6"),
        NAT6,
        "wrong kernel.ipv6",
        "sysctl -w net.ipv6.conf.all.disable_ipv6=0",
    ),
    "lo down": (
        with_link("lo", up=False, running=False),
        NAT,
        "wrong address.loopback",
        "ip link set lo up",
    ),
    "virtual address not bound, its network known": (
        holding("192.168.49.2", 24, "outer")._replace(
            addresses=(Address("192.168.49.2", 24, "outer"),),
            routes=without_address(VIP).routes,
        ),
        NAT,
        "wrong address.vip",
        f"ip address add {VIP}/32 dev outer",
    ),
    "virtual address not bound, its network not known": (
        without_address(VIP),
        NAT,
        "wrong address.vip",
        f"ip address add {VIP}/32 dev outer",
    ),
    "IPv6 address not bound": (
        without_address(VIP6)._replace(addresses=(Address("fd00:49::2", 64, "outer"),)),
        NAT6,
        "wrong address.vip",
        f"ip -6 address add {VIP6}/128 dev outer nodad preferred_lft 0",
    ),
    "interface of the virtual address without carrier": (
        with_link("outer", running=False),
        NAT,
        "wrong address.vip",
        "",
    ),
    "interface of the virtual address down": (
        with_link("outer", up=False, running=False),
        NAT,
        "wrong address.vip",
        "ip link set outer up",
    ),
    "rp_filter strict, default route elsewhere": (
        with_sysctl("1", "net/ipv4/conf/outer/rp_filter")._replace(
            default_interfaces={"inet": frozenset({"inner"})}
        ),
        NAT,
        "warning address.rp_filter",
        "sysctl -w net.ipv4.conf.outer.rp_filter=2",
    ),
    "rp_filter strict by all": (
        with_sysctl("1", "net/ipv4/conf/all/rp_filter")._replace(default_interfaces={}),
        NAT,
        "warning address.rp_filter",
        "sysctl -w net.ipv4.conf.outer.rp_filter=2",
    ),
    "no route, its network known": (
        with_route(WEB1, refusal="No route to host"),
        NAT,
        "wrong route.missing",
        f"ip route replace {WEB1}/32 dev inner src {INNER}",
    ),
    "no route, its network not known": (
        with_route("10.7.7.7", refusal="Network is unreachable"),
        table(server("10.7.7.7")),
        "wrong route.missing",
        "",
    ),
    "route over a gateway past its own network": (
        with_route(WEB1, interface="outer", gateway="192.168.49.1"),
        NAT,
        "warning route.astray",
        f"ip route replace {WEB1}/32 dev inner src {INNER}",
    ),
    "direct over a gateway": (
        with_route("10.7.7.7", interface="inner", gateway="192.168.1.1"),
        table(server("10.7.7.7", "direct")),
        "wrong route.on_link",
        "",
    ),
    "real server that is the director": (
        with_route(WEB1, local=True, interface="lo"),
        NAT,
        "warning route.local",
        "",
    ),
    "interface to the real server without carrier": (
        with_link("inner", running=False),
        NAT,
        "wrong route.link",
        "",
    ),
    "no forwarding": (
        with_sysctl("0", "net/ipv4/ip_forward"),
        NAT,
        "wrong forwarding.switch",
        "sysctl -w net.ipv4.ip_forward=1",
    ),
    "no IPv6 forwarding": (
        with_sysctl("0", "net/ipv6/conf/all/forwarding"),
        NAT6,
        "wrong forwarding.switch",
        "sysctl -w net.ipv6.conf.all.forwarding=1",
    ),
    "no forwarding from one interface": (
        with_sysctl("0", "net/ipv4/conf/inner/forwarding"),
        NAT,
        "wrong forwarding.interface",
        "sysctl -w net.ipv4.conf.inner.forwarding=1",
    ),
    "one network for clients and real servers": (
        with_route(WEB1, interface="outer", source=VIP),
        NAT,
        "warning forwarding.redirects",
        "sysctl -w net.ipv4.conf.all.send_redirects=0 && "
        "sysctl -w net.ipv4.conf.outer.send_redirects=0",
    ),
    "firewall without conntrack": (
        HEALTHY._replace(firewall=True),
        NAT,
        "warning forwarding.conntrack",
        "sysctl -w net.ipv4.vs.conntrack=1",
    ),
    "firewall without conntrack, as the table wants it": (
        HEALTHY._replace(firewall=True),
        NAT._replace(sysctls=(Sysctl("conntrack", "0"),)),
        "warning forwarding.conntrack",
        "",
    ),
    "firewall that can't be read": (
        HEALTHY._replace(firewall=None),
        NAT,
        "unknown forwarding.conntrack",
        "",
    ),
    "tunnel without room": (HEALTHY, TUNNEL, "warning tunnel.mtu", ""),
    "tunnel that sends fragments": (
        with_sysctl("0", "net/ipv4/vs/pmtu_disc"),
        TUNNEL,
        "warning tunnel.mtu",
        "sysctl -w net.ipv4.vs.pmtu_disc=1",
    ),
    "tunnel from the virtual address": (
        with_route(WEB1, MODERN, interface="inner", source=VIP),
        TUNNEL,
        "wrong tunnel.sender",
        "",
    ),
    "IPv6 tunnel from the virtual address": (
        with_route(WEB6, MODERN, interface="inner", source=VIP6),
        table(server(WEB6, "tunnel"), address=VIP6),
        "warning tunnel.sender",
        f"ip -6 address change {VIP6}/64 dev outer preferred_lft 0",
    ),
    "GUE before 5.2": (
        MODERN._replace(release="5.1.9"),
        table(server(forwarding="tunnel", tunnel_type="gue", tunnel_port=6080)),
        "wrong tunnel.kind",
        "",
    ),
    "GRE before 5.3": (
        MODERN._replace(release="5.2.1-amd64"),
        table(server(forwarding="tunnel", tunnel_type="gre")),
        "wrong tunnel.kind",
        "",
    ),
    "checksums before 5.3": (
        MODERN._replace(release="5.2"),
        table(
            server(
                forwarding="tunnel",
                tunnel_type="gue",
                tunnel_port=6080,
                tunnel_checksum="csum",
            )
        ),
        "wrong tunnel.kind",
        "",
    ),
    "sync interface missing": (
        HEALTHY,
        synced(MASTER._replace(interface="eth9")),
        "wrong sync.interface",
        "",
    ),
    "sync interface down": (
        HEALTHY._replace(links=HEALTHY.links | {"sync": link("sync", up=False, running=False)}),
        synced(MASTER._replace(interface="sync")),
        "wrong sync.interface",
        "ip link set sync up",
    ),
    "sync interface without multicast": (
        with_link("inner", multicast=False),
        synced(MASTER),
        "wrong sync.interface",
        "ip link set inner multicast on",
    ),
    "sync interface without an address of the group's family": (
        HEALTHY._replace(links=HEALTHY.links | {"sync": link("sync")}),
        synced(MASTER._replace(interface="sync")),
        "wrong sync.interface",
        "",
    ),
    "sync options before 4.3": (
        HEALTHY._replace(release="4.2.8"),
        synced(MASTER._replace(ttl=3)),
        "wrong sync.options",
        "",
    ),
    "packets of removed real servers, UDP": (
        with_sysctl("0", "net/ipv4/vs/expire_nodest_conn"),
        table(protocol="udp"),
        "warning drain.expire_nodest_conn",
        "sysctl -w net.ipv4.vs.expire_nodest_conn=1",
    ),
    "persistent clients of drained real servers": (
        with_sysctl("0", "net/ipv4/vs/expire_quiescent_template"),
        table(persistence=300),
        "warning drain.expire_quiescent_template",
        "sysctl -w net.ipv4.vs.expire_quiescent_template=1",
    ),
    "reused ports": (
        with_sysctl("0", "net/ipv4/vs/conn_reuse_mode"),
        NAT,
        "warning drain.conn_reuse_mode",
        "sysctl -w net.ipv4.vs.conn_reuse_mode=1",
    ),
    "no rates": (
        with_sysctl("0", "net/ipv4/vs/run_estimation"),
        NAT,
        "warning drain.run_estimation",
        "sysctl -w net.ipv4.vs.run_estimation=1",
    ),
    "a sysctl that this kernel doesn't have": (
        without_sysctl("net/ipv4/vs/run_estimation"),
        NAT,
        "unknown drain.run_estimation",
        "",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_thing_broken_is_one_finding_with_its_mend(name):
    host, wanted, expected, mend = BROKEN[name]
    finding = only(host, wanted)
    assert (f"{finding.level} {finding.code}", finding.mend) == (expected, mend)
    assert finding.title and finding.why


def test_ipvs_that_is_nowhere_is_named_with_all_that_hangs_on_it():
    host = HEALTHY._replace(
        held=None, config={}, modules=MODULES._replace(loaded=frozenset(), loadable=frozenset())
    )
    found = not_ok(host, NAT)
    assert [f.code for f in found] == ["kernel.ipvs", "kernel.scheduler", "kernel.protocol"]
    assert {f.level for f in found} == {"wrong"}


def test_without_sysctls_of_ipvs_one_line_says_so():
    names = [name for name in HEALTHY.sysctls if name.startswith("net/ipv4/vs/")]
    assert [f.code for f in not_ok(without_sysctl(*names), NAT)] == ["drain.sysctls"]


def test_a_director_that_stands_by_may_lack_the_virtual_address():
    finding = only(without_address(VIP), synced(BACKUP))
    assert (finding.level, finding.code) == ("warning", "address.vip")
    assert is_fit([finding])


def test_a_local_route_without_an_address_binds_as_well():
    host = with_route(VIP, HEALTHY._replace(addresses=()), local=True, interface="lo")
    assert [f.title for f in judge(host, NAT) if f.code == "address.vip"] == [
        "A local route brings it here"
    ]


def test_a_firewall_mark_is_skipped_with_the_reason():
    mark = VirtualService("inet", "", "", 0, 7, "rr", real_servers=(RealServer(WEB1, 80),))
    finding = only(HEALTHY, make_table([mark]))
    assert (finding.level, finding.code, finding.subject) == ("unknown", "address.mark", "fwmark 7")


def test_strict_rp_filter_is_no_matter_where_the_default_route_leaves():
    assert not_ok(with_sysctl("1", "net/ipv4/conf/outer/rp_filter"), NAT) == []


def test_a_sysctl_that_the_table_sets_counts_before_the_hosts():
    wanted = table(persistence=300)._replace(sysctls=(Sysctl("expire_quiescent_template", "1"),))
    host = with_sysctl("0", "net/ipv4/vs/expire_quiescent_template")
    assert not_ok(host, wanted) == []


def test_daemons_that_run_are_looked_at_where_the_table_does_not_decide():
    host = HEALTHY._replace(held=HELD._replace(sync=(MASTER._replace(interface="eth9"),)))
    assert only(host, NAT).code == "sync.interface"
    assert not_ok(host, NAT._replace(sync=())) == []


def test_real_servers_of_the_other_family_and_sync_daemons_exclude_each_other():
    wanted = table(server(WEB1, "tunnel"), address=VIP6)._replace(sync=(MASTER,))
    assert [f.code for f in not_ok(MODERN, wanted)] == ["sync.families"]


@pytest.mark.parametrize(
    ("settings", "address", "fits"),
    [
        ({}, WEB1, 1480),
        ({}, WEB6, 1460),
        ({"tunnel_type": "gre"}, WEB1, 1476),
        ({"tunnel_type": "gre", "tunnel_checksum": "csum"}, WEB1, 1472),
        ({"tunnel_type": "gue", "tunnel_port": 6080}, WEB1, 1468),
        (
            {"tunnel_type": "gue", "tunnel_port": 6080, "tunnel_checksum": "remcsum"},
            WEB1,
            1460,
        ),
    ],
)
def test_room_in_each_tunnel(settings, address, fits):
    found = not_ok(HEALTHY, table(server(address, "tunnel", **settings)))
    assert [f.title for f in found] == [f"Packets of more than {fits} bytes don't fit"]


def test_the_mtu_of_the_route_counts_before_that_of_the_interface():
    host = with_route(WEB1, interface="inner", source=INNER, mtu=1520)
    assert not_ok(host, TUNNEL) == []


def test_an_interface_with_a_dot_keeps_it():
    host = with_link("eth0.7", with_route(WEB1, interface="eth0.7", source=INNER))
    host = with_sysctl("0", "net/ipv4/conf/eth0.7/forwarding", host=host)
    assert only(host, NAT).mend == "sysctl -w net/ipv4/conf/eth0.7/forwarding=1"
