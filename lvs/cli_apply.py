"""`python -m lvs plan` and `apply`: what would be done to the kernel, and doing it."""

import argparse
from typing import TYPE_CHECKING

from lvs.cli_input import (
    DONE,
    IN_THE_WAY,
    REFUSED,
    Failed,
    Input,
    counted,
    read_input,
    warn_of_thresholds,
)
from lvs.cli_reading import add_reading_options, reading_asked
from lvs.cli_streams import discard_output

if TYPE_CHECKING:
    from lvs.apply import Outcome, StepResult
    from lvs.plan import AnyStep


def add_plan_and_apply(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The commands and their options."""
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
        add_reading_options(command)
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


def _plan(chosen: argparse.Namespace) -> int:
    from lvs.boot import current_boot
    from lvs.kernel_parts import missing_parts
    from lvs.netlink.kernel import Kernel
    from lvs.plan import claims, concerned, losses, make_plan
    from lvs.state import StateFolder

    given = read_input(chosen.file, reading_asked(chosen))
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
    for sentence in missing_parts(desired, found):
        print(f"{sentence} `apply` begins nothing as long as this is so.")
    foreign = claims(found, desired, owned)
    if foreign and not chosen.adopt:
        print(f"Not ours yet: {', '.join(foreign)}. `apply` takes that over with --adopt only.")
    return DONE


def _apply(chosen: argparse.Namespace) -> int:
    given = read_input(chosen.file, reading_asked(chosen))
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
    elif outcome.code == "refused" and not outcome.steps:
        message += " Nothing was written."
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
