"""`python -m lvs convert`: a table from one format into another."""

import argparse
import sys

from lvs.cli_input import BAD_INPUT, DONE, Failed, complaint, named, say_not_carried, text_of
from lvs.cli_reading import add_reading_options, reading_asked
from lvs.cli_surroundings import surroundings
from lvs.formats import SOURCES, FormatError, convert

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
    add_reading_options(command)
    command.add_argument("--to", dest="target", choices=SOURCES, required=True)
    command.add_argument(
        "--strict", action="store_true", help="fail where something is not carried"
    )
    command.set_defaults(run=_convert)


def _convert(chosen: argparse.Namespace) -> int:
    how = reading_asked(chosen)
    text = text_of(chosen.file)
    try:
        done = convert(text, how.source, chosen.target, surroundings(chosen.file, how))
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
