"""Checks of single values that services and real servers share."""

import re
from collections.abc import Iterator, Mapping

from lvs.addresses import Family, canonical, family_of, packed, unpacked
from lvs.remember import remembered
from lvs.rules.problem import Path, Problem, quoted

MAX_PORT = 65535
MAX_INT = 2**31 - 1
"""The kernel keeps a weight in a signed 32-bit number, ipvsadm takes thresholds up to the same."""


def canonical_or_none(address: str) -> str | None:
    """The address in canonical text, or None when it is none."""
    try:  # five times as fast as contextlib.suppress, and asked for each address again and again
        return canonical(address)
    except ValueError:
        return None


def check_address(address: str, what: str) -> Iterator[Problem]:
    """One problem when the address is none, or not one that a single host can have.

    The kernel takes only unicast real servers (`ip_vs_new_dest`): no 0.0.0.0, broadcast or multicast
    address, no IPv4 address written as IPv6, no link-local IPv6 address. The rest of 0.0.0.0/8 it
    takes since Linux 5.3; no host should have such an address.
    """
    path: Path = ("address",)
    if not address.strip():
        yield Problem(path, "address.missing", f"Give the address of the {what}.")
        return
    found = canonical_or_none(address)
    if found is None:
        yield Problem(path, "address.invalid", _not_an_address(address))
        return
    why = _not_unicast(found)
    if why:
        yield Problem(
            path,
            "address.not_unicast",
            f"{found} is {why}: give the {what} an address that one host can have.",
        )


@remembered
def unicast_family(address: str) -> Family | None:
    """The family of a canonical address with which nothing is wrong; None for any other text."""
    if canonical_or_none(address) != address or _not_unicast(address):
        return None
    return family_of(address)


def _not_an_address(address: str) -> str:
    typed = address.strip()[:60]
    shown = quoted(address.strip(), 60)
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+:\d+|\[[^\]]*\](:\d+)?", typed):
        return f"{shown} holds more than an address: give the port in its own field."
    if "%" in typed or "/" in typed:
        return f"{shown} is not a plain address: leave out the zone or the prefix length."
    return (
        f"{shown} is not an IPv4 or IPv6 address. "
        "Write it like 192.0.2.10 or 2001:db8::10; names are not looked up."
    )


@remembered
def _not_unicast(address: str) -> str:
    """Why an address in canonical text is no unicast one; "" when it is."""
    raw = packed(address)
    if not any(raw):
        return "the unspecified address"
    if len(raw) == 4:
        return _not_unicast_ipv4(raw)
    if raw[0] == 0xFF:
        return "a multicast address"
    if raw.startswith(_MAPPED):
        return f"the IPv4 address {unpacked(raw[12:])} written as IPv6"
    return "a link-local address" if raw[0] == 0xFE and raw[1] & 0xC0 == 0x80 else ""


_MAPPED = bytes(10) + b"\xff\xff"


def _not_unicast_ipv4(raw: bytes) -> str:
    if raw[0] == 0:
        return "in 0.0.0.0/8, “this network”"
    if raw == b"\xff\xff\xff\xff":
        return "the broadcast address"
    return "a multicast address" if raw[0] & 0xF0 == 0xE0 else ""


def check_range(
    path: Path, value: int, bounds: tuple[int, int], what: str, code: str
) -> Iterator[Problem]:
    """One problem when a whole number lies outside its bounds (both included)."""
    low, high = bounds
    if not low <= value <= high:
        yield Problem(path, code, f"{what} must be from {low} to {high}, not {value}.")


def check_netmask(netmask: str, family: Family) -> Iterator[Problem]:
    """One problem when it is no mask (dotted, IPv4) or no prefix length from 1 to 128 (IPv6)."""
    valid = _is_prefix(netmask) if family == "inet6" else _is_mask(netmask)
    if valid:
        return
    wanted = (
        "a prefix length from 1 to 128, like 64"
        if family == "inet6"
        else "a netmask like 255.255.255.0, its ones before its zeros"
    )
    message = f"{quoted(netmask)} is no netmask for this service: give {wanted}."
    yield Problem(("netmask",), "netmask.invalid", message)


def _is_prefix(text: str) -> bool:
    return bool(re.fullmatch(r"[1-9][0-9]{0,2}", text)) and int(text) <= 128


def _is_mask(text: str) -> bool:
    found = canonical_or_none(text) if family_of(text) == "inet" else None
    if found is None:
        return False
    zeros = ~int.from_bytes(packed(found), "big") & 0xFFFFFFFF
    return zeros & (zeros + 1) == 0


def check_choice(
    path: Path, value: str, choices: Mapping[str, str], what: str, code: str
) -> Iterator[Problem]:
    """One problem when the value is none of the choices (value → how to say it in a list)."""
    if value not in choices:
        names = ", ".join(choices)
        yield Problem(path, code, f"{quoted(value)} is no {what}: choose one of {names}.")
