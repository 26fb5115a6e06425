"""Random tables over the full object model on a real kernel; ipvsadm and sysctl are the witnesses."""

import subprocess

import pytest
from hypothesis import Phase, given, settings

from lvs.apply import apply_table
from lvs.canonical_form import make_table
from lvs.model import EMPTY, ServiceKey, Table
from lvs.netlink.kernel import Kernel
from lvs.plan import concerned, make_plan
from lvs.rules.sysctls import READ_BY_STARTING_DAEMONS
from lvs.settings import SyncDaemon, Sysctl
from lvs.state import StateFolder
from tests.lab.inside.conftest import FOREIGN, FOREIGN_LINES, run_ipvsadm, states
from tests.lab.inside.reading import fresh, reading, turned_into
from tests.lab.inside.witnesses import as_daemon_lines, assert_witnesses_say, saved
from tests.lvs.examples import TUTORIAL
from tests.lvs.setting_strategies import full_pairs
from tests.lvs.strategies import LAB_SCHEDULERS

__all__ = ["fresh"]

INTERFACES = ("outer", "inner")
"""Of the lab's director: both have addresses of both families."""
FOREIGN_KEYS = frozenset({ServiceKey("inet", "tcp", "10.9.9.9", 9, 0)})
MASTER = SyncDaemon("master", "outer", 3, 1472)

bounded = settings(max_examples=12, phases=(Phase.explicit, Phase.generate))
"""Every command that a witness runs takes the guest a tenth of a second; shrinking takes minutes."""


def assert_nothing_kept_was_removed(steps, before: Table, after: Table) -> None:
    kept, values = after.by_key(), dict(before.sysctls)
    restart = any(
        s.name in READ_BY_STARTING_DAEMONS and values[s.name] != s.value for s in after.sysctls
    )
    for step in steps:
        if step.kind == "delete service":
            assert step.service.key not in kept
        elif step.kind == "delete server":
            assert step.server.key not in {s.key for s in kept[step.service.key].real_servers}
        elif step.kind == "stop daemon":
            assert restart or step.setting not in after.sync


# --- properties ------------------------------------------------------------------------------------


@bounded
@given(full_pairs(LAB_SCHEDULERS, INTERFACES))
def test_after_any_table_any_other_is_exactly_in_the_kernel(fresh, tmp_path_factory, pair):
    folder = StateFolder(tmp_path_factory.mktemp("state"))
    turned_into(fresh)
    for table in pair:
        outcome = apply_table(table, state=folder)
        assert outcome.state in ("verified", "unchanged"), outcome.error
        found = reading()
        assert found.only(table.scope) == table
        assert_witnesses_say(table)
        assert make_plan(found.only(concerned(table, folder.load().owned)), table) == ()
        assert apply_table(table, state=folder).steps == ()


@bounded
@given(full_pairs(LAB_SCHEDULERS, INTERFACES))
def test_the_inverse_plan_leads_back_to_all_that_was(fresh, pair):
    first, second = pair
    turned_into(fresh)
    turned_into(first)
    before = reading()
    turned_into(second)
    turned_into(before)
    assert reading() == before


@bounded
@given(full_pairs(LAB_SCHEDULERS, INTERFACES))
def test_what_is_not_ours_stays_and_what_can_stay_is_not_removed(fresh, tmp_path_factory, pair):
    folder = StateFolder(tmp_path_factory.mktemp("state"))
    turned_into(fresh)
    run_ipvsadm(*FOREIGN[0].split())
    run_ipvsadm(*FOREIGN[1].split())
    for table in pair:
        before = reading()
        outcome = apply_table(table, state=folder)
        assert outcome.state in ("verified", "unchanged"), outcome.error
        assert_nothing_kept_was_removed(outcome.steps, before, table)
        after = reading()
        decided = table._replace(services=()).scope
        others = before.scope._replace(
            services=before.scope.services - folder.load().owned.services,
            timeouts=before.scope.timeouts - decided.timeouts,
            sync=not decided.sync,
            sysctls=before.scope.sysctls - decided.sysctls,
        ).with_services(FOREIGN_KEYS)
        gone = before.scope.services - table.scope.services - FOREIGN_KEYS
        assert after.only(others) == before.only(others._replace(services=others.services - gone))
    assert set(saved()) >= FOREIGN_LINES


# --- daemons of others -----------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [(), (MASTER,), (MASTER._replace(syncid=4),)])
def test_a_daemon_of_others_is_a_conflict_and_nothing_is_written(fresh, folder, wanted):
    turned_into(fresh)
    run_ipvsadm("--start-daemon", "master", "--mcast-interface", "outer", "--syncid", "3")
    outcome = apply_table(make_table(TUTORIAL.services, sync=wanted), state=folder)
    assert (outcome.state, outcome.code, outcome.steps) == ("failed", "conflict", ())
    assert "master sync daemon on outer exists already" in outcome.error
    assert run_ipvsadm("-L", "--daemon").splitlines() == as_daemon_lines(MASTER)
    assert saved() == []


def test_a_daemon_of_others_is_taken_over_when_told(fresh, folder):
    turned_into(fresh)
    run_ipvsadm("--start-daemon", "master", "--mcast-interface", "outer", "--syncid", "3")
    same = apply_table(make_table((), sync=(MASTER,)), state=folder, adopt=True)
    assert (same.state, states(same)) == ("unchanged", [])
    other = apply_table(make_table((), sync=(MASTER._replace(syncid=9),)), state=folder)
    assert states(other) == ["done", "done"]
    assert run_ipvsadm("-L", "--daemon").splitlines() == as_daemon_lines(MASTER._replace(syncid=9))


def test_a_daemon_that_we_leave_open_runs_on(fresh, folder):
    turned_into(fresh)
    run_ipvsadm("--start-daemon", "master", "--mcast-interface", "outer", "--syncid", "3")
    assert apply_table(TUTORIAL, state=folder).state == "verified"
    assert apply_table(EMPTY, state=folder).state == "verified"
    assert run_ipvsadm("-L", "--daemon").splitlines() == as_daemon_lines(MASTER)


def test_daemons_have_the_ports_that_the_plan_says(fresh, folder):
    """A change of sync_ports restarts them: one socket for each port, seen from outside."""
    turned_into(fresh)
    for ports in ("1", "4", "2"):
        wanted = make_table((), sync=(MASTER,), sysctls=(Sysctl("sync_ports", ports),))
        assert apply_table(wanted, state=folder).state == "verified"
        threads = subprocess.run(["ps", "-eo", "comm"], capture_output=True, text=True, check=True)
        assert threads.stdout.count("ipvs-m:") == int(ports)


def test_daemons_have_the_buffers_that_the_plan_says(fresh, folder):
    """A change of sync_sock_size restarts them: a socket keeps the buffer that it was made with."""
    turned_into(fresh)
    for size in ("50000", "100000"):
        backup = SyncDaemon("backup", "outer", 0, 1472)
        wanted = make_table((), sync=(backup,), sysctls=(Sysctl("sync_sock_size", size),))
        assert apply_table(wanted, state=folder).state == "verified"
        sockets = subprocess.run(["ss", "-anum"], capture_output=True, text=True, check=True).stdout
        assert f"rb{2 * int(size)}," in sockets  # the kernel doubles it


@pytest.mark.parametrize("daemons", [(MASTER,), (MASTER._replace(role="backup"),)])
def test_daemons_that_have_hardly_started_can_be_stopped_at_once(fresh, daemons):
    """The kernel acknowledges that with nothing at all: what is asked after it tells that it is done."""
    turned_into(fresh)
    told = []
    running, none = make_table((), sync=daemons), make_table((), sync=())
    with Kernel(timeout=2) as kernel:
        for before, after in ((none, running), (running, none)) * 3:
            assert kernel.execute(make_plan(before, after), lambda *said: told.append(said)) is None
    assert told == [(range(1), None)] * 6
    assert run_ipvsadm("-L", "--daemon") == ""
