"""Tunnels: does the kernel know their kind, and do packets still fit? Pure."""

from collections.abc import Iterator
from shlex import quote

from lvs.addresses import family_of
from lvs.doctor.commands import sysctl
from lvs.doctor.finding import Finding
from lvs.doctor.host import Host
from lvs.doctor.needs import Way, ipvs_setting, some, vips, ways
from lvs.model import Table

_IP = {"inet": 20, "inet6": 40}
_UDP, _GUE, _GUE_REMCSUM = 8, 4, 8
"""Bytes: struct udphdr; struct guehdr; GUE_PLEN_REMCSUM + GUE_LEN_PRIV (include/net/gue.h)."""
_GRE, _GRE_CSUM = 4, 4
"""Bytes: gre_calc_hlen (include/net/gre.h)."""


def judge_tunnels(host: Host, table: Table) -> Iterator[Finding]:
    """Kinds that are new, the sender of the outer packets, then the room in each tunnel."""
    tunnels = [way for way in ways(table) if way.forwarding == "tunnel"]
    yield from _kinds(host, tunnels)
    yield from _senders(host, table, tunnels)
    yield from _rooms(host, table, tunnels)


def overhead(way: Way) -> int:
    """Bytes that a tunnel takes of each packet (`__ip_vs_get_out_rt` of the kernel's ip_vs_xmit.c)."""
    total = _IP[way.family]
    if way.tunnel_type == "gue":
        total += _UDP + _GUE + (_GUE_REMCSUM if way.tunnel_checksum == "remcsum" else 0)
    if way.tunnel_type == "gre":
        total += _GRE + (_GRE_CSUM if way.tunnel_checksum == "csum" else 0)
    return total


def _kinds(host: Host, tunnels: list[Way]) -> Iterator[Finding]:
    for kind, since in dict.fromkeys(map(_since, tunnels)):
        if since == (0, 0):
            continue
        code, named = "tunnel.kind", ".".join(map(str, since))
        if host.version is None:
            title = f"Not known whether this kernel is Linux {named} or later"
            yield Finding("unknown", code, kind, title)
        elif host.version >= since:
            yield Finding("ok", code, kind, f"This kernel has them (since Linux {named})")
        else:
            why = f"It came with Linux {named}, and this is {host.release}: use ipip, or a newer kernel."
            yield Finding("wrong", code, kind, "This kernel doesn't have them", why)


def _since(way: Way) -> tuple[str, tuple[int, int]]:
    if way.tunnel_checksum != "none":
        return f"{way.tunnel_type} tunnels with {way.tunnel_checksum}", (5, 3)
    since = {"gue": (5, 2), "gre": (5, 3)}
    return f"{way.tunnel_type} tunnels", since.get(way.tunnel_type, (0, 0))


def _senders(host: Host, table: Table, tunnels: list[Way]) -> Iterator[Finding]:
    """A real server drops what seems to come from itself, and the virtual address is its own too."""
    own = set(vips(table))
    for address in dict.fromkeys(way.address for way in tunnels):
        route = host.routes.get(address)
        if route is None or route.local or route.source not in own:
            continue
        code, title = (
            "tunnel.sender",
            f"Its tunnel's packets come from {route.source}, a virtual address",
        )
        if family_of(address) == "inet6":
            why = "Real servers drop them, unless their ip6tnl device has allow-localremote."
            held = next((a for a in host.addresses if a.address == route.source), None)
            mend = ""
            if held:
                where = f"{held.address}/{held.prefix} dev {quote(held.interface)}"
                mend = f"ip -6 address change {where} preferred_lft 0"
            yield Finding("warning", code, address, title, why, mend)
        else:
            why = (
                "Real servers hold that address as well and drop what seems to come from themselves: give "
                "the route another source (ip route … src)."
            )
            yield Finding("wrong", code, address, title, why)


def room(host: Host, way: Way) -> int:
    """Bytes of the longest packet that fits into a tunnel to the real server; 0 = not known."""
    route = host.routes.get(way.address)
    if route is None or route.refusal or route.local:
        return 0
    mtu = route.mtu or _link_mtu(host, route.interface)
    return max(mtu - overhead(way), 0)


def arriving(host: Host, table: Table) -> int:
    """Bytes of the longest packet that clients may send; 0 = not known."""
    holders = (name for address in vips(table) for name in host.holders(address) if name != "lo")
    return max((_link_mtu(host, name) for name in holders), default=0)


def _rooms(host: Host, table: Table, tunnels: list[Way]) -> Iterator[Finding]:
    """One finding for all real servers to which packets of the same length fit."""
    alike: dict[tuple[str, int], list[str]] = {}
    for way in tunnels:
        alike.setdefault((way.tunnel_type, room(host, way)), []).append(way.address)
    longest = arriving(host, table)
    for (kind, fits), addresses in alike.items():
        if fits:
            subject = f"{kind} to {some(dict.fromkeys(addresses), 2)}"
            yield _room(host, table, subject, fits, longest)


def _link_mtu(host: Host, name: str) -> int:
    link = host.links.get(name)
    return link.mtu if link else 0


def _room(host: Host, table: Table, subject: str, fits: int, longest: int) -> Finding:
    code = "tunnel.mtu"
    if longest and longest <= fits:
        return Finding("ok", code, subject, f"Packets of {longest} bytes fit ({fits} do)")
    pmtu, decided = ipvs_setting(host, table, "pmtu_disc")
    title = f"Packets of more than {fits} bytes don't fit"
    if pmtu == 0:
        why = "Larger ones are sent in fragments (pmtu_disc is 0), which costs speed and firewalls drop."
        mend = "" if decided else sysctl("net/ipv4/vs/pmtu_disc", 1)
        return Finding("warning", code, subject, title, why, mend)
    why = (
        "Larger ones are answered by ICMP, and where that is filtered uploads hang: let the real servers "
        "announce a smaller MSS (doctor --servers prints how), or raise the MTU on the way to them."
    )
    return Finding("warning", code, subject, title, why)
