"""Whether packets pass firewall rules here. Asks without loading a module of the firewall."""

from pathlib import Path

from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.nftables.main import NFTables

from lvs.doctor.host import Modules
from lvs.doctor.modules import read_text

_XTABLES = ("net/ip_tables_names", "net/ip6_tables_names")
"""The tables of iptables-legacy in this network namespace, a line each; for root only."""
_ANY, _IP_FAMILIES = 0, (1, 2, 10)
"""NFPROTO_UNSPEC; NFPROTO_INET, NFPROTO_IPV4 and NFPROTO_IPV6 of the kernel's linux/netfilter.h."""


def read_firewall(proc: Path, modules: Modules) -> bool | None:
    """True when nftables hooks a chain in here or iptables-legacy has a table; None = can't be read."""
    found = [_legacy(proc / name) for name in _XTABLES]
    if "nf_tables" in modules.loaded | modules.builtin:
        found.append(_nftables())
    if True in found:
        return True
    return None if None in found else False


def _legacy(path: Path) -> bool | None:
    if not path.exists():
        return False
    text = read_text(path)
    return None if text is None else bool(text.strip())


def _nftables() -> bool | None:
    try:
        with NFTables(nfgen_family=_ANY) as kernel:
            return any(
                chain["nfgen_family"] in _IP_FAMILIES and chain.get_attr("NFTA_CHAIN_HOOK")
                for chain in kernel.get_chains()
            )
    except (NetlinkError, OSError):  # not for us to read
        return None
