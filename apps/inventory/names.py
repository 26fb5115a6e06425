"""Which names clusters and directors may have."""

import re

from apps.inventory.errors import InventoryError

LONGEST = 63
RESERVED = frozenset({"new"})
"""Words that stand in addresses of pages where a cluster's name does."""

_CLUSTER = re.compile(r"[a-z0-9][a-z0-9_-]*")
_DIRECTOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def cluster_name(text: str) -> str:
    """The name of a cluster without blanks around it. Raises InventoryError where it can't be one."""
    name = _short(text, "cluster")
    if not _CLUSTER.fullmatch(name):
        raise InventoryError(
            "A cluster's name is made of lower-case letters, digits, - and _, "
            "and begins with a letter or digit.",
            "name",
        )
    if name in RESERVED:
        raise InventoryError(f"“{name}” stands for a page of its own: choose another name.", "name")
    return name


def director_name(text: str) -> str:
    """The name of a director without blanks around it. Raises InventoryError where it can't be one."""
    name = _short(text, "director")
    if not _DIRECTOR.fullmatch(name):
        raise InventoryError(
            "A director's name is made of letters, digits, dots, - and _, "
            "and begins with a letter or digit.",
            "name",
        )
    return name


def _short(text: str, kind: str) -> str:
    name = text.strip()
    if not name:
        raise InventoryError(f"Give the {kind} a name.", "name")
    if len(name) > LONGEST:
        message = f"The name is {len(name)} characters long: {LONGEST} at most."
        raise InventoryError(message, "name")
    return name
