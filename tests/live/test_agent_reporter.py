"""Reports on their way to a real Redis that comes and goes."""

import pytest
import redis

from lvs.agent import reporter as module
from lvs.agent import streams
from lvs.agent.envelope import Order
from lvs.agent.memory import Memory
from lvs.agent.reporter import Reporter
from lvs.agent.shapes import parse_report
from tests.identities import config, heard
from tests.live.parts import eventually

DIRECTOR = "0b4d8a52-7d5c-4b8e-9f5f-3f0c1f8a2b11"
LONG = 20


@pytest.fixture
def memory(tmp_path):
    return Memory(tmp_path)


@pytest.fixture
def made(redis_url, memory):
    """A reporter that was not started yet."""
    reporter = Reporter(config(DIRECTOR, redis_url), memory)
    yield reporter
    if reporter.is_alive():
        reporter.stop(LONG)


def beat(at):
    return streams.heartbeat(DIRECTOR, at, facts={}, revision=0, owned_digest="", problem="")


def steps(run):
    return streams.run_steps(DIRECTOR, 0, run=run, results=[])


def end(run):
    return streams.run_finished(DIRECTOR, 0, run=run, revision=1, state="verified")


def order(run):
    return Order(DIRECTOR, "", "web", 1, run, 1, "d", "", False, {}, 0, 0, {})


def sent(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        entries = client.xrange(streams.reports_stream(DIRECTOR))
    reports = [parse_report(heard("report", DIRECTOR, fields), DIRECTOR) for _, fields in entries]
    numbers = [(report.pop("session"), report.pop("number")) for report in reports]
    assert numbers == sorted(set(numbers))
    return reports


def test_reports_arrive_in_their_order(made, redis_url):
    wanted = [steps(1), end(1), beat(2), steps(2)]
    for message in wanted:
        made.put(message)
    made.start()
    made.stop(LONG)
    assert sent(redis_url) == wanted


def test_what_waits_holds_only_the_newest_heartbeat(made, redis_url):
    for message in (beat(1), steps(1), beat(2), end(1), beat(3)):
        made.put(message)
    made.start()
    made.stop(LONG)
    assert sent(redis_url) == [steps(1), end(1), beat(3)]


def test_everything_of_a_run_waits_for_redis(made, redis_url, redis_server, monkeypatch):
    monkeypatch.setattr(module, "RETRY_EVERY", 0.05)
    redis_server.stop()
    made.start()
    wanted = [steps(1), steps(2), end(1)]
    for message in wanted:
        made.put(message)
    redis_server.start()
    made.stop(LONG)
    assert sent(redis_url) == wanted


def test_the_end_of_a_run_is_noted_as_sent_when_redis_has_it(made, memory):
    memory.note_finished(order(1), end(1))
    made.put(end(1))
    made.start()
    made.stop(LONG)
    assert memory.pending() == []


def test_what_an_earlier_agent_could_not_send_goes_first(redis_url, memory):
    memory.note_finished(order(1), end(1))
    reporter = Reporter(config(DIRECTOR, redis_url), memory)
    reporter.put(beat(1))
    reporter.start()
    reporter.stop(LONG)
    assert sent(redis_url) == [end(1), beat(1)]


def test_a_queue_that_overflows_loses_steps_and_no_end(made, redis_url, monkeypatch):
    monkeypatch.setattr(module, "QUEUE_LIMIT", 4)
    for run in (1, 2, 3, 4):
        made.put(steps(run))
        made.put(end(run))
    made.start()
    made.stop(LONG)
    assert [message["type"] for message in sent(redis_url)] == ["run_finished"] * 4


def test_stopping_does_not_wait_for_a_redis_that_is_away(made, redis_server):
    redis_server.stop()
    made.start()
    made.put(end(1))
    made.stop(LONG)
    assert not made.is_alive()


def test_a_redis_that_is_full_is_not_called_away(made, redis_url, caplog, monkeypatch):
    monkeypatch.setattr(module, "RETRY_EVERY", 0.05)
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", "1")
        made.put(end(1))
        made.start()
        eventually(lambda: "Redis refuses reports, they wait: " in caplog.text)
        client.config_set("maxmemory", "0")
    made.stop(LONG)
    assert "away" not in caplog.text
    assert sent(redis_url) == [end(1)]
