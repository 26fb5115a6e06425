"""What the tests on the director share: an empty kernel, ipvsadm as witness."""

import subprocess

import pytest
from hypothesis import settings

from lvs.model import EMPTY
from lvs.netlink.kernel import Kernel
from lvs.plan import make_plan
from lvs.state import StateFolder

settings.register_profile("lab", max_examples=25, deadline=None, database=None)
settings.load_profile("lab")


def run_ipvsadm(*arguments):
    done = subprocess.run(["ipvsadm", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ipvsadm {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def fill(kernel, table):
    """Make an empty kernel hold the table, without `apply_table`."""
    assert kernel.execute(make_plan(EMPTY, table), lambda index, refusal: None) is None


@pytest.fixture
def ipvsadm():
    """ipvsadm on an empty table; the fixture is a function of its arguments, one string each line."""
    run_ipvsadm("-C")

    def run(*lines):
        return "".join(run_ipvsadm(*line.split()) for line in lines)

    yield run
    run_ipvsadm("-C")


@pytest.fixture
def kernel(ipvsadm):
    with Kernel() as opened:
        yield opened


@pytest.fixture
def folder(tmp_path):
    return StateFolder(tmp_path / "state")
