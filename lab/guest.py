"""The guest's side: takes commands from the host over the line and runs them.

Started by init.sh with the bare interpreter, before there is a project: the standard library only.
"""

import ctypes
import errno
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import IO

sys.path.insert(0, str(Path(__file__).resolve().parent))

import channel
from channel import Channel, Frame

WEB_SERVERS = ("web1", "web2")
GRACE_AFTER_EXIT = 0.5
"""Seconds that a command's output may still come from children it left behind."""


class Command:
    """One process on one of the lab's hosts, its output going to the host as it comes."""

    def __init__(self, line: Channel, frame: Frame, forget: Callable[[int], object]) -> None:
        wish = frame.document()
        self._line = line
        self._forget = forget
        self._number = frame.command
        self._input: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        argv = list(wish["argv"])
        env = dict(wish["env"])
        program = shutil.which(argv[0], path=env.get("PATH"))
        if "/" not in argv[0] and program is None:
            raise FileNotFoundError(2, "No such program on PATH", argv[0])
        if wish["host"] != "director":
            argv = ["nsenter", f"--net=/run/netns/{wish['host']}", "--", *argv]
        self.process = subprocess.Popen(
            argv,
            cwd=wish["cwd"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )

    def watch(self) -> None:
        """Begin to pass its input, output and end on."""
        threading.Thread(target=self._watch, daemon=True).start()
        threading.Thread(target=self._feed, daemon=True).start()

    def give_input(self, data: bytes) -> None:
        """Queue bytes for the process; none end its input."""
        self._input.put(data)

    def signal(self, number: int) -> None:
        """Signal the process and what it started, if they still are."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return

    def _feed(self) -> None:
        pipe = self.process.stdin
        assert pipe is not None
        try:
            while data := self._input.get():
                pipe.write(data)
            pipe.close()
        except BrokenPipeError:  # the command wants no more input
            return

    def _watch(self) -> None:
        assert self.process.stdout is not None and self.process.stderr is not None
        pumps = [
            threading.Thread(target=self._pump, args=args, daemon=True)
            for args in ((channel.OUT, self.process.stdout), (channel.ERR, self.process.stderr))
        ]
        for pump in pumps:
            pump.start()
        code = self.process.wait()
        deadline = time.monotonic() + GRACE_AFTER_EXIT
        for pump in pumps:
            pump.join(max(0.0, deadline - time.monotonic()))
        self._input.put(b"")
        self._forget(self._number)
        self._line.send(channel.EXIT, self._number, {"code": code})

    def _pump(self, kind: int, pipe: IO[bytes]) -> None:
        while data := os.read(pipe.fileno(), 65536):
            self._line.send(kind, self._number, data)


class Guest:
    """Answers the host's frames."""

    def __init__(self, line: Channel) -> None:
        self._line = line
        self._commands: dict[int, Command] = {}

    def handle(self, frame: Frame) -> None:
        """Do what one frame says."""
        if frame.kind == channel.CONFIG:
            self._line.send(channel.READY, 0, {"error": configure(frame.document())})
        elif frame.kind == channel.START:
            self._start(frame)
        elif frame.kind == channel.POWER_OFF:
            self._end_commands()
            os._exit(0)  # init.sh does the rest
        elif command := self._commands.get(frame.command):
            if frame.kind == channel.INPUT:
                command.give_input(frame.body)
            elif frame.kind == channel.SIGNAL:
                command.signal(frame.document()["number"])

    def _start(self, frame: Frame) -> None:
        try:
            command = Command(self._line, frame, forget=lambda n: self._commands.pop(n, None))
            self._commands[frame.command] = command
            command.watch()
        except OSError as error:
            text = f"lab: {error.filename}: {error.strerror}\n"
            self._line.send(channel.ERR, frame.command, os.fsencode(text))
            code = 127 if isinstance(error, FileNotFoundError) else 126
            self._line.send(channel.EXIT, frame.command, {"code": code})

    def _end_commands(self) -> None:
        running = [c for c in self._commands.values() if c.process.returncode is None]
        for command in running:
            command.signal(signal.SIGTERM)
        deadline = time.monotonic() + 1
        while running and time.monotonic() < deadline:
            running = [c for c in running if c.process.returncode is None]
            time.sleep(0.02)


def configure(config: dict[str, object]) -> str:
    """Open the writable folder and start the web servers; returns what went wrong, or ""."""
    folder = config["writable"]
    if isinstance(folder, str) and "LAB_FOLDER" not in os.environ:  # else init.sh has done so
        try:
            share(folder, config["inode"])
        except OSError as error:
            return f"{folder} can't be mounted: {error.strerror}"
    problems = [start_web_server(name) for name in WEB_SERVERS] if config["web"] else []
    return "; ".join(filter(None, problems))


def share(folder: str, inode: object) -> None:
    """Mount a folder of the host in its place. Raises OSError.

    By the system call: the program `mount` takes a path with a comma or a quote for options, and hostfs
    without a path is the host's root. The inode is the folder's on the host: it must be that one.
    """
    # It may lie below /run or /dev/shm, which are the guest's own.
    Path(folder).mkdir(parents=True, exist_ok=True)
    raw = os.fsencode(folder)
    if ctypes.CDLL(None, use_errno=True).mount(b"none", raw, b"hostfs", 0, raw):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), folder)
    if Path(folder).stat().st_ino != inode:
        raise OSError(errno.ESTALE, "another folder came in its place", folder)


def start_web_server(name: str) -> str:
    """Fork a web server into the namespace of that name; back when it listens, with "" or the error."""
    from webserver import WebServer

    reader, writer = os.pipe()
    if os.fork() == 0:
        with open(f"/run/netns/{name}") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0):
                os._exit(1)
        server = WebServer(name)
        os.write(writer, b".")
        server.serve()
    os.close(writer)
    listens = os.read(reader, 1)
    os.close(reader)
    return "" if listens else f"the web server of {name} did not start"


def open_line() -> int:
    """The line to the host: what init.sh was started with, or the serial port of a kernel of its own."""
    if "LAB_LINE" in os.environ:
        descriptor = int(os.environ.pop("LAB_LINE"))
        os.set_inheritable(descriptor, False)
        return descriptor
    descriptor = os.open("/dev/ttyS0", os.O_RDWR | os.O_NOCTTY)
    tty.setraw(descriptor)
    return descriptor


def main() -> None:
    """Serve the host until it hangs up."""
    line = Channel(open_line(), window=False)
    line.send(channel.HELLO)
    line.frames(Guest(line).handle)


if __name__ == "__main__":
    main()
