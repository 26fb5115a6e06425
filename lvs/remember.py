"""Functions that remember what they gave: for those that are asked for every real server, again and again."""

from collections.abc import Callable, Hashable
from typing import TypeVar

MOST = 65536
"""Answers that one function remembers: then it begins anew."""

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


def remembered(function: Callable[[_Key], _Value]) -> Callable[[_Key], _Value]:
    """A decorator for a function of one argument, whose answer never changes. Errors aren't remembered.

    As `functools.lru_cache`, which takes twice as long: it keeps account of which answer was used last, and
    puts an argument that is no text or number into a tuple. The docstring doesn't get through.
    """
    return _Answers(function).__getitem__


class _Answers(dict[_Key, _Value]):
    def __init__(self, function: Callable[[_Key], _Value]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: _Key) -> _Value:
        value = self._function(key)
        if len(self) >= MOST:
            self.clear()
        self[key] = value
        return value
