import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvs.addresses import canonical, endpoint, family_of, packed, unpacked


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_text_and_bytes_lead_back_to_each_other(address):
    assert packed(str(address)) == address.packed
    assert ipaddress.ip_address(unpacked(address.packed)) == address


@given(st.ip_addresses(v=6))
def test_every_spelling_of_an_address_has_one_canonical_text(address):
    assert canonical(address.exploded.upper()) == canonical(address.compressed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.2.3",
        "1.2.3.400",
        "01.2.3.4",
        "1.2.3.4/24",
        "fe80::1%eth0",
        "::g",
        "a.b",
        "１.2.3.4",
        "1\0",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match="not an IPv4 or IPv6 address"):
        packed(text)


def test_an_ipv6_endpoint_has_brackets():
    assert endpoint("2001:db8::1", 80) == "[2001:db8::1]:80"
    assert endpoint("192.0.2.1", 80) == "192.0.2.1:80"
    assert (family_of("::1"), family_of("192.0.2.1")) == ("inet6", "inet")


def test_only_4_or_16_bytes_are_an_address():
    with pytest.raises(ValueError):
        unpacked(b"12345")
