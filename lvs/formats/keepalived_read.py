"""keepalived.conf → table: what keepalived 2.2 puts into the kernel while every check succeeds.

What is left out means what keepalived makes of it: scheduler wlc, forwarding NAT, weight 1, the port
of the virtual server, protocol UDP (with a warning), 360 s for a bare persistence_timeout. Where
keepalived mends a setting, so does this, with a warning; where it ignores one with an error in its
log, this refuses the file.
"""

from typing import NamedTuple

from lvs.addresses import FULL_NETMASK, Family, family_of
from lvs.formats.errors import Draft, FormatError
from lvs.formats.keepalived_blocks import Statement, statements_of
from lvs.formats.keepalived_globals import Globals
from lvs.formats.keepalived_lines import lines_of
from lvs.formats.keepalived_server import (
    DEFAULT_PERSISTENCE,
    Block,
    Places,
    Server,
    leave_out,
    once_each,
)
from lvs.formats.keepalived_targets import Groups, Target, group_of, targets_of
from lvs.formats.keepalived_words import AT_THE_TOP
from lvs.formats.place import Budget, Place, Remarks
from lvs.formats.surroundings import ALONE, Surroundings
from lvs.model import Protocol, RealServer, Table, VirtualService
from lvs.rules import Path


class _Found(NamedTuple):
    service: VirtualService
    block: Block
    place: Place


def read_keepalived(text: str, around: Surroundings = ALONE) -> Draft:
    """The table of the text, unchecked. Raises FormatError, with the file where it is an included one."""
    remarks, budget = Remarks(), Budget()
    statements = statements_of(lines_of(text, around, budget, remarks))
    groups: Groups = {}
    settings = Globals(remarks)
    servers: list[Statement] = []
    for statement in statements:
        once_each([statement], remarks)
        if statement.keyword == "virtual_server":
            servers.append(statement)
        elif statement.keyword == "virtual_server_group":
            group_of(statement, groups, remarks)
        elif statement.keyword == "global_defs":
            settings.take(statement)
        else:
            why = AT_THE_TOP.get(statement.keyword, "keepalived knows no such block or setting")
            leave_out(statement, why, remarks)
    if not servers:
        raise FormatError(None, "there is no virtual_server in it: nothing to read")
    found: list[_Found] = []
    for statement in servers:
        found += _services(statement, groups, budget, remarks)
    _note_unused(groups, servers, remarks)
    return _draft(found, settings, remarks)


def _note_unused(groups: Groups, servers: list[Statement], remarks: Remarks) -> None:
    used = {s.words[2] for s in servers if s.words[1] == "group" and len(s.words) > 2}
    for name, entries in groups.items():
        if name not in used and entries:
            remarks.leave_out(entries[0].place, f"no virtual_server uses the group “{name}”")


def _services(
    statement: Statement, groups: Groups, budget: Budget, remarks: Remarks
) -> list[_Found]:
    block = Block(statement, remarks)
    targets = list(targets_of(statement, groups, budget, remarks))
    if not block.servers:
        message = "a virtual_server without real servers, which keepalived ignores"
        remarks.leave_out(block.place, message)
        return []
    mender = _Mender(block, remarks, grouped=statement.words[1] == "group")
    found = []
    for target in targets:
        if mender.grouped:
            budget.spend(16 * len(block.servers), target.place)
        found.append(_Found(mender.service(target), block, target.place))
    return found


class _Mender:
    """Makes the services of one block, mending as keepalived does; says each thing once."""

    def __init__(self, block: Block, remarks: Remarks, *, grouped: bool) -> None:
        self.grouped = grouped
        self._block = block
        self._remarks = remarks
        self._said: set[tuple[Place, str]] = set()

    def service(self, target: Target) -> VirtualService:
        """The service of one target."""
        block = self._block
        marked = target.fwmark > 0
        persistence = self._persistence(target)
        family = self._family(target) if marked else family_of(target.address)
        protocol = "" if marked else block.protocol or self._without_protocol()
        return VirtualService(
            family,
            protocol,  # type: ignore[arg-type]  # one of the choices
            target.address,
            target.port,
            target.fwmark,
            block.scheduler,
            block.flags,
            persistence,
            block.netmask or FULL_NETMASK[family],
            block.engine if persistence else "",
            self._one_packet(protocol, marked),
            tuple(self._server(target, server) for server in block.servers),
        )

    def _warn(self, place: Place, message: str) -> None:
        if (place, message) not in self._said:
            self._said.add((place, message))
            self._remarks.warn(place, message)

    def _without_protocol(self) -> Protocol:
        self._warn(self._block.place, "no protocol is given, and keepalived takes UDP then")
        return "udp"

    def _persistence(self, target: Target) -> int:
        block = self._block
        if block.persistence:
            return block.persistence
        why = "port 0" if not target.fwmark and target.port == 0 else ""
        why = why or ("persistence_granularity" if block.netmask else "")
        if why:
            seconds = f"keepalived takes {DEFAULT_PERSISTENCE} s"
            self._warn(block.place, f"{why} without persistence_timeout: {seconds}")
            return DEFAULT_PERSISTENCE
        if block.engine:
            place = block.places["persistence_engine"]
            self._warn(place, "no persistence_timeout is given: the engine has no effect")
        return 0

    def _one_packet(self, protocol: str, marked: bool) -> bool:
        block = self._block
        if block.one_packet and protocol != "udp" and not marked:
            self._warn(block.places["one_packet"], "ops works for UDP only: keepalived drops it")
            return False
        return block.one_packet

    def _family(self, target: Target) -> Family:
        """Of a firewall mark: as it is said, or as its real servers are where packets are not tunnelled."""
        block = self._block
        said = target.family or block.family
        if not said and block.netmask:
            said = "inet" if "." in block.netmask else "inet6"
        if said:
            return "inet6" if said == "inet6" else "inet"
        families = {family_of(server.address) for server in block.servers}
        return families.pop() if len(families) == 1 else "inet"

    def _server(self, target: Target, server: Server) -> RealServer:
        method = server.method or self._block.method
        port = server.port
        if method.forwarding == "masquerade":
            port = port or target.port
        elif port not in (0, target.port):
            to = target.port if not target.fwmark else 0
            message = f"port {port} without NAT: keepalived takes {to}, as packets keep their port"
            self._warn(server.place, message)
            port = target.port
        else:
            port = target.port
        settings = (server.weight, server.upper, server.lower)
        forwarding, *tunnel = method
        return RealServer(server.address, port, forwarding, *settings, *tunnel)  # type: ignore[arg-type]


_TUNNEL = ("tunnel_type", "tunnel_port", "tunnel_checksum")


def _draft(found: list[_Found], settings: Globals, remarks: Remarks) -> Draft:
    def place_of(path: Path) -> Place | None:
        match path:
            case ("services", int(index), "real_servers", int(server), *rest):
                written = found[index].block.servers[server]
                return _field(written.places, rest) or written.place
            case ("services", int(index), *rest):
                return _field(found[index].block.places, rest) or found[index].place
        return settings.place_of(path)

    def line_of(path: Path) -> int | None:
        place = place_of(path)
        return place.line if place else None

    def file_of(path: Path) -> str:
        place = place_of(path)
        return place.file if place else ""

    table = Table(tuple(f.service for f in found), settings.timeouts, settings.sync)
    once = tuple(dict.fromkeys(remarks.notes))  # a line of a definition comes many times
    return Draft(table, line_of, once, tuple(remarks.warnings), file_of)


def _field(places: Places, rest: list[str | int]) -> Place | None:
    name = "forwarding" if rest and rest[0] in _TUNNEL else str(rest[0]) if rest else ""
    return places.get(name)
