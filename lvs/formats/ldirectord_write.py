"""Table → ldirectord.cf, every default written out, and what of the table can't stand in it.

Every service gets `checktype=on`: ldirectord then checks nothing and keeps its real servers active.
"""

from collections.abc import Iterator

from lvs.addresses import FULL_NETMASK, Family, endpoint, family_of
from lvs.formats.errors import Note
from lvs.formats.ipvsadm_args import in_ipvsadms_order
from lvs.formats.notes import about_no_services, about_sysctls, without_idle_ports
from lvs.model import RealServer, Table, VirtualService

_METHODS = {"masquerade": "masq", "direct": "gate", "tunnel": "ipip"}


def render_ldirectord(table: Table) -> tuple[str, tuple[Note, ...]]:
    """The text, and a note for each thing that ldirectord.cf can't carry."""
    notes: list[str] = []
    if table.timeouts.given:
        notes.append(f"the timeouts {table.timeouts}: ldirectord sets none")
    if table.sync is not None:
        daemons = table.sync or ("that no sync daemon may run",)
        notes += (f"{daemon}: ldirectord runs none" for daemon in daemons)
    sections = []
    for service in in_ipvsadms_order(table):
        if service.protocol == "sctp":
            notes.append(f"{service} with its real servers: ldirectord has tcp and udp only")
            continue
        sections.append("".join(f"{line}\n" for line in _section(service, notes)))
    written = (Note("", None, note) for note in notes)
    return "\n".join(sections), (*about_sysctls(table), *about_no_services(table), *written)


def _section(service: VirtualService, notes: list[str]) -> Iterator[str]:
    six = "6" if service.family == "inet6" else ""
    name = str(service.fwmark) if service.fwmark else endpoint(service.address, service.port)
    yield f"virtual{six}={name}"
    servers, said = without_idle_ports(service)
    notes += said
    for server in servers:
        why = _not_carried(server, service.family)
        if why:
            notes.append(f"{server} in {service}: {why}")
        else:
            yield f"    real{six}={_real(server)}"
    yield "    checktype=on"
    yield "    service=none"
    yield f"    scheduler={service.scheduler}"
    if service.flags:
        yield f"    schedflags={','.join(service.flags)}"
    if service.persistence:
        yield f"    persistent={service.persistence}"
        if service.netmask != FULL_NETMASK[service.family]:
            yield f"    netmask={service.netmask}"
        if service.persistence_engine:
            engine = service.persistence_engine
            notes.append(f"the persistence engine {engine} of {service}: ldirectord sets none")
    yield f"    protocol={service.protocol or 'fwm'}"
    if service.one_packet and service.protocol == "udp":
        yield "    ops=yes"
    elif service.one_packet:
        notes.append(f"one-packet scheduling of {service}: ldirectord sets it for udp only")


def _not_carried(server: RealServer, family: Family) -> str:
    if family_of(server.address) != family:
        return "ldirectord has real servers of the service's own family only"
    if server.forwarding == "tunnel" and server.tunnel_type != "ipip":
        return f"ldirectord has tunnels of type ipip only, not {server.tunnel_type}"
    return ""


def _real(server: RealServer) -> str:
    words = [str(server), _METHODS[server.forwarding], str(server.weight)]
    if server.lower_threshold:
        words.append(f"l:{server.lower_threshold}")
    if server.upper_threshold:
        words.append(f"u:{server.upper_threshold}")
    return " ".join(words)
