"""Only services write to the database: each of their functions leaves its audit record."""

import ast
from pathlib import Path

import pytest

APPS = Path(__file__).resolve().parent.parent.parent / "apps"
WRITES = {
    "save",
    "delete",
    "create",
    "update",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "asave",
    "adelete",
    "acreate",
    "aupdate",
    "aget_or_create",
    "aupdate_or_create",
}
READERS = [
    *APPS.glob("web/**/*.py"),
    *APPS.glob("api/**/*.py"),
    *APPS.glob("*/management/**/*.py"),
    *APPS.glob("jobs/relay/*.py"),
    *APPS.glob("*/tasks.py"),
    *APPS.glob("**/selectors.py"),
]


def writes_in(source):
    """Line and name of each call that could write a model."""
    for node in ast.walk(ast.parse(source)):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in WRITES:
            yield node.lineno, called.attr


def test_a_write_is_found():
    source = "change.save()\nChange.objects.filter(pk=1).update(state='')\n"
    assert list(writes_in(source)) == [(1, "save"), (2, "update")]


def test_there_is_something_to_look_through():
    assert len(READERS) > 20


@pytest.mark.parametrize("path", READERS, ids=lambda path: str(path.relative_to(APPS)))
def test_pages_sockets_commands_and_selectors_write_nothing(path):
    found = list(writes_in(path.read_text()))
    assert found == [], "call a function of a services module instead"
