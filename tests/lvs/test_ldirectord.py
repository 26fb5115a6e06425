"""ldirectord.cf → table: grammar and defaults as ldirectord(8) tells them and the program reads them.

tests/lab/test_other_tools.py asks the program itself.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvs.formats import FormatError, read, render
from lvs.formats.surroundings import Surroundings
from tests.lvs.test_keepalived_text import read_as
from tests.lvs.work import steps_of

SHOP = """\
# the shop's director
checktimeout=3
checkinterval = 5
quiescent=no

virtual=192.0.2.10:443
\treal=10.0.0.11:443 gate 20 "status", "OK"
\treal=10.0.0.12->10.0.0.14:443 gate
        # the old one
        real=10.0.0.20:8443 masq 5 l:10 u:200
\tfallback=127.0.0.1:443 gate
\tservice=https
\tscheduler=wlc
\tpersistent=900
\tnetmask=255.255.255.0
\tprotocol=tcp
\tpasswd="open sesame"
virtual=192.0.2.10:domain
    real=10.0.0.11 ipip
    checktype=on
    service=none
    ops=yes
virtual6=[2001:db8::1]:80
    real6=[2001:db8:1::1]:8080 masq
    schedflags=mh-port
    scheduler=mh

virtual=7
    real=10.0.0.1 gate
    protocol=fwm
"""


def test_a_realistic_file_as_ipvsadm_would_write_it():
    assert render(read(SHOP).table, "ipvsadm") == (
        "-A -t 192.0.2.10:443 -s wlc -p 900 -M 255.255.255.0\n"
        "-a -t 192.0.2.10:443 -r 10.0.0.11:443 -g -w 20\n"
        "-a -t 192.0.2.10:443 -r 10.0.0.12:443 -g -w 1\n"
        "-a -t 192.0.2.10:443 -r 10.0.0.13:443 -g -w 1\n"
        "-a -t 192.0.2.10:443 -r 10.0.0.14:443 -g -w 1\n"
        "-a -t 192.0.2.10:443 -r 10.0.0.20:8443 -m -w 5 -x 200 -y 10\n"
        "-A -u 192.0.2.10:53 -s wrr -o\n"
        "-a -u 192.0.2.10:53 -r 10.0.0.11:53 -i -w 1 --tun-type ipip\n"
        "-A -t [2001:db8::1]:80 -s mh -b mh-port\n"
        "-a -t [2001:db8::1]:80 -r [2001:db8:1::1]:8080 -m -w 1\n"
        "-A -f 7 -s wrr\n"
        "-a -f 7 -r 10.0.0.1:0 -g -w 1\n"
    )


def test_what_is_no_part_of_a_table_is_noted_line_by_line_without_passwords():
    assert [str(note) for note in read(SHOP).notes] == [
        "line 2: “checktimeout=3”: health checks are ldirectord's own work",
        "line 3: “checkinterval = 5”: health checks are ldirectord's own work",
        "line 4: “quiescent=no”: what ldirectord does when real servers fail",
        'line 7: “"status", "OK"”: health checks are ldirectord\'s own work',
        "line 11: “fallback=127.0.0.1:443 gate”: the server that takes over when all real servers "
        "are down",
        "line 12: “service=https”: health checks are ldirectord's own work",
        "line 17: “passwd”: health checks are ldirectord's own work",
    ]


def service_of(*inner, head="virtual=10.0.0.1:80"):
    (service,) = read("\n    ".join((head, *inner)) + "\n").table.services
    return service


@pytest.mark.parametrize(
    ("head", "protocol"),
    [
        ("virtual=10.0.0.1:80", "tcp"),
        ("virtual=10.0.0.1:53", "udp"),
        ("virtual=10.0.0.1:http", "tcp"),
    ],
)
def test_the_protocol_is_udp_on_port_53_and_tcp_on_every_other(head, protocol):
    service = service_of(head=head)
    assert (service.protocol, service.scheduler) == (protocol, "wrr")


def test_without_masq_a_real_server_has_the_port_of_the_service():
    reading = read("virtual=10.0.0.1:80\n    real=10.0.0.2:81 gate\n")
    assert str(reading.table.services[0].real_servers[0]) == "10.0.0.2:80"
    assert [str(warning) for warning in reading.warnings] == [
        "line 2: port 81 without masq: ldirectord takes 80, as packets keep their port"
    ]


def test_with_checktype_off_no_real_server_gets_connections():
    reading = read("virtual=10.0.0.1:80\n    real=10.0.0.2:80 masq 5\n    checktype=off\n")
    assert reading.table.services[0].real_servers[0].weight == 0
    (note,) = reading.notes
    assert (note.line, note.message.partition(": ")[2]) == (
        3,
        "health checks are ldirectord's own work, and with off it activates no real server: "
        "they are carried with weight 0",
    )


def test_a_netmask_without_persistence_is_not_set():
    reading = read("virtual=10.0.0.1:80\n    real=10.0.0.2:80 masq\n    netmask=255.255.0.0\n")
    assert reading.table.services[0].netmask == "255.255.255.255"
    assert [warning.line for warning in reading.warnings] == [3]


@pytest.mark.parametrize("head", ["virtual=10.0.0.1:80", "virtual=5"])
def test_one_packet_scheduling_is_set_for_udp_only(head):
    reading = read(f"{head}\n    real=10.0.0.2 masq\n    ops=yes\n")
    assert reading.table.services[0].one_packet is False
    assert [str(warning) for warning in reading.warnings] == [
        "line 3: ops works for protocol udp only: ldirectord does not set it"
    ]


def test_names_of_hosts_are_looked_up_by_the_caller():
    known = {("vip", "inet"): ["10.0.0.1"], ("web1", "inet"): ["10.0.0.2"]}
    around = Surroundings(addresses_of=lambda name, family: known.get((name, family), []))
    (service,) = read("virtual=vip:80\n    real=web1:80 masq\n", around=around).table.services
    assert f"{service} {service.real_servers[0]}" == "tcp 10.0.0.1:80 10.0.0.2:80"


HEAD = "virtual=10.0.0.1:80"
WRONG = [
    ("checktimeout=3\n", None, "there is no virtual= in it"),
    (f"{HEAD}\n\n    real=10.0.0.2:80 masq\n", 3, "belongs to a virtual= above it"),
    (f"{HEAD}\n  real=10.0.0.2:80 masq\n", 2, "belongs to a virtual= above it"),
    (
        f"{HEAD}\nreal=10.0.0.2:80 masq\n",
        2,
        "“real=10.0.0.2:80 masq” is no setting of ldirectord.cf",
    ),
    ("virtual=10.0.0.1\n", 1, "“10.0.0.1” is no virtual service"),
    ("virtual=0\n", 1, "the firewall mark must be from 1 on"),
    ("virtual=4294967296\n", 1, "The firewall mark must be from 1 to 4294967295"),
    ("virtual=[2001:db8::1]:80\n", 1, "an IPv6 address belongs into virtual6"),
    ("virtual=www:80\n", 1, "“www” is not an IPv4 or IPv6 address"),
    ("virtual=10.0.0.1:nosuch\n", 1, "no name of a port"),
    (f"{HEAD}\n    real6=[2001:db8::1]:80 masq\n", 2, "real6 does not go with this family"),
    (f"{HEAD}\n    real=10.0.0.2:80\n", 2, "“10.0.0.2:80” is no real server"),
    (f"{HEAD}\n    real=10.0.0.2:80 nat\n", 2, "“10.0.0.2:80 nat” is no real server"),
    (f"{HEAD}\n    real=10.0.0.2:80 masq x\n", 2, "“x” after masq is none of weight"),
    (f"{HEAD}\n    real=10.0.0.2:80 masq u:5 l:3\n", 2, "“u:5 l:3” after masq"),
    (f"{HEAD}\n    real=10.0.0.5->10.0.0.2:80 masq\n", 2, "ends before it begins"),
    (
        f"{HEAD}\n    real=10.0.0.2:80 masq\n    real=10.0.0.2:80 masq\n",
        3,
        "stands in this service",
    ),
    (f"{HEAD}\n    scheduler=WRR\n", 2, "scheduler can't be “WRR”"),
    (f"{HEAD}\n    scheduler=rrw\n", 2, "“rrw” is no scheduler"),
    (f"{HEAD}\n    schedflags=mh-port\n", 2, "has no flag “mh-port”"),
    (f"{HEAD}\n    persistent=0\n", 2, "persistent takes seconds from 1 on"),
    (f"{HEAD}\n    persistent=9\n    netmask=255.0.255.0\n", 3, "“255.0.255.0” is no netmask"),
    (f"{HEAD}\n    protocol=sctp\n", 2, "protocol can't be “sctp”"),
    (f"{HEAD}\n    protocol=fwm\n", 2, "fwm goes with a firewall mark only"),
    ("virtual=5\n    protocol=tcp\n", 2, "the protocol of a firewall mark is fwm"),
    (f"{HEAD}\n    ops=maybe\n", 2, "ops can't be “maybe”"),
    (f"{HEAD}\n    checktype=loud\n", 2, "checktype can't be “loud”"),
    (f"{HEAD}\n    frob=1\n", 2, "“frob=1” is no setting of a virtual service"),
    (f"{HEAD}\n{HEAD}\n", 2, "stands in the table already"),
]


@pytest.mark.parametrize(("text", "line", "message"), WRONG)
def test_an_error_has_its_line_and_says_what_is_wrong(text, line, message):
    with pytest.raises(FormatError) as caught:
        read(text)
    assert (caught.value.line, message in caught.value.message) == (line, True), caught.value


def test_a_short_range_does_not_grow_without_end():
    with pytest.raises(FormatError, match="come to more than 8000000 characters"):
        read(f"{HEAD}\n    real=10.0.0.0->10.255.255.255:80 masq\n")


def test_the_work_of_reading_grows_with_the_text():
    def work(services):
        text = "\n".join(
            f"virtual=10.{i // 250}.{i % 250}.1:80\n\treal=10.0.0.1:80 masq 5\n"
            f"\treal=10.0.0.2->10.0.0.4:80 gate\n\tservice=http\n# more"
            for i in range(services)
        )
        assert len(read(text).table.services) == services
        return steps_of(lambda: read(text))

    assert work(500) < 12 * work(50)


@pytest.mark.parametrize("line", ["a", " ", "1", '"', "a-", "->", ":", "l:1 ", '"a" ', "=", "#"])
def test_the_work_of_a_long_real_server_grows_with_it(line):
    def work(count):
        text = f"{HEAD}\n    real=10.0.0.1:80 masq {line * count}x\n"
        return steps_of(lambda: read_as(text, "ldirectord"))

    assert work(20_000) < 12 * work(2_000) + 50_000


characters = st.text(
    st.one_of(st.characters(), st.sampled_from('=[]:."#\\ \n\t->lu0189avgmr')), max_size=60
)


@settings(max_examples=300)
@given(characters)
def test_no_text_breaks_the_reader(text):
    read_as(text, "ldirectord")


@settings(max_examples=300)
@given(st.data())
def test_no_damage_to_a_valid_text_breaks_the_reader(data):
    at = data.draw(st.integers(0, len(SHOP)))
    until = data.draw(st.integers(at, min(len(SHOP), at + 9)))
    read_as(SHOP[:at] + data.draw(characters) + SHOP[until:], "ldirectord")
