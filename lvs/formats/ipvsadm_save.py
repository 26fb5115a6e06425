"""`ipvsadm -Sn` ⇄ table, and what people put into files for `ipvsadm -R`; `ipvsadm -S` with its names.

What a line leaves out means what ipvsadm 1.31 makes of it: scheduler wlc, forwarding direct, weight
1, the service's port, and 360 s for a bare `-p` (its manual says 300; the program sets 360).
"""

import re
from typing import NamedTuple, TypeVar, cast

from lvs.addresses import FULL_NETMASK, Family, family_of
from lvs.formats.errors import Draft, FormatError, quoted
from lvs.formats.ipvsadm_args import (
    in_ipvsadms_order,
    key_arguments,
    server_arguments,
    service_arguments,
)
from lvs.formats.ipvsadm_options import LONG, SHORT, Options, read_options, split_line
from lvs.formats.ipvsadm_plain import plain_block, plain_server, plain_servers, plain_service
from lvs.formats.ipvsadm_settings import Settings, is_setting, setting_lines
from lvs.formats.surroundings import ALONE, Surroundings, read_address, read_port
from lvs.model import (
    Forwarding,
    Protocol,
    RealServer,
    ServiceKey,
    Table,
    TunnelChecksum,
    TunnelType,
    VirtualService,
)
from lvs.rules import Path, bits_of_flags, flags_from_bits

DEFAULT_PERSISTENCE = 360
T = TypeVar("T")
_PROTOCOLS: dict[str, Protocol] = {"-t": "tcp", "-u": "udp", "--sctp-service": "sctp"}
_FORWARDING: dict[str, Forwarding] = {"-m": "masquerade", "-g": "direct", "-i": "tunnel"}
_CHECKSUMS: dict[str, TunnelChecksum] = {
    "--tun-nocsum": "none",
    "--tun-csum": "csum",
    "--tun-remcsum": "remcsum",
}
_ALLOWED = {
    command: frozenset(
        option.name
        for option in (*SHORT.values(), *LONG.values())
        if option.of in (command, "both") or option.name == command
    )
    - {"-A" if command == "-a" else "-a"}
    for command in ("-A", "-a")
}


class _Found(NamedTuple):
    service: VirtualService
    line: int
    servers: list[RealServer]
    lines: list[int]


def render_save(table: Table) -> str:
    """The table as `ipvsadm -Sn` prints it, for `ipvsadm -R`, sorted as there.

    It says more, because `-S` loses it: thresholds (-x, -y), timeouts and sync daemons are written
    where they are set, and firewall marks above 2147483647 are not written as negative numbers.
    Sysctls have no place in it.
    """
    lines, last = setting_lines(table)
    for service in in_ipvsadms_order(table):
        lines.append(" ".join(["-A", *service_arguments(service)]))
        key = service.key
        lines += (" ".join(["-a", *server_arguments(key, s)]) for s in service.real_servers)
    return "".join(f"{line}\n" for line in [*lines, *last])


_BLOCK_END = re.compile(r"\n(?=-A )")


def read_save(text: str, around: Surroundings = ALONE) -> Draft:
    """The table of the text, unchecked. Raises FormatError on what ipvsadm would not read."""
    reading = _Reading(around)
    number = 1
    for block in _BLOCK_END.split(text.removesuffix("\n")):
        number = reading.take_block(block, number)
    return _draft([*reading.found.values(), *reading.doubled], reading.settings)


class _Reading:
    """What the lines read so far add up to."""

    def __init__(self, around: Surroundings) -> None:
        self.found: dict[ServiceKey, _Found] = {}
        self.doubled: list[_Found] = []
        self.settings = Settings()
        self._around = around
        self._named: dict[str, _Found] = {}
        """By what plain lines call a service."""

    def take_block(self, block: str, number: int) -> int:
        """Read the line of a service and all up to the next one. The number of the line after them.

        Raises FormatError.
        """
        plain = plain_block(block)
        if plain is not None:
            name, service, servers = plain
            self._add(name, service, number)
            return self._add_servers(name, servers, number + 1)
        first, *others = block.split("\n")
        self._take_line(first, number)
        plain_ones = plain_servers(block[len(first) + 1 :])
        if plain_ones is not None and plain_ones[0] in self._named:
            return self._add_servers(*plain_ones, number + 1)
        for line in others:
            number += 1
            self._take_line(line, number)
        return number + 1

    def _add_servers(self, name: str, servers: list[RealServer], number: int) -> int:
        """Take the real servers, one a line from this one on. The number of the line after them."""
        found, after = self._named[name], number + len(servers)
        found.servers.extend(servers)
        found.lines.extend(range(number, after))
        return after

    def _take_line(self, line: str, number: int) -> None:
        if not self._take_plain(line, number):
            self._take(line, number)

    def _take_plain(self, line: str, number: int) -> bool:
        """Read a line that says nothing special. False: it is another one, for `_take`."""
        if line.startswith("-a"):
            plain = plain_server(line)
            if plain is None or plain[0] not in self._named:
                return False
            found = self._named[plain[0]]
            found.servers.append(plain[1])
            found.lines.append(number)
            return True
        plain_one = plain_service(line)
        if plain_one is None:
            return False
        self._add(*plain_one, number)
        return True

    def _take(self, line: str, number: int) -> None:
        """Read any line. Raises FormatError."""
        words = split_line(line, number)
        if not words:
            return
        if is_setting(words):
            self.settings.take(words, number)
            return
        options = read_options(words, number)
        key = _read_key(options, number, self._around)
        if _command(options, number) == "-A":
            service = _read_service(key, options, number)
            self._add(" ".join(key_arguments(key)), service, number)
            return
        if key not in self.found:
            raise FormatError(number, f"no line before this one adds the service {key} with -A")
        self.found[key].servers.append(_read_server(key, options, number, self._around))
        self.found[key].lines.append(number)

    def _add(self, name: str, service: VirtualService, number: int) -> None:
        made = _Found(service, number, [], [])
        first = self._named[name] = self.found.setdefault(service.key, made)
        if first is not made:
            self.doubled.append(made)


def _draft(found: list[_Found], settings: Settings) -> Draft:
    def line_of(path: Path) -> int | None:
        match path:
            case ("services", int(index), "real_servers", int(server), *_):
                return found[index].lines[server]
            case ("services", int(index), *_):
                return found[index].line
        return settings.line_of(path)

    services = [VirtualService(*f.service[:-1], tuple(f.servers)) for f in found]
    return Draft(Table(tuple(services), settings.timeouts, settings.sync), line_of)


def _command(options: Options, number: int) -> str:
    commands = [command for command in ("-A", "-a") if command in options]
    if len(commands) != 1:
        wrong = "says both -A and -a" if commands else "says neither -A nor -a"
        raise FormatError(number, f"this line {wrong}: each line adds one service or real server")
    command = commands[0]
    for name in options:
        if name not in _ALLOWED[command]:
            what = "a real server (-a)" if command == "-A" else "a service (-A)"
            raise FormatError(number, f"{name} is a setting of {what}, not of {command}")
    return command


def _read_key(options: Options, number: int, around: Surroundings) -> ServiceKey:
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


def _read_service(key: ServiceKey, options: Options, number: int) -> VirtualService:
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


def _read_server(
    key: ServiceKey, options: Options, number: int, around: Surroundings
) -> RealServer:
    if "-r" not in options:
        raise FormatError(number, "-a needs a real server: give its address with -r")
    address, port = _endpoint(options["-r"] or "", key.protocol, number, around)
    return RealServer(
        address,
        key.port if port is None else port,
        _only(_FORWARDING, options, number) or "direct",
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
