"""What a director can say of itself without the right to touch anything."""

import ipaddress
import os
import re
import socket
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from lvs import __version__
from lvs.agent.lacks import lacking
from lvs.agent.streams import Message
from lvs.doctor.host import Host
from lvs.doctor.modules import (
    config_places,
    read_config,
    read_loaded,
    read_modules,
    read_text,
)
from lvs.netlink.kernel import KernelInfo

_PROC = Path("/proc")
_MODULES = Path("/lib/modules")
_BOOT = Path("/boot")
_SCHEDULER = re.compile(r"\bip_vs_([a-z]+)\b")
_NO_SCHEDULERS = {"ftp", "pe"}
"""Modules of IPVS that are none: the FTP helper, and `ip_vs_pe_sip`."""


def agent_version() -> str:
    """The project's version, and whether this runs from a source tree rather than installed."""
    try:
        return metadata.version("lvsconsole")
    except metadata.PackageNotFoundError:
        return f"{__version__} (source tree)"


class Facts:
    """Gathers the facts of a heartbeat; what can't change before a reboot is read once."""

    def __init__(self) -> None:
        release = os.uname().release
        folder = _MODULES / release
        config = read_config(_PROC, config_places(release, _BOOT, folder))
        host = Host(modules=read_modules(_PROC, folder), config=config)
        self._schedulers = schedulers_among(host.modules.builtin | host.modules.loadable)
        self._fixed = {
            "hostname": socket.gethostname(),
            "kernel": release,
            "agent_version": agent_version(),
            "all_schedulers": host.modules.known,
            "lacks": lacking(host, ipv6=_has_ipv6()),
        }

    def gather(self, info: KernelInfo | None) -> Message:
        """All facts. info: None while the kernel's IPVS can't be asked."""
        loaded = schedulers_among(read_loaded(_PROC))
        return self._fixed | {
            "ipvs_version": info.version if info else "",
            "connection_table_size": info.connection_table_size if info else 0,
            "schedulers": sorted(self._schedulers | loaded),
            "addresses": addresses(),
            "ip_forward": _sysctl("net/ipv4/ip_forward"),
            "ip6_forward": _sysctl("net/ipv6/conf/all/forwarding"),
        }


def schedulers_among(modules: Iterable[str]) -> set[str]:
    """The schedulers of IPVS among modules, by the names that ipvsadm has for them."""
    found = {match[1] for name in modules if (match := _SCHEDULER.fullmatch(name))}
    return found - _NO_SCHEDULERS


def addresses() -> list[dict[str, str | int]]:
    """`{"interface", "address", "prefix"}` of each address that others may reach, in this network namespace.

    prefix: the bits of its network's mask. Without loopback and link-local ones. Empty when the kernel
    doesn't say.
    """
    found: list[dict[str, str | int]] = []
    try:
        with IPRoute() as route:
            names = {link["index"]: link.get("ifname") for link in route.get_links()}
            for message in route.get_addr():
                text = message.get("local") or message.get("address")
                if text and _reachable(text):
                    interface = names.get(message["index"]) or str(message["index"])
                    prefix = message["prefixlen"]
                    found.append({"interface": interface, "address": text, "prefix": prefix})
    except (OSError, NetlinkError):
        return []
    return found


def _reachable(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return not (parsed.is_loopback or parsed.is_link_local)


def _has_ipv6() -> bool:
    """Whether the kernel has sysctls of IPv6; where those of IPv4 can't be seen either, it may."""
    ipv6, ipv4 = (_PROC / f"sys/net/{version}/conf/all/forwarding" for version in ("ipv6", "ipv4"))
    # Not Path.exists: of a folder that isn't ours to read it raises PermissionError.
    return os.path.exists(ipv6) or not os.path.exists(ipv4)  # noqa: PTH110


def _sysctl(name: str) -> bool:
    return _read(_PROC / "sys" / name).strip() not in ("", "0")


def _read(path: Path) -> str:
    """The text of a file; "" of one that isn't there, or not ours to read."""
    return read_text(path) or ""
