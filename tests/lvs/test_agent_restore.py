"""Bringing back what a reboot lost."""

import threading

import pytest

import lvs.agent.orders
import lvs.agent.watcher
from tests.lvs.played_host import order, service, table

A, B = service(80), service(81)


def test_a_restore_that_goes_on_leaves_a_service_of_another_program_alone(host, monkeypatch):
    """Of a table with sync daemons a part could not be restored at once; keepalived made it since."""
    both = table(A, B, sync=())
    reading = type(host.machine).table
    monkeypatch.setattr(type(host.machine), "table", lambda self: reading(self)._replace(sync=()))
    assert host.obey(order(both))["state"] == "verified"
    host.reboot()
    host.machine.refuse_next = 2  # the second service is refused: a module is missing yet
    host.watcher.tick()
    held = {s.key for s in host.machine.table().services}
    assert (host.watcher.boot_checked is False and A.key in held) or B.key in held
    (missing,) = {A.key, B.key} - held
    foreign = service(missing.port, scheduler="wlc", servers=("10.9.9.9",))
    host.machine.put(foreign)  # another program's, not ours
    host.watcher.tick()
    assert host.machine.table().by_key()[missing] == foreign


def test_a_restore_never_writes_after_a_newer_revision_was_verified(host, monkeypatch):
    """B can't be restored, so people approve a table without it; the watcher was just about to try again."""
    assert host.obey(order(table(A, B)))["state"] == "verified"
    host.reboot()
    host.machine.refuse_next = 2
    host.watcher.tick()
    held = host.machine.table()
    assert len(held.services) == 1 and not host.watcher.boot_checked
    newer = order(held, revision=2, run=2, expected=held.digest)
    about_to, done = threading.Event(), threading.Event()
    restore, apply = lvs.agent.watcher.apply_table, lvs.agent.orders.apply_table
    begun = host.memory.note_begun

    def late_restore(*arguments, **more):
        about_to.set()
        assert done.wait(10)  # waits for the host's lock, which the order has
        return restore(*arguments, **more)

    def apply_order(*arguments, **more):
        try:
            return apply(*arguments, **more)
        finally:
            done.set()

    tick = threading.Thread(target=host.watcher.look)

    def note_begun(asked):
        begun(asked)
        monkeypatch.setattr(lvs.agent.watcher, "apply_table", late_restore)
        monkeypatch.setattr(lvs.agent.orders, "apply_table", apply_order)
        tick.start()  # its tick looked at `running` just before the order came
        assert about_to.wait(10)

    host.memory.note_begun = note_begun
    host.machine.refuse_next = (
        1  # the try that comes first, by the order's own look, is refused too
    )
    end = host.obey(newer)
    tick.join(10)
    assert end["state"] == "verified"
    assert host.machine.table() == held, "an older revision was written after a newer one"


@pytest.fixture
def cut_off(host):
    """Revision 2: the power went after its first step. The kernel holds what was verified before, again."""
    assert host.obey(order(table(A)))["state"] == "verified"
    second = order(table(A, B), revision=2, run=2)
    host.obey_and_die(second)
    host.reboot()
    host.watcher.tick()
    return second


def test_a_run_that_wrote_before_the_power_went_is_not_called_failed(host, cut_off):
    last = host.beat()["last_run"]
    assert (last["run"], last["state"]) == (cut_off.run, "interrupted")


def test_nor_when_its_order_comes_again_and_is_refused(host, cut_off):
    host.machine.refuse_next = 1
    assert host.obey(cut_off)["state"] == "partial"
