"""What several formats have to say of a table that they can't carry."""

import re
from collections.abc import Iterator

from lvs.formats.errors import Note
from lvs.model import RealServer, Table, VirtualService


def about_sysctls(table: Table) -> Iterator[Note]:
    """One note for each sysctl: only JSON and YAML hold them."""
    for sysctl in table.sysctls:
        message = f"{sysctl} = {sysctl.value}: put it into a file below /etc/sysctl.d"
        yield Note("", None, message)


def about_no_services(table: Table) -> Iterator[Note]:
    """A text without services is refused when it is read: an empty one by mistake would delete all."""
    if not table.services:
        message = "that there are no virtual services: JSON and YAML only can say so"
        yield Note("", None, message)


_PLAIN_NAME = re.compile(r"[\w.:@%+-]+").fullmatch


def without_odd_names(table: Table) -> tuple[Table, list[Note]]:
    """Without sync daemons on interfaces whose name would be taken for a comment or a quotation mark."""
    odd = [daemon for daemon in table.sync or () if not _PLAIN_NAME(daemon.interface)]
    if not odd:
        return table, []
    kept = tuple(daemon for daemon in table.sync or () if daemon not in odd)
    why = "the name of its interface can't be written in this format"
    notes = [Note("", None, f"the {daemon}: {why}") for daemon in odd]
    return table._replace(sync=kept or None), notes


def without_idle_ports(service: VirtualService) -> tuple[list[RealServer], list[str]]:
    """The real servers as tools make them, and what of them isn't carried.

    With a firewall mark a port counts for masquerade only; others get port 0, which IPVS takes for the
    packet's own, and of those that are alike then the first stands for all.
    """
    if not service.fwmark:
        return list(service.real_servers), []
    kept: dict[tuple[str, int], RealServer] = {}
    said = []
    for server in service.real_servers:
        made = server if server.forwarding == "masquerade" else server._replace(port=0)
        if kept.setdefault(made.key, made) is not made:
            said.append(
                f"{server} in {service}: its port has no effect, and {made} is there already"
            )
        elif made.port != server.port:
            said.append(f"the port of {server} in {service}, which has no effect: it becomes 0")
    return list(kept.values()), said
