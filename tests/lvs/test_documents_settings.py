"""Timeouts, sync daemons and sysctls as people write them in JSON and YAML."""

import pytest

from lvs.canonical_form import make_table
from lvs.formats import FormatError, parse, parse_with_warnings
from lvs.model import EMPTY
from lvs.settings import SyncDaemon, Sysctl, Timeouts


def test_what_is_left_out_has_its_default():
    text = "services: []\nsync:\n  - {role: master, interface: eth0}\ntimeouts: {udp: 30}\n"
    assert parse(text) == make_table(
        [], Timeouts(udp=30), (SyncDaemon("master", "eth0", 0, 1472, "224.0.0.81", 8848, 1),)
    )


def test_the_length_of_a_message_fits_the_group():
    text = 'services: []\nsync: [{role: backup, interface: eth0, group: "ff02::81"}]\n'
    assert parse(text).sync == (SyncDaemon("backup", "eth0", 0, 1452, "ff02::81"),)


def test_every_option_can_be_written():
    text = """
services: []
timeouts: {tcp: 900, tcp_fin: 120, udp: 300}
sync:
  - {role: backup, interface: eth1, syncid: 2, maxlen: 1500, group: 239.0.0.1, port: 9000, ttl: 9}
  - {role: master, interface: eth0, syncid: 1}
sysctls:
  sync_threshold: 3 50
  conntrack: 1
  am_droprate: "010"
"""
    assert parse(text) == make_table(
        [],
        Timeouts(900, 120, 300),
        (
            SyncDaemon("master", "eth0", 1, 1472),
            SyncDaemon("backup", "eth1", 2, 1500, "239.0.0.1", 9000, 9),
        ),
        (Sysctl("am_droprate", "10"), Sysctl("conntrack", "1"), Sysctl("sync_threshold", "3 50")),
    )


def test_null_decides_nothing_and_an_empty_list_of_daemons_does():
    assert parse("services: []\nsync: null\ntimeouts: null\nsysctls: null\n") == EMPTY
    assert parse("services: []\nsync: []\n").sync == ()
    assert parse("services: []\ntimeouts: {}\nsysctls: {}\n") == EMPTY


def test_a_warning_has_its_line():
    text = (
        "services: []\nsync:\n  - {role: master, interface: e, maxlen: 2000}\n"
        "  - {role: backup, interface: e, maxlen: 1024}\n"
    )
    assert parse_with_warnings(text)[1] == [
        "line 2: The backup takes 1024 bytes of a message, and masters send up to 2000."
    ]


DAEMON = "services: []\nsync:\n  - role: master\n    interface: eth0\n"
WRONG = [
    ("services: []\ntimeouts: 5", 2, "an object belongs here, not “5”"),
    ("services: []\ntimeouts: [5]", 2, "an object belongs here, not a list"),
    ("services: []\ntimeouts:\n  tcpfin: 5", 3, "“tcpfin” is unknown here. Did you mean “tcp_fin”"),
    ("services: []\ntimeouts:\n  tcp: 5s", 3, "“tcp” must be a whole number, not the text “5s”"),
    ("services: []\ntimeouts:\n  udp: 1\n  tcp: -5", 4, "The TCP timeout must be from 0 to"),
    ("services: []\nsync: {}", 2, "“sync” must be a list, not an object"),
    ("services: []\nsync: [master]", 2, "an object belongs here, not the text “master”"),
    ("services: []\nsync:\n  - interface: eth0", 3, "“role” is missing"),
    ("services: []\nsync:\n  - role: master", 3, "“interface” is missing"),
    ("services: []\nsync:\n  - role: both\n    interface: e", 3, "“role” can't be “both”."),
    (DAEMON + "    syncid: 256", 5, "The sync id must be from 0 to 255, not 256."),
    (DAEMON + "    mcast: 1", 5, "“mcast” is unknown here."),
    (DAEMON + "    group: 5", 5, "“group” must be text, not “5”"),
    (DAEMON + "    group: 10.0.0.1", 5, "no multicast address"),
    (DAEMON + "    group: eth0", 5, "is no address"),
    (DAEMON + "    maxlen: 70000", 5, "The message length must be from 1 to 65507"),
    (DAEMON + "  - role: master\n    interface: e", 2, "A director runs one master at most"),
    ("services: []\nsysctls: [conntrack]", 2, "an object belongs here, not a list"),
    ("services: []\nsysctls:\n  conntrack: true", 3, "“conntrack” must be text, not true"),
    ("services: []\nsysctls:\n  conntrack: 2", 3, "conntrack must be from 0 to 1, not 2."),
    ("services: []\nsysctls:\n  conntrak: 1", 3, "Did you mean “conntrack”?"),
    ("services: []\nsysctls:\n  conntrack: null", 3, "“conntrack” is missing"),
    ("services: []\nsysctls:\n  conntrack: 1\n  conntrack: 0", 4, "“conntrack” stands twice"),
    ('{"services": [],\n"sysctls": {"conntrack":\n9}}', 2, "from 0 to 1, not 9"),
    ('{"services": [],\n"sync": [{"role": "master", "interface":\n"\\ud800"}]}', 2, "no interface"),
    ("services: []\nsysctl: {}", 2, "“sysctl” is unknown here. Did you mean “sysctls”?"),
]


@pytest.mark.parametrize(("text", "line", "message"), WRONG)
def test_an_error_has_its_line_and_says_what_is_wrong(text, line, message):
    with pytest.raises(FormatError) as caught:
        parse(text)
    assert (caught.value.line, message in caught.value.message) == (line, True), caught.value
