"""keepalived.conf → table: what keepalived 2.2 puts into the kernel while every check succeeds.

What is left out means what keepalived makes of it: scheduler wlc, forwarding NAT, the port and the
weight (else 1) of the virtual server, protocol UDP (with a warning), 360 s for a bare
persistence_timeout. Where
keepalived mends a setting, so does this, with a warning; where it ignores one with an error in its
log, this refuses the file.
"""

from typing import NamedTuple

from lvs.formats.errors import Draft, FormatError, quoted
from lvs.formats.keepalived_blocks import Statement, statements_of
from lvs.formats.keepalived_globals import Globals
from lvs.formats.keepalived_lines import lines_of
from lvs.formats.keepalived_mend import Mender
from lvs.formats.keepalived_server import Block, Places, leave_out, once_each
from lvs.formats.keepalived_targets import Groups, group_of, targets_of
from lvs.formats.keepalived_words import AT_THE_TOP
from lvs.formats.place import Budget, Place, Remarks
from lvs.formats.surroundings import ALONE, Surroundings
from lvs.model import Table, VirtualService
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
            remarks.leave_out(entries[0].place, f"no virtual_server uses the group {quoted(name)}")


def _services(
    statement: Statement, groups: Groups, budget: Budget, remarks: Remarks
) -> list[_Found]:
    block = Block(statement, remarks)
    targets = list(targets_of(statement, groups, budget, remarks))
    if not block.servers:
        message = "a virtual_server without real servers, which keepalived ignores"
        remarks.leave_out(block.place, message)
        return []
    if not targets:
        message = "its group is empty: keepalived makes no service of it"
        leave_out(statement, message, remarks)
        return []
    mender = Mender(block, remarks)
    grouped = statement.words[1] == "group"
    found = []
    for target in targets:
        if grouped:
            budget.spend(16 * len(block.servers), target.place)
        found.append(_Found(mender.service(target), block, target.place))
    return found


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
