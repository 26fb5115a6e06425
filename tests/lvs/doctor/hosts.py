"""A healthy director of the NAT tutorial, to be broken in one place at a time."""

from lvs.canonical_form import make_table
from lvs.doctor.host import Address, Host, Link, Modules, Route
from lvs.doctor.judge import judge
from lvs.model import EMPTY, RealServer, Table, VirtualService
from lvs.settings import Timeouts

VIP, VIP6 = "192.168.49.134", "fd00:49::134"
INNER, INNER6 = "192.168.1.105", "fd00:1::105"
WEB1, WEB2, WEB6 = "192.168.1.103", "192.168.1.104", "fd00:1::103"

HELD = Table(timeouts=Timeouts(900, 120, 300))
SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv6/conf/all/forwarding": "1",
    "net/ipv6/conf/all/disable_ipv6": "0",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/outer/rp_filter": "0",
    "net/ipv4/conf/inner/rp_filter": "0",
    "net/ipv4/conf/inner/forwarding": "1",
    "net/ipv4/conf/all/send_redirects": "1",
    "net/ipv4/conf/outer/send_redirects": "1",
    "net/ipv4/vs/conntrack": "0",
    "net/ipv4/vs/pmtu_disc": "1",
    "net/ipv4/vs/expire_nodest_conn": "1",
    "net/ipv4/vs/expire_quiescent_template": "1",
    "net/ipv4/vs/conn_reuse_mode": "1",
    "net/ipv4/vs/run_estimation": "1",
}
MODULES = Modules(
    loaded=frozenset({"ip_vs", "ip_vs_rr", "nf_conntrack"}),
    loadable=frozenset({"ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_pe_sip"}),
    known=True,
)


def link(name, **changes):
    return Link(name, up=True, running=True, multicast=name != "lo", mtu=1500)._replace(**changes)


HEALTHY = Host(
    name="director",
    release="6.1.176",
    may_admin=True,
    modules=MODULES,
    config=dict.fromkeys(
        ("IP_VS_IPV6", "IP_VS_PROTO_TCP", "IP_VS_PROTO_UDP", "IP_VS_PROTO_SCTP"), "y"
    ),
    links={name: link(name) for name in ("lo", "outer", "inner")},
    addresses=(
        Address("127.0.0.1", 8, "lo"),
        Address(VIP, 24, "outer"),
        Address(VIP6, 64, "outer"),
        Address(INNER, 24, "inner"),
        Address(INNER6, 64, "inner"),
    ),
    routes={
        VIP: Route(local=True, interface="lo", source=VIP),
        VIP6: Route(local=True, interface="lo", source=VIP6),
        WEB1: Route(interface="inner", source=INNER),
        WEB2: Route(interface="inner", source=INNER),
        WEB6: Route(interface="inner", source=INNER6),
    },
    default_interfaces={"inet": frozenset({"outer"}), "inet6": frozenset()},
    sysctls=SYSCTLS,
    held=HELD,
    firewall=False,
)


def with_sysctl(value, *names, host=HEALTHY):
    return host._replace(sysctls=host.sysctls | dict.fromkeys(names, value))


def without_sysctl(*names, host=HEALTHY):
    left = {name: value for name, value in host.sysctls.items() if name not in names}
    return host._replace(sysctls=left)


def with_route(address, host=HEALTHY, **route):
    return host._replace(routes=host.routes | {address: Route(**route)})


def with_link(name, host=HEALTHY, **changes):
    return host._replace(links=host.links | {name: link(name, **changes)})


def table(*servers, address=VIP, protocol="tcp", **settings) -> Table:
    """One service with these real servers; none named: web1, masqueraded."""
    family = "inet6" if ":" in address else "inet"
    chosen = servers or (RealServer(WEB1, 80),)
    service = VirtualService(family, protocol, address, 80, 0, scheduler="rr", real_servers=chosen)
    return make_table([service._replace(**settings)])


def server(address=WEB1, forwarding="masquerade", **settings) -> RealServer:
    return RealServer(address, 80, forwarding, **settings)


def not_ok(host, wanted=EMPTY):
    """What isn't ok."""
    return [finding for finding in judge(host, wanted) if finding.level != "ok"]


def only(host, wanted):
    """The one finding that isn't ok."""
    found = not_ok(host, wanted)
    assert len(found) == 1, found
    return found[0]
