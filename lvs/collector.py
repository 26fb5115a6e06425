"""Python's search for cyclic garbage, kept out of work that makes no cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

LOOK_EACH = 100
"""After so many blocks everything is searched, for nothing else does that where blocks come often."""
_blocks = count(1)


@contextmanager
def no_collection() -> Iterator[None]:
    """While a table is made, don't look for cycles in it, nor when it is done.

    Tables are named tuples of texts and numbers and can't hold one, but the collector does not know: as
    their objects become more it goes through all of the process's again and again, a tenth of the time.
    What was made goes to the oldest generation unseen, as if it had been searched already.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        _hand_over()


def _hand_over() -> None:
    """Move all objects to the oldest generation.

    That begins to count anew with this, so its own turn might never come.
    """
    if gc.get_freeze_count():  # somebody keeps objects out of all searches, which must stay so
        return
    if next(_blocks) % LOOK_EACH:
        gc.freeze()
        gc.unfreeze()
    else:
        gc.collect()
