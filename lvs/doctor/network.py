"""Interfaces, addresses and routes of this network namespace, by rtnetlink."""

from collections.abc import Iterable
from os import strerror
from typing import Any, NamedTuple

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from lvs.addresses import SOCKET_FAMILY, Family, canonical, family_of
from lvs.doctor.host import Address, Link, Route
from lvs.errors import LvsError

_UP, _RUNNING, _MULTICAST = 0x1, 0x40, 0x1000
"""IFF_UP, IFF_RUNNING, IFF_MULTICAST of the kernel's linux/if.h."""
_LOCAL = 2
"""RTN_LOCAL of the kernel's linux/rtnetlink.h."""
_NOWHERE = {6: "blackhole", 7: "unreachable", 8: "prohibit"}
"""RTN_BLACKHOLE and its like: IPv6 answers with the route itself where IPv4 gives its error."""


class Network(NamedTuple):
    """What rtnetlink says; the fields are those of `Host`."""

    links: dict[str, Link]
    addresses: tuple[Address, ...]
    routes: dict[str, Route]
    default_interfaces: dict[Family, frozenset[str]]


def read_network(addresses: Iterable[str]) -> Network:
    """Everything, and a route for each of these addresses. Raises LvsError when the kernel doesn't say."""
    try:
        with IPRoute() as kernel:
            messages = list(kernel.get_links())
            names = {message["index"]: message.get_attr("IFLA_IFNAME") for message in messages}
            return Network(
                {link.name: link for link in map(_link, messages)},
                tuple(_addresses(kernel, names)),
                {address: _route(kernel, names, address) for address in addresses},
                {family: _default_interfaces(kernel, names, family) for family in SOCKET_FAMILY},
            )
    except NetlinkError as error:
        raise LvsError(f"The kernel doesn't show its interfaces: {strerror(error.code)}") from error


def _link(message: Any) -> Link:
    flags = message["flags"]
    return Link(
        message.get_attr("IFLA_IFNAME"),
        up=bool(flags & _UP),
        running=bool(flags & _UP and flags & _RUNNING),
        multicast=bool(flags & _MULTICAST),
        mtu=message.get_attr("IFLA_MTU") or 0,
    )


def _addresses(kernel: IPRoute, names: dict[int, str]) -> Iterable[Address]:
    for message in kernel.get_addr():
        text = message.get_attr("IFA_LOCAL") or message.get_attr("IFA_ADDRESS")
        if text:
            name = names.get(message["index"], str(message["index"]))
            yield Address(canonical(text), message["prefixlen"], name)


def _route(kernel: IPRoute, names: dict[int, str], address: str) -> Route:
    family = SOCKET_FAMILY[family_of(address)]
    try:
        message = next(iter(kernel.route("get", dst=address, family=family)))
    except NetlinkError as error:
        return Route(refusal=strerror(error.code))
    if message["type"] in _NOWHERE:
        return Route(refusal=f"the route is of type {_NOWHERE[message['type']]}")
    metrics = message.get_attr("RTA_METRICS")
    return Route(
        local=message["type"] == _LOCAL,
        interface=names.get(message.get_attr("RTA_OIF"), ""),
        gateway=_gateway(message),
        source=message.get_attr("RTA_PREFSRC") or "",
        mtu=(metrics.get_attr("RTAX_MTU") or 0) if metrics else 0,
    )


def _gateway(message: Any) -> str:
    """IPv4 may go over a gateway with an IPv6 address (RTA_VIA)."""
    via = message.get_attr("RTA_VIA")
    return message.get_attr("RTA_GATEWAY") or (str(via["addr"]) if via else "")


def _default_interfaces(kernel: IPRoute, names: dict[int, str], family: Family) -> frozenset[str]:
    found: set[int] = set()
    for message in kernel.get_default_routes(family=SOCKET_FAMILY[family]):
        hops = message.get_attr("RTA_MULTIPATH") or ()
        found.update(hop["oif"] for hop in hops)
        found.add(message.get_attr("RTA_OIF"))
    return frozenset(names[index] for index in found if index in names)
