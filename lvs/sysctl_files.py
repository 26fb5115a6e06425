"""Reading and writing net.ipv4.vs of this network namespace, through /proc/sys."""

import os
from collections.abc import Iterable
from errno import ENOENT
from pathlib import Path

from lvs.rules.sysctls import SYSCTLS, steady_value
from lvs.settings import Sysctl

FOLDER = Path("/proc/sys/net/ipv4/vs")


def read_sysctls(folder: Path = FOLDER, names: Iterable[str] = SYSCTLS) -> tuple[Sysctl, ...]:
    """Those of these sysctls of IPVS that this kernel has, by name.

    Empty where the kernel doesn't show them, as in a user namespace. One that can't be read is left
    out: it is not known.
    """
    found = []
    for name in sorted(names):
        try:
            value = " ".join(_read(f"{folder}/{name}").decode().split())
        except (OSError, UnicodeDecodeError):
            continue
        found.append(Sysctl(name, steady_value(name, value)))
    return tuple(found)


def _read(path: str) -> bytes:
    """The kernel gives a sysctl at one go. A file object asks it six things more, for each of twenty."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)


def write_sysctl(sysctl: Sysctl, folder: Path = FOLDER) -> int:
    """Write one; the errno of the refusal, 0 when it was taken."""
    if sysctl.name not in SYSCTLS:
        return ENOENT
    try:
        (folder / sysctl.name).write_text(f"{sysctl.value}\n")
    except OSError as error:
        return error.errno or ENOENT
    return 0
