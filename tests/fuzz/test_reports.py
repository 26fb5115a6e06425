"""Whatever a director reports: it is stored, or dropped as a whole, and nothing stops the relay."""

import sqlite3

import pytest
from django.db import OperationalError, connection
from hypothesis import event, example, given
from hypothesis import strategies as st
from psycopg.errors import AdminShutdown, ProgramLimitExceeded

from apps.audit.models import AuditRecord
from apps.jobs.models import Errand, Outbox, Run, RunStep
from apps.jobs.relay import intake
from apps.telemetry.models import DirectorStatus
from lvs.agent.shapes import BadMessage, parse_report
from tests.fuzz.hostile import FUZZ, damaged, nested, values, written
from tests.fuzz.reported import heard, setting, store, undone

KINDS = [
    *("heartbeat", "observed", "run_started", "run_steps", "run_finished"),
    *("refused", "errand_answered"),
]
HEAD = ("schema", "type", "director", "session", "number")
STORED = [DirectorStatus, Run, RunStep, Outbox, Errand]


@pytest.fixture
def told(db):
    return setting()


def state():
    return [list(model.objects.order_by("pk").values()) for model in STORED]


def report(told, text):
    store(told.director, text.encode("utf-8", "surrogatepass"))


@FUZZ
@given(kind=st.sampled_from(KINDS), data=st.data())
def test_a_report_is_stored_or_dropped_whole_whatever_it_holds(told, kind, data):
    before = state()
    text = written(data.draw(damaged(told.reports[kind], keep=HEAD)))
    with undone():
        with heard() as lines:
            report(told, text)
        dropped = [line for line in lines if "dropped" in line]
        event(f"{kind} {'dropped' if dropped else 'taken'}")
        assert not any("can't be stored" in line for line in dropped), dropped
        if dropped:
            assert state() == before


@FUZZ
@given(data=st.binary(max_size=40) | values.map(lambda value: written(value).encode()))
@example(b"\xef\xbb\xbf{}")
@example('{"schema":1}'.encode("utf-16"))
@example(b'"\xed\xa0\x80"')
def test_bytes_that_are_no_report_raise_the_declared_error_alone(data):
    with pytest.raises(BadMessage) as refused:
        parse_report(data, "d")
    assert len(str(refused.value)) < 500


def test_more_results_than_a_query_has_room_for_are_stored(told):
    """SQLite calls that an OperationalError, as if it were away: the relay would try for ever."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        limit = connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 1100)
    results = [{"index": i, "state": "done", "error": ""} for i in range(1200)]
    for _ in range(2):
        report(told, written(told.reports["run_steps"] | {"results": results}))
    assert told.run.steps.count() == 1200
    if connection.vendor == "sqlite":
        connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, limit)


@pytest.mark.parametrize("name", ["steps", "results"])
def test_texts_of_megabytes_are_cut(told, name):
    long = "e" * (3 << 20)
    step = {"index": 0, "text": long, "command": long, "state": "failed", "error": long}
    kind = {"steps": "run_finished", "results": "run_steps"}[name]
    with heard() as lines:
        report(told, written(told.reports[kind] | {name: [step], "state": "failed", "error": long}))
    assert lines == []
    assert len(told.run.steps.get(index=0).error) == 300
    if name == "steps":
        assert len(Run.objects.get(pk=told.run.pk).error) == 10_000
        assert len(AuditRecord.objects.get(action="run.failed").after["error"]) == 10_000


def test_an_end_is_not_lost_for_a_character_that_no_database_takes(told):
    report(told, written(told.reports["run_finished"] | {"state": "failed", "error": "\ud800 \0"}))
    run = Run.objects.get(pk=told.run.pk)
    assert (run.state, run.error) == ("failed", "� ␀")


@pytest.mark.parametrize(
    "change",
    [
        {"facts": {"hostname": "h" * (1 << 20)}},  # every list of directors reads it
        {"revision": -1},
        {"revision": 2**31},
        {"facts": {"more": nested(40)}},
        {"facts": {"connection_table_size": 2**64}},
        {"at": 10**400},
    ],
)
def test_a_heartbeat_of_values_that_can_not_be_is_dropped_with_its_reason(told, change):
    with heard() as lines:
        report(told, written(told.reports["heartbeat"] | change))
    assert len(lines) == 1
    assert "is dropped: " in lines[0]
    assert DirectorStatus.objects.get(director=told.director).facts == {}


@pytest.mark.parametrize("address", [" ", "x", "192.0.2.01"])
def test_an_owned_service_at_no_address_is_dropped_with_its_reason(told, address):
    owned = told.reports["observed"]["owned"]
    owned = owned | {"services": [{"protocol": "tcp", "address": address, "port": 1}]}
    with heard() as lines:
        report(told, written(told.reports["observed"] | {"owned": owned}))
    assert ["the observed table can't be read" in line for line in lines] == [True]


@pytest.mark.parametrize(("why", "away"), [(ProgramLimitExceeded, False), (AdminShutdown, True)])
def test_what_is_beyond_a_limit_of_the_database_does_not_wait_for_it(told, monkeypatch, why, away):
    def store(*args):
        raise OperationalError from why()

    monkeypatch.setattr(intake, "_store", store)
    with pytest.raises(OperationalError) if away else heard() as lines:
        report(told, written(told.reports["refused"]))
    assert away or "can't be stored" in lines[0]
