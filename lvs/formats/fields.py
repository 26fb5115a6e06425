"""Reading a document's objects field by field, with errors for the person who wrote it."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from lvs.formats.errors import FormatError, quoted
from lvs.rules import Path
from lvs.rules.problem import did_you_mean

T = TypeVar("T", bound=str)
MAX_WHOLE = 2**63
"""Far above every setting; what is above it is not even repeated in a message."""


def shown(value: Any) -> str:
    """A value as JSON names it, for messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else quoted(str(value))


class Fields:
    """One object of a document. Every method raises FormatError with the line of what is wrong."""

    def __init__(self, value: Any, path: Path, lines: Callable[[], dict[Path, int]]) -> None:
        self._path = path
        self._lines = lines
        if not isinstance(value, dict):
            what = "an object belongs here" if path else "a table begins with “services”"
            other = "" if path else ". If the text is in another format, say in which"
            raise FormatError(self.line_of(path), f"{what}, not {shown(value)}{other}")
        self._values: dict[str, Any] = value

    def line_of(self, path: Path) -> int | None:
        """The line of a path, or of what holds it."""
        lines = self._lines()
        while path and path not in lines:
            path = path[:-1]
        return lines.get(path)

    def error(self, name: str, message: str) -> FormatError:
        """An error at the field of this name."""
        return FormatError(self.line_of((*self._path, name)), message)

    def has(self, name: str) -> bool:
        """Whether the field is given, and not as null."""
        return self._values.get(name) is not None

    def names(self) -> tuple[str, ...]:
        """The names of all fields, as they were written."""
        return tuple(self._values)

    def only(self, *known: str, also: Iterable[str] = ()) -> None:
        """Refuse every other name. `also` is known too, but only to be suggested."""
        for name in self._values:
            if name not in known:
                hint = did_you_mean(name, (*known, *also)) or f" It takes {', '.join(known)}."
                raise self.error(name, f"{quoted(name)} is unknown here.{hint}")

    def text(self, name: str, default: str | None = None, *, number_too: bool = False) -> str:
        """A text. Without a default the field must be there."""
        value = self._given(name, default)
        if number_too and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise self.error(name, f"“{name}” must be text, not {shown(value)}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty when the field is not there."""
        value = self._given(name, [])
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise self.error(name, f"“{name}” must be a list of texts, like [“sh-port”]")
        return tuple(value)

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number. Without a default the field must be there."""
        value = self._given(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(name, f"“{name}” must be a whole number, not {shown(value)}")
        if abs(value) >= MAX_WHOLE:
            raise self.error(name, f"“{name}” is far too large a number")
        return value

    def yes_or_no(self, name: str) -> bool:
        """True or false; false when the field is not there."""
        value = self._given(name, False)
        if not isinstance(value, bool):
            raise self.error(name, f"“{name}” must be true or false, not {shown(value)}")
        return value

    def choice(self, name: str, choices: tuple[T, ...], default: T | None) -> T:
        """One of some words. Without a default the field must be there."""
        value = self.text(name, default)
        for choice in choices:
            if value == choice:
                return choice
        hint = did_you_mean(value, choices) or f" It is one of {', '.join(choices)}."
        raise self.error(name, f"“{name}” can't be {quoted(value)}.{hint}")

    def inner(self, name: str) -> "Fields":
        """The object in the field of this name."""
        return Fields(self._values[name], (*self._path, name), self._lines)

    def inner_or_whole(self, name: str) -> "Fields | int":
        """An object, or a whole number; 0 when the field is not there."""
        value = self._values.get(name)
        return self.inner(name) if isinstance(value, dict) else self.whole(name, 0)

    def required_list(self, name: str) -> "list[Fields]":
        """The objects of a list that must be there, though it may be empty."""
        if not self.has(name):  # null too: “nothing” must not be taken for “no services”
            message = f"“{name}” is missing: give a list, or [] for none"
            raise FormatError(self.line_of(self._path), message)
        return self.list(name)

    def list(self, name: str) -> "list[Fields]":
        """The objects of a list; empty when the field is not there."""
        value = self._given(name, [])
        if not isinstance(value, list):
            raise self.error(name, f"“{name}” must be a list, not {shown(value)}")
        path = (*self._path, name)
        return [Fields(entry, (*path, i), self._lines) for i, entry in enumerate(value)]

    def _given(self, name: str, default: Any) -> Any:
        value = self._values.get(name)
        if value is not None:
            return value
        if default is None:
            path = self._path if name not in self._values else (*self._path, name)
            raise FormatError(self.line_of(path), f"“{name}” is missing")
        return default
