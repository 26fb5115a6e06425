"""What a format's parser says, and what it hands over."""

from collections.abc import Callable
from typing import NamedTuple

from lvs.model import Table
from lvs.rules import Path
from lvs.rules.problem import quoted

__all__ = ["Draft", "FormatError", "quoted"]


class FormatError(ValueError):
    """The text is no valid table: what is wrong, where, and what to do."""

    def __init__(self, line: int | None, message: str) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line
        self.message = message


class Draft(NamedTuple):
    """A table as it was written, not yet checked, and where each of its fields stands."""

    table: Table
    line_of: Callable[[Path], int | None]
    """The line (from 1) of a path as `lvs.rules.check_table` gives it."""
