"""The command line's exit codes and its FILE argument."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lvs.cli_reading import BY_CONTENT, ReadAs
from lvs.formats import MAX_LENGTH, FormatError, Note, is_save, read
from lvs.formats.decoding import text_from
from lvs.model import RealServer, Table

if TYPE_CHECKING:
    from lvs.formats.surroundings import Surroundings
    from lvs.plan import AnyStep

DONE, IN_THE_WAY, BAD_INPUT, REFUSED, NO_IPVS, INTERRUPTED = 0, 1, 2, 3, 4, 130


class Failed(Exception):
    """The command ends here, with an exit code and one line for stderr."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Input(NamedTuple):
    """What was read of FILE."""

    table: Table
    without_thresholds: bool
    """Its format has no place for thresholds."""


def read_input(file: str, how: ReadAs = BY_CONTENT, most: int = 5) -> Input:
    """The table of a file, or of standard input (-), read as was asked for. Raises Failed.

    Up to `most` of what it does not carry, and as many warnings, go to stderr.
    """
    text = text_of(file)
    try:
        reading = read(text, how.source, _around(file, text, how))
    except FormatError as error:
        raise Failed(BAD_INPUT, complaint(file, error)) from None
    say_not_carried(file, reading.notes, most)
    for warning in reading.warnings[:most]:
        sys.stderr.write(f"lvs: warning: {complaint(file, warning)}\n")
    if len(reading.warnings) > most:
        more = len(reading.warnings) - most
        sys.stderr.write(f"lvs: {more} more warnings: `check` shows them all\n")
    as_save = how.source == "ipvsadm" or (how.source == "auto" and is_save(text))
    return Input(reading.table, as_save)


def _around(file: str, text: str, how: ReadAs) -> "Surroundings | None":
    """None where nothing can be looked up: the module costs time to load."""
    if "include" not in text and how.is_silent:
        return None
    from lvs.cli_surroundings import surroundings

    return surroundings(file, how)


def text_of(file: str) -> str:
    """The text of a file, or of standard input (-). Raises Failed."""
    try:
        return text_from(bytes_of(file))
    except FormatError as error:
        raise Failed(BAD_INPUT, complaint(file, error)) from None


def complaint(file: str, about: FormatError | Note) -> str:
    """`FILE, line 3: …`, of FILE or of what it includes."""
    where = "" if about.line is None else f", line {about.line}"
    return harmless(f"{about.file or named(file)}{where}: {about.message}")


def harmless(text: str) -> str:
    """Without what would move the cursor or change colours in a terminal: files may hold anything."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def say_not_carried(file: str, notes: Sequence[Note], most: int | None = None) -> None:
    """Tell on stderr what is left out; of more than `most`, how many more there are."""
    for note in notes[:most]:
        place = note.message if note.line is None else complaint(file, note)
        sys.stderr.write(f"lvs: not carried: {place}\n")
    if most is not None and len(notes) > most:
        sys.stderr.write(f"lvs: {len(notes) - most} more not carried: `check` shows them all\n")


def warn_of_thresholds(given: Input, steps: "Iterable[AnyStep]") -> None:
    """Say so when the kernel's thresholds would go because FILE's format can't hold them."""
    if not given.without_thresholds:
        return
    from lvs.step import Step

    lost = [
        step
        for step in steps
        if isinstance(step, Step)
        and isinstance(step.before, RealServer)
        and step.kind == "edit server"
        and step.before.upper_threshold
        and step.server
        and not step.server.upper_threshold
    ]
    if lost:
        sys.stderr.write(
            f"lvs: warning: {len(lost)} real server{'s lose their' * (len(lost) > 1) or ' loses its'} "
            "thresholds: ipvsadm -S does not print them. Write them into the file (-x, -y) to keep them.\n"
        )


def bytes_of(file: str) -> bytes:
    """What is in a file, or comes on standard input (-). Raises Failed."""
    most = 4 * MAX_LENGTH  # bytes of so many characters
    try:
        if file == "-":
            data = sys.stdin.buffer.read(most + 1)
        else:
            with open(file, "rb") as opened:
                data = opened.read(most + 1)
    except OSError as error:
        raise Failed(BAD_INPUT, f"can't read {named(file)}: {error.strerror}") from None
    if len(data) > most:
        raise Failed(BAD_INPUT, f"{named(file)} is longer than {most} bytes")
    return data


def named(file: str) -> str:
    """What to call it in a message."""
    return "standard input" if file == "-" else file


def counted(table: Table) -> str:
    """`1 virtual service with 2 real servers`, and how many settings it decides."""
    services = len(table.services)
    servers = sum(len(service.real_servers) for service in table.services)
    settings = len(table.timeouts.given) + (table.sync is not None) + len(table.sysctls)
    return (
        f"{services} virtual service{'s' * (services != 1)} with "
        f"{servers} real server{'s' * (servers != 1)}"
        + (f" and {settings} setting{'s' * (settings != 1)}" if settings else "")
    )
