"""Masquerading: do replies pass this host, and nothing lead them past it? Pure."""

from collections.abc import Iterator

from lvs.addresses import Family
from lvs.doctor.commands import conf, sysctl
from lvs.doctor.finding import Finding
from lvs.doctor.host import Host, Route
from lvs.doctor.needs import Way, ipvs_setting, vips, ways
from lvs.model import Table

_SWITCH: dict[Family, str] = {
    "inet": "net/ipv4/ip_forward",
    "inet6": "net/ipv6/conf/all/forwarding",
}


def judge_forwarding(host: Host, table: Table) -> Iterator[Finding]:
    """Nothing to say where nothing is masqueraded: direct and tunnel need no forwarding here."""
    masqueraded = [way for way in ways(table) if way.forwarding == "masquerade"]
    for family in dict.fromkeys(way.family for way in masqueraded):
        yield _switch(host, family)
    if not masqueraded:
        return
    routes = _routes(host, masqueraded)
    for name in dict.fromkeys(route.interface for route in routes):
        yield from _interface(host, name)
    outer = {name for address in vips(table) for name in host.holders(address)}
    for name in dict.fromkeys(route.interface for route in routes if not route.gateway):
        if name in outer:
            yield _redirects(host, name)
    yield from _firewall(host, table)


def _routes(host: Host, chosen: list[Way]) -> list[Route]:
    """Those that lead to IPv4 real servers: IPv6 has no such settings for single interfaces."""
    found = [host.routes.get(way.address) for way in chosen if way.family == "inet"]
    return [route for route in found if route and route.interface and not route.local]


def _switch(host: Host, family: Family) -> Finding:
    name = _SWITCH[family]
    code, subject = "forwarding.switch", name.replace("/", ".")
    value = host.number(name)
    if value is None:
        return Finding("unknown", code, subject, "It can't be read")
    if value:
        return Finding("ok", code, subject, "Packets are forwarded")
    why = "Replies of masqueraded real servers pass this host on their way to clients: none gets through."
    if family == "inet6":
        why += " (With it, a default route from router advertisements needs accept_ra=2.)"
    return Finding("wrong", code, subject, "Packets are not forwarded", why, sysctl(name, 1))


def _interface(host: Host, name: str) -> Iterator[Finding]:
    """IPv4 asks the interface by which a packet came (IN_DEV_FORWARD); ip_forward sets them all at once."""
    setting = conf(name, "forwarding")
    if host.number(_SWITCH["inet"]) and host.number(setting) == 0:
        why = f"Replies of real servers come in by {name}, and are not passed on to clients."
        title = f"Packets from {name} are not forwarded"
        subject = f"forwarding of {name}"
        yield Finding("wrong", "forwarding.interface", subject, title, why, sysctl(setting, 1))


def _redirects(host: Host, name: str) -> Finding:
    """Clients and real servers on one interface: the kernel tells real servers of the shorter way."""
    code, subject = "forwarding.redirects", f"send_redirects of {name}"
    value = host.greatest("send_redirects", name)
    if value is None:
        return Finding("unknown", code, subject, "It can't be read")
    if not value:
        return Finding("ok", code, subject, "Real servers are not told to answer past the director")
    why = (
        f"Virtual address and masqueraded real servers share {name}, so the director tells them by ICMP "
        "to answer clients straight, past IPVS, and those connections break."
    )
    # `all` and the interface are or-ed.
    mend = (
        f"{sysctl(conf('all', 'send_redirects'), 0)} && {sysctl(conf(name, 'send_redirects'), 0)}"
    )
    return Finding("warning", code, subject, "The director sends ICMP redirects", why, mend)


def _firewall(host: Host, table: Table) -> Iterator[Finding]:
    value, decided = ipvs_setting(host, table, "conntrack")
    code, subject = "forwarding.conntrack", "net.ipv4.vs.conntrack"
    if value:
        yield Finding("ok", code, subject, "The firewall sees masqueraded connections")
    elif host.firewall is False:
        yield Finding("ok", code, subject, "There are no firewall rules that need it")
    elif value is None:
        yield Finding("unknown", code, subject, "It can't be read")
    elif host.firewall is None:
        why = "With rules by connection state (ct state) it must be 1 for masquerading."
        yield Finding("unknown", code, subject, "It is 0; firewall rules can't be read here", why)
    else:
        why = "Rules by connection state (ct state) don't know masqueraded connections and may drop them."
        if decided:
            why += " The table itself sets it."
        mend = "" if decided else sysctl("net/ipv4/vs/conntrack", 1)
        yield Finding("warning", code, subject, "It is 0, and there are firewall rules", why, mend)
