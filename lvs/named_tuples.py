"""Making named tuples by the thousand."""

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any, TypeVar

_Tuple = TypeVar("_Tuple", bound=tuple[Any, ...])

new = tuple.__new__
"""Makes one of a kind and a tuple of all its fields, in half the time that calling the class takes."""


def all_of(kind: type[_Tuple], *fields: Iterable[Any]) -> Iterator[_Tuple]:
    """One of the first value of each field, one of the second, and so on; the shortest ends it.

    A third of the time that calling the class for each takes.
    """
    return map(new, repeat(kind), zip(*fields))  # noqa: B905 - some repeat a value without end
