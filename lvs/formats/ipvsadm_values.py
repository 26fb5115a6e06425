"""What the options of one `ipvsadm -A` or `-a` line say: a service's key and settings, a real server.

What a line leaves out means what ipvsadm 1.31 makes of it: scheduler wlc, forwarding direct, weight
1, the service's port, and 360 s for a bare `-p` (its manual says 300; the program sets 360).
"""

import re
from typing import TypeVar, cast

from lvs.addresses import FULL_NETMASK, Family, family_of
from lvs.formats.errors import FormatError, quoted
from lvs.formats.ipvsadm_options import Options
from lvs.formats.surroundings import Surroundings, read_address, read_port
from lvs.model import (
    Forwarding,
    Protocol,
    RealServer,
    ServiceKey,
    TunnelChecksum,
    TunnelType,
    VirtualService,
)
from lvs.rules import bits_of_flags, flags_from_bits

DEFAULT_PERSISTENCE = 360
T = TypeVar("T")
_PROTOCOLS: dict[str, Protocol] = {"-t": "tcp", "-u": "udp", "--sctp-service": "sctp"}
_FORWARDING: dict[str, Forwarding] = {"-m": "masquerade", "-g": "direct", "-i": "tunnel"}
_CHECKSUMS: dict[str, TunnelChecksum] = {
    "--tun-nocsum": "none",
    "--tun-csum": "csum",
    "--tun-remcsum": "remcsum",
}
_OF_TUNNELS = ("--tun-type", "--tun-port", *_CHECKSUMS)


def read_key(options: Options, number: int, around: Surroundings) -> ServiceKey:
    """The service that the line names. Raises FormatError."""
    named = [name for name in ("-t", "-u", "--sctp-service", "-f") if name in options]
    if len(named) != 1:
        wrong = "two services" if named else "no service"
        message = f"this line names {wrong}: give one of -t, -u, --sctp-service and -f"
        raise FormatError(number, message)
    name = named[0]
    text = options[name] or ""
    if name == "-f":
        family: Family = "inet6" if "-6" in options else "inet"
        return ServiceKey(family, "", "", 0, _mark(text, number))
    if "-6" in options:
        raise FormatError(number, "-6 goes with -f only: an address tells its own family")
    address, port = _endpoint(text, _PROTOCOLS[name], number, around)
    return ServiceKey(family_of(address), _PROTOCOLS[name], address, port or 0, 0)


def _mark(text: str, number: int) -> int:
    """A firewall mark; ipvsadm prints those above 2147483647 as negative numbers."""
    if not re.fullmatch(r"-?[0-9]{1,10}", text):
        raise FormatError(number, f"{quoted(text)} is no firewall mark: give a number from 1 on")
    mark = int(text)
    if not -(2**31) <= mark < 2**32 or mark == 0:
        raise FormatError(number, f"the firewall mark must be from 1 to {2**32 - 1}, not {mark}")
    return mark % 2**32


_ENDPOINT = re.compile(r"\[([^\]]*)\](?::(.*))?|([^:]*)(?::([^:]*))?|(.*)", re.DOTALL)


def _endpoint(
    text: str, protocol: str, number: int, around: Surroundings
) -> tuple[str, int | None]:
    """Canonical address and port (None when there is none) of `10.0.0.1:80`, `[fd00::1]:http`…"""
    match = _ENDPOINT.fullmatch(text)
    bracketed, its_port, host, host_port, bare = match.groups() if match else (None,) * 5
    address = bracketed or host or bare or ""
    port = its_port if bracketed is not None else host_port
    family: Family = "inet6" if bracketed is not None else family_of(address)
    found = read_address(address, family, number, around)
    return found, None if port is None else read_port(port, protocol, number, around)


def _number(options: Options, name: str, default: int, number: int) -> int:
    text = options.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise FormatError(number, f"{name} takes a whole number, not {quoted(text)}")
    return int(text)


def read_service(key: ServiceKey, options: Options, number: int) -> VirtualService:
    """The service that a line with -A adds. Raises FormatError."""
    scheduler = options.get("-s") or "wlc"
    persistence = 0
    if "-p" in options:
        persistence = _number(options, "-p", DEFAULT_PERSISTENCE, number)
        if persistence < 1:
            raise FormatError(number, "-p takes a number of seconds from 1 on")
    return VirtualService(
        *key,
        scheduler=scheduler,
        flags=_read_flags(scheduler, options.get("-b")),
        persistence=persistence,
        netmask=options.get("-M") or FULL_NETMASK[key.family],
        persistence_engine=options.get("--pe") or "",
        one_packet="-o" in options,
    )


def _read_flags(scheduler: str, text: str | None) -> tuple[str, ...]:
    """Flags by the names that ipvsadm prints: `flag-1` of sh is its `sh-fallback`."""
    flags = tuple(flag for flag in (text or "").split(",") if flag)
    if all(re.fullmatch(r"flag-[123]", flag) for flag in flags):
        return flags_from_bits(scheduler, bits_of_flags(flags))
    return flags


def read_server(key: ServiceKey, options: Options, number: int, around: Surroundings) -> RealServer:
    """The real server that a line with -a adds. Raises FormatError."""
    if "-r" not in options:
        raise FormatError(number, "-a needs a real server: give its address with -r")
    address, port = _endpoint(options["-r"] or "", key.protocol, number, around)
    forwarding = _only(_FORWARDING, options, number) or "direct"
    tunnelled = next((name for name in _OF_TUNNELS if name in options), "")
    if tunnelled and forwarding != "tunnel":
        raise FormatError(number, f"{tunnelled} goes with tunnel forwarding only: give -i too")
    return RealServer(
        address,
        key.port if port is None else port,
        forwarding,
        _number(options, "-w", 1, number),
        _number(options, "-x", 0, number),
        _number(options, "-y", 0, number),
        cast(TunnelType, options.get("--tun-type") or "ipip"),  # checked by lvs.rules
        _number(options, "--tun-port", 0, number),
        _only(_CHECKSUMS, options, number) or "none",
    )


def _only(choices: dict[str, T], options: Options, number: int) -> T | None:
    named = [name for name in choices if name in options]
    if len(named) > 1:
        raise FormatError(number, f"{' and '.join(named)} exclude each other")
    return choices[named[0]] if named else None
