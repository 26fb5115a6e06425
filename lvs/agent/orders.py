"""Carrying out orders: check, apply, report. One at a time."""

import logging
import time
from collections.abc import Callable

from lvs.agent import streams
from lvs.agent.envelope import KIND, Order
from lvs.agent.memory import Memory
from lvs.agent.progress import Progress
from lvs.agent.reporter import Reporter
from lvs.agent.streams import Message
from lvs.agent.watcher import Watcher
from lvs.apply import apply_table
from lvs.documents import table_from_document
from lvs.errors import LvsError
from lvs.state import Journal, StateFolder

logger = logging.getLogger(__name__)


class Orders:
    """The director's side of an approved change."""

    def __init__(
        self,
        director: str,
        state: StateFolder,
        memory: Memory,
        reporter: Reporter,
        watcher: Watcher,
    ) -> None:
        self._director = director
        self._state = state
        self._memory = memory
        self._reporter = reporter
        self._watcher = watcher

    def obey(self, order: Order) -> None:
        """Do what a genuine order says, once. Raises nothing: whatever happens is reported."""
        logger.info("run %d: revision %d of cluster %s", order.run, order.revision, order.cluster)
        if before := self._memory.finished(order):
            logger.info("run %d ended before: giving the same answer", order.run)
            self._reporter.put(before)
            return
        self._watcher.running = order
        try:
            had_written = self._may_have_written(order)
            message = self._carry_out(order)
            if had_written and message["state"] == "failed":
                error = f"It was under way before, when the agent ended. Now: {message['error']}"
                message |= {"state": "partial", "error": error}
            elif (
                message["state"] == "failed"
            ):  # where that can't be kept, it may have written: safe to believe
                self._try_to(self._memory.note_nothing_written, order)
            self._finish(order, message)
        finally:
            self._watcher.running = None

    def _carry_out(self, order: Order) -> Message:
        progress = Progress(self._director, order, self._reporter)
        try:
            if not self._watcher.boot_checked:  # what a reboot lost comes back before anything new
                self._watcher.look()
            return self._already_settled(order, progress) or self._apply(order, progress)
        except LvsError as error:
            text = str(error)
        except Exception as error:
            logger.exception("run %d met an error of the agent itself", order.run)
            text = f"The agent met an error of its own, see its log: {type(error).__name__}"
        return progress.broken_off(text, wrote=self._may_have_written(order))

    def _may_have_written(self, order: Order) -> bool:
        """Whether this run has begun to write, now or before the agent was ended in the middle of it.

        Two files can tell, and one of them may be damaged.
        """
        try:
            held = self._memory.held(order.cluster)
            return held.wrote and held.run == order.run
        except LvsError:
            logger.warning(
                "run %d: whether it wrote before is not in the memory of orders", order.run
            )
        try:
            journal = self._state.load().journal
            return journal is not None and journal.run == order.run
        except LvsError:
            return True

    def _already_settled(self, order: Order, progress: Progress) -> Message | None:
        """The answer to an order that must not, or need not, be carried out."""
        held = self._memory.held(order.cluster)
        if order.revision < held.revision:
            reason = (
                f"Revision {order.revision} is older than what this director holds, "
                f"revision {held.revision}"
            )
            self._refuse(reason)
            return progress.ended("failed", error=reason)
        if order.revision > held.revision:
            return None
        if order.digest != held.digest:
            reason = (
                f"Revision {order.revision} came before with another table, "
                "and a revision never changes: make a new change"
            )
            self._refuse(reason)
            return progress.ended("failed", error=reason)
        state = self._state.load()
        if state.digest != order.digest or state.journal:
            return None
        if held.verified != order.revision:
            if state.run != order.run:
                return None
            self._try_to(self._memory.note_verified, order)  # we were killed between the two files
        return progress.ended("verified", digest=state.digest, already=True)

    def _apply(self, order: Order, progress: Progress) -> Message:
        self._memory.note_begun(order)
        outcome = apply_table(
            table_from_document(order.table),
            state=self._state,
            adopt=order.adopt,
            expected_digest=order.expected_digest or None,
            journal=Journal(order.run, order.revision, order.digest),
            revision=order.revision,
            on_plan=progress.plan,
            on_write=lambda: self._memory.note_writing(order),
            on_step=progress.step,
        )
        if outcome.state in (
            "verified",
            "unchanged",
        ):  # a full disk does not undo it: state.json says the same
            self._try_to(self._memory.note_verified, order)
        return progress.came_to(outcome)

    @staticmethod
    def _try_to(note: Callable[[Order], None], order: Order) -> None:
        """Keep what is worth keeping, and not needed."""
        try:
            note(order)
        except LvsError as error:
            logger.error("run %d: %s", order.run, error)

    def _finish(self, order: Order, message: Message) -> None:
        """On disk first, then what the kernel holds now, then the end: pages never show it undone.

        An end that can't be kept is told only if it is a good one. Any other could not be told again when the
        order comes again, and what then came of it would be done behind the console's back: so the order
        counts as refused, and the console sends it until its end can be kept.
        """
        logger.info("run %d: %s %s", order.run, message["state"], message["error"])
        try:
            self._memory.note_finished(order, message)
        except LvsError as error:
            logger.error("run %d: its end can't be kept: %s", order.run, error)
            if message["state"] != "verified":
                self._refuse(f"{error}. Its run came to this: {message['error']}"[:300])
                self._watcher.look(report=True)
                return
        try:
            self._watcher.look(report=True)
        finally:  # whatever stands in its way, the console must hear of the end
            self._reporter.put(message)

    def _refuse(self, reason: str) -> None:
        logger.warning("refused an order: %s", reason)
        self._reporter.put(streams.refused(self._director, time.time(), what=KIND, reason=reason))
