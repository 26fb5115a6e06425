"""Tables and services in bodies: read as files are, with the path of what is wrong instead of its line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from apps.api.errors import DOCUMENT
from apps.changes.errors import Invalid
from lvs.formats.document import read_service, read_services
from lvs.formats.errors import FormatError
from lvs.model import Table, VirtualService
from lvs.rules import Path, Problem

T = TypeVar("T")
Lines = Callable[[], dict[Path, int]]


def table_in(value: Any) -> Table:
    """The table of a body, unchecked by rules. Raises Invalid with the first thing that is no such value."""
    return _read(value, (), lambda lines: read_services(value, lines).table)


def service_in(value: Any) -> VirtualService:
    """The same for one service, in the field “service” of a body."""
    path = ("service",)
    return _read(value, path, lambda lines: read_service(value, path, lines))


def _read(value: Any, root: Path, reader: Callable[[Lines], T]) -> T:
    paths = cache(lambda: list(_paths(value, root)))
    # Readers name a place by a number: that of its line in a text, here that of its path.
    lines = cache(lambda: {path: number for number, path in enumerate(paths())})
    try:
        return reader(lines)
    except FormatError as error:
        path = root if error.line is None else paths()[error.line]
        path = path if path[:1] == ("service",) else ("table", *path)
        raise Invalid([Problem(path, DOCUMENT, _sentence(error.message))]) from None


def _paths(value: Any, path: Path) -> Iterator[Path]:
    """The path of the value, and of each in it."""
    yield path
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths(inner, (*path, name))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!")) else ".")


@contextmanager
def inside(field: str) -> Iterator[None]:
    """What a service refuses inside is wrong in this field of the body."""
    try:
        yield
    except Invalid as error:
        problems = [problem.under(field) for problem in error.problems]
        raise Invalid(problems, str(error)) from None
