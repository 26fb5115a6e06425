"""Reading many messages that are built alike: each costs one comparison and one `Struct`.

The kernel writes the attributes of an object in one order, and a value always has the same size. So the
place of each is learned from one message, and the next ones of that length are unpacked at one go, after
a look at all headers on the way: with everything else masked out, they must be the learned ones. A
message that is built in another way is learned in its turn, and beyond a few ways it is read attribute
by attribute. The values are the same either way.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
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


class Layout(NamedTuple):
    """Where the wanted values stand in messages that are built like a certain one."""

    step: int
    """From the start of such a message to the start of the next."""
    size: int
    """Bytes in which everything stands that tells: see `make_layout`."""
    mask: int
    """Over these bytes as one number: covers what tells."""
    expected: int
    """What tells, in messages that are built like this."""
    unpack: Callable[[bytes, int], tuple[Any, ...]]
    """The wanted values of the message that begins at a place."""
    unpack_all: Callable[[bytes], Iterator[tuple[Any, ...]]]
    """Those of each message in bytes that hold nothing but whole messages of `step` bytes."""
    order: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    """Brings them into the order of the fields."""

    def fits(self, message: bytes) -> bool:
        """Whether a message is built like this."""
        return int.from_bytes(message[: self.size], "little") & self.mask == self.expected

    def read_all(self, data: bytes) -> Iterator[tuple[Any, ...]] | None:
        """The values of each message of a datagram in which all are built like this; else None."""
        count, rest = divmod(len(data), self.step)
        if rest:
            return None
        mask, expected = (
            _repeated(self.mask, self.step, count),
            _repeated(self.expected, self.step, count),
        )
        if int.from_bytes(data, "little") & mask != expected:
            return None
        return map(self.order, self.unpack_all(data))


@lru_cache(maxsize=1024)
def _repeated(number: int, step: int, count: int) -> int:
    """The number for one message, for so many one behind the other."""
    return int.from_bytes(number.to_bytes(step, "little") * count, "little")


_NONE = Layout(0, 0, 0, 1, lambda data, start: (), lambda data: iter(()), lambda values: values)
"""Fits no message."""


class Layouts:
    """Reads fields (two or more) of the object that each message holds as its attribute `number`."""

    def __init__(self, number: int, fields: Sequence[Field]) -> None:
        self._number = number
        self._fields = fields
        self._known: dict[int, list[Layout]] = {}

    def read_all(self, answer: Iterable[bytes]) -> list[tuple[Any, ...]]:
        """The values of each message of an answer. Raises as `attributes.values_of` does.

        A datagram of messages that are all built alike is compared and unpacked as a whole.
        """
        values: list[tuple[Any, ...]] = []
        for data in answer:
            length, kind = _parse_head(data, 0) if data else (0, 0)
            if kind in ENDS and length == len(data):
                continue
            for layout in self._known.get(length, ()):
                whole = layout.read_all(data)
                if whole is not None:
                    values += whole
                    break
            else:
                values += self.read([data])
        return values

    def read(self, answer: Iterable[bytes]) -> Iterator[tuple[Any, ...]]:
        """As `read_all`, message by message."""
        # All in local names: this loop runs for every real server.
        number = int.from_bytes
        step, size, mask, expected, unpack, _, order = _NONE
        for data in answer:
            start, end = 0, len(data)
            while start < end:
                if number(data[start : start + size], "little") & mask == expected:
                    yield order(unpack(data, start))
                    start += step
                    continue
                length, kind = _parse_head(data, start)
                message = data[start : start + length]
                known = next((one for one in self._of(length) if one.fits(message)), None)
                if known is not None:
                    step, size, mask, expected, unpack, _, order = known
                    continue
                if kind not in ENDS:
                    yield self._first(message)
                start += (length + 3) & ~3

    def _of(self, length: int) -> list[Layout]:
        return self._known.get(length, [])

    def _first(self, message: bytes) -> tuple[Any, ...]:
        """Read a message that no layout fits, and learn its own while there is room."""
        whole = attributes(attributes(message, HEADERS).get(self._number, b""))
        values = values_of(whole, self._fields)
        known = self._of(len(message))
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
    form, position = ["="], 0
    for one in wanted:
        kind = _NUMBERS.get(one.size, "") if kinds[one.path] else f"{one.size}s"
        if not kind:
            return None
        form.append(f"{one.start + 4 - position}x{kind}")
        position = one.start + 4 + one.size
    form.append("0s")  # of what is not there: `ABSENT`
    places = {one.path: index for index, one in enumerate(wanted)} | {(): len(wanted)}
    telling = [(one.start, 4) for one in found if whole or one.start < position]
    mask = bytearray(sum(telling[-1]))
    for start, size in (LENGTH_AND_KIND, *telling):
        mask[start : start + size] = b"\xff" * size
    number = int.from_bytes(mask, "little")
    step = (len(message) + 3) & ~3
    return Layout(
        step,
        len(mask),
        number,
        int.from_bytes(message[: len(mask)], "little") & number,
        Struct("".join(form)).unpack_from,
        Struct(f"{''.join(form)}{step - position}x").iter_unpack,
        itemgetter(*(places[path] for path in chosen)),
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
