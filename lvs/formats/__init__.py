"""Text ⇄ table: the output of `ipvsadm -Sn`, JSON and YAML in; those and a listing out. Pure.

What people may write in JSON and YAML, with its defaults, stands in `lvs.formats.document`.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from lvs.formats.errors import Draft, FormatError
from lvs.model import Table, canonical_table
from lvs.rules import Problem, check_table, errors_in

if TYPE_CHECKING:
    from lvs.counters import ServiceCounters

__all__ = [
    "FORMATS",
    "MAX_LENGTH",
    "Format",
    "FormatError",
    "is_save",
    "parse",
    "parse_with_warnings",
    "render",
]

Format = Literal["text", "ipvsadm", "json", "yaml"]
FORMATS: tuple[Format, ...] = ("text", "ipvsadm", "json", "yaml")
MAX_LENGTH = 64 * 1024 * 1024
"""Characters: a table of ten thousand real servers takes two million."""


def parse(text: str) -> Table:
    """The table that the text means, checked by `lvs.rules`.

    JSON, YAML and the output of `ipvsadm -Sn` are told apart by their content. Raises FormatError,
    with the line of the first thing that is wrong.
    """
    return parse_with_warnings(text)[0]


def parse_with_warnings(text: str) -> tuple[Table, list[str]]:
    """As `parse`, with what `lvs.rules` warns of, a line number before each."""
    draft = _read(text)
    problems = check_table(draft.table)
    errors = errors_in(problems)
    if errors:
        raise _first_error(draft, errors)
    warnings = sorted((_located(draft, problem) for problem in problems), key=_by_line)
    return canonical_table(draft.table), [str(warning) for warning in warnings]


def render(
    table: Table,
    style: Format,
    counters: "Sequence[ServiceCounters] | None" = None,
    *,
    stats: bool = False,
) -> str:
    """The table as text that ends with a line feed (an empty table as `ipvsadm` is no text at all).

    `counters` fill the connection columns of `text`, and with `stats` they replace them by packets
    and bytes; JSON and YAML take them along with `stats`. Raises ValueError on another format.
    """
    if style == "text":
        from lvs.formats.listing import render_listing

        return render_listing(table, counters, stats=stats)
    if style == "ipvsadm":
        from lvs.formats.ipvsadm_save import render_save

        return render_save(table)
    if style in ("json", "yaml"):
        from lvs.formats.document import render_document

        return render_document(table, style, counters if stats else None)
    raise ValueError(f"“{style}” is no format: choose one of {', '.join(FORMATS)}")


def _first_error(draft: Draft, errors: list[Problem]) -> FormatError:
    first = min((_located(draft, error) for error in errors), key=_by_line)
    if len(errors) == 1:
        return first
    return FormatError(first.line, f"{first.message} ({len(errors) - 1} more after this one)")


def _by_line(error: FormatError) -> int:
    return error.line or 0


def _located(draft: Draft, problem: Problem) -> FormatError:
    return FormatError(draft.line_of(problem.path), problem.message)


_IPVSADM = re.compile(r"(\S*ipvsadm\s+)?--?[A-Za-z]")
_FOREIGN = {
    "IP Virtual Server version": "this is a listing (ipvsadm -Ln), which lacks settings: "
    "give the output of ipvsadm -Sn",
    "Prot LocalAddress": "this is a listing, which lacks settings: give the output of ipvsadm -Sn",
    "virtual_server": "this looks like keepalived.conf, which is not read yet: "
    "give the output of ipvsadm -Sn, JSON or YAML",
    "virtual=": "this looks like ldirectord.cf, which is not read yet: "
    "give the output of ipvsadm -Sn, JSON or YAML",
}


def _read(text: str) -> Draft:
    if len(text) > MAX_LENGTH:
        raise FormatError(None, f"the input is longer than {MAX_LENGTH} characters")
    text = text.removeprefix("\ufeff")
    line, start = _first_content(text)
    if start.startswith(("{", "[")):
        return _read_braces(text)
    if _IPVSADM.match(start):
        from lvs.formats.ipvsadm_save import read_save

        return read_save(text)
    for beginning, message in _FOREIGN.items():
        if start.startswith(beginning):
            raise FormatError(line, message)
    from lvs.formats.yaml_text import read_yaml

    return read_yaml(text)


def _read_braces(text: str) -> Draft:
    """JSON; or YAML in its flow style, which begins as JSON does."""
    from lvs.formats.json_text import NotJson, read_json

    try:
        return read_json(text)
    except NotJson as error:
        from lvs.formats.yaml_text import read_yaml

        try:
            return read_yaml(text)
        except FormatError:
            raise error from None


def is_save(text: str) -> bool:
    """Whether the text is read as the output of `ipvsadm -S`, which holds no thresholds."""
    try:
        return _IPVSADM.match(_first_content(text.removeprefix("\ufeff"))[1]) is not None
    except FormatError:
        return False


def _first_content(text: str) -> tuple[int, str]:
    """The first line that is neither blank nor a comment, and its number."""
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            return number, stripped
    raise FormatError(
        None, "the input is empty; to say that there are no services, write: services: []"
    )
