"""A director that was moved: state.json's revision is not of the cluster that asks."""

import pytest

from tests.lvs.played_host import Killed, order, service, table

D = table(service())


def killed_before_the_journal(host, monkeypatch, one):
    """kill -9 after orders.json says that it began, before anything of the run was done."""
    real = host.memory.note_begun

    def note(asked):
        real(asked)
        raise Killed

    host.memory.note_begun = note
    with pytest.raises(Killed):
        host.orders.obey(one)
    host.start()


def moved_to_another_cluster_and_drifted(host):
    assert host.obey(order(D, cluster="1", revision=1, run=1))["state"] == "verified"
    host.machine.put(service(scheduler="sh"))  # somebody's ipvsadm -E
    assert host.machine.table() != D


def test_nothing_is_called_verified_without_a_look_at_the_kernel(host, monkeypatch):
    """Cluster 2's revision 1 holds the same table, to put back what somebody changed by hand."""
    moved_to_another_cluster_and_drifted(host)
    again = order(D, cluster="2", revision=1, run=2, expected=host.machine.table().digest)
    killed_before_the_journal(host, monkeypatch, again)
    end = host.obey(again)  # the console sends it again
    assert (end["state"], host.machine.table() == D) == ("verified", True)


def test_a_heartbeat_does_not_call_verified_what_another_cluster_verified(host, monkeypatch):
    moved_to_another_cluster_and_drifted(host)
    again = order(D, cluster="2", revision=1, run=2, expected=host.machine.table().digest)
    killed_before_the_journal(host, monkeypatch, again)
    last = host.beat()["last_run"]
    assert host.machine.table() != D
    assert (last["run"], last["state"]) == (2, "failed")


def test_a_heartbeat_calls_verified_what_was_though_another_cluster_had_come_further(host):
    """Killed between the two files; before, another cluster had come further."""
    for number in (1, 2, 3):
        t = table(service(scheduler=("rr", "wrr", "lc")[number - 1]))
        host.obey(order(t, cluster="1", revision=number, run=number))
    new = table(service(scheduler="sed"))
    one = order(new, cluster="2", revision=1, run=4)

    def killed(_order):
        raise Killed

    host.memory.note_verified = killed
    with pytest.raises(Killed):
        host.orders.obey(one)
    assert host.machine.table() == new
    host.start()
    last = host.beat()["last_run"]
    assert (last["run"], last["state"]) == (4, "verified")
