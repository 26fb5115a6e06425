"""Making the kernel hold a table: lock, read, plan, write, read back, verify.

IPVS has no transactions and no notifications. So what is about to become ours is on disk before
anything is written, and only what was read back counts as done.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, NamedTuple

from lvs.boot import current_boot
from lvs.collector import no_collection
from lvs.errors import LvsError, NoAnswer
from lvs.kernel_parts import missing_parts
from lvs.model import Scope, Table
from lvs.netlink.kernel import Kernel
from lvs.plan import AnyStep, claims, concerned, make_plan
from lvs.results import OnStep, StepLog, StepResult
from lvs.state import RESTORING, Journal, State, StateFolder
from lvs.verify import explain_difference

__all__ = ["Outcome", "StepResult", "apply_table"]

Code = Literal["", "conflict", "moved", "refused", "differs"]


class Outcome(NamedTuple):
    """How an apply ended, as the kernel was read afterwards."""

    state: Literal["verified", "unchanged", "failed", "partial"]
    """failed: nothing was written; partial: something was, and the kernel holds another table."""
    code: Code
    error: str
    steps: tuple[AnyStep, ...]
    results: tuple[StepResult, ...]
    digest: str
    """Of what is ours, as it now is in the kernel; "" when that could not be read back."""


def apply_table(
    desired: Table,
    *,
    state: StateFolder,
    adopt: bool = False,
    expected_digest: str | None = None,
    journal: Journal | None = None,
    revision: int = 0,
    on_plan: Callable[[tuple[AnyStep, ...]], None] | None = None,
    on_write: Callable[[], None] = lambda: None,
    on_step: OnStep | None = None,
) -> Outcome:
    """Make the owned services of this network namespace, and its settings, equal to `desired`.

    adopt: take over wanted services and sync daemons that exist and aren't ours; without it they are a
    conflict.
    expected_digest: of the owned services as the approvers saw them, of those that they let be taken
    over, and of the settings that `desired` decides; None = any. It isn't asked when this same run was
    under way before: then our own writes have moved them.
    revision: 0 for a table that has none (the command line); the stored one then stays.
    on_plan, on_write, on_step: told what is to be done, that the first write comes next, and as each step
    ends. What on_write raises keeps the write from coming.

    Raises Busy, StateDamaged, IpvsMissing, NotPermitted or LvsError, all before anything is written.
    """
    with Kernel() as kernel, no_collection():
        kernel.info()  # the right to use it comes first: without it the state folder says nothing
        with state.lock():
            run = _Run(kernel, state, desired, journal or Journal(0, revision, desired.digest))
            refused = run.overtaken() or run.conflict(adopt) or run.moved(expected_digest)
            if refused:
                return refused
            steps = make_plan(run.owned_found, desired)
            if steps and (refused := run.lacking()):
                return refused
            if on_plan is not None:
                on_plan(steps)
            if not steps:
                run.save_verified()
                return Outcome("unchanged", "", "", (), (), desired.digest)
            return run.write(StepLog(steps, on_step), on_write)


class _Run:
    """One apply under way: what was found, what is wanted, what is written to disk when."""

    def __init__(
        self, kernel: Kernel, folder: StateFolder, desired: Table, journal: Journal
    ) -> None:
        self._kernel = kernel
        self._folder = folder
        self._desired = desired
        self._journal = journal
        # What a restore adds stands by itself: one refusal must not cost all other services.
        self._restoring = journal.run == RESTORING
        self._digest = desired.digest
        self._before = self._on_disk = folder.load()
        self._stored = self._before.in_boot(current_boot())
        self._wanted = desired.scope
        self._concerned = concerned(desired, self._stored.owned)
        # A kernel that holds the wanted table already needs no second look.
        self._found = kernel.read_stable_table(self._settled, self._wanted.sysctls)

    @property
    def owned_found(self) -> Table:
        """What was found of services that are ours or are to be, and of the settings to decide."""
        return self._found.only(self._concerned)

    def _settled(self, table: Table) -> bool:
        return table.only(self._concerned) == self._desired

    def overtaken(self) -> Outcome | None:
        """Refuse to restore what is lost no longer: another run had the lock while this one waited."""
        lost = self._before.boot_id != self._stored.boot_id or self._before.restoring
        if lost or not self._restoring:
            return None
        return self._refused("moved", "Another run came first: nothing is left to be restored.")

    def conflict(self, adopt: bool) -> Outcome | None:
        """Refuse to touch wanted services and daemons that exist and aren't ours."""
        # Daemons that run as a restore wants them are no conflict: whoever restores looked.
        desired = self._desired._replace(sync=None) if self._restoring else self._desired
        foreign = claims(self._found, desired, self._stored.owned)
        if adopt or not foreign:
            return None
        names = ", ".join(foreign)
        verb = "exists already and isn't" if len(foreign) == 1 else "exist already and aren't"
        return self._refused("conflict", f"{names} {verb} managed from here.")

    def moved(self, expected_digest: str | None) -> Outcome | None:
        """Refuse a plan that was made for another table than the kernel's."""
        under_way = self._stored.journal == self._journal
        if expected_digest is None or expected_digest == self.owned_found.digest or under_way:
            return None
        return self._refused(
            "moved",
            "The kernel no longer holds what the plan was made for: somebody changed it. Look at the "
            "difference, then submit the change again.",
        )

    def lacking(self) -> Outcome | None:
        """Refuse to begin what can't be finished: a scheduler or engine that this kernel hasn't."""
        missing = [] if self._restoring else missing_parts(self._desired, self._found)
        return self._refused("refused", " ".join(missing)) if missing else None

    def write(self, log: StepLog, on_write: Callable[[], None]) -> Outcome:
        """Journal, write, read back."""
        self._save(replace(self._stored, owned=self._concerned, journal=self._journal))
        try:
            on_write()
        except LvsError:
            self._save(self._before)
            raise
        lost = ""
        try:
            self._kernel.execute(log.steps, log.answered, go_on=self._restoring)
        except NoAnswer as error:
            lost = str(error)
        try:
            # After steps that were all acknowledged, one reading that shows them done is the second.
            doubt = bool(lost or log.refusal)
            expected = None if doubt else self._settled
            found = self._kernel.read_stable_table(expected, self._wanted.sysctls)
        except LvsError as error:
            if lost:
                log.doubt(lost)
            text = f"The table was written but can't be read back: {error}"
            return Outcome("partial", "differs", text, log.steps, log.results(), "")
        now = found.only(self._concerned)
        if lost:
            log.judge_lost(make_plan(now, self._desired), lost)
        if log.refusal is None and now == self._desired:
            self.save_verified()
            return Outcome("verified", "", "", log.steps, log.results(), self._digest)
        why = str(log.refusal or lost or explain_difference(self._desired, now))
        return self._missed(log, found, why)

    def save_verified(self) -> None:
        """The kernel was read and holds exactly the wanted table."""
        revision = max(self._stored.revision, self._journal.revision)
        run = self._stored.run if self._restoring else self._journal.run
        self._save(
            State(
                revision,
                self._digest,
                self._desired,
                self._wanted,
                journal=None,
                boot_id=self._stored.boot_id,
                run=run,
            )
        )

    def _save(self, state: State) -> None:
        if state != self._on_disk:
            self._folder.save(state)
            self._on_disk = state

    def _missed(self, log: StepLog, found: Table, why: str) -> Outcome:
        """Something was refused, or the read-back is another table than the wanted one."""
        owned = self._owned_after(log) if log.written else self._stored.owned
        if log.written:
            # The journal stays until a run verifies: the next one then knows that we moved the kernel.
            self._save(replace(self._stored, owned=owned, journal=self._journal))
        else:  # nothing came of it: what was ours is, and a reboot's loss is still to be restored
            self._save(self._before)
        return Outcome(
            "partial" if log.written else "failed",
            "refused" if log.refusal else "differs",
            why,
            log.steps,
            log.results(),
            found.only(owned).digest,
        )

    def _owned_after(self, log: StepLog) -> Scope:
        """After a run that did a part: not what somebody else added first, nor what we deleted."""
        adopted = self._wanted.services & self._found.scope.services
        added, deleted = log.services("add service"), log.services("delete service")
        services = (self._stored.owned.services | adopted | added) - deleted
        return self._wanted._replace(services=services)

    def _refused(self, code: Code, error: str) -> Outcome:
        digest = self._found.only(self._stored.owned).digest
        return Outcome("failed", code, error, (), (), digest)
