"""Processes that are started here and end with us, whatever happens to us."""

import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO


class PartFailed(RuntimeError):
    """A part did not start, or ended by itself; the message holds the end of its log."""


class Part:
    """One program with its log file.

    It runs in its own process group, so that Ctrl-C in a terminal reaches only us and we end
    everything in order; and the kernel sends it SIGTERM when we die, even by SIGKILL.
    """

    def __init__(
        self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str], cwd: Path
    ) -> None:
        self.name = name
        self.log = log
        self._command = ["setpriv", "--pdeathsig", "TERM", "--", *command]
        self._env = dict(env)
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def failed(self) -> bool:
        """Whether it ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def start(self) -> None:
        """Start it; does nothing while it runs."""
        if self.running:
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._cwd,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def stop(self, seconds: float = 8.0) -> None:
        """Ask it to end, and end it when it does not within so many seconds."""
        if self._process is None:
            return
        self.signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """End it and all it started, at once, as a crash would."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def signal(self, number: signal.Signals) -> None:
        """Signal the program itself: SIGSTOP and SIGCONT freeze and thaw it."""
        if self.running and self._process:
            self._process.send_signal(number)

    def wait_until(self, ready: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until `ready()`. Raises PartFailed when it ends first or time runs out."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise PartFailed(f"{self.name} ended at its start\n{self.last_lines()}")
            if time.monotonic() > deadline:
                raise PartFailed(
                    f"{self.name} was not ready within {seconds:.0f} s\n{self.last_lines()}"
                )
            time.sleep(0.05)

    def last_lines(self, count: int = 15) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(*wanted: int) -> int:
    """The first of the wanted ports that is free, else any free one."""
    for port in wanted:
        if is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end_on_signals() -> None:
    """SIGTERM and SIGHUP end the program as Ctrl-C does: by KeyboardInterrupt, through `finally`."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def ignore_signals() -> None:
    """From here on we are ending anyway: a second Ctrl-C must not leave half of it running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


class Claim:
    """The right to use a folder, held by one program at a time and let go when that ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "in-use"
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Raises PartFailed when another program holds it."""
        self._file = self._path.open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            self._file = None
            message = f"another console runs on the data in {self._path.parent}: end that one first"
            raise PartFailed(message) from None

    def drop(self) -> None:
        """Let it go; harmless when not held."""
        if self._file:
            self._file.close()
            self._file = None
