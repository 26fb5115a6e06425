"""Zeroing counters, ours beside ipvsadm's."""

import subprocess
import time

import pytest

from lvs.canonical_form import make_table
from lvs.counters import Counters
from lvs.errors import LvsError
from tests.lab.inside.conftest import fill, run_ipvsadm
from tests.lab.inside.reading import services
from tests.lvs.examples import WEB, marked

OTHER = WEB._replace(port=8081, real_servers=tuple(s._replace(port=80) for s in WEB.real_servers))
BOTH = make_table([WEB, OTHER, marked(7, "inet6")])
NOTHING = Counters()
ASK = "curl -sS http://192.168.49.134/ && curl -sS http://192.168.49.134:8081/"
SUMMED_UP = 2.5
"""Seconds: the kernel sums its counters up every two."""


@pytest.fixture
def busy(kernel):
    """A kernel whose two web services have served a request each."""
    fill(kernel, BOTH)
    argv = ["nsenter", "--net=/run/netns/client", "sh", "-c", ASK]
    subprocess.run(argv, check=True, capture_output=True)
    time.sleep(SUMMED_UP)
    assert counted(kernel)[str(WEB)][0].connections == 1
    return kernel


def counted(kernel):
    """The counters of each service by name: first its own, then those of its real servers."""
    return {
        str(service.key): [service.counters, *(server.counters for server in service.servers)]
        for service in kernel.read_counters()
    }


def test_one_service_with_its_real_servers(busy):
    before = counted(busy)
    busy.zero(WEB.key)
    after = counted(busy)
    assert after[str(WEB)] == [NOTHING] * 3
    assert after[str(OTHER)] == before[str(OTHER)]
    assert services(busy.read_table()) == BOTH


def test_all_services(busy):
    busy.zero()
    assert all(counters == NOTHING for found in counted(busy).values() for counters in found)
    assert services(busy.read_table()) == BOTH


def test_counters_are_those_that_ipvsadm_would_leave(busy):
    busy.zero(WEB.key)
    ours = counted(busy)
    run_ipvsadm("-Z", "-t", str(WEB.key).split()[1])
    assert counted(busy) == ours
    run_ipvsadm("-Z")
    theirs = run_ipvsadm("-Ln", "--stats", "--exact")
    busy.zero()
    assert run_ipvsadm("-Ln", "--stats", "--exact") == theirs


def test_a_service_that_is_not_there_is_named_and_nothing_changes(busy):
    before = counted(busy)
    for key in (WEB.key._replace(port=81), marked(7).key):
        with pytest.raises(LvsError, match=f"There is no service {key} in the kernel"):
            busy.zero(key)
    assert counted(busy) == before
