"""A thread that goes on: through errors, and without taking a processor for itself."""

import threading
import time

from lvs.agent.periodic import LARGEST_SHARE, Periodic


class Ticker(Periodic):
    def __init__(self, action, ticks):
        super().__init__("ticker", interval=0.001)
        self.action = action
        self.left = ticks
        self.done = threading.Event()

    def tick(self):
        self.left -= 1
        if self.left < 0:
            self.stop()
            self.done.set()
            return
        self.action()


def fail():
    raise RuntimeError("an error of the test")


def test_an_error_ends_one_tick_and_is_logged_once(caplog):
    ticker = Ticker(fail, ticks=3)
    ticker.start()
    assert ticker.done.wait(10)
    assert [record.message for record in caplog.records] == [
        "ticker met an unexpected error and goes on"
    ]


def test_a_costly_tick_makes_the_next_one_come_later():
    spent = 0.05

    def work():
        end = time.thread_time() + spent
        while time.thread_time() < end:
            pass

    began = time.monotonic()
    ticker = Ticker(work, ticks=3)
    ticker.start()
    assert ticker.done.wait(30)
    assert time.monotonic() - began >= 3 * spent / LARGEST_SHARE
