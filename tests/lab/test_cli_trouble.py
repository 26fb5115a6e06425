"""`python -m lvs` where something is in its way: no right, a restart, output that nobody takes."""

import json

import pytest

from lvs.canonical_form import make_table
from lvs.formats import render
from lvs.model import RealServer
from tests.lab.director_cli import director
from tests.lvs.examples import TUTORIAL, WEB, with_servers

__all__ = ["director"]

ANOTHERS = "-A -t 192.168.49.134:80 -s sed\n-a -t 192.168.49.134:80 -r 192.168.1.99:80 -m -w 1\n"
BIG = make_table(WEB._replace(port=port) for port in range(1, 501))
ONLY_READING = "-all,+dac_read_search"  # the interpreter may lie in a home that is closed to others
AS_NOBODY = (
    *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
    *(f"--{which}={ONLY_READING}" for which in ("inh-caps", "ambient-caps", "bounding-set")),
)


@pytest.mark.parametrize("command", [("show",), ("plan", "-"), ("apply", "-"), ("zero",)])
@pytest.mark.parametrize("folder", ["missing", "locked"])
def test_an_ordinary_user_is_told_of_the_missing_right(director, command, folder):
    state = "/var/lib/lvsconsole"
    script = f"rm -rf {state}; " + (f"mkdir -m 700 {state}; " if folder == "locked" else "")
    assert director.run("sh", "-c", script).returncode == 0
    argv = (*AS_NOBODY, "env", "-u", "LVS_STATE_DIR", "python", "-m", "lvs", *command)
    done = director.run(*argv, input=render(TUTORIAL, "yaml"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (4, "", 1)
    assert "CAP_NET_ADMIN" in done.stderr


def restart(director):
    """Let the state folder be of an earlier life of the kernel, as after a restart of the host."""
    file = director.state / "state.json"
    state = json.loads(file.read_text())
    file.write_text(json.dumps(state | {"boot_id": "an-earlier-one/1"}))
    director.ipvsadm("-C")


def test_after_a_restart_what_others_made_is_theirs_also_under_an_address_of_ours(director):
    director.lvs("apply", "-", input=render(TUTORIAL, "yaml"))
    restart(director)
    director.ipvsadm("-R", input=ANOTHERS)

    done = director.lvs("apply", "-", input="services: []")
    assert done.returncode == 0, done.stderr
    assert director.saved() == ANOTHERS.splitlines()

    planned = director.lvs("plan", "-", input=render(TUTORIAL, "yaml"))
    assert "Not ours yet: tcp 192.168.49.134:80" in planned.stdout
    refused = director.lvs("apply", "-", input=render(TUTORIAL, "yaml"))
    assert refused.returncode == 3
    assert director.saved() == ANOTHERS.splitlines()


def test_after_a_restart_an_empty_kernel_is_filled_again(director):
    director.lvs("apply", "-", input=render(TUTORIAL, "yaml"))
    restart(director)
    done = director.lvs("apply", "-", input=render(TUTORIAL, "yaml"))
    assert done.stdout.splitlines()[-1].startswith("Verified:")


def test_a_state_folder_of_another_network_namespace_gives_no_right_to_its_services(director):
    director.lvs("apply", "-", input=render(TUTORIAL, "yaml"))
    elsewhere = ("ip", "netns", "exec", "web1")
    assert director.run(*elsewhere, "ipvsadm", "-R", input=ANOTHERS).returncode == 0
    try:
        argv = (*elsewhere, "python", "-m", "lvs", "apply", "-")
        assert director.run(*argv, input="services: []").returncode == 0
        found = director.run(*elsewhere, "ipvsadm", "-Sn").stdout
        assert found == ANOTHERS
    finally:
        director.run(*elsewhere, "ipvsadm", "-C")


@pytest.mark.parametrize("reader", ["| head -n 1", "> /dev/full"])
def test_output_that_nobody_takes_does_not_stop_an_apply_half_way(director, reader):
    (director.state / "big").write_text(render(BIG, "ipvsadm"))
    script = f"python -m lvs apply {director.state}/big 2>{director.state}/said {reader}"
    director.run("sh", "-c", script)
    assert len(director.saved()) == 3 * 500
    said = (director.state / "said").read_text()
    assert said.count("\n") == 1 and "Traceback" not in said
    assert "the output can't be written" in said
    assert "Verified: the kernel was read back and holds 500 virtual services" in said


def test_thresholds_that_the_files_format_can_not_hold_do_not_go_in_silence(director):
    limited = with_servers(RealServer("192.168.1.103", 80, upper_threshold=100))
    director.lvs("apply", "-", input=render(make_table([limited]), "json"))
    saved = director.ipvsadm("-Sn")
    for command in ("plan", "apply"):
        done = director.lvs(command, "-", input=saved)
        assert done.returncode == 0
        assert "1 real server loses its thresholds" in done.stderr
    as_json = render(make_table([limited._replace(scheduler="wrr")]), "json")
    assert director.lvs("apply", "-", input=as_json).stderr == ""
