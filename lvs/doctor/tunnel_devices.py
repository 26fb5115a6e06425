"""The network device that takes a tunnel's packets on a real server: pure."""

from typing import NamedTuple

from lvs.doctor.needs import Way


class Device(NamedTuple):
    """By which `ip link` makes it."""

    name: str
    kind: str
    module: str
    options: str = ""


def device_of(way: Way) -> Device:
    """The device for one way. GUE's packets, once unpacked by the fou module, are those of ipip."""
    if way.tunnel_type == "gre":
        # The kernel drops packets with a checksum where none was agreed on, and the reverse.
        options = " icsum" if way.tunnel_checksum == "csum" else ""
        if way.family == "inet6":
            return Device("lvs-gre6", "ip6gre", "ip6_gre", options)
        return Device("lvs-gre", "gre", "ip_gre", options)
    if way.family == "inet6":
        # The director may send with the virtual address, which is the real server's own too.
        return Device("lvs-ip6", "ip6tnl", "ip6_tunnel", " mode any allow-localremote")
    if way.inner == "inet6":
        return Device("lvs-sit", "sit", "sit")
    return Device("lvs-ipip", "ipip", "ipip")


def make_device(way: Way) -> tuple[str, ...]:
    """Commands for the real server: module, UDP port of GUE, the device, up."""
    device = device_of(way)
    commands = [f"modprobe {device.module}"]
    if way.tunnel_type == "gue":
        # fou opens the ports, fou6 only adds its part for IPv6 and doesn't bring it along.
        fou = "modprobe -a fou fou6" if way.family == "inet6" else "modprobe fou"
        commands += [fou, open_port(way)]
    link = f"ip link add {device.name} type {device.kind}{device.options} local {way.address}"
    return (*commands, link, f"ip link set {device.name} up")


def open_port(way: Way) -> str:
    """The command by which a real server takes GUE on its UDP port."""
    return f"ip fou add port {way.tunnel_port} gue{' -6' if way.family == 'inet6' else ''}"
