"""Filters: what people may write, and that they find exactly what matches."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvs.connections import FilterError, find_connections, make_filters, make_order
from lvs.connections.endpoints import Endpoint, read_network
from lvs.connections.filters import STATES
from lvs.connections.lines import Count, read_fields
from lvs.connections.matching import make_test
from lvs.connections.row import decode
from lvs.connections.services import Services
from tests.lvs.captured_list import LINES, TABLE, find, side
from tests.lvs.work import steps_of

SPELLINGS = [
    ("203.0.113.9", Endpoint("203.0.113.9", 0, 32)),
    ("203.0.113.9:80", Endpoint("203.0.113.9", 80, 32)),
    ("203.0.113.0/24", Endpoint("203.0.113.0", 0, 24)),
    ("203.0.113.0/24:80", Endpoint("203.0.113.0", 80, 24)),
    ("0.0.0.0/0", Endpoint("0.0.0.0", 0, 0)),
    ("2001:DB8::9", Endpoint("2001:db8::9", 0, 128)),
    ("[2001:db8::9]", Endpoint("2001:db8::9", 0, 128)),
    ("[2001:db8::9]:80", Endpoint("2001:db8::9", 80, 128)),
    ("2001:db8::/32", Endpoint("2001:db8::", 0, 32)),
    ("[2001:db8::]/32:80", Endpoint("2001:db8::", 80, 32)),
]


@pytest.mark.parametrize(("text", "meaning"), SPELLINGS)
def test_a_client_can_be_written_so(text, meaning):
    assert read_network("client", text) == meaning


WRONG = [
    ({"client": "nobody"}, "client", "“nobody” is no address of a client: write 203.0.113.9"),
    ({"client": "203.0.113.9/24"}, "client", "the network is 203.0.113.0/24"),
    ({"client": "203.0.113.9/33"}, "client", "from 0 to 32, not 33"),
    ({"client": "2001:db8::/129"}, "client", "from 0 to 128, not 129"),
    ({"client": "203.0.113.9:65536"}, "client", "from 1 to 65535, not 65536"),
    ({"client": "203.0.113.9:"}, "client", "no address"),
    ({"client": "[203.0.113.9]:80"}, "client", "no address"),
    ({"client": "1" * 1000}, "client", "longer than 64 characters"),
    ({"server": "192.168.1.0/24"}, "server", "is a network: the server is one address"),
    ({"server": "web1"}, "server", "“web1” is no address of a server"),
    ({"service": "http 192.0.2.1:80"}, "protocol", "“http” is no protocol: choose from tcp"),
    ({"service": "tcp 192.0.2.1 80"}, "service", "write ADDR:PORT or “fwmark N”"),
    ({"service": "192.0.2.0/24"}, "service", "is a network: the service is one address"),
    ({"service": "fwmark"}, "service", "with N from 1 to 4294967295"),
    ({"service": "fwmark 0"}, "service", "with N from 1 to 4294967295"),
    ({"service": "fwmark 4294967296"}, "service", "with N from 1 to 4294967295"),
    ({"service": "fwmark 7 ipv5"}, "service", "is no firewall mark"),
    ({"service": "fwmark 7", "kind": "connections"}, "service", "on templates only"),
    ({"service": "fwmark 7", "protocol": "tcp"}, "protocol", "hold for every protocol"),
    ({"service": "tcp 192.0.2.1", "protocol": "udp"}, "protocol", "so none is udp"),
    ({"state": "OPEN"}, "state", "“OPEN” is no state: choose from NONE, ASSURED, ESTABLISHED"),
    ({"protocol": "icmp"}, "protocol", "choose from tcp, udp, sctp"),
    ({"origin": "here"}, "origin", "choose from local, sync"),
    ({"kind": "some"}, "kind", "choose from all, connections, templates"),
]


@pytest.mark.parametrize(("words", "what", "message"), WRONG)
def test_a_filter_that_can_not_be_says_what_to_write(words, what, message):
    with pytest.raises(FilterError) as caught:
        make_filters(**words)
    assert (caught.value.what, message in str(caught.value)) == (what, True), caught.value


def test_bad_orders_say_so():
    for words in ({"sort": "size"}, {"reverse": True}, {"limit": 0}, {"limit": 10_001}):
        with pytest.raises(FilterError):
            make_order(**words)


@given(st.text(max_size=90))
def test_any_text_is_a_filter_or_a_clear_error(text):
    for name in ("client", "service", "server", "state", "protocol", "origin", "kind"):
        try:
            make_filters(**{name: text})
        except FilterError as error:
            assert str(error)


@pytest.mark.parametrize("text", [":", "1:", "[", "a:b"])
def test_a_long_text_is_refused_without_work(text):
    def work(times):
        with pytest.raises(FilterError):
            read_network("client", text * times)

    assert steps_of(lambda: work(100_000)) < 1000


# Values that often match one another, and TABLE's services with their masks.
addresses = st.sampled_from(
    (
        *("203.0.113.9", "203.0.113.77", "203.0.113.200", "192.168.49.1", "192.168.49.134"),
        *("0.0.0.7", "192.168.49.200", "192.168.1.103", "192.168.1.104", "fd00:99::9"),
        *("fd00:99::77", "fd00:49::1", "fd00:49::134", "fd00:49::200", "fd00:1::103", "0:7::"),
    )
)
ports = st.sampled_from(["", ":80", ":53", ":21", ":8080"])


@st.composite
def networks(draw):
    address = draw(addresses)
    bits = ip_address(address).max_prefixlen
    prefix = draw(st.sampled_from([0, 1, 8, 24, 25, 64, 65, bits]).filter(lambda n: n <= bits))
    network = ip_network(f"{address}/{prefix}", strict=False)
    written = str(network.network_address) if prefix == bits else str(network)
    return (f"[{written}]" if ":" in written and "/" not in written else written), draw(ports)


@st.composite
def words(draw):
    """Filters as words: each is there or not."""
    given_words = {}
    if draw(st.booleans()):
        network, port = draw(networks())
        given_words["client"] = network + (port if "/" not in network or "." in network else "")
    for name in ("service", "server"):
        if draw(st.booleans()):
            address = draw(addresses)
            given_words[name] = (f"[{address}]" if ":" in address else address) + draw(ports)
    if draw(st.booleans()):
        given_words["service"] = draw(st.sampled_from(["fwmark 7", "fwmark 7 ipv6", "fwmark 8"]))
    if draw(st.booleans()):
        given_words["state"] = ",".join(draw(st.sets(st.sampled_from(STATES), max_size=9)))
    elif draw(st.booleans()) and not given_words.get("service", "").startswith("fwmark"):
        given_words["protocol"] = draw(st.sampled_from(["tcp", "udp", "sctp"]))
    return given_words


MASKS = {  # what of the client's address each service of the captured table counts
    "tcp 192.168.49.134:80": 24,
    "tcp [fd00:49::134]:80": 64,
    "fwmark 7": 24,
    "fwmark 7 ipv6": 64,
}


def split(written):
    """Network and port of ADDR[/PREFIX][:PORT], by another way than the program's."""
    if written.startswith("["):
        address, _, port = written[1:].partition("]")
        return ip_network(address), int(port[1:] or 0)
    if "." in written:
        address, _, port = written.partition(":")
        return ip_network(address), int(port or 0)
    return ip_network(written), 0


def client_matches(row, written):
    network, port = split(written)
    client = ip_address(row.client)
    if client.version != network.version:
        return False
    if row.template:
        prefix = MASKS.get(row.target, client.max_prefixlen)
        return ip_network(f"{client}/{prefix}", strict=False).overlaps(network)
    return client in network and port in (0, row.client_port)


def service_matches(row, written):
    if written.startswith("fwmark"):
        mark, _, family = written.removeprefix("fwmark ").partition(" ")
        return row.fwmark == int(mark) and (not family or ":" in row.client)
    network, port = split(written)
    if row.fwmark or ip_address(row.service) != network.network_address:
        return False
    is_ftp_template = port == 21 and row.template and row.service_port == 0
    return port in (0, row.service_port) or is_ftp_template


def server_matches(row, written):
    network, port = split(written)
    return ip_address(row.server) == network.network_address and port in (0, row.server_port)


def matches(row, given_words):
    """What a filter means, said as plainly as possible."""
    states = given_words.get("state", "")
    return all(
        (
            "client" not in given_words or client_matches(row, given_words["client"]),
            "service" not in given_words or service_matches(row, given_words["service"]),
            "server" not in given_words or server_matches(row, given_words["server"]),
            not states or row.state in states.split(","),
            given_words.get("protocol", row.protocol) == row.protocol,
        )
    )


@settings(max_examples=300)
@given(words())
def test_a_filter_finds_what_a_plain_look_finds(given_words):
    (fields,) = read_fields([b"".join(LINES)], Count())
    test = make_test(make_filters(**given_words), Services(TABLE).mask)
    assert [test(each) for each in fields] == [
        matches(decode(each), given_words) for each in fields
    ]


@pytest.mark.parametrize(
    ("given_words", "connections", "templates"),
    [
        ({}, 34, 22),
        ({"kind": "connections"}, 34, 0),
        ({"kind": "templates"}, 0, 22),
        ({"protocol": "sctp"}, 1, 0),
        ({"state": "established"}, 11, 0),
        ({"state": "NONE,CLOSE"}, 8, 13),
        ({"service": "udp 192.168.49.134:53"}, 4, 3),
        ({"service": "192.168.49.134:21"}, 3, 3),
        ({"service": "fwmark 7"}, 0, 4),
        ({"service": "fwmark 7 ipv4"}, 0, 2),
        ({"server": "fd00:1::104"}, 4, 2),
        ({"server": "[fd00:1::104]:53"}, 2, 0),
    ],
)
def test_how_many_each_filter_finds_in_the_captured_list(given_words, connections, templates):
    found = find(**given_words)
    numbers = found["connections"]["matched"], found["templates"]["matched"]
    assert numbers == (connections, templates)


def test_one_connection_comes_with_the_templates_that_hold_for_its_client():
    found = find(client="203.0.113.9:4000")
    assert [side(row["client"]) for row in found["connections"]["rows"]] == ["203.0.113.9:4000"]
    assert found["templates"]["matched"] == 8


def test_only_the_list_with_origins_can_answer_for_an_origin(monkeypatch):
    asked = []
    monkeypatch.setattr("lvs.connections.read_chunks", lambda path: asked.append(path.name) or [])
    find_connections(make_filters(origin="local"), table=TABLE)
    find_connections(make_filters(), table=TABLE)
    assert asked == ["ip_vs_conn_sync", "ip_vs_conn"]
