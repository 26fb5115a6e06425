"""Whatever is sent to the API: what it answers is documented, and what it refuses has changed nothing."""

import pytest
from django.core.cache import cache as requests_counted
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from apps.changes.models import Change, Review
from tests.api.conftest import Program
from tests.api.test_every_act import SERVICE, story
from tests.factories import make_cluster, make_user
from tests.fuzz.hostile import FUZZ, damaged, texts, values, written
from tests.fuzz.reported import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing_key")]

TUNNEL = SERVICE["real_servers"][0] | {
    "forwarding": "tunnel",
    "tunnel": {"type": "gue", "port": 6080, "checksum": "csum"},
}
MARK = {"fwmark": 7, "family": "inet6", "persistence": {"timeout": 9, "netmask": "64"}}
WHOLE = {
    "services": [SERVICE, SERVICE | {"port": 8080, "real_servers": [TUNNEL]}, MARK],
    "timeouts": {"tcp": 900, "tcp_fin": 120, "udp": 300},
    "sync": [{"role": "master", "interface": "eth0", "syncid": 1, "group": "224.0.0.81"}],
    "sysctls": {"conn_reuse_mode": 1, "sync_threshold": "3 50"},
}
RICHER = {
    "changes_put_table": {"table": WHOLE},
    "changes_put_service": {"service": WHOLE["services"][1]},
    "changes_submit": {"start_at": None, "confirm_within": 5, "adopt": True, "allow_empty": False},
    "changes_rebase": {"choices": {"services": "mine"}},
    "revisions_roll_back": {"title": "Back", "reason": "It broke"},
}
"""What else a good body may hold."""


@pytest.fixture
def acts(db):
    """Each operation that writes: its name, who calls it, and how."""
    cluster = make_cluster("web")
    author, approver = Program(make_user("operator", "olga")), Program(make_user("admin", "adil"))
    made = story(author, approver, cluster)
    return [(*act[:-1], act[-1] | RICHER.get(act[0], {})) for act in made]


def state():
    return [list(model.objects.order_by("pk").values()) for model in (Change, Review)]


def call(program, method, path, body, **headers):
    """The answer, held against the OpenAPI document."""
    requests_counted.clear()  # or all but the first would be one too many
    return program.call(method, path, body, **headers)


@settings(FUZZ, max_examples=120)
@given(data=st.data())
def test_a_body_is_taken_or_refused_whole_with_its_problems(acts, data):
    name, program, method, path, good = data.draw(st.sampled_from(acts))
    body = data.draw((damaged(good) if good else values) | st.just(good))
    before = state()
    with undone():
        response = call(program, method, path, written(body).encode())
        event(f"{name} {response.status_code}")
        assert response.status_code < 500
        if response.status_code >= 400:
            assert response.json()["error"]
            assert state() == before
        if response.status_code == 422:
            assert response.json()["problems"]


@FUZZ
@given(
    data=st.data(), body=st.binary(max_size=40) | texts.map(lambda t: t.encode("utf-8", "replace"))
)
@example(data=None, body=b"\xff\xfe[]")
@example(data=None, body=b'{"a":' * 100_000)
@example(data=None, body=b'{"title": ' + b"9" * 100_000 + b"}")
def test_what_is_no_json_is_refused_in_json(acts, data, body):
    for name, program, method, path, _ in (
        acts if data is None else [data.draw(st.sampled_from(acts))]
    ):
        with undone():
            response = call(program, method, path, body)
            assert response.status_code < 500, name
            assert response.status_code < 300 or response.json()["error"]


@FUZZ
@given(
    tag=texts | st.integers(-(2**70), 2**70).map(lambda number: f'"{number}"'),
    name=st.sampled_from(
        ["If-Match", "Authorization", "Accept", "X-Request-ID", "X-Forwarded-For"]
    ),
    data=st.data(),
)
def test_whatever_a_header_says_the_answer_is_documented(acts, tag, name, data):
    _, program, method, path, good = data.draw(st.sampled_from(acts))
    value = tag.encode("utf-8", "replace").decode("latin-1")  # as servers hand headers on
    with undone():
        response = call(program, method, path, good, **{name: value})
        assert response.status_code < 500
