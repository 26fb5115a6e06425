"""The columns that `ipvsadm -Ln` can list, each set under the name of its option."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, get_args

from lvs.model import RealServer

if TYPE_CHECKING:
    from lvs.counters import ServerCounters

View = Literal["connections", "stats", "rate", "thresholds", "persistent-conn", "tun-info"]
"""One set of columns. `connections` is what comes without an option, the others are called as ipvsadm's."""
VIEWS: tuple[View, ...] = get_args(View)

_PLAIN = "Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           "
_NAMED = f"{'Prot LocalAddress:Port':<33}"
_BELOW = "  -> RemoteAddress:Port\n"
TITLES: dict[View, str] = {
    "connections": f"{_PLAIN}Forward Weight ActiveConn InActConn\n",
    "stats": f"{_NAMED}    Conns   InPkts  OutPkts  InBytes OutBytes\n{_BELOW}",
    "rate": f"{_NAMED}      CPS    InPPS   OutPPS    InBPS   OutBPS\n{_BELOW}",
    "thresholds": f"{_NAMED} Uthreshold Lthreshold ActiveConn InActConn \n{_BELOW}",
    "persistent-conn": f"{_NAMED} Weight    PersistConn ActiveConn InActConn \n{_BELOW}",
    "tun-info": f"{_PLAIN}Forward TunnelInfo    Weight ActiveConn InActConn\n",
}

Cells = Callable[[RealServer, "ServerCounters | None"], str]
_FORWARD = {"masquerade": "Masq", "direct": "Route", "tunnel": "Tunnel"}
_CHECKSUM = {"none": "-c", "csum": "+c", "remcsum": "r+c"}


def _connections(server: RealServer, _: "ServerCounters | None") -> str:
    return f"{_forward(server):<7} {server.weight:<6}"


def _thresholds(server: RealServer, _: "ServerCounters | None") -> str:
    return f"{server.upper_threshold:<10} {server.lower_threshold:<10}"


def _persistent(server: RealServer, found: "ServerCounters | None") -> str:
    return f"{server.weight:<9} {found.persistent if found else '-':<11}"


def _tunnels(server: RealServer, _: "ServerCounters | None") -> str:
    return f"{_forward(server):<7} {_tunnel(server):<13} {server.weight:<6}"


FIRST_CELLS: dict[View, Cells] = {
    "connections": _connections,
    "thresholds": _thresholds,
    "persistent-conn": _persistent,
    "tun-info": _tunnels,
}
"""Of a real server's line: what stands before its connections. The views of numbers are not in it."""


def _forward(server: RealServer) -> str:
    return _FORWARD.get(server.forwarding, server.forwarding)


def _tunnel(server: RealServer) -> str:
    """`gue:6080:+c`: the type, gue's port, and whether there are checksums."""
    if server.forwarding != "tunnel":
        return "n/a"
    checksum = _CHECKSUM.get(server.tunnel_checksum, server.tunnel_checksum)
    if server.tunnel_type == "gue":
        return f"gue:{server.tunnel_port}:{checksum}"
    return f"gre:{checksum}" if server.tunnel_type == "gre" else server.tunnel_type


def number_cell(number: int, *, exact: bool) -> str:
    """Nine columns, as ipvsadm's `print_largenum`: from a hundred million on in K, M, G or T.

    exact: never shortened, but wider where it must be.
    """
    if exact:
        return f"{number:9d}" if number < 10**8 else f" {number}"
    if number < 10**8:
        return f"{number:9d}"
    for limit, divisor, unit in ((10**9, 10**3, "K"), (10**11, 10**6, "M"), (10**14, 10**9, "G")):
        if number < limit:
            return f"{number // divisor:8d}{unit}"
    return f"{number // 10**12:8d}T"
