"""What the tests on the director share: an empty kernel, ipvsadm as witness."""

import subprocess

import pytest
from hypothesis import settings

from lvs.model import EMPTY, Table
from lvs.netlink.kernel import Kernel
from lvs.plan import make_plan
from lvs.state import StateFolder
from tests.lvs.examples import SERVERS, table_of, with_servers

settings.register_profile("lab", max_examples=25, deadline=None, database=None)
settings.load_profile("lab")

FOREIGN = ("-A -t 10.9.9.9:9 -s rr -p 77", "-a -t 10.9.9.9:9 -r 10.9.9.10:9 -g -w 7 -x 5 -y 4")
FOREIGN_LINES = {
    "-A -t 10.9.9.9:9 -s rr -p 77",
    "-a -t 10.9.9.9:9 -r 10.9.9.10:9 -g -w 7",
}
EDITED = table_of(
    with_servers(SERVERS[0]._replace(weight=20), SERVERS[1]._replace(weight=10), scheduler="wrr")
)
WEB_LINE = "-A -t 192.168.49.134:80 -s rr"


def run_ipvsadm(*arguments):
    done = subprocess.run(["ipvsadm", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ipvsadm {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def fill(kernel, table):
    """Make an empty kernel hold the table, without `apply_table`."""
    assert kernel.execute(make_plan(EMPTY, table), lambda index, refusal: None) is None


def owned_in_kernel(folder: StateFolder) -> Table:
    with Kernel() as kernel:
        return kernel.read_stable_table().only(folder.load().owned)


def states(outcome):
    return [result.state for result in outcome.results]


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
def unseen(monkeypatch):
    """As on a host that doesn't show its modules: what is missing comes out in the middle of a run."""
    monkeypatch.setattr("lvs.apply.missing_parts", lambda desired, found: [])


@pytest.fixture
def folder(tmp_path):
    return StateFolder(tmp_path / "state")
