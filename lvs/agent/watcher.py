"""Watching the director: heartbeats, what its kernel holds, and the table that a reboot lost."""

import logging
import threading
import time

from lvs.agent import streams
from lvs.agent.console_keys import ConsoleKeys
from lvs.agent.envelope import Order
from lvs.agent.facts import Facts
from lvs.agent.last_run import last_run, under_way
from lvs.agent.memory import Memory
from lvs.agent.periodic import Periodic
from lvs.agent.reporter import Reporter
from lvs.apply import apply_table
from lvs.boot import current_boot
from lvs.documents import scope_to_document, table_to_document
from lvs.errors import LvsError
from lvs.model import EMPTY, Scope, Table
from lvs.netlink.kernel import Kernel, KernelInfo
from lvs.observation import Observation, observation_of
from lvs.plan import concerned
from lvs.state import RESTORING, Journal, State, StateFolder

logger = logging.getLogger(__name__)

OBSERVE_AT_LEAST_EVERY = 60.0
"""Seconds after which an unchanged table is reported again."""
PROBLEM_LENGTH = 300


class Watcher(Periodic):
    """Looks at the kernel every few seconds and says what it saw."""

    def __init__(
        self,
        director: str,
        state: StateFolder,
        memory: Memory,
        reporter: Reporter,
        keys: ConsoleKeys,
    ) -> None:
        super().__init__("watcher", streams.HEARTBEAT_INTERVAL)
        self.running: Order | None = None
        """The order that is being carried out: a look would only see it half done."""
        self._keys = keys
        self._last_run: streams.Message = {}
        self._director = director
        self._state = state
        self._memory = memory
        self._reporter = reporter
        self._facts = Facts()
        self._seen: Observation | None = None
        self._owned = Scope()
        """What was ours when `_seen` was made."""
        self._reported_at = float("-inf")
        self._info: KernelInfo | None = None
        self._revision = 0
        self._problem = ""
        self._unrestored = ""
        """Why what a reboot lost is not back yet; "" where it is, or is to stay away."""
        self._forgot = ""
        """Why it is not known what became of orders; "" where it is."""
        self.boot_checked = False
        """Whether what a reboot lost is back, or is known to be in another's way."""
        self._looking = threading.Lock()

    def tick(self) -> None:
        """Look, unless an order is being carried out, and send a heartbeat."""
        if not self.running:
            self.look()
        self._beat()

    def look(self, report: bool = False) -> None:
        """Read the kernel; report it when it changed, when it is time, or when asked to.

        What stands in the way is not raised: it is the problem that the next heartbeat names.
        """
        with self._looking:
            try:
                self._look(report)
                problem = self._unrestored or self._forgot or _one_line(self._keys.problem)
            except (LvsError, OSError) as error:
                problem = _one_line(str(error))
                self._seen = self._info = None
            if problem != self._problem:
                logger.log(*_said(problem))
            self._problem = problem

    def _look(self, report: bool) -> None:
        stored, boot = self._state.load(), current_boot()
        self._remember(stored)
        with Kernel() as kernel:
            self._info = self._info or kernel.info()
            seen = self._observe(kernel, stored.in_boot(boot))
            if not self.boot_checked and self._restore(stored, boot, seen):
                report = report or not self._unrestored
                seen = self._observe(kernel, self._state.load().in_boot(boot))
        self.boot_checked = not self._unrestored
        due = time.monotonic() - self._reported_at >= OBSERVE_AT_LEAST_EVERY
        changed = seen != self._seen
        self._seen = seen
        if changed or due or report:
            self._report(seen)

    def _remember(self, stored: State) -> None:
        """What orders came to. Not to know it keeps nobody from looking at the kernel, or restoring it."""
        try:
            held = self._memory.held()
        except LvsError as error:
            self._revision, self._last_run, self._forgot = 0, {}, _one_line(str(error))
            return
        self._forgot = self._state.unwritable()
        self._revision = held.verified
        self._last_run = last_run(stored, held, self._memory.newest_end())

    def _observe(self, kernel: Kernel, state: State) -> Observation:
        """What the kernel holds now; one reading that equals the last look is enough."""
        table = kernel.read_table()
        if (not self._seen or table != self._seen.table) and table != kernel.read_table():
            table = kernel.read_stable_table()
        if self._seen and table == self._seen.table and state.owned == self._owned:
            return self._seen
        self._owned = state.owned
        return observation_of(table, state.owned)

    def _restore(self, state: State, boot: str, seen: Observation) -> bool:
        """After each start: bring back what a reboot lost. Returns whether it tried to.

        Only when this is another boot than the state's and no service stands in the kernel under what
        was ours. In any other case someone may have meant what is there: it is theirs, and a restart of the
        agent writes nothing. What could be restored in part only is tried again at each look, for the
        interface of a sync daemon or a module may come late; also after the agent was killed meanwhile.
        """
        self._unrestored = ""
        if state.table is None or not state.boot_id:
            return False
        again = state.boot_id == boot and state.restoring
        if state.boot_id == boot and not again:
            return False
        there = seen.table.only(concerned(state.table, state.owned))
        if not again and (there.services or state.table == EMPTY):
            with self._state.lock():
                self._state.save(self._state.load().in_boot(boot))
            return False
        if not again:
            logger.info("the host was restarted: restoring the last verified table")
        table = _without_others_daemons(state.table, there, state.in_boot(boot).owned)
        # Expecting what was seen: an order that came first has the last word.
        outcome = apply_table(
            table,
            state=self._state,
            journal=Journal(RESTORING, state.revision, table.digest),
            expected_digest=there.only(concerned(table, state.owned)).digest,
        )
        if outcome.state in ("failed", "partial"):
            self._unrestored = _one_line(
                f"The table could not be restored after the restart: {outcome.error}"
            )
            return True
        logger.info("restored %d services", len(state.table.services))
        return True

    def _report(self, seen: Observation) -> None:
        self._reporter.put(
            streams.observed(
                self._director,
                time.time(),
                table=table_to_document(seen.table),
                owned=scope_to_document(seen.owned),
                owned_digest=seen.owned_digest,
            )
        )
        self._reported_at = time.monotonic()

    def _beat(self) -> None:
        self._reporter.put(
            streams.heartbeat(
                self._director,
                time.time(),
                facts=self._facts.gather(self._info),
                revision=self._revision,
                owned_digest=self._seen.owned_digest if self._seen else "",
                problem=self._problem,
                last_run=under_way(self.running) if self.running else self._last_run,
                console_keys=tuple(self._keys.trusted()),
            )
        )


def _without_others_daemons(table: Table, there: Table, owned: Scope) -> Table:
    """What of the table can be restored beside sync daemons of others, which must not cost the services."""
    if owned.sync or not there.sync or there.sync == table.sync:
        return table
    names = ", ".join(map(str, there.sync))
    logger.warning("%s runs already: sync daemons stay as another program has them", names)
    return table._replace(sync=None)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:PROBLEM_LENGTH]


def _said(problem: str) -> tuple[int, str, str]:
    if problem:
        return logging.WARNING, "something stands in the way: %s", problem
    return logging.INFO, "nothing stands in the way any more%s", ""
