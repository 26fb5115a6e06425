"""Generic netlink messages and the datagrams in which they come: linux/netlink.h, linux/genetlink.h."""

from collections.abc import Iterable, Iterator, Sequence
from errno import EPERM
from os import strerror
from struct import Struct

from lvs.errors import NotPermitted

NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 0x1, 0x4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
ENDS = (NLMSG_DONE, NLMSG_ERROR)
"""Kinds of messages that end an answer."""
HEADERS = 20
"""Bytes before the attributes: nlmsghdr and genlmsghdr."""

_head = Struct("=IHHIIBBxx").pack
_parse_head = Struct("=IHHII").unpack_from
_parse_errno = Struct("=i").unpack_from


def messages_in(answer: Iterable[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Datagram, start and length of each message of an answer, without its end."""
    for data in answer:
        position, end = 0, len(data)
        while position < end:
            length, kind, _, _, _ = _parse_head(data, position)
            if kind not in ENDS:
                yield data, position, length
            position += (length + 3) & ~3


def cut(answer: Iterable[bytes]) -> list[bytes]:
    """Each message of an answer by itself."""
    return [data[start : start + length] for data, start, length in messages_in(answer)]


def ends(data: bytes) -> bool:
    """Whether an answer is complete with this datagram.

    Raises what the kernel says of it: NotPermitted, or OSError with its errno.
    """
    position, end = 0, len(data)
    while position < end:
        length, kind, _, _, _ = _parse_head(data, position)
        if kind in ENDS:
            raise_errno(-_parse_errno(data, position + 16)[0])
            return True
        position += (length + 3) & ~3
    return False


def verdicts(data: bytes, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Index and errno of each command that a datagram speaks of. last: the index of the batch's last one."""
    position, end = 0, len(data)
    while position < end:
        length, kind, _, number, _ = _parse_head(data, position)
        if kind == NLMSG_ERROR and first <= number <= first + last:
            yield number - first, -_parse_errno(data, position + 16)[0]
        position += (length + 3) & ~3


def message(family: int, command: int, attributes: bytes, flags: int, sequence: int) -> bytes:
    """A whole generic netlink message."""
    return _head(HEADERS + len(attributes), family, flags, sequence, 0, command, 1) + attributes


def batch(family: int, commands: Sequence[tuple[int, bytes]], first: int) -> bytes:
    """Commands with their attributes as messages in one piece, numbered from `first` on.

    Only the last one asks for an acknowledgement.
    """
    parts: list[bytes] = []
    for number, (command, attributes) in enumerate(commands, first):
        head = _head(HEADERS + len(attributes), family, NLM_F_REQUEST, number, 0, command, 1)
        parts += (head, attributes)
    command, attributes = commands[-1]
    flags, number = NLM_F_REQUEST | NLM_F_ACK, first + len(commands) - 1
    parts[-2:] = [message(family, command, attributes, flags, number)]
    return b"".join(parts)


def raise_errno(errno: int) -> None:
    """Raise what the kernel means by it: NotPermitted, or OSError with this errno; nothing for 0."""
    if errno == EPERM:
        raise NotPermitted(
            "Not permitted: IPVS needs CAP_NET_ADMIN. Run it as root, or as a service that has "
            "AmbientCapabilities=CAP_NET_ADMIN."
        )
    if errno:
        raise OSError(errno, strerror(errno))
