"""Comparing the database with the file outside, where what was cut or rewritten since still stands."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from apps.audit.lines import digest_in
from apps.audit.models import AuditLink
from apps.audit.verifying import BadRecord

CHUNK = 500


class _Line(NamedTuple):
    number: int
    """In the file, from 1."""
    position: int
    record: int
    hash: str
    previous: str


def compare(path: Path) -> tuple[int, int]:
    """First and last position that the file has, all as in the database; (0, 0) for an empty one.

    A line may stand there more than once: it was sent at least once. Raises BadRecord at the first that
    differs, OSError when the file can't be read, ValueError when it is no such file.
    """
    first, last, head = 0, 0, ""
    with path.open(encoding="utf-8") as file:
        lines = _lines(file)
        while chunk := list(islice(lines, CHUNK)):
            stored = AuditLink.objects.in_bulk([line.position for line in chunk])
            for line in chunk:
                _check(line, stored.get(line.position))
                if line.position <= last:
                    continue
                if last and (line.position != last + 1 or line.previous != head):
                    raise BadRecord(f"line {line.number} of {path} does not follow position {last}")
                first, last, head = first or line.position, line.position, line.hash
    return first, last


def _lines(file: Any) -> Iterator[_Line]:
    """Each line, proved to be whole. One that a crash cut is followed by itself again."""
    broken: int | None = None
    for number, text in enumerate(file, start=1):
        try:
            found = json.loads(text)
        except ValueError:
            if broken:
                raise ValueError(f"line {broken} of the file is no JSON") from None
            broken = number
            continue
        try:
            line = _Line(number, found["position"], found["id"], found["hash"], found["previous"])
            whole = digest_in(found) == found["digest"]
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"line {number} of the file is no record of the audit log") from None
        if not whole:
            raise BadRecord(
                f"line {number} of the file was changed: its content does not give its digest"
            )
        broken = None
        yield line


def _check(line: _Line, link: AuditLink | None) -> None:
    where = f"record {line.record} (position {line.position})"
    if link is None:
        raise BadRecord(f"{where} stands in the file, and no more in the database")
    if (link.hash, link.record_id) != (line.hash, line.record):
        raise BadRecord(
            f"{where} in the file is another than record {link.record_id} in the database"
        )
