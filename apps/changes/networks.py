"""Where the directors of clusters are, and whether two clusters can meet: pure.

Two clusters meet when a director of one has an interface in a network that overlaps one of the
other's: then both could answer for one address. Networks of one host (/32, /128) are none, nor is
what stands on `lo`. A network in which two directors have the very same address of their own is two
networks that look alike (`docker0` is 172.17.0.1 everywhere), unless it is the address in question.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Any, NamedTuple

Place = IPv4Interface | IPv6Interface


class Reach(NamedTuple):
    """What is known of the networks of a cluster's directors."""

    places: tuple[Place, ...] = ()
    silent: tuple[str, ...] = ()
    """Directors that have not told their addresses, or not with their prefixes."""


def reach_of(directors: Iterable[tuple[str, Any]]) -> Reach:
    """directors: name, and the fact `addresses` of its heartbeat (None = it never spoke)."""
    places: dict[Place, None] = {}
    silent = []
    for name, addresses in directors:
        if not addresses or any("prefix" not in entry for entry in addresses):
            silent.append(name)
            continue
        found = map(_place, addresses)
        places |= dict.fromkeys(place for place in found if place is not None)
    return Reach(tuple(places), tuple(silent))


def _place(entry: Mapping[str, Any]) -> Place | None:
    try:
        place = ip_interface(f"{entry['address']}/{entry['prefix']}")
    except ValueError:
        return None
    network = place.network
    alone = network.prefixlen == network.max_prefixlen
    local = place.ip.is_loopback or place.ip.is_link_local or entry["interface"] == "lo"
    return None if alone or local else place


def meeting_place(ours: Reach, theirs: Reach, address: str) -> str:
    """The network of ours in which clusters meet over this service's address; "" = none is known."""
    for place in ours.places:
        for other in theirs.places:
            if place.version != other.version or not place.network.overlaps(other.network):
                continue
            if place.ip != other.ip or str(place.ip) == address:
                return str(place.network)
    return ""
