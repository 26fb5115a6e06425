"""JSON text → the services it describes, with the line of each value."""

import json
import re
from functools import cache
from typing import Any, NoReturn

from lvs.formats.document import read_services
from lvs.formats.errors import Draft, FormatError, quoted
from lvs.rules import Path

MAX_DEPTH = 32
"""A table is six levels deep."""


_TOO_DEEP = "the JSON is nested too deeply to be a table"


class NotJson(FormatError):
    """The text is no JSON at all; it may still be something that begins alike."""


class _Doubled(ValueError):
    """An object has a key twice."""


def read_json(text: str) -> Draft:
    """The services of a JSON text, unchecked. Raises FormatError on all that is no such text."""
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_whole
        )
    except json.JSONDecodeError as error:
        raise NotJson(error.lineno, f"this is no JSON: {error.msg}") from None
    except RecursionError:
        raise FormatError(_line_of_depth(text), _TOO_DEEP) from None
    except _Doubled:
        _lines(text)
        raise
    except ValueError as error:
        raise FormatError(_line_of_constant(text), str(error)) from None
    return read_services(value, cache(lambda: _lines(text)))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Doubled
    return made


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number that a table can hold")


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > 20:
        raise ValueError(f"{quoted(digits, 24)} is too large a number")
    return int(digits)


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def _line_of_constant(text: str) -> int | None:
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word in ("NaN", "Infinity", "-Infinity") or re.fullmatch(r"-?[0-9]{21,}", word):
            return text.count("\n", 0, match.start()) + 1
    return None


def _line_of_depth(text: str) -> int | None:
    depth = 0
    for match in _TOKEN.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(match.group(), 0)
        if depth > MAX_DEPTH:
            return text.count("\n", 0, match.start()) + 1
    return None


def _lines(text: str) -> dict[Path, int]:
    """The line of every value by its path. Raises FormatError on a key that stands twice.

    The text is valid JSON, so that tokens alone tell where a value begins.
    """
    lines: dict[Path, int] = {(): 1}
    path: list[str | int] = []
    line, seen_to, key_is_next = 1, 0, False
    for match in _TOKEN.finditer(text):
        word = match.group()
        line += text.count("\n", seen_to, match.start())
        seen_to = match.start()
        if word in ("}", "]"):
            path.pop()
            key_is_next = False
        elif word == ",":
            key_is_next = not _advance(path)
        elif key_is_next:
            path[-1] = json.loads(word)
            if tuple(path) in lines:
                raise FormatError(line, f"{quoted(str(path[-1]))} stands twice in this object")
            lines[tuple(path)] = line
            key_is_next = False
        elif word != ":":
            lines.setdefault(tuple(path), line)
            if word in ("{", "["):
                _descend(path, word, line)
                key_is_next = word == "{"
    return lines


def _advance(path: list[str | int]) -> bool:
    """On to the next value; False inside an object, where a key comes first."""
    last = path[-1]
    if isinstance(last, int):
        path[-1] = last + 1
        return True
    return False


def _descend(path: list[str | int], word: str, line: int) -> None:
    if len(path) >= MAX_DEPTH:
        raise FormatError(line, _TOO_DEEP)
    path.append("" if word == "{" else 0)
