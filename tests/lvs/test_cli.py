"""The command line as far as it goes without a kernel; the rest stands in tests/lab/test_cli.py."""

import io
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import lvs
from lvs.cli import main
from lvs.cli_input import read_input
from lvs.formats import render
from tests.lvs.examples import TUTORIAL

PROJECT = Path(__file__).resolve().parents[2]


def run(capsys, *arguments):
    try:
        code = main(arguments)
    except SystemExit as exited:
        code = exited.code
    output = capsys.readouterr()
    return code, output.out, output.err


@pytest.mark.parametrize("style", ["json", "yaml", "ipvsadm"])
def test_check_accepts_every_format(capsys, tmp_path, style):
    file = tmp_path / "table"
    file.write_text(render(TUTORIAL, style))
    said = f"{file} is valid: 1 virtual service with 2 real servers.\n"
    assert run(capsys, "check", str(file)) == (0, said, "")


def test_a_dash_is_standard_input(capsys, monkeypatch):
    text = io.TextIOWrapper(io.BytesIO(render(TUTORIAL, "yaml").encode()))
    monkeypatch.setattr(sys, "stdin", text)
    code, output, _ = run(capsys, "check", "-")
    assert (code, output[:15]) == (0, "standard input ")


@pytest.mark.parametrize("command", ["check", "plan", "apply"])
def test_bad_input_is_one_line_with_its_line_number_and_exit_code_2(capsys, tmp_path, command):
    file = tmp_path / "table.yaml"
    file.write_text("services:\n  - address: 10.0.0.1\n    port: 70000\n")
    message = f"lvs: {file}, line 3: The port must be from 1 to 65535, not 70000.\n"
    assert run(capsys, command, str(file)) == (2, "", message)


def test_a_file_that_is_no_text_says_where(capsys, tmp_path):
    file = tmp_path / "table"
    file.write_bytes(b"services:\n  - \xff\n")
    assert run(capsys, "check", str(file)) == (
        2,
        "",
        f"lvs: {file}, line 2: this is no UTF-8 text\n",
    )


def test_a_file_without_end_is_refused(capsys, monkeypatch):
    monkeypatch.setattr("lvs.cli_input.MAX_LENGTH", 1000)
    said = "lvs: /dev/zero is longer than 4000 bytes\n"
    assert run(capsys, "check", "/dev/zero") == (2, "", said)


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_file_that_cannot_be_read_says_why(capsys, tmp_path, name):
    code, output, error = run(capsys, "check", str(tmp_path / name))
    assert (code, output, error.count("\n")) == (2, "", 1)
    assert error.startswith("lvs: can't read ")


def test_warnings_go_to_stderr_and_do_not_fail(capsys, tmp_path):
    file = tmp_path / "table"
    file.write_text("-A -t 10.0.0.1:80 -s rr\n")
    code, _, error = run(capsys, "check", str(file))
    assert code == 0
    assert error.startswith(f"lvs: warning: {file}, line 1: The service has no real servers")


def test_of_many_warnings_only_check_shows_all(capsys, tmp_path):
    file = tmp_path / "table"
    file.write_text("".join(f"-A -t 10.0.0.{i}:80 -s rr\n" for i in range(1, 9)))
    assert run(capsys, "check", str(file))[2].count("\n") == 8
    read_input(str(file))
    error = capsys.readouterr().err
    assert error.count("\n") == 6
    assert error.endswith("lvs: 3 more warnings: `check` shows them all\n")


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("show", "--format", "xml"), ("apply",)])
def test_wrong_usage_is_exit_code_2(capsys, arguments):
    code, output, error = run(capsys, *arguments)
    assert (code, output) == (2, "")
    assert error.startswith("usage: python -m lvs")


def test_version_is_that_of_the_package(capsys):
    assert run(capsys, "--version") == (0, f"lvs {lvs.__version__}\n", "")


def test_version_is_read_from_one_place():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "lvs.__version__"}


def test_version_needs_neither_kernel_nor_formats():
    script = (
        "import sys; from lvs.cli import main\n"
        "try: main(['--version'])\n"
        "except SystemExit: print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    loaded = done.stdout.split()
    assert "lvs.cli" in loaded
    assert not {"pyroute2", "yaml", "celery", "ctypes", "django"} & set(loaded)


def test_help_names_every_command_and_exit_code(capsys):
    code, output, _ = run(capsys, "--help")
    assert code == 0
    output = " ".join(output.split())  # it is broken into lines anywhere
    assert all(word in output for word in ("show", "plan", "apply", "check", "4 no IPVS"))


@pytest.mark.parametrize(
    ("closed", "said"),
    [
        ("<&-", "lvs: can't read standard input: Bad file descriptor\n"),
        (">&-", "lvs: no way to go on: Bad file descriptor\n"),
        (">&- 2>&-", ""),
    ],
)
def test_a_stream_that_is_closed_is_no_traceback(closed, said):
    code = f"echo 'services: []' | {sys.executable} -m lvs convert --to json {closed}"
    done = subprocess.run(["sh", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode in (1, 2)
    assert (done.stdout, done.stderr) == ("", said)


def test_what_is_wrong_with_a_file_does_no_harm_to_the_terminal(capsys, tmp_path):
    file = tmp_path / "red\x1b[31m"
    file.write_text("virtual_server \x1b[31m 80 {\nreal_server 10.0.0.1 80 {\n}\n}\n")
    code, output, said = run(capsys, "check", str(file))
    assert (code, output) == (2, "")
    assert "red\\x1b[31m" in said
    assert "\x1b" not in said


def test_settings_that_a_table_decides_are_counted(capsys, tmp_path):
    file = tmp_path / "table"
    file.write_text("services: []\nsync: []\ntimeouts: {tcp: 9, udp: 9}\n")
    said = f"{file} is valid: 0 virtual services with 0 real servers and 3 settings.\n"
    assert run(capsys, "check", str(file)) == (0, said, "")
