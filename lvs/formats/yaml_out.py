"""A table's document as YAML that people like to read and to compare: one line a real server."""

import json
import re
from typing import Any

from lvs.documents import Document

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*|[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
_WORDS = frozenset(["null", "true", "false", "yes", "no", "on", "off", "y", "n"])


def dump_yaml(document: Document) -> str:
    """A table's document as YAML text that ends with a line feed."""
    lines = ["services:"] if document["services"] else ["services: []"]
    for service in document["services"]:
        lines += _service(service)
    for name, value in document.items():
        if name != "services":
            lines += _setting(name, value)
    return "\n".join(lines) + "\n"


def _setting(name: str, value: Any) -> list[str]:
    """Timeouts on one line, daemons and sysctls each on one of their own."""
    if name == "timeouts" or not value:
        return [f"{name}: {_flow(value)}"]
    if isinstance(value, list):
        return [f"{name}:", *(f"  - {_flow(entry)}" for entry in value)]
    return [f"{name}:", *(f"  {key}: {_flow(inner)}" for key, inner in value.items())]


def _service(service: Document) -> list[str]:
    lines: list[str] = []
    for name, value in service.items():
        lead = "    " if lines else "  - "
        if name == "real_servers" and value:
            lines.append(f"{lead}real_servers:")
            lines += (f"      - {_flow(server)}" for server in value)
        else:
            lines.append(f"{lead}{name}: {_flow(value)}")
    return lines


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return _ABOVE.sub(_escaped, json.dumps(value))


_ABOVE = re.compile(r"\\\\|\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})")
"""What JSON writes as two halves of a character, or an escaped backslash, which may precede none."""


def _escaped(found: re.Match[str]) -> str:
    """The one escape that YAML has for such a character."""
    if found[1] is None:
        return found[0]
    character = 0x10000 + ((int(found[1], 16) & 0x3FF) << 10) + (int(found[2], 16) & 0x3FF)
    return f"\\U{character:08x}"
