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
)
