"""`python -m lvs doctor`: is this host fit to be a director, and what do its real servers need?

Exit codes: 0 nothing is wrong (warnings and what isn't known are allowed); 1 something is wrong; 2 bad
input or usage; 4 no IPVS here, or no right to use it: what else could be looked at is shown all the same.
"""

import argparse
import json
import sys
from typing import Any

from lvs.cli_input import BAD_INPUT, DONE, IN_THE_WAY, NO_IPVS, Failed, counted, read_input
from lvs.cli_reading import add_reading_options, reading_asked
from lvs.doctor.finding import NO_IPVS as NO_IPVS_CODES
from lvs.doctor.finding import Finding
from lvs.model import EMPTY, Table


def add_doctor(commands: Any) -> None:
    """Add the command. commands: what `add_subparsers` gave."""
    doctor = commands.add_parser(
        "doctor",
        help="say whether this host is fit to be a director for a table; changes nothing",
        description="Say whether this host is fit to be a director for a table, why each point matters "
        "and which command mends it. Changes nothing.",
        epilog="Exit codes: 0 nothing is wrong, 1 something is, 2 bad input, 4 no IPVS or no right to "
        "use it.",
    )
    doctor.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="default: the table that was last applied and verified here, else what the kernel holds",
    )
    add_reading_options(doctor)
    doctor.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    doctor.add_argument(
        "--servers", action="store_true", help="with the commands that real servers need"
    )
    doctor.add_argument(
        "--script",
        metavar="ADDRESS",
        help="only print a shell script to be run on that real server, which checks it there",
    )
    doctor.add_argument("--state", metavar="DIR", help="as for apply")
    doctor.set_defaults(run=run_doctor)


def run_doctor(chosen: argparse.Namespace) -> int:
    """Look, print, and the exit code."""
    given = _given(chosen)
    from lvs.doctor.gather import gather, read_held
    from lvs.doctor.judge import judge
    from lvs.doctor.render import render_advice, render_findings, to_document
    from lvs.doctor.servers import advise

    held = read_held()
    table = _last_verified(chosen.state, held) if given is None else given
    host = gather(table, held)
    if chosen.script is not None:
        sys.stdout.write(_script(host, table, chosen.script))
        return DONE
    findings = judge(host, table)
    if chosen.format == "json":
        document = to_document(host, findings, advise(host, table))
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return _exit_code(findings)
    sys.stdout.write(render_findings(host, counted(table), findings))
    if table.services:
        tail = render_advice(advise(host, table)) if chosen.servers else _HINT
        sys.stdout.write(f"\n{tail}")
    return _exit_code(findings)


def _given(chosen: argparse.Namespace) -> Table | None:
    """FILE's table; None without a FILE. Raises Failed."""
    how = reading_asked(chosen)
    if chosen.file:
        return read_input(chosen.file, how).table
    if not how.is_silent:
        raise Failed(
            BAD_INPUT,
            "--from, --config-id and --resolve say how FILE is read: name one, or - for standard input",
        )
    return None


_HINT = (
    "What real servers need: doctor --servers. To check one there: doctor --script ADDRESS | "
    "ssh ADDRESS sh\n"
)


def _last_verified(state: str | None, held: Table | None) -> Table:
    """Ours; else what the kernel holds, which is nothing where there is no IPVS.

    A folder that isn't for this user to read comes second to the missing right.
    """
    from lvs.errors import StateDamaged
    from lvs.state import StateFolder

    try:
        found = StateFolder(state).load().table
    except StateDamaged:
        if held is not None:
            raise
        found = None
    return found if found is not None else held or EMPTY


def _script(host: Any, table: Table, text: str) -> str:
    from lvs.addresses import canonical
    from lvs.doctor.script import verification_script

    try:
        address = canonical(text)
    except ValueError as error:
        raise Failed(BAD_INPUT, f"--script: {error}") from None
    script = verification_script(host, table, address)
    if script is None:
        raise Failed(BAD_INPUT, f"--script: the table has no real server {address}")
    return script


def _exit_code(findings: tuple[Finding, ...]) -> int:
    wrong = {finding.code for finding in findings if finding.level == "wrong"}
    if wrong & NO_IPVS_CODES:
        return NO_IPVS
    return IN_THE_WAY if wrong else DONE
