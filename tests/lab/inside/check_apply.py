"""`apply_table` on a real kernel: owned services become the table, all others stay as they are."""

import subprocess
import sys

from hypothesis import given

from lvs.apply import apply_table
from lvs.boot import current_boot
from lvs.canonical_form import make_table
from lvs.model import EMPTY
from lvs.netlink.kernel import Kernel
from lvs.observation import observation_of
from lvs.results import StepResult
from lvs.state import State, StateFolder
from tests.lab.golden import Monitor
from tests.lab.inside.conftest import EDITED, FOREIGN, FOREIGN_LINES, WEB_LINE, run_ipvsadm, states
from tests.lab.inside.reading import services
from tests.lvs.examples import TUTORIAL, WEB, marked, table_of
from tests.lvs.strategies import LAB_SCHEDULERS, edited_tables

# --- what it does ----------------------------------------------------------------------------------


def test_table_is_applied_and_verified(folder, ipvsadm):
    outcome = apply_table(TUTORIAL, state=folder)
    assert (outcome.state, outcome.code, outcome.error) == ("verified", "", "")
    assert states(outcome) == ["done"] * 3
    assert outcome.digest == TUTORIAL.digest
    assert ipvsadm("-Sn").splitlines() == [
        WEB_LINE,
        "-a -t 192.168.49.134:80 -r 192.168.1.103:80 -m -w 1",
        "-a -t 192.168.49.134:80 -r 192.168.1.104:80 -m -w 1",
    ]


def test_nothing_is_begun_when_a_scheduler_is_missing(folder, ipvsadm):
    outcome = apply_table(table_of(WEB, marked(4, scheduler="twos")), state=folder)
    assert (outcome.state, outcome.code, outcome.steps) == ("failed", "refused", ())
    assert "no ip_vs_twos: fwmark 4 can't be made without it" in outcome.error
    assert ipvsadm("-Sn") == ""


def test_edit_recreates_nothing(folder, ipvsadm):
    apply_table(TUTORIAL, state=folder)
    outcome = apply_table(EDITED, state=folder)
    assert [step.kind for step in outcome.steps] == ["edit server", "edit server", "edit service"]
    assert "-s wrr" in ipvsadm("-Sn")


def test_second_apply_writes_nothing(folder, ipvsadm):
    apply_table(TUTORIAL, state=folder)
    with Kernel() as kernel:
        family = kernel._family
    with Monitor() as monitor:
        outcome = apply_table(TUTORIAL, state=folder)
        assert monitor.writes(family) == []
    assert (outcome.state, outcome.steps, outcome.digest) == ("unchanged", (), TUTORIAL.digest)


def test_services_no_longer_wanted_are_deleted(folder, ipvsadm):
    apply_table(make_table([WEB, marked(4)]), state=folder)
    apply_table(table_of(marked(4)), state=folder)
    assert ipvsadm("-Sn") == "-A -f 4 -s wlc\n"
    assert folder.load().owned.services == {marked(4).key}


def test_state_holds_what_was_verified(folder, ipvsadm):
    apply_table(TUTORIAL, state=folder, revision=5)
    expected = State(
        5, TUTORIAL.digest, TUTORIAL, TUTORIAL.scope, journal=None, boot_id=current_boot()
    )
    assert folder.load() == expected


def test_table_without_revision_leaves_the_highest_one_known(folder, ipvsadm):
    apply_table(TUTORIAL, state=folder, revision=5)
    apply_table(EDITED, state=folder)
    assert folder.load().revision == 5
    assert folder.load().table == EDITED


def test_callbacks_are_told_the_plan_and_then_each_step(folder, ipvsadm):
    told = []
    apply_table(
        TUTORIAL,
        state=folder,
        on_plan=lambda steps: told.append(len(steps)),
        on_step=told.append,
    )
    assert told == [3, *(StepResult(index, "done") for index in range(3))]


@given(edited_tables(LAB_SCHEDULERS))
def test_any_table_after_any_other_is_exactly_in_the_kernel(tmp_path_factory, tables):
    folder = StateFolder(tmp_path_factory.mktemp("state"))
    run_ipvsadm("-C")
    for table in tables:
        assert apply_table(table, state=folder).state in ("verified", "unchanged")
        with Kernel() as kernel:
            assert services(kernel.read_stable_table()) == table


# --- what it leaves alone --------------------------------------------------------------------------


def test_foreign_services_stay_as_they_are(folder, ipvsadm):
    ipvsadm(*FOREIGN)
    for table in (TUTORIAL, EDITED, EMPTY):
        assert apply_table(table, state=folder).state == "verified"
        assert set(ipvsadm("-Sn").splitlines()) >= FOREIGN_LINES
    assert set(ipvsadm("-Sn").splitlines()) == FOREIGN_LINES


def test_wanted_service_that_is_not_ours_is_a_conflict_and_nothing_is_written(folder, ipvsadm):
    ipvsadm(WEB_LINE, *FOREIGN)
    before = ipvsadm("-Sn")
    outcome = apply_table(make_table([WEB, marked(4)]), state=folder)
    assert (outcome.state, outcome.code) == ("failed", "conflict")
    assert "tcp 192.168.49.134:80 exists already" in outcome.error
    assert (outcome.steps, outcome.digest) == ((), EMPTY.digest)
    assert ipvsadm("-Sn") == before
    assert folder.load() == State()


def test_adopted_service_is_edited_in_place_and_ours_from_then_on(folder, ipvsadm):
    ipvsadm(WEB_LINE)
    outcome = apply_table(TUTORIAL, state=folder, adopt=True)
    assert outcome.state == "verified"
    assert [step.kind for step in outcome.steps] == ["add server", "add server"]
    assert folder.load().owned.services == {WEB.key}


def test_foreign_service_that_appears_while_writing_is_not_touched(folder, ipvsadm):
    outcome = apply_table(
        make_table([WEB, marked(4)]),
        state=folder,
        on_plan=lambda steps: ipvsadm("-A -t 192.168.49.134:80 -s sed"),
    )
    assert (outcome.state, outcome.code) == ("partial", "refused")
    assert "exists already, and isn't ours" in outcome.error
    assert states(outcome) == ["failed", "done", "skipped", "skipped"]
    assert "-A -t 192.168.49.134:80 -s sed" in ipvsadm("-Sn").splitlines()
    assert folder.load().owned.services == {marked(4).key}
    again = apply_table(EMPTY, state=folder)
    assert again.state == "verified"
    assert ipvsadm("-Sn") == "-A -t 192.168.49.134:80 -s sed\n"


# --- looking on ------------------------------------------------------------------------------------


def test_observation_tells_ours_from_others(folder, ipvsadm):
    apply_table(TUTORIAL, state=folder)
    ipvsadm(*FOREIGN)
    with Kernel() as kernel:
        seen = observation_of(kernel.read_stable_table(), folder.load().owned)
    assert len(seen.table.services) == 2
    assert seen.owned.services == {WEB.key}
    assert seen.owned_digest == TUTORIAL.digest


def test_new_network_namespace_is_a_new_life(ipvsadm):
    script = "from lvs.boot import current_boot; print(current_boot())"
    argv = ["unshare", "--net", sys.executable, "-c", script]
    there = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    assert there.split("/")[0] == current_boot().split("/")[0]
    assert there != current_boot()
