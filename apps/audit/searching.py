"""What the search of the audit log looks into, and what it looks for. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

MOST = 100_000
"""Characters of a record that can be searched: its names and reason first, then values before and after."""
SHORTEST = 3
"""Characters of a word that an index can find: it knows the text by threes."""
_QUOTED_OR_WORD = re.compile(r'"([^"]+)"|(\S+)')


def searchable(names: list[str], before: Any, after: Any) -> str:
    """The text of a record that is searched: in lower case, each value once, at most MOST characters."""
    seen: dict[str, None] = dict.fromkeys(name for name in names if name)
    length = sum(map(len, seen))
    for value in (before, after):
        for leaf in _leaves(value):
            if length > MOST:
                break
            if leaf and leaf not in seen:
                seen[leaf] = None
                length += len(leaf) + 1
    return "\n".join(seen).lower()[:MOST]


def search_text_of(content: Mapping[str, Any]) -> str:
    """What of a record's content the search looks into."""
    names = [content[name] for name in ("object_name", "actor_name", "action", "reason")]
    return searchable(names, content["before"], content["after"])


def same_words(one: str, other: str) -> bool:
    """Whether two such texts are of the same content: PostgreSQL gives back the parts of a JSON value in
    an order of its own. Of two that were cut at MOST, only that can be told."""
    if len(one) == len(other) == MOST:
        return True
    return set(one.split("\n")) == set(other.split("\n"))


def words_of(query: str) -> list[str]:
    """The words that must all occur, in lower case; "several words" in quotes are one.

    Raises ValueError with a sentence when none is long enough to be found quickly.
    """
    found = [quoted or word for quoted, word in _QUOTED_OR_WORD.findall(query.lower())]
    words = list(dict.fromkeys(word.strip('"') for word in found if word.strip('"')))
    if words and all(len(word) < SHORTEST for word in words):
        raise ValueError(f"Write at least one word of {SHORTEST} characters or more.")
    return words


def _leaves(value: Any) -> Iterator[str]:
    """The names and values in a JSON value, as text."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value is not None:
        yield str(value)
