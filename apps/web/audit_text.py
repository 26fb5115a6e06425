"""Before and after of an audit record, line by line."""

import json
from typing import Any, NamedTuple


class Line(NamedTuple):
    """One value that was, is, or both. "" = not there."""

    name: str
    before: str
    after: str


def difference(before: Any, after: Any) -> list[Line]:
    """The values that differ, by their path (`services.tcp 192.0.2.1:80.scheduler`)."""
    old, new = _flat(before), _flat(after)
    names = sorted(old.keys() | new.keys())
    return [Line(n, old.get(n, ""), new.get(n, "")) for n in names if old.get(n) != new.get(n)]


def _flat(value: Any, path: str = "") -> dict[str, str]:
    if value is None and not path:
        return {}
    if isinstance(value, dict) and value:
        items = [(str(name), item) for name, item in value.items()]
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        items = [(_name(item, index), item) for index, item in enumerate(value)]
    else:
        return {path or "value": _text(value)}
    flat: dict[str, str] = {}
    for name, item in items:
        flat |= _flat(item, f"{path}.{name}" if path else name)
    return flat


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
