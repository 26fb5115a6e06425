"""`lab/run CMD…`: boot the lab, run one command on the director, give its output and exit status."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

# Where a stream of ours is closed the next file that is opened would be taken for it.
for _descriptor in (0, 1, 2):
    try:
        os.fstat(_descriptor)
    except OSError:
        os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
# Until there is something to end, Ctrl-C ends this without a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)
# The interpreter runs with -I -S, to start quickly: no folder of ours is on its path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lab import GuestProcess, Lab, LabError  # noqa: E402
from lab.choice import make_kernel  # noqa: E402
from lab.machine import MakeKernel  # noqa: E402
from lab.uml import DEFAULT_MEMORY  # noqa: E402

USAGE = """usage: lab/run CMD [ARGUMENT]…

Boots the lab and runs CMD on its director, in the present folder, which is the only folder of this
machine that it can change. LAB_MEMORY sets the guest's memory (512M). LAB_KERNEL says whose kernel it
runs: uml for one of its own, as any user (package user-mode-linux), or host for that of this machine,
as root. Not set: uml where it is installed, else host."""
LAB_FAILED = 125
"""Exit status when the lab itself failed, so that it isn't taken for the command's."""


def main(kernel: MakeKernel = make_kernel) -> int:
    """Run the command line; returns the exit status. `kernel` is for tests."""
    argv = sys.argv[1:]
    if not argv or argv[0] in ("-h", "--help"):
        print(USAGE, file=sys.stderr if not argv else sys.stdout)
        return LAB_FAILED if not argv else 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        memory = os.environ.get("LAB_MEMORY", DEFAULT_MEMORY)
        with Lab(_folder(), memory=memory, kernel=kernel) as lab:
            return _run(lab, argv)
    except LabError as error:
        print(f"lab/run: {error}".rstrip(), file=sys.stderr)
        return LAB_FAILED


def _folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise LabError("the present folder is no longer there") from None


def _run(lab: Lab, argv: list[str]) -> int:
    process = lab.popen(argv, _writer(1), _writer(2))
    threading.Thread(target=_feed, args=(process,), daemon=True).start()
    try:
        code = process.wait()
    except BrokenPipeError:  # the reader of our output has left: end as a command would by itself
        return 128 + signal.SIGPIPE
    except OSError as error:
        raise LabError(f"the output can't be written: {error.strerror}") from None
    return 128 - code if code < 0 else code


def _writer(descriptor: int) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    return write


def _feed(process: GuestProcess) -> None:
    while data := os.read(0, 65536):
        process.write(data)
    process.write(b"")


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
