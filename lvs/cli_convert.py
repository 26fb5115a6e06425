"""`python -m lvs convert`: a table from one format into another."""

import argparse
import glob
import os
import socket
import sys
from typing import Any

from lvs.addresses import SOCKET_FAMILY, Family
from lvs.cli_input import (
    BAD_INPUT,
    DONE,
    Failed,
    bytes_of,
    complaint,
    named,
    say_not_carried,
    text_of,
)
from lvs.formats import SOURCES, FormatError, convert
from lvs.formats.decoding import text_from
from lvs.formats.surroundings import Included, Surroundings

_EPILOG = """The table goes to standard output. What one of the formats can't carry goes to standard
error, a line each (“lvs: not carried: FILE, line N: …”; without a line where the output can't hold it).
Exit codes: 0 done, also where something was left out; 2 bad input or usage, and with --strict also
where something was left out: then nothing is printed to standard output."""


def add_convert(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command with its options."""
    command = commands.add_parser(
        "convert",
        help="print FILE's table in another format; asks no kernel",
        description="Print FILE's table in another format.",
        epilog=_EPILOG,
    )
    command.add_argument("file", metavar="FILE", nargs="?", default="-", help="default: -")
    command.add_argument(
        "--from",
        dest="source",
        choices=("auto", *SOURCES),
        default="auto",
        help="default: auto, told by the content",
    )
    command.add_argument("--to", dest="target", choices=SOURCES, required=True)
    command.add_argument(
        "--strict", action="store_true", help="fail where something is not carried"
    )
    command.add_argument(
        "--resolve",
        action="store_true",
        help="look up names of hosts and ports as this host knows them",
    )
    command.add_argument(
        "--config-id",
        default="",
        metavar="ID",
        help="read a keepalived.conf as keepalived --config-id ID does (lines that begin with @)",
    )
    command.set_defaults(run=_convert)


def _convert(chosen: argparse.Namespace) -> int:
    around = surroundings(chosen.file, resolve=chosen.resolve, config_id=chosen.config_id)
    text = text_of(chosen.file)
    try:
        done = convert(text, chosen.source, chosen.target, around)
    except FormatError as error:
        raise Failed(BAD_INPUT, complaint(chosen.file, error)) from None
    say_not_carried(chosen.file, done.notes)
    if done.notes and chosen.strict:
        things = "thing is" if len(done.notes) == 1 else "things are"
        message = (
            f"{named(chosen.file)}: {len(done.notes)} {things} not carried, and --strict is given"
        )
        raise Failed(BAD_INPUT, message)
    for warning in done.warnings:
        sys.stderr.write(f"lvs: warning: {complaint(chosen.file, warning)}\n")
    sys.stdout.write(done.text)
    return DONE


def surroundings(file: str, *, resolve: bool = False, config_id: str = "") -> Surroundings:
    """What this host knows: names where they may be looked up, and the files beside FILE.

    What standard input includes is looked for below the working directory.
    """
    base = "" if file == "-" else os.path.dirname(file)  # noqa: PTH120 - as it was given
    return Surroundings(
        port_of=_port_of if resolve else None,
        addresses_of=_addresses_of if resolve else None,
        load=lambda pattern, including: _load(pattern, including, base),
        config_id=config_id,
    )


def _port_of(name: str, protocol: str) -> int | None:
    try:
        return socket.getservbyname(name, protocol) if protocol else socket.getservbyname(name)
    except OSError:
        return None


def _addresses_of(name: str, family: Family) -> list[str]:
    try:
        found: Any = socket.getaddrinfo(name, None, SOCKET_FAMILY[family], socket.SOCK_STREAM)
    except OSError:
        return []
    return sorted({entry[4][0] for entry in found})


def _load(pattern: str, including: str, base: str) -> list[Included]:
    """What matches, by name, as keepalived takes it: from the folder of the including file."""
    folder = os.path.dirname(including) if including else base  # noqa: PTH120
    path = os.path.join(folder, pattern)  # noqa: PTH118
    names = sorted(glob.glob(path)) if glob.has_magic(path) else [path]  # noqa: PTH207
    return [Included(name, _included(name)) for name in names]


def _included(name: str) -> str:
    try:
        return text_from(bytes_of(name))
    except FormatError as error:
        raise LookupError(f"the included file {name}, {error}") from None
    except Failed as failed:
        raise LookupError(str(failed)) from None
