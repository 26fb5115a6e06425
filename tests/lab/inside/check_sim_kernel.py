"""The kernel of histories is held to the real one: the same steps, the same answers, the same tables."""

import pytest

from lab.faults.kernel import Machine, SimKernel
from lvs.model import EMPTY, RealServer, VirtualService
from lvs.netlink.kernel import Kernel
from lvs.plan import Step, make_plan
from tests.lvs.random_tables import random_table

SERVICE = VirtualService("inet", "tcp", "192.0.2.80", 80, 0, scheduler="rr")
SERVER = RealServer("192.0.2.81", 80)
ADD = Step("add service", SERVICE)
ADD_SERVER = Step("add server", SERVICE, SERVER)


@pytest.fixture
def both(ipvsadm):
    ipvsadm("-C")
    SimKernel.machine = Machine("sim")
    with Kernel() as real, SimKernel() as sim:
        yield real, sim


def done(kernel, steps):
    """Which steps were told of, with the errno of each refusal; the first refusal; the table after."""
    told = []
    refusal = kernel.execute(
        steps, lambda indexes, problem: told.extend((i, problem and problem.errno) for i in indexes)
    )
    table = kernel.read_table(())
    return sorted(told), refusal and refusal.errno, table.services


@pytest.mark.parametrize(
    "steps",
    [
        [ADD],
        [ADD, ADD],
        [ADD_SERVER],
        [ADD, ADD_SERVER, ADD_SERVER],
        [ADD, Step("edit server", SERVICE, SERVER, SERVER)],
        [ADD, Step("drain server", SERVICE, SERVER._replace(weight=0), SERVER)],
        [ADD, Step("delete server", SERVICE, SERVER, SERVER)],
        [Step("edit service", SERVICE._replace(scheduler="wrr"), None, SERVICE)],
        [ADD, Step("edit service", SERVICE._replace(scheduler="wrr"), None, SERVICE)],
        [Step("delete service", SERVICE, None, SERVICE)],
        [ADD, ADD_SERVER, Step("delete service", SERVICE, None, SERVICE)],
        [ADD, ADD, ADD_SERVER],  # a refusal ends it: no further batch
    ],
)
def test_each_step_has_the_same_end(both, steps):
    real, sim = both
    assert done(sim, steps) == done(real, steps)


@pytest.mark.parametrize("seed", range(25))
def test_plans_lead_to_the_same_table(both, seed):
    real, sim = both
    held = EMPTY
    for number in range(3):
        wanted = random_table(seed * 10 + number, services=4)
        plan = make_plan(held, wanted)
        assert done(sim, plan) == done(real, plan)
        held = wanted
