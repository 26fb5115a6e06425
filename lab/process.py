"""A command in the guest, as the host sees it."""

import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from lab import channel
from lab.channel import Frame
from lab.kernel import LabError

Sink = Callable[[bytes], object]


class Link(Protocol):
    """What a command needs of its lab."""

    def send(self, kind: int, command: int = 0, body: bytes | dict[str, object] = b"") -> None:
        """Send a frame to the guest."""

    def console(self) -> str:
        """What the guest's kernel has said."""


class GuestProcess:
    """A running or ended command. `out` and `err` take its output, in the lab's reader thread."""

    def __init__(self, link: Link, number: int, argv: Sequence[str], out: Sink, err: Sink) -> None:
        self.args = list(argv)
        self.number = number
        self.returncode: int | None = None
        """None while it runs; negative: the signal that ended it."""
        self._link = link
        self._sinks = {channel.OUT: out, channel.ERR: err}
        self._ended = threading.Event()
        self._failure: OSError | None = None

    def poll(self) -> int | None:
        """The exit status, None while it runs. Raises as `wait` does."""
        return self.wait() if self._ended.is_set() else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, at most so many seconds (then subprocess.TimeoutExpired).

        Raises LabError when the lab went down under it, and the OSError of a sink that could not
        take its output (the command is killed then).
        """
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        if self._failure is not None:
            self._signal(signal.SIGKILL)
            raise self._failure
        if self.returncode is None:
            raise LabError(f"the lab went down while it ran {self.args}\n{self._link.console()}")
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Signal the command and what it started; nothing happens when it has ended."""
        if not self._ended.is_set():
            self._signal(number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def write(self, data: bytes) -> None:
        """Give bytes to its standard input; none at all end the input."""
        if not self._ended.is_set():
            self._link.send(channel.INPUT, self.number, data)

    def take(self, frame: Frame) -> None:
        """Handle a frame from the guest (called by the lab's reader)."""
        if frame.kind == channel.EXIT:
            self.returncode = int(frame.document()["code"])
            self._ended.set()
        elif self._failure is None:
            self._deliver(frame)

    def lost(self) -> None:
        """The lab is gone (called by the lab's reader)."""
        self._ended.set()

    def _deliver(self, frame: Frame) -> None:
        try:
            self._sinks[frame.kind](frame.body)
        except OSError as error:  # the reader serves every command: it must outlive one sink
            self._failure = error
            self._ended.set()

    def _signal(self, number: int) -> None:
        self._link.send(channel.SIGNAL, self.number, {"number": int(number)})
