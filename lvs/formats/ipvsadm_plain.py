"""The lines of `ipvsadm -Sn` that a large table is made of: services and real servers with nothing special.

One pattern instead of options one by one takes a fifth of the time. `ipvsadm_save` reads all other lines,
and would read these just so.
"""

import re

from lvs.addresses import FULL_NETMASK, canonical, family_of
from lvs.model import Forwarding, Protocol, RealServer, VirtualService

_ENDPOINT = r"(?:\[([0-9a-f:.]+)\]|([0-9.]+)):([0-9]{1,5})"
_SERVICE = re.compile(rf"-A -([tu]) {_ENDPOINT} -s ([a-z]+)").fullmatch
_SERVER = re.compile(
    rf"-a (-[tuf] \S+|--sctp-service \S+) -r {_ENDPOINT} -([mg]) -w ([0-9]{{1,18}})"
).fullmatch
_PROTOCOLS: dict[str, Protocol] = {"t": "tcp", "u": "udp"}
_FORWARDING: dict[str, Forwarding] = {"m": "masquerade", "g": "direct"}
_NO_LIMITS_NO_TUNNEL = RealServer("", 0)[4:]


def plain_service(line: str) -> VirtualService | None:
    """The service that the line adds; None when it isn't such a line."""
    match = _SERVICE(line)
    if match is None:
        return None
    letter, ipv6, ipv4, port, scheduler = match.groups()
    try:
        address = canonical(ipv6 or ipv4)
    except ValueError:  # `ipvsadm_save` says what is wrong
        return None
    family = family_of(address)
    key = (family, _PROTOCOLS[letter], address, int(port), 0)
    return VirtualService(*key, scheduler, netmask=FULL_NETMASK[family])


def plain_server(line: str) -> tuple[str, RealServer] | None:
    """What the line calls the service (`-t 192.0.2.1:80`), and the real server that it adds to it.

    None when it isn't such a line.
    """
    match = _SERVER(line)
    if match is None:
        return None
    service, ipv6, ipv4, port, letter, weight = match.groups()
    try:
        address = canonical(ipv6 or ipv4)
    except ValueError:  # `ipvsadm_save` says what is wrong
        return None
    values = (address, int(port), _FORWARDING[letter], int(weight), *_NO_LIMITS_NO_TUNNEL)
    return service, tuple.__new__(RealServer, values)
