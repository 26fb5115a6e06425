"""What each real server needs, as the exact commands to be run there. Pure."""

from typing import NamedTuple

from lvs.addresses import Family
from lvs.doctor.commands import add_address, ip
from lvs.doctor.host import Host
from lvs.doctor.judge_tunnels import arriving, room
from lvs.doctor.needs import Way, vips, ways
from lvs.doctor.tunnel_devices import device_of, make_device
from lvs.model import ServiceKey, Table

_HEADERS = {"inet": 40, "inet6": 60}
"""Bytes of IP and TCP, which an MSS doesn't count."""
ARP_SETTINGS = {"arp_ignore": 1, "arp_announce": 2}
"""So that a real server neither answers for a virtual address nor speaks in its name."""


class Advice(NamedTuple):
    """For real servers that need the same."""

    servers: tuple[str, ...]
    """Their addresses."""
    ways: tuple[str, ...]
    """How connections go there: `masquerade`, `direct`, `ipip tunnel`, …"""
    commands: tuple[str, ...]
    """To be run there as root, in this order, in one shell."""
    notes: tuple[str, ...]
    """What no command can do."""


class Role(NamedTuple):
    """One way to a real server, with the virtual addresses that come by it."""

    way: Way
    vips: tuple[str, ...]
    marked: bool
    """Firewall marks come by it too, and their addresses are not known."""


def roles(table: Table) -> dict[str, tuple[Role, ...]]:
    """Address of each real server → all that it is in the table."""
    found: dict[str, list[Role]] = {}
    for way, keys in ways(table).items():
        found.setdefault(way.address, []).append(_role(way, keys))
    return {address: tuple(made) for address, made in found.items()}


def advise(host: Host, table: Table) -> tuple[Advice, ...]:
    """For each real server, those with the same needs together, in the table's order."""
    alike: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    for address, parts in roles(table).items():
        commands: list[str] = []
        notes: list[str] = []
        for role in parts:
            more, hints = _needs(host, table, role)
            commands += (command for command in more if command not in commands)
            notes += (hint for hint in hints if hint not in notes)
        kinds = tuple(dict.fromkeys(kind_of(role.way) for role in parts))
        alike.setdefault((kinds, tuple(commands), tuple(notes)), []).append(address)
    return tuple(Advice(tuple(servers), *needs) for needs, servers in alike.items())


def kind_of(way: Way) -> str:
    """`masquerade`, `direct`, `gue tunnel`."""
    return f"{way.tunnel_type} tunnel" if way.forwarding == "tunnel" else way.forwarding


def find_interface(address: str) -> str:
    """Shell that keeps the name of the interface with an address in $dev."""
    return f"dev=$({ip(address)} -o address show to {address} | awk '{{print $2; exit}}')"


def quiet_arp() -> str:
    """Shell that sets ARP_SETTINGS on `all` and on $dev."""
    pairs = (
        f"net/ipv4/conf/{name}/{setting}={value}"
        for name in ("all", '"$dev"')
        for setting, value in ARP_SETTINGS.items()
    )
    return f"sysctl -w {' '.join(pairs)}"


def _role(way: Way, keys: tuple[ServiceKey, ...]) -> Role:
    addresses = dict.fromkeys(key.address for key in keys if key.address)
    return Role(way, tuple(addresses), marked=any(key.fwmark for key in keys))


def _needs(host: Host, table: Table, role: Role) -> tuple[list[str], list[str]]:
    """Commands and notes."""
    route = host.routes.get(role.way.address)
    if route is not None and route.local:
        return [], ["It is the director itself: nothing to set."]
    if role.way.forwarding == "masquerade":
        return _for_masquerade(host, table, role)
    mark = "Bind each address that the firewall mark stands for as well, in the same way."
    notes = [mark] if role.marked else []
    notes.append(
        "Its default route must not lead to the director, which drops packets that come from its own "
        "virtual address."
    )
    if role.way.forwarding == "direct":
        return _for_direct(role), notes
    return _for_tunnel(host, table, role), notes


def _for_masquerade(host: Host, table: Table, role: Role) -> tuple[list[str], list[str]]:
    address, route = role.way.address, host.routes.get(role.way.address)
    if route is not None and route.gateway:
        note = f"It is behind {route.gateway}: its packets to clients must find their way to the director."
        return [], [note]
    if route is None or route.refusal or not route.source:
        return [], ["The director has no route to it yet: mend that first."]
    commands = [f"{ip(address)} route replace default via {route.source}"]
    shared = any(route.interface in host.holders(vip) for vip in vips(table))
    if shared and role.way.family == "inet":
        off = " ".join(f"net/ipv4/conf/{name}/accept_redirects=0" for name in ("all", '"$dev"'))
        commands += [find_interface(address), f"sysctl -w {off}"]
    notes = [
        "Clients in its own network can't use the service: its replies to them miss the director.",
    ]
    if table.sync:
        notes.append(
            "With a second director, use the address that moves along with the virtual one."
        )
    return commands, notes


def _for_direct(role: Role) -> list[str]:
    """The ARP settings come first: without them the real server takes the address for itself at once."""
    commands = _before_addresses(role)
    return [*commands, *(add_address(address, "lo") for address in role.vips)]


def _for_tunnel(host: Host, table: Table, role: Role) -> list[str]:
    way, device = role.way, device_of(role.way)
    commands = [*make_device(way), *_before_addresses(role)]
    if way.inner == "inet":
        # The greater of this and `all` counts, so 2 (loose) holds whatever `all` is.
        commands.append(f"sysctl -w net.ipv4.conf.{device.name}.rp_filter=2")
    commands += (add_address(address, device.name) for address in role.vips)
    fits = room(host, way)
    if fits and arriving(host, table) > fits:
        commands.append(_smaller_segments(way.inner, fits))
    return commands


def _before_addresses(role: Role) -> list[str]:
    """IPv6 needs none of it: a host answers only for the addresses of the interface that was asked."""
    if role.way.inner != "inet":
        return []
    return [find_interface(role.way.address), quiet_arp()]


def _smaller_segments(family: Family, fits: int) -> str:
    command = "ip -6 route" if family == "inet6" else "ip route"
    mss = fits - _HEADERS[family]
    return f"{command} change $({command} show default | head -n 1) advmss {mss}"
