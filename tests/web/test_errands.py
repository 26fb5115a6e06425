"""What people ask of directors, on pages."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.jobs.models import Errand
from apps.jobs.services import reap_errands, store_errand_answered, store_refused
from lvs.agent import streams
from lvs.canonical_form import make_table
from tests.factories import make_director, make_service, observe
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db

ROW = {
    "kind": "connection",
    "client": {"address": "203.0.113.9", "port": 4711},
    "service": {"protocol": "tcp", "address": "192.168.49.134", "port": 80},
    "server": {"address": "192.168.1.103", "port": 80},
    "state": "ESTABLISHED",
    "seconds": 890,
}
TEMPLATE = ROW | {
    "kind": "template",
    "client": {"address": "203.0.113.0", "port": 0},
    "state": "NONE",
    "seconds": 252,
    "covers": "203.0.113.0/24",
    "remark": "",
}
NONE = {"matched": 0, "truncated": False, "rows": []}
ANSWER = {
    "read": 2,
    "unreadable": 0,
    "example": "",
    "connections": {"matched": 1, "truncated": False, "rows": [ROW]},
    "templates": {"matched": 1, "truncated": False, "rows": [TEMPLATE]},
}
FORM = {"kind": "all", "shape": "rows", "sort": "client"}


@pytest.fixture
def director():
    return make_director("lb-1")


def ask(signed_in, director, **fields):
    return signed_in.post(f"/directors/{director.uuid}/connections/", FORM | fields)


def answer(errand, document=None, error=""):
    message = streams.errand_answered(
        str(errand.director.uuid), 1.0, errand=errand.pk, answer=document or {}, error=error
    )
    store_errand_answered(director=errand.director, message=message)


def asked(signed_in, director, document=None, error="", **fields):
    """The page of a question that has its answer."""
    response = ask(signed_in, director, **fields)
    errand = Errand.objects.get()
    answer(errand, document, error)
    return signed_in.get(response["Location"])


def test_a_question_leads_to_a_page_that_waits(operator, director):
    client = browser(operator)
    response = ask(client, director, client="203.0.113.0/24", state="ESTABLISHED")
    errand = Errand.objects.get()
    assert response["Location"] == f"/errands/{errand.pk}/"
    assert errand.arguments == {
        "filters": {"client": "203.0.113.0/24", "state": "ESTABLISHED", "kind": "all"},
        "totals": False,
        "sort": "client",
        "reverse": False,
        "limit": 200,
    }
    page = client.get(response["Location"])
    assert "Asking lb-1" in text_of(page)
    assert f"live:errand.{errand.pk} from:body" in page.content.decode()


def refuse(director, what):
    message = streams.refused(str(director.uuid), 1.0, what=what, reason="it is not the console's")
    store_refused(director=director, message=message)


@pytest.mark.parametrize("what", ["", "errand"])
def test_a_director_that_refuses_to_answer_says_why(operator, director, what):
    client = browser(operator)
    page = ask(client, director)["Location"]
    Errand.objects.update(sent_at=timezone.now())
    refuse(director, what)
    said = "lb-1 refused what it was"
    assert said in text_of(client.get(page))
    Errand.objects.update(deadline=timezone.now() - timedelta(minutes=1))
    reap_errands()
    assert Errand.objects.get().state == "lost"
    assert said in text_of(client.get(page))


def test_an_order_that_is_refused_is_no_word_about_a_question(operator, director):
    page = ask(browser(operator), director)["Location"]
    Errand.objects.update(sent_at=timezone.now())
    refuse(director, "order")
    assert "refused" not in text_of(browser(operator).get(page))


def test_one_that_is_not_sent_says_so_while_it_waits(operator, director):
    client = browser(operator)
    page = ask(client, director)["Location"]
    assert "Not sent yet" not in text_of(client.get(page))
    Errand.objects.update(asked_at=timezone.now() - timedelta(seconds=9))
    assert "Not sent yet" in text_of(client.get(page))


def test_an_answer_after_a_refusal_counts(operator, director):
    client = browser(operator)
    page = ask(client, director)["Location"]
    Errand.objects.update(sent_at=timezone.now())
    refuse(director, "")
    answer(Errand.objects.get(), ANSWER)
    assert "203.0.113.9:4711" in text_of(client.get(page))
    assert "refused" not in text_of(client.get(page))


def test_an_answer_shows_connections_and_who_sticks(operator, director):
    page = text_of(asked(browser(operator), director, ANSWER))
    assert "203.0.113.9:4711 tcp 192.168.49.134:80 192.168.1.103:80 ESTABLISHED" in page
    assert "14 min 50 s" in page
    assert "203.0.113.0/24 tcp 192.168.49.134:80 192.168.1.103:80 NONE 4 min 12 s" in page


def test_where_a_client_sticks_is_said_in_a_sentence(operator, director):
    page = text_of(asked(browser(operator), director, ANSWER, client="203.0.113.9"))
    assert (
        "203.0.113.0/24 sticks to 192.168.1.103:80 of tcp 192.168.49.134:80 for 4 min 12 s more"
        in page
    )


def test_a_template_that_the_kernel_gave_up_names_no_port(operator, director):
    given_up = TEMPLATE | {"server": {"address": "192.168.1.103", "port": 65535}}
    given_up["remark"] = "given up"
    document = ANSWER | {"templates": {"matched": 1, "truncated": False, "rows": [given_up]}}
    page = text_of(asked(browser(operator), director, document))
    assert "65535" not in page
    assert "given up" in page


def test_what_a_stranger_chose_as_call_id_is_harmless(operator, director):
    row = TEMPLATE | {"engine": {"name": "sip", "data": "<script>alert(1)</script>"}}
    document = ANSWER | {"templates": {"matched": 1, "truncated": False, "rows": [row]}}
    page = asked(browser(operator), director, document).content.decode()
    assert "<script>alert" not in page
    assert "sip: &lt;script&gt;" in page


def test_totals(operator, director):
    part = {
        "total": 3,
        "states": {"ESTABLISHED": 3},
        "services": [],
        "more_services": 0,
        "servers": [{"service": "tcp 192.0.2.1:80", "server": "192.0.2.9:80", "total": 3}],
        "more_servers": 4,
        "others": 0,
    }
    empty = part | {"total": 0, "states": {}, "servers": [], "more_servers": 0}
    document = {"read": 3, "unreadable": 1, "connections": part, "templates": empty}
    page = text_of(asked(browser(operator), director, document, shape="totals"))
    assert "ESTABLISHED: 3" in page
    assert "tcp 192.0.2.1:80 192.0.2.9:80 3" in page
    assert "and 4 more real servers" in page
    assert "1 could not be understood" in page


def test_a_filter_that_can_not_be_stands_beside_its_field(operator, director):
    response = ask(browser(operator), director, client="10.0.0.1/8")
    assert response.status_code == 422
    assert "10.0.0.0/8" in error_beside(response, "client")
    assert not Errand.objects.exists()


def test_every_filter_that_can_not_be_is_named_at_once(operator, director):
    response = ask(browser(operator), director, client="nonsense", server="<b>")
    assert "is no address of a client" in error_beside(response, "client")
    assert "&lt;b&gt;" in error_beside(response, "server")


def test_filters_that_find_nothing_together_are_refused(operator, director):
    response = ask(browser(operator), director, service="tcp 192.0.2.1:80", protocol="udp")
    assert "the service is tcp" in error_beside(response, "protocol")


def test_who_made_a_connection_can_be_asked(operator, director):
    ask(browser(operator), director, origin="sync")
    assert Errand.objects.get().arguments["filters"] == {"kind": "all", "origin": "sync"}


def test_the_longest_kept_can_come_first(operator, director):
    client = browser(operator)
    page = client.get(ask(client, director, sort="expires", reverse="on")["Location"])
    arguments = Errand.objects.get().arguments
    assert (arguments["sort"], arguments["reverse"]) == ("expires", True)
    assert re.search(r'name="reverse"[^>]* checked', page.content.decode())


def test_why_there_is_no_answer_is_said(operator, director):
    page = text_of(asked(browser(operator), director, error="This kernel has no IPVS loaded."))
    assert "This kernel has no IPVS loaded." in page


def test_the_part_that_waits_is_read_again(operator, director):
    client = browser(operator)
    location = ask(client, director)["Location"]
    part = client.get(location, {"part": "answer"})
    assert b"<html" not in part.content
    answer(Errand.objects.get(), ANSWER)
    assert "hx-get" not in client.get(location, {"part": "answer"}).content.decode()


def test_a_page_stops_waiting_though_nobody_ends_its_errand(operator, director):
    client = browser(operator)
    location = ask(client, director)["Location"]
    Errand.objects.update(deadline=timezone.now() - timedelta(minutes=1))  # no worker, no Redis
    part = client.get(location, {"part": "answer"})
    assert "hx-get" not in part.content.decode()
    assert "nothing was asked: are Redis and the console's worker running?" in text_of(part)


def test_who_can_not_see_the_page_is_told_of_the_answer(operator, director):
    client = browser(operator)
    location = ask(client, director)["Location"]
    assert 'role="status" id="errand-said"' in client.get(location).content.decode()
    answer(Errand.objects.get(), ANSWER)
    assert "lb-1 has answered." in text_of(client.get(location, {"part": "answer"}))
    assert "has answered" not in text_of(client.get(location))


@pytest.mark.parametrize("document", [{"read": 1}, ANSWER | {"connections": {"rows": [7]}}])
def test_an_answer_of_another_shape_is_no_error_of_the_console(operator, director, document):
    page = asked(browser(operator), director, document)
    assert page.status_code == 200
    assert "Its answer can't be read" in text_of(page)


def test_counters_of_one_service_are_set_to_zero(operator, director):
    observe(director, make_table([make_service()]))
    client = browser(operator)
    page = client.get(f"/directors/{director.uuid}/")
    assert "tcp-192.168.49.134-80" in page.content.decode()
    slug = {"service": "tcp-192.168.49.134-80"}
    response = client.post(f"/directors/{director.uuid}/zero/", slug)
    errand = Errand.objects.get()
    assert errand.arguments == {"service": ROW["service"]}
    answer(errand)
    shown = text_of(client.get(response["Location"]))
    assert "The counters of tcp 192.168.49.134:80 of lb-1 start at zero again" in shown


def test_counters_of_services_that_are_not_ours_are_not_offered(operator, director):
    observe(director, make_table([make_service()]), foreign=make_table([make_service(443)]))
    page = browser(operator).get(f"/directors/{director.uuid}/").content.decode()
    assert 'value="tcp-192.168.49.134-80"' in page
    assert 'value="tcp-192.168.49.134-443"' not in page


def test_counters_of_a_service_that_is_none_are_refused(operator, director):
    client = browser(operator)
    response = client.post(f"/directors/{director.uuid}/zero/", {"service": "nonsense"})
    assert response.status_code == 400
    assert not Errand.objects.exists()


@pytest.mark.parametrize("act", ["connections", "fitness", "zero"])
def test_a_viewer_asks_nothing_and_is_offered_nothing(viewer, director, act):
    client = browser(viewer)
    assert client.post(f"/directors/{director.uuid}/{act}/", FORM).status_code == 403
    assert 'id="ask"' not in client.get(f"/directors/{director.uuid}/").content.decode()


def test_an_approver_is_offered_no_zero(approver, director):
    page = browser(approver).get(f"/directors/{director.uuid}/").content.decode()
    assert 'id="ask"' in page
    assert "Set to zero" not in page


@pytest.mark.parametrize("act", ["fitness", "zero"])
def test_acts_are_posted(operator, director, act):
    client = browser(operator)
    page = f"/directors/{director.uuid}/"
    assert client.get(f"{page}{act}/")["Location"] == page  # as after signing in anew
    assert client.put(f"{page}{act}/").status_code == 405
    assert not Errand.objects.exists()


def test_an_errand_that_never_was_is_not_found(operator):
    assert browser(operator).get("/errands/7/").status_code == 404


def test_an_answer_is_not_for_viewers(viewer, operator, director):
    location = ask(browser(operator), director)["Location"]
    assert browser(viewer).get(location).status_code == 403
