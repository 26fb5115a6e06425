"""Before and after of an audit record, line by line."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple


class Line(NamedTuple):
    """One value that was, is, or both. "" = not there."""

    name: str
    before: str
    after: str


def difference(before: Any, after: Any) -> Iterator[Line]:
    """The values that differ, by their path (`services.tcp 192.0.2.1:80.scheduler`), one at a time: whoever
    shows the first of a hundred thousand waits for no others."""
    old, new = (_ABSENT if value is None else value for value in (before, after))
    yield from _differing(old, new, "")


_ABSENT = object()
_NUMBER = re.compile(r"([0-9]{1,18})")
_NO_ITEMS: dict[str, Any] = {}


def _differing(old: Any, new: Any, path: str) -> Iterator[Line]:
    """Both at once, from the top down: what is on one side only has _ABSENT on the other."""
    were, are = _items(old), _items(new)
    was = "" if old is _ABSENT or were is not None else _text(old)
    now = "" if new is _ABSENT or are is not None else _text(new)
    if was != now:
        yield Line(path or "value", was, now)
    were, are = were or _NO_ITEMS, are or _NO_ITEMS
    for name in sorted(were.keys() | are.keys(), key=_in_order):
        one, other = were.get(name, _ABSENT), are.get(name, _ABSENT)
        if not _is_same(one, other):
            yield from _differing(one, other, f"{path}.{name}" if path else name)


def _in_order(name: str) -> list[str | int]:
    """Numbers by their size: 10.0.0.9 before 10.0.0.10. Text and number always take turns."""
    return [int(part) if n % 2 else part for n, part in enumerate(_NUMBER.split(name))]


def _is_same(one: Any, other: Any) -> bool:
    """Quickly, for whole branches. As JSON: to Python True is 1."""
    if one is _ABSENT or other is _ABSENT:
        return False
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _items(value: Any) -> dict[str, Any] | None:
    """What is inside, by name; None for a value of its own."""
    if isinstance(value, dict) and value:
        return {str(name): item for name, item in value.items()}
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return {_name(item, index): item for index, item in enumerate(value)}
    return None


def _name(item: Any, index: int) -> str:
    """What the item of a list is called, so that lists compare by identity, not by place."""
    if isinstance(item, dict):
        if "fwmark" in item:
            return f"fwmark {item['fwmark']} {item.get('family', '')}".strip()
        if "address" in item and "port" in item:
            return f"{item.get('protocol', '')} {item['address']}:{item['port']}".strip()
        if "role" in item:
            return f"{item['role']} daemon"
    return str(index + 1)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value or "(empty)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, []) else json.dumps(value, ensure_ascii=False)
