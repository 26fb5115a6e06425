"""Comparing the database with a file outside, where what was cut or rewritten since still stands."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from apps.audit.canonical import link_hash
from apps.audit.lines import digest_in
from apps.audit.models import AuditLink, AuditSeal
from apps.audit.seals import Head, holds
from apps.audit.verifying import BadRecord

CHUNK = 500
Keys = Mapping[str, Ed25519PublicKey]


class Agreed(NamedTuple):
    """What the file has, all as in the database."""

    records: int
    seals: int


class _Line(NamedTuple):
    number: int
    """In the file, from 1."""
    found: dict[str, Any]

    @property
    def position(self) -> int:
        return int(self.found["position"])


def compare(path: Path, keys: Keys, *, whole: bool) -> Agreed:
    """Hold each line against the database. A line may stand there more than once: it was sent at least once.

    whole: each record must follow the one before, as in a file that was sent outside; an export has any
    of them. Raises BadRecord at the first that differs, OSError when the file can't be read, ValueError when
    it is no such file.
    """
    last, head, records, seals = 0, "", 0, 0
    with path.open(encoding="utf-8", errors="replace") as file:
        lines = _lines(file, whole=whole)
        while chunk := list(islice(lines, CHUNK)):
            links = AuditLink.objects.in_bulk([line.position for line in chunk])
            kept = AuditSeal.objects.in_bulk(list(links), field_name="position")
            for line in chunk:
                link = links.get(line.position)
                if line.found["kind"] == "seal":
                    _check_seal(line, link, kept.get(line.position), keys)
                    seals += 1
                    continue
                _check(line, link)
                records += 1
                if line.position <= last:
                    continue
                follows = line.position == last + 1 and line.found["previous"] == head
                if whole and last and not follows:
                    raise BadRecord(f"line {line.number} of {path} does not follow position {last}")
                last, head = line.position, line.found["hash"]
    return Agreed(records, seals)


def _lines(file: Any, *, whole: bool) -> Iterator[_Line]:
    """Each line, proved to be whole. whole: one that a crash cut is followed by itself again."""
    broken: int | None = None
    for number, text in enumerate(file, start=1):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            if broken or not whole:
                raise ValueError(f"line {broken or number} of the file is no JSON") from None
            broken = number
            continue
        try:
            made = _is_whole(found)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
            raise ValueError(f"line {number} of the file is no line of the audit log") from None
        if not made:
            raise BadRecord(
                f"line {number} of the file was changed: its content does not give its digest"
            )
        broken = None
        yield _Line(number, found)


def _is_whole(found: Any) -> bool:
    """Whether digest and hash are those of the content. Raises KeyError, TypeError or ValueError."""
    int(found["position"])
    if found["kind"] == "seal":
        datetime.fromisoformat(found["sealed_at"])
        return {"hash", "key_id", "signature"} <= found.keys()
    made = link_hash(found["previous"], found["digest"], found["id"])
    return digest_in(found) == found["digest"] and made == found["hash"]


def _check(line: _Line, link: AuditLink | None) -> None:
    where = f"record {line.found['id']} (position {line.position})"
    if link is None:
        raise BadRecord(f"{where} stands in the file, and no more in the database")
    if (link.hash, link.record_id) != (line.found["hash"], line.found["id"]):
        raise BadRecord(
            f"{where} in the file is another than record {link.record_id} in the database"
        )


def _check_seal(line: _Line, link: AuditLink | None, kept: AuditSeal | None, keys: Keys) -> None:
    said, where = (
        line.found,
        f"the seal at position {line.position}, line {line.number} of the file,",
    )
    key = keys.get(said["key_id"])
    if key is None:
        raise ValueError(f"{where} is signed by key {said['key_id']}, which is none of those given")
    head = Head(line.position, said["hash"], datetime.fromisoformat(said["sealed_at"]))
    if not holds(head, said["signature"], key):
        raise BadRecord(f"{where} is forged")
    if link is None or link.hash != said["hash"]:
        raise BadRecord(f"{where} is of another chain than the database's")
    if kept is None or kept.signature != said["signature"]:
        raise BadRecord(f"{where} is no more in the database")
