"""Standard input, output and error of `python -m lvs`, whatever they are: closed, full, or not UTF-8."""

import os
import sys
from collections.abc import Callable


def replace_closed_streams() -> None:
    """Python has None for a stream that is closed at the start, and the next file or socket would get
    its number. Reading from what stands in for it, or writing to it, fails."""
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_WRONLY))
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    if sys.stderr is None:  # what could not be said anywhere must not fail
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def escape_what_is_not_encoded() -> None:
    """What the terminal's encoding has no sign for is printed as its number, not refused."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


def discard_output() -> None:
    """Nobody takes our output any more: what is left of it, and what comes, goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
