"""The connection table of a real kernel: most of it runs on the director, see `inside/`."""

import re

from lab import Lab
from tests.lab.director_cli import director
from tests.lab.test_cli_trouble import AS_NOBODY
from tests.lab.test_kernel import ENVIRONMENT, NO_MODULE, PROJECT, run_inside
from tests.lab.ways import needs_uml

__all__ = ["director"]

VIP = "192.168.49.134"
STICKY = (
    f"-A -t {VIP}:80 -s rr -p 300 -M 255.255.255.0\n-a -t {VIP}:80 -r 192.168.1.103:80 -m -w 1\n"
)


def test_connections_on_the_director(clean_ipvs):
    run_inside(clean_ipvs, "check_connections.py")


def test_an_ordinary_user_may_list_connections_but_not_judge_templates(director):
    command = ("python", "-m", "lvs", "connections")
    done = director.run(*AS_NOBODY, *command, "--no-templates")
    assert (done.returncode, done.stderr) == (0, "")
    assert "connections of" in done.stdout or "connection of" in done.stdout
    done = director.run(*AS_NOBODY, *command)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (4, "", 1)
    assert "CAP_NET_ADMIN" in done.stderr


def test_the_command_answers_where_a_client_goes(director):
    director.ipvsadm("-R", input=STICKY)
    director.lab.run(["curl", "-sS", f"http://{VIP}/"], host="client")
    done = director.lvs("connections", "--client", "192.168.49.77", "--templates")
    assert (done.returncode, done.stderr) == (0, "")
    said = re.fullmatch(
        r"192\.168\.49\.77 sticks to 192\.168\.1\.103:80 for tcp 192\.168\.49\.134:80, (\d):(\d\d) left, "
        r"as all of 192\.168\.49\.0/24 does \(by the service's netmask 255\.255\.255\.0\)\.",
        done.stdout.splitlines()[0],
    )
    assert said, done.stdout
    assert 240 < 60 * int(said[1]) + int(said[2]) <= 300


@needs_uml
def test_without_ipvs_the_command_says_so():
    script = NO_MODULE.replace("lvs show", "lvs connections --no-templates")
    with Lab(web=False) as lab:
        done = lab.run(["sh", "-c", script], cwd=PROJECT, env=ENVIRONMENT)
    assert (done.returncode, len(done.stderr.splitlines())) == (4, 1), done.stderr
    assert "modprobe ip_vs" in done.stderr
