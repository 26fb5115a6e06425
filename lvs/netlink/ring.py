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
from socket import MSG_DONTWAIT, MSG_TRUNC
from struct import Struct

AT_ONCE = 21
"""Questions of one call: three entries each. More gain little."""
_ENTRIES = 64
_SIZE = 1 << 15
"""Bytes of the first datagram: the kernel fills no more."""
_END_SIZE = 64
"""Bytes of the second, which should be the end of the dump."""

_SETUP, _ENTER = 425, 426  # system calls, of the same number on nearly every architecture
_RINGS, _SUBMISSIONS = 0, 0x10000000  # offsets for mmap
_SINGLE_MMAP = 1  # a feature: both rings in one mapping
_GETEVENTS = 1
_HARDLINK = 1 << 3  # an entry's flag: the next comes after it, also when it failed
_SEND, _RECV = 26, 27
_FLAGS = int(MSG_DONTWAIT | MSG_TRUNC)
"""Don't wait, and give the true length of a datagram that is too long (which sending takes for nothing)."""
_WRAP = 0xFFFFFFFF

_parameters = Struct("=10I").unpack_from
_entry = Struct("=BBHiQQIIQ24x")
_result = Struct("=Qi4x").unpack_from
_number = Struct("=I")


def _get(memory: mmap.mmap, place: int) -> int:
    found: int = _number.unpack_from(memory, place)[0]
    return found


def _put(memory: mmap.mmap, place: int, number: int) -> None:
    _number.pack_into(memory, place, number)


class RingMissing(Exception):
    """This kernel has no io_uring, or doesn't let us use it."""


class Ring:
    """Raises RingMissing when it can't be set up, and later when the kernel no longer takes part."""

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
        self._entries = mmap.mmap(self._descriptor, 64 * head[0], offset=_SUBMISSIONS)
        self._tail = submission[1]
        self._mask = head[0] - 1
        self._done_head, self._done_tail = completion[0], completion[1]
        self._results, self._done_mask = completion[5], head[1] - 1
        for index in range(head[0]):  # entries are used in their order
            _put(self._rings, submission[6] + 4 * index, index)
        self._buffer = mmap.mmap(-1, AT_ONCE * (_SIZE + _END_SIZE))
        self._start = ctypes.addressof(ctypes.c_char.from_buffer(self._buffer))

    def close(self) -> None:
        """Give everything back."""
        os.close(self._descriptor)
        self._rings.close()
        self._entries.close()

    def exchange(self, descriptor: int, messages: Sequence[bytes]) -> list[list[bytes]]:
        """Send each of up to `AT_ONCE` messages, and after each take up to two datagrams.

        Datagrams that didn't come, or don't fit, are left out.
        """
        sent = b"".join(messages)
        source = ctypes.cast(ctypes.c_char_p(sent), ctypes.c_void_p).value or 0
        tail = _get(self._rings, self._tail)
        for index, message in enumerate(messages):
            for number, (operation, address, size) in enumerate(
                (
                    (_SEND, source, len(message)),
                    (_RECV, self._start + index * _SIZE, _SIZE),
                    (_RECV, self._start + AT_ONCE * _SIZE + index * _END_SIZE, _END_SIZE),
                ),
                3 * index,
            ):
                values = (operation, _HARDLINK, 0, descriptor, 0, address, size, _FLAGS, number)
                _entry.pack_into(self._entries, (tail & self._mask) * 64, *values)
                tail += 1
            source += len(message)
        _put(self._rings, self._tail, tail & _WRAP)
        results = self._work(3 * len(messages))
        return [self._datagrams(n, results[3 * n + 1 : 3 * n + 3]) for n in range(len(messages))]

    def _datagrams(self, index: int, lengths: Sequence[int]) -> list[bytes]:
        places = ((index * _SIZE, _SIZE), (AT_ONCE * _SIZE + index * _END_SIZE, _END_SIZE))
        return [
            self._buffer[start : start + length]
            for (start, size), length in zip(places, lengths, strict=True)
            if 0 < length <= size
        ]

    def _work(self, count: int) -> list[int]:
        """Let the kernel work through so many entries; their results."""
        results = [0] * count
        done, new = 0, count
        while done < count:
            entered = self._call(_ENTER, self._descriptor, new, count - done, _GETEVENTS, None, 0)
            if entered >= 0:
                new -= entered
            elif ctypes.get_errno() != EINTR:
                self._checked(entered)
            head, tail = _get(self._rings, self._done_head), _get(self._rings, self._done_tail)
            while head != tail:
                place = self._results + 16 * (head & self._done_mask)
                index, result = _result(self._rings, place)
                results[index] = result
                head, done = head + 1 & _WRAP, done + 1
            _put(self._rings, self._done_head, head)
        return results

    def _checked(self, result: int) -> int:
        if result < 0:
            raise RingMissing(os.strerror(ctypes.get_errno()))
        return result
