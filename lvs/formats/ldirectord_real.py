"""The `real=` lines of an ldirectord.cf."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lvs.addresses import Family, packed, unpacked
from lvs.formats.errors import quoted
from lvs.formats.place import Budget, Place, Remarks
from lvs.formats.surroundings import Surroundings, read_address, read_port
from lvs.model import Forwarding, RealServer

_FORWARDING: dict[str, Forwarding] = {"gate": "direct", "masq": "masquerade", "ipip": "tunnel"}
_HOST = r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+?"
_REAL = re.compile(
    rf"({_HOST})(?:->({_HOST}))?(?::([A-Za-z0-9_.+-]+))?\s+(gate|masq|ipip)\b(.*)", re.DOTALL
)
_REST = re.compile(
    r"""(?:\s+(?P<weight>[0-9]{1,18}))?"""
    r"""(?:\s+(?P<check>"[^"]*"(?:,\s*|\s+)"[^"]*"))?"""
    r"""(?:\s+"?l:(?P<lower>[0-9]{1,18})"?)?"""
    r"""(?:\s+"?u:(?P<upper>[0-9]{1,18})"?)?\s*"""
)


class Real(NamedTuple):
    """One real server as its line says."""

    address: str
    port: int
    forwarding: Forwarding
    weight: int
    upper: int
    lower: int
    place: Place


def reals_of(
    value: str,
    place: Place,
    family: Family,
    around: Surroundings,
    remarks: Remarks,
    budget: Budget,
) -> Iterator[Real]:
    """Those of one line: one, or every address of a range. Raises FormatError."""
    match = _REAL.fullmatch(value)
    if not match:
        wanted = "10.0.0.1:80 gate|masq|ipip [weight] [“request”, “receive”] [l:lower] [u:upper]"
        raise place.error(f"{quoted(value)} is no real server: write {wanted}")
    rest = _REST.fullmatch(match[5])
    if not rest:
        message = f"{quoted(match[5].strip())} after {match[4]} is none of weight, “request”, "
        raise place.error(message + "“receive”, l:lower and u:upper in this order")
    if rest["check"]:
        message = f"{quoted(rest['check'])}: health checks are ldirectord's own work"
        remarks.leave_out(place, message)
    first, last = (_address(text, family, place, around) for text in (match[1], match[2]))
    port = read_port(match[3] or "0", "", place.line, around)
    numbers = (int(rest["weight"] or 1), int(rest["upper"] or 0), int(rest["lower"] or 0))
    for address in _range(first, last, place):
        if last:
            budget.spend(len(value), place)
        yield Real(address, port, _FORWARDING[match[4]], *numbers, place)


def _address(text: str | None, family: Family, place: Place, around: Surroundings) -> str:
    if text is None:
        return ""
    bracketed = text.startswith("[")
    if bracketed and family != "inet6":
        raise place.error("an IPv6 address belongs into real6=[…]:port below virtual6")
    return read_address(text.strip("[]"), family, place.line, around)


def _range(first: str, last: str, place: Place) -> Iterator[str]:
    """Every address from the first to the last, both included."""
    if not last:
        yield first
        return
    begin, end = packed(first), packed(last)
    if len(begin) != 4 or len(end) != 4:
        raise place.error("ldirectord has ranges of IPv4 addresses only")
    numbers = range(int.from_bytes(begin, "big"), int.from_bytes(end, "big") + 1)
    if not numbers:
        raise place.error(f"the range ends before it begins: {first}->{last}")
    for number in numbers:
        yield unpacked(number.to_bytes(4, "big"))


def server_of(real: Real, port: int, *, marked: bool, off: bool, remarks: Remarks) -> RealServer:
    """The real server in its service; without masq it has the service's port, as ldirectord sets it."""
    own = real.port
    if not marked and (real.forwarding != "masquerade" or own == 0):
        if own not in (0, port):
            message = (
                f"port {own} without masq: ldirectord takes {port}, as packets keep their port"
            )
            remarks.warn(real.place, message)
        own = port
    if marked and real.forwarding != "masquerade" and own:
        remarks.warn(real.place, f"port {own} without masq has no effect with a firewall mark")
        own = 0
    weight = 0 if off else real.weight
    return RealServer(real.address, own, real.forwarding, weight, real.upper, real.lower)
