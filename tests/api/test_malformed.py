"""Whatever is sent, the answer says what is wrong with it: never a mistake of ours."""

import json

import pytest
from django.db import InterfaceError, OperationalError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.changes.models import Change
from lvs.documents import service_to_document
from tests.factories import make_draft, make_service, make_submitted

pytestmark = pytest.mark.django_db

SERVICE = service_to_document(make_service())
FIELDS = [
    *("version", "table", "service", "services", "real_servers", "address", "port", "protocol"),
    *("fwmark", "family", "flags", "persistence", "timeout", "timeouts", "sync", "sysctls"),
    *("digest", "comment", "choices", "start_at", "title", "reason", "cluster", "adopt"),
]
TEXTS = st.text(max_size=8) | st.text(st.characters(categories=["Cs", "Cc", "Ll"]), max_size=4)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | TEXTS
    | st.sampled_from(["", "1", "\0", "\ud800", "web", "tcp", "192.0.2.1", "2026-02-30T99:00"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS) | TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)
BODIES = (
    st.binary(max_size=30)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.builds(
        lambda name, value: json.dumps({"version": 2, "service": SERVICE | {name: value}}).encode(),
        st.sampled_from(FIELDS),
        VALUES,
    )
    | st.builds(
        lambda name, value: json.dumps(
            {"version": 2, "table": {"services": [SERVICE], name: value}}
        ).encode(),
        st.sampled_from(FIELDS),
        VALUES,
    )
    | st.builds(
        lambda name, value: json.dumps({"version": 2, "digest": "0" * 64, name: value}).encode(),
        st.sampled_from(FIELDS),
        VALUES,
    )
)
ADDRESSES = [
    ("POST", "changes/"),
    ("PATCH", "changes/{draft}/"),
    ("PUT", "changes/{draft}/table/"),
    ("PUT", "changes/{draft}/services/tcp-192.168.49.134-80/"),
    ("DELETE", "changes/{draft}/services/tcp-192.168.49.134-80/"),
    ("POST", "changes/{draft}/rebase/"),
    ("POST", "changes/{draft}/submit/"),
    ("POST", "changes/{review}/approve/"),
    ("POST", "changes/{review}/reject/"),
    ("POST", "changes/{review}/comment/"),
    ("POST", "changes/{review}/confirm/"),
]
SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def numbers(admin, operator, cluster):
    draft = make_draft(admin.owner, cluster, make_service())
    return {"draft": draft.pk, "review": make_submitted(operator.owner, cluster).pk}


@SETTINGS
@given(address=st.sampled_from(ADDRESSES), body=BODIES)
def test_no_body_makes_the_api_stumble(admin, numbers, cluster, address, body):
    method, path = address
    Change.objects.filter(pk=numbers["draft"]).update(version=2)
    response = admin.call(method, path.format(**numbers), body)
    assert response.status_code < 500
    if response.status_code >= 400:
        assert response.json()["error"]


@SETTINGS
@given(
    path=st.sampled_from(["changes/", "audit/", "clusters/", "clusters/web/revisions/"]),
    query=st.dictionaries(
        st.sampled_from(
            ["before", "limit", "state", "cluster", "since", "change", "text", "actor", "x"]
        ),
        st.text(max_size=8) | st.integers(-(2**70), 2**70).map(str),
        max_size=3,
    ),
)
def test_no_query_makes_the_api_stumble(admin, cluster, path, query):
    headers = {"Authorization": f"Bearer {admin.text}"}
    response = admin.client.get(f"/api/v1/{path}", query, headers=headers)
    assert response.status_code in (200, 422, 429)


HALF, NULL = "holds half of a character", "holds a null character"
PUT_SERVICE = ("PUT", "changes/{draft}/services/tcp-192.168.49.134-80/")


@pytest.mark.parametrize(
    ("address", "body", "path", "says"),
    [
        (("POST", "changes/"), {"\ud800": 1}, [], HALF),
        (("POST", "changes/"), {"a\udfffb": 1, "title": "x"}, [], HALF),
        (("POST", "changes/"), {"title": "\ud800", "cluster": "web"}, ["title"], HALF),
        (("POST", "changes/"), {"title": "\0", "cluster": "web"}, ["title"], NULL),
        (("POST", "changes/{review}/comment/"), {"comment": "\ude00\ud83d"}, ["comment"], HALF),
        (("POST", "changes/{draft}/rebase/"), {"choices": {"\ud800": "ours"}}, ["choices"], HALF),
        (("POST", "changes/{draft}/rebase/"), {"choices": {"a": "\ud800"}}, ["choices", "a"], HALF),
        (PUT_SERVICE, {"service": SERVICE | {"\ud800": 1}}, ["service"], HALF),
        (PUT_SERVICE, {"service": {"\ud800": "\ud800"}}, ["service"], HALF),
        (PUT_SERVICE, {"service": SERVICE | {"address": "\ud800"}}, ["service", "address"], HALF),
        (
            ("PUT", "changes/{draft}/table/"),
            {"table": {"services": [SERVICE, SERVICE | {"protocol": "\0"}]}},
            ["table", "services", 1, "protocol"],
            NULL,
        ),
        (
            ("PUT", "changes/{draft}/table/"),
            {"table": {"services": [], "sysctls": {"\ud800": 1}}},
            ["table", "sysctls"],
            HALF,
        ),
    ],
)
def test_a_character_that_there_is_not_is_said_at_its_place(
    admin, numbers, address, body, path, says
):
    method, where = address
    response = admin.call(method, where.format(**numbers), {"version": 2} | body)
    assert response.status_code == 422
    [problem] = response.json()["problems"]
    assert problem["path"] == path
    assert says in problem["message"]


def test_a_whole_character_of_two_halves_is_none_of_these(admin, cluster):
    sent = rb'{"cluster": "web", "title": "\ud83d\ude00"}'
    assert admin.call("POST", "changes/", sent).json()["title"] == "\U0001f600"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"title": "a", "title": "b"}',
        b'{"version": NaN}',
        b'{"version": 123456789012345678901234567890}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_what_is_no_json_is_said(admin, cluster, body):
    response = admin.call("POST", "changes/", body)
    assert response.status_code == 400
    assert "JSON" in response.json()["error"]


@pytest.mark.parametrize("error", [OperationalError("deadlock"), InterfaceError("closed")])
def test_a_database_that_fails_asks_to_try_again(operator, error):
    known = operator.get("clusters/")

    def fail(execute, sql, params, many, context):
        if "inventory_cluster" in sql:
            raise error
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        answer = operator.get("clusters/")
    assert (known.status_code, answer.status_code) == (200, 503)
    assert answer["Retry-After"] == "5"
    assert "Nothing was stored: try again" in answer.json()["error"]
