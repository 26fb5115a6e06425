"""Reading many messages that are built alike: each costs one comparison and one `Struct`.

The kernel writes the attributes of an object in one order, and a value always has the same size. So the
place of each is learned from one message, and the next ones of that length are unpacked at one go, after
a look at all headers on the way: with everything else masked out, they must be the learned ones. A
message that is built in another way is learned in its turn, and beyond a few ways it is read attribute
by attribute. The values are the same either way.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from struct import Struct
from typing import Any, NamedTuple

from lvs.netlink.attributes import NUMBER_MASK, Field, Path, attributes, values_of
from lvs.netlink.messages import ENDS, HEADERS

MOST_OF_A_LENGTH = 4
"""Layouts kept for one length. Two are usual: where a 64-bit value comes to lie decides on padding."""
MOST_LENGTHS = 256
"""Lengths with layouts: scheduler names, marks and engines make a dozen or two."""

_NUMBERS = {1: "B", 2: "H", 4: "I", 8: "Q"}
LENGTH_AND_KIND = (0, 6)
"""Where a message's own length and kind stand (struct nlmsghdr)."""
_header = Struct("=HH").unpack_from
_parse_head = Struct("=IH").unpack_from


Column = tuple[Any, ...]
"""The values of one field, message by message."""


class _Datagram(NamedTuple):
    """How a whole datagram is read whose messages are all built alike."""

    mask: int
    expected: int
    unpack: Callable[[bytes], tuple[Any, ...]]
    """The values of the first message, of the second, and so on."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where the wanted values stand in messages that are built like a certain one."""

    step: int
    """From the start of such a message to the start of the next."""
    size: int
    """Bytes in which everything stands that tells: see `make_layout`."""
    mask: int
    """Over these bytes as one number: covers what tells."""
    expected: int
    """What tells, in messages that are built like this."""
    form: str
    """Of a `Struct` for the wanted values of a message, as long as a step."""
    places: tuple[int, ...]
    """For each field, which of these values is its own."""
    width: int
    """How many values those are."""
    unpack: Callable[[bytes, int], tuple[Any, ...]]
    """The values of the message that begins at a place; its padding need not be there."""
    order: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    """Brings them into the order of the fields."""
    _datagrams: dict[int, _Datagram] = field(default_factory=dict)
    """By their length."""

    def fits(self, data: bytes, start: int) -> bool:
        """Whether the message that begins there is built like this."""
        told = int.from_bytes(data[start : start + self.size], "little")
        return told & self.mask == self.expected

    def columns(self, data: bytes) -> list[Column] | None:
        """The values of a datagram in which all messages are built like this; else None."""
        length = len(data)
        if length % self.step:
            return None
        mask, expected, unpack = self._datagrams.get(length) or self._learn(length)
        if int.from_bytes(data, "little") & mask != expected:
            return None
        values, width = unpack(data), self.width
        return [values[place::width] for place in self.places]

    def _learn(self, length: int) -> _Datagram:
        count = length // self.step
        mask, expected = (
            int.from_bytes(number.to_bytes(self.step, "little") * count, "little")
            for number in (self.mask, self.expected)
        )
        unpack = Struct("=" + self.form * count).unpack
        return self._datagrams.setdefault(length, _Datagram(mask, expected, unpack))


class Layouts:
    """Reads fields (two or more) of the object that each message holds as its attribute `number`."""

    def __init__(self, number: int, fields: Sequence[Field]) -> None:
        self._number = number
        self._fields = fields
        self._known: dict[int, list[Layout]] = {}
        self._nothing: list[Column] = [()] * len(fields)

    def columns(self, answer: Iterable[bytes]) -> list[Column]:
        """The values of an answer's messages, field by field. Raises as `attributes.values_of` does.

        A datagram of messages that are all built alike is compared and unpacked as a whole.
        """
        parts = [part for data in answer if data and (part := self._columns(data))]
        if len(parts) == 1:
            return parts[0]
        return [tuple(chain(*columns)) for columns in zip(*parts, strict=True)] or self._nothing

    def _columns(self, data: bytes) -> list[Column]:
        length, kind = _parse_head(data, 0)
        if kind in ENDS and length == len(data):
            return []
        for layout in self._known.get(length, ()):
            found = layout.columns(data)
            if found is not None:
                return found
        return list(zip(*self.read([data]), strict=True))

    def read(self, answer: Iterable[bytes]) -> Iterator[tuple[Any, ...]]:
        """The values of each message of an answer, one after the other. Raises as `columns`."""
        layout = None
        for data in answer:
            start, end = 0, len(data)
            while start < end:
                if layout is None or not layout.fits(data, start):
                    length, kind = _parse_head(data, start)
                    known = self._known.get(length, ())
                    layout = next((one for one in known if one.fits(data, start)), None)
                    if layout is None:
                        if kind not in ENDS:
                            yield self._first(data[start : start + length])
                        start += (length + 3) & ~3
                        continue
                yield layout.order(layout.unpack(data, start))
                start += layout.step

    def _first(self, message: bytes) -> tuple[Any, ...]:
        """Read a message that no layout fits, and learn its own while there is room."""
        whole = attributes(attributes(message, HEADERS).get(self._number, b""))
        values = values_of(whole, self._fields)
        known = self._known.get(len(message), [])
        if len(known) < MOST_OF_A_LENGTH and len(self._known) < MOST_LENGTHS:
            made = make_layout(message, self._number, self._fields)
            if made is not None:
                self._known[len(message)] = [*known, made]
        return values


class _Found(NamedTuple):
    path: Path
    start: int
    size: int
    """Of the value, which begins 4 bytes after `start`."""


def make_layout(message: bytes, outer: int, fields: Sequence[Field]) -> Layout | None:
    """The layout of a message that `values_of` has read. None when a number has an odd size.

    Headers tell as far as the last wanted value: of two attributes of one number the first counts. They
    tell to the end when a wanted one is not there, for then it must not be there in the next either.
    """
    choices = [[(outer, *path) for path in field.paths] for field in fields]
    found = list(_walk(message, HEADERS, len(message), _outer(chain(*choices))))
    first = {one.path: one for one in reversed(found)}
    chosen = [next((path for path in choice if path in first), ()) for choice in choices]
    whole = any(path != choice[0] for path, choice in zip(chosen, choices, strict=True))
    wanted = sorted((first[path] for path in set(chosen) if path), key=lambda one: one.start)
    kinds = {path: field.number for path, field in zip(chosen, fields, strict=True)}
    form, position = list[str](), 0
    for one in wanted:
        kind = _NUMBERS.get(one.size, "") if kinds[one.path] else f"{one.size}s"
        if not kind:
            return None
        form.append(f"{one.start + 4 - position}x{kind}")
        position = one.start + 4 + one.size
    form.append("0s")  # of what is not there: `ABSENT`
    indexes = {one.path: index for index, one in enumerate(wanted)} | {(): len(wanted)}
    places = tuple(indexes[path] for path in chosen)
    telling = [(one.start, 4) for one in found if whole or one.start < position]
    mask = bytearray(sum(telling[-1]))
    for start, size in (LENGTH_AND_KIND, *telling):
        mask[start : start + size] = b"\xff" * size
    number = int.from_bytes(mask, "little")
    step = (len(message) + 3) & ~3
    return Layout(
        step=step,
        size=len(mask),
        mask=number,
        expected=int.from_bytes(message[: len(mask)], "little") & number,
        form=f"{''.join(form)}{step - position}x",
        places=places,
        width=len(wanted) + 1,
        unpack=Struct("=" + "".join(form)).unpack_from,
        order=itemgetter(*places),
    )


def _outer(paths: Iterable[Path]) -> frozenset[Path]:
    """The attributes that must be opened to get at these."""
    return frozenset(path[:length] for path in paths for length in range(1, len(path)))


def _walk(
    data: bytes, start: int, end: int, outer: frozenset[Path], above: Path = ()
) -> Iterator[_Found]:
    """Each attribute in the order in which they come, those that others hold after these."""
    opened = set()
    while start + 4 <= end:
        length, number = _header(data, start)
        path = (*above, number & NUMBER_MASK)
        yield _Found(path, start, length - 4)
        if path in outer and path not in opened:
            opened.add(path)
            yield from _walk(data, start + 4, start + length, outer, path)
        start += (length + 3) & ~3
