"""What of directors' answers pages show: checked before a template walks through it."""

from typing import Any

from apps.jobs.models import Errand

Shape = Any
"""A type, `[shape]` of each item, `{name: shape}` of parts that must be there, `{str: shape}` of all parts.
A name that ends in “?” may be left out, or be null."""

_ENDPOINT = {"address": str, "port": int}
_ROW = {
    "kind": str,
    "client": _ENDPOINT,
    "service": dict,  # a key: `lvs.documents` reads it
    "server": _ENDPOINT,
    "state": str,
    "seconds": int,
    "covers?": str,
    "remark?": str,
    "engine?": {"name": str, "data": str},
}
_ROWS = {"matched": int, "truncated": bool, "rows": [_ROW]}
_COUNTED = {"service": str, "server": str, "total": int}
_TOTALS = {"total": int, "states": {str: int}, "servers": [_COUNTED], "more_servers": int}
_READ = {"read": int, "unreadable": int}
_FINDING = {"level": str, "title": str, "subject": str, "why": str, "mend": str, "count?": int}
_ADVICE = {"servers": [str], "ways": [str], "commands": [str], "notes": [str]}
_FITNESS = {
    "host": str,
    "kernel": str,
    "fit": bool,
    "findings": [_FINDING],
    "real_servers": [_ADVICE],
    "counts": {"wrong": int, "warning": int, "unknown": int, "ok": int},
}
_SHAPES: dict[str, Shape] = {
    "rows": _READ | {"connections": _ROWS, "templates": _ROWS},
    "totals": _READ | {"connections": _TOTALS, "templates": _TOTALS},
    Errand.Kind.DOCTOR: _FITNESS,
    Errand.Kind.SCRIPT: {"address": str, "script": str},
    Errand.Kind.ZERO: {},
}


def check_answer(errand: Errand) -> None:
    """Raises TypeError where an answer isn't what its page shows; what nobody shows may be anything."""
    kind = errand.kind
    if kind == Errand.Kind.CONNECTIONS:
        kind = "totals" if errand.arguments.get("totals") else "rows"
    _check(errand.answer, _SHAPES[kind], "answer")


def _check(value: Any, shape: Shape, where: str) -> None:
    wanted: type[Any] = shape if isinstance(shape, type) else type(shape)
    if type(value) is not wanted:
        raise TypeError(f"{where} is no {wanted.__name__}")
    if isinstance(shape, list):
        for item in value:
            _check(item, shape[0], where)
    elif isinstance(shape, dict) and str in shape:
        for name, item in value.items():
            _check(item, shape[str], f"{where}.{name}")
    elif isinstance(shape, dict):
        for name, inner in shape.items():
            item = value.get(name.removesuffix("?"))
            if item is not None or not name.endswith("?"):
                _check(item, inner, f"{where}.{name}")
