"""What a director can say of itself without the right to touch anything."""

import ipaddress
import os
import re
import socket
from importlib import metadata
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from lvs import __version__
from lvs.agent.lacks import lacking
from lvs.agent.streams import Message
from lvs.doctor.modules import read_text
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
        self._fixed = {
            "hostname": socket.gethostname(),
            "kernel": os.uname().release,
            "agent_version": agent_version(),
            "lacks": lacking(_PROC, _MODULES, _BOOT),
        }
        folder = _MODULES / os.uname().release
        self._loadable = loadable_schedulers(folder)
        # Not `exists`: of a folder that isn't ours to read it raises PermissionError.
        self._modules_known = read_text(folder / "modules.dep") is not None

    def gather(self, info: KernelInfo | None) -> Message:
        """All facts. info: None while the kernel's IPVS can't be asked."""
        return self._fixed | {
            "ipvs_version": info.version if info else "",
            "connection_table_size": info.connection_table_size if info else 0,
            "schedulers": sorted(self._loadable | loaded_schedulers(_read(_PROC / "modules"))),
            "all_schedulers": self._modules_known,
            "addresses": addresses(),
            "ip_forward": _sysctl("net/ipv4/ip_forward"),
            "ip6_forward": _sysctl("net/ipv6/conf/all/forwarding"),
        }


def loaded_schedulers(proc_modules: str) -> set[str]:
    """Schedulers among the loaded modules. proc_modules: the text of /proc/modules."""
    names = (line.partition(" ")[0] for line in proc_modules.splitlines())
    return _schedulers(name for name in names if name)


def loadable_schedulers(folder: Path) -> set[str]:
    """Schedulers that the kernel holds or can load itself. folder: /lib/modules/<release>."""
    text = _read(folder / "modules.builtin") + _read(folder / "modules.dep")
    paths = (line.partition(":")[0] for line in text.splitlines())
    return _schedulers(Path(path).name.partition(".")[0].replace("-", "_") for path in paths)


def addresses() -> list[dict[str, str]]:
    """`{"interface", "address"}` of each address that others may reach, in this network namespace.

    Without loopback and link-local ones. Empty when the kernel doesn't say.
    """
    found = []
    try:
        with IPRoute() as route:
            names = {link["index"]: link.get("ifname") for link in route.get_links()}
            for message in route.get_addr():
                text = message.get("local") or message.get("address")
                if text and _reachable(text):
                    interface = names.get(message["index"]) or str(message["index"])
                    found.append({"interface": interface, "address": text})
    except (OSError, NetlinkError):
        return []
    return found


def _reachable(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return not (parsed.is_loopback or parsed.is_link_local)


def _schedulers(modules: Any) -> set[str]:
    found = {match[1] for name in modules if (match := _SCHEDULER.fullmatch(name))}
    return found - _NO_SCHEDULERS


def _sysctl(name: str) -> bool:
    return _read(_PROC / "sys" / name).strip() not in ("", "0")


def _read(path: Path) -> str:
    """The text of a file that may not be there; "" then."""
    try:
        return path.read_text()
    except OSError:
        return ""
