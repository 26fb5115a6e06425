import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvs import canonical_form
from lvs.canonical_form import canonical_service, make_table
from lvs.documents import key_from_document, key_to_document, table_from_document, table_to_document
from lvs.model import EMPTY, RealServer, Scope, VirtualService
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


some_servers = st.builds(
    RealServer,
    st.sampled_from(
        ["10.0.0.1", "10.0.0.2", "9.0.0.1", "fd00::1", "FD00::1", " 10.0.0.1", "x", ""]
    ),
    st.sampled_from([80, 0, -1]),
    st.sampled_from(["masquerade", "direct", "tunnel"]),
    tunnel_type=st.sampled_from(["ipip", "ipip", "gue"]),
    tunnel_port=st.sampled_from([0, 0, 6080]),
    tunnel_checksum=st.sampled_from(["none", "none", "csum"]),
)


def _canonical_or_error(service):
    try:
        return canonical_service(service)
    except ValueError as error:
        return str(error)


@given(st.lists(some_servers, max_size=4).map(tuple))
def test_real_servers_that_are_canonical_at_a_glance_are_so_at_a_close_look(servers):
    service = WEB._replace(real_servers=servers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical_form, "_are_canonical", lambda servers: False)
        expected = _canonical_or_error(service)
    assert _canonical_or_error(service) == expected


some_services = st.builds(
    VirtualService,
    st.sampled_from(["inet", "inet", "inet6"]),
    st.sampled_from(["tcp", ""]),
    st.sampled_from(["10.0.0.1", "fd00::1", "FD00::1", "x", ""]),
    st.sampled_from([80, 0]),
    st.sampled_from([0, 0, 1]),
    flags=st.sampled_from([(), (), ("sh-port", "sh-fallback", "sh-port")]),
    persistence=st.sampled_from([0, 0, 300]),
    netmask=st.sampled_from(["255.255.255.255", "255.255.255.0", "128", "64", ""]),
    persistence_engine=st.sampled_from(["", "", "sip"]),
    one_packet=st.booleans(),
)


@given(some_services)
def test_services_that_are_canonical_at_a_glance_are_so_at_a_close_look(service):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical_form, "_is_canonical", lambda service: False)
        expected = _canonical_or_error(service)
    assert _canonical_or_error(service) == expected


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


@pytest.mark.parametrize(
    "changed",
    [
        {"tunnel_type": "gue"},
        {"tunnel_port": 6080},
        {"tunnel_checksum": "csum"},
        {"address": "FD00::1"},
        {"address": " fd00::1"},
    ],
)
def test_one_odd_field_of_a_real_server_is_made_canonical(changed):
    usual = RealServer("fd00::1", 80)
    service = WEB._replace(real_servers=(SERVERS[0], usual._replace(**changed)))
    assert canonical_service(service).real_servers == (SERVERS[0], usual)


def test_real_servers_at_one_address_are_ordered_by_port():
    one, other = RealServer("192.0.2.1", 80), RealServer("192.0.2.1", 443)
    assert canonical_service(WEB._replace(real_servers=(other, one))).real_servers == (one, other)


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
