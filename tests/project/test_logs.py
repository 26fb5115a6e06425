"""The log: what is away takes a line a minute, any other error its whole traceback."""

import io
import logging
import sqlite3

import psycopg
import pytest
import redis
from celery import Celery
from celery.app.trace import build_tracer
from django.db import InterfaceError, OperationalError

from lvsconsole.addresses import place_of
from lvsconsole.logs import PatientHandler

REFUSED = "connection failed: connection refused\n  Is the server running?"


class Log:
    """A logger of its own with our handler, a clock that a test moves, and what was written."""

    def __init__(self):
        self.now = 0.0
        self.handler = PatientHandler(clock=lambda: self.now)
        self.handler.setStream(io.StringIO())
        self.logger = logging.Logger("apps.something")
        self.logger.addHandler(self.handler)

    def fail(self, error, message="it waits", *arguments):
        self.logger.error(message, *arguments, exc_info=error)

    @property
    def text(self):
        return self.handler.stream.getvalue()


@pytest.fixture
def log():
    return Log()


def wrapped(outer, cause):
    """As Django raises what a driver raised."""
    try:
        raise outer(str(cause)) from cause
    except outer as error:
        return error


def test_a_database_that_is_away_is_one_line(log):
    log.fail(wrapped(OperationalError, psycopg.OperationalError(REFUSED)))
    assert log.text == (
        "it waits: the database can't be reached: connection failed: connection refused "
        "Is the server running?\n"
    )


def test_a_message_that_repeats_the_error_makes_room_for_the_reason(log):
    log.logger.name = "celery.app.trace"
    error = redis.ConnectionError("Connection refused.")
    log.fail(error, "Task %s raised unexpected: %r", "a-b-c", error)
    assert log.text == "Redis can't be reached: Connection refused.\n"


def test_an_error_without_words_is_called_by_its_name(log):
    log.fail(redis.TimeoutError())
    assert log.text == "it waits: Redis can't be reached: TimeoutError\n"


def test_the_same_is_said_once_a_minute_with_how_many_were_left_out(log):
    for second in range(0, 62, 2):
        log.now = float(second)
        log.fail(redis.ConnectionError("refused"))
    line = "it waits: Redis can't be reached: refused"
    assert log.text.splitlines() == [line, f"{line} (29 more like it left out since)"]


def test_another_reason_is_said_at_once(log):
    log.fail(redis.ConnectionError("refused"))
    log.fail(redis.ConnectionError("no route to host"))
    assert len(log.text.splitlines()) == 2


def test_reasons_of_long_ago_are_forgotten(log):
    for number in range(100):
        log.now = number * 1000.0
        log.fail(redis.ConnectionError(str(number)))
    assert len(log.handler._said) == 1


NO_FAULT_OF_OURS = [
    wrapped(OperationalError, psycopg.errors.AdminShutdown("terminating connection")),
    wrapped(OperationalError, psycopg.errors.TooManyConnections("too many clients already")),
    wrapped(InterfaceError, psycopg.InterfaceError("the connection is closed")),
    redis.BusyLoadingError("loading the dataset in memory"),
]
FAULTS = [
    wrapped(OperationalError, psycopg.errors.DeadlockDetected("deadlock detected")),
    wrapped(OperationalError, psycopg.errors.LockNotAvailable("lock timeout")),
    redis.ResponseError("WRONGTYPE"),
    KeyError("a fault"),
]


@pytest.mark.parametrize("error", NO_FAULT_OF_OURS, ids=str)
def test_no_traceback_of(log, error):
    log.fail(error)
    assert len(log.text.splitlines()) == 1


@pytest.mark.parametrize("error", FAULTS, ids=str)
def test_a_traceback_each_time_of(log, error):
    log.fail(error)
    log.fail(error)
    assert log.text.count(type(error).__name__) == 2
    assert len(log.text.splitlines()) > 2


@pytest.mark.parametrize(
    ("database", "sql", "lines"),
    [("/nowhere/there", "SELECT 1", 1), (":memory:", "SELECT * FROM nothing", 0)],
)
def test_sqlite_that_cant_be_opened_is_away_and_a_missing_table_is_not(log, database, sql, lines):
    try:
        sqlite3.connect(database).execute(sql)
    except sqlite3.OperationalError as error:
        log.fail(wrapped(OperationalError, error))
    assert (len(log.text.splitlines()) == 1) == bool(lines)


def test_a_line_without_an_error_is_never_left_out(log):
    for _ in range(3):
        log.logger.warning("the same")
    assert log.text == "the same\n" * 3


def test_other_handlers_get_the_record_whole(log):
    seen = []
    other = logging.Handler()
    other.emit = seen.append
    log.logger.addHandler(other)
    log.fail(redis.ConnectionError("refused"))
    assert seen[0].exc_info[0] is redis.ConnectionError
    assert seen[0].getMessage() == "it waits"


def test_a_place_is_told_without_its_password():
    assert place_of("redis://user:secret@redis.example:6379/0") == "redis.example:6379"


@pytest.mark.parametrize(
    ("cause", "short"),
    [(psycopg.OperationalError("refused"), True), (psycopg.errors.DeadlockDetected("d"), False)],
)
def test_a_task_of_the_worker_that_failed_tells_one_from_the_other(log, cause, short):
    """Celery may carry an error to another process, and lose what caused it."""

    def fail():
        raise OperationalError(str(cause)) from cause

    celery = logging.getLogger("celery.app.trace")
    celery.addHandler(log.handler)
    try:
        with Celery(set_as_current=False) as app:
            trace = build_tracer("t", app.task(name="t")(fail), eager=False, app=app)
            trace("an-id", (), {}, {})
    finally:
        celery.removeHandler(log.handler)
    assert log.text
    assert ("Traceback" not in log.text) == short


def test_what_each_of_ours_was_doing_is_told(log):
    for number in (1, 2):
        log.fail(redis.ConnectionError("Connection refused."), "order %s is not sent", number)
    assert [line.split(":")[0] for line in log.text.splitlines()] == [
        "order 1 is not sent",
        "order 2 is not sent",
    ]


def test_a_locked_database_is_there(log):
    cause = sqlite3.OperationalError("database is locked")
    cause.sqlite_errorcode = sqlite3.SQLITE_BUSY
    log.fail(wrapped(OperationalError, cause), "row %s can't go on", 7)
    assert "row 7 can't go on" in log.text
    assert "Traceback" in log.text


def test_a_connection_of_nobody_knows_whom_shows_where_it_was(log):
    for _ in range(3):
        log.fail(raised(TimeoutError("no answer")))
    assert log.text.count("Traceback") == 1
    log.now += 61
    log.fail(raised(TimeoutError("no answer")))
    assert log.text.count("Traceback") == 2


def raised(error):
    try:
        raise error
    except type(error) as met:
        return met
