"""Characters that no text of ours may hold, wherever in a body they stand: said at their place.

JSON can write half of a surrogate pair (`"\\ud800"`), which UTF-8 can't (RFC 8259, 8.2; RFC 3629, 3), and
so neither an answer nor the database; and the null character, which PostgreSQL's texts can't hold.
"""

import re
from collections.abc import Iterator
from typing import Any

from apps.api.errors import DOCUMENT
from apps.changes.errors import Invalid
from lvs.rules import Path, Problem

_BAD = re.compile("[\0\ud800-\udfff]")


def check_characters(value: Any) -> None:
    """Raises Invalid with the path of the first text, or of the object with the first name, that is none."""
    for path, text, what in _texts(value):
        if bad := _BAD.search(text):
            raise Invalid([Problem(path, DOCUMENT, f"{what} holds {_said(bad[0])}.")])


def _texts(value: Any) -> Iterator[tuple[Path, str, str]]:
    """Each text and each name in the value, names before what they name: so paths hold checked names."""
    waiting: list[tuple[Path, Any]] = [((), value)]  # and no recursion: a body may be nested deeply
    while waiting:
        path, found = waiting.pop()
        if isinstance(found, str):
            yield path, found, "This text"
        elif isinstance(found, dict):
            yield from ((path, name, "A name in it") for name in found)
            waiting += [((*path, name), inner) for name, inner in reversed(found.items())]
        elif isinstance(found, list):
            inside = [((*path, index), inner) for index, inner in enumerate(found)]
            waiting += reversed(inside)


def _said(character: str) -> str:
    if character == "\0":
        return "a null character, which no text has"
    return f"half of a character (\\u{ord(character):04x} without its other half)"
