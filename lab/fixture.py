"""The lab for pytest: one boot for the whole session.

A conftest.py makes these its own by importing them:
    from lab.fixture import clean_ipvs, lab, state_folder
"""

import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from lab.machine import Lab

DEFAULT_STATE_FOLDER = "/var/lib/lvsconsole"


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A booted lab with its web servers; `lab.writable` is a fresh folder."""
    with Lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def state_folder(lab: Lab) -> Path:
    """An empty folder for the director's state, seen under the same path by host and guest."""
    assert lab.writable is not None
    folder = lab.writable / "state"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder


_CLEAN = f"""
ipvsadm -C && rm -rf {DEFAULT_STATE_FOLDER} || exit 1
for role in master backup; do ipvsadm --stop-daemon $role 2>/dev/null; done
ipvsadm --set 900 120 300 && sysctl -e -q -p -
"""


@lru_cache(maxsize=1)
def _sysctls(lab: Lab) -> str:
    """Those of IPVS, as the lab booted with them."""
    done = lab.run(["sysctl", "net.ipv4.vs"])
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def clean_ipvs(lab: Lab, state_folder: Path) -> Lab:
    """The lab with nothing in the director's kernel and nothing remembered of earlier tests."""
    done = lab.run(["sh", "-c", _CLEAN], input=_sysctls(lab))
    assert done.returncode == 0, done.stderr
    return lab
