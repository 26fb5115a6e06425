"""YAML text → the services it describes, with the line of each value.

Built on the parser's events and not on its constructors: nothing in the text can name code, and no
alias can blow it up. Scalars mean what they mean in YAML 1.2: `no` is text, `0x10` is 16.
"""

import re
from typing import Any

import yaml

from lvs.formats.document import read_services
from lvs.formats.errors import Draft, FormatError, quoted
from lvs.rules import Path

MAX_DEPTH = 32
"""A table is six levels deep."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Draft:
    """The services of a YAML text, unchecked. Raises FormatError on all that is no such text."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"this is no YAML: {error.problem or error.context}"
        last = text.count("\n") + 1  # the parser may point behind the end
        raise FormatError(min(mark.line + 1, last) if mark else None, message) from None
    except yaml.YAMLError as error:
        raise FormatError(
            _line_of_control(text), f"this is no YAML: {_first_line(error)}"
        ) from None
    except UnicodeEncodeError:
        raise FormatError(None, "the text holds half a character (a lone surrogate)") from None
    return read_services(builder.value, lambda: builder.lines)


def _line_of_control(text: str) -> int | None:
    """Where the first character stands that no YAML text may hold: the parser says only which it is."""
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "it can't be read")


class _Builder:
    """Plain values from parser events, without recursion."""

    def __init__(self) -> None:
        self.value: Any = None
        self.lines: dict[Path, int] = {}
        self._path: list[str | int] = []
        self._open: list[dict[str, Any] | list[Any]] = []
        self._key: str | None = None
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        """Use one event. Raises FormatError on what a table has no use for."""
        mark: Any = event.start_mark
        line: int = mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._refuse_tag(event, line)
            self._start({} if isinstance(event, yaml.MappingStartEvent) else [], line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._open.pop()
            if self._path:
                self._path.pop()
        elif isinstance(event, yaml.AliasEvent):
            name = quoted(f"*{event.anchor}")
            raise FormatError(line, f"aliases ({name}) are not supported: write the value out")
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise FormatError(line, "a second document begins here: give one only")

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        self._refuse_tag(event, line)
        holder = self._open[-1] if self._open else None
        if isinstance(holder, dict) and self._key is None:
            if event.value in holder:
                raise FormatError(line, f"{quoted(event.value)} stands twice in this mapping")
            self._key = event.value
            self.lines[(*self._path, event.value)] = line
            return
        plain = event.style is None or event.style == ""
        self._place(_resolved(event.value, line) if plain else event.value, line)
        if self._path:
            self._path.pop()

    def _start(self, made: dict[str, Any] | list[Any], line: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise FormatError(line, "the YAML is nested too deeply to be a table")
        self._place(made, line)
        self._open.append(made)

    def _place(self, value: Any, line: int) -> None:
        """Put a value into what holds it, and leave its key or index on the path."""
        holder = self._open[-1] if self._open else None
        if holder is None:
            self.value = value
        elif isinstance(holder, list):
            self._path.append(len(holder))
            holder.append(value)
        elif self._key is None:
            raise FormatError(line, "a mapping or list can't be a key: give a plain word")
        else:
            self._path.append(self._key)
            holder[self._key] = value
            self._key = None
        self.lines.setdefault(tuple(self._path), line)

    @staticmethod
    def _refuse_tag(event: Any, line: int) -> None:
        if event.tag is not None and event.tag != "!":
            raise FormatError(line, f"tags ({quoted(event.tag)}) are not supported: leave it out")


_CONSTANTS = {"null": None, "~": None, "": None, "true": True, "false": False}
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+")


def _resolved(text: str, line: int) -> Any:
    word = text if text.islower() else text.lower() if text.istitle() or text.isupper() else text
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if not _WHOLE.fullmatch(text):
        return text
    if len(text) > 20:
        raise FormatError(line, f"{quoted(text, 24)} is too large a number")
    return int(text, 16 if text.startswith("0x") else 10)
