"""What a `virtual_server` stands for: one address, one firewall mark, or all of a group."""

import ipaddress
import re
from collections.abc import Iterator
from typing import NamedTuple, cast

from lvs.addresses import Family, canonical, family_of, packed, unpacked
from lvs.formats.errors import quoted
from lvs.formats.keepalived_blocks import Statement
from lvs.formats.keepalived_server import once_each
from lvs.formats.keepalived_values import choice_of, no_more, whole
from lvs.formats.place import Budget, Place, Remarks


class Target(NamedTuple):
    """One service that a `virtual_server` makes."""

    place: Place
    address: str = ""
    port: int = 0
    fwmark: int = 0
    family: Family | None = None
    """Of a firewall mark, where it is said."""


Groups = dict[str, list[Statement]]
"""The lines of each `virtual_server_group`, by its name."""


def targets_of(
    statement: Statement, groups: Groups, budget: Budget, remarks: Remarks
) -> Iterator[Target]:
    """Those of a `virtual_server`. Raises FormatError where it names none."""
    words = statement.words
    if len(words) < 2:
        message = "virtual_server needs an address, “fwmark” or “group” after it"
        raise statement.place.error(message)
    no_more(statement, 3, remarks)
    if words[1] == "group":
        name = words[2] if len(words) > 2 else ""
        if name not in groups:
            raise statement.place.error(f"there is no virtual_server_group {quoted(name)}")
        for entry in groups[name]:
            yield from _entry(entry, budget, remarks)
    elif words[1] == "fwmark":
        yield Target(statement.place, fwmark=_mark(statement, words[2:3]))
    else:
        port = whole(statement, words[2]) if len(words) > 2 else 0
        yield Target(statement.place, words[1], port)


def group_of(statement: Statement, groups: Groups, remarks: Remarks) -> None:
    """Put a `virtual_server_group` among the others."""
    if len(statement.words) < 2:
        raise statement.place.error("virtual_server_group needs a name after it")
    no_more(statement, 2, remarks)
    name = statement.words[1]
    if name in groups:
        raise statement.place.error(f"the virtual_server_group {quoted(name)} stands twice")
    groups[name] = statement.block or []


def _mark(statement: Statement, words: list[str]) -> int:
    mark = whole(statement, words[0]) if words else 0
    if not mark:
        raise statement.place.error("fwmark needs a number from 1 on after it")
    return mark


def _entry(entry: Statement, budget: Budget, remarks: Remarks) -> Iterator[Target]:
    once_each([entry], remarks)
    words, place = entry.words, entry.place
    if words[0] == "fwmark":
        no_more(entry, 3, remarks)
        family = None
        if len(words) > 2:
            family = cast(Family, choice_of(entry, words[2], ("inet", "inet6")))
        yield Target(place, fwmark=_mark(entry, words[1:2]), family=family)
        return
    no_more(entry, 2, remarks)
    port = whole(entry, words[1]) if len(words) > 1 else 0
    for address in _range(entry, words[0]):
        budget.spend(len(address), place)
        yield Target(place, address, port)


def _range(entry: Statement, text: str) -> Iterator[str]:
    """The addresses of `10.0.0.1`, `10.0.0.1-9`, `10.0.0.250-10.0.1.5` or `10.0.0.8/29`."""
    first, dash, last = text.partition("-")
    try:
        if "/" in text:
            network = ipaddress.ip_network(text)  # no bits may be set behind the prefix
            yield from _counted(canonical(str(network[0])), network.num_addresses)
            return
        begin = canonical(first)
        if not dash:
            yield begin
            return
        end = canonical(last) if "." in last or ":" in last else _with_last_part(begin, last)
        count = 1 + int.from_bytes(packed(end), "big") - int.from_bytes(packed(begin), "big")
        if count < 1 or family_of(begin) != family_of(end):
            raise ValueError
    except ValueError:
        wanted = "like 10.0.0.1, 10.0.0.1-9, 10.0.0.250-10.0.1.5 or 10.0.0.8/29"
        raise entry.place.error(
            f"{quoted(text)} is no address and no range of them, {wanted}"
        ) from None
    yield from _counted(begin, count)


def _with_last_part(address: str, last: str) -> str:
    """The address with its last part replaced: decimal in IPv4, hexadecimal in IPv6."""
    raw = packed(address)
    if len(raw) == 4 and re.fullmatch("[0-9]{1,3}", last) and int(last) < 256:
        return unpacked(raw[:3] + bytes([int(last)]))
    if len(raw) == 16 and re.fullmatch("[0-9a-fA-F]{1,4}", last):
        return unpacked(raw[:14] + int(last, 16).to_bytes(2, "big"))
    raise ValueError


def _counted(begin: str, count: int) -> Iterator[str]:
    raw = packed(begin)
    start = int.from_bytes(raw, "big")
    for number in range(start, start + count):
        yield unpacked(number.to_bytes(len(raw), "big"))
