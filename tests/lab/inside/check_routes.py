"""Routes asked for many at once, against the same asked one at a time and against what was set up."""

import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.netlink.rtnl import rt_type

from lvs.addresses import SOCKET_FAMILY, family_of
from lvs.doctor.host import Route
from lvs.doctor.network import read_network
from lvs.doctor.routes import AT_ONCE
from tests.lvs import strategies

ROUTES = (
    "10.60.1.0/24 via 192.168.1.103",
    "10.60.2.0/24 via inet6 fd00:1::103 dev inner",
    "10.60.3.0/24 dev inner mtu 1380",
    "blackhole 10.60.4.0/24",
    "unreachable 10.60.5.0/24",
    "prohibit 10.60.6.0/24",
    "throw 10.60.7.0/24",
    "10.60.8.0/24 nexthop via 192.168.1.103 nexthop via 192.168.49.1",
    "fd60:1::/64 via fd00:1::103",
    "fd60:3::/64 dev inner mtu 1380",
    "blackhole fd60:4::/64",
    "unreachable fd60:5::/64",
    "prohibit fd60:6::/64",
)
INNER, INNER6 = "192.168.1.105", "fd00:1::105"
EXPECTED = {
    "192.168.1.103": Route(interface="inner", source=INNER),
    "192.168.1.105": Route(local=True, interface="lo", source=INNER),
    "192.168.1.255": Route(interface="inner", source=INNER),
    "127.0.0.1": Route(local=True, interface="lo", source="127.0.0.1"),
    "203.0.113.7": Route(interface="eth0", gateway="10.0.2.2", source="10.0.2.15"),
    "10.60.1.1": Route(interface="inner", gateway="192.168.1.103", source=INNER),
    "10.60.2.1": Route(interface="inner", gateway="fd00:1::103", source=INNER),
    "10.60.3.1": Route(interface="inner", source=INNER, mtu=1380),
    "10.60.4.1": Route(refusal="Invalid argument"),
    "10.60.5.1": Route(refusal="No route to host"),
    "10.60.6.1": Route(refusal="Permission denied"),
    "fd00:1::103": Route(interface="inner", source=INNER6),
    "fd00:1::105": Route(local=True, interface="lo", source=INNER6),
    "fd60:1::1": Route(interface="inner", gateway="fd00:1::103", source=INNER6),
    "fd60:3::1": Route(interface="inner", source=INNER6, mtu=1380),
    "fd60:4::1": Route(refusal="Invalid argument"),
    "fd60:5::1": Route(refusal="No route to host"),
    "fd60:6::1": Route(refusal="Permission denied"),
    "2001:db8::7": Route(refusal="Network is unreachable"),
}
NAMED = (*EXPECTED, "10.60.7.1", "10.60.8.1", "10.60.8.2", "224.0.0.5", "ff02::1", "fe80::1", "::1")
addresses = st.one_of(
    st.sampled_from(NAMED), strategies.addresses("inet"), strategies.addresses("inet6")
)


@pytest.fixture(scope="module", autouse=True)
def routes():
    for route in ROUTES:
        change("add", route)
    yield
    for route in ROUTES:
        change("del", route)


def change(verb, route):
    family = "-6" if "fd60:" in route else "-4"
    subprocess.run(["ip", family, "route", verb, *route.split()], check=True)


def one_by_one(wanted):
    """The witness: pyroute2 asks for each and reads its answer."""
    with IPRoute() as kernel:
        names = {link["index"]: link.get_attr("IFLA_IFNAME") for link in kernel.get_links()}
        return {address: ask(kernel, names, address) for address in wanted}


def ask(kernel, names, address):
    try:
        (message,) = kernel.route("get", dst=address, family=SOCKET_FAMILY[family_of(address)])
    except NetlinkError as error:
        return Route(refusal=os.strerror(error.code))
    kind = rt_type[message["type"]]
    if kind in ("blackhole", "unreachable", "prohibit"):
        return Route(refusal=f"the route is of type {kind}")
    via, metrics = message.get_attr("RTA_VIA"), message.get_attr("RTA_METRICS")
    return Route(
        kind == "local",
        names[message.get_attr("RTA_OIF")],
        message.get_attr("RTA_GATEWAY") or (via["addr"] if via else ""),
        message.get_attr("RTA_PREFSRC") or "",
        (metrics.get_attr("RTAX_MTU") or 0) if metrics else 0,
    )


@pytest.mark.parametrize("address", EXPECTED)
def test_each_kind_of_route(address):
    assert read_network([address]).routes == {address: EXPECTED[address]}


def test_refusals_between_answers_move_none_to_another_address():
    order = list(EXPECTED) * 2 + list(reversed(EXPECTED))
    assert read_network(order).routes == EXPECTED


@given(st.lists(addresses, max_size=3 * AT_ONCE))
def test_many_at_once_are_the_same_as_one_by_one(wanted):
    assert read_network(wanted).routes == one_by_one(wanted)


def test_more_than_any_buffer_holds_are_the_same_as_one_by_one():
    wanted = [f"10.60.{i % 9}.{i // 9}" for i in range(2000)]
    wanted += [f"fd60:{i % 7}::{i:x}" for i in range(2000)]
    assert read_network(wanted).routes == one_by_one(wanted)
