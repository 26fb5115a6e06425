"""A script that checks a real server on the spot. Pure text."""

from shlex import quote

from lvs.addresses import family_of
from lvs.doctor.commands import add_address, ip
from lvs.doctor.host import Host
from lvs.doctor.script_shell import FUNCTIONS, HEAD, TAIL
from lvs.doctor.servers import ARP_SETTINGS, Role, roles
from lvs.doctor.tunnel_devices import device_of, make_device, open_port
from lvs.model import Table


def verification_script(host: Host, table: Table, address: str) -> str | None:
    """POSIX sh to be run on the real server; None when the table has no such one.

    It prints `ok` and `wrong` lines with what mends each, changes nothing, and ends with 1 when
    something is wrong. It needs iproute2.
    """
    parts = roles(table).get(address)
    if parts is None:
        return None
    lines = [_call("check_here", address)]
    for role in parts:
        lines += (line for line in _checks(host, role) if line not in lines)
    return f"{HEAD.format(address=address)}\n{FUNCTIONS}\n" + "\n".join(lines) + f"\n{TAIL}"


def _checks(host: Host, role: Role) -> list[str]:
    route = host.routes.get(role.way.address)
    director = route.source if route and not route.gateway else ""
    if role.way.forwarding == "masquerade":
        return _masquerade_checks(role, director)
    lines = _tunnel_checks(role) if role.way.forwarding == "tunnel" else []
    if role.way.inner == "inet":
        lines += (_call("check_arp", name, str(value)) for name, value in ARP_SETTINGS.items())
    device = device_of(role.way).name if role.way.forwarding == "tunnel" else "lo"
    for vip in role.vips:
        length = "128" if family_of(vip) == "inet6" else "32"
        lines.append(_call("check_vip", vip, length, add_address(vip, device)))
        lines.append(_call("check_replies_past", vip, director or "none"))
    return lines


def _masquerade_checks(role: Role, director: str) -> list[str]:
    """Behind a gateway only the gateway knows: nothing on the real server tells."""
    if not director:
        return []
    address = role.way.address
    mend = f"{ip(address)} route replace default via {director}"
    return [_call("check_replies_over", address, director, mend)]


def _tunnel_checks(role: Role) -> list[str]:
    way = role.way
    lines = [_call("check_tunnel", device_of(way).kind, " && ".join(make_device(way)))]
    if way.tunnel_type == "gue":
        lines.append(_call("check_gue", str(way.tunnel_port), open_port(way)))
    if way.inner == "inet":
        lines.append("check_loose")
    return lines


def _call(function: str, *arguments: str) -> str:
    return " ".join([function, *map(quote, arguments)])
