"""Questions and answers over a generic netlink socket: deadlines, batches, lost answers.

pyroute2 opens the socket and knows the messages. Reading is ours: its own reader has no time-out
and takes one message at a time, where IPVS needs hundreds in one system call.
"""

import select
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from errno import ENOBUFS
from socket import SOL_SOCKET, socket
from struct import Struct

from pyroute2.netlink import CTRL_CMD_GETFAMILY, GENL_ID_CTRL, ctrlmsg
from pyroute2.netlink.nlsocket import NetlinkSocket

from lvs.errors import IpvsMissing, LvsError, NoAnswer
from lvs.netlink.messages import (
    HEADERS,
    NLM_F_ACK,
    NLM_F_DUMP,
    NLM_F_REQUEST,
    batch,
    cut,
    ends,
    message,
    verdicts,
)
from lvs.netlink.receive import Receiver
from lvs.netlink.ring import AT_ONCE, Ring, RingMissing

_SO_RCVBUFFORCE = 33
"""From include/uapi/asm-generic/socket.h; Python has no name for it."""
WORTH_A_RING = 20
"""Questions for which it is worth to set up a ring, which takes about as many system calls."""
_RECEIVE_BUFFER = 8 << 20

_number = Struct("=I").pack


class Transport:
    """One netlink socket, used by the thread that opened it.

    timeout: seconds that the kernel may stay silent. Raises NoAnswer on silence and lost answers.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._netlink = NetlinkSocket()
        self._socket: socket = self._netlink.asyncore.socket
        self._receiver = Receiver(self._socket.fileno())
        self._ring: Ring | None = None
        self._sequence = 0
        self._poll = select.poll()
        self._poll.register(self._socket.fileno(), select.POLLIN)
        try:
            self._socket.setsockopt(SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        except PermissionError:  # pyroute2 has asked for 1 MiB, as much as anyone may
            return

    def close(self) -> None:
        """Give the socket back."""
        if self._ring is not None:
            self._ring.close()
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
        flags = NLM_F_REQUEST | NLM_F_ACK
        answer = self._converse(family, command, attributes, flags)
        messages = cut(answer)
        if len(messages) != 1:
            raise LvsError(f"The kernel gave {len(messages)} answers to a question that has one")
        return messages[0]

    def dump(self, family: int, command: int, attributes: bytes = b"") -> list[bytes]:
        """All whole messages that answer a dump. Raises OSError with the kernel's errno."""
        return cut(self._converse(family, command, attributes, NLM_F_REQUEST | NLM_F_DUMP))

    def dump_each(
        self, family: int, command: int, questions: Sequence[bytes], before: Sequence[list[bytes]]
    ) -> Iterator[list[bytes]]:
        """For each question the datagrams of its answer, as they came: see `messages.messages_in`.

        before: the answers to them that are known; an equal one is given instead of a copy of it.
        Some answers are fetched at one go before the first of them is given: after each switch to the
        kernel the processor's caches are cold, and whoever decodes each answer at once feels it.
        Raises OSError with the kernel's errno.
        """
        first = self._next_sequence(len(questions))
        flags = NLM_F_REQUEST | NLM_F_DUMP
        messages = [
            message(family, command, attributes, flags, first + index)
            for index, attributes in enumerate(questions)
        ]
        ring = self._ring_for(len(messages))
        for start in range(0, len(messages), AT_ONCE):
            some, answers = messages[start : start + AT_ONCE], list[list[bytes]]()
            if ring is not None:
                answers = self._at_once(ring, some, first + start)
                if len(answers) < len(some):
                    ring = None
            for index in range(len(answers), len(some)):
                self._send(some[index])
                answers.append(self._answer(first + start + index))
            for answer, known in zip(answers, before[start : start + AT_ONCE], strict=True):
                yield known if answer == known else answer

    def _ring_for(self, questions: int) -> Ring | None:
        """A ring, if it is worth the set-up and there are any here."""
        if self._ring is None and questions >= WORTH_A_RING:
            with suppress(RingMissing):
                self._ring = Ring()
        return self._ring

    def _at_once(self, ring: Ring, messages: Sequence[bytes], first: int) -> list[list[bytes]]:
        """The answers from the first on, as far as they come whole."""
        answers: list[list[bytes]] = []
        try:
            exchanged = ring.exchange(self._socket.fileno(), messages)
        except RingMissing:
            exchanged = []
        for sequence, answer in enumerate(exchanged, first):
            own = _number(sequence)
            if not answer or any(data[8:12] != own for data in answer) or not ends(answer[-1]):
                break
            answers.append(answer)
        if len(answers) < len(messages):
            self._drop_answers()
        return answers

    def begin_again(self) -> None:
        """Number the questions from 1 again, so that equal answers to them are equal bytes.

        Answers that an interrupted conversation left behind are dropped: one of them might be taken for
        the answer to a new question. The kernel answers within the system call that asks or reads, so
        none can come later.
        """
        self._drop_answers()
        self._sequence = 0

    def _drop_answers(self) -> None:
        with suppress(BlockingIOError):
            while True:
                self._take()

    def _converse(self, family: int, command: int, attributes: bytes, flags: int) -> list[bytes]:
        sequence = self._next_sequence()
        self._send(message(family, command, attributes, flags, sequence))
        return self._answer(sequence)

    def _answer(self, sequence: int) -> list[bytes]:
        """All datagrams that answer the question of this number."""
        own = _number(sequence)
        answer = [data for data in self._receive() if data[8:12] == own]
        while not answer or not ends(answer[-1]):
            answer += [data for data in self._receive() if data[8:12] == own]
        return answer

    def batch(
        self,
        family: int,
        commands: Sequence[tuple[int, bytes]],
        on_answer: Callable[[range, int], None],
    ) -> None:
        """Send commands in one call; `on_answer(indexes, errno)` until each was told of in order.

        errno is 0 for those that were done; a refusal has one index.

        The kernel works through all of them, whatever becomes of one. Only the last one asks for an
        acknowledgement: a refusal comes in any case, so what wasn't refused before the end was done. An
        acknowledgement each took ten times as long, one system call for each to receive. The last must
        not be one that EINTR can end: netlink never answers that (`netlink_rcv_skb`).
        """
        first, last = self._next_sequence(len(commands)), len(commands) - 1
        self._send(batch(family, commands, first))
        told = 0
        while told <= last:
            for data in self._receive():
                for index, errno in verdicts(data, first, last):
                    end = index if errno else index + 1
                    if told < end:
                        on_answer(range(told, end), 0)
                    if errno:
                        on_answer(range(index, index + 1), errno)
                    told = index + 1

    def _next_sequence(self, count: int = 1) -> int:
        first = self._sequence + 1
        self._sequence += count
        return first

    def _send(self, data: bytes) -> None:
        if self._socket.send(data) != len(data):
            raise LvsError("The kernel took only a part of a message")

    def _receive(self) -> list[bytes]:
        """At least one datagram."""
        try:
            return self._take()  # before a look at the clock, which may be a system call of its own
        except BlockingIOError:
            deadline = time.monotonic() + self._timeout
        while self._poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            with suppress(BlockingIOError):
                return self._take()
        raise NoAnswer(f"The kernel gave no answer within {self._timeout:g} seconds")

    def _take(self) -> list[bytes]:
        try:
            return self._receiver.take()
        except OSError as error:
            if error.errno == ENOBUFS:
                raise NoAnswer(
                    "Answers of the kernel were lost: it had no room for them"
                ) from error
            raise
