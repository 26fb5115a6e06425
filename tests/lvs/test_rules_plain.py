"""The quick look at all real servers of a service never passes over what the close look finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvs.model import RealServer, VirtualService
from lvs.rules.server import all_plain, check_server
from lvs.rules.service import check_service
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
    st.sampled_from(["rr", "ovf", "sh", "mh"]),
    real_servers=st.lists(servers, max_size=4).map(tuple),
)


@given(st.one_of(services, valid_services()))
def test_what_passes_the_quick_look_has_no_problem(service):
    if all_plain(service):
        found = [p for server in service.real_servers for p in check_server(service, server)]
        assert found == []
        keys = [server.key for server in service.real_servers]
        assert len(set(keys)) == len(keys)


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


def test_doubled_server_beside_plain_ones_is_found():
    codes = [problem.code for problem in check_service(with_servers(SERVERS[0], SERVERS[0]))]
    assert codes == ["server.doubled"]
