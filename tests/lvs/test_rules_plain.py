"""The quick look at all real servers of a service never passes over what the close look finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvs.model import RealServer, VirtualService
from lvs.rules import service as service_rules
from lvs.rules.server import all_plain, check_server
from lvs.rules.service import check_service, is_plain
from tests.lvs.examples import SERVERS, WEB, marked, with_servers
from tests.lvs.strategies import services as valid_services

addresses = st.sampled_from(
    ["10.0.0.1", "10.0.0.2", " 10.0.0.1", "0.0.0.0", "224.0.0.1", "fd00::1", "FD00::1", "x", ""]
)
odd_numbers = st.sampled_from([-1, 0, 1, 2, 80, 65535, 65536, 2**31 - 1, 2**31])
servers = st.builds(
    RealServer,
    addresses,
    odd_numbers,
    st.sampled_from(["masquerade", "direct", "tunnel", "local", ""]),
    odd_numbers,
    odd_numbers,
    odd_numbers,
)
services = st.builds(
    VirtualService,
    st.sampled_from(["inet", "inet6", "x"]),
    st.sampled_from(["tcp", ""]),
    addresses,
    odd_numbers,
    st.sampled_from([0, 0, 1]),
    st.sampled_from(["rr", "ovf", "sh", "mh", "x"]),
    st.sampled_from([(), (), ("sh-port",)]),
    st.sampled_from([0, 0, -1, 60]),
    st.sampled_from(["255.255.255.255", "128", "", "255.255.0.0"]),
    st.sampled_from(["", "", "sip"]),
    st.sampled_from([False, False, True]),
    real_servers=st.lists(servers, max_size=4).map(tuple),
)


@given(st.one_of(services, valid_services()))
def test_what_passes_the_quick_look_has_no_problem(service):
    if all_plain(service):
        found = [p for server in service.real_servers for p in check_server(service, server)]
        assert found == []
        keys = [server.key for server in service.real_servers]
        assert len(set(keys)) == len(keys)


@given(st.one_of(services, valid_services()))
def test_the_quick_looks_change_nothing_of_what_is_found(service):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service_rules, "is_plain", lambda service: False)
        patch.setattr(service_rules, "all_plain", lambda service: False)
        expected = check_service(service)
    assert check_service(service) == expected


@pytest.mark.parametrize(
    "changed",
    [
        {"protocol": "x"},
        {"address": "224.0.0.1"},
        {"port": 0},
        {"scheduler": "x"},
        {"flags": ("flag-1",)},
        {"persistence": -1},
        {"netmask": "255.255.0.0"},
        {"persistence_engine": "sip"},
        {"one_packet": True},
    ],
)
def test_one_odd_field_of_a_service_is_enough_for_a_close_look(changed):
    assert is_plain(WEB)
    assert not is_plain(WEB._replace(**changed))


@pytest.mark.parametrize(
    "service",
    [
        WEB,
        with_servers(),
        with_servers(SERVERS[0]._replace(forwarding="direct")),
        with_servers(SERVERS[0]._replace(upper_threshold=9, lower_threshold=4)),
        with_servers(*SERVERS, scheduler="sh"),
        marked(4, real_servers=SERVERS),
    ],
)
def test_usual_services_pass_it(service):
    assert all_plain(service)


@pytest.mark.parametrize(
    "changed",
    [
        {"address": "224.0.0.1"},
        {"address": "192.168.49.134"},
        {"address": "fd00::1"},
        {"address": "192.168.1.104"},
        {"port": 0},
        {"port": 65536},
        {"forwarding": "direct", "port": 81},
        {"forwarding": "tunnel"},
        {"weight": -1},
        {"weight": 2**31},
        {"upper_threshold": 2**31},
        {"lower_threshold": -1},
        {"lower_threshold": 1},
    ],
)
def test_one_odd_server_is_enough_for_a_close_look(changed):
    odd = with_servers(SERVERS[0]._replace(**changed), SERVERS[1])
    assert not all_plain(odd)


def test_a_port_that_no_packet_would_reach_is_enough_for_a_close_look():
    direct = [server._replace(forwarding="direct") for server in SERVERS]
    assert all_plain(with_servers(*direct))
    assert not all_plain(with_servers(direct[0]._replace(port=81), *direct[1:]))


def test_real_servers_at_one_address_are_usual_ones():
    assert all_plain(with_servers(SERVERS[0], SERVERS[0]._replace(port=81)))


def test_doubled_server_beside_plain_ones_is_found():
    codes = [problem.code for problem in check_service(with_servers(SERVERS[0], SERVERS[0]))]
    assert codes == ["server.doubled"]
