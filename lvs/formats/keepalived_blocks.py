"""The lines of a keepalived.conf → statements and the blocks below them."""

import re
from collections.abc import Iterable

from lvs.formats.errors import quoted
from lvs.formats.place import Place

MAX_DEPTH = 16
"""keepalived's own are five deep."""

_WORD = re.compile(
    r"""[{}]"""
    r"""|(?:[^\s{}"'\\$]++|\\.|"(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+'|\$\{\w++\}|\$)++"""
    r"""|["'\\]""",
    re.DOTALL,
)


class Statement:
    """A keyword with its arguments and perhaps a block of statements."""

    __slots__ = ("block", "place", "words")

    def __init__(self, words: list[str], place: Place) -> None:
        self.words = words
        self.place = place
        self.block: list[Statement] | None = None

    @property
    def keyword(self) -> str:
        """Its first word."""
        return self.words[0]


def statements_of(lines: Iterable[tuple[str, Place]]) -> list[Statement]:
    """The outermost statements. Raises FormatError where braces or quotes don't match."""
    top: list[Statement] = []
    blocks = [top]
    openers: list[Statement] = []
    for line, place in lines:
        current: Statement | None = None
        for word in _words(line, place):
            if word == "{":
                opener = current or (blocks[-1][-1] if blocks[-1] else None)
                if opener is None or opener.block is not None:
                    raise place.error("“{” is unexpected here: no keyword stands before it")
                if len(openers) == MAX_DEPTH:
                    raise place.error("blocks stand in blocks too deeply")
                opener.block = []
                blocks.append(opener.block)
                openers.append(opener)
                current = None
            elif word == "}":
                if not openers:
                    raise place.error("“}” is unexpected here: no block is open")
                blocks.pop()
                openers.pop()
                current = None
            elif current is None:
                current = Statement([_unquoted(word)], place)
                blocks[-1].append(current)
            else:
                current.words.append(_unquoted(word))
    if openers:
        opened = openers[-1]
        raise opened.place.error(f"the block of {quoted(opened.keyword)} is never closed with “}}”")
    return top


def _words(line: str, place: Place) -> list[str]:
    if not ("{" in line or "}" in line or '"' in line or "'" in line or "\\" in line):
        return line.split()
    words: list[str] = _WORD.findall(line)
    for word in words:
        if word in ('"', "'"):
            raise place.error("a quotation mark is never closed")
        if word == "\\":
            raise place.error("a backslash stands alone at the end of the line")
    return words


def _unquoted(word: str) -> str:
    """Without its quotation marks, which may stand inside a word too."""
    if '"' not in word and "'" not in word and "\\" not in word:
        return word
    return "".join(part[1:-1] if part[0] in "\"'" else part for part in _PARTS.findall(word))


_PARTS = re.compile(r""""(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+'|(?:[^"'\\]++|\\.)++""", re.DOTALL)
