"""Text ⇄ table: ipvsadm-save, keepalived.conf, ldirectord.cf, JSON and YAML; and a listing. Pure.

`read` and `write` say what is not carried; `convert` does both. What people may write in JSON and YAML,
with its defaults, stands in `lvs.formats.document`; for the other formats see docs/formats.md.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

from lvs.canonical_form import canonical_table
from lvs.collector import no_collection
from lvs.formats.detect import SOURCES, Source, detect, is_save
from lvs.formats.drafts import MAX_LENGTH, draft_of
from lvs.formats.errors import Draft, FormatError, Note
from lvs.model import Table
from lvs.rules import Problem, check_table, errors_in

if TYPE_CHECKING:
    from lvs.formats.surroundings import Surroundings

__all__ = [
    "FORMATS",
    "MAX_LENGTH",
    "SOURCES",
    "Converted",
    "Format",
    "FormatError",
    "Note",
    "Reading",
    "Source",
    "convert",
    "detect",
    "is_save",
    "parse",
    "parse_with_warnings",
    "read",
    "render",
    "write",
]

Format = Literal["text", "ipvsadm", "json", "yaml"]
FORMATS: tuple[Format, ...] = ("text", "ipvsadm", "json", "yaml")
"""In which a table can be shown."""


class Reading(NamedTuple):
    """What a text says."""

    table: Table
    """Canonical, and checked by `lvs.rules`."""
    warnings: tuple[Note, ...]
    """What is worth a second look: what rules warn of, and what the text's tool would mend."""
    notes: tuple[Note, ...]
    """What stands in the text and is not in the table."""


class Converted(NamedTuple):
    """A text in another format."""

    text: str
    warnings: tuple[Note, ...]
    notes: tuple[Note, ...]
    """What is not carried: by the reading, with a line, and by the writing, without one."""


def parse(text: str) -> Table:
    """The table that the text means, checked by `lvs.rules`.

    The format is told by the content. Raises FormatError, with the line of the first thing that is
    wrong.
    """
    return read(text).table


def parse_with_warnings(text: str) -> tuple[Table, list[str]]:
    """As `parse`, with what is not carried and what there is to warn of, a line number before each."""
    reading = read(text)
    left_out = (note._replace(message=f"not carried: {note.message}") for note in reading.notes)
    return reading.table, [str(note) for note in (*left_out, *reading.warnings)]


@no_collection()
def read(
    text: str, source: Source | Literal["auto"] = "auto", around: "Surroundings | None" = None
) -> Reading:
    """The table that the text means, with what is not carried; `auto` tells the format by the content.

    `around` looks up names and included files; without it, a text that needs any is refused. Raises
    FormatError, with the line of the first thing that is wrong.
    """
    draft = draft_of(text, source, around)
    problems = check_table(draft.table)
    errors = errors_in(problems)
    if errors:
        raise _first_error(draft, errors)
    warnings = [*draft.warnings, *(_located(draft, problem) for problem in problems)]
    return Reading(canonical_table(draft.table), _sorted(warnings), _sorted(draft.notes))


def write(table: Table, target: Source) -> tuple[str, tuple[Note, ...]]:
    """The table in a format, and a note for each thing that this format can't carry.

    The text ends with a line feed; without services it may be empty. Raises ValueError on another
    format.
    """
    if target == "keepalived":
        from lvs.formats.keepalived_write import render_keepalived

        return render_keepalived(table)
    if target == "ldirectord":
        from lvs.formats.ldirectord_write import render_ldirectord

        return render_ldirectord(table)
    if target == "ipvsadm":
        from lvs.formats.notes import about_no_services, about_sysctls, without_odd_names

        written, odd = without_odd_names(table)
        text = render(written, target)
        nothing = () if text else about_no_services(table)
        return text, (*about_sysctls(table), *nothing, *odd)
    return render(table, target), ()


def convert(
    text: str,
    source: Source | Literal["auto"],
    target: Source,
    around: "Surroundings | None" = None,
) -> Converted:
    """The text in another format. Raises FormatError as `read`, and ValueError as `write`."""
    reading = read(text, source, around)
    written, notes = write(reading.table, target)
    return Converted(written, reading.warnings, (*reading.notes, *notes))


def render(table: Table, style: Format) -> str:
    """The table as text that ends with a line feed (an empty table as `ipvsadm` is no text at all).

    With what was counted: `lvs.formats.listing` and `lvs.formats.document`. Raises ValueError on another
    format.
    """
    if style == "text":
        from lvs.formats.listing import render_listing

        return render_listing(table)
    if style == "ipvsadm":
        from lvs.formats.ipvsadm_save import render_save

        return render_save(table)
    if style in ("json", "yaml"):
        from lvs.formats.document import render_document

        return render_document(table, style)
    raise ValueError(f"“{style}” is no format: choose one of {', '.join(FORMATS)}")


def _first_error(draft: Draft, errors: list[Problem]) -> FormatError:
    first = min((_located(draft, error) for error in errors), key=_by_line)
    more = f" ({len(errors) - 1} more after this one)" if len(errors) > 1 else ""
    return FormatError(first.line, first.message + more, first.file)


def _by_line(note: Note) -> int:
    return note.line or 0


def _sorted(notes: Iterable[Note]) -> tuple[Note, ...]:
    """By file, the text itself first, and line."""
    return tuple(sorted(notes, key=lambda note: (note.file, note.line or 0)))


def _located(draft: Draft, problem: Problem) -> Note:
    return Note(draft.file_of(problem.path), draft.line_of(problem.path), problem.message)
