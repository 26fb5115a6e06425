"""The connection list against `ipvsadm -Lcn`, with real clients of every kind of service."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from lvs.connections import find_connections, make_filters, make_order, summarise
from lvs.connections.row import endpoint
from tests.lab.inside.conftest import run_ipvsadm

CLIENTS = Path(__file__).with_name("clients.py")
VIP, VIP6 = "192.168.49.134", "[fd00:49::134]"
TABLE = f"""\
-A -t {VIP}:80 -s rr -p 300 -M 255.255.255.0
-a -t {VIP}:80 -r 192.168.1.103:80 -m
-A -t {VIP}:81 -s rr
-a -t {VIP}:81 -r 192.168.1.104:80 -m
-A -u {VIP}:53 -s rr -p 60
-a -u {VIP}:53 -r 192.168.1.103:53 -m
-A -u {VIP}:5060 -s rr -p 90 --pe sip
-a -u {VIP}:5060 -r 192.168.1.103:5060 -m
-A -t {VIP6}:80 -s rr -p 100 -M 64
-a -t {VIP6}:80 -r [fd00:1::103]:80 -m
-A -u {VIP6}:53 -s rr
-a -u {VIP6}:53 -r [fd00:1::104]:53 -m
-A -f 305419896 -s rr -p 120 -M 255.255.255.0
-a -f 305419896 -r 192.168.1.104:0 -m
-A -f 305419896 -6 -s rr -p 120 -M 64
-a -f 305419896 -6 -r [fd00:1::104]:0 -m
"""
MARK = (
    "tc filter add dev outer ingress protocol {} u32 match {} dport 8080 0xffff "
    "action skbedit mark 305419896"
)
SET_UP = (
    "ip -n client addr add 203.0.113.9/32 dev eth0",
    "ip -n client addr add 203.0.113.77/32 dev eth0",
    "ip -n client addr add fd00:99::9/128 dev eth0 nodad",
    "ip route add 203.0.113.0/24 dev outer",
    "ip -6 route add fd00:99::/64 dev outer",
    "tc qdisc add dev outer clsact",
    MARK.format("ip", "ip"),
    MARK.format("ipv6", "ip6"),
)
TAKE_DOWN = (
    "tc qdisc del dev outer clsact",
    "ip -6 route del fd00:99::/64 dev outer",
    "ip route del 203.0.113.0/24 dev outer",
    "ip -n client addr del fd00:99::9/128 dev eth0",
    "ip -n client addr del 203.0.113.77/32 dev eth0",
    "ip -n client addr del 203.0.113.9/32 dev eth0",
)
TEMPLATES = {
    ("tcp", "203.0.113.0/24", f"{VIP}:80", "192.168.1.103:80"),
    ("udp", "203.0.113.9", f"{VIP}:53", "192.168.1.103:53"),
    ("udp", "203.0.113.9", f"{VIP}:5060", "192.168.1.103:5060"),
    ("tcp", "fd00:99::/64", f"{VIP6}:80", "[fd00:1::103]:80"),
    ("", "203.0.113.0/24", 305419896, "192.168.1.104:0"),
    ("", "fd00:99::/64", 305419896, "[fd00:1::104]:0"),
}


def run(line):
    done = subprocess.run(line.split(), capture_output=True, text=True)
    assert done.returncode == 0, f"{line}: {done.stderr}"


@pytest.fixture(scope="module")
def clients():
    """Services, and connections to them that stay open; what the clients say of theirs."""
    run_ipvsadm("-C")
    subprocess.run(["ipvsadm", "-R"], input=TABLE, text=True, check=True)
    for line in SET_UP:
        run(line)
    command = ["nsenter", "--net=/run/netns/client", sys.executable, str(CLIENTS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        said = []
        for line in process.stdout:
            if line == "ready\n":
                break
            said.append(tuple(line.split()))
        assert process.poll() is None, "the clients could not connect"
        yield said
        process.stdin.close()
    for line in TAKE_DOWN:
        run(line)
    run_ipvsadm("-C")


def name(part):
    return endpoint(part["address"], part["port"])


def target(row):
    """The virtual side as ipvsadm prints it: a mark as the address that it is not."""
    service = row["service"]
    if "fwmark" not in service:
        return name(service)
    digits = f"{service['fwmark']:08x}"
    if service["family"] == "inet6":
        return f"[{digits[:4]}:{digits[4:]}::]:0"
    return f"{'.'.join(str(b) for b in bytes.fromhex(digits))}:0"


def ours(**words):
    found = find_connections(make_filters(**words), make_order(limit=10_000))
    assert found["unreadable"] == 0, found["example"]
    assert not found["connections"]["truncated"]
    rows = [*found["connections"]["rows"], *found["templates"]["rows"]]
    return {
        (
            row["service"].get("protocol", "ip").upper(),
            row["state"],
            name(row["client"]),
            target(row),
            name(row["server"]),
        )
        for row in rows
    }


def theirs():
    lines = run_ipvsadm("-Lcn").splitlines()[2:]
    return {tuple(re.split(" +", line)[n] for n in (0, 2, 3, 4, 5)) for line in lines}


def test_the_same_connections_as_ipvsadm_lists(clients):
    before, listed, after = ours(), theirs(), ours()
    # What others left behind may end between two readings.
    assert before & after <= listed <= before | after
    assert len(before & after) >= len(clients) + len(TEMPLATES)


def test_every_client_is_found_with_its_port(clients):
    for kind, source, port, vip, vip_port in clients:
        words = {"client": endpoint(source, int(port)), "service": endpoint(vip, int(vip_port))}
        rows = find_connections(make_filters(**words, kind="connections"))["connections"]["rows"]
        states = [(row["service"]["protocol"], row["state"]) for row in rows]
        assert states == [(kind, "ESTABLISHED" if kind == "tcp" else "UDP")]


def templates_of(client):
    rows = find_connections(make_filters(client=client, kind="templates"))["templates"]["rows"]
    assert all(0 < row["seconds"] <= 300 for row in rows)
    return {
        (
            row["service"].get("protocol", ""),
            row["covers"],
            row["service"].get("fwmark") or name(row["service"]),
            name(row["server"]),
        )
        for row in rows
    }


def test_the_templates_that_hold_for_a_client(clients):
    assert templates_of("203.0.113.9") | templates_of("fd00:99::9") == TEMPLATES


def test_a_client_that_never_came_sticks_by_its_network(clients):
    assert templates_of("203.0.113.200") == {row for row in TEMPLATES if row[1] == "203.0.113.0/24"}
    assert templates_of("203.0.114.9") == set()


def test_a_call_is_named_by_its_engine(clients):
    words = {"service": f"udp {VIP}:5060", "kind": "templates"}
    (row,) = find_connections(make_filters(**words))["templates"]["rows"]
    assert row["engine"] == {"name": "sip", "data": "4711@client.example.org"}


def test_a_firewall_mark_is_found_in_both_families(clients):
    found = find_connections(make_filters(service="fwmark 305419896"))
    families = [row["service"]["family"] for row in found["templates"]["rows"]]
    assert (sorted(families), found["connections"]["matched"]) == (["inet", "inet6"], 0)


def test_the_list_with_origins_has_the_same_connections(clients):
    local = ours(origin="local", client="203.0.113.9")
    assert local == ours(client="203.0.113.9")
    assert len(local) == 8
    assert ours(origin="sync") == set()


def test_a_summary_counts_what_ipvsadm_lists(clients):
    before = theirs()
    found = summarise(make_filters(service=f"{VIP}:80"))
    while (after := theirs()) != before:  # what earlier tests left behind ended meanwhile
        before, found = after, summarise(make_filters(service=f"{VIP}:80"))
    listed = [row for row in before if row[3] == f"{VIP}:80"]
    held = [row for row in listed if row[2].endswith(":0")]
    assert found["templates"]["total"] == len(held) == 1
    states = Counter(row[1] for row in listed if row not in held)
    assert found["connections"]["states"] == states
    assert states["ESTABLISHED"] >= 2


def test_a_template_of_a_removed_server_says_so(clients):
    run_ipvsadm("-d", "-u", f"{VIP}:53", "-r", "192.168.1.103:53")
    try:
        words = {"service": f"udp {VIP}:53", "kind": "templates"}
        (row,) = find_connections(make_filters(**words))["templates"]["rows"]
        assert row["remark"] == "the real server is not in the service any more"
    finally:
        run_ipvsadm("-a", "-u", f"{VIP}:53", "-r", "192.168.1.103:53", "-m")
