"""Boot a user-mode Linux guest, and never leave anything of it behind.

The guest is a child of a small shell, the keeper, that waits on a pipe from this process. When the
pipe closes, because the lab was stopped or because this process died in whatever way, the keeper
kills the guest's whole process group and removes its folder.
"""

import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEFAULT_MEMORY = "512M"
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
PACKAGES = {
    "linux.uml": "user-mode-linux",
    "slirp-fullbolt": "slirp",
    "ip": "iproute2",
    "modprobe": "kmod",
    "ipvsadm": "ipvsadm",
    "nsenter": "util-linux",
}
"""Program → the Debian package that brings it."""

_KEEPER = """
folder=$1; shift
setsid "$@" </dev/null 2>"$folder/console" &
guest=$!
exec >/dev/null
read -r _
kill -KILL -$guest 2>/dev/null || kill -KILL $guest 2>/dev/null
wait
rm -rf "$folder"
"""


class LabError(Exception):
    """The lab could not be started, or went down."""


class PartsMissing(LabError):
    """Programs that the lab needs are not installed."""


def find_program(name: str) -> str | None:
    """Where a program is, also when the caller's PATH lacks the sbin folders."""
    path = os.pathsep.join((os.environ.get("PATH", ""), *SYSTEM_FOLDERS))
    return shutil.which(name, path=path)


def check_parts() -> None:
    """Raises PartsMissing, with the packages to install, when a needed program is absent."""
    missing = sorted({package for name, package in PACKAGES.items() if not find_program(name)})
    if missing:
        names = " ".join(missing)
        raise PartsMissing(
            f"the lab needs packages that are not installed: {names}. "
            f"Install them: apt-get install {names}"
        )


class Uml:
    """One guest, from power on to nothing left.

    `line` is the host's end of the guest's serial line. `memory` is as UML takes it: "512M".
    """

    def __init__(self, memory: str = DEFAULT_MEMORY) -> None:
        check_parts()
        memory_folder = _memory_folder(memory)
        self._folder = Path(tempfile.mkdtemp(prefix="lvs-lab-"))
        self.line, guest_end = socket.socketpair()
        try:
            self._keeper = subprocess.Popen(
                ["/bin/sh", "-c", _KEEPER, "lab", str(self._folder), *self._guest_command(memory)],
                stdin=subprocess.PIPE,
                stdout=guest_end.fileno(),
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env=os.environ | {"TMPDIR": memory_folder},
            )
        except BaseException:
            shutil.rmtree(self._folder)
            self.line.close()
            raise
        finally:
            guest_end.close()

    def _guest_command(self, memory: str) -> list[str]:
        # On one CPU a switch between the guest's kernel and its processes needs no other CPU to wake:
        # measured, system calls and page faults take a quarter of the time.
        cpu = random.choice(sorted(os.sched_getaffinity(0)))
        return [
            *("taskset", "--cpu-list", str(cpu)),
            find_program("linux.uml") or "linux.uml",
            f"mem={memory}",
            f"uml_dir={self._folder}",
            "umid=guest",
            "rootfstype=hostfs",
            "ro",
            f'init="{HERE / "init.sh"}"',
            f'LAB_PYTHON="{os.path.realpath(sys.executable)}"',
            "con=null",
            "con0=null,fd:2",
            "ssl0=fd:1",
            f"eth0=slirp,,{find_program('slirp-fullbolt')}",
            "cryptomgr.notests",
            "panic=-1",
            "noreboot",
            "quiet",
        ]

    def console(self) -> str:
        """What the guest's kernel and init script have said so far."""
        try:
            return (self._folder / "console").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def stop(self) -> None:
        """Kill whatever is left of the guest and wait until nothing is. Leaves `line` open: close
        it when nobody reads from it any more."""
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait()


def memory_bytes(memory: str) -> int:
    """Bytes of a size like "512M". Raises LabError when it is none."""
    match = re.fullmatch(r"(\d+)([KMGkmg])", memory)
    if match is None:
        raise LabError(f"{memory!r} is not a size of memory: write it like 512M")
    return int(match[1]) << {"K": 10, "M": 20, "G": 30}[match[2].upper()]


def _memory_folder(memory: str) -> str:
    """Where the guest's memory file goes: in memory when there is room, else the temporary folder.

    A container's /dev/shm often holds 64 MB; a guest that outgrows it dies by SIGBUS.
    """
    size = memory_bytes(memory)
    shared = Path("/dev/shm")
    if shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 2 * size:
        return str(shared)
    return tempfile.gettempdir()
