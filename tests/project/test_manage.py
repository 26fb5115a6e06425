"""`manage.py` at a console whose settings, database or Redis are wrong: one line, and exit status 1."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError

from lvsconsole.command_line import explain
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
REASON = ("--reason", "lost")


def manage(tmp_path, *words, stdin="", **variables):
    """The command, at settings of production, without a terminal."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LVS_", "DJANGO_"))}
    given = {"LVS_DATA_DIR": str(tmp_path), "LVS_SECRET_KEY": "k" * 50} | variables
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=kept | {name: value for name, value in given.items() if value},
        input=stdin,
        capture_output=True,
        text=True,
        start_new_session=True,  # away from the terminal of who runs the tests
    )


@pytest.fixture
def no_database():
    """Where no PostgreSQL listens."""
    return {"LVS_DATABASE_URL": f"postgresql://lvs:secret-word@127.0.0.1:{free_port()}/lvs"}


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """The data folder of a console with tables."""
    folder = tmp_path_factory.mktemp("console")
    assert manage(folder, "migrate", "--no-input").returncode == 0
    return folder


@pytest.mark.parametrize(
    "words",
    [
        ("create_user", "ada", "--role", "admin", "--password-stdin"),
        ("set_password", "ada", "--password-stdin"),
        ("reset_second_factor", "ada", *REASON),
        ("enrol_director", "lb1"),
        ("signing_key",),
        ("signing_key", "--announce"),
        ("audit", "export"),
        ("migrate",),
    ],
    ids=" ".join,
)
def test_a_database_that_is_away_is_one_line(tmp_path, no_database, words):
    process = manage(tmp_path, *words, stdin="a-long-password\n", **no_database)
    (line,) = process.stderr.splitlines()
    assert line.startswith("The database can't be reached: ")
    assert "secret-word" not in line
    assert process.returncode == 1


def test_a_log_that_cant_be_checked_is_no_bad_record(tmp_path, no_database):
    process = manage(tmp_path, "audit", "verify", **no_database)
    assert process.returncode == 2
    assert "could not be checked" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(
    "words", [("migrate",), ("check",), ("create_user", "ada", "--role", "admin")]
)
def test_a_missing_secret_is_one_line(tmp_path, words):
    process = manage(tmp_path, *words, LVS_SECRET_KEY="")
    (line,) = process.stderr.splitlines()
    assert line.startswith("The settings are wrong: LVS_SECRET_KEY")
    assert process.returncode == 1


def test_a_console_without_tables_is_told_to_make_them(tmp_path):
    process = manage(tmp_path, "enrol_director", "lb1")
    (line,) = process.stderr.splitlines()
    assert "manage.py migrate" in line


def test_who_asks_for_the_traceback_gets_it(tmp_path, no_database):
    process = manage(tmp_path, "enrol_director", "lb1", "--traceback", **no_database)
    assert "Traceback" in process.stderr
    assert process.returncode == 1


@pytest.mark.parametrize("stdin", ["", "a-long-password\n", "a-long-password\n" * 2])
def test_without_a_terminal_it_says_how_to_give_the_password(migrated, stdin):
    process = manage(migrated, "create_user", "ada", "--role", "admin", stdin=stdin)
    assert process.returncode == 1
    (line,) = process.stderr.splitlines()
    assert "--password-stdin" in line


def test_an_account_is_made_with_the_password_of_standard_input(migrated):
    words = ("create_user", "eve", "--role", "admin", "--password-stdin")
    process = manage(migrated, *words, stdin="a-long-password\n")
    assert (process.returncode, process.stdout) == (0, "Created eve, admin.\n")


def wrapped(outer, cause):
    """As Django raises what a driver raised."""
    error = outer(str(cause))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ImproperlyConfigured("LVS_X is wrong"), "The settings are wrong: LVS_X is wrong"),
        (redis.ConnectionError("refused"), "Redis can't be reached: refused"),
        (redis.ResponseError("OOM command"), "Redis failed: OOM command"),
        (
            wrapped(OperationalError, psycopg.errors.DeadlockDetected("deadlock")),
            "The database failed: deadlock",
        ),
        (
            wrapped(ProgrammingError, psycopg.errors.UndefinedTable('relation "x" is not there')),
            'The database lacks a table: run “manage.py migrate” first (relation "x" is not there)',
        ),
        (wrapped(ProgrammingError, psycopg.errors.SyntaxError("syntax")), ""),
        (KeyError("a fault"), ""),
        (redis.DataError("Invalid input of type: 'NoneType'"), ""),
    ],
)
def test_what_an_error_is_called(error, line):
    assert explain(error) == line


def test_a_reader_that_has_seen_enough_is_no_error(migrated):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LVS_", "DJANGO_"))}
    process = subprocess.run(
        f"{sys.executable} manage.py migrate --plan --verbosity 3 | head -1",
        shell=True,
        cwd=ROOT,
        env=kept | {"LVS_DATA_DIR": str(migrated / "new"), "LVS_SECRET_KEY": "k" * 50},
        capture_output=True,
        text=True,
    )
    assert process.stderr == ""


def test_pages_are_told_of_what_a_command_did(migrated, redis_server):
    """At the end of the interpreter it would be too late: no name of a host is looked up any more."""
    address = redis_server.url.replace("127.0.0.1", "localhost")
    process = manage(migrated, "signing_key", LVS_REDIS_URL=address)
    assert process.returncode == 0, process.stderr
    process = manage(migrated, "enrol_director", "lb1", LVS_REDIS_URL=address)
    assert "pages are not told" not in process.stderr
