"""Many questions and their answers with one system call, by io_uring.

A thousand services are a thousand dumps, of two system calls each even with `receive`: where one is
dear they are nearly all that a reading costs. The kernel answers a dump while it is asked, so a list of
sends and receives, worked through in order, needs no waiting in between.

Kernels before 5.6 and many containers have no io_uring: then there is no Ring, and nothing is missed but
speed. Whatever doesn't look as expected is left to the plain way, for a reading can be done again.
Numbers and structures: include/uapi/linux/io_uring.h.
"""

import ctypes
import mmap
import os
from collections.abc import Sequence
from errno import EINTR
from itertools import chain
from socket import MSG_DONTWAIT, MSG_TRUNC
from struct import Struct
from threading import local

_ENTRIES = 64
"""Of each call, always: those that aren't needed do nothing, so each has a place that never changes."""
AT_ONCE = _ENTRIES // 3
"""Questions of one call: three entries each. More gain little."""
_SIZE = 1 << 15
"""Bytes of the first datagram: the kernel fills no more."""
_END_SIZE = 64
"""Bytes of the second, which should be the end of the dump."""
_ENDS = AT_ONCE * _SIZE
_QUESTIONS = _ENDS + AT_ONCE * _END_SIZE
_MOST = 1 << 16
"""Bytes of all questions together."""

_SETUP, _ENTER = 425, 426  # system calls, of the same number on nearly every architecture
_RINGS, _SUBMISSIONS = 0, 0x10000000  # offsets for mmap
_SINGLE_MMAP = 1  # a feature: both rings in one mapping
_GETEVENTS = 1
_HARDLINK = 1 << 3  # an entry's flag: the next comes after it, also when it failed
_NOP, _SEND, _RECV = 0, 26, 27
_FLAGS = int(MSG_DONTWAIT | MSG_TRUNC)
"""Don't wait, and give the true length of a datagram that is too long (which sending takes for nothing)."""
_WRAP = 0xFFFFFFFF

_parameters = Struct("=10I").unpack_from
_entries = Struct("=" + "BBHiQQIIQ24x" * _ENTRIES)
_results = Struct("=" + "Qi4x" * _ENTRIES)
_IN_ORDER = tuple(range(_ENTRIES))
_number = Struct("=I")


def _get(memory: mmap.mmap, place: int) -> int:
    found: int = _number.unpack_from(memory, place)[0]
    return found


def _put(memory: mmap.mmap, place: int, number: int) -> None:
    _number.pack_into(memory, place, number & _WRAP)


class RingMissing(Exception):
    """This kernel has no io_uring, or doesn't let us use it."""


class _Buffer(local):
    """Where questions and answers lie: one for each thread and kept, for a new page costs time to touch."""

    def __init__(self) -> None:
        private = (
            mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        )  # else a forked process would write into it too
        self.bytes = mmap.mmap(-1, _QUESTIONS + _MOST, flags=private)
        self.start = ctypes.addressof(ctypes.c_char.from_buffer(self.bytes))


_buffer = _Buffer()


class Ring:
    """For the thread that made it. Raises RingMissing when it can't be set up, and later when the kernel
    no longer takes part."""

    def __init__(self) -> None:
        self._call = ctypes.CDLL(None, use_errno=True).syscall
        setup = bytearray(120)  # struct io_uring_params
        address = (ctypes.c_char * len(setup)).from_buffer(setup)
        self._descriptor = self._checked(self._call(_SETUP, _ENTRIES, address))
        head = _parameters(setup, 0)
        submission, completion = _parameters(setup, 40), _parameters(setup, 80)
        if not head[5] & _SINGLE_MMAP:
            os.close(self._descriptor)
            raise RingMissing
        size = max(submission[6] + 4 * head[0], completion[5] + 16 * head[1])
        self._rings = mmap.mmap(self._descriptor, size, offset=_RINGS)
        self._entries = mmap.mmap(self._descriptor, _entries.size, offset=_SUBMISSIONS)
        self._tail = submission[1]
        self._done_head, self._done_tail = completion[0], completion[1]
        self._results, self._done_mask = completion[5], head[1] - 1
        for index in range(_ENTRIES):  # entries are used in their order
            _put(self._rings, submission[6] + 4 * index, index)
        self._prepared: tuple[int, ...] = ()
        """For which descriptor and lengths the entries are as they must be."""

    def close(self) -> None:
        """Give everything back."""
        os.close(self._descriptor)
        self._rings.close()
        self._entries.close()

    def exchange(self, descriptor: int, messages: Sequence[bytes]) -> list[list[bytes]]:
        """Send each of up to `AT_ONCE` messages, and after each take up to two datagrams.

        Datagrams that didn't come, or don't fit, are left out. Raises RingMissing also when the
        messages are longer than 64 KiB together.
        """
        memory = _buffer.bytes
        sent = b"".join(messages)
        if len(sent) > _MOST:
            raise RingMissing
        memory[_QUESTIONS : _QUESTIONS + len(sent)] = sent
        needed = (descriptor, *map(len, messages))
        if needed != self._prepared:
            self._prepare(descriptor, messages)
            self._prepared = needed
        results = self._work()
        answers = []
        for index, first in enumerate(results[1 : 3 * len(messages) : 3]):
            end, start = results[3 * index + 2], index * _SIZE
            answer = [memory[start : start + first]] if 0 < first <= _SIZE else []
            if 0 < end <= _END_SIZE:
                start = _ENDS + index * _END_SIZE
                answer.append(memory[start : start + end])
            answers.append(answer)
        return answers

    def _prepare(self, descriptor: int, messages: Sequence[bytes]) -> None:
        entries, start = list[tuple[int, int, int]](), _buffer.start
        question = start + _QUESTIONS
        for index, message in enumerate(messages):
            end = start + _ENDS + index * _END_SIZE
            entries.append((_SEND, question, len(message)))
            entries.append((_RECV, start + index * _SIZE, _SIZE))
            entries.append((_RECV, end, _END_SIZE))
            question += len(message)
        entries += [(_NOP, 0, 0)] * (_ENTRIES - len(entries))
        values = (
            (kind, _HARDLINK, 0, descriptor, 0, address, size, _FLAGS if size else 0, number)
            for number, (kind, address, size) in enumerate(entries)
        )
        _entries.pack_into(self._entries, 0, *chain.from_iterable(values))

    def _work(self) -> tuple[int, ...]:
        """Let the kernel work through the entries; the result of each."""
        rings = self._rings
        head = _get(rings, self._done_head)
        _put(rings, self._tail, _get(rings, self._tail) + _ENTRIES)
        new, done = _ENTRIES, 0
        while done < _ENTRIES:
            entered = self._call(
                _ENTER, self._descriptor, new, _ENTRIES - done, _GETEVENTS, None, 0
            )
            if entered >= 0:
                new -= entered
            elif ctypes.get_errno() != EINTR:
                self._checked(entered)
            done = _get(rings, self._done_tail) - head & _WRAP
        # There is room for two calls' results, so those of one are never cut in two.
        found = _results.unpack_from(rings, self._results + 16 * (head & self._done_mask))
        _put(rings, self._done_head, head + _ENTRIES)
        if found[::2] != _IN_ORDER:
            raise RingMissing("the kernel worked in another order")
        return found[1::2]

    def _checked(self, result: int) -> int:
        if result < 0:
            raise RingMissing(os.strerror(ctypes.get_errno()))
        return result
