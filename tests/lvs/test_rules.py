"""One test for each rule: what it says, and where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvs.model import RealServer, VirtualService
from lvs.rules import (
    SCHEDULERS,
    bits_of_flags,
    check_service,
    check_services,
    check_table,
    errors_in,
    flags_from_bits,
    flags_of,
    is_usable,
)
from tests.lvs.examples import SERVERS, WEB, marked, with_servers
from tests.lvs.strategies import tables

SERVER = SERVERS[0]
SIX = VirtualService(
    "inet6", "tcp", "fd00::1", 80, 0, netmask="128", real_servers=(RealServer("fd00::2", 80),)
)


def problems(service):
    return {(p.path, p.code): p for p in check_service(service)}


@given(tables())
def test_valid_tables_have_no_errors(table):
    assert errors_in(check_table(table)) == []


def test_the_tutorial_has_not_even_a_warning():
    assert check_service(WEB) == []


SERVICE_RULES = [
    (WEB._replace(address=""), "address", "address.missing"),
    (WEB._replace(address="1.2.3.400"), "address", "address.invalid"),
    (WEB._replace(address="www.example.org"), "address", "address.invalid"),
    (WEB._replace(address="192.0.2.1:80"), "address", "address.invalid"),
    (WEB._replace(address="192.0.2.0/24"), "address", "address.invalid"),
    (WEB._replace(address="0.0.0.0"), "address", "address.not_unicast"),
    (WEB._replace(address="224.0.0.1"), "address", "address.not_unicast"),
    (WEB._replace(address="255.255.255.255"), "address", "address.not_unicast"),
    (SIX._replace(address="ff02::1"), "address", "address.not_unicast"),
    (WEB._replace(protocol="icmp"), "protocol", "protocol.unknown"),
    (WEB._replace(protocol=""), "protocol", "protocol.unknown"),
    (WEB._replace(port=0), "port", "port.zero"),
    (WEB._replace(port=-1), "port", "port.range"),
    (WEB._replace(port=70000), "port", "port.range"),
    (marked(2**32), "fwmark", "fwmark.range"),
    (marked(-1), "fwmark", "fwmark.range"),
    (marked(0), "fwmark", "fwmark.range"),
    (marked(1, "ipv6"), "family", "family.unknown"),
    (WEB._replace(scheduler="wr"), "scheduler", "scheduler.unknown"),
    (WEB._replace(flags=("sh-port",)), "flags", "flags.unknown"),
    (WEB._replace(scheduler="sh", flags=("mh-port",)), "flags", "flags.unknown"),
    (WEB._replace(scheduler="sh", flags=("flag-1",)), "flags", "flags.unknown"),
    (WEB._replace(persistence=31 * 86400 + 1), "persistence", "persistence.range"),
    (WEB._replace(persistence=-1), "persistence", "persistence.range"),
    (WEB._replace(persistence=9, netmask="255.0.255.0"), "netmask", "netmask.invalid"),
    (WEB._replace(persistence=9, netmask="64"), "netmask", "netmask.invalid"),
    (SIX._replace(persistence=9, netmask="0"), "netmask", "netmask.invalid"),
    (SIX._replace(persistence=9, netmask="129"), "netmask", "netmask.invalid"),
    (SIX._replace(persistence=9, netmask="255.255.255.0"), "netmask", "netmask.invalid"),
    (WEB._replace(netmask="255.255.255.0"), "netmask", "netmask.unused"),
    (WEB._replace(persistence_engine="sip"), "persistence_engine", "persistence_engine.unused"),
    (
        WEB._replace(protocol="udp", persistence=9, persistence_engine="sap"),
        "persistence_engine",
        "persistence_engine.unknown",
    ),
    (
        WEB._replace(persistence=9, persistence_engine="sip"),
        "persistence_engine",
        "persistence_engine.protocol",
    ),
    (WEB._replace(one_packet=True), "one_packet", "one_packet.protocol"),
]


@pytest.mark.parametrize(("service", "field", "code"), SERVICE_RULES)
def test_a_service_that_breaks_one_rule_has_that_error_beside_its_field(service, field, code):
    assert [((p.path), p.code) for p in errors_in(check_service(service))] == [((field,), code)]


GOOD_SERVICES = [
    WEB._replace(port=0, persistence=300, real_servers=(SERVER._replace(port=0),)),
    WEB._replace(persistence=31 * 86400, netmask="0.0.0.0"),
    WEB._replace(persistence=1, netmask="255.255.254.0"),
    SIX._replace(persistence=300, netmask="64"),
    WEB._replace(protocol="udp", persistence=300, persistence_engine="sip", one_packet=True),
    WEB._replace(scheduler="sh", flags=("sh-fallback", "sh-port")),
    WEB._replace(scheduler="wlc", flags=("flag-1", "flag-3")),
    marked(1, one_packet=True, real_servers=(SERVER,)),
    marked(2**32 - 1, "inet6", real_servers=(RealServer("fd00::2", 0),)),
    VirtualService("inet", "sctp", "fd00::1", 9, 0, real_servers=(RealServer("fd00::2", 9),)),
]


@pytest.mark.parametrize("service", GOOD_SERVICES)
def test_a_service_at_the_edge_of_the_rules_is_accepted(service):
    assert check_service(service) == []


SERVER_RULES = [
    (SERVER._replace(address=""), "address", "address.missing"),
    (SERVER._replace(address="web1"), "address", "address.invalid"),
    (SERVER._replace(address="0.1.2.3"), "address", "address.not_unicast"),
    (SERVER._replace(address="239.0.0.1"), "address", "address.not_unicast"),
    (SERVER._replace(address="fd00::2"), "address", "address.family"),
    (SERVER._replace(address="fd00::2", forwarding="direct"), "address", "address.family"),
    (SERVER._replace(port=0), "port", "port.zero"),
    (SERVER._replace(port=65536), "port", "port.range"),
    (SERVER._replace(port=8080, forwarding="direct"), "port", "port.mapped"),
    (SERVER._replace(port=8080, forwarding="tunnel"), "port", "port.mapped"),
    (SERVER._replace(forwarding="nat"), "forwarding", "forwarding.unknown"),
    (SERVER._replace(weight=-1), "weight", "weight.range"),
    (SERVER._replace(weight=2**31), "weight", "weight.range"),
    (SERVER._replace(upper_threshold=5, lower_threshold=9), "lower_threshold", "threshold.order"),
    (SERVER._replace(lower_threshold=9), "lower_threshold", "threshold.lower_only"),
    (SERVER._replace(upper_threshold=2**31), "upper_threshold", "upper_threshold.range"),
    (
        SERVER._replace(forwarding="tunnel", tunnel_type="gue"),
        "tunnel_port",
        "tunnel_port.range",
    ),
    (SERVER._replace(forwarding="tunnel", tunnel_port=9), "tunnel_port", "tunnel_port.unused"),
    (
        SERVER._replace(forwarding="tunnel", tunnel_type="vxlan"),
        "tunnel_type",
        "tunnel_type.unknown",
    ),
    (
        SERVER._replace(forwarding="tunnel", tunnel_checksum="csum"),
        "tunnel_checksum",
        "tunnel_checksum.unsupported",
    ),
    (
        SERVER._replace(forwarding="tunnel", tunnel_type="gre", tunnel_checksum="remcsum"),
        "tunnel_checksum",
        "tunnel_checksum.unsupported",
    ),
    (
        SERVER._replace(forwarding="tunnel", tunnel_checksum="crc"),
        "tunnel_checksum",
        "tunnel_checksum.unknown",
    ),
]


@pytest.mark.parametrize(("server", "field", "code"), SERVER_RULES)
def test_a_real_server_that_breaks_one_rule_has_that_error_beside_its_field(server, field, code):
    service = with_servers(SERVERS[1], server)
    found = errors_in(check_service(service))
    assert [(p.path, p.code) for p in found] == [(("real_servers", 1, field), code)]


@pytest.mark.parametrize("address", ["fe80::2", "::ffff:192.0.2.1", "::", "ff02::1"])
def test_an_ipv6_real_server_must_be_unicast_and_not_link_local(address):
    service = SIX._replace(real_servers=(RealServer(address, 80),))
    assert [p.code for p in errors_in(check_service(service))] == ["address.not_unicast"]


def test_a_family_mix_is_fine_in_a_tunnel():
    assert check_service(with_servers(RealServer("fd00::2", 80, "tunnel"))) == []


def test_the_same_real_server_twice_is_one_error_at_the_second():
    same = RealServer("fd00:0::2", 80, weight=9)
    found = check_service(SIX._replace(real_servers=(*SIX.real_servers, same)))
    assert [(p.path, p.code) for p in found] == [(("real_servers", 1, "address"), "server.doubled")]
    assert "[fd00::2]:80 stands in this service already" in found[0].message


def test_the_same_service_twice_is_one_error_at_the_second():
    found = check_services([SIX, WEB, SIX._replace(address="FD00::1")])
    assert [(p.path, p.code) for p in found] == [(("services", 2, "address"), "service.doubled")]


def test_marks_of_both_families_are_two_services():
    one, two = marked(7, real_servers=(SERVER,)), marked(7, "inet6")
    assert errors_in(check_services([one, two])) == []
    assert [p.path for p in errors_in(check_services([one, two, one]))] == [
        ("services", 2, "fwmark")
    ]


def test_problems_of_a_table_say_in_which_service_they_are():
    found = check_services([WEB, SIX._replace(port=70000)])
    assert [p.path for p in errors_in(found)] == [("services", 1, "port")]


def test_every_problem_is_named_at_once():
    service = with_servers(SERVER._replace(weight=-1, port=70000), port=70000, scheduler="x")
    assert len(errors_in(check_service(service))) == 4


WARNINGS = [
    (with_servers(), ("real_servers",), "service.unusable"),
    (with_servers(SERVER._replace(weight=0)), ("real_servers",), "service.unusable"),
    (
        with_servers(SERVER, SERVERS[1]._replace(weight=5)),
        ("scheduler",),
        "scheduler.ignores_weights",
    ),
    (with_servers(SERVER, scheduler="ovf"), ("real_servers", 0, "weight"), "weight.ovf"),
    (
        with_servers(SERVER, RealServer(WEB.address, 80)),
        ("real_servers", 1, "address"),
        "address.is_vip",
    ),
    *(
        (
            with_servers(SERVER, SERVERS[1]._replace(weight=0), scheduler=scheduler),
            ("real_servers", 1, "weight"),
            "weight.hashed",
        )
        for scheduler in ("mh", "sh", "dh")
    ),
    (
        marked(1, real_servers=(SERVER._replace(forwarding="direct"),)),
        ("real_servers", 0, "port"),
        "port.unused",
    ),
]


@pytest.mark.parametrize(("service", "path", "code"), WARNINGS)
def test_what_is_odd_but_possible_is_a_warning(service, path, code):
    found = problems(service)
    assert list(found) == [(path, code)]
    assert found[path, code].severity == "warning"


def test_with_fallback_a_weight_of_0_moves_clients_on():
    service = with_servers(
        SERVER, SERVERS[1]._replace(weight=0), scheduler="mh", flags=("mh-fallback",)
    )
    assert check_service(service) == []


def test_a_service_is_usable_while_one_real_server_has_weight():
    assert is_usable(WEB)
    assert not is_usable(with_servers())
    assert not is_usable(with_servers(SERVER._replace(weight=0)))


def test_messages_help():
    message = problems(WEB._replace(scheduler="wr"))[("scheduler",), "scheduler.unknown"].message
    assert "Did you mean “wrr”?" in message
    message = problems(WEB._replace(port=70000))[("port",), "port.range"].message
    assert message == "The port must be from 1 to 65535, not 70000."


def test_long_input_makes_no_long_message():
    found = check_service(WEB._replace(address="x" * 9999, scheduler="y" * 9999))
    assert found
    assert all(len(p.message) < 250 for p in found)


@given(st.sampled_from(sorted(SCHEDULERS)), st.sets(st.sampled_from([1, 2, 3])))
def test_flags_and_bits_lead_back_to_each_other(scheduler, numbers):
    flags = tuple(f for n, f in enumerate(flags_of(scheduler), 1) if n in numbers)
    assert flags_from_bits(scheduler, bits_of_flags(flags)) == flags


def test_bits_that_a_scheduler_does_not_name_keep_a_name():
    assert flags_from_bits("sh", 0x38) == ("sh-fallback", "sh-port", "flag-3")
    assert flags_from_bits("wlc", 0x8) == ("flag-1",)
    with pytest.raises(ValueError):
        bits_of_flags(["nonsense"])


@given(
    st.builds(
        VirtualService,
        st.sampled_from(["inet", "inet6"]),
        st.text(max_size=5),
        st.text(max_size=20),
        st.integers(),
        st.integers(),
        st.text(max_size=5),
        st.lists(st.text(max_size=5)).map(tuple),
        st.integers(),
        st.text(max_size=20),
        st.text(max_size=5),
        st.booleans(),
        st.lists(
            st.builds(
                RealServer,
                st.one_of(st.text(max_size=20), st.ip_addresses().map(str)),
                st.integers(),
                st.sampled_from(["masquerade", "direct", "tunnel", "x"]),
                st.integers(),
                st.integers(),
                st.integers(),
                st.text(max_size=4),
                st.integers(),
                st.text(max_size=4),
            )
        ).map(tuple),
    )
)
def test_no_value_that_a_person_can_type_breaks_the_rules(service):
    for problem in check_services([service]):
        assert problem.message
        assert problem.path[:2] == ("services", 0)


def test_a_bit_that_means_nothing_to_the_scheduler_can_be_applied_with_a_warning():
    (problem,) = check_service(WEB._replace(scheduler="sh", flags=("flag-3",)))
    assert (problem.code, problem.severity) == ("flags.idle", "warning")


def test_what_was_typed_does_no_harm_in_a_terminal():
    (problem,) = errors_in(check_service(WEB._replace(scheduler="\x1b[31mred")))
    assert "\x1b" not in problem.message
    assert "\\x1b[31mred" in problem.message


def test_the_port_of_the_service_is_a_hint_only_where_it_is_one():
    server = SERVER._replace(port=0)
    for port, says in ((80, "the service's own is 80."), (70000, "from 1 to 65535.")):
        service = WEB._replace(port=port, real_servers=(server,))
        (message,) = [p.message for p in check_service(service) if p.code == "port.zero"]
        assert message.endswith(says)
