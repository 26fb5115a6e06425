"""Which way the guest is made here: LAB_KERNEL=uml or host, else what this machine has."""

import os
from pathlib import Path

from lab.host import Host
from lab.kernel import Kernel, LabError, find_program
from lab.uml import DEFAULT_MEMORY, Uml

NO_UML = (
    "there is no user-mode-linux here (Debian has it: apt-get install user-mode-linux slirp; "
    "Ubuntu doesn't)"
)


def make_kernel(writable: Path | None, memory: str = DEFAULT_MEMORY) -> Kernel:
    """Start a guest. Raises LabError with what is missing."""
    wish = os.environ.get("LAB_KERNEL", "")
    if wish not in ("", "uml", "host"):
        raise LabError(f"LAB_KERNEL is {wish!r}: it may be uml or host, or not set at all")
    if wish == "uml" or (not wish and find_program("linux.uml")):
        return Uml(writable, memory)
    if wish == "host":
        return Host(writable, memory)
    try:
        return Host(writable, memory)
    except LabError as error:
        raise type(error)(f"{NO_UML}; without it, {error}") from None
