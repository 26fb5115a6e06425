"""Runs a program that can write below some folders of this machine and nowhere else.

    python confine.py FOLDER… -- CMD [ARGUMENT]…

The guest's root may mount the host's files wherever it likes: user-mode Linux has them by hostfs, with the
rights of its process. So that process itself is held, and the host's kernel refuses what is beyond:
root in a mount namespace where all else is read-only, others by Landlock, which leaves them only modes and
times of their own files. Where the kernel has neither (an old one, some containers) the program runs
all the same, with a word on stderr.

Runs with the bare interpreter, before there is a project: the standard library only.
"""

import ctypes
import os
import sys
from pathlib import Path
from typing import NoReturn

_libc = ctypes.CDLL(None, use_errno=True)


def confine(folders: list[str]) -> None:
    """Let this process and its children write below these folders only. Raises OSError where we can't."""
    if os.geteuid() == 0:
        try:
            return _by_mounts(folders)
        except OSError:  # the root of a container may not
            return _by_landlock(folders)
    return _by_landlock(folders)


# --- root: a mount namespace (mount_setattr since Linux 5.12) ---------------------------------------

CLONE_NEWNS = 0x20000
MS_REC, MS_PRIVATE = 16384, 1 << 18
MOUNT_ATTR_RDONLY = 1
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
OPEN_TREE_CLONE, MOVE_MOUNT_F_EMPTY_PATH = 1, 4
# The same numbers on every architecture, as are those below.
SYS_OPEN_TREE, SYS_MOVE_MOUNT, SYS_MOUNT_SETATTR = 428, 429, 442


class _MountAttributes(ctypes.Structure):
    """struct mount_attr of include/uapi/linux/mount.h."""

    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns", ctypes.c_uint64),
    )


def _by_mounts(folders: list[str]) -> None:
    _check(_libc.unshare(CLONE_NEWNS), "unshare")
    _check(_libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "/")
    # The folders as they are, with all that is mounted below them, before everything is made read-only.
    trees = [_open_tree(folder) for folder in folders]
    wish = _MountAttributes(set=MOUNT_ATTR_RDONLY)
    size = ctypes.c_size_t(ctypes.sizeof(wish))
    at = (AT_FDCWD, ctypes.c_char_p(b"/"), AT_RECURSIVE)
    _check(_libc.syscall(SYS_MOUNT_SETATTR, *at, ctypes.byref(wish), size), "/")
    for folder, tree in zip(folders, trees, strict=True):
        to = (AT_FDCWD, ctypes.c_char_p(os.fsencode(folder)))
        empty = ctypes.c_char_p(b"")
        _check(_libc.syscall(SYS_MOVE_MOUNT, tree, empty, *to, MOVE_MOUNT_F_EMPTY_PATH), folder)
        os.close(tree)


def _open_tree(folder: str) -> int:
    path = ctypes.c_char_p(os.fsencode(folder))
    flags = OPEN_TREE_CLONE | AT_RECURSIVE | os.O_CLOEXEC
    tree = int(_libc.syscall(SYS_OPEN_TREE, AT_FDCWD, path, flags))
    _check(min(tree, 0), folder)
    return tree


# --- others: Landlock (since Linux 5.13; what it knows of grew later) -------------------------------

SYS_CREATE_RULESET, SYS_ADD_RULE, SYS_RESTRICT_SELF = 444, 445, 446
PR_SET_NO_NEW_PRIVS = 38
ASK_VERSION, PATH_BENEATH = 1, 1
WRITE_FILE = 1 << 1
DEVICES = ("/dev/null", "/dev/zero", "/dev/tty", "/dev/ptmx", "/dev/pts")
WRITES = {1: 0b1_1111_1111_0010, 2: 1 << 13, 3: 1 << 14}
"""Version → the accesses that change something which came with it: LANDLOCK_ACCESS_FS_* of
include/uapi/linux/landlock.h. 1: write, remove and make files of all kinds; 2: move; 3: truncate."""


class _PathBeneath(ctypes.Structure):
    """struct landlock_path_beneath_attr."""

    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def _by_landlock(folders: list[str]) -> None:
    version = _libc.syscall(SYS_CREATE_RULESET, None, ctypes.c_size_t(0), ASK_VERSION)
    _check(min(version, 0), "Landlock")
    known = sum(bits for since, bits in WRITES.items() if since <= version)
    handled = ctypes.c_uint64(known)
    rules = _libc.syscall(SYS_CREATE_RULESET, ctypes.byref(handled), ctypes.c_size_t(8), 0)
    _check(min(rules, 0), "Landlock")
    for folder in folders:
        _allow(rules, folder, known)
    for device in DEVICES:
        if Path(device).exists():
            _allow(rules, device, WRITE_FILE)
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _check(_libc.syscall(SYS_RESTRICT_SELF, rules, 0), "Landlock")
    os.close(rules)


def _allow(rules: int, path: str, allowed: int) -> None:
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneath(allowed, parent)
        done = _libc.syscall(SYS_ADD_RULE, rules, PATH_BENEATH, ctypes.byref(rule), 0)
        _check(done, path)
    finally:
        os.close(parent)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def main(arguments: list[str]) -> NoReturn:
    """Confine ourselves and become the program."""
    split = arguments.index("--")
    folders, command = arguments[:split], arguments[split + 1 :]
    try:
        confine(folders)
    except OSError as error:
        why = f"{error.filename}: {error.strerror}"
        print(f"lab: the guest is not confined: {why}", file=sys.stderr, flush=True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
