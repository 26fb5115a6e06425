"""What the kernel refuses or mistreats when it is sent as it is, the rules catch before it is sent.

Each case is a table that somebody could write down. Its steps go to the kernel with nothing between.
"""

import struct
from errno import EEXIST, EINVAL, ENOENT, ERANGE
from typing import NamedTuple

import pytest

from lvs.model import RealServer, Table, VirtualService
from lvs.netlink.kernel import Kernel
from lvs.plan import SettingStep, Step
from lvs.rules import check_table, errors_in
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.lab.inside.conftest import run_ipvsadm
from tests.lab.inside.reading import fresh, turned_into

__all__ = ["fresh"]

WEB = VirtualService("inet", "tcp", "10.9.9.1", 80, 0, "rr")
WEB6 = VirtualService("inet6", "tcp", "fd00:9::1", 80, 0, "rr", netmask="128")
SERVER = RealServer("10.9.9.2", 80)
TUNNEL = RealServer("10.9.9.2", 80, "tunnel")
MASTER = SyncDaemon("master", "outer", 1, 1472)
BACKUP = SyncDaemon("backup", "outer", 1, 1472)
TAKEN = 0
"""The kernel takes it, and does something else with it than it says."""
UNSENDABLE = -1
"""No message can hold it."""


class Case(NamedTuple):
    table: Table
    kernel: int
    """The errno of the first refusal, or one of the above."""
    path: tuple[str | int, ...]
    code: str
    says: str
    """A part of the rule's message."""


def service(made: VirtualService, kernel: int, field: str, code: str, says: str) -> Case:
    return Case(Table((made,)), kernel, ("services", 0, field), code, says)


def server(
    made: RealServer, kernel: int, field: str, code: str, says: str, of: VirtualService = WEB
) -> Case:
    table = Table((of._replace(real_servers=(made,)),))
    return Case(table, kernel, ("services", 0, "real_servers", 0, field), code, says)


def daemon(made: SyncDaemon, kernel: int, field: str, code: str, says: str) -> Case:
    return Case(Table(sync=(made,)), kernel, ("sync", 0, field), code, says)


def sysctl(name: str, value: str, kernel: int, code: str, says: str) -> Case:
    return Case(Table(sysctls=(Sysctl(name, value),)), kernel, ("sysctls", name), code, says)


def timeouts(name: str, seconds: int, kernel: int) -> Case:
    table = Table(timeouts=Timeouts(**{name: seconds}))
    return Case(table, kernel, ("timeouts", name), "timeout.range", f"not {seconds}")


MIXED = RealServer("fd00:9::2", 80, "tunnel")
SERVICES = {
    "unknown scheduler": service(
        *(WEB._replace(scheduler="nonsuch"), ENOENT, "scheduler", "scheduler.unknown", "There are"),
    ),
    "unknown persistence engine": service(
        WEB._replace(protocol="udp", persistence=9, persistence_engine="xyz"),
        *(ENOENT, "persistence_engine", "persistence_engine.unknown", "choose one of sip"),
    ),
    "engine sip on TCP": service(
        WEB._replace(persistence=9, persistence_engine="sip"),
        *(TAKEN, "persistence_engine", "persistence_engine.protocol", "works for UDP only"),
    ),
    "IPv6 prefix above 128": service(
        WEB6._replace(persistence=9, netmask="129"),
        *(EINVAL, "netmask", "netmask.invalid", "a prefix length from 1 to 128"),
    ),
    "IPv6 prefix 0": service(
        WEB6._replace(persistence=9, netmask="0"),
        *(EINVAL, "netmask", "netmask.invalid", "a prefix length from 1 to 128"),
    ),
    "netmask with holes": service(
        WEB._replace(persistence=9, netmask="255.0.255.0"),
        *(TAKEN, "netmask", "netmask.invalid", "its ones before its zeros"),
    ),
    "port 0 without persistence": service(
        *(WEB._replace(port=0), TAKEN, "port", "port.zero", "needs persistence"),
    ),
    "one-packet scheduling of TCP": service(
        *(WEB._replace(one_packet=True), TAKEN, "one_packet", "one_packet.protocol", "UDP only"),
    ),
    "persistence of more than 31 days": service(
        WEB._replace(persistence=31 * 86400 + 1),
        *(TAKEN, "persistence", "persistence.range", "from 0 to 2678400"),
    ),
    "the same service twice": Case(
        *(Table((WEB, WEB)), EEXIST, ("services", 1, "address"), "service.doubled"),
        "stands in the table already",
    ),
    "mark 0": Case(
        Table((VirtualService("inet", "", "", 0, 2**32),)),
        *(UNSENDABLE, ("services", 0, "fwmark"), "fwmark.range", "from 1 to 4294967295"),
    ),
}
SERVERS = {
    "multicast real server": server(
        SERVER._replace(address="224.0.0.9"),
        *(EINVAL, "address", "address.not_unicast", "a multicast address"),
    ),
    "broadcast real server": server(
        SERVER._replace(address="255.255.255.255"),
        *(EINVAL, "address", "address.not_unicast", "the broadcast address"),
    ),
    "real server in 0.0.0.0/8": server(
        SERVER._replace(address="0.1.2.3"),
        *(TAKEN, "address", "address.not_unicast", "“this network”"),
    ),
    "link-local IPv6 real server": server(
        SERVER._replace(address="fe80::9"),
        *(EINVAL, "address", "address.not_unicast", "a link-local address"),
        of=WEB6,
    ),
    "multicast IPv6 real server": server(
        SERVER._replace(address="ff02::9"),
        *(EINVAL, "address", "address.not_unicast", "a multicast address"),
        of=WEB6,
    ),
    "weight of 2^31": server(
        *(SERVER._replace(weight=2**31), ERANGE, "weight", "weight.range", "to 2147483647"),
    ),
    "lower threshold above the upper": server(
        SERVER._replace(upper_threshold=3, lower_threshold=4),
        *(ERANGE, "lower_threshold", "threshold.order", "must not be above the upper threshold"),
    ),
    "lower threshold alone": server(
        SERVER._replace(lower_threshold=4),
        *(ERANGE, "lower_threshold", "threshold.lower_only", "set the upper threshold too"),
    ),
    "GUE without a port": server(
        TUNNEL._replace(tunnel_type="gue"),
        *(EINVAL, "tunnel_port", "tunnel_port.range", "from 1 to 65535, not 0"),
    ),
    "port of a tunnel without ports": server(
        *(TUNNEL._replace(tunnel_port=9), TAKEN, "tunnel_port", "tunnel_port.unused", "at 0"),
    ),
    "remote checksums of GRE": server(
        TUNNEL._replace(tunnel_type="gre", tunnel_checksum="remcsum"),
        *(TAKEN, "tunnel_checksum", "tunnel_checksum.unsupported", "takes none or csum"),
    ),
    "other family, masqueraded": server(
        SERVER._replace(address="fd00:9::2"),
        *(EINVAL, "address", "address.family", "by forwarding tunnel only"),
    ),
    "other family, direct, from IPv6": server(
        SERVER._replace(forwarding="direct"),
        *(EINVAL, "address", "address.family", "by forwarding tunnel only"),
        of=WEB6,
    ),
    "other port with direct": server(
        SERVER._replace(port=8080, forwarding="direct"),
        *(TAKEN, "port", "port.mapped", "must be the service's, 80, not 8080"),
    ),
    "other port with tunnel": server(
        *(TUNNEL._replace(port=8080), TAKEN, "port", "port.mapped", "Only masquerade can map"),
    ),
    "port 0 of a real server": server(
        *(SERVER._replace(port=0), TAKEN, "port", "port.zero", "the service's own is 80"),
    ),
    "the same real server twice": Case(
        Table((WEB._replace(real_servers=(SERVER, SERVER._replace(weight=3))),)),
        *(EEXIST, ("services", 0, "real_servers", 1, "address"), "server.doubled"),
        "stands in this service already",
    ),
}
SETTINGS = {
    "two masters": Case(
        Table(sync=(MASTER, MASTER._replace(syncid=2))),
        *(EEXIST, ("sync",), "sync.doubled", "one master at most"),
    ),
    "daemon beside a mixed family": Case(
        Table((WEB._replace(real_servers=(MIXED,)),), sync=(MASTER,)),
        *(EINVAL, ("sync",), "sync.mixed_families", "leave out the daemon, or that real server"),
    ),
    "group of a daemon that is no multicast one": daemon(
        MASTER._replace(group="10.0.0.1"),
        *(EINVAL, "group", "group.not_multicast", "give one like 224.0.0.81"),
    ),
    "IPv6 group that is no multicast one": daemon(
        MASTER._replace(group="fd00::81"),
        *(EINVAL, "group", "group.not_multicast", "give one like 224.0.0.81"),
    ),
    "sync id above 255": daemon(
        *(MASTER._replace(syncid=256), TAKEN, "syncid", "syncid.range", "from 0 to 255"),
    ),
    "messages longer than a datagram": daemon(
        *(MASTER._replace(maxlen=65535), TAKEN, "maxlen", "maxlen.range", "from 1 to 65507"),
    ),
    "messages of a backup too short": daemon(
        *(BACKUP._replace(maxlen=100), TAKEN, "maxlen", "maxlen.range", "from 1024"),
    ),
    "time to live above 255": daemon(
        *(MASTER._replace(ttl=256), UNSENDABLE, "ttl", "ttl.range", "from 0 to 255"),
    ),
    "ports above 65535, which wrap around": Case(
        Table(sync=(MASTER._replace(port=65535),), sysctls=(Sysctl("sync_ports", "4"),)),
        *(TAKEN, ("sync", 0, "port"), "port.last", "the last port would be 65538"),
    ),
    "interface of 16 bytes": daemon(
        *(
            MASTER._replace(interface="x" * 16),
            EINVAL,
            "interface",
            "interface.invalid",
            "15 bytes",
        ),
    ),
    **{f"{name} too long": timeouts(name, 2**31 - 1, EINVAL) for name in Timeouts._fields},
    "drop_entry 4": sysctl("drop_entry", "4", EINVAL, "sysctl.range", "from 0 to 3"),
    "sync_ports 3": sysctl("sync_ports", "3", EINVAL, "sysctl.power", "a power of two"),
    "sync_ports 128": sysctl("sync_ports", "128", TAKEN, "sysctl.range", "from 1 to 64"),
    "sync_threshold 50 3": sysctl("sync_threshold", "50 3", EINVAL, "sysctl.order", "below"),
    "sync_retries 4": sysctl("sync_retries", "4", EINVAL, "sysctl.range", "from 0 to 3"),
    "conntrack 2": sysctl("conntrack", "2", TAKEN, "sysctl.range", "from 0 to 1"),
    "conn_reuse_mode 9": sysctl("conn_reuse_mode", "9", TAKEN, "sysctl.range", "from 0 to 3"),
    "a number that is none": sysctl("conntrack", "yes", EINVAL, "sysctl.number", "not “yes”"),
    "unknown sysctl": sysctl("conntrak", "1", ENOENT, "sysctl.unknown", "Did you mean “conntrack”"),
}
CASES = SERVICES | SERVERS | SETTINGS


def raw_steps(table: Table) -> list[Step | SettingStep]:
    """What a table means, without canonical form and without anything that looks at it."""
    steps: list[Step | SettingStep] = [SettingStep("set sysctl", s) for s in table.sysctls]
    if table.timeouts.given:
        steps.append(SettingStep("set timeouts", table.timeouts))
    for made in table.services:
        steps.append(Step("add service", made.settings))
        steps += [Step("add server", made.settings, one) for one in made.real_servers]
    return steps + [SettingStep("start daemon", one) for one in table.sync or ()]


def sent(table: Table) -> int:
    """What the kernel says to the table: the first errno, 0 when it took all, or UNSENDABLE."""
    with Kernel() as kernel:
        try:
            refusal = kernel.execute(raw_steps(table), lambda *_: None)
        except (struct.error, OverflowError):
            return UNSENDABLE
    return refusal.errno if refusal else TAKEN


@pytest.fixture
def clean(fresh):
    turned_into(fresh)
    yield
    turned_into(fresh)


@pytest.mark.parametrize("name", CASES)
def test_the_kernel_alone_refuses_or_mistreats_it(clean, name):
    assert sent(CASES[name].table) == CASES[name].kernel


@pytest.mark.parametrize("name", CASES)
def test_the_rules_catch_it_with_its_path_and_a_message(name):
    case = CASES[name]
    problems = {(p.path, p.code): p.message for p in errors_in(check_table(case.table))}
    assert list(problems) == [(case.path, case.code)]
    assert case.says in problems[case.path, case.code]


def test_the_other_order_of_daemon_and_mixed_family_is_refused_too(clean):
    run_ipvsadm("--start-daemon", "backup", "--mcast-interface", "outer")
    assert sent(Table((WEB._replace(real_servers=(MIXED,)),))) == EINVAL


@pytest.mark.parametrize(
    ("group", "maxlen", "held"),
    [("224.0.0.81", 65535, 65507), ("ff02::81", 65535, 65487), ("224.0.0.81", 1, 1)],
)
def test_the_kernel_shortens_messages_in_silence(clean, group, maxlen, held):
    assert sent(Table(sync=(MASTER._replace(group=group, maxlen=maxlen),))) == TAKEN
    with Kernel() as kernel:
        (found,) = kernel.read_table().sync
    assert found.maxlen == held
