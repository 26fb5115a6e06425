"""Programs that break a promise: some on purpose, and each fault of ours that a history found, put back.

A history must catch each of them. `seed` is one that does; where the code has changed since, others are
tried.
"""

from typing import NamedTuple


class Mutant(NamedTuple):
    """What it does, the code that makes it so, and a seed that catches it."""

    does: str
    code: str
    seed: int


MUTANTS = (
    Mutant(
        "obeys older revisions",
        """
        import lvs.agent.orders as m
        m.Orders._already_settled = lambda self, order, progress: None
        """,
        162,
    ),
    Mutant(
        "calls a table verified without reading it back",
        """
        import lvs.apply as m

        def write(self, log, on_write):
            self._kernel.execute(log.steps[:1], log.answered)
            self.save_verified()
            return m.Outcome("verified", "", "", log.steps, log.results(), self._digest)

        m._Run.write = write
        """,
        1,
    ),
    Mutant(
        "takes over what is not ours",
        """
        import lvs.apply as m
        m._Run.conflict = lambda self, adopt: None
        m._Run.moved = lambda self, digest: None
        """,
        70,
    ),
    Mutant(
        "believes a journal alone that it had written before it was killed",
        """
        import lvs.agent.orders as m

        def may_have_written(self, order):
            journal = self._state.load().journal
            return journal is not None and journal.run == order.run

        m.Orders._may_have_written = may_have_written
        """,
        398,
    ),
    Mutant(
        "forgets that it had written before it was killed",
        """
        import lvs.agent.orders as m
        m.Orders._may_have_written = lambda self, order: False
        """,
        398,
    ),
    Mutant(
        "tells an end that it can't keep, and tries the run again when its order comes again",
        """
        import lvs.agent.orders as m
        from lvs.errors import LvsError

        def finish(self, order, message):
            try:
                self._memory.note_finished(order, message)
            except LvsError:
                pass
            self._watcher.look(report=True)
            self._reporter.put(message)

        m.Orders._finish = finish
        """,
        209,
    ),
    Mutant(
        "does not wait until the disk has what it was given of orders",
        """
        import lvs.agent.memory as m
        from lvs.errors import LvsError

        def write(path, text):
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(".new")
            new.write_text(text)
            try:
                new.replace(path)
            except OSError as error:
                raise LvsError("no") from error

        m.write_whole = write
        """,
        399,
    ),
    Mutant(
        "says of a run that stopped half way that all of it was done",
        """
        import lvs.agent.progress as m
        from lvs.results import StepResult

        before = m.Progress.came_to

        def came_to(self, outcome):
            if outcome.state == "partial":
                done = [StepResult(number, "done") for number in range(len(outcome.steps))]
                outcome = outcome._replace(results=tuple(done))
            return before(self, outcome)

        m.Progress.came_to = came_to
        """,
        25,
    ),
    Mutant(
        "says of a run that stopped half way that nothing of it was tried",
        """
        import lvs.agent.progress as m

        before = m.Progress.came_to

        def came_to(self, outcome):
            if outcome.state == "partial":
                self._results.clear()
                outcome = outcome._replace(results=())
            return before(self, outcome)

        m.Progress.came_to = came_to
        """,
        25,
    ),
    Mutant(
        "tries a run again that had ended, behind the console's back",
        """
        import lvs.agent.memory as m
        m.Memory.finished = lambda self, order: None
        """,
        5,
    ),
    Mutant(
        "makes a service anew where the kernel could have edited it",
        """
        import lvs.apply as m

        before = m.make_plan

        def make_plan(current, desired):
            old = current.by_key()
            moved = {
                s.key for s in desired.services if s.key in old and old[s.key].settings != s.settings
            }
            kept = tuple(s for s in current.services if s.key not in moved)
            first = current._replace(services=kept)
            return before(current, first) + before(first, desired)

        m.make_plan = make_plan
        """,
        45,
    ),
    Mutant(
        "writes a weight on its way that nobody approved",
        """
        import lvs.apply as m

        before = m.make_plan

        def make_plan(current, desired):
            steps = []
            for step in before(current, desired):
                if step.kind == "edit server" and step.server.weight:
                    steps.append(step._replace(server=step.server._replace(weight=0)))
                steps.append(step)
            return tuple(steps)

        m.make_plan = make_plan
        """,
        65,
    ),
    Mutant(
        "undoes at its start what somebody changed by hand",
        """
        import lvs.agent.watcher as m

        before = m.Watcher._restore

        def restore(self, state, boot, seen):
            if state.boot_id == boot and not state.journal and state.table:
                return m.apply_table(state.table, state=self._state).state == "verified"
            return before(self, state, boot, seen)

        m.Watcher._restore = restore
        """,
        65,
    ),
    Mutant(
        "obeys what was sealed for another director",
        """
        import lvs.agent.inbox as m

        before = m.check_address
        m.check_address = lambda kind, document, director, identity, now: before(
            kind, document, document["director"], document["identity"], now
        )
        """,
        25,
    ),
    Mutant(
        "would restore the table before the last one",
        """
        import lvs.apply as m
        from dataclasses import replace

        before = m._Run.save_verified

        def save_verified(self):
            table = self._before.table
            before(self)
            if table and not self._restoring:
                self._save(replace(self._on_disk, table=table))

        m._Run.save_verified = save_verified
        """,
        25,
    ),
    Mutant(
        "lets the head stand where it was",
        """
        import apps.changes.services.progress as m
        m._make_head = lambda change, revision: None
        """,
        1,
    ),
    Mutant(
        "does not record that a change was applied",
        """
        import apps.changes.services.progress as m

        before = m.record

        def record(**told):
            return None if told["action"] == "change.applied" else before(**told)

        m.record = record
        """,
        1,
    ),
)
