"""Record what ipvsadm sends to the kernel, by nlmon: `lab/run python -m tests.lab.golden FILE`.

Runs on the lab's director. FILE gets, for each command of `tests.lvs.golden_cases` and `golden_settings`, the
number of the netlink command and its attributes in hex. What the kernel answers does not matter here.
"""

import json
import select
import socket
import subprocess
import sys
from pathlib import Path

from lvs.netlink.kernel import Kernel
from lvs.netlink.uapi import Command
from tests.lvs.golden_cases import cases
from tests.lvs.golden_settings import setting_cases, zero_cases

WRITES = {
    Command.NEW_SERVICE,
    Command.SET_SERVICE,
    Command.DEL_SERVICE,
    Command.NEW_DEST,
    Command.SET_DEST,
    Command.DEL_DEST,
    Command.NEW_DAEMON,
    Command.DEL_DAEMON,
    Command.SET_CONFIG,
    Command.ZERO,
}
HEADERS = 20
ETH_P_ALL = 3


SO_RCVBUFFORCE = 33
"""From include/uapi/asm-generic/socket.h; Python has no name for it."""


class Monitor:
    """Every netlink message of the host, as a network interface sees it."""

    def __enter__(self):
        run("modprobe", "nlmon")
        run("ip", "link", "add", "nlmon0", "type", "nlmon")
        run("ip", "link", "set", "nlmon0", "up")
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        # ipvsadm has every family of netlink told to it; that must not push out what it says itself.
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self._socket.bind(("nlmon0", ETH_P_ALL))
        self._socket.setblocking(False)
        return self

    def __exit__(self, *error):
        self._socket.close()
        run("ip", "link", "del", "nlmon0")

    def writes(self, family, wait=0):
        """The IPVS messages that change something, of those sent since the last call.

        wait: seconds until the first of them may come; the kernel hands copies on by and by.
        """
        found = []
        select.select([self._socket], [], [], wait)
        while True:
            try:
                data = self._socket.recv(1 << 16)
            except BlockingIOError:
                return found
            kind, flags = (int.from_bytes(data[i : i + 2], sys.byteorder) for i in (4, 6))
            if kind == family and flags & 1 and data[16] in WRITES:  # 1: NLM_F_REQUEST
                found.append(data)


def run(*argv):
    subprocess.run(argv, check=True)


def record():
    """ipvsadm's arguments → command number and attributes of the one message that it sent."""
    with Kernel() as kernel:
        family = kernel._family
    recorded = {}
    with Monitor() as monitor:
        for arguments in (*cases(), *setting_cases(), *zero_cases()):
            monitor.writes(family)
            subprocess.run(["ipvsadm", *arguments.split()], capture_output=True, check=False)
            sent = monitor.writes(family) or monitor.writes(family, wait=2)
            assert len(sent) == 1, f"ipvsadm {arguments} sent {len(sent)} messages"
            recorded[arguments] = {"command": sent[0][16], "attributes": sent[0][HEADERS:].hex()}
    return recorded


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(record(), indent=1) + "\n")
