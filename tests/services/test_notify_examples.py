"""The examples that docs/notifications.md gives to receivers verify what the console really sends."""

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from apps.notify.events import EVENTS
from apps.notify.services import ask_test_call, deliver_due
from tests.receivers import Receiver
from tests.telling import hook_to

pytestmark = pytest.mark.django_db

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "notifications.md").read_text()


def example(language):
    (code,) = re.findall(rf"```{language}\n(.*?)```", TEXT, re.S)
    return code


@pytest.fixture
def sent(admin):
    """The secret, and the request that was signed with it."""
    with Receiver() as receiver:
        hook, secret = hook_to(receiver.url, admin)
        ask_test_call(actor=admin, webhook=hook)
        deliver_due()
    return secret, receiver.calls[0]


def test_the_one_in_python(sent):
    secret, call = sent
    names = {}
    exec(example("python"), names)
    is_ours = names["is_ours"]
    assert is_ours(secret, call.headers, call.body)
    assert not is_ours(secret, call.headers, call.body + b" ")
    assert not is_ours("another", call.headers, call.body)
    later = str(int(time.time()) - 301)
    assert not is_ours(secret, call.headers | {"X-LVSConsole-Timestamp": later}, call.body)


def test_the_one_for_a_shell(sent, tmp_path):
    assert shutil.which("openssl"), "the example needs openssl"
    secret, call = sent
    given = {
        "PATH": "/usr/bin:/bin",
        "secret": secret,
        "timestamp": call.headers["X-LVSConsole-Timestamp"],
        "signature": call.headers["X-LVSConsole-Signature"],
    }

    def says(body, **other):
        (tmp_path / "body").write_bytes(body)
        command = ["sh", "-c", example("sh")]
        return subprocess.run(
            command, cwd=tmp_path, env=given | other, capture_output=True, text=True
        ).stdout

    assert says(call.body) == "it is ours\n"
    assert says(call.body + b" ") == ""
    assert says(call.body, secret="another") == ""


def test_the_events_of_the_table_are_those_that_there_are():
    table = TEXT.partition("## E-mails")[0]
    assert set(re.findall(r"`(\w+)`", table)) == set(EVENTS)
