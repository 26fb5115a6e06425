"""What ipvsadm is told, beside the step of ours that means the same.

`tests/lab/golden.py` records what ipvsadm sends for each command, as `tests/lvs/golden/ipvsadm.json`.
"""

from lvs.model import RealServer, VirtualService
from lvs.plan import Step, StepKind

V4, V6 = "192.0.2.1", "2001:db8::1"
TCP = VirtualService("inet", "tcp", V4, 80, 0)
TCP6 = VirtualService("inet6", "tcp", V6, 80, 0, netmask="128")
MARK = VirtualService("inet", "", "", 0, 4294967295)
MARK6 = VirtualService("inet6", "", "", 0, 7, netmask="128")
SERVER = RealServer("198.51.100.9", 80)
SERVER6 = RealServer("2001:db8:2::9", 80)


def tunnel(*settings: object) -> RealServer:
    return SERVER._replace(forwarding="tunnel")._replace(
        **dict(zip(("tunnel_type", "tunnel_port", "tunnel_checksum"), settings, strict=True))
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
        "-A -t 192.0.2.1:80 -s sh -b sh-fallback": TCP._replace(
            scheduler="sh", flags=("sh-fallback",)
        ),
        "-A -t 192.0.2.1:80 -s sh -b sh-fallback,sh-port": TCP._replace(
            scheduler="sh", flags=("sh-fallback", "sh-port")
        ),
        "-A -t 192.0.2.1:80 -s mh -b mh-port": TCP._replace(scheduler="mh", flags=("mh-port",)),
        "-A -t 192.0.2.1:80 -s rr -b flag-1,flag-2,flag-3": TCP._replace(
            scheduler="rr", flags=("flag-1", "flag-2", "flag-3")
        ),
        "-A -t 192.0.2.1:0 -p 2678400": TCP._replace(port=0, persistence=2678400),
        "-A -t 192.0.2.1:80 -p 60 -M 255.255.240.0": TCP._replace(
            persistence=60, netmask="255.255.240.0"
        ),
        "-A -t [2001:db8::1]:80 -p 300 -M 56": TCP6._replace(persistence=300, netmask="56"),
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
    web, web6 = "-t 192.0.2.1:80 -r 198.51.100.9", "-t [2001:db8::1]:80 -r"
    return {
        f"-a {web}:8080 -m -w 20": (TCP, SERVER._replace(port=8080, weight=20)),
        f"-a {web}:80 -g -w 0": (TCP, SERVER._replace(forwarding="direct", weight=0)),
        f"-a {web}:80 -m -w 2147483647 -x 2000000000 -y 1999999999": (
            TCP,
            SERVER._replace(
                weight=2147483647, upper_threshold=2000000000, lower_threshold=1999999999
            ),
        ),
        f"-a {web}:80 -i": (TCP, tunnel("ipip", 0, "none")),
        f"-a {web}:80 -i --tun-type gue --tun-port 6080 --tun-nocsum": (
            TCP,
            tunnel("gue", 6080, "none"),
        ),
        f"-a {web}:80 -i --tun-type gue --tun-port 6080 --tun-csum": (
            TCP,
            tunnel("gue", 6080, "csum"),
        ),
        f"-a {web}:80 -i --tun-type gue --tun-port 6080 --tun-remcsum": (
            TCP,
            tunnel("gue", 6080, "remcsum"),
        ),
        f"-a {web}:80 -i --tun-type gre --tun-csum": (TCP, tunnel("gre", 0, "csum")),
        f"-a {web6} [2001:db8:2::9]:80 -m": (TCP6, SERVER6),
        f"-a {web6} 198.51.100.9:80 -i": (TCP6, tunnel("ipip", 0, "none")),
        "-a -f 4294967295 -r 198.51.100.9:80 -m": (MARK, SERVER),
        "-a -f 7 -6 -r [2001:db8:2::9]:80 -g": (MARK6, SERVER6._replace(forwarding="direct")),
        f"-e {web}:80 -m -w 3 -x 9": (TCP, SERVER._replace(weight=3, upper_threshold=9)),
        f"-d {web}:80": (TCP, SERVER),
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
