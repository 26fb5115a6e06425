"""Timing commands as somebody at a terminal starts them."""

import subprocess
import time
from types import TracebackType
from typing import Self


class Shell:
    """A shell that stays and starts each command.

    A large Python process that starts a program by itself pays for its own size, and the program would
    seem slower than it is.
    """

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(["sh"], stdin=pipe, stdout=pipe, text=True, bufsize=1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def run(self, line: str) -> float:
        """Seconds that a command line takes. Raises RuntimeError when it fails."""
        assert self._process.stdin is not None and self._process.stdout is not None
        began = time.perf_counter()
        self._process.stdin.write(f"{{ {line}; }} >/dev/null; echo $?\n")
        code = self._process.stdout.readline().strip()
        seconds = time.perf_counter() - began
        if code != "0":
            raise RuntimeError(f"{line}: exit status {code or 'unknown: the shell is gone'}")
        return seconds
