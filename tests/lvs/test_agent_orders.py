"""Carrying out orders, without a kernel: the console hears how each ends, whatever happens."""

import time

import pytest

from lvs.agent.memory import Memory
from lvs.agent.orders import Orders
from lvs.errors import LvsError
from lvs.state import State, StateFolder
from tests.lvs.test_envelope import DIRECTOR, order


class BlindWatcher:
    running = None
    boot_checked = True

    def look(self, report=False):
        raise KeyError("an attribute that this kernel does not send")


class Reporter:
    def __init__(self):
        self.messages = []

    def put(self, message):
        self.messages.append(message)


def test_the_end_of_a_run_is_reported_though_the_kernel_can_not_be_looked_at(tmp_path):
    memory, reporter, watcher = Memory(tmp_path), Reporter(), BlindWatcher()
    memory.note_verified(order(revision=4))
    orders = Orders(DIRECTOR, StateFolder(tmp_path), memory, reporter, watcher)
    now = time.time()
    with pytest.raises(KeyError):
        orders.obey(order(revision=3, not_before=now, expires=now + 60))
    assert reporter.messages[-1]["type"] == "run_finished"
    assert watcher.running is None


def test_an_order_that_comes_before_the_first_look_waits_for_it(tmp_path):
    reporter, watcher = Reporter(), BlindWatcher()
    watcher.boot_checked = False
    orders = Orders(DIRECTOR, StateFolder(tmp_path), Memory(tmp_path), reporter, watcher)
    now = time.time()
    with pytest.raises(KeyError):  # of the look after the run
        orders.obey(order(not_before=now, expires=now + 60))
    (end,) = reporter.messages
    assert (end["type"], end["state"]) == ("run_finished", "failed")
    assert "an error of its own" in end["error"]


class SeeingWatcher(BlindWatcher):
    def look(self, report=False):
        return


def test_a_bad_end_that_can_not_be_kept_is_refused_so_that_nothing_is_done_behind_the_consoles_back(
    tmp_path,
):
    """Told as an end, it could not be told again when the order comes again."""
    (tmp_path / "file").touch()
    memory, reporter = Memory(tmp_path / "file"), Reporter()
    orders = Orders(DIRECTOR, StateFolder(tmp_path), memory, reporter, SeeingWatcher())
    now = time.time()
    orders.obey(order(not_before=now, expires=now + 60))
    (said,) = reporter.messages
    assert (said["type"], said["what"]) == ("refused", "order")
    assert "Can't" in said["reason"]


def test_what_was_verified_stays_so_though_the_disk_is_full_as_it_is_noted(tmp_path, monkeypatch):
    """Killed between the two files that say it: the order comes again."""
    memory, reporter, state = Memory(tmp_path), Reporter(), StateFolder(tmp_path)
    now = time.time()
    asked = order(not_before=now, expires=now + 60)
    memory.note_begun(asked)
    state.save(State(revision=asked.revision, digest=asked.digest, run=asked.run))

    def full(_order):
        raise LvsError("No space left on device")

    monkeypatch.setattr(memory, "note_verified", full)
    Orders(DIRECTOR, state, memory, reporter, SeeingWatcher()).obey(asked)
    assert [said["state"] for said in reporter.messages] == ["verified"]
