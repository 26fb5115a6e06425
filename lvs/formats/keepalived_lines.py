"""The lines of a keepalived.conf and of what it includes, without comments, definitions worked off."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lvs.formats.errors import quoted
from lvs.formats.keepalived_braces import alternatives
from lvs.formats.keepalived_expand import DEFINITION, Expander
from lvs.formats.place import Budget, Place, Remarks
from lvs.formats.surroundings import Included, Load, Surroundings

MAX_INCLUDED = 64 * 1024 * 1024
"""Characters of all included files together."""
MAX_FILES = 10_000
MAX_DEPTH = 16
"""Files that include files."""

_INCLUDE = re.compile(r"include([rmwba]?)\s+(\S.*)")
_BEFORE_COMMENT = re.compile(
    r"""(?:[^"'\\#!]++|\\.|"(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+'|["'\\])*+""", re.DOTALL
)


def lines_of(
    text: str, around: Surroundings, budget: Budget, remarks: Remarks
) -> Iterator[tuple[str, Place]]:
    """Each line that says something, in the order in which keepalived reads them.

    Raises FormatError where a file can't be included, or a definition is wrong or has no end.
    """
    expander = Expander(around, budget, remarks)
    for line, place in _Files(text, around.load, remarks).lines():
        for expanded in expander.expand(line, place):
            if expanded:
                yield expanded, place


class _Opened(NamedTuple):
    """A file that is read, or waits for those before it."""

    lines: Iterator[tuple[str, Place]]
    depth: int
    """Of how many files each is included by the one before; 0 = the text itself."""


class _Files:
    """A text with the files that it includes in their places."""

    def __init__(self, text: str, load: Load | None, remarks: Remarks) -> None:
        self._open = [_Opened(_physical_lines(text, ""), 0)]
        self._load = load
        self._remarks = remarks
        self._characters = self._files = 0

    def lines(self) -> Iterator[tuple[str, Place]]:
        """Their lines; a definition of several lines is one."""
        while self._open:
            found = next(self._open[-1].lines, None)
            if found is None:
                self._open.pop()
                continue
            line, place = found
            include = _INCLUDE.fullmatch(line)
            if include:
                self._include(include[2], place)
            elif line.endswith("\\"):
                yield self._definition(line, place), place
            else:
                yield found

    def _definition(self, line: str, place: Place) -> str:
        """All lines of a definition of several."""
        after_condition = line.split(None, 1)[-1] if line.startswith("@") else line
        if not DEFINITION.match(after_condition):
            message = "a line ends in a backslash in definitions only ($NAME= \\)"
            raise place.error(f"{message}: write it as one line")
        first = line[:-1].rstrip()
        parts = [] if first.endswith("=") else [""]
        for more, _ in self._open[-1].lines:
            parts.append(more.removesuffix("\\"))
            if not more.endswith("\\"):
                return first + "\n".join(parts)
        raise place.error("this definition has no end: its last line must not end in a backslash")

    def _include(self, pattern: str, place: Place) -> None:
        if self._load is None:
            message = f"{quoted(pattern)} is to be included, and other files can't be read here"
            raise place.error(f"{message}: put its text in the place of this line")
        depth = self._open[-1].depth + 1
        if depth > MAX_DEPTH:
            raise place.error("files include files too deeply: does one include itself?")
        files: list[Included] = []
        try:
            for name in alternatives(pattern):
                some = self._load(name, place.file)
                files += some
                if not some:
                    self._remarks.leave_out(place, f"no file is there to include as {quoted(name)}")
        except (LookupError, ValueError) as error:
            raise place.error(str(error.args[0] if error.args else error)) from None
        self._files += len(files)
        self._characters += sum(len(file.text) for file in files)
        if self._characters > MAX_INCLUDED or self._files > MAX_FILES:
            raise place.error("too much is included: does a file include itself?")
        self._open += (
            _Opened(_physical_lines(file.text, file.name), depth) for file in reversed(files)
        )


def _physical_lines(text: str, file: str) -> Iterator[tuple[str, Place]]:
    """Lines without comments and outer white space; empty ones too, for they end a definition."""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if "#" in line or "!" in line:
            match = _BEFORE_COMMENT.match(line)
            line = match[0] if match else line  # noqa: PLW2901 - the same line, shorter
        yield line.strip(), Place(number, file)
