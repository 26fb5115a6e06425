"""Saying in what the kernel differs from the table it should hold: pure."""

from collections.abc import Iterator

from lvs.diff import FieldDiff, ServiceDiff, diff_tables
from lvs.diff_settings import SettingDiff, diff_settings
from lvs.model import Table

SHOWN = 3
"""Differences that a sentence names; the rest it counts."""


def explain_difference(desired: Table, found: Table) -> str:
    """One sentence that names service, real server and field, or setting, of the first differences."""
    return f"The kernel differs from the table: {in_words(desired, found, left_open=False)}"


def in_words(desired: Table, found: Table, shown: int = SHOWN, *, left_open: bool = True) -> str:
    """So many differences, named as `explain_difference` does, and how many more; "" when there are none.

    left_open: name settings that only `found` decides, too; a whole reading decides every one of them.
    """
    differences = [text for diff in diff_tables(desired, found) for text in _differences(diff)]
    settings = [d for d in diff_settings(desired, found) if left_open or d.kind != "added"]
    differences += [text for diff in settings if (text := _of_setting(diff))]
    more = len(differences) - shown
    return "; ".join(differences[:shown]) + (f"; and {more} more" if more > 0 else "")


def _of_setting(diff: SettingDiff) -> str:
    if diff.kind == "changed":
        return f"{diff.name} is “{diff.after}” instead of “{diff.before}”"
    if diff.kind == "removed":  # wanted, but the reading doesn't hold it
        return f"{diff.name} should be “{diff.before}” and can't be read here"
    if diff.kind == "added":
        return f"{diff.name} is “{diff.after}”, which the table leaves open"
    return ""


def _differences(diff: ServiceDiff) -> Iterator[str]:
    if diff.kind == "removed":
        yield f"{diff.service} is missing"
    elif diff.kind == "added":
        yield f"{diff.service} is there and should not be"
    elif diff.kind == "changed":
        if diff.fields:
            yield f"{diff.service} has {_fields(diff.fields)}"
        for server in diff.servers:
            where = f"{server.server} of {diff.service}"
            if server.kind == "removed":
                yield f"{where} is missing"
            elif server.kind == "added":
                yield f"{where} is there and should not be"
            elif server.kind == "changed":
                yield f"{where} has {_fields(server.fields)}"


def _fields(fields: tuple[FieldDiff, ...]) -> str:
    return ", ".join(f"{field.name} {field.after} instead of {field.before}" for field in fields)
