"""What ipvsadm is told, beside the step of ours that means the same.

`tests/lab/golden.py` records what ipvsadm sends for each command, as `tests/lvs/golden/ipvsadm.json`.
"""

from typing import Any

from lvs.model import RealServer, TunnelChecksum, TunnelType, VirtualService
from lvs.plan import Step
from lvs.step import StepKind

V4, V6 = "192.0.2.1", "2001:db8::1"
TCP = VirtualService("inet", "tcp", V4, 80, 0)
TCP6 = VirtualService("inet6", "tcp", V6, 80, 0, netmask="128")
MARK = VirtualService("inet", "", "", 0, 4294967295)
MARK6 = VirtualService("inet6", "", "", 0, 7, netmask="128")
SERVER6 = RealServer("2001:db8:2::9", 80)


def server(number: int, **settings: Any) -> RealServer:
    return RealServer(f"198.51.100.{number}", 80)._replace(**settings)


def tunnel(
    number: int, kind: TunnelType = "ipip", port: int = 0, checksum: TunnelChecksum = "none"
) -> RealServer:
    return RealServer(
        f"198.51.100.{number}",
        80,
        "tunnel",
        tunnel_type=kind,
        tunnel_port=port,
        tunnel_checksum=checksum,
    )


def _services() -> dict[str, VirtualService]:
    return {
        "-A -t 192.0.2.1:80": TCP,
        "-A -u 192.0.2.1:53 -s rr -o": TCP._replace(
            protocol="udp", port=53, scheduler="rr", one_packet=True
        ),
        "-A --sctp-service 192.0.2.1:2905 -s lc": TCP._replace(
            protocol="sctp", port=2905, scheduler="lc"
        ),
        "-A -t [2001:db8::1]:80 -s sed": TCP6._replace(scheduler="sed"),
        "-A -f 4294967295 -s wrr": MARK._replace(scheduler="wrr"),
        "-A -f 7 -6 -s lblcr": MARK6._replace(scheduler="lblcr"),
        "-A -t 192.0.2.1:81 -s sh -b sh-fallback": TCP._replace(
            port=81, scheduler="sh", flags=("sh-fallback",)
        ),
        "-A -t 192.0.2.1:82 -s sh -b sh-fallback,sh-port": TCP._replace(
            port=82, scheduler="sh", flags=("sh-fallback", "sh-port")
        ),
        "-A -t 192.0.2.1:83 -s mh -b mh-port": TCP._replace(
            port=83, scheduler="mh", flags=("mh-port",)
        ),
        "-A -t 192.0.2.1:84 -s rr -b flag-1,flag-2,flag-3": TCP._replace(
            port=84, scheduler="rr", flags=("flag-1", "flag-2", "flag-3")
        ),
        "-A -t 192.0.2.1:0 -p 2678400": TCP._replace(port=0, persistence=2678400),
        "-A -t 192.0.2.1:85 -p 60 -M 255.255.240.0": TCP._replace(
            port=85, persistence=60, netmask="255.255.240.0"
        ),
        "-A -t [2001:db8::1]:81 -p 300 -M 56": TCP6._replace(
            port=81, persistence=300, netmask="56"
        ),
        "-A -u 192.0.2.1:5060 -p 300 --pe sip -o": TCP._replace(
            protocol="udp",
            port=5060,
            persistence=300,
            persistence_engine="sip",
            one_packet=True,
        ),
        "-E -t 192.0.2.1:80 -s nq -p 5": TCP._replace(scheduler="nq", persistence=5),
        "-D -t 192.0.2.1:80": TCP,
        "-D -u [2001:db8::1]:65535": TCP6._replace(protocol="udp", port=65535),
        "-D -f 7 -6": MARK6,
    }


def _servers() -> dict[str, tuple[VirtualService, RealServer]]:
    web, web6, gue = "-t 192.0.2.1:80 -r", "-t [2001:db8::1]:80 -r", "--tun-type gue --tun-port"
    large = server(3, weight=2147483647, upper_threshold=2000000000, lower_threshold=1999999999)
    return {
        f"-a {web} 198.51.100.1:8080 -m -w 20": (TCP, server(1, port=8080, weight=20)),
        f"-a {web} 198.51.100.2:80 -g -w 0": (TCP, server(2, forwarding="direct", weight=0)),
        f"-a {web} 198.51.100.3:80 -m -w 2147483647 -x 2000000000 -y 1999999999": (TCP, large),
        f"-a {web} 198.51.100.4:80 -i": (TCP, tunnel(4)),
        f"-a {web} 198.51.100.5:80 -i {gue} 6080 --tun-nocsum": (TCP, tunnel(5, "gue", 6080)),
        f"-a {web} 198.51.100.6:80 -i {gue} 6081 --tun-csum": (TCP, tunnel(6, "gue", 6081, "csum")),
        f"-a {web} 198.51.100.7:80 -i {gue} 65535 --tun-remcsum": (
            TCP,
            tunnel(7, "gue", 65535, "remcsum"),
        ),
        f"-a {web} 198.51.100.8:80 -i --tun-type gre --tun-csum": (
            TCP,
            tunnel(8, "gre", 0, "csum"),
        ),
        f"-a {web6} [2001:db8:2::9]:80 -m": (TCP6, SERVER6),
        f"-a {web6} 198.51.100.9:80 -i": (TCP6, tunnel(9)),
        "-a -f 4294967295 -r 198.51.100.9:80 -m": (MARK, server(9)),
        "-a -f 7 -6 -r [2001:db8:2::9]:80 -g": (MARK6, SERVER6._replace(forwarding="direct")),
        f"-e {web} 198.51.100.2:80 -m -w 3 -x 9": (TCP, server(2, weight=3, upper_threshold=9)),
        f"-d {web} 198.51.100.4:80": (TCP, server(4)),
        f"-d {web6} [2001:db8:2::9]:80": (TCP6, SERVER6),
    }


_KINDS: dict[str, StepKind] = {
    "-A": "add service",
    "-E": "edit service",
    "-D": "delete service",
    "-a": "add server",
    "-e": "edit server",
    "-d": "delete server",
}


def cases() -> dict[str, Step]:
    """ipvsadm's arguments → the step that means the same."""
    steps = {args: Step(_KINDS[args[:2]], service) for args, service in _services().items()}
    return steps | {
        args: Step(_KINDS[args[:2]], service, server)
        for args, (service, server) in _servers().items()
    }
