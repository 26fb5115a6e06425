"""Pages of a long list by its ids: no count, no offset, so the last page costs what the first does."""

from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import QueryDict

SIZE = 50


class KeysetPage(NamedTuple):
    """Rows, newest first, and the ids to ask for what is older and newer; 0 = nothing there."""

    rows: list[Any]
    older: int
    newer: int


def page_of(rows: QuerySet[Any], asked: QueryDict, size: int = SIZE) -> KeysetPage:
    """The page after `?before=ID` (older) or `?after=ID` (newer); the newest where neither is asked."""
    before, after = _number(asked.get("before")), _number(asked.get("after"))
    if after:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        more, found = len(found) > size, found[:size][::-1]
        if not found:
            return page_of(rows, QueryDict(), size)
        return KeysetPage(found, found[-1].pk, found[0].pk if more else 0)
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: size + 1])
    more, found = len(found) > size, found[:size]
    newer = (found[0].pk if found else before - 1) if before else 0
    return KeysetPage(found, found[-1].pk if more else 0, newer)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
