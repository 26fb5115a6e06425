"""The command line's exit codes and its FILE argument."""

import sys

from lvs.formats import FormatError, parse_with_warnings
from lvs.model import Table

DONE, IN_THE_WAY, BAD_INPUT, REFUSED, NO_IPVS, INTERRUPTED = 0, 1, 2, 3, 4, 130


class Failed(Exception):
    """The command ends here, with an exit code and one line for stderr."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_table(file: str, most_warnings: int = 5) -> Table:
    """The table of a file, or of standard input (-). Its warnings go to stderr. Raises Failed."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else _bytes_of(file)
        table, warnings = parse_with_warnings(raw.decode())
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise Failed(BAD_INPUT, f"{named(file)}, line {line}: this is no UTF-8 text") from None
    except FormatError as error:
        where = "" if error.line is None else f", line {error.line}"
        raise Failed(BAD_INPUT, f"{named(file)}{where}: {error.message}") from None
    for warning in warnings[:most_warnings]:
        sys.stderr.write(f"lvs: warning: {named(file)}, {warning}\n")
    if len(warnings) > most_warnings:
        more = len(warnings) - most_warnings
        sys.stderr.write(f"lvs: {more} more warnings: `check` shows them all\n")
    return table


def _bytes_of(file: str) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError as error:
        raise Failed(BAD_INPUT, f"can't read {file}: {error.strerror}") from None


def named(file: str) -> str:
    """What to call it in a message."""
    return "standard input" if file == "-" else file


def counted(table: Table) -> str:
    """`1 virtual service with 2 real servers`."""
    services = len(table.services)
    servers = sum(len(service.real_servers) for service in table.services)
    return (
        f"{services} virtual service{'s' * (services != 1)} with "
        f"{servers} real server{'s' * (servers != 1)}"
    )
