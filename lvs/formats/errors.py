"""What a format's parser says, and what it hands over."""

from collections.abc import Callable
from typing import NamedTuple

from lvs.model import VirtualService
from lvs.rules import Path


class FormatError(ValueError):
    """The text is no valid table: what is wrong, where, and what to do."""

    def __init__(self, line: int | None, message: str) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line
        self.message = message


class Draft(NamedTuple):
    """Services as they were written, not yet checked, and where each of their fields stands."""

    services: list[VirtualService]
    line_of: Callable[[Path], int | None]
    """The line (from 1) of a path as `lvs.rules.check_table` gives it."""


def quoted(text: str, limit: int = 40) -> str:
    """A piece of the input, short enough for one line of a message."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return f"“{shown.encode('unicode_escape').decode() if not shown.isprintable() else shown}”"
