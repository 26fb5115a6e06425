"""Definitions, sequences, lists and conditional lines of a keepalived.conf, worked off line by line.

    $NAME=value         replaces $NAME (before white space) and ${NAME} from there on
    $NAME= \\            a definition of several lines, each but its last ending in a backslash
    ~SEQ(n, 1, 2, 9) …  the rest of the line for n = 1, 3 … 9; ~SEQx writes n in hexadecimal
    ~LST(n, a, b) …     the rest of the line for each; ~LST({n, m}, {a, 1}, {b, 2}) for pairs
    @id …  @^id …       a line for the configuration id only, or for every other one

As keepalived.conf(5) describes them, and as keepalived 2.2.7 was seen to do it.
"""

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from lvs.formats.errors import quoted
from lvs.formats.place import Budget, Place, Remarks
from lvs.formats.surroundings import Surroundings

MAX_DEPTH = 32
"""Definitions inside definitions."""

DEFINITION = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_REFERENCE = re.compile(r"\$\{([A-Za-z0-9_]+)\}|\$([A-Za-z0-9_]+)(?=\s|$)")
_SEQUENCE = re.compile(r"~SEQ(x?)\(([^()]*)\)(.*)", re.DOTALL)
_LIST = re.compile(r"~LST\(([^()]*)\)(.*)", re.DOTALL)
_LIST_ENTRY = re.compile(r"\{([^{}]*)\}|([^,{}]+)")
_CHARACTERS = {"_HASH": "#", "_BANG": "!"}


class _Piece(NamedTuple):
    """A line still to be worked off, and the definitions to make before it."""

    text: str
    definitions: dict[str, str] = {}


class Expander:
    """Works off one line after the other, with the definitions of those before it."""

    def __init__(self, around: Surroundings, budget: Budget, remarks: Remarks) -> None:
        self._config_id = around.config_id
        self._remedy = around.remedies.config_id
        self._budget = budget
        self._remarks = remarks
        self._values: dict[str, str] = {}

    def expand(self, text: str, place: Place) -> Iterator[str]:
        """The lines that a line comes to: itself, none, or many. Raises FormatError."""
        if text[:1] not in "$@~" and "$" not in text:
            yield text
            return
        open_pieces = [iter((_Piece(text),))]
        while open_pieces:
            piece = next(open_pieces[-1], None)
            if piece is None:
                open_pieces.pop()
                continue
            if len(open_pieces) > 1:
                self._budget.spend(len(piece.text), place)
            self._values.update(piece.definitions)
            found = self._step(piece.text.strip(), place)
            if isinstance(found, str):
                yield found
                continue
            if len(open_pieces) > 2 * MAX_DEPTH:
                raise self._too_deep(place)
            open_pieces.append(found)

    def _step(self, text: str, place: Place) -> str | Iterator[_Piece]:
        """The line as it is in the end, or what it comes to next."""
        if text.startswith("@"):
            return self._condition(text, place)
        definition = DEFINITION.fullmatch(text)
        if definition:
            self._values[definition[1]] = definition[2].strip()
            return iter(())
        if text.startswith("~"):
            return self._repeated(text, place)
        inlined = self._inlined(text, place)
        if inlined != text and (inlined[:1] in "@~" or DEFINITION.fullmatch(inlined)):
            return iter((_Piece(inlined),))
        for reference in _REFERENCE.finditer(inlined):
            value = self._values.get(reference[1] or reference[2])
            if value is not None:  # it has several lines, or it would be gone
                whole = inlined[: reference.start()] + value + inlined[reference.end() :]
                return map(_Piece, whole.split("\n"))
        return inlined

    def _condition(self, text: str, place: Place) -> Iterator[_Piece]:
        word, rest = (*text[1:].split(None, 1), "", "")[:2]
        wanted = word.removeprefix("^")
        if (wanted == self._config_id) != word.startswith("^"):
            return iter((_Piece(rest),))
        if not self._config_id:
            message = f"a line for the configuration id {quoted(wanted)} only"
            self._remarks.leave_out(place, f"{message}: {self._remedy}")
        return iter(())

    def _inlined(self, text: str, place: Place, depth: int = 0) -> str:
        """With every definition of one line in it; those of several stay."""
        if "$" not in text:
            return text
        if depth > MAX_DEPTH:
            raise self._too_deep(place)

        def value_of(reference: re.Match[str]) -> str:
            name = reference[1] or reference[2]
            value = self._values.get(name, _CHARACTERS.get(name))
            if value is None or "\n" in value:
                return reference[0]
            self._budget.spend(len(value), place)
            return self._inlined(value, place, depth + 1)

        return _REFERENCE.sub(value_of, text)

    @staticmethod
    def _too_deep(place: Place) -> Exception:
        message = "definitions stand in definitions too deeply: does one lead back to itself?"
        return place.error(message)

    def _repeated(self, text: str, place: Place) -> Iterator[_Piece]:
        sequence = _SEQUENCE.fullmatch(text)
        if sequence:
            arguments = self._inlined(sequence[2], place).split(",")
            return _sequence([a.strip() for a in arguments], sequence[1], sequence[3], place)
        listed = _LIST.fullmatch(text)
        if listed:
            return _list(self._inlined(listed[1], place), listed[2], place)
        wanted = "~SEQ(name, start, step, end) or ~LST(name, value, value)"
        raise place.error(f"{quoted(text)} does not begin with {wanted}")


def _sequence(arguments: list[str], hexadecimal: str, rest: str, place: Place) -> Iterator[_Piece]:
    name, *texts = arguments
    number = re.compile(r"[-+]?(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,9})")
    if not 1 <= len(texts) <= 3 or not all(number.fullmatch(text) for text in texts):
        raise place.error("~SEQ takes a name and one to three whole numbers: start, step, end")
    numbers = [int(text, 16 if "x" in text.lower() else 10) for text in texts]
    end = numbers[-1]
    start = numbers[0] if len(numbers) > 1 else (1 if end > 0 else -1)
    step = numbers[1] if len(numbers) == 3 else (1 if end >= start else -1)
    if step == 0 or (hexadecimal and min(start, end) < 0):
        raise place.error("~SEQ takes a step other than 0, and ~SEQx no negative numbers")
    values = range(start, end + (1 if step > 0 else -1), step)
    form = "x" if hexadecimal else "d"
    return (_Piece(rest, {name: format(value, form)}) for value in values)


def _list(arguments: str, rest: str, place: Place) -> Iterator[_Piece]:
    entries = [
        [word.strip() for word in (found[1] if found[1] is not None else found[2]).split(",")]
        for found in _LIST_ENTRY.finditer(arguments)
        if found[0].strip()
    ]
    if len(entries) < 2 or any(len(entry) != len(entries[0]) for entry in entries):
        raise place.error("~LST takes a name, or {names}, and for each of them as many values")
    names, *values = entries
    return (_Piece(rest, dict(zip_longest(names, entry))) for entry in values)
