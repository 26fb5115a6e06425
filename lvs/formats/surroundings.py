"""What a text needs of the world beyond it: names, included files, the id of its host.

The formats do no I/O. Whoever can look such things up hands in a function for it; without one the
text is refused with the line that needs it.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from lvs.addresses import Family, canonical
from lvs.formats.errors import FormatError, quoted
from lvs.formats.service_names import WELL_KNOWN

PortOf = Callable[[str, str], int | None]
"""Name and protocol (`tcp`, `udp`, `sctp` or "" for any) → port; None = not known."""
AddressesOf = Callable[[str, Family], list[str]]
"""Host name → its addresses of one family."""


class Included(NamedTuple):
    """One file that another includes."""

    name: str
    text: str


Load = Callable[[str, str], list[Included]]
"""What is included, a path or a pattern, and the name of the file that does it ("" = the text itself)
→ the files. Raises LookupError, with a text for people, where one can't be read."""


class Remedies(NamedTuple):
    """How people can give what a text needs, where it was handed in: ends of sentences."""

    config_id: str = "give yours (--config-id)"
    names: str = "let `python -m lvs` look names up, with --resolve"


class Surroundings(NamedTuple):
    """What can be looked up for a text."""

    port_of: PortOf | None = None
    """For names that `lvs.formats.service_names` does not have."""
    addresses_of: AddressesOf | None = None
    load: Load | None = None
    config_id: str = ""
    """Which conditional lines of a keepalived.conf count; "" = those for no host in particular."""
    remedies: Remedies = Remedies()


ALONE = Surroundings()


def read_port(text: str, protocol: str, line: int | None, around: Surroundings) -> int:
    """A port by number or name. Raises FormatError with the line."""
    if re.fullmatch(r"[0-9]{1,5}", text):
        return int(text)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.+*/-]{0,60}", text):
        raise FormatError(line, f"{quoted(text)} is no port number and no name of one")
    port = WELL_KNOWN.get(text.lower())
    if port is None and around.port_of is not None:
        port = around.port_of(text, protocol)
    if port is None:
        message = f"{quoted(text)} is no port number, and no name of a port that is known here"
        raise FormatError(line, message + _numbers_hint(around.port_of is None, around))
    return port


def read_address(text: str, family: Family, line: int | None, around: Surroundings) -> str:
    """Canonical text of an address, or the one address of a host name. Raises FormatError."""
    try:
        return canonical(text)
    except ValueError:
        pass
    if not re.fullmatch(r"(?![0-9.]+$)[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})", text):
        message = f"{quoted(text)} is not an IPv4 or IPv6 address, and no name of a host"
        raise FormatError(line, message)
    if around.addresses_of is None:
        message = f"{quoted(text)} is not an IPv4 or IPv6 address"
        raise FormatError(line, message + _numbers_hint(True, around))
    found = around.addresses_of(text, family)
    if len(found) != 1:
        version = "IPv6" if family == "inet6" else "IPv4"
        many = f"{len(found)} {version} addresses" if found else f"no {version} address"
        message = f"the host {quoted(text)} has {many}: write the one that is meant"
        raise FormatError(line, message)
    return canonical(found[0])


def _numbers_hint(could_resolve: bool, around: Surroundings) -> str:
    """What to do about a name."""
    look_up = f" or {around.remedies.names}" if could_resolve else ""
    return f": write the number (ipvsadm -Sn prints numbers){look_up}"
