"""Whatever was stored of a director's word, every page that shows it is a page."""

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.jobs.models import Errand
from apps.jobs.services import ask_director
from lvs.agent import streams
from tests.factories import make_user
from tests.fuzz.hostile import FUZZ, alike, damaged, written
from tests.fuzz.reported import heard, setting, store, undone
from tests.web.conftest import browser
from tests.web.test_errands import ANSWER
from tests.web.test_fitness import examined, finding

pytestmark = pytest.mark.django_db

TOTALS = {
    "total": 3,
    "states": {"ESTABLISHED": 3},
    "services": [{"service": "tcp 192.0.2.1:80", "in_table": True, "total": 3, "states": {"A": 3}}],
    "more_services": 0,
    "servers": [{"service": "tcp 192.0.2.1:80", "server": "a", "total": 3, "states": {"A": 3}}],
    "more_servers": 4,
    "others": 1,
}
ENGINE = {"engine": {"name": "sip", "data": "a"}, "remark": "r"}
ROWS = ANSWER["templates"]["rows"][0] | ENGINE
ANSWERS = {
    "rows": (Errand.Kind.CONNECTIONS, {"filters": {"client": "192.0.2.1"}}, ANSWER),
    "engine": (
        Errand.Kind.CONNECTIONS,
        {"filters": {}},
        ANSWER | {"templates": ANSWER["templates"] | {"rows": [ROWS]}},
    ),
    "totals": (
        Errand.Kind.CONNECTIONS,
        {"totals": True},
        {"read": 3, "unreadable": 1, "connections": TOTALS, "templates": TOTALS},
    ),
    "fitness": (Errand.Kind.DOCTOR, {}, examined(finding("wrong"), finding("ok", count=3))),
    "script": (Errand.Kind.SCRIPT, {}, {"address": "192.0.2.1", "script": "#!/bin/sh"}),
    "zero": (Errand.Kind.ZERO, {"service": None}, {}),
}
"""The kind of an errand, its arguments, and a good answer."""
SHOWN = ["heartbeat", "observed", "run_started", "run_steps", "run_finished", "refused"]


@pytest.fixture
def told(db):
    return setting()


@pytest.fixture
def admin(told):
    return browser(make_user("admin", "anna"))


def report(told, message):
    with heard() as lines:
        store(told.director, written(message).encode("utf-8", "surrogatepass"))
    return any("dropped" in line for line in lines)


@FUZZ
@given(kind=st.sampled_from(SHOWN), data=st.data())
def test_pages_show_what_a_director_says_of_itself_and_its_runs(told, admin, kind, data):
    director, change = told.director, told.run.change
    with undone():
        if report(
            told, data.draw(damaged(told.reports[kind], keep=("schema", "type", "director")))
        ):
            event("dropped")
            return
        event(f"{kind} shown")
        for page in [
            "/directors/",
            f"/directors/{director.uuid}/",
            f"/directors/{director.uuid}/drift/",
            f"/clusters/{change.cluster.name}/",
            f"/clusters/{change.cluster.name}/import/",
            f"/changes/{change.pk}/",
            "/audit/",
        ]:
            response = admin.get(page)
            assert response.status_code == 200, page
            response.content.decode()


@FUZZ
@given(name=st.sampled_from(sorted(ANSWERS)), data=st.data())
def test_pages_show_what_a_director_answers(told, admin, name, data):
    kind, arguments, good = ANSWERS[name]
    answer = data.draw(damaged(good)) if good else data.draw(alike(good))
    with undone():
        asker = User.objects.get(username="anna")
        errand = ask_director(actor=asker, director=told.director, kind=kind, arguments=arguments)
        message = streams.errand_answered(
            str(told.director.uuid), 1.0, errand=errand.pk, answer=answer
        )
        event(f"{name} {'dropped' if report(told, message) else 'shown'}")
        response = admin.get(f"/errands/{errand.pk}/")
        assert response.status_code == 200
        response.content.decode()
