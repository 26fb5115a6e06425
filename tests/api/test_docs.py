"""The examples of docs/api.md, played in their order."""

import json
import re
import shlex
from pathlib import Path

import pytest

from apps.changes.models import Change
from tests.api.conftest import Program, check
from tests.factories import make_user

pytestmark = pytest.mark.django_db

TEXT = (Path(__file__).resolve().parent.parent.parent / "docs" / "api.md").read_text()
EXAMPLES = [
    command.replace("\\\n", " ")
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.S)
    for command in re.split(r"^(?=curl )", block, flags=re.M)
    if command.strip()
]


def parts_of(command):
    """Method, address, headers and body of a curl command."""
    words = shlex.split(command)[1:]
    method, url, headers, body = "", "", {}, ""
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = words.pop(0)
        else:
            assert word.startswith("$CONSOLE/"), f"{word} is no option that this test knows"
            url = word.removeprefix("$CONSOLE")
    return method or ("POST" if body else "GET"), url, headers, body


def test_every_example_works(operator, admin, cluster):
    assert len(EXAMPLES) == 14
    tokens = {"$TOKEN": operator.text, "$APPROVER": Program(make_user("admin")).text}
    for command in EXAMPLES:
        method, url, headers, body = parts_of(command)
        for name, text in tokens.items():
            headers["Authorization"] = headers["Authorization"].replace(name, text)
        if change := Change.objects.first():
            url = url.replace("changes/7/", f"changes/{change.pk}/").replace("=7", f"={change.pk}")
            body = body.replace('"…"', json.dumps(change.digest))
        response = operator.client.generic(method, url, body, "application/json", headers=headers)
        assert response.status_code in (200, 201), (command, response.content)
        check(method, response)
    assert Change.objects.get().state == "applying"


def test_every_status_of_a_refusal_is_told():
    told = {int(number) for number in re.findall(r"\b4\d\d\b", TEXT)}
    assert told == {400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429}
