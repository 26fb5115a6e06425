"""`python -m lvs convert`: what goes where, and with which exit code."""

import io
import sys

import pytest

from lvs.formats import SOURCES, convert, parse, write
from tests.lvs.examples import TUTORIAL
from tests.lvs.test_cli import run

KEEPALIVED = """\
virtual_server 10.0.0.1 80 {
    quorum 2
    protocol TCP
    real_server 10.0.0.2 80 {
    }
}
"""
AS_SAVE = "-A -t 10.0.0.1:80 -s wlc\n-a -t 10.0.0.1:80 -r 10.0.0.2:80 -m -w 1\n"
QUORUM = "“quorum 2”: what keepalived does when too few real servers are up"


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "keepalived.conf"
    made.write_text(KEEPALIVED)
    return made


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("target", SOURCES)
def test_every_format_leads_to_every_other(capsys, tmp_path, source, target):
    file = tmp_path / "table"
    file.write_text(write(TUTORIAL, source)[0])
    code, output, error = run(capsys, "convert", "--from", source, "--to", target, str(file))
    assert (code, error) == (0, "")
    assert parse(output) == TUTORIAL


def test_the_table_goes_to_stdout_and_what_is_left_out_to_stderr(capsys, file):
    said = f"lvs: not carried: {file}, line 2: {QUORUM}\n"
    assert run(capsys, "convert", "--to", "ipvsadm", str(file)) == (0, AS_SAVE, said)


def test_strict_prints_no_table_and_fails_where_something_is_left_out(capsys, file):
    code, output, error = run(capsys, "convert", "--to", "ipvsadm", "--strict", str(file))
    assert (code, output) == (2, "")
    assert error.splitlines() == [
        f"lvs: not carried: {file}, line 2: {QUORUM}",
        f"lvs: {file}: 1 thing is not carried, and --strict is given",
    ]


def test_strict_prints_the_table_where_nothing_is_left_out(capsys, tmp_path):
    file = tmp_path / "table"
    file.write_text(AS_SAVE)
    assert run(capsys, "convert", "--to", "ipvsadm", "--strict", str(file)) == (0, AS_SAVE, "")


def test_what_the_output_can_not_hold_has_no_line(capsys, tmp_path):
    file = tmp_path / "table"
    service = "{address: 10.0.0.1, port: 80, real_servers: [{address: 10.0.0.2}]}"
    file.write_text(f"services: [{service}]\nsysctls: {{expire_nodest_conn: 1}}\n")
    assert run(capsys, "convert", "--to", "ipvsadm", str(file)) == (
        0,
        "-A -t 10.0.0.1:80 -s wlc\n-a -t 10.0.0.1:80 -r 10.0.0.2:80 -m -w 1\n",
        "lvs: not carried: net.ipv4.vs.expire_nodest_conn = 1: put it into a file below "
        "/etc/sysctl.d\n",
    )


def test_standard_input_is_read_when_no_file_is_given(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(AS_SAVE.encode())))
    assert run(capsys, "convert", "--to", "ipvsadm") == (0, AS_SAVE, "")


def test_warnings_go_to_stderr(capsys, tmp_path):
    file = tmp_path / "table"
    file.write_text(KEEPALIVED.replace("    quorum 2\n    protocol TCP\n", ""))
    code, _, error = run(capsys, "convert", "--to", "json", str(file))
    assert (code, error) == (
        0,
        f"lvs: warning: {file}, line 1: no protocol is given, and keepalived takes UDP then\n",
    )


def test_a_wrong_file_is_one_line_with_exit_code_2(capsys, tmp_path):
    file = tmp_path / "table"
    file.write_text("virtual=10.0.0.1:80\n    real=x\n")
    code, output, error = run(capsys, "convert", "--to", "json", str(file))
    assert (code, output) == (2, "")
    assert error.startswith(f"lvs: {file}, line 2: “x” is no real server")


def test_the_given_format_counts_and_not_the_content(capsys, file):
    code, _, error = run(capsys, "convert", "--from", "ldirectord", "--to", "json", str(file))
    assert (code, error) == (
        2,
        f"lvs: {file}, line 1: “virtual_server 10.0.0.1 80 {{” is no setting of ldirectord.cf\n",
    )


def test_files_are_included_from_the_folder_of_the_file_that_does_it(capsys, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "main").write_text("include d/*.conf\n")
    (tmp_path / "d" / "1.conf").write_text("include other\n")
    (tmp_path / "d" / "other").write_text(KEEPALIVED)
    code, output, error = run(capsys, "convert", "--to", "ipvsadm", str(tmp_path / "main"))
    assert (code, output) == (0, AS_SAVE)
    assert error == f"lvs: not carried: {tmp_path}/d/other, line 2: {QUORUM}\n"


def test_signs_of_a_pattern_in_the_folder_of_the_file_are_none(capsys, tmp_path):
    folder = tmp_path / "site[12]"
    folder.mkdir()
    (folder / "main").write_text("include *.conf\n")
    (folder / "1.conf").write_text(KEEPALIVED)
    code, output, _ = run(capsys, "convert", "--to", "ipvsadm", str(folder / "main"))
    assert (code, output) == (0, AS_SAVE)


@pytest.mark.parametrize("command", [("check",), ("convert", "--to", "json")])
def test_a_missing_included_file_is_named_with_its_line(capsys, tmp_path, command):
    file = tmp_path / "main"
    file.write_text("! x\ninclude nosuch.conf\n")
    assert run(capsys, *command, str(file)) == (
        2,
        "",
        f"lvs: {file}, line 2: can't read {tmp_path}/nosuch.conf: No such file or directory\n",
    )


def test_an_included_file_that_is_no_text_is_named(capsys, tmp_path):
    (tmp_path / "main").write_text("include bad\n")
    (tmp_path / "bad").write_bytes(b"\xff")
    code, _, error = run(capsys, "check", "--", str(tmp_path / "main"))
    assert (code, error.count("\n")) == (2, 1)
    assert f"the included file {tmp_path}/bad, line 1: this is no UTF-8 text" in error


def test_the_configuration_id_chooses_conditional_lines(capsys, tmp_path):
    file = tmp_path / "main"
    file.write_text(KEEPALIVED.replace("quorum 2", "@main lb_algo rr"))
    arguments = ("convert", "--to", "ipvsadm", "--config-id", "main", str(file))
    assert run(capsys, *arguments) == (0, AS_SAVE.replace("wlc", "rr"), "")


def test_names_are_looked_up_when_asked_to(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "socket.getaddrinfo", lambda *_: [(2, 1, 6, "", ("10.0.0.1", 0))] if _[0] == "www" else []
    )
    monkeypatch.setattr("socket.getservbyname", lambda *_: {("own", "tcp"): 81}[_])
    file = tmp_path / "table"
    file.write_text("-A -t www:own -s rr\n")
    code, output, _ = run(capsys, "convert", "--resolve", "--to", "ipvsadm", str(file))
    assert (code, output) == (0, "-A -t 10.0.0.1:81 -s rr\n")
    code, _, error = run(capsys, "convert", "--to", "ipvsadm", str(file))
    assert code == 2
    assert error.endswith("or let `python -m lvs` look names up, with --resolve\n")


def test_check_tells_what_is_not_carried_and_other_commands_the_first_five(capsys, tmp_path):
    file = tmp_path / "main"
    file.write_text(KEEPALIVED.replace("quorum 2", "quorum 2\n" * 9))
    code, _, error = run(capsys, "check", str(file))
    assert (code, error.count("lvs: not carried: ")) == (0, 9)


def test_a_text_with_names_of_ports_needs_no_looking_up():
    text = "-A -t 10.0.0.1:https -s rr\n"
    assert convert(text, "auto", "ipvsadm").text == "-A -t 10.0.0.1:443 -s rr\n"
