"""The kernel's route for each of many addresses, by rtnetlink, many questions in one system call.

pyroute2 asks one at a time, 0.3 ms each, and tables have ten thousand real servers; it decodes the
answers here as well.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import strerror
from socket import AF_NETLINK, NETLINK_ROUTE, SOCK_RAW, inet_pton, socket
from struct import Struct
from typing import Any

from pyroute2.netlink import NLM_F_REQUEST, NLMSG_ERROR
from pyroute2.netlink.rtnl import RTM_GETROUTE
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from lvs.addresses import SOCKET_FAMILY, family_of
from lvs.doctor.host import Route
from lvs.errors import LvsError

AT_ONCE = 32
"""Questions in one send: more gain nothing, and the answers to these fit into any socket's buffer."""
_ANSWER = 1 << 15
"""Bytes: the kernel makes none that is longer (linux/netlink.h, NLMSG_GOODSIZE)."""
_SILENCE = 10.0
"""Seconds: the kernel answers within the call that asks, so an answer that isn't there was lost."""
_LOCAL, _DESTINATION = 2, 1
"""RTN_LOCAL and RTA_DST of the kernel's linux/rtnetlink.h."""
_NOWHERE = {6: "blackhole", 7: "unreachable", 8: "prohibit"}
"""RTN_BLACKHOLE and its like, should a kernel answer with the route itself: 6.1 gives the error."""

_question = Struct("=IHHII BBBxB3xI HH").pack
"""nlmsghdr; rtmsg with family, length of the destination in bits, source, table and flags; nlattr."""
_MAIN = 254
"""RT_TABLE_MAIN, as iproute2 and pyroute2 have it: the kernel goes by its rules all the same."""
_parse_head = Struct("=IHHIIi").unpack_from
"""nlmsghdr and, in an error, minus its errno (nlmsgerr)."""


def read_routes(addresses: Iterable[str], names: Mapping[int, str]) -> dict[str, Route]:
    """A route for each address. names: of the interfaces, by index. Raises LvsError when answers are lost."""
    wanted = list(dict.fromkeys(addresses))
    routes: dict[str, Route] = {}
    try:
        with socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) as kernel:
            kernel.settimeout(_SILENCE)
            for first in range(0, len(wanted), AT_ONCE):
                some = wanted[first : first + AT_ONCE]
                for index, answer in _ask(kernel, some, first):
                    routes[wanted[index]] = _route(answer, names)
    except OSError as error:
        raise LvsError(f"The kernel doesn't tell its routes: {error.strerror or error}") from error
    return routes


def _ask(kernel: socket, addresses: Sequence[str], first: int) -> Iterator[tuple[int, bytes]]:
    """Number and answer of each address. first: the number of the first of them."""
    numbered = enumerate(addresses, first)
    kernel.send(b"".join(_encode(address, number) for number, address in numbered))
    missing = set(range(first, first + len(addresses)))
    while missing:
        answer = kernel.recv(_ANSWER)  # each comes in a datagram of its own
        number = _parse_head(answer)[3]
        if number in missing:
            missing.remove(number)
            yield number, answer


def _encode(address: str, number: int) -> bytes:
    family = SOCKET_FAMILY[family_of(address)]
    packed = inet_pton(family, address)
    length, bits = 32 + len(packed), 8 * len(packed)
    head = (length, RTM_GETROUTE, NLM_F_REQUEST, number, 0)
    return _question(*head, family, bits, 0, _MAIN, 0, 4 + len(packed), _DESTINATION) + packed


def _route(answer: bytes, names: Mapping[int, str]) -> Route:
    _, kind, _, _, _, minus_errno = _parse_head(answer)
    if kind == NLMSG_ERROR:
        return Route(refusal=strerror(-minus_errno))
    message = rtmsg(answer)
    message.decode()
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
