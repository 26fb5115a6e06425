"""A director whose Redis user is refused: said once for all who meet it, and begun anew where that helps."""

import logging

import pytest
import redis
from redis.exceptions import NoPermissionError

from lvs.agent import standing as module
from lvs.agent.config import load_config
from lvs.agent.sealing import private_key_to_text
from lvs.agent.standing import Standing
from tests.identities import own_key
from tests.lvs.test_agent_config import written

WRONG = redis.AuthenticationError("invalid username-password pair or user is disabled.")
AWAY = redis.ConnectionError("Connection refused.")


@pytest.fixture
def clock(monkeypatch):
    """Seconds, in a list of one."""
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def anew():
    """Grows when the agent is told to begin anew."""
    return []


@pytest.fixture
def standing(tmp_path, anew, clock):
    return Standing(load_config(written(tmp_path)), lambda: anew.append(1))


def said(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def another(tmp_path):
    """This host is enrolled anew."""
    written(tmp_path, director_key=f'"{private_key_to_text(own_key("another"))}"')


def test_a_refused_user_is_said_with_what_to_do(standing, caplog):
    assert standing.refused("reports", WRONG)
    [line] = said(caplog)
    assert "does not take this director's user: it was cut off at the console" in line
    assert "Enrol it" in line
    assert "user is disabled" in line


def test_it_is_said_once_whoever_meets_it(standing, caplog, clock):
    for clock[0] in range(60):
        assert standing.refused("reports", WRONG)
        assert standing.refused("orders", WRONG)
    assert len(said(caplog)) == 1


def test_it_is_said_again_after_a_long_while(standing, caplog, clock):
    for clock[0] in range(0, 1300, 10):
        standing.refused("reports", WRONG)
    assert len(said(caplog)) == 3


def test_it_is_said_again_when_it_worked_meanwhile(standing, caplog):
    standing.refused("reports", WRONG)
    standing.taken("reports")
    standing.refused("reports", WRONG)
    assert len(said(caplog)) == 2


def test_that_another_one_gets_through_says_nothing_new(standing, caplog):
    standing.refused("orders", WRONG)
    standing.taken("reports")
    standing.refused("orders", WRONG)
    assert len(said(caplog)) == 1


def test_a_right_that_is_missing_has_its_own_words(standing, caplog):
    assert standing.refused("orders", NoPermissionError("User lvs-x has no permissions"))
    [line] = said(caplog)
    assert "does not let this director's user do its work" in line
    assert "cut off" not in line


@pytest.mark.parametrize("error", [AWAY, redis.TimeoutError("late"), OSError("broken"), KeyError()])
def test_a_redis_that_is_away_refuses_nobody(standing, caplog, error):
    assert not standing.refused("reports", error)
    assert said(caplog) == []


def test_who_was_enrolled_anew_begins_anew_once(standing, anew, tmp_path, caplog):
    standing.refused("reports", WRONG)
    assert anew == []
    another(tmp_path)
    standing.refused("reports", WRONG)
    standing.refused("orders", WRONG)
    assert anew == [1]
    assert "this host was enrolled anew" in said(caplog)[-1]


def test_it_does_not_while_redis_takes_it(standing, anew, tmp_path):
    another(tmp_path)
    standing.refused("reports", AWAY)
    standing.taken("reports")
    assert anew == []


def test_another_setting_is_no_other_director(standing, anew, tmp_path):
    written(tmp_path, sample_interval="5")
    standing.refused("reports", WRONG)
    assert anew == []


@pytest.mark.parametrize("text", [None, "half", 'director = "7"'])
def test_a_configuration_that_can_not_be_read_changes_nothing(standing, anew, tmp_path, text):
    (tmp_path / "agent.toml").unlink()
    if text is not None:
        (tmp_path / "agent.toml").write_text(text)
    standing.refused("reports", WRONG)
    assert anew == []


def test_being_let_in_is_not_being_allowed(standing, caplog):
    forbidden = NoPermissionError("this user has no permissions to run the 'brpop' command")
    for _ in range(3):
        assert standing.refused("orders", forbidden)
        assert not standing.let_in("orders")
    assert len(said(caplog)) == 1
    standing.taken("orders")
    assert standing.let_in("orders")


def test_being_cut_off_after_being_forbidden_is_said(standing, caplog):
    standing.refused("orders", NoPermissionError("no permissions"))
    standing.refused("orders", WRONG)
    assert len(said(caplog)) == 2
