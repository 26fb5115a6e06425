"""What the guest can't do to the host, and what can't be done to `lab/run`."""

import fcntl
import os
import signal
import subprocess
import tempfile
import termios
import time
from pathlib import Path

import pytest

from tests.lab.test_lab import lab_run, public_lab, run_as_nobody
from tests.lab.ways import RUN, needs_uml

__all__ = ["public_lab"]

ESCAPE = """
mkdir -p /mnt/host && mount -t hostfs none /mnt/host -o "$1" || exit 9
echo guest > /mnt/host/outside
echo guest > /mnt/host/work/inside
"""


@needs_uml
def test_a_guest_that_mounts_the_host_can_not_write_it_either(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    done = lab_run("sh", "-c", ESCAPE, "sh", str(tmp_path), cwd=work)
    assert "Read-only file system" in done.stderr
    assert not (tmp_path / "outside").exists()
    assert (work / "inside").read_text() == "guest\n"


@needs_uml
def test_nor_what_lies_in_memory(public_lab):
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as theirs:
        Path(theirs.name).chmod(0o666)
        script = 'mkdir /mnt/h && mount -t hostfs none /mnt/h -o /dev/shm && echo x >>/mnt/h/"$1"'
        done = run_as_nobody(public_lab, "sh", "-c", script, "sh", Path(theirs.name).name)
        assert "cannot create" in done.stderr
        assert theirs.read() == b""


@needs_uml
@pytest.mark.skipif(os.geteuid() != 0, reason="about what root lacks in a container")
def test_nor_can_the_guest_of_a_containers_root(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    argv = ["setpriv", "--bounding-set=-sys_admin", *RUN["uml"], "sh", "-c", ESCAPE, "sh"]
    done = subprocess.run(
        [*argv, str(tmp_path)], cwd=work, capture_output=True, text=True, timeout=60
    )
    assert "cannot create /mnt/host/outside: " in done.stderr
    assert not (tmp_path / "outside").exists()
    assert (work / "inside").read_text() == "guest\n"


@needs_uml
def test_nor_can_the_guest_of_an_ordinary_user(public_lab):
    done = run_as_nobody(public_lab, "sh", "-c", ESCAPE, "sh", str(public_lab))
    assert "cannot create /mnt/host/outside: " in done.stderr
    assert not (public_lab / "outside").exists()
    assert (public_lab / "work" / "inside").read_text() == "guest\n"


@needs_uml
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_what_is_mounted_below_the_folder_can_be_written_too(tmp_path):
    (tmp_path / "volume").mkdir()
    script = 'mount -t tmpfs none volume && "$@" && cat volume/inside'
    argv = ["unshare", "--mount", "sh", "-c", script, "sh", *RUN["uml"]]
    command = [*argv, "sh", "-c", "echo in > volume/inside"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "in\n", "")


@pytest.mark.parametrize("name", ['a"b', "a,nosuid", "a,ro", "a b", "a'b", "ä"])
def test_run_takes_a_folder_of_any_name(way, tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    (tmp_path / "a").mkdir()  # what is left of some of these names without their options
    done = lab_run("sh", "-c", "echo in > inside; ls -a", cwd=folder, way=way)
    assert (done.returncode, done.stdout) == (0, ".\n..\ninside\n")
    assert (folder / "inside").read_text() == "in\n"
    assert list((tmp_path / "a").iterdir()) == []


def test_run_takes_a_folder_in_memory(way):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        done = lab_run("sh", "-c", "echo in > inside", cwd=folder, way=way)
        assert (done.returncode, done.stderr) == (0, "")
        assert Path(folder, "inside").read_text() == "in\n"


def test_run_with_closed_input_reads_none(way, tmp_path):
    done = lab_run("sh", "-c", "cat; echo done", cwd=tmp_path, way=way, preexec_fn=close_input)
    assert (done.returncode, done.stdout) == (0, "done\n")


def close_input():
    os.close(0)


def test_run_says_that_its_output_can_not_be_written(way, tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*RUN[way], "echo", "hello"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 125
    assert done.stderr == "lab/run: the output can't be written: No space left on device\n"


def test_run_says_that_its_folder_is_gone(way, tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    script = 'rmdir "$PWD"; exec "$@"'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *RUN[way], "true"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 125
    assert done.stderr.splitlines()[-1] == "lab/run: the present folder is no longer there"


def test_run_ends_when_told_also_while_nobody_reads_its_output(way, tmp_path):
    reader, writer = os.pipe()  # nobody reads, and it stays open
    process = subprocess.Popen([*RUN[way], "yes"], cwd=tmp_path, stdout=writer)
    os.close(writer)
    wait_until_full(reader)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=45) == 128 + signal.SIGTERM
    os.close(reader)


def wait_until_full(reader):
    """Until the pipe holds as much as it can: a pipe's 64 KiB, and no more comes."""
    deadline, before = time.monotonic() + 30, -1
    while time.monotonic() < deadline:
        waiting = int.from_bytes(fcntl.ioctl(reader, termios.FIONREAD, bytes(4)), "little")
        if waiting and waiting == before:
            return
        before = waiting
        time.sleep(0.3)
    raise AssertionError("the output never came")
