"""`enrol` without a console: what it makes on this host, what it says, and what it refuses to begin with."""

import os
import pwd
import tomllib
from pathlib import Path

import pytest

from lvs.agent import asking, draft, enrol, handing_over
from lvs.agent.__main__ import main
from lvs.agent.asking import EnrolFailed, EnrolRefused, sentence
from lvs.agent.invitation import Invitation
from tests.live.certificates import Authority
from tests.lvs.test_invitation import CONSOLE, DIRECTOR, code

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def config(tmp_path):
    """Where the configuration comes to lie; its folder is not there yet."""
    return tmp_path / "etc" / "agent.toml"


@pytest.fixture
def console(monkeypatch):
    """One that says yes to everybody."""
    answer = {"name": "lb1", "console_keys": [CONSOLE]}
    monkeypatch.setattr(enrol, "ask", lambda *_: answer)
    monkeypatch.setattr(enrol, "_check_redis", lambda *_: None)


@pytest.fixture
def service(monkeypatch):
    """We are root, and the service runs as a user of this host: ours, so that we may hand files over."""
    user = pwd.getpwuid(os.getuid())
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(handing_over, "SERVICE_USER", user.pw_name)
    return user


@pytest.fixture
def stranger(monkeypatch):
    """The service runs as somebody else: nothing here is theirs."""
    user = pwd.struct_passwd(("stranger", "x", 64_000, 64_000, "", "/", "/bin/false"))
    monkeypatch.setattr(handing_over, "_service_user", lambda: user)
    monkeypatch.setattr(os, "chown", lambda *_: None)
    monkeypatch.setattr(os, "getgrouplist", lambda *_: [64_000])


def run(config, *options, text=None):
    state = f"--state-dir={config.parent.parent / 'state'}"
    return main(["--config", str(config), "enrol", text or code(NOBODY_LISTENS), state, *options])


def said(capsys):
    lines = capsys.readouterr().err.splitlines()
    assert all(line.startswith("lvs.agent: ") for line in lines)
    return [line.removeprefix("lvs.agent: ") for line in lines]


def refuse(*_):
    raise EnrolRefused("The console says: no.")


def fail(*_):
    raise EnrolFailed("Redis is away.")


@pytest.mark.parametrize("value", ["0", "0.9", "-1", "nan", "inf", "-inf", "3601", "soon", ""])
def test_a_time_that_makes_no_sense_is_refused_with_its_bounds(config, capsys, value):
    with pytest.raises(SystemExit) as end:
        run(config, f"--timeout={value}")
    assert end.value.code == 2
    assert "must be a number of seconds from 1 to 3600" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["redis://:secret@host:99999", "http://:secret@host", "redis://"])
def test_an_address_mistyped_at_the_console_is_one_line(config, capsys, url):
    assert run(config, text=code(url)) == 1
    [line] = said(capsys)
    assert "LVS_DIRECTOR_REDIS_URL" in line
    assert "secret" not in line


def test_it_says_at_once_whom_it_asks_and_each_trouble_once(config, capsys, monkeypatch):
    monkeypatch.setattr(asking, "LOOK_EVERY", 0.01)
    assert run(config, "--timeout=1") == 1
    first, trouble, end = said(capsys)
    assert first == "Asking the console through Redis at 127.0.0.1:1 …"
    assert "Connection refused" in trouble
    assert end.startswith(trouble)
    assert "not enrolled" in end
    assert Invitation.from_code(code()).password not in first + trouble + end


@pytest.mark.parametrize(
    ("text", "whole"), [("No", "No."), ("No.", "No."), ("Who?", "Who?"), ("Ho!", "Ho!")]
)
def test_a_sentence_ends_once(text, whole):
    assert sentence(text) == whole


def test_no_line_ends_twice(config, capsys, monkeypatch):
    monkeypatch.setattr(asking, "LOOK_EVERY", 0.01)
    run(config, "--timeout=1")
    assert not [line for line in said(capsys) if ".." in line or "?." in line]


def test_authorities_that_are_not_there_are_said_before_anything_is_made(config, capsys):
    assert run(config, "--redis-ca=/nowhere/ca.pem") == 1
    assert said(capsys) == ["There is no file /nowhere/ca.pem."]
    assert not config.parent.exists()


def test_authorities_that_are_none_are_said_before_anything_is_made(config, capsys, tmp_path):
    ca = tmp_path / "ca.pem"
    ca.write_text("-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n")
    assert run(config, f"--redis-ca={ca}") == 1
    assert said(capsys) == [f"{ca} holds no certificates in PEM format."]
    assert not config.parent.exists()


def test_a_folder_of_authorities_is_said_too(config, capsys, tmp_path):
    assert run(config, f"--redis-ca={tmp_path}") == 1
    assert said(capsys) == [f"{tmp_path} can't be read: Is a directory."]


def test_places_are_written_so_that_the_agent_finds_them_from_anywhere(
    config, console, tmp_path, monkeypatch
):
    (tmp_path / "ca.pem").write_bytes(Authority().pem)
    monkeypatch.chdir(tmp_path)
    assert run(config, "--state-dir=remembered", "--redis-ca=ca.pem") == 0
    written = tomllib.loads(config.read_text())
    assert written["state_dir"] == str(tmp_path / "remembered")
    assert written["redis_ca"] == str(tmp_path / "ca.pem")
    assert written["director"] == DIRECTOR


def test_the_service_may_enter_the_folder_that_was_made_for_it(config, console, service):
    assert run(config) == 0
    assert config.parent.stat().st_mode & 0o777 == 0o750
    assert config.parent.stat().st_gid == service.pw_gid
    assert config.stat().st_mode & 0o777 == 0o600
    assert config.stat().st_uid == service.pw_uid


def test_a_folder_that_is_there_stays_as_it_is(config, console, service):
    config.parent.mkdir(mode=0o711)
    config.parent.chmod(0o711)
    assert run(config) == 0
    assert config.parent.stat().st_mode & 0o777 == 0o711


def test_a_folder_that_the_service_may_not_enter_is_said(config, console, stranger, capsys):
    config.parent.mkdir()
    config.parent.chmod(0o750)
    assert run(config) == 0
    assert [line for line in said(capsys) if f"may not enter {config.parent}." in line]


def test_of_a_folder_that_the_service_may_enter_nothing_is_said(
    config, console, stranger, capsys, monkeypatch
):
    config.parent.mkdir()
    config.parent.chmod(0o755)
    monkeypatch.setattr(Path, "parents", property(lambda self: [self.parent]))
    assert run(config) == 0
    assert said(capsys) == []


def test_nothing_is_left_of_an_enrolment_that_the_console_refused(config, monkeypatch):
    monkeypatch.setattr(enrol, "ask", refuse)
    assert run(config) == 1
    assert list(config.parent.iterdir()) == []


def test_what_can_be_gone_on_with_is_kept(config, monkeypatch):
    monkeypatch.setattr(enrol, "ask", fail)
    assert run(config) == 1
    [draft] = config.parent.iterdir()
    kept = draft.read_text()
    assert run(config) == 1
    assert draft.read_text() == kept


def test_who_is_refused_leaves_what_another_enrolment_made_meanwhile(config, monkeypatch):
    draft = config.with_name("agent.toml.enrolling")

    def meanwhile(*_):
        draft.unlink()
        with pytest.raises(EnrolFailed):  # another invitation
            monkeypatch.setattr(enrol, "ask", fail)
            other = Invitation.make(DIRECTOR, CONSOLE, NOBODY_LISTENS)
            enrol.enrol(other, config, more={}, timeout=1)
        refuse()

    monkeypatch.setattr(enrol, "ask", meanwhile)
    assert run(config) == 1
    assert draft.exists()


def test_a_damaged_draft_is_made_anew(config, monkeypatch):
    monkeypatch.setattr(enrol, "ask", fail)
    run(config)
    [draft] = config.parent.iterdir()
    draft.write_text(draft.read_text().replace('"key": "', '"key": "x'))
    assert run(config) == 1
    assert '"key": "x' not in draft.read_text()


def test_a_second_enrolment_that_began_meanwhile_goes_on(config, monkeypatch):
    other = Invitation.make(DIRECTOR, CONSOLE, NOBODY_LISTENS)
    path = config.with_name(config.name + ".enrolling")
    theirs = []

    def ask(*_):
        theirs.append(draft.own_secrets(path, other))
        return {"name": "lb1", "console_keys": [CONSOLE]}

    monkeypatch.setattr(enrol, "ask", ask)
    monkeypatch.setattr(enrol, "_check_redis", lambda *_: None)
    assert run(config) == 0
    assert draft.own_secrets(path, other) == theirs[0]
