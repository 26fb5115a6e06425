"""A guest made of namespaces of the host's own kernel: for root, where there is no user-mode Linux.

Own are its processes, mounts, network (with that IPVS's table and all of net.*), host name and IPC.
The kernel itself is the host's, so the guest has no right to load or unload modules, to switch the
machine off or to set its clock. That guards against accidents: its root is the host's root all the
same. Modules that the lab needs are loaded on the host, and stay.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from lab.kernel import HERE, Kernel, LabError, check_parts, find_program
from lab.uml import DEFAULT_MEMORY, memory_bytes

PACKAGES = {
    "slirp4netns": "slirp4netns",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "ip": "iproute2",
    "modprobe": "kmod",
    "ipvsadm": "ipvsadm",
}
"""Program → the Debian and Ubuntu package that brings it."""

OWN_PLACES = ("/proc", "/sys", "/dev", "/run")
"""The guest makes these for itself."""
NOT_FILES = ("proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "mqueue", "autofs", "nsfs")
"""Types of file systems that a guest gets its own of, or none."""
RIGHTS_OVER_THE_HOST = ("sys_module", "sys_boot", "sys_rawio", "sys_time", "syslog")

# Runs in the new namespaces but that of processes: $$ leads to the new network, $PPID (the keeper) to
# the host's, from where slirp4netns serves it. It must be there before init.sh mounts another /proc.
_STAGE = """
host=/proc/$PPID/ns
mkfifo "$LAB_FOLDER/entered"
setpriv --pdeathsig KILL nsenter --mount="$host/mnt" --net="$host/net" \
    sh -c 'echo >"$LAB_FOLDER/entered"; exec slirp4netns --mtu 65520 "$1" eth0 >/dev/null' sh $$ &
read -r _ <"$LAB_FOLDER/entered"
exec setpriv --bounding-set "$1" unshare --pid --fork --kill-child sh "$2"
"""


class Host(Kernel):
    """Namespaces of the host. `writable` is the one folder shared with it; `memory`, as in "512M",
    limits what the guest writes elsewhere. `ipvs` says whether to demand IPVS: a test's affair.
    """

    def __init__(
        self, writable: Path | None, memory: str = DEFAULT_MEMORY, *, ipvs: bool = True
    ) -> None:
        if os.geteuid() != 0:
            raise LabError(
                "the lab in this machine's own kernel needs root: run this as root (sudo)"
            )
        check_parts(PACKAGES)
        size = memory_bytes(memory)
        if ipvs:
            _load_modules()
        super().__init__()
        (self.folder / "mounts").write_text("".join(f"{place}\n" for place in _mounts()))
        env = {
            "LAB_FOLDER": str(self.folder),
            "LAB_PYTHON": os.path.realpath(sys.executable),
            "LAB_WRITABLE": str(writable or ""),
            "LAB_MEMORY": str(size),
            "PATH": os.pathsep.join(_program_folders()),
        }
        self._power_on(self._command(), env)

    def _command(self) -> list[str]:
        without = ",".join(f"-{name}" for name in RIGHTS_OVER_THE_HOST)
        return [
            *("setpriv", "--pdeathsig", "KILL"),
            *("unshare", "--mount", "--net", "--uts", "--ipc"),
            *("sh", "-c", _STAGE, "stage", without, str(HERE / "init.sh")),
        ]


def _program_folders() -> list[str]:
    """PATH with the folders of the programs that are needed: sbin may not be on the caller's."""
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    found = (find_program(name) for name in PACKAGES)
    return list(dict.fromkeys([*folders, *(str(Path(path).parent) for path in found if path)]))


def _load_modules() -> None:
    """Raises LabError when the host's kernel has no IPVS that we may load."""
    modprobe = find_program("modprobe") or "modprobe"
    subprocess.run([modprobe, "-aq", "overlay", "tun"], check=False)  # often built in
    done = subprocess.run(
        ["/bin/sh", HERE / "modules.sh"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PATH": os.pathsep.join(_program_folders())},
    )
    if done.returncode:
        raise LabError(
            "the modules of IPVS can't be loaded into this machine's own kernel. Where they are a "
            f"package of their own: apt-get install linux-modules-extra-{os.uname().release}\n"
            f"{done.stderr.strip()}"
        )


def _mounts() -> list[str]:
    """Where the host has other file systems than that of its root, in the order of mounting."""
    places = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        place = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[4])
        kind = fields[fields.index("-") + 1]
        own = any(Path(place).is_relative_to(folder) for folder in OWN_PLACES)
        if place != "/" and kind not in NOT_FILES and not own and "\n" not in place:
            places.append(place)
    return places
