"""Addresses, networks and ports as people write them in a filter. Pure."""

import re
from typing import NamedTuple

from lvs.addresses import canonical, packed, unpacked


class FilterError(ValueError):
    """A filter that can't be: the text says what is wrong and what to write instead."""

    def __init__(self, what: str, message: str) -> None:
        super().__init__(message)
        self.what = what
        """Which filter: `client`, `service`, …"""


class Endpoint(NamedTuple):
    """Address or network, and port; port 0 = any."""

    address: str
    port: int
    prefix: int
    """Bits of the address that count: 32 or 128 = all."""

    @property
    def is_one(self) -> bool:
        """One address, not a network."""
        return self.prefix == len(packed(self.address)) * 8


_WRITTEN = re.compile(
    r"(?:\[(?P<inner>[^\[\]/]*)\](?P<v6>)|(?P<bare>[^\[\]/:]*|[^\[\]/.]*:[^\[\]/]*:[^\[\]/]*))"
    r"(?:/(?P<prefix>\d{1,3}))?(?::(?P<port>\d{1,5}))?",
    re.ASCII,
)
LONGEST = 64
"""Characters: an IPv6 address with all its digits, prefix and port takes 51."""
_EXAMPLES = {
    "client": "203.0.113.9, 203.0.113.0/24, 203.0.113.9:4711, 2001:db8::9 or [2001:db8::9]:4711",
    "service": "192.0.2.1:80, 192.0.2.1, [2001:db8::1]:80 or “fwmark 7”",
    "server": "192.0.2.1:80, 192.0.2.1 or [2001:db8::1]:80",
}


def read_network(what: str, text: str) -> Endpoint:
    """`ADDR[/PREFIX][:PORT]`, IPv6 with a port in brackets. Raises FilterError.

    Bits after the prefix must be 0, so that a slip of the pen is not taken for a whole network.
    """
    endpoint = _read(what, text)
    raw = packed(endpoint.address)
    number = int.from_bytes(raw, "big")
    free = len(raw) * 8 - endpoint.prefix
    if number & ((1 << free) - 1):
        start = unpacked((number >> free << free).to_bytes(len(raw), "big"))
        raise FilterError(
            what,
            f"“{text}” has bits set after its prefix: the network is {start}/{endpoint.prefix}",
        )
    return endpoint


def read_endpoint(what: str, text: str) -> Endpoint:
    """`ADDR[:PORT]`, IPv6 with a port in brackets. Raises FilterError."""
    endpoint = _read(what, text)
    if "/" in text:
        raise FilterError(what, f"“{text}” is a network: the {what} is one address")
    return endpoint


def _read(what: str, text: str) -> Endpoint:
    if len(text) > LONGEST:
        raise FilterError(what, f"the {what} is longer than {LONGEST} characters")
    found = _WRITTEN.fullmatch(text)
    address = (found["inner"] or found["bare"] or "") if found else ""
    try:
        if found is None or (found["v6"] is not None and ":" not in address):
            raise ValueError
        address = canonical(address)
    except ValueError:
        raise FilterError(
            what, f"“{text}” is no address of a {what}: write {_EXAMPLES[what]}"
        ) from None
    bits = len(packed(address)) * 8
    prefix = int(found["prefix"]) if found["prefix"] else bits
    port = int(found["port"] or 0)
    if prefix > bits:
        raise FilterError(what, f"“{text}”: the prefix goes from 0 to {bits}, not {prefix}")
    if port > 65535:
        raise FilterError(what, f"“{text}”: the port goes from 1 to 65535, not {port}")
    return Endpoint(address, port, prefix)
