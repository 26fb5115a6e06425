"""Directors: list, enrolment, page."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.telemetry.services import relay_was_here
from lvs.agent import streams
from lvs.canonical_form import make_table
from lvs.model import EMPTY
from tests.factories import make_cluster, make_director, make_service, observe, tell
from tests.identities import store_heartbeat
from tests.web.conftest import browser, text_of

pytestmark = pytest.mark.django_db

FACTS = {"hostname": "lb-1", "kernel": "6.1.0-28", "ip_forward": True, "schedulers": ["rr", "wrr"]}


def heartbeat(director, problem=""):
    message = streams.heartbeat(
        str(director.uuid), time.time(), facts=FACTS, revision=3, owned_digest="", problem=problem
    )
    store_heartbeat(director=director, message=message)


def test_only_administrators_rename(operator, viewer):
    director = make_director("lb-1")
    for person in (operator, viewer):
        assert (
            browser(person).post(f"/directors/{director.uuid}/", {"name": "x"}).status_code == 403
        )
    director.refresh_from_db()
    assert director.name == "lb-1"


def test_renaming(admin, signing_key):
    director = make_director("lb-1")
    browser(admin).post(f"/directors/{director.uuid}/", {"name": "edge-1"})
    director.refresh_from_db()
    assert director.name == "edge-1"


def test_the_page_shows_what_it_says_of_itself(viewer):
    director = make_director("lb-1")
    relay_was_here(name="r1")
    heartbeat(director)
    page = text_of(browser(viewer).get(f"/directors/{director.uuid}/"))
    assert "6.1.0-28" in page
    assert "Present" in page
    assert "IPv4 on" in page


def test_what_it_can_not_do_is_said(viewer):
    director = make_director("lb-1")
    heartbeat(director, problem="IPVS is missing: modprobe ip_vs")
    assert "modprobe ip_vs" in text_of(browser(viewer).get(f"/directors/{director.uuid}/"))


def test_services_of_others_are_listed_as_not_ours(viewer):
    director = make_director("lb-1")
    observe(director, make_table([make_service()]), make_table([make_service(port=25)]))
    page = text_of(browser(viewer).get(f"/directors/{director.uuid}/"))
    assert "Not ours" in page
    assert "tcp 192.168.49.134:25" in page


def test_services_of_others_can_be_brought_into_a_change(operator, viewer, cluster):
    director = cluster.directors.get()
    observe(director, EMPTY, make_table([make_service(port=25)]))
    page, adopt = f"/directors/{director.uuid}/", f"/clusters/web/import/?director={director.pk}"
    assert adopt in browser(operator).get(page).content.decode()
    assert adopt not in browser(viewer).get(page).content.decode()
    form = browser(operator).get(adopt).content.decode()
    assert f'<option value="{director.pk}" selected>' in form


def test_one_that_never_spoke_is_never_seen(viewer):
    make_director("lb-1", holds=None)
    assert "Never seen" in text_of(browser(viewer).get("/directors/"))


@pytest.mark.parametrize("path", ["/", "/directors/", "/clusters/"])
def test_lists_leave_the_tables_of_directors_in_the_database(viewer, path):
    make_cluster("web", directors=[make_director("lb-1", holds=make_table([make_service()]))])
    client = browser(viewer)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    assert not [query for query in queries if '"observed"' in query["sql"]]


def test_what_its_ipvs_lacks_is_said(viewer):
    director = make_director("lb-1")
    page = f"/directors/{director.uuid}/"
    tell(director, ipvs_version="1.2.1", lacks=[])
    assert "lacks" not in text_of(browser(viewer).get(page))
    tell(director, ipvs_version="1.2.1", lacks=["inet6", "sctp", "sip", "newer"])
    said = text_of(browser(viewer).get(page))
    assert "Its IPVS lacks IPv6, SCTP, persistence engine sip, newer" in said


def test_what_one_that_is_away_said_last_is_told_as_that(viewer):
    director = make_director("lb-1")
    heartbeat(director, problem="IPVS is missing")
    assert "It said last: IPVS is missing" in text_of(browser(viewer).get("/directors/"))
    relay_was_here(name="r1")
    assert "It said last" not in text_of(browser(viewer).get("/directors/"))
