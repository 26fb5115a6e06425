"""Encoding and decoding without a kernel."""

import struct
import sys

import pytest
from hypothesis import given

from lvs.canonical_form import canonical_service
from lvs.counters import Counters, Rates
from lvs.errors import LvsError
from lvs.model import RealServer, VirtualService
from lvs.netlink.attributes import attributes, values_of
from lvs.netlink.decode import decode_server, decode_server_counters, decode_service
from lvs.netlink.encode import (
    encode_key,
    encode_raw_key,
    encode_service,
    encode_step,
)
from lvs.netlink.fields import RATE_FIELDS, SERVICE_KEY_FIELDS, TOTAL_FIELDS
from lvs.netlink.uapi import CommandAttr, DestAttr, ServiceAttr, StatsAttr
from lvs.plan import Step
from tests.lvs.strategies import services

TCP = VirtualService("inet", "tcp", "192.0.2.1", 80, 0, scheduler="sh", persistence=60)
SERVER = RealServer("198.51.100.9", 80)


def native(number, size=4):
    return number.to_bytes(size, sys.byteorder)


def with_service(**changed):
    """The attributes of TCP, some replaced by raw values."""
    found = attributes(encode_service(TCP))
    return found | {ServiceAttr[name]: value for name, value in changed.items()}


def encode_server(server):
    """All attributes of a real server, as a step that adds it has them."""
    step = Step("add server", TCP, server)
    return attributes(encode_step(step)[1])[CommandAttr.DEST]


def with_server(**changed):
    """The attributes of SERVER, some replaced by raw values; None takes one away."""
    found = attributes(encode_server(SERVER))
    found |= {DestAttr[name]: value for name, value in changed.items()}
    return {number: value for number, value in found.items() if value is not None}


def attribute(number, value):
    return struct.pack("=HH", 4 + len(value), number) + value + bytes(-len(value) % 4)


def stats(size, *numbers):
    """The totals, and the rates where there are ten numbers; each of so many bytes."""
    return b"".join(
        attribute(name, native(number, size))
        for name, number in zip(StatsAttr, numbers, strict=False)
    )


@given(services())
def test_decoding_is_the_inverse_of_encoding(service):
    service = canonical_service(service)
    settings = decode_service(attributes(encode_service(service)))
    servers = [
        decode_server(attributes(encode_server(server)), service.family)
        for server in service.real_servers
    ]
    assert settings._replace(real_servers=tuple(servers)) == service


@given(services())
def test_identity_from_the_kernels_message_is_the_encoded_one(service):
    found = attributes(encode_service(canonical_service(service)))
    values = values_of(found, SERVICE_KEY_FIELDS)
    assert encode_raw_key(*values) == encode_key(canonical_service(service).key)


def test_the_kernels_own_hashed_flag_is_not_shown():
    assert decode_service(with_service(FLAGS=native(0x3) + native(0))) == TCP


def test_scheduler_flag_without_a_name_is_shown_by_its_bit():
    service = decode_service(with_service(FLAGS=native(0x40 | 0x8 | 0x1) + native(0)))
    assert service.flags == ("sh-fallback", "flag-0x40")


def test_timeout_and_netmask_of_a_service_without_persistence_count_for_nothing():
    service = decode_service(
        with_service(FLAGS=native(0) + native(0), NETMASK=bytes(4), TIMEOUT=native(60))
    )
    assert service == TCP._replace(persistence=0)


def test_netmask_with_holes_is_read_as_it_is():
    assert decode_service(with_service(NETMASK=bytes([255, 0, 255, 0]))).netmask == "255.0.255.0"


def test_service_of_an_unknown_address_family_has_no_place_in_the_model():
    assert decode_service(with_service(AF=native(77, 2))) is None


def test_unknown_protocol_is_shown_by_its_number():
    assert decode_service(with_service(PROTOCOL=native(50, 2))).protocol == "protocol-50"


@pytest.mark.parametrize(
    ("number", "name"), [(1, "local"), (4, "bypass"), (7, "method-7"), (0x103, "direct")]
)
def test_forwarding_that_is_not_ours_is_shown(number, name):
    server = decode_server(with_server(FWD_METHOD=native(number)), "inet")
    assert server.forwarding == name


def test_unknown_tunnel_is_shown_by_its_numbers():
    found = with_server(FWD_METHOD=native(2), TUN_TYPE=b"\x09", TUN_FLAGS=native(8, 2))
    server = decode_server(found, "inet")
    assert (server.tunnel_type, server.tunnel_checksum) == ("type-9", "flags-8")


def test_server_of_an_old_kernel_has_the_family_of_its_service_and_plain_tunnels():
    found = with_server(FWD_METHOD=native(2), ADDR_FAMILY=None, TUN_TYPE=None, TUN_PORT=None)
    assert decode_server(found, "inet") == SERVER._replace(forwarding="tunnel")


def test_ipv4_server_in_an_ipv6_service_has_its_own_family():
    assert decode_server(with_server(), "inet6").address == "198.51.100.9"


def test_counters_are_64_bits_wide():
    big = 2**63 + 5
    found = {ServiceAttr.STATS64: stats(8, big, 1, 2, big, 3)}
    assert Counters(*values_of(found, TOTAL_FIELDS)) == Counters(big, 1, 2, big, 3)


def test_rates_are_64_bits_wide():
    found = {ServiceAttr.STATS64: stats(8, 9, 9, 9, 9, 9, 1, 2, 3, 2**33, 4)}
    assert Rates(*values_of(found, RATE_FIELDS)) == Rates(1, 2, 3, 2**33, 4)


def test_rates_of_an_old_kernel_are_read_from_the_old_attribute():
    found = {ServiceAttr.STATS: stats(4, 9, 9, 9, 9, 9, 1, 2, 3, 4, 5)}
    assert Rates(*values_of(found, RATE_FIELDS)) == Rates(1, 2, 3, 4, 5)


def test_counters_of_an_old_kernel_are_read_from_the_old_attribute():
    found = with_server(
        ACTIVE_CONNS=native(4),
        INACT_CONNS=native(5),
        PERSIST_CONNS=native(6),
        STATS=stats(4, 1, 2, 3, 4, 5),
    )
    counted = decode_server_counters(found, "inet")
    assert counted == ("198.51.100.9", 80, 1, 4, 5, 6, Counters(1, 2, 3, 4, 5))


def test_new_counters_win_over_the_old_ones_that_wrap():
    found = with_server(
        ACTIVE_CONNS=native(0),
        INACT_CONNS=native(0),
        PERSIST_CONNS=native(0),
        STATS=stats(4, 1, 1, 1, 1, 1),
        STATS64=stats(8, 2**32 + 1, 1, 1, 1, 1),
    )
    assert decode_server_counters(found, "inet").counters.connections == 2**32 + 1


@pytest.mark.parametrize("length", [0, 3, 9, 65535])
def test_torn_message_is_an_error_and_not_a_wrong_table(length):
    with pytest.raises(LvsError, match="torn"):
        attributes(struct.pack("=HHI", length, 1, 0))


def test_step_for_a_server_needs_a_server():
    with pytest.raises(ValueError, match="without a real server"):
        encode_step(Step("add server", TCP))
