"""How FILE is read can be said to every command that has one."""

import pytest

from lvs.cli_input import Failed, read_input
from lvs.cli_reading import ReadAs
from tests.lvs.test_cli import run
from tests.lvs.test_convert import KEEPALIVED

ODD = f"site_settings {{\n}}\n{KEEPALIVED}"
"""No first word of a keepalived.conf, so the content does not tell what it is."""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "table"


@pytest.mark.parametrize("command", ["check", "plan", "apply", "doctor"])
def test_every_command_takes_the_options(capsys, monkeypatch, command):
    def stop(file, how=None, most=5):
        raise Failed(7, f"read as {how}")

    for module in ("cli", "cli_apply", "cli_doctor"):
        monkeypatch.setattr(f"lvs.{module}.read_input", stop)
    options = ("--from", "keepalived", "--config-id", "main", "--resolve")
    asked = ReadAs("keepalived", "main", resolve=True)
    assert run(capsys, command, *options, "-") == (7, "", f"lvs: read as {asked}\n")


def test_a_format_that_the_content_does_not_tell_can_be_named(capsys, file):
    file.write_text(ODD)
    assert run(capsys, "check", str(file))[0] == 2
    code, output, _ = run(capsys, "check", "--from", "keepalived", str(file))
    assert (code, output) == (0, f"{file} is valid: 1 virtual service with 1 real server.\n")


def test_a_format_that_is_named_wrongly_is_not_guessed_again(capsys, file):
    file.write_text(KEEPALIVED)
    assert run(capsys, "check", "--from", "json", str(file))[0] == 2


def test_the_configuration_id_chooses_conditional_lines(file):
    file.write_text(KEEPALIVED.replace("quorum 2", "@main lb_algo rr"))
    (service,) = read_input(str(file), ReadAs(config_id="main")).table.services
    assert service.scheduler == "rr"


def test_names_are_looked_up_when_asked_to(monkeypatch, file):
    found = [(2, 1, 6, "", ("10.0.0.1", 0))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: found)
    file.write_text("-A -t www:80 -s rr\n")
    (service,) = read_input(str(file), ReadAs(resolve=True)).table.services
    assert service.address == "10.0.0.1"
    with pytest.raises(Failed, match="let `python -m lvs` look names up, with --resolve"):
        read_input(str(file))


@pytest.mark.parametrize(
    ("source", "without"), [("auto", True), ("ipvsadm", True), ("yaml", False)]
)
def test_only_ipvsadms_format_has_no_thresholds(file, source, without):
    file.write_text("services: []\n" if source == "yaml" else "-A -t 10.0.0.1:80 -s rr\n")
    assert read_input(str(file), ReadAs(source)).without_thresholds is without


def test_how_to_read_no_file_is_bad_usage(capsys):
    code, output, error = run(capsys, "doctor", "--from", "keepalived")
    assert (code, output, error.count("\n")) == (2, "", 1)
    assert "name one, or - for standard input" in error
