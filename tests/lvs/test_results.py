"""What becomes of steps whose answers are lost."""

from lvs.canonical_form import make_table
from lvs.model import EMPTY
from lvs.plan import make_plan
from lvs.results import MAYBE_DONE, StepLog
from tests.lvs.played_host import service

STEPS = tuple(make_plan(EMPTY, make_table([service(80), service(81), service(82)])))


def states(log):
    return [result.state for result in log.results()]


def test_steps_that_were_not_sent_were_not_tried():
    assert states(StepLog(STEPS, None)) == ["skipped"] * 6


def test_of_what_was_on_its_way_nobody_knows_when_the_kernel_can_not_be_read():
    log = StepLog(STEPS, None)
    log.answered(range(1), None)
    log.doubt("its answer was lost")
    assert states(log) == ["done", "failed", "failed", "skipped", "skipped", "skipped"]
    assert log.results()[1].error == f"its answer was lost: {MAYBE_DONE}"


def test_what_was_answered_is_not_doubted():
    log = StepLog(STEPS, None)
    log.answered(range(6), None)
    log.doubt("its answer was lost")
    assert states(log) == ["done"] * 6
