"""`python -m lvs` on a real director, with ipvsadm and strace as witnesses."""

import re
import time

import pytest

from lab import Lab
from lvs.canonical_form import make_table
from lvs.formats import parse, render
from lvs.model import EMPTY
from lvs.rules import check_table, errors_in
from tests.lab.director_cli import WRITES, Director, director
from tests.lab.ways import needs_uml
from tests.lvs.examples import SERVERS, TUTORIAL, WEB, with_servers
from tests.lvs.random_tables import random_table

__all__ = ["director"]

FOREIGN = "-A -t 10.9.9.9:9 -s rr\n-a -t 10.9.9.9:9 -r 10.9.9.10:9 -m -w 7\n"


def without_thresholds(line):
    return re.sub(r" -[xy] \d+", "", line)


def lines(table):
    """The lines that `ipvsadm -Sn` should print: it loses thresholds."""
    return sorted(without_thresholds(line) for line in render(table, "ipvsadm").splitlines())


def tutorial(*servers, **settings):
    return render(make_table([with_servers(*servers, **settings)]), "yaml")


def test_apply_makes_the_table_and_says_so_step_by_step(director):
    done = director.lvs("apply", "-", input=render(TUTORIAL, "yaml"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "1/3 done: Add tcp 192.168.49.134:80 with scheduler rr",
        "2/3 done: Add 192.168.1.103:80 to tcp 192.168.49.134:80 with forwarding masquerade, "
        "weight 1",
        "3/3 done: Add 192.168.1.104:80 to tcp 192.168.49.134:80 with forwarding masquerade, "
        "weight 1",
        "Verified: the kernel was read back and holds 1 virtual service with 2 real servers as in "
        "the file.",
    ]
    assert director.saved() == lines(TUTORIAL)


def test_a_second_apply_writes_nothing_and_says_so(director):
    text = render(TUTORIAL, "json")
    first, sent_first = director.traced("apply", "-", input=text)
    second, sent_second = director.traced("apply", "-", input=text)
    assert (first.returncode, second.returncode) == (0, 0)
    assert WRITES.intersection(sent_first)
    assert sent_second
    assert not WRITES.intersection(sent_second)
    assert second.stdout.startswith("Nothing to change: ")


def test_500_random_services_agree_with_ipvsadm_line_for_line(director):
    table = random_table(seed=500, services=500)
    assert errors_in(check_table(table)) == []
    text = render(table, "json")

    first = director.lvs("apply", "-", input=text)
    assert (first.returncode, first.stdout.splitlines()[-1][:9]) == (0, "Verified:"), first.stderr
    assert director.saved() == lines(table)

    second, sent = director.traced("apply", "-", input=text)
    assert second.stdout.startswith("Nothing to change: the kernel holds 500 virtual services")
    assert sent
    assert not WRITES.intersection(sent)
    shown = director.lvs("show", "--format", "ipvsadm")
    assert parse(shown.stdout) == table


def test_from_one_random_table_to_another(director):
    before, after = random_table(1, 60), random_table(2, 30)
    mixed = make_table(
        [*after.services, *(s._replace(scheduler="rr", flags=()) for s in before.services[::2])]
    )
    for table in (before, mixed, before, make_table(after.services)):
        done = director.lvs("apply", "-", input=render(table, "yaml"))
        assert done.returncode == 0, done.stderr
        assert director.saved() == lines(table)


def test_what_ipvsadm_saved_can_be_applied_elsewhere(director):
    director.ipvsadm("-R", input=render(TUTORIAL, "ipvsadm"))
    saved = director.ipvsadm("-Sn")
    director.ipvsadm("-C")
    assert director.lvs("apply", "-", input=saved).returncode == 0
    assert director.ipvsadm("-Sn") == saved


def test_an_edit_is_an_edit(director):
    director.lvs("apply", "-", input=render(TUTORIAL, "yaml"))
    text = tutorial(SERVERS[0]._replace(weight=20), SERVERS[1]._replace(weight=10), scheduler="wrr")
    done = director.lvs("apply", "-", input=text)
    assert done.stdout.splitlines()[:3] == [
        "1/3 done: Set the weight of 192.168.1.103:80 in tcp 192.168.49.134:80 from 1 to 20",
        "2/3 done: Set the weight of 192.168.1.104:80 in tcp 192.168.49.134:80 from 1 to 10",
        "3/3 done: Set the scheduler of tcp 192.168.49.134:80 from rr to wrr",
    ]


def test_services_of_others_stay_as_they_are(director):
    director.ipvsadm("-R", input=FOREIGN)
    for table in (TUTORIAL, make_table([WEB._replace(port=443, real_servers=())]), EMPTY):
        done = director.lvs("apply", "-", input=render(table, "yaml"))
        assert done.returncode == 0, done.stderr
        assert director.saved() == sorted([*lines(table), *FOREIGN.splitlines()])


def test_a_service_that_exists_is_taken_over_only_when_told(director):
    director.ipvsadm("-R", input=FOREIGN)
    wanted = FOREIGN.replace("-w 7", "-w 8")

    refused, sent = director.traced("apply", "-", input=wanted)
    assert (refused.returncode, refused.stderr.count("\n")) == (3, 1)
    assert "tcp 10.9.9.9:9" in refused.stderr
    assert "--adopt" in refused.stderr
    assert not WRITES.intersection(sent)

    adopted = director.lvs("apply", "--adopt", "-", input=wanted)
    assert adopted.returncode == 0, adopted.stderr
    assert "\n".join(director.saved()) == wanted.strip()
    assert director.lvs("apply", "-", input="services: []").returncode == 0
    assert director.saved() == []


def test_plan_says_what_apply_would_do_and_writes_nothing(director):
    director.lvs("apply", "-", input=render(TUTORIAL, "yaml"))
    director.ipvsadm("-R", input=FOREIGN)
    text = tutorial(SERVERS[0]) + FOREIGN_YAML
    done, sent = director.traced("plan", "-", input=text)
    assert done.returncode == 0, done.stderr
    assert not WRITES.intersection(sent)
    assert done.stdout.splitlines() == [
        "   1. Drain 10.9.9.10:9 in tcp 10.9.9.9:9: set its weight from 7 to 0",
        "      ipvsadm -e -t 10.9.9.9:9 -r 10.9.9.10:9 -m -w 0",
        "   2. Drain 192.168.1.104:80 in tcp 192.168.49.134:80: set its weight from 1 to 0",
        "      ipvsadm -e -t 192.168.49.134:80 -r 192.168.1.104:80 -m -w 0",
        "   3. Remove 10.9.9.10:9 from tcp 10.9.9.9:9",
        "      ipvsadm -d -t 10.9.9.9:9 -r 10.9.9.10:9",
        "   4. Remove 192.168.1.104:80 from tcp 192.168.49.134:80",
        "      ipvsadm -d -t 192.168.49.134:80 -r 192.168.1.104:80",
        "Removing 10.9.9.10:9 from tcp 10.9.9.9:9 ends the connections that it still has.",
        "Removing 192.168.1.104:80 from tcp 192.168.49.134:80 ends the connections that it still "
        "has.",
        "Not ours yet: tcp 10.9.9.9:9. `apply` takes that over with --adopt only.",
    ]


FOREIGN_YAML = "  - {address: 10.9.9.9, port: 9, scheduler: rr}\n"


def test_the_commands_of_a_plan_do_what_apply_does(director):
    table = random_table(seed=3, services=40)
    planned = director.lvs("plan", "-", input=render(table, "json")).stdout
    commands = [line.strip() for line in planned.splitlines() if line.startswith("      ipvsadm")]
    director.ipvsadm("-R", input="\n".join(commands) + "\n")
    assert parse(director.lvs("show", "--format", "json").stdout) == table


BROADCAST = "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 192.168.1.255:80 -m\n"
TWOS = "-A -t 10.0.0.1:80 -s rr\n-A -t 10.0.0.2:80 -s twos\n"


def test_a_step_that_the_kernel_refuses_is_named_with_what_to_do(director):
    done = director.lvs("apply", "-", input=BROADCAST)
    error = done.stderr.splitlines()[-1]
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert "Add 192.168.1.255:80 to tcp 10.0.0.1:80" in error
    assert "It must be a unicast address" in error
    assert "1 of 2 steps were done; apply again to go on" in error
    assert director.saved() == ["-A -t 10.0.0.1:80 -s rr"]


def test_a_lost_step_can_be_done_by_applying_again(director):
    director.lvs("apply", "-", input=BROADCAST)
    done = director.lvs("apply", "-", input=BROADCAST.replace(".255", ".103"))
    assert done.stdout.startswith("1/1 done: Add 192.168.1.103:80 to tcp 10.0.0.1:80")


def test_what_needs_a_missing_scheduler_is_not_begun(director):
    done = director.lvs("apply", "-", input=TWOS)
    assert (done.returncode, done.stdout) == (3, "")
    assert "no ip_vs_twos: tcp 10.0.0.2:80 can't be made without it" in done.stderr
    assert "Nothing was written." in done.stderr
    assert director.saved() == []


def test_a_plan_tells_of_a_missing_scheduler(director):
    planned = director.lvs("plan", "-", input=TWOS).stdout
    assert "no ip_vs_twos: tcp 10.0.0.2:80 can't be made without it" in planned
    assert "begins nothing" in planned


@pytest.mark.parametrize("command", [("show",), ("plan", "-"), ("apply", "-"), ("zero",)])
def test_without_the_right_it_says_so_with_exit_code_4(director, command):
    argv = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "python", "-m", "lvs", *command)
    done = director.run(*argv, input=render(TUTORIAL, "yaml"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (4, "", 1)
    assert "CAP_NET_ADMIN" in done.stderr


# Asking for the netlink family would load the module again.
WITHOUT_IPVS = """
echo /bin/false >/proc/sys/kernel/modprobe
while lsmod | grep -q ^ip_vs; do rmmod $(lsmod | awk '/^ip_vs/ && !$3 {print $1}'); done
"""


@needs_uml
def test_without_ipvs_it_says_so_with_exit_code_4(tmp_path):
    with Lab(tmp_path, web=False) as lab:
        done = lab.run(["sh", "-ec", WITHOUT_IPVS])
        assert done.returncode == 0, done.stderr
        done = Director(lab, tmp_path).lvs("show")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (4, "", 1)
    assert "modprobe ip_vs" in done.stderr


def test_show_lists_as_ipvsadm_does(director):
    director.ipvsadm("-R", input=render(random_table(4, 1, 1), "ipvsadm") + FOREIGN)
    for options in ([], ["--stats"]):
        assert director.lvs("show", *options).stdout == director.ipvsadm("-Ln", *options)


def test_show_counts_what_the_client_did(director):
    director.lvs("apply", "-", input=render(TUTORIAL, "yaml"))
    for _ in range(4):
        done = director.lab.run(["curl", "-sS", "http://192.168.49.134/"], host="client")
        assert done.returncode == 0, done.stderr
    deadline = time.monotonic() + 10
    while (text := director.lvs("show", "--stats", "--format", "json").stdout).count(
        '"connections": 2'
    ) != 2 or '"connections": 4' not in text:  # Linux 6.1 adds up each 2 s
        assert time.monotonic() < deadline, text
    assert parse(text) == TUTORIAL
    assert director.lvs("show", "--stats").stdout == director.ipvsadm("-Ln", "--stats")
