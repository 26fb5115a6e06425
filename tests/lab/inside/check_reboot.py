"""What the agent does after a reboot when the table can't be restored at once."""

from dataclasses import replace

import pytest

from lvs.agent.console_keys import ConsoleKeys
from lvs.agent.memory import Memory
from lvs.agent.watcher import Watcher
from lvs.apply import apply_table
from lvs.canonical_form import make_table
from lvs.settings import SyncDaemon, Timeouts
from lvs.state import RESTORING
from tests.lab.inside.conftest import owned_in_kernel, run_ipvsadm
from tests.lvs.examples import TUTORIAL, marked

MASTER = SyncDaemon("master", "lo", 1, 1472)
WHOLE = make_table((*TUTORIAL.services, marked(4)), Timeouts(tcp=500), (MASTER,))


class Said:
    """Takes reports in the reporter's place."""

    def __init__(self):
        self.reports = []

    def put(self, message):
        self.reports.append(message)

    @property
    def problem(self):
        return [m["problem"] for m in self.reports if m["type"] == "heartbeat"][-1]


@pytest.fixture
def said():
    return Said()


@pytest.fixture
def agent(folder, said):
    """Makes an agent as it is just after its start."""
    return lambda: Watcher("d", folder, Memory(folder.path), said, ConsoleKeys(folder.path, {}))


@pytest.fixture
def rebooted(folder, ipvsadm):
    """The next boot after WHOLE was verified; its last service has a scheduler that is not there."""
    assert apply_table(WHOLE, state=folder).state == "verified"
    ipvsadm("-C", "--stop-daemon master", "--set 900 120 300")
    lost = make_table((*TUTORIAL.services, marked(4, scheduler="twos")), WHOLE.timeouts, WHOLE.sync)
    state = replace(folder.load(), boot_id="before", table=lost, digest=lost.digest)
    folder.save(state)
    yield state
    if "master" in run_ipvsadm("-L", "--daemon"):
        ipvsadm("--stop-daemon master")


def mended(folder):
    """As if the scheduler's module had come."""
    state = folder.load()
    folder.save(replace(state, table=WHOLE, digest=WHOLE.digest))


def test_one_refusal_costs_no_other_service(agent, folder, rebooted, ipvsadm):
    agent().tick()
    held = owned_in_kernel(folder)
    assert held.services == TUTORIAL.services
    assert (held.timeouts, held.sync) == (WHOLE.timeouts, WHOLE.sync)


def test_what_is_missing_is_said_and_shown_until_it_is_back(agent, said, folder, rebooted, ipvsadm):
    watcher = agent()
    for _ in range(3):
        watcher.tick()
        assert "twos" in said.problem
    assert "observed" in [message["type"] for message in said.reports]
    mended(folder)
    watcher.tick()
    assert said.problem == ""
    assert owned_in_kernel(folder) == WHOLE
    assert folder.load().journal is None


def test_an_agent_that_was_killed_meanwhile_goes_on(agent, said, folder, rebooted, ipvsadm):
    agent().tick()
    assert folder.load().journal.run == RESTORING
    mended(folder)
    agent().tick()
    assert owned_in_kernel(folder) == WHOLE


def test_what_could_not_begin_is_tried_again(agent, said, folder, rebooted, ipvsadm):
    alone = make_table([marked(4, scheduler="twos")])
    folder.save(replace(rebooted, table=alone, digest=alone.digest))
    watcher = agent()
    watcher.tick()
    assert "twos" in said.problem
    assert folder.load().boot_id == "before"
    mended(folder)
    watcher.tick()
    assert owned_in_kernel(folder) == WHOLE


@pytest.mark.parametrize("syncid", [MASTER.syncid, 77])
def test_a_daemon_that_others_started_stays_and_costs_no_service(
    agent, said, folder, rebooted, ipvsadm, syncid
):
    mended(folder)
    ipvsadm(f"--start-daemon master --mcast-interface lo --syncid {syncid} --sync-maxlen 1472")
    running = ipvsadm("-L --daemon")
    agent().tick()
    assert said.problem == ""
    assert ipvsadm("-L --daemon") == running
    held = owned_in_kernel(folder)
    assert held.services == WHOLE.services
    assert held.sync == (WHOLE.sync if syncid == MASTER.syncid else None)


def test_an_order_has_the_last_word(agent, folder, rebooted, ipvsadm):
    agent().tick()
    wanted = make_table([marked(7)], sync=())
    assert apply_table(wanted, state=folder, revision=9).state == "verified"
    agent().tick()
    assert owned_in_kernel(folder) == wanted
