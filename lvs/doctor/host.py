"""What was read of a host, as immutable values: `gather` makes them, the judges look at nothing else."""

import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple

from lvs.addresses import Family, family_of
from lvs.model import Table


class Link(NamedTuple):
    """One network interface."""

    name: str
    up: bool
    """Somebody switched it on."""
    running: bool
    """And it has a carrier."""
    multicast: bool
    mtu: int


class Address(NamedTuple):
    """An address that an interface holds."""

    address: str
    prefix: int
    interface: str

    def covers(self, address: str) -> bool:
        """Whether that address lies in the same network."""
        if family_of(address) != family_of(self.address):
            return False
        network = ipaddress.ip_network(f"{self.address}/{self.prefix}", strict=False)
        return ipaddress.ip_address(address) in network

    @property
    def network(self) -> str:
        """`192.168.1.0/24`."""
        return str(ipaddress.ip_network(f"{self.address}/{self.prefix}", strict=False))


class Route(NamedTuple):
    """Where the kernel sends packets for one address (as `ip route get` says it)."""

    local: bool = False
    """To this host itself."""
    interface: str = ""
    gateway: str = ""
    """"" = the address is in a network of the interface."""
    source: str = ""
    """The host's own address that goes with it."""
    mtu: int = 0
    """Set on the route itself; 0 = that of the interface."""
    refusal: str = ""
    """Why there is none: the kernel's words; "" where there is one."""


class Modules(NamedTuple):
    """What the kernel holds and could load, as module names (`ip_vs_rr`)."""

    loaded: frozenset[str] = frozenset()
    builtin: frozenset[str] = frozenset()
    loadable: frozenset[str] = frozenset()
    known: bool = False
    """The lists of this kernel's modules could be read: what is in none of them isn't there."""
    locked: bool = False
    """The kernel takes no further module before a restart (kernel.modules_disabled)."""
    by_hand: bool = False
    """The kernel loads none by itself (kernel.modprobe is empty)."""


class Host(NamedTuple):
    """All that a judge may look at. None in place of a value: it could not be read."""

    name: str = ""
    release: str = ""
    """The kernel's, as `uname -r` says it."""
    may_admin: bool = False
    """This process has CAP_NET_ADMIN."""
    modules: Modules = Modules()
    config: Mapping[str, str] | None = None
    """The kernel's build: `IP_VS_RR` → `m`; what isn't set is not in it."""
    links: Mapping[str, Link] = {}
    addresses: tuple[Address, ...] = ()
    routes: Mapping[str, Route] = {}
    """Address of a virtual service or real server → its route."""
    default_interfaces: Mapping[Family, frozenset[str]] = {}
    """Where packets leave for which there is no other route."""
    sysctls: Mapping[str, str] = {}
    """`net/ipv4/conf/eth0/rp_filter` → value."""
    held: Table | None = None
    """What the kernel's IPVS holds."""
    firewall: bool | None = None
    """Packets pass rules of a firewall here."""

    def number(self, name: str) -> int | None:
        """A sysctl's value; None when it isn't there."""
        value = self.sysctls.get(name, "")
        return int(value) if re.fullmatch(r"-?[0-9]{1,18}", value) else None

    def greatest(self, setting: str, interface: str) -> int | None:
        """The one of `all` and the interface that counts (IPv4: rp_filter, send_redirects)."""
        found = [self.number(f"net/ipv4/conf/{name}/{setting}") for name in ("all", interface)]
        known = [number for number in found if number is not None]
        return max(known) if known else None

    def holders(self, address: str) -> list[str]:
        """The interfaces that hold an address."""
        return [held.interface for held in self.addresses if held.address == address]

    def neighbour_of(self, address: str) -> Address | None:
        """An address of ours in the same network as that one, of the narrowest; None when there is none."""
        near = [held for held in self.addresses if held.covers(address)]
        return max(near, key=lambda held: held.prefix, default=None)

    @property
    def version(self) -> tuple[int, int] | None:
        """The kernel's, as (6, 1); None when the release doesn't begin with it."""
        found = re.match(r"(\d{1,4})\.(\d{1,4})", self.release)
        return (int(found[1]), int(found[2])) if found else None
