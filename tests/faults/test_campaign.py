"""The fault campaign, short; and that it would notice: who breaks a promise on purpose is caught."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lab.faults.seeds import FOUND

ROOT = Path(__file__).resolve().parents[2]
HISTORIES = 60

MUTANTS = {
    "an agent that obeys older revisions": (
        "import lvs.agent.orders as m; m.Orders._already_settled = lambda self, order, progress: None"
    ),
    "an agent that calls a table verified without reading it back": (
        "import lvs.apply as m; m._Run._settled = lambda self, table: True; "
        "m._Run.write = lambda self, log: (self._kernel.execute(log.steps[:1], log.answered), "
        "self.save_verified(), m.Outcome('verified', '', '', log.steps, log.results(), self._digest))[2]"
    ),
    "an agent that takes over what is not ours": (
        "import lvs.apply as m; m._Run.conflict = lambda self, adopt: None; "
        "m._Run.moved = lambda self, digest: None"
    ),
}


def play(*arguments, before=""):
    """Play histories in a process of their own."""
    code = f"import sys; from lab.faults.__main__ import main\nsys.exit(main({list(arguments)!r}))"
    if before:
        code = MUTATED.format(before=before, seeds=arguments[0])
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=500,
    )


MUTATED = """
import logging
logging.disable(logging.CRITICAL)
from lab.faults.setting import Setting
with Setting() as setting:
    {before}
    from lab.faults.history import play
    for seed in range({seeds}):
        if found := play(setting, seed).violations:
            print(seed, *found, sep="\\n")
            break
"""


def test_no_promise_is_broken_in_some_histories():
    done = play("--histories", str(HISTORIES), "--first", "1000000")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert f"{HISTORIES} histories" in done.stdout
    assert re.search(r"^ +0  violations$", done.stdout, re.MULTILINE)


def test_no_history_in_which_a_promise_was_once_broken_breaks_it_again():
    for seed in FOUND:
        done = play("--seed", str(seed))
        assert done.returncode == 0, done.stdout[-2000:]


def test_the_same_seed_tells_the_same_history():
    first, second = (play("--seed", "42").stdout for _ in range(2))
    assert len(first.splitlines()) > 50
    assert first == second


@pytest.mark.parametrize("name", MUTANTS)
def test_who_breaks_a_promise_is_caught(name):
    done = play(300, before=MUTANTS[name])
    assert done.stdout.strip(), f"nobody noticed {name}: {done.stderr[-2000:]}"
