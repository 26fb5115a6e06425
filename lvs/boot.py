"""Telling one life of the kernel's table from the next."""

import socket
from pathlib import Path

_SO_NETNS_COOKIE = 71
"""From include/uapi/asm-generic/socket.h, since Linux 5.14; Python has no name for it."""


def current_boot() -> str:
    """The identity of this network namespace of this boot: it changes when IPVS lost its table.

    A container's restart brings a new namespace without a new boot, hence both parts. Before Linux
    5.14 the namespace's inode stands in for its cookie; there it may come back after a restart.
    """
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            raw = probe.getsockopt(socket.SOL_SOCKET, _SO_NETNS_COOKIE, 8)
        except OSError:
            return f"{boot}/{Path('/proc/self/ns/net').stat().st_ino}"
    return f"{boot}/{int.from_bytes(raw, 'little')}"
