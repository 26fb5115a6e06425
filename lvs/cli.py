"""`python -m lvs COMMAND`: this host's IPVS from the command line, without the console.

Exit codes: 0 done; 1 this host stands in the way (busy, state folder damaged); 2 bad input or usage;
3 refused: by the kernel, or because services exist already that are not ours; 4 no IPVS here, or no
right to use it; 130 interrupted.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lvs import __version__
from lvs.cli_connections import add_connections
from lvs.cli_convert import add_convert
from lvs.cli_doctor import add_doctor
from lvs.cli_input import (
    BAD_INPUT,
    DONE,
    IN_THE_WAY,
    INTERRUPTED,
    NO_IPVS,
    REFUSED,
    Failed,
    Input,
    counted,
    harmless,
    named,
    read_input,
    warn_of_thresholds,
)
from lvs.cli_zero import add_zero
from lvs.formats import FORMATS, render

if TYPE_CHECKING:
    from lvs.apply import Outcome, StepResult
    from lvs.plan import AnyStep


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Never shows a traceback for what the world did wrong."""
    _replace_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")
    chosen = _parser().parse_args(arguments)
    try:
        code: int = chosen.run(chosen)
        sys.stdout.flush()
        return code
    except Failed as failed:
        return _complain(failed.code, str(failed))
    except KeyboardInterrupt:
        return _complain(INTERRUPTED, "interrupted")
    except BrokenPipeError:
        discard_output()
        return IN_THE_WAY
    except Exception as error:
        code, message = _explained(error)
        return _complain(code, message)


def _replace_closed_streams() -> None:
    """Python has None for a stream that is closed at the start, and the next file or socket would get
    its number. Reading from what stands in for it, or writing to it, fails."""
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_WRONLY))
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    if sys.stderr is None:  # what could not be said anywhere must not fail
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def discard_output() -> None:
    """Nobody takes our output any more: what is left of it, and what comes, goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(code: int, message: str) -> int:
    try:
        sys.stdout.flush()
    except OSError:
        discard_output()
    print(f"lvs: {harmless(' '.join(message.split()))}", file=sys.stderr)
    return code


def _explained(error: Exception) -> tuple[int, str]:
    """Exit code and line of what went wrong below; anything unforeseen is raised again."""
    from lvs.errors import IpvsMissing, KernelRefusal, LvsError, NotPermitted

    if isinstance(error, IpvsMissing | NotPermitted):
        return NO_IPVS, str(error)
    if isinstance(error, KernelRefusal):
        return REFUSED, str(error)
    if isinstance(error, LvsError):
        return IN_THE_WAY, str(error)
    if isinstance(error, OSError):
        return IN_THE_WAY, f"{error.filename or 'no way to go on'}: {error.strerror}"
    raise error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lvs",
        description="Show and change the Linux Virtual Server table of this host.",
        epilog="FILE is JSON, YAML, the output of `ipvsadm -Sn`, a keepalived.conf or an "
        "ldirectord.cf (told apart by its content); - is standard input. Exit codes: 0 done, 1 this "
        "host stands in the way, 2 bad input, 3 refused, 4 no IPVS or no right to use it.",
    )
    parser.add_argument("--version", action="version", version=f"lvs {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    show = commands.add_parser("show", help="print what the kernel holds")
    show.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    show.add_argument("--stats", action="store_true", help="with packets and bytes")
    show.add_argument(
        "--settings", action="store_true", help="with timeouts, sync daemons and sysctls"
    )
    show.set_defaults(run=_show)
    check = commands.add_parser("check", help="say whether FILE is a valid table; asks no kernel")
    check.add_argument("file", metavar="FILE")
    check.set_defaults(run=_check)
    add_convert(commands)
    plan = commands.add_parser("plan", help="print what `apply FILE` would do; writes nothing")
    apply = commands.add_parser(
        "apply",
        help="make the kernel hold FILE's services",
        description="Make the kernel hold exactly FILE's services, editing in place what exists, "
        "and read it back. Services that were applied from here before and are not in FILE are "
        "deleted; services of other programs are left alone.",
    )
    for command, run in ((plan, _plan), (apply, _apply)):
        command.add_argument("file", metavar="FILE")
        command.add_argument(
            "--adopt", action="store_true", help="take over services that exist and are not ours"
        )
        command.add_argument(
            "--state",
            metavar="DIR",
            help="where to keep which services are ours (default: $LVS_STATE_DIR or "
            "/var/lib/lvsconsole)",
        )
        command.set_defaults(run=run)
    add_connections(commands)
    add_doctor(commands)
    add_zero(commands)
    return parser


def _show(chosen: argparse.Namespace) -> int:
    if chosen.stats and chosen.format == "ipvsadm":
        raise Failed(BAD_INPUT, "--stats goes with --format text, json or yaml: ipvsadm's has none")
    from lvs.model import Table
    from lvs.netlink.kernel import Kernel

    with Kernel() as kernel:
        found = kernel.read_table()
        table = found if chosen.settings else Table(found.services)
        wanted = chosen.stats or chosen.format == "text"
        counters = kernel.read_counters() if wanted else None
        if chosen.format == "text":
            info = kernel.info()
            print(f"IP Virtual Server version {info.version} (size={info.connection_table_size})")
    if chosen.format == "ipvsadm" and table.sysctls:
        print("lvs: not carried: sysctls, which ipvsadm's lines have no place for", file=sys.stderr)
    sys.stdout.write(render(table, chosen.format, counters, stats=chosen.stats))
    return DONE


def _check(chosen: argparse.Namespace) -> int:
    table = read_input(chosen.file, sys.maxsize).table
    print(f"{named(chosen.file)} is valid: {counted(table)}.")
    return DONE


def _plan(chosen: argparse.Namespace) -> int:
    from lvs.boot import current_boot
    from lvs.netlink.kernel import Kernel
    from lvs.plan import claims, concerned, losses, make_plan
    from lvs.state import StateFolder

    given = read_input(chosen.file)
    desired = given.table
    with Kernel() as kernel:
        found = kernel.read_stable_table()
    owned = StateFolder(chosen.state).load().in_boot(current_boot()).owned
    steps = make_plan(found.only(concerned(desired, owned)), desired)
    warn_of_thresholds(given, steps)
    if not steps:
        print(f"Nothing to change: the kernel holds {counted(desired)} as in the file.")
    for number, step in enumerate(steps, 1):
        print(f"{number:>4}. {step.text()}\n      {step.command()}")
    for sentence in losses(steps):
        print(sentence)
    foreign = claims(found, desired, owned)
    if foreign and not chosen.adopt:
        print(f"Not ours yet: {', '.join(foreign)}. `apply` takes that over with --adopt only.")
    return DONE


def _apply(chosen: argparse.Namespace) -> int:
    given = read_input(chosen.file)
    from lvs.apply import apply_table
    from lvs.state import StateFolder

    progress = _Progress(given)
    outcome = apply_table(
        given.table,
        state=StateFolder(chosen.state),
        adopt=chosen.adopt,
        on_plan=progress.planned,
        on_step=progress.stepped,
    )
    if outcome.state not in ("unchanged", "verified"):
        raise _refusal(outcome)
    how = {
        "unchanged": "Nothing to change: the kernel holds",
        "verified": "Verified: the kernel was read back and holds",
    }
    text = f"{how[outcome.state]} {counted(given.table)} as in the file."
    if progress.unwritten:
        raise Failed(IN_THE_WAY, f"the output can't be written ({progress.unwritten}). {text}")
    print(text)
    return DONE


def _refusal(outcome: "Outcome") -> Failed:
    """Say why the table is not in the kernel, and how far it got."""
    message = outcome.error
    if outcome.code == "conflict":
        message += " Nothing was written; take them over with --adopt, or leave them out."
    elif outcome.state == "partial":
        done = sum(result.state == "done" for result in outcome.results)
        message += f" {done} of {len(outcome.steps)} steps were done; apply again to go on."
    return Failed(REFUSED, message)


class _Progress:
    """Prints a line for each step as it ends. Output that fails must not stop what is under way."""

    def __init__(self, given: Input) -> None:
        self.unwritten = ""
        """Why the output can't be written; "" as long as it can."""
        self._given = given
        self._steps: tuple[AnyStep, ...] = ()

    def planned(self, steps: "tuple[AnyStep, ...]") -> None:
        """The plan is made and nothing is written yet."""
        self._steps = steps
        warn_of_thresholds(self._given, steps)

    def stepped(self, result: "StepResult") -> None:
        """One step has ended."""
        if self.unwritten:
            return
        width = len(str(len(self._steps)))
        text = self._steps[result.index].text()
        try:
            print(f"{result.index + 1:>{width}}/{len(self._steps)} {result.state}: {text}")
        except OSError as error:
            self.unwritten = error.strerror or type(error).__name__
            discard_output()
