"""`ipvsadm -Sn` ⇄ table, and what people put into files for `ipvsadm -R`; `ipvsadm -S` with its names.

What the options of a line say: `lvs.formats.ipvsadm_values`.
"""

import re
from typing import NamedTuple

from lvs.formats.errors import Draft, FormatError
from lvs.formats.ipvsadm_args import (
    in_ipvsadms_order,
    key_arguments,
    server_arguments,
    service_arguments,
)
from lvs.formats.ipvsadm_options import LONG, SHORT, Options, read_options, split_line
from lvs.formats.ipvsadm_plain import plain_block, plain_server, plain_servers, plain_service
from lvs.formats.ipvsadm_settings import Settings, is_setting, setting_lines
from lvs.formats.ipvsadm_values import read_key, read_server, read_service
from lvs.formats.surroundings import ALONE, Surroundings
from lvs.model import (
    RealServer,
    ServiceKey,
    Table,
    VirtualService,
)
from lvs.named_tuples import new
from lvs.rules import Path

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
        key = read_key(options, number, self._around)
        if _command(options, number) == "-A":
            service = read_service(key, options, number)
            self._add(" ".join(key_arguments(key)), service, number)
            return
        if key not in self.found:
            raise FormatError(number, f"no line before this one adds the service {key} with -A")
        self.found[key].servers.append(read_server(key, options, number, self._around))
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

    services = [new(VirtualService, (*f.service[:-1], tuple(f.servers))) for f in found]
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
