"""bin/setup on a machine that lacks everything: which packages it asks for, and of whom it asks root."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
NEEDED = ("sh", "dirname", "cat", "grep", "mkdir")
DEBIAN = ("user-mode-linux", "slirp4netns")
UBUNTU = ("slirp4netns",)
LATER = "echo 'E: no network' >&2; exit 100"


@pytest.fixture
def machine(tmp_path):
    """A project folder with bin/setup alone, and a PATH with next to nothing on it."""
    (tmp_path / "bin").mkdir()
    shutil.copy(PROJECT / "bin" / "setup", tmp_path / "bin")
    (tmp_path / "path").mkdir()
    for name in NEEDED:
        (tmp_path / "path" / name).symlink_to(shutil.which(name))
    program(tmp_path, "python3", f'exec "{sys.executable}" "$@"')
    return tmp_path


def program(machine, name, script):
    """Put a program on the machine's PATH."""
    path = machine / "path" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def setup(machine, known, uid=0, **env):
    """What `bin/setup run` says where apt knows these packages but can't install any."""
    words = "|".join(known)
    answer = f"case $2 in {words}) echo '  Candidate: 1.0';; *) echo '  Candidate: (none)';; esac"
    program(machine, "apt-cache", answer)
    program(machine, "apt-get", LATER)
    program(machine, "id", f"echo {uid}")
    done = subprocess.run(
        [machine / "bin" / "setup", "run"],
        env={"PATH": str(machine / "path"), **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr


def test_debian_gets_a_kernel_for_the_lab(machine):
    said = setup(machine, DEBIAN)
    assert "installing with apt: user-mode-linux slirp " in said
    assert "own IPVS" not in said


def test_ubuntu_gets_what_its_own_kernel_needs(machine):
    said = setup(machine, UBUNTU)
    assert "the lab uses this machine's own IPVS" in said
    assert "installing with apt: slirp4netns " in said
    assert "user-mode-linux slirp" not in said


def test_ubuntu_needs_root(machine):
    said = setup(machine, UBUNTU, uid=1000)
    assert "the lab uses this machine's own IPVS, and that needs root" in said
    assert "installing" not in said


def test_apt_is_asked_only_once_which_kernel_there_is(machine):
    setup(machine, UBUNTU)
    assert "installing with apt: slirp4netns " in setup(machine, DEBIAN)


def test_a_person_may_choose_the_kernel(machine):
    said = setup(machine, DEBIAN, LAB_KERNEL="host")
    assert "installing with apt: slirp4netns " in said


def test_unknown_packages_are_looked_up_before_it_is_said_that_there_are_none(machine):
    said = setup(machine, ["nothing-yet"])
    assert said.count("E: no network") >= 1
    assert "user-mode-linux" in said
    assert not os.path.lexists(machine / "build" / "lab-uses-this-kernel")
