"""keepalived.conf → table: values and defaults as keepalived 2.2.7 was seen to put them into the kernel.

tests/lab/test_other_tools.py asks the program itself.
"""

import pytest

from lvs.formats import FormatError, read, render
from lvs.settings import SyncDaemon, Timeouts

SHOP = """\
! the shop's two directors
global_defs {
    router_id lvs1
    lvs_timeouts tcp 600 udp 30
    lvs_sync_daemon eth1 id 7
}

virtual_server 192.0.2.10 443 {
    delay_loop 5
    lb_algo wrr
    lb_kind DR
    protocol TCP
    persistence_timeout 900
    persistence_granularity 255.255.255.0
    quorum 2

    sorry_server 10.0.9.1 443

    real_server 10.0.0.11 443 {
        weight 20
        uthreshold 4000
        lthreshold 3000
        SSL_GET {
            url {
                path /healthy
                status_code 200
            }
        }
    }
    real_server 10.0.0.12 443 {
        lvs_method TUN type gue port 6080 csum
        notify_down "/usr/bin/page {us} # now"
    }
}

virtual_server fwmark 8 {
    lb_algo mh
    mh-port
    ops
    real_server 2001:db8::5 {
        inhibit_on_failure
    }
}
"""


def test_a_realistic_file_as_ipvsadm_would_write_it():
    assert render(read(SHOP).table, "ipvsadm") == (
        "--set 600 0 30\n"
        "-A -t 192.0.2.10:443 -s wrr -p 900 -M 255.255.255.0\n"
        "-a -t 192.0.2.10:443 -r 10.0.0.11:443 -g -w 20 -x 4000 -y 3000\n"
        "-a -t 192.0.2.10:443 -r 10.0.0.12:443 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum\n"
        "-A -f 8 -6 -s mh -o -b mh-port\n"
        "-a -f 8 -6 -r [2001:db8::5]:0 -m -w 1\n"
        "--start-daemon master --mcast-interface eth1 --syncid 7 --sync-maxlen 1472 "
        "--mcast-group 224.0.0.81 --mcast-port 8848 --mcast-ttl 1\n"
        "--start-daemon backup --mcast-interface eth1 --syncid 7 --sync-maxlen 1472 "
        "--mcast-group 224.0.0.81 --mcast-port 8848 --mcast-ttl 1\n"
    )


def test_what_is_no_part_of_a_table_is_noted_line_by_line():
    assert [str(note) for note in read(SHOP).notes] == [
        "line 3: “router_id lvs1”: a setting of keepalived itself",
        "line 9: “delay_loop 5”: a setting of its health checks",
        "line 15: “quorum 2”: what keepalived does when too few real servers are up",
        "line 17: “sorry_server 10.0.9.1 443”: the server that takes over when too few real servers "
        "are up",
        "line 23: “SSL_GET”: health checks are keepalived's own work",
        "line 32: “notify_down /usr/bin/page {us} # now”: whom keepalived tells of changes",
        "line 41: “inhibit_on_failure”: whether a real server that fails stays with weight 0",
    ]


def service_of(inner, head="virtual_server 10.0.0.1 80", protocol="protocol TCP"):
    """The one service of a virtual_server with these lines in it."""
    real = "" if "real_server" in inner else "real_server 10.0.0.2 80 {\n}\n"
    (service,) = read(f"{head} {{\n{protocol}\n{inner}\n{real}}}\n").table.services
    return service


def test_what_a_block_leaves_out_means_what_keepalived_makes_of_it():
    reading = read("virtual_server 10.0.0.1 80 {\n  real_server 10.0.0.2 {\n  }\n}\n")
    assert render(reading.table, "ipvsadm") == (
        "-A -u 10.0.0.1:80 -s wlc\n-a -u 10.0.0.1:80 -r 10.0.0.2:80 -m -w 1\n"
    )
    assert [str(warning) for warning in reading.warnings] == [
        "line 1: no protocol is given, and keepalived takes UDP then"
    ]


@pytest.mark.parametrize(
    ("inner", "field", "value"),
    [
        ("lvs_sched sh\nsh-port\nsh-fallback", "flags", ("sh-fallback", "sh-port")),
        ("flag-1\nlb_algo sh", "flags", ("sh-fallback",)),
        ("flag-3", "flags", ("flag-3",)),
        ("lb_algo rr\nlb_algo lc", "scheduler", "lc"),
        ("lb_algo rr\nlvs_sched lc", "scheduler", "lc"),
        ("persistence_timeout", "persistence", 360),
        ("persistence_granularity 255.255.0.0", "persistence", 360),
        ("mh-port\nlb_algo mh", "flags", ()),
        ("ops", "one_packet", False),
    ],
)
def test_settings_of_a_virtual_server(inner, field, value):
    assert getattr(service_of(inner), field) == value


def test_the_weight_of_the_virtual_server_holds_for_real_servers_that_give_none():
    two = "real_server 10.0.0.2 80 {\nweight 2\n}\nreal_server 10.0.0.3 80 {\n}\n"
    servers = service_of(f"{two}weight 7").real_servers
    assert [(server.address, server.weight) for server in servers] == [
        ("10.0.0.2", 2),
        ("10.0.0.3", 7),
    ]


@pytest.mark.parametrize(
    ("method", "seen"),
    [
        ("NAT", ("masquerade", "ipip", 0, "none")),
        ("TUN", ("tunnel", "ipip", 0, "none")),
        ("TUN type ipip nocsum", ("tunnel", "ipip", 0, "none")),
        ("TUN csum type gre", ("tunnel", "gre", 0, "csum")),
        ("TUN type gue port 55 remcsum", ("tunnel", "gue", 55, "remcsum")),
    ],
)
def test_forwarding_of_the_virtual_server_holds_for_its_real_servers(method, seen):
    (server,) = service_of(f"lb_kind {method}").real_servers
    found = (server.forwarding, server.tunnel_type, server.tunnel_port, server.tunnel_checksum)
    assert found == seen


@pytest.mark.parametrize(
    ("inner", "warning"),
    [
        ("persistence_granularity 255.255.0.0", "persistence_granularity without persistence_time"),
        ("persistence_engine sip", "no persistence_timeout is given: the engine has no effect"),
        ("ops", "ops works for UDP only: keepalived drops it"),
        ("lb_kind DR\nreal_server 10.0.0.2 81 {\n}", "port 81 without NAT: keepalived takes 80"),
    ],
)
def test_what_keepalived_mends_is_mended_with_a_warning(inner, warning):
    reading = read(f"virtual_server 10.0.0.1 80 {{\nprotocol TCP\n{inner}\n{REAL}}}\n")
    assert [warning in str(found) for found in reading.warnings] == [True], reading.warnings


REAL = "real_server 10.0.0.3 80 {\n}\n"


def test_port_0_gets_the_persistence_that_it_needs():
    assert service_of("", "virtual_server 10.0.0.1").persistence == 360


def test_the_ports_of_a_group_are_those_of_its_real_servers():
    text = (
        "virtual_server group web {\n  protocol TCP\n  lb_kind DR\n  real_server 10.1.0.1 {\n  }\n}\n"
        "virtual_server_group web {\n  10.0.0.1-2 80\n  10.0.0.254-10.0.1.0 81\n  10.0.2.4/31 82\n"
        "  fwmark 9\n}\n"
    )
    table = read(text).table
    assert [f"{service}: {service.real_servers[0]}" for service in table.services] == [
        "tcp 10.0.0.1:80: 10.1.0.1:80",
        "tcp 10.0.0.2:80: 10.1.0.1:80",
        "tcp 10.0.0.254:81: 10.1.0.1:81",
        "tcp 10.0.0.255:81: 10.1.0.1:81",
        "tcp 10.0.1.0:81: 10.1.0.1:81",
        "tcp 10.0.2.4:82: 10.1.0.1:82",
        "tcp 10.0.2.5:82: 10.1.0.1:82",
        "fwmark 9: 10.1.0.1:0",
    ]


def test_ranges_of_ipv6_addresses_count_in_hexadecimal():
    text = (
        "virtual_server_group g {\n  2001:db8::9-b 80\n}\n"
        "virtual_server group g {\n  protocol TCP\n  real_server 2001:db8:1::1 {\n  }\n}\n"
    )
    addresses = [service.address for service in read(text).table.services]
    assert addresses == ["2001:db8::9", "2001:db8::a", "2001:db8::b"]


@pytest.mark.parametrize(
    ("inner", "family"),
    [
        ("real_server 10.0.0.1 {\n}", "inet"),
        ("real_server 2001:db8::1 {\n}", "inet6"),
        ("lb_kind TUN\nip_family inet6\nreal_server 10.0.0.1 {\n}", "inet6"),
        ("lb_kind TUN\npersistence_granularity 64\nreal_server 10.0.0.1 {\n}", "inet6"),
        ("lb_kind TUN\nreal_server 10.0.0.1 {\n}\nreal_server 2001:db8::1 {\n}", "inet"),
    ],
)
def test_the_family_of_a_firewall_mark(inner, family):
    assert service_of(inner, "virtual_server fwmark 5", "").family == family


def test_a_sync_daemon_that_follows_vrrp_is_noted_and_not_carried():
    reading = read(f"global_defs {{\nlvs_sync_daemon eth0 VI_1 id 3\n}}\n{PLAIN}")
    assert reading.table.sync is None
    assert [note.line for note in reading.notes] == [2]
    assert "follows the VRRP instance “VI_1”" in reading.notes[0].message


def test_timeouts_and_every_option_of_the_sync_daemons():
    text = (
        "global_defs {\nlvs_timeouts tcpfin 9\n"
        "lvs_sync_daemon eth0 id 3 maxlen 1300 port 99 ttl 4 group ff02::81\n}\n"
    )
    table = read(text + PLAIN).table
    assert table.timeouts == Timeouts(tcp_fin=9)
    assert table.sync == tuple(
        SyncDaemon(role, "eth0", 3, 1300, "ff02::81", 99, 4) for role in ("master", "backup")
    )


PLAIN = "virtual_server 10.0.0.1 80 {\nprotocol TCP\nreal_server 10.0.0.2 80 {\n}\n}\n"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("vrrp_instance A {\nstate MASTER\n}\n", "line 1: “vrrp_instance A”: VRRP moves"),
        ("static_routes {\n}\n", "line 1: “static_routes”: addresses, routes and rules"),
        ("frobnicate 3\n", "line 1: “frobnicate 3”: keepalived knows no such block or setting"),
        ("virtual_server 10.0.0.9 80 {\n}\n", "line 1: a virtual_server without real servers"),
        ("virtual_server_group g {\n10.0.0.1 80\n}\n", "line 2: no virtual_server uses the group"),
        (
            f"virtual_server_group g {{\n}}\nvirtual_server group g {{\n{REAL}}}\n",
            "line 3: “virtual_server group g”: its group is empty",
        ),
    ],
)
def test_what_stands_beside_the_virtual_servers_is_noted(text, note):
    reading = read(text + PLAIN, "keepalived")
    assert reading.table == read(PLAIN).table
    assert [str(found)[: len(note)] for found in reading.notes] == [note]


@pytest.mark.parametrize(
    ("inner", "note"),
    [
        ("lb_algoo rr", "“lb_algoo rr”: keepalived knows no such setting of a virtual server"),
        ("lb_algo rr\nlb_algo lc", "lb_algo stands again in line 3, which counts"),
        ("lb_algo rr wrr", "“wrr” after lb_algo: keepalived does not read it"),
        ("mh-port\nlb_algo mh", "mh-port does not follow the lb_algo that it belongs to"),
    ],
)
def test_what_keepalived_would_ignore_in_a_virtual_server_is_noted(inner, note):
    text = f"virtual_server 10.0.0.1 80 {{\n{inner}\nprotocol TCP\n{REAL}}}\n"
    (found,) = read(text).notes
    assert (found.line, found.message[: len(note)]) == (2, note)


WRONG = [
    ("lb_kind dr", 3, "lb_kind can't be “dr”. It is NAT, DR or TUN."),
    ("lb_algo RR", 3, "lb_algo can't be “RR”"),
    ("lb_algo", 3, "lb_algo needs a value"),
    ("lb_kind NAT type gue", 3, "“type” goes with TUN only"),
    ("lb_kind TUN type gue", 4, "The tunnel port of GUE must be from 1"),
    ("lb_kind TUN loud", 3, "“loud” is none of type, port, nocsum"),
    ("persistence_timeout 0", 3, "takes seconds from 1 on"),
    ("weight 0", 3, "weight of a virtual server is from 1 on"),
    ("persistence_timeout ten", 3, "takes a whole number, not “ten”"),
    ("persistence_granularity 24", 3, "“24” is no netmask"),
    ("protocol ICMP", 3, "protocol can't be “ICMP”"),
    ("real_server", 3, "real_server needs an address"),
    ("real_server www 80 {\n}", 3, "“www” is not an IPv4 or IPv6 address"),
    ("real_server 10.0.0.3 80 {\nweight $A\n}", 4, "weight takes a whole number, not “$A”"),
    ("real_server 10.0.0.3 80 {\nlthreshold 5\n}", 4, "A lower threshold needs an upper one"),
    (f"{REAL}{REAL}", 5, "10.0.0.3:80 stands in this service already"),
    ("real_server 2001:db8::1 80 {\n}", 3, "reaches an IPv6 real server by forwarding tunnel only"),
]


@pytest.mark.parametrize(("inner", "line", "message"), WRONG)
def test_an_error_in_a_virtual_server_has_its_line(inner, line, message):
    text = f"virtual_server 10.0.0.1 80 {{\nprotocol TCP\n{inner}\n{REAL}}}\n".replace(
        REAL + "}", "real_server 10.0.0.9 80 {\n}\n}"
    )
    with pytest.raises(FormatError) as caught:
        read(text)
    assert (caught.value.line, message in caught.value.message) == (line, True), caught.value


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("global_defs {\n}\n", None, "there is no virtual_server in it"),
        ("virtual_server {\n}\n", 1, "needs an address, “fwmark” or “group”"),
        ("virtual_server group g {\n}\n", 1, "there is no virtual_server_group “g”"),
        ("virtual_server fwmark 0 {\n}\n", 1, "fwmark needs a number from 1 on"),
        ("virtual_server 10.0.0.1 http {\n}\n", 1, "takes a whole number, not “http”"),
        (f"{PLAIN}{PLAIN}", 6, "The service tcp 10.0.0.1:80 stands in the table already"),
        (f"virtual_server_group g {{\n}}\nvirtual_server_group g {{\n}}\n{PLAIN}", 3, "twice"),
        ("global_defs {\nlvs_timeouts tcp\n}\n" + PLAIN, 2, "takes a whole number, not “”"),
        ("global_defs {\nlvs_timeouts sctp 3\n}\n" + PLAIN, 2, "takes tcp, tcpfin and udp"),
        ("global_defs {\nlvs_sync_daemon\n}\n" + PLAIN, 2, "Give the interface"),
    ],
)
def test_an_error_outside_of_virtual_servers_has_its_line(text, line, message):
    with pytest.raises(FormatError) as caught:
        read(text, "keepalived")
    assert (caught.value.line, message in caught.value.message) == (line, True), caught.value


@pytest.mark.parametrize("entry", ["10.0.0.9/30", "10.0.0.9-5", "10.0.0.1-x", "10.0.0.1-2001::1"])
def test_a_range_that_is_none_says_how_one_looks(entry):
    text = f"virtual_server_group g {{\n{entry} 80\n}}\nvirtual_server group g {{\n{REAL}}}\n"
    with pytest.raises(FormatError, match=r"^line 2: “.*” is no address and no range") as caught:
        read(text)
    assert "10.0.0.8/29" in caught.value.message


def test_lb_kind_of_a_real_server_is_nothing_to_keepalived():
    inner = "lb_kind DR\nreal_server 10.0.0.2 80 {\nlb_kind NAT\n}\n"
    reading = read(f"virtual_server 10.0.0.1 80 {{\nprotocol TCP\n{inner}}}\n")
    (server,) = reading.table.services[0].real_servers
    assert server.forwarding == "direct"
    assert [str(note) for note in reading.notes] == [
        "line 5: “lb_kind NAT”: keepalived knows no such setting of a real server"
    ]
