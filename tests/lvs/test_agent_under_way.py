"""A run that the agent's death interrupted, and whose journal is gone as its order comes again."""

import pytest

from lab.faults.kernel import SimKernel
from lvs.apply import apply_table
from tests.lvs.played_host import order, service, table

A, B = service(80), service(81)


@pytest.fixture
def second(host):
    """Revision 2, killed after its first step."""
    assert host.obey(order(table(A)))["state"] == "verified"
    one = order(table(A, B), revision=2, run=2, expected=table(A).digest)
    host.obey_and_die(one)
    assert B.key in {s.key for s in host.machine.table().services}  # it wrote
    host.start()
    return one


def test_it_is_not_called_failed_though_state_json_is_damaged(host, second):
    host.state.file.write_text("{")
    end = host.obey(second)
    assert end["state"] == "partial", end["error"]


def test_it_is_not_called_failed_though_somebody_applied_by_hand_meanwhile(host, second):
    """`python -m lvs apply FILE`, as docs/agent.md allows."""
    third = table(A, B._replace(scheduler="sed"))
    assert apply_table(third, state=host.state).state == "verified"
    end = host.obey(second)
    assert end["state"] == "partial", end["error"]


def test_the_comparison_is_not_left_out_for_another_clusters_run(host):
    """Revision 1 of cluster 1 stopped half way here; cluster 2's revision 1 wants the same table."""
    host.machine.refuse_next = 2
    assert host.obey(order(table(A, B), cluster="1", run=1))["state"] == "partial"
    seen = host.machine.table()
    approved = order(table(A, B), cluster="2", run=2, expected=seen.digest)
    (held,) = seen.services
    host.machine.put(held._replace(scheduler="sh"))  # somebody's ipvsadm, after the approval
    assert host.obey(approved)["code"] == "moved"


def test_an_error_in_the_middle_of_writing_is_not_called_failed(host, monkeypatch):
    """The socket fails after a batch went out and before its answers came: the kernel has done it."""
    real = SimKernel.execute

    def execute(self, steps, on_result, *, go_on=False):
        real(self, steps, lambda indexes, refusal: None)
        raise OSError(105, "No buffer space available")

    monkeypatch.setattr(SimKernel, "execute", execute)
    end = host.obey(order(table(service())))
    assert host.machine.table() == table(service())  # it was written
    assert end["state"] == "partial", end["error"]
