"""The relay and the directors' reports: nothing is lost, nothing is stored twice."""

import signal
import time

import pytest
from django.db import OperationalError

from apps.audit.models import AuditRecord
from apps.changes.models import Change
from apps.jobs.models import Run
from apps.jobs.relay import intake
from apps.jobs.relay.reports import GROUP
from apps.telemetry.models import DirectorStatus
from tests.applying import queue_all, run_finished, run_started, run_steps, started, world
from tests.identities import enrolled
from tests.live.parts import Ear, RunningRelay, Voice, console, eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def director(redis_url):
    return enrolled(name="d1")


def revision(director):
    return (
        DirectorStatus.objects.filter(director=director).values_list("revision", flat=True).first()
    )


def test_a_report_is_stored_acknowledged_and_gone(director):
    voice = Voice(director)
    with RunningRelay():
        voice.heartbeat(revision=4)
        eventually(lambda: revision(director) == 4)
        eventually(lambda: voice.unread() == 0)
    assert voice.client.xpending(voice.reports, GROUP)["pending"] == 0


def test_a_new_director_is_heard_within_two_seconds(director):
    with RunningRelay():
        eventually(lambda: Voice(director).client.exists(Voice(director).reports))
        newcomer = enrolled(name="d2")
        voice = Voice(newcomer)
        voice.heartbeat(revision=1)  # before the relay can know it
        eventually(lambda: revision(newcomer) == 1, within=2.5)


def test_reports_wait_while_no_relay_runs(director):
    voice = Voice(director)
    for number in range(1, 4):
        voice.heartbeat(revision=number)
    with RunningRelay():
        eventually(lambda: revision(director) == 3)


def test_a_whole_run_goes_from_the_stream_to_the_page(redis_url):
    change = started(world())
    run = change.runs.get()
    voice = Voice(run.director)
    with RunningRelay(), Ear(f"change.{change.pk}") as ear:
        voice.report(run_started(run))
        voice.report(run_steps(run, 0))
        voice.report(run_finished(run))
        eventually(lambda: Change.objects.get(pk=change.pk).state == "applied")
        assert ear.next()["type"] == "live.event"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[]",
        "{}",
        '{"schema":1,"type":"heartbeat","director":"somebody-else","at":1}',
        '{"schema":99,"type":"heartbeat","director":"DIRECTOR","at":1}',
        '{"schema":1,"type":"observed","director":"DIRECTOR","at":1,"table":{"services":[{}]},'
        '"owned":[],"owned_digest":""}',
        '{"schema":1,"type":"heartbeat","director":"DIRECTOR","at":1,"facts":{"a":"\\u0000"},'
        '"revision":-5,"owned_digest":"","problem":"\\u0000"}',
    ],
)
def test_a_broken_report_stops_nothing(director, text, caplog):
    voice = Voice(director)
    voice.raw(text.replace("DIRECTOR", voice.uuid))
    voice.client.xadd(voice.reports, {"something": "else"})
    voice.heartbeat(revision=2)
    with RunningRelay():
        eventually(lambda: revision(director) == 2)
        eventually(lambda: voice.unread() == 0)
    assert "d1" in caplog.text


def test_what_was_stored_but_not_acknowledged_is_stored_once(redis_url):
    """The relay died between commit and acknowledgement, and comes back."""
    run = started(world()).runs.get()
    voice = Voice(run.director)
    voice.client.xgroup_create(voice.reports, GROUP, id="0", mkstream=True)
    voice.report(run_finished(run))
    _take(voice, "r1")
    intake.jobs.store_run_finished(director=run.director, message=run_finished(run))
    with RunningRelay("r1"):
        eventually(lambda: voice.unread() == 0)
    assert AuditRecord.objects.filter(action="run.verified").count() == 1


def test_what_was_taken_but_not_stored_is_stored_after_the_restart(redis_url):
    """The relay died between reading and commit, and comes back."""
    run = started(world()).runs.get()
    voice = Voice(run.director)
    voice.client.xgroup_create(voice.reports, GROUP, id="0", mkstream=True)
    voice.report(run_finished(run))
    _take(voice, "r1")
    with RunningRelay("r1"):
        eventually(lambda: Run.objects.get(pk=run.pk).state == "verified")


def test_what_a_dead_relay_left_behind_is_taken_over(director):
    voice = Voice(director)
    voice.client.xgroup_create(voice.reports, GROUP, id="0", mkstream=True)
    voice.heartbeat(revision=3)
    entry = _take(voice, "dead")
    voice.client.xclaim(voice.reports, GROUP, "dead", 0, [entry], idle=60_000, justid=True)
    with RunningRelay("r1"):
        eventually(lambda: revision(director) == 3)


def test_two_relays_side_by_side_store_each_report_once(redis_url):
    change = started(world(directors=3))
    queue_all(change)  # a run whose turn has not come is not believed
    runs = list(change.runs.select_related("director"))
    with RunningRelay("r1"), RunningRelay("r2"):
        for run in runs:
            voice = Voice(run.director)
            voice.report(run_started(run))
            voice.report(run_finished(run))
        eventually(lambda: not Run.objects.exclude(state="verified").exists())
    assert AuditRecord.objects.filter(action="run.verified").count() == 3


def test_a_database_that_is_away_costs_no_report(director, monkeypatch, caplog):
    voice = Voice(director)
    store, tries = intake._store, []

    def failing(*args):
        tries.append(voice.client.xpending(voice.reports, GROUP)["pending"])
        if len(tries) < 3:
            raise OperationalError("the server closed the connection unexpectedly")
        store(*args)

    monkeypatch.setattr(intake, "_store", failing)
    voice.heartbeat(revision=6)
    with RunningRelay():
        eventually(lambda: revision(director) == 6)
    assert tries == [1, 1, 1]  # not acknowledged until it was stored
    assert "the database" in caplog.text


def test_a_redis_that_restarts_with_its_data_costs_no_report(director, redis_server):
    voice = Voice(director)
    with RunningRelay():
        voice.heartbeat(revision=1)
        eventually(lambda: revision(director) == 1)
        redis_server.stop()
        time.sleep(0.5)
        redis_server.start()
        voice.heartbeat(revision=2)
        eventually(lambda: revision(director) == 2)


def test_a_redis_that_was_emptied_is_set_up_again(director, redis_server):
    voice = Voice(director)
    with RunningRelay():
        voice.heartbeat(revision=1)
        eventually(lambda: revision(director) == 1)
        redis_server.flush()
        voice.heartbeat(revision=2)
        eventually(lambda: revision(director) == 2)


def test_a_redis_that_freezes_is_waited_for(director, redis_server):
    voice = Voice(director)
    with RunningRelay():
        voice.heartbeat(revision=1)
        eventually(lambda: revision(director) == 1)
        redis_server.pause()
        time.sleep(6)  # longer than the relay waits for an answer
        redis_server.resume()
        voice.heartbeat(revision=2)
        eventually(lambda: revision(director) == 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_ends_well_on_a_signal(director, number):
    voice = Voice(director)
    relay = console("manage.py", "relay", "--name", "r1")
    try:
        voice.heartbeat(revision=1)
        eventually(lambda: revision(director) == 1, within=20)
        relay.send_signal(number)
        output, _ = relay.communicate(timeout=10)
    finally:
        relay.kill()
    assert relay.returncode == 0
    assert "Traceback" not in output


def test_a_killed_process_loses_nothing_and_stores_nothing_twice(redis_url):
    made = world(directors=4)
    runs = list(started(made).runs.select_related("director"))
    relay = console("manage.py", "relay", "--name", "r1")
    try:
        eventually(
            lambda: Voice(runs[0].director).client.exists(Voice(runs[0].director).reports), 20
        )
        for run in runs:
            Voice(run.director).report(run_started(run))
            Voice(run.director).report(run_finished(run))
        eventually(lambda: Run.objects.exclude(state="queued").exists(), every=0.001)
    finally:
        relay.kill()
        relay.communicate()
    with RunningRelay("r1"):
        eventually(lambda: not Run.objects.exclude(state="verified").exists())
        eventually(lambda: not any(Voice(run.director).unread() for run in runs))
    assert AuditRecord.objects.filter(action="run.verified").count() == 4


def test_an_error_of_its_own_ends_the_process_and_says_so(director, monkeypatch, caplog):
    from apps.jobs.relay.process import Relay
    from apps.jobs.relay.samples import SampleReader

    monkeypatch.setattr(SampleReader, "session", lambda *_: 1 / 0)
    assert Relay("r1").run() is False
    assert "ZeroDivisionError" in caplog.text


def _take(voice, consumer):
    """Read the newest report as a relay of that name and do nothing with it."""
    answer = voice.client.xreadgroup(GROUP, consumer, {voice.reports: ">"})
    return answer[0][1][-1][0]


def test_a_stream_that_goes_is_no_error_and_the_relay_hears_on(director, caplog):
    caplog.set_level("INFO", "apps.jobs.relay")
    voice = Voice(director)
    with RunningRelay():
        eventually(lambda: redis_knows_the_group(voice))
        time.sleep(0.3)  # it waits for news
        voice.client.unlink(voice.reports)  # as the worker does with those of whom it cuts off
        eventually(lambda: "a director was cut off" in caplog.text)
        voice.heartbeat()
        eventually(lambda: DirectorStatus.objects.filter(director=director).exists())
    assert "UNBLOCKED" not in caplog.text
    assert "trying again" not in caplog.text


def redis_knows_the_group(voice):
    return voice.client.exists(voice.reports) and voice.client.xinfo_groups(voice.reports)


def test_the_log_says_how_many_directors_are_heard_as_they_come(redis_url, caplog):
    caplog.set_level("INFO", "apps.jobs.relay")
    with RunningRelay():
        eventually(lambda: "no director is enrolled yet" in caplog.text)
        enrolled(name="d1")
        eventually(lambda: "listening to 1 director\n" in caplog.text)
        enrolled(name="d2")
        eventually(lambda: "listening to 2 directors" in caplog.text)
    said = [r.getMessage() for r in caplog.records if r.getMessage().startswith("reports: ")]
    assert len(said) == 3
