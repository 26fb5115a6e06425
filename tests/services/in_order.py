"""Two acts in parallel transactions, in an order that the test chooses."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

PATIENCE = 15.0
A_MOMENT = 0.3
"""Seconds in which the second act surely comes to wait for the first."""


def one_after_the_other(first, second):
    """The second begins while the transaction of the first is done but not yet committed.

    Returns what each returned, or the exception that it raised. Fails when the second did not wait.
    """
    acted, second_ended = threading.Event(), threading.Event()
    waited = []

    def hold():
        try:
            with transaction.atomic():
                result = first()
                acted.set()
                waited.append(not second_ended.wait(A_MOMENT))
            return result
        finally:
            acted.set()

    def follow():
        assert acted.wait(PATIENCE)
        try:
            return second()
        finally:
            second_ended.set()

    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(_outcome, (hold, follow)))
    assert waited == [True], f"the second act did not wait for the first: {results}"
    return results


def _outcome(act):
    try:
        return act()
    except Exception as error:
        return error
    finally:
        connection.close()
