"""One thing that is wrong, with its place."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

Path = tuple[str | int, ...]
"""Model field names and indexes: ("port",), ("real_servers", 0, "weight"), ("services", 3, …)."""

Severity = Literal["error", "warning"]


class Problem(NamedTuple):
    """What is wrong and what to do about it, for the person who typed it."""

    path: Path
    code: str
    """What kind of problem, for programs: `port.range`, `server.doubled`, …"""
    message: str
    severity: Severity = "error"

    def under(self, *prefix: str | int) -> "Problem":
        """The same problem, seen from the outside of what holds it."""
        return self._replace(path=(*prefix, *self.path))


def errors_in(problems: Iterable[Problem]) -> list[Problem]:
    """Without the warnings."""
    return [problem for problem in problems if problem.severity == "error"]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean “wrr”?`, or nothing when no known word is near."""
    from difflib import get_close_matches  # only wrong words need it

    near = get_close_matches(word.lower()[:50], list(known), n=1)
    return f" Did you mean “{near[0]}”?" if near else ""


def quoted(text: str, limit: int = 40) -> str:
    """A piece of the input in quotes: short enough for one line of a message, and harmless in a terminal."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return f"“{shown.encode('unicode_escape').decode() if not shown.isprintable() else shown}”"


def in_words(names: Iterable[str]) -> str:
    """`tcp, udp or sctp`."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
