"""What a format's parser says, and what it hands over."""

from collections.abc import Callable
from typing import NamedTuple

from lvs.model import Table
from lvs.rules import Path
from lvs.rules.problem import quoted

__all__ = ["Draft", "FormatError", "Note", "quoted"]


class FormatError(ValueError):
    """The text is no valid table: what is wrong, where, and what to do."""

    def __init__(self, line: int | None, message: str, file: str = "") -> None:
        super().__init__(str(Note(file, line, message)))
        self.line = line
        self.message = message
        self.file = file
        """The included file that it stands in; "" = the text itself."""


class Note(NamedTuple):
    """Something to know about a text that was read all the same, or about a table that was written."""

    file: str
    """The included file that it stands in; "" = the text itself."""
    line: int | None
    """From 1; None where the whole table is meant."""
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line is not None else ""
        return f"{self.file}, {where}{self.message}" if self.file else where + self.message


def _in_the_text_itself(path: Path) -> str:
    return ""


class Draft(NamedTuple):
    """A table as it was written, not yet checked, and where each of its fields stands."""

    table: Table
    line_of: Callable[[Path], int | None]
    """The line (from 1) of a path as `lvs.rules.check_table` gives it."""
    notes: tuple[Note, ...] = ()
    """What stands in the text and is no part of the table."""
    warnings: tuple[Note, ...] = ()
    """What the text means although one might think otherwise."""
    file_of: Callable[[Path], str] = _in_the_text_itself
    """The included file that a path stands in; "" = the text itself."""
