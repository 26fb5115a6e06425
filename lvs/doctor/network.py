"""Interfaces, addresses and routes of this network namespace, by rtnetlink."""

from collections.abc import Iterable
from os import strerror
from typing import Any, NamedTuple

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from lvs.addresses import SOCKET_FAMILY, Family, canonical
from lvs.doctor.host import Address, Link, Route
from lvs.doctor.routes import read_routes
from lvs.errors import LvsError

_UP, _RUNNING, _MULTICAST = 0x1, 0x40, 0x1000
"""IFF_UP, IFF_RUNNING, IFF_MULTICAST of the kernel's linux/if.h."""


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
                read_routes(addresses, names),
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


def _default_interfaces(kernel: IPRoute, names: dict[int, str], family: Family) -> frozenset[str]:
    found: set[int] = set()
    for message in kernel.get_default_routes(family=SOCKET_FAMILY[family]):
        hops = message.get_attr("RTA_MULTIPATH") or ()
        found.update(hop["oif"] for hop in hops)
        found.add(message.get_attr("RTA_OIF"))
    return frozenset(names[index] for index in found if index in names)
