"""Reads everything about this host that the judges look at. Changes nothing, and loads no module."""

import os
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lvs.doctor.firewall import read_firewall
from lvs.doctor.host import Host
from lvs.doctor.modules import config_places, read_config, read_modules, read_text
from lvs.doctor.needs import addresses_of
from lvs.doctor.network import read_network
from lvs.errors import IpvsMissing, NotPermitted
from lvs.model import Table
from lvs.netlink.kernel import Kernel

_CAP_NET_ADMIN = 12
_WHOLE_HOST = "0 0 4294967295"
"""/proc/self/uid_map outside of user namespaces."""
_GENERAL = (
    "net/ipv4/ip_forward",
    "net/ipv6/conf/all/forwarding",
    "net/ipv6/conf/all/disable_ipv6",
)
_OF_INTERFACES = ("rp_filter", "send_redirects", "forwarding")


class Places(NamedTuple):
    """Where the files lie; others for tests."""

    proc: Path = Path("/proc")
    modules: Path = Path("/lib/modules")
    boot: Path = Path("/boot")


HERE = Places()


def read_held(places: Places = HERE) -> Table | None:
    """The table of the kernel; None without IPVS or the right to read it. Loads no module.

    Raises LvsError when the kernel's answers are lost.
    """
    if not (places.proc / "net/ip_vs").exists():  # opening would load it
        return None
    try:
        with Kernel() as kernel:
            return kernel.read_table()
    except (IpvsMissing, NotPermitted):
        return None


def gather(table: Table, held: Table | None, places: Places = HERE) -> Host:
    """The host as it is now, as far as the table needs it. held: what `read_held` gave.

    Raises LvsError when the kernel doesn't show its interfaces.
    """
    release = os.uname().release
    folder = places.modules / release
    modules = read_modules(places.proc, folder)
    network = read_network(addresses_of(table))
    return Host(
        name=socket.gethostname(),
        release=release,
        may_admin=held is not None or _may_admin(places.proc),
        modules=modules,
        config=read_config(places.proc, config_places(release, places.boot, folder)),
        links=network.links,
        addresses=network.addresses,
        routes=network.routes,
        default_interfaces=network.default_interfaces,
        sysctls=read_sysctls(places.proc, network.links),
        held=held,
        firewall=read_firewall(places.proc, modules),
    )


def read_sysctls(proc: Path, interfaces: Iterable[str]) -> dict[str, str]:
    """Those that decide something, by name with slashes; one that isn't there is left out."""
    names = list(_GENERAL)
    for interface in ("all", *interfaces):
        names += (f"net/ipv4/conf/{interface}/{setting}" for setting in _OF_INTERFACES)
    folder = proc / "sys/net/ipv4/vs"
    if folder.is_dir():
        names += (f"net/ipv4/vs/{path.name}" for path in sorted(folder.iterdir()))
    found = ((name, read_text(proc / "sys" / name)) for name in names)
    return {name: " ".join(text.split()) for name, text in found if text is not None}


def _may_admin(proc: Path) -> bool:
    """Whether the effective capabilities of this process hold CAP_NET_ADMIN, for the whole host.

    In a user namespace of its own, as some containers have, a process may hold it and IPVS asks for the
    host's all the same (GENL_ADMIN_PERM).
    """
    whole_host = (read_text(proc / "self/uid_map") or _WHOLE_HOST).split() == _WHOLE_HOST.split()
    if not whole_host:
        return False
    for line in (read_text(proc / "self/status") or "").splitlines():
        name, _, value = line.partition(":")
        if name == "CapEff":
            return bool(int(value, 16) >> _CAP_NET_ADMIN & 1)
    return False
