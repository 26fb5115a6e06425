"""Questions and answers over a generic netlink socket: deadlines, batches, lost answers.

pyroute2 opens the socket and knows the messages. Reading is ours: its own reader has no time-out
and takes one message at a time, where IPVS needs hundreds in one system call.
"""

import select
import time
from collections.abc import Callable, Sequence
from errno import ENOBUFS, EPERM
from os import strerror
from socket import SOL_SOCKET, socket
from struct import Struct

from pyroute2.netlink import CTRL_CMD_GETFAMILY, GENL_ID_CTRL, ctrlmsg
from pyroute2.netlink.nlsocket import NetlinkSocket

from lvs.errors import IpvsMissing, LvsError, NoAnswer, NotPermitted

NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 0x1, 0x4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
HEADERS = 20
"""Bytes before the attributes: nlmsghdr and genlmsghdr."""

_SO_RCVBUFFORCE = 33
"""From include/uapi/asm-generic/socket.h; Python has no name for it."""
_RECEIVE_BUFFER = 8 << 20
_READ_SIZE = 1 << 17
"""Bytes a read may give; the kernel fills a dump's buffers up to 32 KiB."""

_head = Struct("=IHHIIBBxx").pack
_parse_head = Struct("=IHHII").unpack_from
_parse_errno = Struct("=i").unpack_from


class Transport:
    """One netlink socket, used by the thread that opened it.

    timeout: seconds that the kernel may stay silent. Raises NoAnswer on silence and lost answers.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._netlink = NetlinkSocket()
        self._socket: socket = self._netlink.asyncore.socket
        self._sequence = 0
        self._poll = select.poll()
        self._poll.register(self._socket.fileno(), select.POLLIN)
        try:
            self._socket.setsockopt(SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        except PermissionError:  # pyroute2 has asked for 1 MiB, as much as anyone may
            return

    def close(self) -> None:
        """Give the socket back."""
        self._netlink.close()

    def find_family(self, name: str) -> int:
        """The number of a generic netlink family. Raises IpvsMissing when the kernel has none."""
        message = ctrlmsg()
        message["cmd"], message["version"] = CTRL_CMD_GETFAMILY, 1
        message["attrs"] = [("CTRL_ATTR_FAMILY_NAME", name)]
        message.encode()
        try:
            reply = self.ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, bytes(message.data[HEADERS:]))
        except FileNotFoundError:
            raise IpvsMissing(
                "This kernel has no IPVS loaded. Load it with “modprobe ip_vs” as root "
                "(for a container: on its host)."
            ) from None
        answer = ctrlmsg(reply)
        answer.decode()
        return int(answer.get_attr("CTRL_ATTR_FAMILY_ID"))

    def ask(self, family: int, command: int, attributes: bytes = b"") -> bytes:
        """The one whole message that answers a command. Raises OSError with the kernel's errno."""
        answers = self._converse(family, command, attributes, NLM_F_REQUEST | NLM_F_ACK)
        if len(answers) != 1:
            raise LvsError(f"The kernel gave {len(answers)} answers to a question that has one")
        return answers[0]

    def dump(self, family: int, command: int, attributes: bytes = b"") -> list[bytes]:
        """All whole messages that answer a dump. Raises OSError with the kernel's errno."""
        return self._converse(family, command, attributes, NLM_F_REQUEST | NLM_F_DUMP)

    def _converse(self, family: int, command: int, attributes: bytes, flags: int) -> list[bytes]:
        sequence = self._next_sequence()
        self._send(_message(family, command, attributes, flags, sequence))
        answers: list[bytes] = []
        while True:
            data = self._receive()
            position, end = 0, len(data)
            while position < end:
                length, kind, _, number, _ = _parse_head(data, position)
                if number == sequence:
                    if kind in (NLMSG_DONE, NLMSG_ERROR):
                        _raise(-_parse_errno(data, position + 16)[0])
                        return answers
                    answers.append(data[position : position + length])
                position += (length + 3) & ~3

    def batch(
        self,
        family: int,
        commands: Sequence[tuple[int, bytes]],
        on_answer: Callable[[int, int], None],
        *,
        until_last: bool = False,
    ) -> None:
        """Send commands in one call; `on_answer(index, errno)` for each, errno 0 when it was done.

        The kernel works through all of them in order, whatever becomes of one. until_last: the answer
        to the last command ends the waiting, for what has none by then gets none.
        """
        first = self._next_sequence(len(commands))
        flags = NLM_F_REQUEST | NLM_F_ACK
        self._send(
            b"".join(
                _message(family, command, attributes, flags, first + index)
                for index, (command, attributes) in enumerate(commands)
            )
        )
        waiting = set(range(len(commands)))
        while waiting:
            data = self._receive()
            position, end = 0, len(data)
            while position < end:
                length, kind, _, number, _ = _parse_head(data, position)
                index = number - first
                if kind == NLMSG_ERROR and index in waiting:
                    waiting.discard(index)
                    on_answer(index, -_parse_errno(data, position + 16)[0])
                    if until_last and index == len(commands) - 1:
                        return
                position += (length + 3) & ~3

    def _next_sequence(self, count: int = 1) -> int:
        first = self._sequence + 1
        self._sequence += count
        return first

    def _send(self, data: bytes) -> None:
        if self._socket.send(data) != len(data):
            raise LvsError("The kernel took only a part of a message")

    def _receive(self) -> bytes:
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                return self._socket.recv(_READ_SIZE)
            except BlockingIOError:
                left = deadline - time.monotonic()
                if left <= 0 or not self._poll.poll(left * 1000):
                    raise NoAnswer(
                        f"The kernel gave no answer within {self._timeout:g} seconds"
                    ) from None
            except OSError as error:
                if error.errno == ENOBUFS:
                    raise NoAnswer(
                        "Answers of the kernel were lost: it had no room for them"
                    ) from error
                raise


def _message(family: int, command: int, attributes: bytes, flags: int, sequence: int) -> bytes:
    return _head(HEADERS + len(attributes), family, flags, sequence, 0, command, 1) + attributes


def _raise(errno: int) -> None:
    if errno == EPERM:
        raise NotPermitted(
            "Not permitted: IPVS needs CAP_NET_ADMIN. Run it as root, or as a service that has "
            "AmbientCapabilities=CAP_NET_ADMIN."
        )
    if errno:
        raise OSError(errno, strerror(errno))
