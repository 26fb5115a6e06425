"""The lines of `ipvsadm -Sn` that a large table is made of: services and real servers with nothing special.

One pattern instead of options one by one takes a fifth of the time, and all real servers of a service at
once half of that. `ipvsadm_save` reads all other lines, and would read these just so.
"""

import re
from itertools import repeat
from operator import add

from lvs.addresses import FULL_NETMASK, canonical, family_of
from lvs.model import Forwarding, Protocol, RealServer, TunnelChecksum, TunnelType, VirtualService
from lvs.named_tuples import new
from lvs.remember import remembered

_ENDPOINT = r"(?:\[([0-9a-f:.]+)\]|([0-9.]+)):([0-9]{1,5})"
_ADDS_SERVICE = rf"-A (-([tu]) {_ENDPOINT}) -s ([a-z]+)"
_SERVICE = re.compile(_ADDS_SERVICE).fullmatch
_SERVER = re.compile(
    rf"-a (-[tuf] \S+|--sctp-service \S+) -r {_ENDPOINT} -([mg]) -w ([0-9]{{1,18}})"
).fullmatch
_BLOCK = re.compile(rf"{_ADDS_SERVICE}\n(-a \1 -r (\[?))").match
_BEGINNING = re.compile(r"-a (.*?) -r (\[?)").match
_SETTINGS = re.compile(r"([0-9]{1,5}) -([mg]) -w ([0-9]{1,18})\n").fullmatch
_PROTOCOLS: dict[str, Protocol] = {"t": "tcp", "u": "udp"}
_FORWARDING: dict[str, Forwarding] = {"m": "masquerade", "g": "direct"}
_NO_PERSISTENCE_NO_SERVERS = VirtualService("inet", "", "", 0, 0)[9:]
_NO_LIMITS_NO_TUNNEL = RealServer("", 0)[4:]
_Settings = tuple[int, Forwarding, int, int, int, TunnelType, int, TunnelChecksum]


def plain_service(line: str) -> tuple[str, VirtualService] | None:
    """What the line calls the service (`-t 192.0.2.1:80`), and the service that it adds.

    None when it isn't such a line.
    """
    match = _SERVICE(line)
    return None if match is None else _service(*match.groups())


def plain_server(line: str) -> tuple[str, RealServer] | None:
    """What the line calls the service, and the real server that it adds to it.

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
    return service, new(RealServer, values)


def plain_block(lines: str) -> tuple[str, VirtualService, list[RealServer]] | None:
    """What all lines of a text call the service, the service, and its real servers, one a line.

    None when the first isn't one that `plain_service` reads, or the others none for `plain_servers`.
    """
    match = _BLOCK(lines)
    if match is None:
        return None
    *of_service, beginning, bracket = match.groups()
    service = _service(*of_service)
    servers = _servers(lines[match.end() :], beginning, bracket)
    return None if service is None or servers is None else (*service, servers)


def plain_servers(lines: str) -> tuple[str, list[RealServer]] | None:
    """What all lines of a text call the service, and the real servers that they add to it, one a line.

    None when any isn't one that `plain_server` reads, and also when they name two services or are of
    two families, or an address isn't in its canonical form: then each line must be read for itself.
    """
    match = _BEGINNING(lines)
    if match is None:
        return None
    servers = _servers(lines[match.end() :], match[0], match[2])
    return None if servers is None else (match[1], servers)


def _service(
    name: str, letter: str, ipv6: str | None, ipv4: str, port: str, scheduler: str
) -> tuple[str, VirtualService] | None:
    try:
        address = canonical(ipv6 or ipv4)
    except ValueError:  # `ipvsadm_save` says what is wrong
        return None
    family = family_of(address)
    key = (family, _PROTOCOLS[letter], address, int(port), 0)
    settings = (scheduler, (), 0, FULL_NETMASK[family])
    return name, new(VirtualService, key + settings + _NO_PERSISTENCE_NO_SERVERS)


def _servers(text: str, beginning: str, bracket: str) -> list[RealServer] | None:
    """The real servers of lines that begin alike; the text lacks the beginning of the first."""
    colon = f"{bracket and ']'}:"
    # One flat list, address and settings in turn: all settings end a line, and no address does.
    parts = f"{text}\n".replace(f"\n{beginning}", f"\n{colon}").split(colon)
    addresses = parts[::2]
    try:
        found = list(map(canonical, addresses))
        settings = list(map(_settings, parts[1::2]))
    except ValueError:
        return None
    if found != addresses:
        return None
    return list(map(new, repeat(RealServer), map(add, zip(found, strict=True), settings)))


@remembered
def _settings(text: str) -> _Settings:
    """What `8080 -m -w 1` and a line feed say, and the defaults: all fields after the address.

    The same few stand in a text again and again. Raises ValueError when it isn't such an end of a line.
    """
    match = _SETTINGS(text)
    if match is None:
        raise ValueError(f"“{text}” says something special")
    port, letter, weight = match.groups()
    return (int(port), _FORWARDING[letter], int(weight), *_NO_LIMITS_NO_TUNNEL)
