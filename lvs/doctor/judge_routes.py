"""Do packets reach each real server, in the way that its forwarding needs? Pure."""

from collections.abc import Iterator
from shlex import quote

from lvs.addresses import family_of
from lvs.doctor.commands import host_prefix, ip
from lvs.doctor.finding import Finding
from lvs.doctor.host import Address, Host, Route
from lvs.doctor.needs import forwardings
from lvs.model import Forwarding, Table

_CODE = "route.server"


def judge_routes(host: Host, table: Table) -> Iterator[Finding]:
    """One finding for each real server's address."""
    for address, kinds in forwardings(table).items():
        route = host.routes.get(address)
        if route is None:
            yield Finding("unknown", _CODE, address, "Not known how it is reached")
        else:
            yield _route(host, address, route, kinds)


def _route(host: Host, address: str, route: Route, kinds: tuple[Forwarding, ...]) -> Finding:
    if route.local:
        why = (
            f"IPVS hands its connections to this host instead of forwarding them ({kinds[0]}): right "
            "only where the service runs on the director too."
        )
        title = "This real server is the director itself"
        return Finding("warning", "route.local", address, title, why)
    near = host.neighbour_of(address)
    if route.refusal:
        return _missing(address, route, near)
    if "direct" in kinds and route.gateway:
        return _not_on_link(address, route, near)
    if near and route.gateway:
        return _astray(address, route, near)
    link = host.links.get(route.interface)
    if link is not None and not link.running:
        why = "Its connections get no answer."
        title = f"{route.interface}, which leads to it, has no link"
        mend = "" if link.up else f"ip link set {quote(route.interface)} up"
        return Finding("wrong", "route.link", address, title, why, mend)
    way = f"via {route.gateway} on {route.interface}" if route.gateway else f"on {route.interface}"
    return Finding("ok", _CODE, address, f"It is reached {way}")


def _missing(address: str, route: Route, near: Address | None) -> Finding:
    why = f"The kernel says “{route.refusal}”: no connection reaches it."
    title = "No route leads to this real server"
    return Finding("wrong", "route.missing", address, title, why, _straight(address, near))


def _not_on_link(address: str, route: Route, near: Address | None) -> Finding:
    title = f"Its route leads over {route.gateway}, and direct forwarding takes no gateway"
    why = (
        "Direct forwarding only changes the frame's address, so the gateway would send packets back "
        "here: it must be in a network of the director, or be forwarded to by tunnel."
    )
    return Finding("wrong", "route.on_link", address, title, why, _straight(address, near))


def _astray(address: str, route: Route, near: Address) -> Finding:
    """Somebody may have meant it: a network can be in parts."""
    title = f"Its route leads over {route.gateway}, not straight to its network"
    why = f"{near.interface} is in that network ({near.network}), so this way may be an oversight."
    return Finding("warning", "route.astray", address, title, why, _straight(address, near))


def _straight(address: str, near: Address | None) -> str:
    """The route to this one address, which wins over whatever leads elsewhere and touches no other."""
    if near is None:
        return ""
    way = f"dev {quote(near.interface)} src {near.address}"
    # IPv4's default is the best metric there is; IPv6's is 1024, and a better one may lead elsewhere.
    metric = " metric 1" if family_of(address) == "inet6" else ""
    return f"{ip(address)} route replace {host_prefix(address)} {way}{metric}"
