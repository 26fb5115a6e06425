"""Every model and every address that takes a POST either leaves a record or stands on a list with a reason.

That a POST which wrote an audited row also wrote a record is held in every test of a page: see the
fixture `every_write_is_recorded` in tests/web/conftest.py.
"""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.test import Client
from django.urls import get_resolver

import tests.web
from tests.audited import AUDITED, EXEMPT, Watch, written_by
from tests.factories import make_user

NO_RECORD = {
    "service-check": "looks at what was typed, stores nothing",
    "change-settings-check": "looks at what was typed, stores nothing",
    "change-fitness": "asks directors a question: an errand",
    "director-connections": "asks a director a question: an errand",
    "director-fitness": "asks a director a question: an errand",
    "errand-script": "asks a director a question: an errand",
    "second-factor": "a code that is wrong changes nothing; signing in is recorded by its signal",
    "turn-back": "forgets a half-done sign-in, which was none",
    "confirm": "what is wrong changes nothing; what is right is recorded",
}
"""Addresses whose POST changes nothing that a record would tell of."""


def names():
    for pattern in get_resolver().url_patterns:
        if getattr(pattern, "app_name", "") != "api":  # see tests/api/test_every_act.py
            yield from getattr(pattern, "url_patterns", ())


def takes_post(pattern, client):
    """Whether the address answers a POST with anything but "method not allowed"."""
    path = "/" + str(pattern.pattern)
    for kind, value in (
        ("slug:name", "web"),
        ("int:number", "1"),
        ("int:pk", "1"),
        ("uuid:uuid", "00000000-0000-4000-8000-000000000000"),
        ("str:slug", "tcp-192.0.2.1-80"),
        ("str:server", "192.0.2.2-80"),
        ("slug:name", "head"),
    ):
        path = path.replace(f"<{kind}>", value)
    return client.post(path).status_code != 405


def test_every_model_is_audited_or_says_why_not():
    labels = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert labels == AUDITED | EXEMPT.keys()
    assert not AUDITED & EXEMPT.keys()


@pytest.mark.django_db
def test_every_address_that_takes_a_post_is_posted_to_by_a_test_or_says_why_not():
    client = Client(raise_request_exception=False)
    client.force_login(make_user("admin"), "django.contrib.auth.backends.ModelBackend")
    posted = {p.name for p in names() if p.name and takes_post(p, client)}
    posted -= {"account_login", "mfa_authenticate"}  # second names of addresses of ours
    folder = Path(tests.web.__file__).parent
    texts = [path.read_text() for path in sorted(folder.glob("*.py"))]
    missing = [name for name in posted - NO_RECORD.keys() if not _posted_in(texts, name)]
    assert missing == []
    assert NO_RECORD.keys() <= posted, "a listed address takes no POST: take it off the list"


def _posted_in(texts, name):
    """Whether some test of a page posts to the address, by a path that looks like it."""
    (pattern,) = (str(p.pattern) for p in names() if p.name == name)
    last = [part for part in pattern.split("/") if part and "<" not in part]
    word = last[-1] if last else ""
    return any("post(" in text and re.search(rf"[/\"']{re.escape(word)}\b", text) for text in texts)


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ('INSERT INTO "changes_change" ("a") VALUES (1)', "changes_change"),
        ('UPDATE "jobs_run" SET "a" = 1', "jobs_run"),
        ('DELETE FROM "accounts_rolegrant" WHERE 1', "accounts_rolegrant"),
        ('INSERT OR IGNORE INTO "x" VALUES (1)', "x"),
        ('SELECT * FROM "x"', ""),
        ("SAVEPOINT a", ""),
    ],
)
def test_the_watch_knows_what_writes(sql, table):
    assert written_by(sql) == table
    watch = Watch()
    watch(lambda *_: None, sql, (), False, {})
    assert watch.tables == ({table} if table else set())
