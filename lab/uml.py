"""A guest with a kernel of its own: user-mode Linux, an ordinary process that needs no rights."""

import os
import random
import re
import shutil
import sys
import tempfile
from pathlib import Path

from lab.kernel import HERE, Kernel, LabError, check_parts, find_program

DEFAULT_MEMORY = "512M"
PACKAGES = {
    "linux.uml": "user-mode-linux",
    "slirp-fullbolt": "slirp",
    "ip": "iproute2",
    "modprobe": "kmod",
    "ipvsadm": "ipvsadm",
    "nsenter": "util-linux",
}
"""Program → the Debian package that brings it."""


class Uml(Kernel):
    """User-mode Linux. `memory` is as it takes it: "512M".

    guest.py mounts the folder to write in by hostfs when it is told; the process is confined to it, so
    that whatever the guest's root mounts, nothing else of the host can be written.
    """

    def __init__(self, writable: Path | None, memory: str = DEFAULT_MEMORY) -> None:
        check_parts(PACKAGES)
        super().__init__(_memory_folder(memory))
        folders = [str(self.folder), *([] if writable is None else [str(writable)])]
        confined = [sys.executable, "-I", "-S", str(HERE / "confine.py"), *folders, "--"]
        self._power_on([*confined, *self._command(memory)], {"TMPDIR": str(self.folder)})

    def signal(self, number: int) -> None:
        """Signal the guest's kernel: SIGSTOP freezes all of the guest."""
        os.kill(int((self.folder / "guest" / "pid").read_text()), number)

    def _command(self, memory: str) -> list[str]:
        # On one CPU a switch between the guest's kernel and its processes needs no other CPU to wake:
        # measured, system calls and page faults take a quarter of the time.
        cpu = random.choice(sorted(os.sched_getaffinity(0)))
        return [
            *("taskset", "--cpu-list", str(cpu)),
            find_program("linux.uml") or "linux.uml",
            f"mem={memory}",
            f"uml_dir={self.folder}",
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
