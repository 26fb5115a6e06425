"""Python's search for cyclic garbage, kept out of work that makes no cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """While a table is made, don't look for cycles in it.

    Tables are named tuples of texts and numbers and can't hold one, but the collector does not know: as
    their objects become more it goes through all of the process's again and again, a tenth of the time.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
