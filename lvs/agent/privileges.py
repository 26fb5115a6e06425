"""Giving up every right but the one that IPVS needs.

Capabilities belong to a thread, so this comes before any other thread is started. The numbers are those of
Linux: include/uapi/linux/capability.h and include/uapi/linux/prctl.h.
"""

import ctypes
import os
from pathlib import Path

CAP_NET_ADMIN = 12
_VERSION_3 = 0x20080522
_PR_SET_KEEPCAPS, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 8, 24, 38, 47
_PR_CAP_AMBIENT_RAISE = 2


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    """One half of the three sets: 32 capabilities."""

    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def drop_privileges(config: Path) -> None:
    """Become the owner of the configuration, if root, and keep CAP_NET_ADMIN alone, if it is there.

    No program that is started from here can gain more. Raises OSError when a right can't be given up.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(_highest() + 1):
        if capability != CAP_NET_ADMIN:  # without the right to, there is nothing to drop it from
            libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    _become_owner(libc, config)
    kept = _permitted() & 1 << CAP_NET_ADMIN
    sets = (_Sets * 2)(_Sets(kept, kept, kept), _Sets(0, 0, 0))
    if any(_set(name) != kept for name in ("CapEff", "CapPrm", "CapInh")):  # the unit denies capset
        _call(libc.capset(ctypes.byref(_Header(_VERSION_3, 0)), sets))
    if kept:  # programs that are started from here (modprobe --dry-run, ip) have no more
        _call(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0))
    _call(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def _become_owner(libc: ctypes.CDLL, config: Path) -> None:
    owner = config.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    _call(libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setresgid(owner.st_gid, owner.st_gid, owner.st_gid)
    os.setresuid(owner.st_uid, owner.st_uid, owner.st_uid)


def _permitted() -> int:
    return _set("CapPrm")


def _set(name: str) -> int:
    status = Path("/proc/thread-self/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1], 16)


def _highest() -> int:
    return int(Path("/proc/sys/kernel/cap_last_cap").read_text())


def _call(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
