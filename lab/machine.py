"""The lab as Python sees it: start it, run commands on its hosts, stop it."""

import itertools
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from lab import channel
from lab.channel import Channel, Frame
from lab.choice import make_kernel
from lab.kernel import HERE, SYSTEM_FOLDERS, Kernel, LabError
from lab.process import GuestProcess, Sink
from lab.uml import DEFAULT_MEMORY

Host = Literal["director", "client", "web1", "web2"]

HOST_ADDRESS = "10.0.2.2"
"""The host's loopback, as the director sees it."""
BOOT_SECONDS = 20.0
POWER_OFF_SECONDS = 5.0
READER_SECONDS = 2.0

MakeKernel = Callable[[Path | None, str], Kernel]
"""Starts a guest with a folder that it may write below, and so much memory."""


class Lab:
    """A booted lab. Use it as context manager, or call `start` and `stop`.

    `writable` is the one folder of the host that the guest may write below; None = none at all.
    `web` starts the web servers of web1 and web2. `memory` as in "512M". `kernel` makes the guest.
    """

    host_address = HOST_ADDRESS

    def __init__(
        self,
        writable: Path | None = None,
        *,
        web: bool = True,
        memory: str = DEFAULT_MEMORY,
        kernel: MakeKernel = make_kernel,
    ) -> None:
        self.writable = None if writable is None else Path(writable).resolve()
        if self.writable == Path("/"):
            raise LabError("the guest can't be given all of / to write: choose a folder below it")
        self._web = web
        self._memory = memory
        self._make_kernel = kernel
        self.numbers = itertools.count(1)
        self._processes: dict[int, GuestProcess] = {}
        self._heard = threading.Event()
        self._ready = threading.Event()
        self._down = threading.Event()
        self._problem = ""
        self._last_words = ""
        self._kernel: Kernel | None = None
        self._reader = threading.Thread(target=self._read, daemon=True)

    def start(self) -> Self:
        """Boot, and wait until the topology stands. Raises LabError with the guest's console."""
        self._kernel = self._make_kernel(self.writable, self._memory)
        self._line = self._kernel.line  # as long as we live: a stalled reader may come back to it
        try:
            self._channel = Channel(self._line.fileno(), window=True)
            self._reader.start()
            self._await_boot()
        except BaseException:
            self.stop()
            raise
        return self

    def _await_boot(self) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        if self._heard.wait(BOOT_SECONDS):
            self.send(channel.CONFIG, 0, self._config())
        if not self._ready.wait(deadline - time.monotonic()):
            self._problem = f"it did not come up within {BOOT_SECONDS:.0f} seconds"
        if self._problem:
            raise LabError(f"the lab did not start: {self._problem}\n{self.console()}")

    def _config(self) -> dict[str, object]:
        if self.writable is None:
            return {"writable": None, "inode": 0, "web": self._web}
        try:
            inode = self.writable.stat().st_ino
        except OSError as error:
            raise LabError(f"{self.writable}: {error.strerror}") from None
        return {"writable": str(self.writable), "inode": inode, "web": self._web}

    def signal(self, number: int) -> None:
        """Signal the whole guest: SIGSTOP and SIGCONT freeze and thaw it. Raises LabError."""
        if self._kernel is None:
            raise LabError("the lab is not running")
        self._kernel.signal(number)

    def stop(self) -> None:
        """End every command, switch the guest off, leave nothing. Harmless when not running."""
        if self._kernel is None:
            return
        if self._ready.is_set() and not self._down.is_set():
            # In a thread: it waits for room while a reader of output stalls the line.
            threading.Thread(target=self.send, args=(channel.POWER_OFF,), daemon=True).start()
            self._down.wait(POWER_OFF_SECONDS)
        self._last_words = self.console()
        kernel, self._kernel = self._kernel, None
        kernel.stop()
        if self._reader.ident is not None:
            self._reader.join(READER_SECONDS)  # it may be stuck with output that nobody reads
        if not self._reader.is_alive():
            self._line.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def run(
        self,
        argv: Sequence[str],
        *,
        host: Host = "director",
        cwd: Path | str | None = None,
        env: Mapping[str, str] | None = None,
        input: str | bytes = b"",  # noqa: A002 - subprocess.run calls it so
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end. `env` adds to this process's environment.

        A command that runs longer than `timeout` seconds is killed: subprocess.TimeoutExpired.
        """
        out, err = bytearray(), bytearray()
        process = self.popen(argv, out.extend, err.extend, host=host, cwd=cwd, env=env)
        data = input.encode() if isinstance(input, str) else input
        if data:
            process.write(data)
        process.write(b"")
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise subprocess.TimeoutExpired(
                list(argv), timeout, output=bytes(out), stderr=bytes(err)
            ) from None
        stdout, stderr = (part.decode(errors="replace") for part in (out, err))
        return subprocess.CompletedProcess(list(argv), code, stdout, stderr)

    def spawn(
        self,
        argv: Sequence[str],
        *,
        output: Path | None = None,
        host: Host = "director",
        cwd: Path | str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> GuestProcess:
        """Start a command and leave it running; both its streams are appended to the file `output`
        on the host as they come, or dropped."""

        def keep(data: bytes) -> None:
            if output is not None:
                with output.open("ab") as file:
                    file.write(data)

        process = self.popen(argv, keep, keep, host=host, cwd=cwd, env=env)
        process.write(b"")
        return process

    def popen(
        self,
        argv: Sequence[str],
        out: Sink,
        err: Sink,
        *,
        host: Host = "director",
        cwd: Path | str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> GuestProcess:
        """Start a command whose output goes to two functions, called in the lab's reader thread."""
        if self._kernel is None:
            raise LabError("the lab is not running")
        process = GuestProcess(self, next(self.numbers), argv, out, err)
        self._processes[process.number] = process
        wish: dict[str, object] = {
            "argv": [str(part) for part in argv],
            "cwd": str(cwd or self.writable or Path.cwd()),
            "env": guest_environment() | dict(env or {}),
            "host": host,
        }
        self.send(channel.START, process.number, wish)
        if self._down.is_set():
            process.lost()
        return process

    def send(self, kind: int, command: int = 0, body: bytes | dict[str, object] = b"") -> None:
        """Send a frame to the guest; nothing happens when the guest is gone."""
        try:
            self._channel.send(kind, command, body)
        except OSError:
            self._down.set()

    def console(self) -> str:
        """What the guest's kernel and init script have said."""
        return self._last_words if self._kernel is None else self._kernel.console()

    def _read(self) -> None:
        self._channel.frames(self._handle)
        self._problem = self._problem or "the guest ended"
        self._down.set()
        self._heard.set()
        self._ready.set()
        for process in list(self._processes.values()):
            process.lost()

    def _handle(self, frame: Frame) -> None:
        if frame.kind == channel.HELLO:
            self._heard.set()
        elif frame.kind == channel.READY:
            self._problem = frame.document()["error"]
            self._ready.set()
        elif process := self._processes.get(frame.command):
            if frame.kind == channel.EXIT:
                del self._processes[frame.command]
            process.take(frame)


def guest_environment() -> dict[str, str]:
    """This process's environment, the project's python first on PATH and the sbin folders too."""
    folders = [str(HERE.parent / ".venv" / "bin")]
    for folder in (*os.environ.get("PATH", "").split(os.pathsep), *SYSTEM_FOLDERS):
        if folder and folder not in folders:
            folders.append(folder)
    return dict(os.environ) | {"PATH": os.pathsep.join(folders)}
