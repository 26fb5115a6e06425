"""Taking all datagrams that wait at a socket with one system call.

The real servers of a service take two datagrams (the data, and the end of the dump), and a table of a
thousand services is a thousand such dumps: the system calls are most of the time that a reading takes.
Python knows `recvmsg` only, which takes one; so `recvmmsg` of the C library is called.
"""

import ctypes
import os
from socket import MSG_DONTWAIT, MSG_TRUNC
from typing import Any

from lvs.errors import LvsError

SIZE = 1 << 15
"""Bytes of one datagram: the kernel fills no more (net/netlink/af_netlink.c, netlink_dump)."""
MOST = 8
"""Datagrams of one call."""


class _Vector(ctypes.Structure):  # struct iovec
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _Header(ctypes.Structure):  # struct msghdr
    _fields_ = [
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("vectors", ctypes.POINTER(_Vector)),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    ]


class _Message(ctypes.Structure):  # struct mmsghdr
    _fields_ = [("header", _Header), ("length", ctypes.c_uint)]


class Receiver:
    """Receives from one socket, without waiting. Not for two threads at once."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._buffer = memoryview(bytearray(SIZE * MOST))
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._buffer))
        self._messages = (_Message * MOST)()
        for index, message in enumerate(self._messages):
            message.header.vectors = ctypes.pointer(_Vector(start + index * SIZE, SIZE))
            message.header.vector_count = 1
        self._address = ctypes.addressof(self._messages)
        # The same structures as plain numbers, which are quicker to read than their fields.
        self._numbers = memoryview(self._messages).cast("B").cast("I")
        self._call = _recvmmsg()

    def take(self) -> list[bytes]:
        """What waits at the socket: 1 to `MOST` datagrams. Raises BlockingIOError when nothing does."""
        count = self._call(self._descriptor, self._address, MOST, _DONTWAIT, None)
        if count < 0:
            errno = ctypes.get_errno()
            raise OSError(errno, os.strerror(errno))
        buffer, numbers = self._buffer, self._numbers
        taken, start, place = [], 0, 0
        for _ in range(count):
            if numbers[place + _FLAGS] & _TRUNCATED:
                raise LvsError(f"A message of the kernel is longer than {SIZE} bytes")
            taken.append(bytes(buffer[start : start + numbers[place + _LENGTH]]))
            start += SIZE
            place += _STEP
        return taken


# Where flags and length stand in each structure of the array, and how long it is, in numbers of 32 bits.
_FLAGS, _LENGTH = _Header.flags.offset // 4, _Message.length.offset // 4
_STEP = ctypes.sizeof(_Message) // 4
_TRUNCATED, _DONTWAIT = int(MSG_TRUNC), int(MSG_DONTWAIT)


def _recvmmsg() -> Any:
    call = ctypes.CDLL(None, use_errno=True).recvmmsg
    pointer, number = ctypes.c_void_p, ctypes.c_int
    call.argtypes = [number, pointer, ctypes.c_uint, number, pointer]
    return call
