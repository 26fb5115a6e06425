"""`apply_table` on a real kernel: owned services become the table, all others stay as they are."""

import json
import signal
import subprocess
import sys

import pytest
from hypothesis import given

from lvs.apply import apply_table, observe
from lvs.boot import current_boot
from lvs.errors import Busy, StateDamaged
from lvs.model import EMPTY, Table, make_table, table_to_document
from lvs.netlink.kernel import Kernel
from lvs.results import StepResult
from lvs.state import Journal, State, StateFolder
from tests.lab.golden import Monitor
from tests.lab.inside.conftest import run_ipvsadm
from tests.lvs.examples import SERVERS, TUTORIAL, WEB, marked, table_of, with_servers
from tests.lvs.strategies import LAB_SCHEDULERS, edited_tables

FOREIGN = ("-A -t 10.9.9.9:9 -s rr -p 77", "-a -t 10.9.9.9:9 -r 10.9.9.10:9 -g -w 7 -x 5 -y 4")
FOREIGN_LINES = {
    "-A -t 10.9.9.9:9 -s rr -p 77",
    "-a -t 10.9.9.9:9 -r 10.9.9.10:9 -g -w 7",
}
EDITED = table_of(
    with_servers(SERVERS[0]._replace(weight=20), SERVERS[1]._replace(weight=10), scheduler="wrr")
)
WEB_LINE = "-A -t 192.168.49.134:80 -s rr"


def owned_in_kernel(folder: StateFolder) -> Table:
    with Kernel() as kernel:
        return kernel.read_stable_table().only(folder.load().owned)


def states(outcome):
    return [result.state for result in outcome.results]


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
    assert folder.load().owned == {marked(4).key}


def test_state_holds_what_was_verified(folder, ipvsadm):
    apply_table(TUTORIAL, state=folder, revision=5)
    expected = State(
        5, TUTORIAL.digest, TUTORIAL, frozenset({WEB.key}), journal=None, boot_id=current_boot()
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
            assert kernel.read_stable_table() == table


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
    assert folder.load().owned == {WEB.key}


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
    assert folder.load().owned == {marked(4).key}
    again = apply_table(EMPTY, state=folder)
    assert again.state == "verified"
    assert ipvsadm("-Sn") == "-A -t 192.168.49.134:80 -s sed\n"


# --- when the kernel is not as the plan expects ----------------------------------------------------


def test_expected_digest_that_fits_lets_it_pass(folder, ipvsadm):
    ipvsadm(*FOREIGN)
    apply_table(TUTORIAL, state=folder)
    outcome = apply_table(EDITED, state=folder, expected_digest=TUTORIAL.digest)
    assert outcome.state == "verified"


def test_kernel_changed_by_hand_since_the_plan_is_refused(folder, ipvsadm):
    apply_table(TUTORIAL, state=folder)
    ipvsadm("-e -t 192.168.49.134:80 -r 192.168.1.103:80 -m -w 50")
    before = ipvsadm("-Sn")
    outcome = apply_table(EDITED, state=folder, expected_digest=TUTORIAL.digest)
    assert (outcome.state, outcome.code, outcome.steps) == ("failed", "moved", ())
    assert outcome.digest == owned_in_kernel(folder).digest
    assert ipvsadm("-Sn") == before


def test_own_interrupted_run_of_the_same_revision_is_no_reason_to_refuse(folder, ipvsadm):
    apply_table(TUTORIAL, state=folder)
    ipvsadm("-e -t 192.168.49.134:80 -r 192.168.1.103:80 -m -w 20")
    stored = folder.load()
    journal = Journal(run=1, revision=2, digest=EDITED.digest)
    folder.save(State(1, stored.digest, stored.table, stored.owned, journal, stored.boot_id))
    outcome = apply_table(
        EDITED,
        state=folder,
        expected_digest=TUTORIAL.digest,
        journal=journal._replace(run=9),
        revision=2,
    )
    assert outcome.state == "verified"
    assert folder.load().journal is None


def test_interrupted_run_of_another_revision_is(folder, ipvsadm):
    apply_table(TUTORIAL, state=folder)
    ipvsadm("-e -t 192.168.49.134:80 -r 192.168.1.103:80 -m -w 20")
    stored = folder.load()
    journal = Journal(run=1, revision=2, digest=EDITED.digest)
    folder.save(State(1, stored.digest, stored.table, stored.owned, journal, stored.boot_id))
    outcome = apply_table(EDITED, state=folder, expected_digest=TUTORIAL.digest, revision=3)
    assert outcome.code == "moved"


def test_read_back_that_differs_is_partial_and_says_where(folder, ipvsadm):
    def meddle(result):
        if result.index == 2:
            ipvsadm("-e -t 192.168.49.134:80 -r 192.168.1.104:80 -m -w 9")

    outcome = apply_table(TUTORIAL, state=folder, on_step=meddle)
    assert (outcome.state, outcome.code) == ("partial", "differs")
    assert "192.168.1.104:80 of tcp 192.168.49.134:80 has weight 9 instead of 1" in outcome.error
    assert outcome.digest == owned_in_kernel(folder).digest
    assert folder.load().table is None
    assert folder.load().journal == Journal(0, 0, TUTORIAL.digest)


def test_refusal_stops_the_run_and_the_next_one_starts_from_what_is_there(folder, ipvsadm):
    wanted = table_of(with_servers(SERVERS[0]), marked(4, scheduler="twos"))
    outcome = apply_table(wanted, state=folder)
    assert (outcome.state, outcome.code) == ("partial", "refused")
    assert states(outcome) == ["done", "failed", "skipped"]
    assert "modprobe ip_vs_twos" in outcome.results[1].error
    assert folder.load().owned == {WEB.key}
    fixed = table_of(with_servers(SERVERS[0]), marked(4))
    again = apply_table(fixed, state=folder)
    assert again.state == "verified"
    assert len(again.steps) == 2


def test_refusal_of_everything_is_failed(folder, ipvsadm):
    outcome = apply_table(table_of(marked(4, scheduler="twos")), state=folder)
    assert (outcome.state, outcome.code) == ("failed", "refused")
    assert folder.load().owned == frozenset()
    assert folder.load().journal is None


# --- when something dies ---------------------------------------------------------------------------

APPLY = """
import json, os, signal, sys
import lvs.netlink.kernel
from lvs.apply import apply_table
from lvs.model import table_from_document
from lvs.state import StateFolder
lvs.netlink.kernel.BATCH = 5
def die(result):
    if result.index == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
table = table_from_document(json.load(sys.stdin))
apply_table(table, state=StateFolder(sys.argv[1]), revision=3, on_step=die)
"""
BIG = make_table(marked(mark, real_servers=SERVERS) for mark in range(1, 13))


def killed_while_applying(folder, at):
    done = subprocess.run(
        [sys.executable, "-c", APPLY, str(folder.path), str(at)],
        input=json.dumps(table_to_document(BIG)),
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


def test_killed_between_batches_it_knows_what_is_ours_and_ends_its_work(folder, ipvsadm):
    ipvsadm(*FOREIGN)
    killed_while_applying(folder, at=19)
    state = folder.load()
    assert state.journal == Journal(0, 3, BIG.digest)
    assert state.owned == BIG.by_key().keys()
    held = owned_in_kernel(folder)
    assert held not in (EMPTY, BIG)
    outcome = apply_table(BIG, state=folder, expected_digest=EMPTY.digest, revision=3)
    assert outcome.state == "verified"
    assert owned_in_kernel(folder) == BIG
    assert set(ipvsadm("-Sn").splitlines()) >= FOREIGN_LINES


def test_killed_while_applying_it_can_be_taken_back(folder, ipvsadm):
    killed_while_applying(folder, at=11)
    assert apply_table(EMPTY, state=folder).state == "verified"
    assert ipvsadm("-Sn") == ""


def test_steps_whose_answers_are_lost_are_told_by_reading(folder, ipvsadm, monkeypatch):
    monkeypatch.setattr("lvs.netlink.transport._RECEIVE_BUFFER", 1)  # the kernel makes it 2,304
    told = []
    outcome = apply_table(BIG, state=folder, on_step=told.append)
    assert (outcome.state, outcome.code) == ("partial", "differs")
    assert "Answers of the kernel were lost" in outcome.error
    assert states(outcome) == ["done"] * 12 + ["failed"] + ["skipped"] * 23
    assert told == list(outcome.results[:13])
    assert outcome.digest == owned_in_kernel(folder).digest
    monkeypatch.undo()
    assert apply_table(BIG, state=folder).state == "verified"


def test_while_another_process_applies_it_is_refused(folder, ipvsadm, monkeypatch):
    script = (
        "import sys, time\nfrom lvs.state import StateFolder\n"
        "with StateFolder(sys.argv[1]).lock():\n    print(flush=True)\n    time.sleep(60)\n"
    )
    argv = [sys.executable, "-c", script, str(folder.path)]
    lock = StateFolder.lock
    monkeypatch.setattr(StateFolder, "lock", lambda self: lock(self, timeout=0.1))
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        with pytest.raises(Busy, match=f"process {holder.pid} "):
            apply_table(TUTORIAL, state=folder)
        holder.kill()
    assert ipvsadm("-Sn") == ""


def test_damaged_state_stops_everything(folder, ipvsadm):
    apply_table(TUTORIAL, state=folder)
    folder.file.write_text("{")
    with pytest.raises(StateDamaged):
        apply_table(EMPTY, state=folder)
    assert WEB_LINE in ipvsadm("-Sn")


# --- looking on ------------------------------------------------------------------------------------


def test_observation_tells_ours_from_others(folder, ipvsadm):
    apply_table(TUTORIAL, state=folder)
    ipvsadm(*FOREIGN)
    with Kernel() as kernel:
        seen = observe(kernel, folder.load())
    assert len(seen.table.services) == 2
    assert seen.owned == {WEB.key}
    assert seen.owned_digest == TUTORIAL.digest


def test_new_network_namespace_is_a_new_life(ipvsadm):
    script = "from lvs.boot import current_boot; print(current_boot())"
    argv = ["unshare", "--net", sys.executable, "-c", script]
    there = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    assert there.split("/")[0] == current_boot().split("/")[0]
    assert there != current_boot()
