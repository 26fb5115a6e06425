"""Where a line of a text with included files stands, and what is noted there."""

from typing import NamedTuple

from lvs.formats.errors import FormatError, Note

MOST_WORK = 8_000_000
"""Characters that definitions, sequences and ranges of one text may grow to: 50,000 real servers of
three short lines each."""
LEAST_COST = 32
"""What one line or replacement costs at least, in characters: it bounds their number."""


class Place(NamedTuple):
    """A line of the text or of an included file."""

    line: int
    file: str = ""
    """"" = the text itself."""

    def error(self, message: str) -> FormatError:
        """An error at this place."""
        return FormatError(self.line, message, self.file)

    def note(self, message: str) -> Note:
        """A note at this place."""
        return Note(self.file, self.line, message)


class Budget:
    """Keeps a short text from growing without end: its definitions and ranges multiply."""

    def __init__(self, most: int = MOST_WORK) -> None:
        self._most = self._left = most

    def spend(self, characters: int, place: Place) -> None:
        """Count what one replacement makes. Raises FormatError when it is too much."""
        self._left -= characters + LEAST_COST
        if self._left < 0:
            raise place.error(
                f"the definitions, sequences and ranges up to here come to more than {self._most} "
                "characters: give fewer at a time"
            )


class Remarks:
    """Gathers what is to be said about a text besides its table."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.warnings: list[Note] = []

    def leave_out(self, place: Place, message: str) -> None:
        """Say what is not carried."""
        self.notes.append(place.note(message))

    def warn(self, place: Place, message: str) -> None:
        """Say what the text means although one might think otherwise."""
        self.warnings.append(place.note(message))
