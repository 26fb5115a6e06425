"""What the agent remembers on disk: which orders are too old, and how runs ended."""

import pytest

from lvs.agent import streams
from lvs.agent.envelope import Order
from lvs.agent.memory import KEPT_RUNS, Held, Memory
from lvs.errors import LvsError, StateDamaged

DIRECTOR = "0b4d8a52-7d5c-4b8e-9f5f-3f0c1f8a2b11"


def order(run=1, revision=1, digest="d", cluster="web"):
    return Order(DIRECTOR, "", cluster, revision, run, 1, digest, "", False, {}, 0, 0, {})


def end(run=1, state="verified"):
    return streams.run_finished(DIRECTOR, 1.5, run=run, revision=1, state=state)


@pytest.fixture
def memory(tmp_path):
    return Memory(tmp_path)


def test_a_new_director_holds_nothing(memory):
    assert memory.held() == memory.held("web") == Held(0, "", 0)


def test_a_begun_revision_is_held_and_not_verified(memory):
    memory.note_begun(order(revision=3))
    assert memory.held("web") == Held(3, "d", 0, 1)


def test_a_verified_revision_outlives_a_later_one_that_fails(memory):
    memory.note_verified(order(revision=3))
    memory.note_begun(order(revision=4, digest="e"))
    assert memory.held("web") == Held(4, "e", 3, 1)


def test_clusters_are_counted_for_themselves_and_the_newest_is_the_directors(memory):
    memory.note_verified(order(revision=9))
    memory.note_verified(order(revision=2, cluster="mail"))
    assert memory.held() == memory.held("mail") == Held(2, "d", 2, 1)
    assert memory.held("web").revision == 9


def test_the_end_of_a_run_waits_until_it_was_sent(memory, tmp_path):
    memory.note_finished(order(), end())
    assert Memory(tmp_path).pending() == [end()]
    memory.note_sent(end())
    assert Memory(tmp_path).pending() == []


def test_ends_wait_in_their_order(memory):
    for run in (7, 3, 12):
        memory.note_finished(order(run=run), end(run))
    assert [message["run"] for message in memory.pending()] == [7, 3, 12]


@pytest.mark.parametrize("sent", [True, False])
def test_the_same_order_finds_its_end_again(memory, sent):
    memory.note_finished(order(), end())
    if sent:
        memory.note_sent(end())
    assert memory.finished(order()) == end()


@pytest.mark.parametrize("other", [{"run": 2}, {"revision": 2}, {"digest": "e"}, {"cluster": "x"}])
def test_another_order_does_not(memory, other):
    memory.note_finished(order(), end())
    assert memory.finished(order(**other)) is None


def test_old_ends_are_forgotten_and_unsent_ones_are_not(memory):
    for run in range(1, KEPT_RUNS + 11):
        memory.note_finished(order(run=run), end(run))
        if run > 5:
            memory.note_sent(end(run))
    memory.note_finished(order(run=1000), end(1000))
    assert memory.finished(order(run=6)) is None
    assert memory.finished(order(run=KEPT_RUNS + 10)) is not None
    assert [message["run"] for message in memory.pending()] == [1, 2, 3, 4, 5, 1000]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"clusters":{"web":[1]},"newest":"web"}'])
def test_a_damaged_ledger_is_said_and_never_reset(memory, tmp_path, text):
    (tmp_path / "orders.json").write_text(text)
    for use in (memory.held, lambda: memory.note_begun(order())):
        with pytest.raises(StateDamaged, match="damaged"):
            use()
    assert (tmp_path / "orders.json").read_text() == text


def test_files_are_for_their_owner_only(memory, tmp_path):
    memory.note_begun(order())
    memory.note_finished(order(), end())
    files = [tmp_path / "orders.json", *(tmp_path / "runs").iterdir()]
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]


def test_a_folder_that_can_not_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LvsError, match="Can't write"):
        Memory(tmp_path / "file").note_finished(order(), end())
