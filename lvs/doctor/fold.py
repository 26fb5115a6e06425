"""A shorter document for the console, which gets one for each question. Pure.

Of ten thousand direct real servers the whole document is 8 MB, for each has commands of its own.
"""

from collections.abc import Iterable
from typing import Any

Document = dict[str, Any]

ALIKE = 50
"""So many findings of one level and code, and so many advices for one way, are kept one by one."""


def fold(document: Document) -> Document:
    """`render.to_document`'s, with what is alike folded: every count and every address stays in it.

    The findings past the first `ALIKE` of a level and code become one, with `count`, how many it stands
    for; so do advices, with all their real servers and no commands.
    """
    return document | {
        "findings": _fold_findings(document["findings"]),
        "real_servers": _fold_advice(document["real_servers"]),
    }


def _fold_findings(findings: Iterable[Document]) -> list[Document]:
    shown: list[Document] = []
    number: dict[tuple[str, str], int] = {}
    rests: dict[tuple[str, str], Document] = {}
    for finding in findings:
        kind = finding["level"], finding["code"]
        number[kind] = number.get(kind, 0) + 1
        if number[kind] <= ALIKE:
            shown.append(finding)
        elif kind not in rests:
            rests[kind] = dict(finding)
            shown.append(rests[kind])
    for kind, rest in rests.items():
        more = number[kind] - ALIKE
        title = "Others like it: on the director “python -m lvs doctor --format json” names all"
        rest.update(subject=f"{more} more", title=title, why="", mend="", count=more)
    return shown


def _fold_advice(advice: Iterable[Document]) -> list[Document]:
    shown: list[Document] = []
    number: dict[tuple[str, ...], int] = {}
    rests: dict[tuple[str, ...], Document] = {}
    for part in advice:
        ways = tuple(part["ways"])
        number[ways] = number.get(ways, 0) + 1
        if number[ways] <= ALIKE:
            shown.append(part)
        elif ways not in rests:
            note = "Their commands: “python -m lvs doctor --servers” on the director prints them."
            rests[ways] = part | {"servers": [*part["servers"]], "commands": [], "notes": [note]}
            shown.append(rests[ways])
        else:
            rests[ways]["servers"] += part["servers"]
    return shown
