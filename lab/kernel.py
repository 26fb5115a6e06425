"""What every way to a guest has in common: one process group that never outlives its owner.

The guest is a child of a small shell, the keeper, that waits on a pipe from this process. When the
pipe closes, because the lab was stopped or because this process died in whatever way, the keeper
kills the guest's whole process group and removes its folder.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")

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


def missing_packages(packages: Mapping[str, str]) -> list[str]:
    """Of program → Debian package: the packages whose programs are absent."""
    return sorted({package for name, package in packages.items() if not find_program(name)})


def check_parts(packages: Mapping[str, str]) -> None:
    """Raises PartsMissing, with the packages to install, when a needed program is absent."""
    if missing := missing_packages(packages):
        names = " ".join(missing)
        raise PartsMissing(
            f"the lab needs packages that are not installed: {names}. "
            f"Install them: apt-get install {names}"
        )


class Kernel:
    """One guest, from power on to nothing left. How it is made, the classes derived from it say.

    `line` is the host's end of the line to guest.py.
    """

    def __init__(self, place: str | None = None) -> None:
        """place: where its folder goes; None = the temporary folder."""
        self.folder = Path(tempfile.mkdtemp(prefix="lvs-lab-", dir=place))
        self.line, self._guest_end = socket.socketpair()

    def _power_on(self, command: Iterable[str], env: Mapping[str, str]) -> None:
        """Start the guest, its standard output being the line and its standard error the console."""
        try:
            self._keeper = subprocess.Popen(
                ["/bin/sh", "-c", _KEEPER, "lab", str(self.folder), *command],
                stdin=subprocess.PIPE,
                stdout=self._guest_end.fileno(),
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env=os.environ | env,
            )
        except BaseException:
            shutil.rmtree(self.folder)
            self.line.close()
            raise
        finally:
            self._guest_end.close()

    def console(self) -> str:
        """What the guest's kernel and init script have said so far."""
        try:
            return (self.folder / "console").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def signal(self, number: int) -> None:
        """Signal the whole guest: SIGSTOP freezes it. Raises LabError where it is no process of its own."""
        raise LabError("this guest can't be frozen: it shares the kernel of this machine")

    def stop(self) -> None:
        """Kill whatever is left of the guest and wait until nothing is. Leaves `line` open: close
        it when nobody reads from it any more."""
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait()
