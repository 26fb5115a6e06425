"""Files that are replaced whole, and what a process leaves that is killed in the middle of it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from lvs.agent.files import write_whole
from lvs.errors import LvsError
from lvs.files import LEFT_BEHIND, replace_file
from lvs.state import State, StateFolder

KILLED = """
import os, signal, sys
from lvs.files import replace_file
from pathlib import Path
def parts():
    yield b"half"
    os.kill(os.getpid(), signal.SIGKILL)
replace_file(Path(sys.argv[1]), parts(), prefix=sys.argv[2])
"""


def save_state(folder):
    StateFolder(folder).save(State())


def save_text(folder):
    write_whole(folder / "orders.json", "{}")


def kill_while_writing(file, prefix):
    """The unfinished file that it leaves."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(file), prefix], check=False)
    assert done.returncode == -signal.SIGKILL
    [left] = file.parent.glob(f"{prefix}*")
    return left


def grow_old(path):
    before = time.time() - LEFT_BEHIND - 5
    os.utime(path, (before, before), follow_symlinks=False)


@pytest.mark.parametrize(("save", "prefix"), [(save_state, ".state-"), (save_text, ".agent-")])
def test_what_a_killed_process_left_goes_with_the_next_write(tmp_path, save, prefix):
    grow_old(kill_while_writing(tmp_path / "a file", prefix))
    save(tmp_path)
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize(("save", "prefix"), [(save_state, ".state-"), (save_text, ".agent-")])
def test_what_another_process_is_writing_now_stays(tmp_path, save, prefix):
    left = kill_while_writing(tmp_path / "a file", prefix)
    save(tmp_path)
    assert left.exists()


@pytest.mark.parametrize(
    "name", [".agent-", ".agent-notes.txt", "agent-12345678", ".state-12345678"]
)
def test_files_of_others_stay_however_old(tmp_path, name):
    (tmp_path / name).touch()
    grow_old(tmp_path / name)
    save_text(tmp_path)
    assert (tmp_path / name).exists()


def test_what_can_not_be_removed_stops_no_write(tmp_path):
    (tmp_path / ".agent-12345678").mkdir()
    grow_old(tmp_path / ".agent-12345678")
    save_text(tmp_path)
    assert (tmp_path / "orders.json").read_text() == "{}"


def test_a_writer_that_was_slower_than_that_writes_nothing(tmp_path):
    """Its file was taken for one that was left: the old content stays."""
    (tmp_path / "a file").write_text("old")

    def slowly():
        yield b"new"
        [own] = tmp_path.glob(".agent-*")
        grow_old(own)
        save_text(tmp_path)

    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "a file", slowly(), prefix=".agent-")
    assert (tmp_path / "a file").read_text() == "old"


def test_one_that_fails_leaves_nothing(tmp_path):
    (tmp_path / "orders.json").mkdir()
    with pytest.raises(LvsError, match="Can't write"):
        save_text(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["orders.json"]
