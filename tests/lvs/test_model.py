from hypothesis import given
from hypothesis import strategies as st

from lvs.documents import key_from_document, key_to_document, table_from_document, table_to_document
from lvs.model import EMPTY, RealServer, Scope, VirtualService, canonical_service, make_table
from tests.lvs.examples import SERVERS, TUTORIAL, WEB, marked
from tests.lvs.strategies import tables


@given(tables())
def test_canonical_form_is_canonical(table):
    assert make_table(table.services) == table


@given(tables(), st.randoms())
def test_the_order_in_which_things_are_written_does_not_matter(table, random):
    services = []
    for service in table.services:
        servers = list(service.real_servers)
        random.shuffle(servers)
        services.append(service._replace(real_servers=tuple(servers)))
    random.shuffle(services)

    assert make_table(services) == table
    assert make_table(services).digest == table.digest


@given(tables())
def test_documents_lead_back(table):
    assert table_from_document(table_to_document(table)) == table
    for key in table.by_key():
        assert key_from_document(key_to_document(key)) == key


@given(tables(), tables())
def test_digests_are_equal_exactly_when_tables_are(one, other):
    assert (one.digest == other.digest) == (one == other)


def test_addresses_are_written_in_one_way():
    service = VirtualService("inet", "tcp", " 2001:DB8:0::1 ", 80, 0)

    made = canonical_service(service)

    assert (made.address, made.family) == ("2001:db8::1", "inet6")


def test_what_the_kernel_ignores_gets_its_default():
    service = WEB._replace(netmask="255.255.0.0", persistence_engine="sip")
    assert canonical_service(service) == WEB
    server = RealServer("192.0.2.1", 80, "direct", 1, 0, 0, "gue", 6080, "csum")
    made = canonical_service(WEB._replace(real_servers=(server,)))
    assert made.real_servers == (RealServer("192.0.2.1", 80, "direct"),)


def test_flags_are_ordered_by_their_bit_and_held_once():
    service = WEB._replace(scheduler="mh", flags=("mh-port", "mh-fallback", "mh-port"))
    assert canonical_service(service).flags == ("mh-fallback", "mh-port")


def test_a_mark_has_neither_address_nor_port_nor_protocol():
    service = VirtualService("inet6", "tcp", "192.0.2.1", 80, 7)
    assert canonical_service(service) == marked(7, "inet6", netmask="128")


def test_keys_say_what_they_are():
    assert str(WEB) == "tcp 192.168.49.134:80"
    assert str(marked(7)) == "fwmark 7"
    assert str(marked(7, "inet6")) == "fwmark 7 ipv6"
    assert str(SERVERS[0]) == "192.168.1.103:80"


def test_a_table_can_be_narrowed_to_some_services():
    assert TUTORIAL.only(TUTORIAL.scope) == TUTORIAL
    assert TUTORIAL.only(Scope()) == EMPTY
