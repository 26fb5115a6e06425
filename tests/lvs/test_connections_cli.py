"""`python -m lvs connections` on the captured list: what it prints, and how it fails."""

import json
import re

import pytest

from lvs.connections.text import Columns, clock
from lvs.errors import NotPermitted
from tests.lvs.captured_list import FOLDER, LINES, LIST, LIST_WITH_ORIGIN, TABLE
from tests.lvs.test_cli import run


@pytest.fixture
def connections(monkeypatch, capsys):
    """Runs the command with the captured lists and services in the kernel's place."""
    monkeypatch.setattr("lvs.connections.source.CONNECTIONS", LIST)
    monkeypatch.setattr("lvs.connections.source.WITH_ORIGIN", LIST_WITH_ORIGIN)
    for module in ("lvs.connections", "lvs.connections.printing"):
        monkeypatch.setattr(f"{module}.table_for", lambda filters: TABLE)
    return lambda *arguments: run(capsys, "connections", *arguments)


def columns(line):
    return re.split("  +", line)


def test_which_server_a_client_sticks_to_and_for_how_long(connections):
    assert connections("--client", "203.0.113.9", "--templates", "--sort", "server") == (
        0,
        """\
203.0.113.9 sticks to 192.168.1.103 on every port for tcp 192.168.49.134:21, 1:33 left.
203.0.113.9 sticks to 192.168.1.103 on every port for tcp 192.168.49.200:0, 3:13 left.
203.0.113.9 sticks to 192.168.1.103:53 for udp 192.168.49.134:53, 0:56 left.
203.0.113.9 sticks to 192.168.1.103:80 for tcp 192.168.49.134:443, 4:59 left.
The call a84b4c76e66710@pc33 from 203.0.113.9 sticks to 192.168.1.103:5060 for udp \
192.168.49.134:5060, 1:26 left.
203.0.113.9 sticks to 192.168.1.104 on every port for fwmark 7, 1:53 left, as all of \
203.0.113.0/24 does (by the service's netmask 255.255.255.0).
203.0.113.9 sticks to 192.168.1.104:80 for tcp 192.168.49.134:80, 4:53 left, as all of \
203.0.113.0/24 does (by the service's netmask 255.255.255.0).
203.0.113.9 no longer sticks to 192.168.1.104 for tcp 192.168.49.134: the real server was not \
usable, and the kernel gave the template up.
8 templates of 56 lines read.
""",
        "",
    )


def test_a_client_that_sticks_nowhere_is_told_so(connections):
    code, output, _ = connections("--client", "198.51.100.1", "--templates")
    assert (code, output.splitlines()) == (
        0,
        [
            "198.51.100.1 sticks to no real server: no template holds for it.",
            "0 templates of 56 lines read.",
        ],
    )


def test_connections_come_first_and_templates_apart(connections):
    _, output, _ = connections("--client", "fd00:99::9")
    parts = output.split("\n\n")
    assert {columns(line)[3].split("]:")[0] for line in parts[0].splitlines()[1:]} == {
        "[fd00:99::9"
    }
    assert parts[1].startswith("Persistence templates\nPROTO  STATE")
    assert parts[2] == "4 connections and 3 templates of 56 lines read.\n"


def test_columns_are_aligned_and_readable(connections):
    _, output, _ = connections(
        "--service", "192.168.49.134:80", "--no-templates", "--sort", "client"
    )
    assert output == (
        "PROTO  STATE        LEFT   CLIENT              SERVICE            REAL SERVER\n"
        "tcp    ESTABLISHED  14:53  192.168.49.1:58581  192.168.49.134:80  192.168.1.103:80\n"
        "tcp    ESTABLISHED  14:53  203.0.113.9:53981   192.168.49.134:80  192.168.1.104:80\n"
        "tcp    ESTABLISHED  14:53  203.0.113.77:46969  192.168.49.134:80  192.168.1.104:80\n"
        "\n"
        "3 connections of 56 lines read.\n"
    )


def test_a_networks_templates_are_listed_in_columns(connections):
    _, output, _ = connections("--client", "203.0.113.0/24", "--templates", "--sort", "expires")
    lines = output.splitlines()
    assert columns(lines[1]) == [
        *("PROTO", "STATE", "LEFT", "CLIENTS", "SERVICE", "REAL SERVER", "REMARK")
    ]
    assert columns(lines[2])[3:6] == ["203.0.113.77", "192.168.49.134:53", "192.168.1.103:53"]
    assert lines[-1] == "11 templates of 56 lines read."


def test_the_origin_is_shown_when_asked_for(connections):
    _, output, _ = connections("--origin", "local", "--protocol", "sctp")
    assert [columns(line)[-1] for line in output.splitlines()[:2]] == ["ORIGIN", "local"]
    assert connections("--origin", "sync")[1] == "0 connections and 0 templates of 56 lines read.\n"


def test_json_is_an_object_a_line_with_the_totals_last(connections):
    _, output, _ = connections("--format", "json")
    *rows, end = map(json.loads, output.splitlines())
    assert [row["kind"] for row in rows].count("template") == 22
    assert len(rows) == 56
    assert end == {
        "kind": "end",
        "read": 56,
        "unreadable": 0,
        "example": "",
        "connections": 34,
        "templates": 22,
        "shown": 56,
        "complete": True,
    }


def test_a_limit_without_sort_ends_the_reading(connections, monkeypatch, tmp_path):
    file = tmp_path / "list"
    file.write_bytes(b"".join(LINES) * 2000)
    monkeypatch.setattr("lvs.connections.source.CONNECTIONS", file)
    _, output, _ = connections("--limit", "2", "--format", "json")
    *rows, end = map(json.loads, output.splitlines())
    assert sorted(row["kind"] for row in rows) == ["connection"] * 2 + ["template"] * 2
    assert (end["shown"], end["complete"]) == (4, False)
    assert end["read"] < 2000
    said = f"The limit ended the reading after {end['read']} lines: there may be more."
    assert connections("--limit", "2")[1].splitlines()[-1] == said


def test_a_limit_with_sort_keeps_the_first_and_counts_all(connections):
    _, output, _ = connections("--sort", "expires", "--limit", "2", "--no-templates")
    lines = output.splitlines()
    assert [columns(line)[2] for line in lines[1:3]] == ["0:00", "0:03"]
    assert lines[-1] == "2 shown of 34 connections of 56 lines read."


def test_a_limit_that_nothing_passes_leaves_the_totals_exact(connections):
    _, output, _ = connections("--limit", "34", "--format", "json")
    assert json.loads(output.splitlines()[-1])["complete"] is True


def test_a_summary_as_text(connections):
    _, output, _ = connections("--summary", "--client", "203.0.113.0/24", "--protocol", "udp")
    assert output.split("\n\n")[0].splitlines() == [
        "CONNECTIONS                                              BY STATE",
        "6            all                                         6 UDP",
        "3            udp 192.168.49.134:53                       3 UDP",
        "3              -> 192.168.1.103:53                       3 UDP",
        "2            udp 192.168.49.134:8080 (not in the table)  2 UDP",
        "2              -> 192.168.1.104:8080                     2 UDP",
        "1            udp 192.168.49.134:5060                     1 UDP",
        "1              -> 192.168.1.103:5060                     1 UDP",
    ]
    assert output.endswith("\n\n6 connections and 3 templates of 56 lines read.\n")


def test_a_summary_as_json_is_one_object(connections):
    _, output, _ = connections("--summary", "--format", "json")
    assert json.loads(output)["connections"]["total"] == 34


def test_lines_that_are_none_bring_a_warning(connections, monkeypatch, tmp_path):
    file = tmp_path / "list"
    file.write_bytes(LINES[0] + b"\x1b[2Jodd\n")
    monkeypatch.setattr("lvs.connections.source.CONNECTIONS", file)
    for options in ((), ("--summary",)):
        code, output, error = connections(*options)
        assert (code, error) == (
            0,
            "lvs: warning: 1 line of the kernel's list can't be understood and is left out. "
            "The first begins: \\x1b[2Jodd\n",
        )
        assert "of 2 lines read" in output


BAD = [
    (("--client", "nobody"), "lvs: --client: “nobody” is no address of a client: write "),
    (("--server", "10.0.0.0/8"), "lvs: --server: “10.0.0.0/8” is a network"),
    (("--service", "fwmark 7", "--no-templates"), "lvs: --service: the kernel's list names a"),
    (("--state", "OPEN"), "lvs: --state: “OPEN” is no state: choose from NONE"),
    (("--protocol", "icmp"), "lvs: --protocol: “icmp” is no protocol: choose from tcp"),
    (("--origin", "here"), "lvs: --origin: “here” is no origin: choose from local, sync"),
    (("--limit", "0"), "lvs: --limit: the limit goes from 1 on, not 0"),
    (("--limit", "10001", "--sort", "client"), "lvs: --limit: the limit goes from 1 to 10000 rows"),
    (("--reverse",), "lvs: --reverse: say with --sort what"),
    (("--summary", "--sort", "client"), "lvs: --sort: a summary has its largest numbers first"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_filters_are_one_line_and_exit_code_2(connections, arguments, message):
    code, output, error = connections(*arguments)
    assert (code, output, error.count("\n")) == (2, "", 1)
    assert error.startswith(message)


@pytest.mark.parametrize("name", ["client", "service", "server", "state", "protocol", "origin"])
@pytest.mark.parametrize("nothing", ["", " ", ","])
def test_a_filter_that_says_nothing_does_not_mean_everybody(connections, name, nothing):
    code, output, error = connections(f"--{name}", nothing)
    assert (code, output) == (2, "")
    assert error.startswith(f"lvs: --{name}: it is empty: write ")
    assert error.endswith(f", or leave --{name} out to see all\n")


@pytest.mark.parametrize("name", ["client", "service", "server", "state", "protocol", "origin"])
def test_of_a_filter_that_is_given_twice_none_wins_in_silence(connections, name):
    code, output, error = connections(f"--{name}", "a", f"--{name}", "b")
    assert (code, output) == (2, "")
    assert error.endswith(
        f"error: argument --{name}: it is given twice, and only one can be meant\n"
    )


def test_templates_and_no_templates_exclude_each_other(connections):
    assert connections("--templates", "--no-templates")[0] == 2


def test_without_the_kernels_list_ipvs_is_missing(connections, monkeypatch, tmp_path):
    monkeypatch.setattr("lvs.connections.source.CONNECTIONS", tmp_path / "none")
    code, output, error = connections()
    assert (code, output, error.count("\n")) == (4, "", 1)
    assert "modprobe ip_vs" in error


def test_without_the_right_nothing_is_half_told(connections, monkeypatch):
    def refuse(filters):
        raise NotPermitted("IPVS needs CAP_NET_ADMIN.")

    monkeypatch.setattr("lvs.connections.printing.table_for", refuse)
    assert connections("--templates") == (4, "", "lvs: IPVS needs CAP_NET_ADMIN.\n")


def test_a_list_that_may_not_be_read_says_so(connections, monkeypatch):
    def refuse(path, flags):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("lvs.connections.source.os.open", refuse)
    code, _, error = connections()
    assert (code, "can't be read" in error) == (4, True)


def test_a_list_that_fails_half_way_is_one_line(connections, monkeypatch):
    monkeypatch.setattr("lvs.connections.source.CONNECTIONS", FOLDER)
    code, _, error = connections()
    assert (code, error.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59, "0:59"), (60, "1:00"), (3600, "1:00:00")]
)
def test_seconds_as_people_read_them(seconds, text):
    assert clock(seconds) == text


def test_a_column_grows_for_a_later_cell_and_stays_wide():
    shown = Columns(("A", "B"))
    text = "".join(shown.add(("1", "2")) for _ in range(200))
    assert text.startswith("A  B\n1  2\n")
    assert shown.add(("12345", "2")) == "12345  2\n"
    assert shown.add(("1", "2")) == "1      2\n"
    assert shown.rest() == ""


def test_no_rows_no_title():
    assert Columns(("A",)).rest() == ""
