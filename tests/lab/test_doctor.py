"""`python -m lvs doctor` on a real director: what is broken is found, and its mend mends it."""

import json

import pytest

from lab import Lab
from lvs.canonical_form import make_table
from lvs.formats import render
from lvs.model import RealServer, VirtualService
from lvs.settings import SyncDaemon
from tests.lab.director_cli import Director, director
from tests.lab.test_cli_trouble import AS_NOBODY
from tests.lab.test_kernel import run_inside
from tests.lab.ways import needs_uml
from tests.lvs.examples import TUTORIAL, WEB, with_servers

__all__ = ["director"]

pytestmark = needs_uml

VIP = "192.168.49.134"
SYNCED = TUTORIAL._replace(sync=(SyncDaemon("master", "dummy0"),))
STICKY = make_table([WEB._replace(persistence=300)])
WEB6 = VirtualService(
    "inet6", "tcp", "fd00:49::134", 80, 0, "rr", real_servers=(RealServer("fd00:1::103", 80),)
)


def shell(director, script):
    done = director.run("sh", "-ec", script)
    assert done.returncode == 0, (script, done.stderr)
    return done.stdout


def examine(director, table):
    """What isn't ok, by code."""
    done = director.lvs("doctor", "-", "--format", "json", input=render(table, "json"))
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert done.returncode == (0 if document["fit"] else 1)
    return {f["code"]: f for f in document["findings"] if f["level"] != "ok"}


def fetch(director, url=f"http://{VIP}/"):
    done = director.lab.run(["curl", "-sS", "--max-time", "3", url], host="client")
    return done.stdout.strip()


@pytest.mark.parametrize("table", [TUTORIAL, make_table([WEB, WEB6])])
def test_the_tutorials_director_is_fit(director, table):
    found = examine(director, table)
    assert found.keys() <= BUILD
    assert all(finding["level"] == "unknown" for finding in found.values())


BROKEN = {
    # name: table, what breaks it, what is found, what undoes it after the mend
    "no forwarding": (
        TUTORIAL,
        "sysctl -w net.ipv4.ip_forward=0",
        "wrong forwarding.switch",
        "",
    ),
    "no IPv6 forwarding": (
        make_table([WEB, WEB6]),
        "sysctl -w net.ipv6.conf.all.forwarding=0",
        "wrong forwarding.switch",
        "",
    ),
    "no forwarding from the real servers": (
        TUTORIAL,
        "sysctl -w net.ipv4.conf.inner.forwarding=0",
        "wrong forwarding.interface",
        "",
    ),
    "virtual address gone": (
        TUTORIAL,
        f"ip address del {VIP}/24 dev outer; ip address add 192.168.49.2/24 dev outer",
        "wrong address.vip",
        f"ip address del 192.168.49.2/24 dev outer; ip address del {VIP}/32 dev outer || true; "
        f"ip address add {VIP}/24 dev outer",
    ),
    "IPv6 virtual address gone": (
        make_table([WEB6]),
        "ip address del fd00:49::134/64 dev outer; ip address add fd00:49::2/64 dev outer nodad",
        "wrong address.vip",
        "ip address del fd00:49::2/64 dev outer; ip address del fd00:49::134/128 dev outer; "
        "ip address add fd00:49::134/64 dev outer nodad",
    ),
    "no route to a real server": (
        TUTORIAL,
        "ip route add unreachable 192.168.1.103",
        "wrong route.missing",
        "ip route del 192.168.1.103",
    ),
    "no IPv6 route to a real server": (
        make_table([WEB6]),
        "ip -6 route add unreachable fd00:1::103",
        "wrong route.missing",
        "ip -6 route flush fd00:1::103",
    ),
    "route past the real servers' network": (
        make_table([with_servers(RealServer("192.168.1.103", 80))]),
        "ip route add 192.168.1.103 via 10.0.2.2",
        "warning route.astray",
        "ip route del 192.168.1.103",
    ),
    "direct over a gateway": (
        make_table([with_servers(RealServer("192.168.1.103", 80, "direct"))]),
        "ip route add 192.168.1.103 via 10.0.2.2",
        "wrong route.on_link",
        "ip route del 192.168.1.103",
    ),
    "rp_filter strict": (
        TUTORIAL,
        "sysctl -w net.ipv4.conf.outer.rp_filter=1",
        "warning address.rp_filter",
        "sysctl -w net.ipv4.conf.outer.rp_filter=0",
    ),
    "lo down": (
        TUTORIAL,
        "ip link set lo down",
        "wrong address.loopback",
        "",
    ),
    "clients forgotten when drained": (
        STICKY,
        "sysctl -w net.ipv4.vs.expire_quiescent_template=0",
        "warning drain.expire_quiescent_template",
        "sysctl -w net.ipv4.vs.expire_quiescent_template=0",
    ),
    "no rates": (
        TUTORIAL,
        "sysctl -w net.ipv4.vs.run_estimation=0",
        "warning drain.run_estimation",
        "",
    ),
    "reused ports": (
        TUTORIAL,
        "sysctl -w net.ipv4.vs.conn_reuse_mode=0",
        "warning drain.conn_reuse_mode",
        "",
    ),
    "one network for clients and real servers": (
        make_table([with_servers(RealServer("192.168.49.1", 80))]),
        "true",
        "warning forwarding.redirects",
        "sysctl -w net.ipv4.conf.all.send_redirects=1 net.ipv4.conf.outer.send_redirects=1",
    ),
    "sync interface down": (
        SYNCED,
        "ip link add dummy0 type dummy; ip address add 10.8.0.1/24 dev dummy0; "
        "ip link set dummy0 multicast on",
        "wrong sync.interface",
        "ip link del dummy0",
    ),
    "sync interface without multicast": (
        SYNCED,
        "ip link add dummy0 type dummy; ip address add 10.8.0.1/24 dev dummy0; "
        "ip link set dummy0 up multicast off",
        "wrong sync.interface",
        "ip link del dummy0",
    ),
    "build of the kernel not known": (
        make_table([WEB._replace(protocol="sctp")]),
        "true",
        "unknown kernel.protocol",
        "rmmod configs",
    ),
    "modules that don't load by themselves": (
        make_table([WEB._replace(scheduler="nq")]),
        "rmmod ip_vs_nq; echo >/proc/sys/kernel/modprobe",
        "wrong kernel.scheduler",
        "echo /sbin/modprobe >/proc/sys/kernel/modprobe",
    ),
    "IPVS not loaded": (
        TUTORIAL,
        "modprobe -r ip_vs_pe_sip ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_lblc ip_vs_lblcr "
        "ip_vs_dh ip_vs_sh ip_vs_sed ip_vs_nq ip_vs_fo ip_vs_ovf ip_vs_mh; rmmod ip_vs || true",
        "warning kernel.ipvs",
        "modprobe -a ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_lblc ip_vs_lblcr ip_vs_dh "
        "ip_vs_sh ip_vs_sed ip_vs_nq ip_vs_fo ip_vs_ovf ip_vs_mh ip_vs_pe_sip",
    ),
}


BUILD = {"kernel.ipv6"}
"""Not known in the lab: the build of this kernel is a module that nobody loaded."""
HANGS_ON_IT = {"IPVS not loaded": {"kernel.protocol", "drain.sysctls"}}


@pytest.mark.parametrize("name", sorted(BROKEN.keys() - HANGS_ON_IT.keys()))
def test_what_is_broken_is_found_and_its_mend_mends_it(director, name):
    break_and_mend(director, name)


@pytest.mark.parametrize("name", HANGS_ON_IT)
def test_what_needs_a_kernel_that_nobody_used_yet(name, tmp_path):
    with Lab(tmp_path, web=False) as lab:  # connections of other tests would hold the modules
        break_and_mend(Director(lab, tmp_path), name)


def break_and_mend(director, name):
    table, breaking, expected, undo = BROKEN[name]
    try:
        shell(director, breaking)
        found = examine(director, table)
        code = expected.partition(" ")[2]
        assert found.keys() - HANGS_ON_IT.get(name, BUILD) == {code}
        assert f"{found[code]['level']} {code}" == expected
        shell(director, found[code]["mend"])
        assert code not in examine(director, table)
    finally:
        shell(director, undo)


def test_routes_asked_for_many_at_once_are_those_of_each_alone(director):
    run_inside(director.lab, "check_routes.py")


def test_a_scheduler_that_this_kernel_lacks(director):
    found = examine(director, make_table([WEB._replace(scheduler="twos")]))
    assert found.keys() == {"kernel.scheduler"}
    assert found["kernel.scheduler"]["level"] == "wrong"


def test_a_scheduler_that_loads_when_it_is_used_is_ok(director):
    shell(director, "rmmod ip_vs_sed")
    try:
        assert examine(director, make_table([WEB._replace(scheduler="sed")])) == {}
    finally:
        shell(director, "modprobe ip_vs_sed")


def test_a_bound_address_serves_clients_again(director):
    """The mend is right not only in the doctor's eyes."""
    director.lvs("apply", "-", input=render(TUTORIAL, "json"))
    _, breaking, _, undo = BROKEN["virtual address gone"]
    try:
        shell(director, breaking)
        assert fetch(director) == ""
        shell(director, examine(director, TUTORIAL)["address.vip"]["mend"])
        assert fetch(director) in ("web1", "web2")
    finally:
        shell(director, undo)


def test_a_real_server_that_is_the_director(director):
    table = make_table([with_servers(RealServer("192.168.1.105", 80))])
    assert examine(director, table).keys() == {"route.local"}


def test_without_a_file_it_takes_what_was_verified_here_then_what_the_kernel_holds(director):
    assert "for 0 virtual services" in director.lvs("doctor").stdout
    director.ipvsadm("-R", input=render(make_table([WEB, WEB6]), "ipvsadm"))
    assert "for 2 virtual services with 3 real servers" in director.lvs("doctor").stdout
    director.ipvsadm("-C")
    director.lvs("apply", "-", input=render(TUTORIAL, "json"))
    director.ipvsadm("-C")
    assert "for 1 virtual service with 2 real servers" in director.lvs("doctor").stdout


def test_it_changes_nothing_and_loads_no_module(director):
    see = "cut -d' ' -f1 /proc/modules | sort; ip address; ip route; sysctl net.ipv4.conf; ipvsadm -Sn"
    before = shell(director, see)
    director.lvs("doctor", "-", "--servers", input=render(TUTORIAL, "json"))
    assert shell(director, see) == before


def test_an_ordinary_user_is_told_of_the_missing_right_and_all_else(director):
    command = ("python", "-m", "lvs", "doctor", "-", "--format", "json")
    done = director.run(*AS_NOBODY, *command, input=render(TUTORIAL, "json"))
    assert done.returncode == 4, done.stderr
    findings = json.loads(done.stdout)["findings"]
    wrong = [f["code"] for f in findings if f["level"] == "wrong"]
    assert wrong == ["kernel.right"]
    assert any(f["code"] == "route.server" and f["level"] == "ok" for f in findings)


# iptables-legacy's own first question (IPT_SO_GET_INFO) makes its table in this network namespace.
FILTER = """
import ctypes, socket
asked = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
info, length = ctypes.create_string_buffer(b"filter", 84), ctypes.c_uint32(84)
assert ctypes.CDLL(None).getsockopt(asked.fileno(), 0, 64, info, ctypes.byref(length)) == 0
"""


def test_firewall_rules_call_for_conntrack(director):
    shell(director, "modprobe -a nf_tables iptable_filter")
    try:
        assert examine(director, TUTORIAL) == {}
        assert director.run("python", "-c", FILTER).returncode == 0
        finding = examine(director, TUTORIAL)["forwarding.conntrack"]
        shell(director, finding["mend"])
        assert examine(director, TUTORIAL) == {}
    finally:
        shell(director, "rmmod iptable_filter nf_tables; sysctl -w net.ipv4.vs.conntrack=0")
