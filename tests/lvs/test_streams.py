"""Reports and samples: what the agent makes the console can read, and nothing else passes."""

import json
import subprocess
import sys

import pytest

from lvs.agent import streams
from lvs.agent.shapes import LONGEST, BadMessage, parse_report, parse_sample

DIRECTOR = "0b4d8a52-7d5c-4b8e-9f5f-3f0c1f8a2b11"
STEP = {"text": "Add tcp 192.0.2.1:80", "command": "ipvsadm -A -t 192.0.2.1:80"}
ENDED = STEP | {"state": "done", "error": ""}
KEY = {"protocol": "tcp", "address": "192.0.2.1", "port": 80}

REPORTS = {
    "heartbeat": streams.heartbeat(
        DIRECTOR, 1.5, facts={"kernel": "6.1"}, revision=2, owned_digest="d", problem=""
    ),
    "observed": streams.observed(
        DIRECTOR, 1.5, table={"services": []}, owned={"services": [KEY]}, owned_digest="d"
    ),
    "run_started": streams.run_started(DIRECTOR, 1.5, run=1, revision=2, steps=[STEP]),
    "run_steps": streams.run_steps(
        DIRECTOR, 1.5, run=1, results=[{"index": 0, "state": "done", "error": ""}]
    ),
    "run_finished": streams.run_finished(
        DIRECTOR, 1.5, run=1, revision=2, state="verified", digest="d", steps=[ENDED]
    ),
    "refused": streams.refused(DIRECTOR, 1.5, what="order", reason="the order expired"),
}
PLACE = {"session": "a life", "number": 7}
REPORTS = {kind: report | PLACE for kind, report in REPORTS.items()}
ROW = [1, 2, 0, None, 10, 20, 30, 40, 50, 0.5, 1, 1, 2, None]


def text_of(message):
    return json.dumps(message)


def sample(**changes):
    made = streams.sample(at=1.5, seq=1, interval=None, rows={"tcp 192.0.2.1:80": ROW})
    return text_of(made | PLACE | changes)


@pytest.mark.parametrize("kind", REPORTS)
def test_every_report_arrives_as_it_was_made(kind):
    assert parse_report(text_of(REPORTS[kind]), DIRECTOR) == REPORTS[kind]


@pytest.mark.parametrize("kind", REPORTS)
def test_a_report_without_one_of_its_fields_is_refused(kind):
    for field in REPORTS[kind]:
        torn = {name: value for name, value in REPORTS[kind].items() if name != field}
        with pytest.raises(BadMessage):
            parse_report(text_of(torn), DIRECTOR)


@pytest.mark.parametrize("kind", REPORTS)
def test_a_field_of_the_wrong_type_is_refused(kind):
    for field in REPORTS[kind].keys() - {"already"}:
        with pytest.raises(BadMessage):
            parse_report(text_of(REPORTS[kind] | {field: True}), DIRECTOR)


def test_a_report_of_another_director_is_refused():
    with pytest.raises(BadMessage, match="in the stream of"):
        parse_report(text_of(REPORTS["heartbeat"]), "another")


@pytest.mark.parametrize(
    "change", [{"schema": 1}, {"type": "news"}, {"at": "now"}, {"steps": [1]}, {"state": "lost"}]
)
def test_a_report_that_breaks_the_agreement_is_refused(change):
    with pytest.raises(BadMessage):
        parse_report(text_of(REPORTS["run_finished"] | change), DIRECTOR)


@pytest.mark.parametrize(
    "facts",
    [
        {"kernel": 6},
        {"schedulers": "rr"},
        {"schedulers": [["rr"]]},
        {"addresses": 7},
        {"addresses": ["192.0.2.1"]},
        {"addresses": [{"interface": "eth0", "address": None}]},
        {"addresses": [{"interface": "eth0", "address": "192.0.2.1", "prefix": "24"}]},
        {"addresses": [{"interface": "eth0", "address": "192.0.2.1", "prefix": 129}]},
        {"addresses": [{"interface": "eth0", "address": "192.0.2.1", "more": 1}]},
        {"connection_table_size": True},
        {"ip_forward": "yes"},
    ],
)
def test_a_fact_of_the_wrong_type_is_refused(facts):
    with pytest.raises(BadMessage, match="fact"):
        parse_report(text_of(REPORTS["heartbeat"] | {"facts": facts}), DIRECTOR)


@pytest.mark.parametrize("prefix", [{}, {"prefix": 24}])
def test_addresses_come_with_their_prefix_or_from_older_agents_without(prefix):
    facts = {"addresses": [{"interface": "eth0", "address": "192.0.2.1"} | prefix]}
    report = parse_report(text_of(REPORTS["heartbeat"] | {"facts": facts}), DIRECTOR)
    assert report["facts"] == facts


@pytest.mark.parametrize(
    "change",
    [
        {"last_run": {"run": 1}},
        {"last_run": streams.last_run(run=1, revision=2, state="lost")},
        {"console_keys": [1]},
        {"console_keys": "k"},
    ],
)
def test_what_a_heartbeat_says_of_runs_and_keys_is_looked_at(change):
    with pytest.raises(BadMessage):
        parse_report(text_of(REPORTS["heartbeat"] | change), DIRECTOR)


def test_facts_that_nobody_knows_are_left_out():
    facts = {"kernel": "6.1", "more": [[[[]]]]}
    report = parse_report(text_of(REPORTS["heartbeat"] | {"facts": facts}), DIRECTOR)
    assert report["facts"] == {"kernel": "6.1"}


@pytest.mark.parametrize("kind", ["run_steps", "run_finished"])
def test_a_step_in_an_unknown_state_is_refused(kind):
    field = "results" if kind == "run_steps" else "steps"
    item = REPORTS[kind][field][0] | {"state": "maybe"}
    with pytest.raises(BadMessage, match="maybe"):
        parse_report(text_of(REPORTS[kind] | {field: [item]}), DIRECTOR)


@pytest.mark.parametrize("text", ["", "[]", "1", "{", b"\xff", "[" * 100_000, '{"at":NaN}'])
def test_what_is_no_object_is_refused(text):
    with pytest.raises(BadMessage):
        parse_report(text, DIRECTOR)


def test_a_sample_arrives_as_it_was_made():
    assert parse_sample(sample())["rows"] == {"tcp 192.0.2.1:80": ROW}


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 1},
        {"seq": "1"},
        {"at": -1},
        {"at": 1e300},
        {"interval": "1"},
        {"rows": []},
        {"rows": {"a": ROW[:-1]}},
        {"rows": {"a": [*ROW[:-1], "1"]}},
        {"rows": {"a": [*ROW[:-1], True]}},
        {"rows": {"a": {}}},
    ],
)
def test_a_sample_that_breaks_the_agreement_is_refused(change):
    with pytest.raises(BadMessage):
        parse_sample(sample(**change))


def test_a_message_beyond_all_measure_is_refused_before_it_is_read():
    with pytest.raises(BadMessage, match="longer than"):
        parse_sample(" " * (LONGEST + 1))


def test_a_number_that_json_does_not_know_is_refused():
    text = sample().replace("0.5", "Infinity")
    with pytest.raises(BadMessage, match="Infinity"):
        parse_sample(text)


def test_both_sides_need_nothing_but_python():
    code = (
        "import sys, lvs.agent.streams, lvs.agent.shapes; "
        "print(sorted(n for n in sys.modules if n.startswith(('celery', 'redis', 'django'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.replace("'", '"')) == []
