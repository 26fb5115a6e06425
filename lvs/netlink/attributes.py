"""Attributes of netlink messages: torn open one by one, and the values of those that are wanted.

This is the plain way, which takes any message. `layout` is the fast one, for messages that are built
like one before.
"""

import sys
from collections.abc import Sequence
from struct import Struct
from typing import Any, NamedTuple

from lvs.errors import LvsError

Attributes = dict[int, bytes]
"""The raw values of one level of attributes, by number."""
Path = tuple[int, ...]
"""The numbers that lead to an attribute, from the outermost in."""

NUMBER_MASK = 0x3FFF
"""Without NLA_F_NESTED and NLA_F_NET_BYTEORDER."""
ABSENT = b""
"""The value of an optional attribute that a message does not have."""

_header = Struct("=HH").unpack_from


class Field(NamedTuple):
    """One wanted value: the attribute at the first of these paths that the message has."""

    paths: tuple[Path, ...]
    number: bool = True
    """A number in native order; else the bytes as they are."""
    optional: bool = False


def attributes(data: bytes, start: int = 0) -> Attributes:
    """One level of attributes from `start` to the end of `data`; of two with one number the first.

    Raises LvsError when torn.
    """
    found: Attributes = {}
    end = len(data)
    while start + 4 <= end:
        length, number = _header(data, start)
        if length < 4 or start + length > end:
            raise LvsError(
                "A message of the kernel is torn: an attribute is longer than its message"
            )
        found.setdefault(number & NUMBER_MASK, data[start + 4 : start + length])
        start += (length + 3) & ~3
    return found


def values_of(found: Attributes, fields: Sequence[Field]) -> tuple[Any, ...]:
    """The value of each field, `ABSENT` where an optional one is missing.

    Raises LvsError when another is missing, or a message is torn.
    """
    levels: dict[Path, Attributes] = {(): found}
    return tuple(_value(field, levels) for field in fields)


def _value(field: Field, levels: dict[Path, Attributes]) -> Any:
    for path in field.paths:
        raw = _raw(path, levels)
        if raw is not None:
            return int.from_bytes(raw, sys.byteorder) if field.number else raw
    if field.optional:
        return ABSENT
    raise LvsError(f"A message of the kernel lacks the attribute {field.paths[0]}")


def _raw(path: Path, levels: dict[Path, Attributes]) -> bytes | None:
    """The bytes at a path; None when there are none. `levels` keeps what was opened already."""
    if path[:-1] not in levels:
        outer = _raw(path[:-1], levels)
        levels[path[:-1]] = {} if outer is None else attributes(outer)
    return levels[path[:-1]].get(path[-1])
