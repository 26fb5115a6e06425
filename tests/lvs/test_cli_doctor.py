"""`python -m lvs doctor` as far as it goes without IPVS; the rest stands in tests/lab/test_doctor.py."""

import io
import json
import sys

import pytest

from lvs.cli import main
from lvs.doctor import gather as gathering
from lvs.doctor.host import Modules
from lvs.errors import LvsError
from lvs.formats import render
from lvs.state import State, StateFolder
from tests.lvs.doctor.hosts import HEALTHY, HELD, MODULES, WEB1, table, with_sysctl

NAT = table()


@pytest.fixture
def doctor(capsys, monkeypatch, tmp_path):
    """Runs the command on a host that the test chooses; gives exit code, output and error."""

    def run(*arguments, host=HEALTHY, given=NAT):
        monkeypatch.setattr(gathering, "read_held", lambda: host.held)
        monkeypatch.setattr(gathering, "gather", lambda table, held: host)
        monkeypatch.setenv("LVS_STATE_DIR", str(tmp_path / "state"))
        text = render(given, "json").encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        try:
            code = main(["doctor", *arguments])
        except SystemExit as exited:
            code = exited.code
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (HEALTHY, 0),
        (with_sysctl("0", "net/ipv4/vs/run_estimation"), 0),
        (with_sysctl("0", "net/ipv4/ip_forward"), 1),
        (HEALTHY._replace(may_admin=False), 4),
        (HEALTHY._replace(held=None, modules=MODULES._replace(loaded=frozenset())), 0),
        (HEALTHY._replace(held=None, modules=Modules(known=True)), 4),
    ],
    ids=["healthy", "warned", "wrong", "no right", "loadable", "no IPVS"],
)
def test_exit_codes(doctor, host, expected):
    code, output, error = doctor("-", host=host)
    assert (code, error) == (expected, "")
    assert "to be a director for 1 virtual service with 1 real server" in output


def test_json_is_one_document(doctor):
    code, output, _ = doctor("-", "--format", "json")
    assert code == 0
    assert json.loads(output)["fit"] is True


def test_real_servers_are_asked_for(doctor):
    assert "ON THE REAL SERVERS" not in doctor("-")[1]
    assert "ip route replace default via" in doctor("-", "--servers")[1]


def test_a_script_is_printed_alone(doctor):
    code, output, error = doctor("-", "--script", WEB1)
    assert (code, output[:10], error) == (0, "#!/bin/sh\n", "")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("192.0.2.1", "lvs: --script: the table has no real server 192.0.2.1\n"),
        ("web1", "lvs: --script: “web1” is not an IPv4 or IPv6 address\n"),
    ],
)
def test_a_script_for_a_stranger_is_bad_input(doctor, address, message):
    assert doctor("-", "--script", address) == (2, "", message)


def test_a_file_that_is_no_table_is_bad_input(doctor, tmp_path):
    file = tmp_path / "table"
    file.write_text("services: 7\n")
    code, output, error = doctor(str(file))
    assert (code, output, error.count("\n")) == (2, "", 1)


def test_without_a_file_the_last_verified_table_comes_before_the_kernels(doctor, tmp_path):
    host = HEALTHY._replace(held=HELD)
    assert " for 0 virtual services " in doctor(host=host)[1]
    StateFolder(tmp_path / "state").save(State(table=NAT))
    assert " for 1 virtual service " in doctor(host=host)[1]


def test_a_damaged_state_folder_is_named(doctor, tmp_path):
    file = tmp_path / "state" / "state.json"
    file.parent.mkdir()
    file.write_text("{")
    code, output, error = doctor()
    assert (code, output) == (1, "")
    assert "state.json is damaged" in error


def test_a_kernel_that_does_not_show_its_interfaces_is_one_line(doctor, monkeypatch, capsys):
    def refuse(table, held):
        raise LvsError("The kernel doesn't show its interfaces: Operation not permitted")

    doctor("-")
    monkeypatch.setattr(gathering, "gather", refuse)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(render(NAT, "json").encode())))
    assert main(["doctor", "-"]) == 1
    assert "doesn't show its interfaces" in capsys.readouterr().err
