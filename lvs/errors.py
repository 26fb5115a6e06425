"""What can go wrong between us and a director's kernel, each with a text for people."""

import os
from errno import errorcode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lvs.plan import AnyStep


class LvsError(Exception):
    """Something on this director stands in the way; the text says what, and what to do."""


class IpvsMissing(LvsError):
    """The running kernel has no IPVS, or its module isn't loaded."""


class NotPermitted(LvsError):
    """The process lacks CAP_NET_ADMIN: every IPVS command needs it, reading too."""


class NoAnswer(LvsError):
    """The kernel's answers were lost or came too late: what was asked may or may not have been done."""


class Busy(LvsError):
    """Another process of ours is changing this director right now."""


class StateDamaged(LvsError):
    """The state folder holds a file that can't be read: never reset without a person."""


class KernelRefusal(LvsError):
    """The kernel said no to one step.

    errno: the kernel's own (positive); meaning: what that says about this step; hint: what to do.
    """

    def __init__(self, step: "AnyStep", errno: int, meaning: str, hint: str) -> None:
        self.step = step
        self.errno = errno
        self.meaning = meaning
        self.hint = hint
        super().__init__(f"The kernel refused “{step.text()}”: {self.reason}")

    @property
    def reason(self) -> str:
        """Meaning, hint and the errno's name, without the step."""
        return f"{self.meaning} ({errorcode.get(self.errno, self.errno)}). {self.hint}"

    @property
    def strerror(self) -> str:
        """The C library's text for the errno."""
        return os.strerror(self.errno)
