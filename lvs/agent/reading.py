"""The text of a director's message → a JSON object whose values everybody can keep and pass on.

Databases, the channel layer and browsers each refuse some of what Python's JSON reads: here it ends,
before anything is made of it. Standard library only.
"""

import json
import re
from typing import Any

Message = dict[str, Any]

LONGEST = 32 << 20
"""Characters or bytes of a message at the most: ten times a table of 11,000 rules."""
MAX_DEPTH = 32
"""A table is eight levels deep. Whoever reads it later may have less room on the stack than we."""
LEAST, MOST = -(2**63), 2**64 - 1
"""Numbers that fit 64 bits, as all of a kernel's do; those beyond fit no database and no MessagePack."""

_ODD_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[\ud800-\udfff]")
_NUL_OR_HALF = re.compile("[\0\ud800-\udfff]")


class BadMessage(ValueError):
    """A message that breaks the agreement between agent and console; the text says where."""


def read_object(text: str | bytes) -> Message:
    """The object. Raises BadMessage where it is none, or holds a number or a depth that can't be.

    A NUL in its texts becomes ␀, half a surrogate pair �, as in the audit log: what PostgreSQL refuses
    may stand in an error's words, and the end of a run must not be lost for it.
    """
    if len(text) > LONGEST:
        raise BadMessage(f"longer than {LONGEST >> 20} MiB")
    try:
        if isinstance(text, bytes):
            text = text.decode()  # json would take UTF-16, and half pairs in UTF-8, too
        message = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"not JSON: {short(error)}") from None
    if not isinstance(message, dict):
        raise BadMessage("not a JSON object")
    _check_values(message)
    return _in_whole_characters(message) if _ODD_ESCAPE.search(text) else message


def short(value: object) -> str:
    """A value of a message, for the log: one line, and not a long one."""
    return " ".join(str(value)[:80].split())


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _check_values(message: Message) -> None:
    waiting: list[tuple[Any, int]] = [(message, 1)]  # and no recursion: it may be nested deeply
    while waiting:
        holder, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise BadMessage(f"nested more than {MAX_DEPTH} levels deep")
        for value in holder.values() if isinstance(holder, dict) else holder:
            if isinstance(value, dict | list):
                waiting.append((value, depth + 1))
            elif isinstance(value, int | float) and not LEAST <= value <= MOST:
                raise BadMessage(f"{short(value)} is no number that fits 64 bits")


def _in_whole_characters(value: Any) -> Any:
    if isinstance(value, dict):
        return {_cleaned(name): _in_whole_characters(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_in_whole_characters(inner) for inner in value]
    return _cleaned(value) if isinstance(value, str) else value


def _cleaned(text: str) -> str:
    return _NUL_OR_HALF.sub(lambda odd: "␀" if odd[0] == "\0" else "�", text)
