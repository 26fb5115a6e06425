"""`python -m lvs show` lists what `ipvsadm -Ln` lists, on a real director with traffic."""

import time

import pytest

from tests.lab.director_cli import director

__all__ = ["director"]

LONG = "[fd00:1111:2222:3333:4444:5555:6666:1]:80"
"""Longer than the column of names."""
# On a port of its own: who stuck to a server there does so for a while, also in the tests that come next.
LINES = f"""\
-A -t 192.168.49.134:8081 -s rr -p 60
-a -t 192.168.49.134:8081 -r 192.168.1.103:80 -m -w 20 -x 100 -y 7
-a -t 192.168.49.134:8081 -r 192.168.1.104:80 -m -w 10
-A -u 192.168.49.134:9 -s rr -o
-a -u 192.168.49.134:9 -r 192.168.1.103:9 -m -w 1
-A -t {LONG} -s sh -b sh-port
-a -t {LONG} -r [fd00:1111:2222:3333:4444:5555:6666:7]:80 -m -w 0
-a -t {LONG} -r [fd00::1]:80 -g -w 2147483647 -x 60000 -y 50000
-a -t {LONG} -r [fd00::2]:80 -i -w 1
-a -t {LONG} -r [fd00::3]:80 -i --tun-type gue --tun-port 6080
-a -t {LONG} -r [fd00::4]:80 -i --tun-type gue --tun-port 6080 --tun-csum
-a -t {LONG} -r [fd00::5]:80 -i --tun-type gue --tun-port 6080 --tun-remcsum
-a -t {LONG} -r [fd00::6]:80 -i --tun-type gre --tun-nocsum
-a -t {LONG} -r [fd00::7]:80 -i --tun-type gre --tun-csum
-A -f 7 -6 -s rr -p 60 -M 64
"""
CLIENT = ("nsenter", "--net=/run/netns/client")
FLOOD = """
import socket
flooding = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(2000):
    try:
        flooding.sendto(bytes(60000), ("192.168.49.134", 9))
    except ConnectionRefusedError:  # nobody listens there, and the real server may say so
        pass
"""
"""120 MB: more than eight digits, from which on numbers are shortened."""
ESTIMATING = "net.ipv4.vs.run_estimation"


@pytest.fixture
def busy(director):
    """A director that has balanced requests and a flood, and whose kernel counts no more.

    Without estimation the numbers stand still, so that two looks at them can be compared.
    """
    director.ipvsadm("-R", input=LINES)
    assert director.run(*CLIENT, "curl", "-sS", "http://192.168.49.134:8081/").returncode == 0
    flooded = director.run(*CLIENT, "python", "-c", FLOOD)
    assert flooded.returncode == 0, flooded.stderr
    time.sleep(2.5)  # the kernel sums its counters up every two seconds
    director.run("sysctl", "-q", f"{ESTIMATING}=0")
    yield director
    director.run("sysctl", "-q", f"{ESTIMATING}=1")


OPTIONS = [
    (),
    ("--stats",),
    ("--stats", "--exact"),
    ("--rate",),
    ("--rate", "--exact"),
    ("--thresholds",),
    ("--persistent-conn",),
    ("--tun-info",),
]
NAMES = [
    ("tcp 192.168.49.134:8081", ("-t", "192.168.49.134:8081")),
    ("udp 192.168.49.134:9", ("-u", "192.168.49.134:9")),
    ("fwmark 7 ipv6", ("-f", "7", "-6")),
]


def same(director, ours, theirs):
    shown, listed = director.lvs("show", *ours), director.ipvsadm("-Ln", *theirs)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == listed


def test_every_set_of_columns_is_ipvsadms(busy):
    for options in OPTIONS:
        same(busy, options, options)


def test_one_service_is_listed_as_ipvsadm_does(busy):
    for name, arguments in NAMES:
        for options in OPTIONS[:2]:
            same(busy, ("--service", name, *options), (*arguments, *options))


# So that the comparisons above compare something:


def test_the_flood_is_large_enough_to_be_shortened(busy):
    assert "120056K" in busy.ipvsadm("-Ln", "--stats")
    assert " 120056000 " in busy.ipvsadm("-Ln", "--stats", "--exact")


def test_rates_are_not_zero(busy):
    listed = busy.ipvsadm("-Ln", "--rate", "--exact")
    flooded = next(line.split() for line in listed.splitlines() if line.startswith("UDP"))
    assert min(map(int, (flooded[2], flooded[3], flooded[5]))) > 0


def test_a_service_that_is_not_there(director):
    done = director.lvs("show", "--service", "tcp 192.168.49.134:81")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "lvs: There is no service tcp 192.168.49.134:81 in the kernel.\n"
