"""What a heartbeat says of the newest order: also where its end could not be kept."""

from lvs.agent import streams
from lvs.agent.last_run import last_run
from lvs.agent.memory import Held
from lvs.state import Journal, State

END = streams.run_finished("d", 1.0, run=7, revision=3, state="failed", error="why")


NEVER, NOTHING = State(), Held()


def told(state=NEVER, held=NOTHING, end=None):
    said = last_run(state, held, end or {})
    return (said["run"], said["state"]) if said else None


def test_nothing_is_said_where_nothing_was_ordered():
    assert told() is None


def test_an_end_that_was_kept_is_told():
    assert told(held=Held(3, "d", 0, 7), end=END) == (7, "failed")


def test_a_journal_without_an_end_is_an_agent_that_was_killed():
    state = State(journal=Journal(8, 4, "d"))
    assert told(state, Held(4, "d", 3, 8), END) == (8, "interrupted")


def test_a_restore_after_a_reboot_is_nobodys_run():
    assert told(State(journal=Journal(-1, 3, "d")), Held(3, "d", 3, 7), END) == (7, "failed")


def test_what_was_verified_is_told_though_its_end_is_nowhere():
    assert told(State(run=8, digest="d"), Held(4, "d", 3, 8, True), END) == (8, "verified")
    assert told(State(), Held(4, "d", 4, 8), END) == (8, "verified")


def test_what_another_run_verified_is_not_said_of_this_one():
    """The same revision and the same table, of another cluster."""
    state = State(revision=4, digest="d", run=7)
    assert told(state, Held(4, "d", 3, 8), END) == (8, "failed")
    assert told(state, Held(4, "d", 3, 8, True), END) == (8, "interrupted")


def test_what_may_have_written_is_no_failure_though_a_reboot_took_its_journal():
    assert told(State(), Held(4, "d", 3, 8, True), END) == (8, "interrupted")


def test_a_newer_end_is_told_beside_an_old_journal():
    """Run 6 was interrupted; run 7 was refused before it wrote."""
    assert told(State(journal=Journal(6, 2, "a")), Held(3, "d", 1, 7), END) == (7, "failed")


def test_what_began_and_wrote_nothing_failed():
    assert told(State(revision=3, digest="c"), Held(4, "d", 3, 8), END) == (8, "failed")
