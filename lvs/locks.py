"""The host lock: one process at a time changes a director."""

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lvs.errors import Busy, LvsError

_POLL = 0.05


@contextmanager
def host_lock(path: Path, timeout: float) -> Iterator[None]:
    """Hold an exclusive lock on the file until the block ends or the process dies.

    timeout: seconds to wait for another holder. Raises Busy, naming the holder, or LvsError when the
    file can't be opened. The file holds the holder's process id and command, for people only.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LvsError(f"Can't open the lock {path}: {error.strerror}") from error
    try:
        _wait(handle, path, time.monotonic() + timeout)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()} {_command()}\n".encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)  # which also gives the lock back


def _wait(handle: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Busy(_busy(handle, path)) from None
        time.sleep(_POLL)


def _busy(handle: int, path: Path) -> str:
    pid, _, command = os.pread(handle, 500, 0).decode(errors="replace").strip().partition(" ")
    holder = f"process {pid} ({command})" if pid else "another process"
    return f"This director is being changed by {holder}, which holds {path}. Try again when it is done."


def _command() -> str:
    return " ".join([Path(sys.executable).name, *sys.argv])[:300]
