"""Naming one virtual service on the command line, as `tcp 192.0.2.1:80` or `fwmark 1 ipv6`."""

import argparse
import re

from lvs.addresses import Family, canonical, family_of
from lvs.cli_input import BAD_INPUT, Failed
from lvs.cli_once import Once
from lvs.model import ServiceKey
from lvs.rules.problem import quoted

_ADDRESSED = re.compile(r"(tcp|udp|sctp) (?:\[([^\[\]]+)\]|([^\[\]:]+)):([0-9]{1,5})")
_MARKED = re.compile(r"fwmark ([0-9]{1,10})( ipv6)?")
_EXAMPLES = "tcp 192.0.2.1:80, udp [2001:db8::1]:53, fwmark 1 or fwmark 1 ipv6"


def parse_key(text: str) -> ServiceKey:
    """The service that `str(ServiceKey)` names so. Raises ValueError, with what belongs there."""
    text = " ".join(text.split())
    if found := _MARKED.fullmatch(text):
        mark = int(found[1])
        if not 1 <= mark < 2**32:
            raise ValueError(f"a firewall mark is from 1 to {2**32 - 1}, not {mark}")
        return ServiceKey("inet6" if found[2] else "inet", "", "", 0, mark)
    if found := _ADDRESSED.fullmatch(text):
        protocol, six, four, port = found.groups()
        address = _address(six or four, "inet6" if six else "inet")
        if int(port) > 65535:
            raise ValueError(f"a port is from 0 to 65535, not {port}")
        return ServiceKey(
            family_of(address),
            protocol,  # type: ignore[arg-type]  # one of those in the pattern
            address,
            int(port),
            0,
        )
    raise ValueError(f"{quoted(text)} names no service: write {_EXAMPLES}")


def _address(text: str, family: Family) -> str:
    try:
        address = canonical(text)
    except ValueError:
        address = ""
    if not address or family_of(address) != family:
        kind = "IPv6" if family == "inet6" else "IPv4"
        raise ValueError(f"{quoted(text)} is no {kind} address: write {_EXAMPLES}")
    return address


def add_service_option(command: argparse.ArgumentParser) -> None:
    """`--service`, in one word of the shell or several."""
    command.add_argument(
        "--service",
        nargs="+",
        action=Once,
        metavar="SPEC",
        help=f"this one only: {_EXAMPLES} (default: all)",
    )


def chosen_service(chosen: argparse.Namespace) -> ServiceKey | None:
    """The one that `--service` names; None without the option. Raises Failed."""
    if chosen.service is None:
        return None
    try:
        return parse_key(" ".join(chosen.service))
    except ValueError as error:
        raise Failed(BAD_INPUT, str(error)) from None
