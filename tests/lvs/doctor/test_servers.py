"""What real servers are told to do, and the script that checks them."""

import subprocess

import pytest

from lvs.canonical_form import make_table
from lvs.doctor.script import verification_script
from lvs.doctor.servers import advise
from lvs.model import VirtualService
from tests.lvs.doctor.hosts import (
    HEALTHY,
    INNER,
    INNER6,
    VIP,
    VIP6,
    WEB1,
    WEB2,
    WEB6,
    server,
    table,
    with_link,
    with_route,
)


def told(host, wanted):
    """Commands and notes for the only group of real servers."""
    (advice,) = advise(host, wanted)
    return list(advice.commands), list(advice.notes)


def test_real_servers_with_the_same_needs_are_told_together():
    (advice,) = advise(HEALTHY, table(server(WEB1), server(WEB2)))
    assert (advice.servers, advice.ways) == ((WEB1, WEB2), ("masquerade",))


@pytest.mark.parametrize(
    ("address", "vip", "command"),
    [
        (WEB1, VIP, f"ip route replace default via {INNER}"),
        (WEB6, VIP6, f"ip -6 route replace default via {INNER6}"),
    ],
)
def test_masquerade_wants_the_directors_inner_address_as_default_route(address, vip, command):
    assert told(HEALTHY, table(server(address), address=vip))[0] == [command]


def test_masquerade_in_one_network_wants_redirects_ignored():
    host = with_route(WEB1, interface="outer", source=VIP)
    commands, _ = told(host, table())
    assert commands[1:] == [
        f"dev=$(ip -o address show to {WEB1} | awk '{{print $2; exit}}')",
        'sysctl -w net/ipv4/conf/all/accept_redirects=0 net/ipv4/conf/"$dev"/accept_redirects=0',
    ]


def test_masquerade_behind_a_gateway_has_no_command_but_a_note():
    commands, notes = told(with_route(WEB1, interface="inner", gateway="192.168.1.1"), table())
    assert commands == []
    assert "behind 192.168.1.1" in notes[0]


def test_masquerade_without_a_route_says_what_comes_first():
    commands, notes = told(with_route(WEB1, refusal="Network is unreachable"), table())
    assert (commands, notes) == ([], ["The director has no route to it yet: mend that first."])


def test_the_director_itself_needs_nothing():
    host = with_route(WEB1, local=True, interface="lo")
    assert told(host, table()) == ([], ["It is the director itself: nothing to set."])


def test_direct_settles_arp_before_it_binds_the_address():
    commands, _ = told(HEALTHY, table(server(forwarding="direct")))
    assert commands == [
        f"dev=$(ip -o address show to {WEB1} | awk '{{print $2; exit}}')",
        "sysctl -w net/ipv4/conf/all/arp_ignore=1 net/ipv4/conf/all/arp_announce=2 "
        'net/ipv4/conf/"$dev"/arp_ignore=1 net/ipv4/conf/"$dev"/arp_announce=2',
        f"ip address add {VIP}/32 dev lo",
    ]


def test_direct_with_ipv6_needs_the_address_only():
    commands, _ = told(HEALTHY, table(server(WEB6, "direct"), address=VIP6))
    assert commands == [f"ip -6 address add {VIP6}/128 dev lo nodad preferred_lft 0"]


def test_two_services_on_one_address_bind_it_once():
    first = table(server(forwarding="direct")).services[0]
    wanted = make_table([first, first._replace(port=443)])
    assert [c for c in told(HEALTHY, wanted)[0] if "address add" in c] == [
        f"ip address add {VIP}/32 dev lo"
    ]


def test_a_firewall_mark_leaves_its_addresses_to_people():
    mark = VirtualService("inet", "", "", 0, 7, real_servers=(server(forwarding="direct"),))
    commands, notes = told(HEALTHY, make_table([mark]))
    assert not any("address add" in command for command in commands)
    assert notes[0].startswith("Bind each address that the firewall mark stands for")


TUNNELS = {
    "ipip": (WEB1, VIP, {}, ["modprobe ipip", f"ip link add lvs-ipip type ipip local {WEB1}"]),
    "ipip of IPv6": (
        WEB1,
        VIP6,
        {},
        ["modprobe sit", f"ip link add lvs-sit type sit local {WEB1}"],
    ),
    "ipip over IPv6": (
        WEB6,
        VIP6,
        {},
        [
            "modprobe ip6_tunnel",
            f"ip link add lvs-ip6 type ip6tnl mode any allow-localremote local {WEB6}",
        ],
    ),
    "gre": (
        WEB1,
        VIP,
        {"tunnel_type": "gre"},
        ["modprobe ip_gre", f"ip link add lvs-gre type gre local {WEB1}"],
    ),
    "gre with checksum over IPv6": (
        WEB6,
        VIP6,
        {"tunnel_type": "gre", "tunnel_checksum": "csum"},
        ["modprobe ip6_gre", f"ip link add lvs-gre6 type ip6gre icsum local {WEB6}"],
    ),
    "gue": (
        WEB1,
        VIP,
        {"tunnel_type": "gue", "tunnel_port": 6080},
        [
            "modprobe ipip",
            "modprobe fou",
            "ip fou add port 6080 gue",
            f"ip link add lvs-ipip type ipip local {WEB1}",
        ],
    ),
}


@pytest.mark.parametrize("name", TUNNELS)
def test_each_tunnel_has_its_device(name):
    address, vip, settings, expected = TUNNELS[name]
    commands, _ = told(HEALTHY, table(server(address, "tunnel", **settings), address=vip))
    assert commands[: len(expected)] == expected


def test_a_tunnel_with_less_room_wants_smaller_segments():
    commands, _ = told(HEALTHY, table(server(forwarding="tunnel")))
    assert commands[-1] == "ip route change $(ip route show default | head -n 1) advmss 1440"


def test_a_tunnel_with_room_enough_does_not():
    commands, _ = told(with_link("inner", mtu=9000), table(server(forwarding="tunnel")))
    assert not any("advmss" in command for command in commands)


ALL_KINDS = [
    table(),
    table(server(WEB6), address=VIP6),
    table(server(forwarding="direct")),
    *(table(server(a, "tunnel", **s), address=vip) for a, vip, s, _ in TUNNELS.values()),
]


@pytest.mark.parametrize("wanted", ALL_KINDS)
def test_the_script_is_shell(wanted):
    address = wanted.services[0].real_servers[0].address
    script = verification_script(HEALTHY, wanted, address)
    assert script.startswith("#!/bin/sh\n")
    done = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_there_is_no_script_for_a_stranger():
    assert verification_script(HEALTHY, table(), WEB2) is None
