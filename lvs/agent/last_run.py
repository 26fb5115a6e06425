"""What a heartbeat says of the newest order: the console settles by it what it lost sight of."""

from lvs.agent import streams
from lvs.agent.envelope import Order
from lvs.agent.memory import Held
from lvs.state import State

ERROR_LENGTH = 300


def under_way(order: Order) -> streams.Message:
    """The order is being carried out."""
    return streams.last_run(run=order.run, revision=order.revision, state="running")


def last_run(state: State, held: Held, end: streams.Message) -> streams.Message:
    """What became of the last order. A run without an end is that of an agent that was ended, or whose disk
    was full."""
    ended = end.get("run", 0)
    journal = state.journal
    if journal is not None and journal.run > max(ended, held.run - 1):
        return streams.last_run(run=journal.run, revision=journal.revision, state="interrupted")
    if held.run > ended:
        return _end_that_was_not_kept(state, held)
    if not end:
        return {}
    return streams.last_run(
        run=end["run"],
        revision=end["revision"],
        state=end["state"],
        error=(end["error"] or end["code"])[:ERROR_LENGTH],
        digest=end["digest"],
    )


def _end_that_was_not_kept(state: State, held: Held) -> streams.Message:
    """It began, and its end is nowhere: the disk was full, or we were killed."""
    noted = state.run == held.run and state.digest == held.digest
    if noted or held.verified == held.revision:
        return streams.last_run(
            run=held.run, revision=held.revision, state="verified", digest=held.digest
        )
    if held.wrote:
        return streams.last_run(run=held.run, revision=held.revision, state="interrupted")
    return streams.last_run(
        run=held.run,
        revision=held.revision,
        state="failed",
        error="It came to nothing, and why could not be kept on disk.",
    )
