"""What the doctor prints for real servers works there: traffic flows, and its script agrees."""

import json

import pytest

from lvs.canonical_form import make_table
from lvs.formats import render
from lvs.model import RealServer, VirtualService
from tests.lab.director_cli import director
from tests.lab.ways import needs_uml
from tests.lvs.examples import TUTORIAL

__all__ = ["director"]

pytestmark = needs_uml

WEB1, WEB1_6 = "192.168.1.103", "fd00:1::103"
VIP, VIP6 = "192.168.1.200", "fd00:1::200"
CLIENT, CLIENT6 = "192.168.1.50", "fd00:1::50"

# One hardware address for all tests: web1 remembers it for a while.
LAN = f"""
ip link add lan type veth peer name lan netns client address 02:00:00:00:00:50
ip link set lan master inner up
ip -n client address add {CLIENT}/24 dev lan
ip -n client address add {CLIENT6}/64 dev lan nodad
ip -n client link set lan up
ip address add {VIP}/32 dev inner
ip -6 address add {VIP6}/128 dev inner nodad
"""
NO_LAN = f"""
ip link del lan
ip address del {VIP}/32 dev inner
ip -6 address del {VIP6}/128 dev inner
"""
AS_BEFORE = f"""
ip address del {VIP}/32 dev lo
ip -6 address del {VIP6}/128 dev lo
for device in lvs-ipip lvs-sit lvs-ip6 lvs-gre lvs-gre6; do ip link del $device; done
ip fou del port 6080
ip fou del port 6080 -6
for name in all eth0; do
    sysctl -w net.ipv4.conf.$name.arp_ignore=0 net.ipv4.conf.$name.arp_announce=0
done
ip route replace default via 192.168.1.105
ip -6 route del default
ip -6 route add default via fd00:1::105
"""
"""What a real server was before; parts of it may not be there."""


def on(director, host, script):
    """Run shell text in a namespace, to its first failure."""
    return director.lab.run(["sh", "-ec", script], host=host)


@pytest.fixture
def lan(director):
    """A client in the real servers' own network, to which they answer straight."""
    done = on(director, "director", LAN)
    assert done.returncode == 0, done.stderr
    yield director
    director.lab.run(["sh", "-c", AS_BEFORE], host="web1")
    on(director, "director", NO_LAN)


def service(server, address=VIP):
    family = "inet6" if ":" in address else "inet"
    return VirtualService(family, "tcp", address, 80, 0, "rr", real_servers=(server,))


def check(director, table, address=WEB1, client=""):
    """Run the script that the doctor prints, on the real server: exit status and lines."""
    text = render(table, "json")
    script = director.lvs("doctor", "-", "--script", address, input=text)
    assert script.returncode == 0, script.stderr
    done = director.lab.run(["sh", "-s", client], host="web1", input=script.stdout)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def commands(director, table):
    done = director.lvs("doctor", "-", "--format", "json", input=render(table, "json"))
    advice = json.loads(done.stdout)["real_servers"]
    assert [part["servers"] for part in advice] == [[table.services[0].real_servers[0].address]]
    return "\n".join(advice[0]["commands"])


def test_a_masqueraded_real_server_of_the_tutorial_is_ready(director):
    code, lines = check(director, TUTORIAL)
    assert (code, lines[-1]) == (0, "All is as it should be.")


def test_without_its_default_route_it_is_not_until_mended(director):
    on(director, "web1", "ip route del default")
    code, lines = check(director, TUTORIAL)
    assert code == 1
    assert [line[:27] for line in lines if line.startswith("wrong")] == [
        "wrong  replies miss the dir"
    ]
    mend = next(line for line in lines if "mend:" in line).partition("mend: ")[2]
    assert on(director, "web1", mend).returncode == 0
    assert check(director, TUTORIAL)[0] == 0


def test_on_another_machine_the_script_says_so(director):
    table = make_table([service(RealServer("192.168.1.104", 80))])
    code, lines = check(director, table, "192.168.1.104")
    assert code == 1
    assert "run this on that real server" in lines[0]


WAYS = {
    "direct": (RealServer(WEB1, 80, "direct"), VIP),
    "direct, IPv6": (RealServer(WEB1_6, 80, "direct"), VIP6),
    "ipip": (RealServer(WEB1, 80, "tunnel"), VIP),
    "ipip, IPv6": (RealServer(WEB1_6, 80, "tunnel"), VIP6),
    "ipip, IPv6 in IPv4": (RealServer(WEB1, 80, "tunnel"), VIP6),
    "ipip, IPv4 in IPv6": (RealServer(WEB1_6, 80, "tunnel"), VIP),
    "gre": (RealServer(WEB1, 80, "tunnel", tunnel_type="gre"), VIP),
    "gre with checksum": (
        RealServer(WEB1, 80, "tunnel", tunnel_type="gre", tunnel_checksum="csum"),
        VIP,
    ),
    "gre, IPv6": (RealServer(WEB1_6, 80, "tunnel", tunnel_type="gre"), VIP6),
    "gue": (RealServer(WEB1, 80, "tunnel", tunnel_type="gue", tunnel_port=6080), VIP),
    "gue, IPv6": (RealServer(WEB1_6, 80, "tunnel", tunnel_type="gue", tunnel_port=6080), VIP6),
}


@pytest.mark.parametrize("name", WAYS)
def test_the_printed_commands_make_traffic_flow_and_the_script_agrees(lan, name):
    server, vip = WAYS[name]
    table = make_table([service(server, vip)])
    client = CLIENT6 if ":" in vip else CLIENT
    url = f"http://[{vip}]/" if ":" in vip else f"http://{vip}/"
    applied = lan.lvs("apply", "-", input=render(table, "json"))
    assert applied.returncode == 0, applied.stderr
    before, _ = check(lan, table, server.address, client)
    assert before == 1

    done = on(lan, "web1", commands(lan, table))
    assert done.returncode == 0, done.stderr
    code, lines = check(lan, table, server.address, client)
    assert code == 0, lines
    answer = on(lan, "client", f"ip neigh flush dev lan; curl -sS --max-time 5 {url}")
    assert (answer.stdout, answer.stderr) == ("web1\n", "")


def test_a_real_server_that_answers_for_the_virtual_address_is_wrong(lan):
    table = make_table([service(RealServer(WEB1, 80, "direct"))])
    on(lan, "web1", commands(lan, table) + "\nsysctl -w net.ipv4.conf.all.arp_ignore=0")
    on(lan, "web1", "sysctl -w net.ipv4.conf.eth0.arp_ignore=0")
    code, lines = check(lan, table, client=CLIENT)
    wrong = [line for line in lines if line.startswith("wrong")]
    assert (code, len(wrong)) == (1, 1)
    assert wrong[0].startswith("wrong  arp_ignore is 0")


def test_direct_replies_over_the_director_are_wrong(lan):
    """As the tutorial's default route has it: for clients elsewhere they would be lost."""
    table = make_table([service(RealServer(WEB1, 80, "direct"))])
    on(lan, "web1", commands(lan, table))
    code, lines = check(lan, table)
    wrong = [line for line in lines if line.startswith("wrong")]
    assert (code, len(wrong)) == (1, 1)
    assert "go over the director, 192.168.1.105" in wrong[0]


def test_an_ipv6_tunnel_from_the_virtual_address_is_found_and_mended(lan):
    """The kernel takes the longest prefix for the sender: that of the virtual address, a /128."""
    table = make_table([service(RealServer(WEB1_6, 80, "tunnel"), VIP6)])
    text = render(table, "json")
    found = json.loads(lan.lvs("doctor", "-", "--format", "json", input=text).stdout)["findings"]
    (sender,) = (finding for finding in found if finding["code"] == "tunnel.sender")
    assert on(lan, "director", sender["mend"]).returncode == 0
    assert "tunnel.sender" not in lan.lvs("doctor", "-", "--format", "json", input=text).stdout
