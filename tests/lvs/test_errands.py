"""Errands on the agent's side, without a kernel."""

import time

import pytest

from lvs.agent.errand import Errand, seal_errand
from lvs.agent.errands import Errands
from lvs.agent.inbox import open_for
from lvs.agent.sealing import EnvelopeRefused
from lvs.errors import LvsError
from lvs.state import StateFolder
from tests.lvs.test_agent_orders import Reporter
from tests.lvs.test_envelope import DIRECTOR, KEY, KEYS, ME


def errand(**fields):
    now = time.time()
    values = {
        "director": DIRECTOR,
        "identity": ME.identity,
        "errand": 7,
        "kind": "zero",
        "arguments": {},
        "not_before": now,
        "expires": now + 30,
    }
    return Errand(**(values | fields))


@pytest.fixture
def reporter():
    return Reporter()


@pytest.fixture
def errands(tmp_path, reporter):
    errands = Errands(DIRECTOR, StateFolder(tmp_path), reporter)
    errands.asked = []
    errands._kinds["zero"] = lambda arguments: errands.asked.append(arguments) or {"done": True}
    return errands


def test_what_was_sealed_is_opened():
    kind, document = open_for(ME, seal_errand(errand(), KEY), KEYS, time.time())
    assert (kind, document["errand"]) == ("errand", 7)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"director": "another"}, "for director another"),
        ({"identity": "another"}, "enrolled before"),
        ({"expires": 100.0}, "expired"),
        ({"not_before": 9e9, "expires": 9e9}, "early"),
        ({"expires": float("nan")}, "no time"),
        ({"not_before": float("-inf")}, "no time"),
        ({"errand": "7"}, "“errand” has the wrong type"),
        ({"schema": 1}, "another schema"),
    ],
)
def test_an_errand_for_another_time_or_place_is_refused(fields, reason):
    with pytest.raises(EnvelopeRefused, match=reason):
        open_for(ME, seal_errand(errand(**fields), KEY), KEYS, time.time())


def test_the_answer_names_the_errand(errands, reporter):
    errands.run(errand(arguments={"service": None}))
    (message,) = reporter.messages
    assert errands.asked == [{"service": None}]
    assert (message["type"], message["errand"]) == ("errand_answered", 7)
    assert (message["answer"], message["error"]) == ({"done": True}, "")


def test_an_errand_that_comes_twice_is_done_once(errands, reporter):
    asked = errand()
    for _ in range(2):
        errands.run(asked)
    assert len(errands.asked) == len(reporter.messages) == 1


def test_the_same_number_of_another_console_is_another_errand(errands, reporter):
    """Or of one that came back from its backup, and counts from there again."""
    errands.run(errand(not_before=100.0))
    errands.run(errand(not_before=200.0))
    assert len(errands.asked) == len(reporter.messages) == 2


def test_an_act_is_not_done_again_by_another_life_of_the_agent(tmp_path, reporter):
    """Who recorded it sends it once more, within the half minute in which it is good."""
    done, asked = [], errand()
    for _ in range(2):
        errands = Errands(DIRECTOR, StateFolder(tmp_path), reporter)
        errands._kinds["zero"] = lambda arguments: done.append(arguments) or {}
        errands.run(asked)
    assert len(done) == len(reporter.messages) == 1


def test_an_act_that_can_not_be_noted_is_not_done(errands, reporter, monkeypatch):
    def full(path, text):
        raise LvsError("No space left on device")

    monkeypatch.setattr("lvs.agent.done_errands.write_whole", full)
    errands.run(errand())
    assert not errands.asked
    assert "No space left" in reporter.messages[0]["error"]


@pytest.mark.parametrize("text", ["{", "7", '["x"]', "[null]", "[[1, null]]"])
def test_without_the_list_of_acts_none_is_done(errands, reporter, tmp_path, text):
    (tmp_path / "errands.json").write_text(text)
    errands.run(errand())
    assert not errands.asked
    assert "errands.json is damaged" in reporter.messages[0]["error"]


def test_a_question_leaves_nothing_on_disk(errands, reporter, tmp_path):
    errands._kinds["connections"] = lambda arguments: {"rows": []}
    errands.run(errand(kind="connections"))
    assert reporter.messages[0]["answer"] == {"rows": []}
    assert not list(tmp_path.iterdir())


def test_a_kind_that_the_agent_does_not_know_is_answered_so(errands, reporter):
    errands.run(errand(kind="dance"))
    assert "no errand “dance”" in reporter.messages[0]["error"]


@pytest.mark.parametrize(
    ("error", "told"),
    [(LvsError("This kernel has no IPVS."), "no IPVS"), (KeyError("x"), "an error of its own")],
)
def test_what_goes_wrong_is_the_answer(errands, reporter, error, told):
    def fail(arguments):
        raise error

    errands._kinds["zero"] = fail
    errands.run(errand())
    assert told in reporter.messages[0]["error"]


def test_whose_counters_must_be_said(tmp_path, reporter):
    errands = Errands(DIRECTOR, StateFolder(tmp_path), reporter)
    errands.run(errand())
    assert "can't be read" in reporter.messages[0]["error"]


def test_counters_of_nonsense_are_refused(tmp_path, reporter):
    errands = Errands(DIRECTOR, StateFolder(tmp_path), reporter)
    errands.run(errand(arguments={"service": {"port": 80}}))
    assert "can't be read" in reporter.messages[0]["error"]


def test_a_host_without_ipvs_is_examined_all_the_same(tmp_path, reporter, monkeypatch):
    monkeypatch.setattr("lvs.agent.errand_kinds.read_held", lambda: None)
    Errands(DIRECTOR, StateFolder(tmp_path), reporter).run(errand(kind="doctor"))
    (told,) = reporter.messages
    assert told["error"] == ""
    assert told["answer"]["findings"]
