"""`apply_table` when something dies, gets lost or is damaged on the way."""

import json
import signal
import subprocess
import sys

import pytest

from lvs.apply import apply_table
from lvs.canonical_form import make_table
from lvs.documents import table_to_document
from lvs.errors import Busy, NoAnswer, StateDamaged
from lvs.model import EMPTY
from lvs.netlink.kernel import Kernel
from lvs.netlink.transport import Transport
from lvs.results import MAYBE_DONE
from lvs.state import Journal, StateFolder
from tests.lab.inside.conftest import (
    FOREIGN,
    FOREIGN_LINES,
    WEB_LINE,
    owned_in_kernel,
    states,
)
from tests.lvs.examples import SERVERS, TUTORIAL, marked

APPLY = """
import json, os, signal, sys
import lvs.netlink.execute
from lvs.apply import apply_table
from lvs.documents import table_from_document
from lvs.state import StateFolder
lvs.netlink.execute.BATCH = 5
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
    assert state.owned.services == BIG.by_key().keys()
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
    batch = Transport.batch

    def deaf(self, family, commands, on_answer):
        batch(self, family, commands, lambda index, errno: None)
        raise NoAnswer("Answers of the kernel were lost: it had no room for them")

    monkeypatch.setattr(Transport, "batch", deaf)
    told = []
    outcome = apply_table(BIG, state=folder, on_step=told.append)
    assert (outcome.state, outcome.code) == ("partial", "differs")
    assert "Answers of the kernel were lost" in outcome.error
    assert states(outcome) == ["done"] * 12 + ["failed"] + ["skipped"] * 23
    assert told == list(outcome.results[:13])
    assert outcome.digest == owned_in_kernel(folder).digest
    monkeypatch.undo()
    assert apply_table(BIG, state=folder).state == "verified"


def test_steps_whose_answers_are_lost_are_doubted_when_nothing_can_be_read(folder, monkeypatch):
    batch = Transport.batch

    def deaf(self, family, commands, on_answer):
        batch(self, family, commands, lambda index, errno: None)
        monkeypatch.setattr(Kernel, "read_stable_table", blind)
        raise NoAnswer("Answers of the kernel were lost")

    def blind(*_):
        raise NoAnswer("Answers of the kernel were lost")

    monkeypatch.setattr(Transport, "batch", deaf)
    outcome = apply_table(BIG, state=folder)
    assert outcome.state == "partial"
    assert states(outcome) == ["failed"] * 12 + ["skipped"] * 24
    assert MAYBE_DONE in outcome.results[0].error
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
