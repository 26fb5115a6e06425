"""How a run is told: gathered while it goes, complete at its end."""

import pytest

from lvs.agent import progress as progress_module
from lvs.agent.progress import COALESCE, Progress
from lvs.apply import Outcome, StepResult
from lvs.model import EMPTY
from lvs.plan import make_plan
from tests.lvs.examples import TUTORIAL
from tests.lvs.test_envelope import DIRECTOR, order

STEPS = make_plan(EMPTY, TUTORIAL)
DONE = tuple(StepResult(index, "done") for index in range(len(STEPS)))


class Clock:
    now = 1000.0

    def monotonic(self):
        return self.now

    def time(self):
        return 1.7e9 + self.now


class Reporter(list):
    put = list.append

    def told(self):
        return [
            [result["index"] for result in message["results"]]
            for message in self
            if message["type"] == "run_steps"
        ]


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(progress_module, "time", made)
    return made


@pytest.fixture
def reporter():
    return Reporter()


@pytest.fixture
def progress(clock, reporter):
    made = Progress(DIRECTOR, order(), reporter)
    made.plan(STEPS)
    return made


def test_a_short_run_is_its_plan_and_its_end(progress, reporter):
    for result in DONE:
        progress.step(result)
    end = progress.came_to(Outcome("verified", "", "", STEPS, DONE, TUTORIAL.digest))
    assert [message["type"] for message in reporter] == ["run_started"]
    assert [step["state"] for step in end["steps"]] == ["done"] * len(STEPS)


def test_the_steps_of_a_long_run_are_told_together_as_time_goes(progress, reporter, clock):
    progress.step(DONE[0])
    clock.now += COALESCE
    progress.step(DONE[1])
    progress.step(DONE[2])
    assert reporter.told() == [[0, 1]]
    clock.now += COALESCE
    progress.step(DONE[2])
    assert reporter.told() == [[0, 1], [2, 2]]


def test_a_run_that_breaks_off_says_what_was_done(progress, reporter):
    progress.step(DONE[0])
    end = progress.broken_off("The disk is full", wrote=True)
    assert reporter.told() == []
    assert (end["state"], end["error"]) == ("partial", "The disk is full")
    assert [step["state"] for step in end["steps"]] == ["done", "skipped", "skipped"]
