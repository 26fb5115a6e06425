"""Whether the directors of two clusters can meet in a network."""

import pytest

from apps.changes.networks import meeting_place, reach_of

VIP = "192.0.2.80"


def at(*places):
    """A director with these addresses, each `address/prefix`, `interface=address/prefix`."""
    told = []
    for text in places:
        interface, _, place = text.rpartition("=")
        address, _, prefix = place.partition("/")
        told.append({"interface": interface or "eth0", "address": address, "prefix": int(prefix)})
    return reach_of([("lvs-1", told)])


@pytest.mark.parametrize(
    ("ours", "theirs", "network"),
    [
        (["192.0.2.1/24"], ["192.0.2.2/24"], "192.0.2.0/24"),
        (["192.0.2.1/24"], ["192.0.2.129/25"], "192.0.2.0/24"),
        (["192.0.2.1/25"], ["192.0.2.129/25"], ""),
        (["10.0.0.1/24", "192.0.2.1/24"], ["198.51.100.1/24", "192.0.2.2/24"], "192.0.2.0/24"),
        (["2001:db8::1/64"], ["2001:db8::2/64"], "2001:db8::/64"),
        (["2001:db8::1/64"], ["192.0.2.2/24"], ""),
        # Networks of one host, of the host itself, and those that only look alike.
        (["192.0.2.1/32"], ["192.0.2.2/24"], ""),
        (["2001:db8::1/128"], ["2001:db8::2/64"], ""),
        (["lo=192.0.2.1/24"], ["192.0.2.2/24"], ""),
        (["127.0.0.1/8"], ["127.0.0.2/8"], ""),
        (["fe80::1/64"], ["fe80::2/64"], ""),
        (["docker0=172.17.0.1/16"], ["docker0=172.17.0.1/16"], ""),
        # The address in question, which both hold, is no sign that the networks differ.
        ([f"{VIP}/24"], [f"{VIP}/24"], "192.0.2.0/24"),
        (["192.0.2.1/24"], [], ""),
    ],
)
def test_two_clusters_meet_where_networks_overlap(ours, theirs, network):
    assert meeting_place(at(*ours), at(*theirs), VIP) == network
    assert bool(meeting_place(at(*theirs), at(*ours), VIP)) is bool(network)


@pytest.mark.parametrize("told", [None, [], [{"interface": "eth0", "address": "192.0.2.1"}]])
def test_a_director_that_has_not_told_its_networks_is_named(told):
    reach = reach_of([("lvs-1", told), ("lvs-2", [])])
    assert reach.places == ()
    assert reach.silent == ("lvs-1", "lvs-2")


def test_what_is_no_address_is_left_out():
    told = [{"interface": "eth0", "address": "nonsense", "prefix": 24}]
    assert reach_of([("lvs-1", told)]) == ((), ())
