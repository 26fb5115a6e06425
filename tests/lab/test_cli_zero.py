"""`python -m lvs zero` on a real director, with ipvsadm as witness."""

import time

import pytest

from lvs.formats import render
from tests.lab.director_cli import director
from tests.lvs.examples import TUTORIAL

__all__ = ["director"]

CURL = ["nsenter", "--net=/run/netns/client", "curl", "-sS", "http://192.168.49.134/"]


def conns(director):
    """The connections that `ipvsadm -Ln --stats` has counted: of the services, by name."""
    lines = director.ipvsadm("-Ln", "--stats", "--exact").splitlines()
    rows = [line.split() for line in lines if line.startswith(("TCP", "UDP", "FWM"))]
    return {row[1]: int(row[-5]) for row in rows}


@pytest.fixture
def busy(director):
    """A director that has served three requests."""
    director.ipvsadm("-R", input=render(TUTORIAL, "ipvsadm") + "-A -f 7 -6 -s rr\n")
    for _ in range(3):
        assert director.run(*CURL).returncode == 0
    time.sleep(2.5)  # the kernel sums its counters up every two seconds
    assert conns(director)["192.168.49.134:80"] == 3
    return director


def test_all_counters(busy):
    done = busy.lvs("zero")
    assert (done.returncode, done.stdout) == (0, "The counters of all services are zero.\n")
    assert set(conns(busy).values()) == {0}


def test_those_of_one_service(busy):
    other = busy.lvs("zero", "--service", "fwmark", "7", "ipv6")
    assert (other.returncode, other.stdout) == (0, "The counters of fwmark 7 ipv6 are zero.\n")
    assert conns(busy)["192.168.49.134:80"] == 3
    assert busy.lvs("zero", "--service", "tcp 192.168.49.134:80").returncode == 0
    assert conns(busy)["192.168.49.134:80"] == 0


def test_a_service_that_is_not_there(busy):
    done = busy.lvs("zero", "--service", "tcp 192.168.49.134:81")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "lvs: There is no service tcp 192.168.49.134:81 in the kernel: nothing was set to zero.\n"
    )
    assert conns(busy)["192.168.49.134:80"] == 3
