"""Pages of drains: beginning one, watching it, deciding earlier."""

import pytest

from apps.changes.models import Change
from apps.changes.services import set_policy
from apps.drains.models import Drain
from apps.drains.services import watch_drains
from tests.applying import verified
from tests.factories import make_applied, make_service, make_submitted
from tests.services.draining import counted
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db
NEW = "/clusters/web/drain/tcp-192.168.49.134-80/192.168.1.103-80/"
ASKED = {"then": "remove", "minutes": "5", "at_deadline": "keep", "reason": "New disk"}


@pytest.fixture
def balanced(admin, operator, approver, cluster):
    set_policy(actor=admin, cluster=cluster, version=1, approvals=1, free_weights=True)
    make_applied(make_submitted(operator, cluster), approver)
    return cluster


@pytest.fixture
def draining(balanced, operator, monkeypatch):
    counted(monkeypatch, 3, 2, 1)
    browser(operator).post(NEW, ASKED)
    drain = Drain.objects.get()
    verified(Change.objects.get(pk=drain.change_id))
    watch_drains()
    watch_drains()
    return drain


def shown(user, path):
    return " ".join(text_of(browser(user).get(path)).split())


def test_the_cluster_offers_it_beside_each_real_server(balanced, operator, viewer):
    assert NEW in browser(operator).get("/clusters/web/").content.decode()
    assert NEW not in browser(viewer).get("/clusters/web/").content.decode()


def test_the_form_says_what_may_hinder_it(balanced, operator):
    page = shown(operator, NEW)
    assert "Drain 192.168.1.103:80" in page
    assert "conn_reuse_mode" in page or "net.ipv4.vs" in page


def test_it_begins_and_its_page_counts_who_is_connected(draining, operator, viewer):
    page = shown(viewer, f"/drains/{draining.pk}/")
    assert "Draining" in page
    assert "Active 3 Inactive 2 Sticky 1" in page
    assert "Undo" not in page
    assert "3 active, 2 inactive, 1 sticky" in shown(viewer, "/clusters/web/")
    assert "Undo: give it its weight back" in shown(operator, f"/drains/{draining.pk}/")


def test_what_is_not_known_is_a_dash(draining, viewer, monkeypatch):
    counted(monkeypatch)
    watch_drains()
    page = shown(viewer, f"/drains/{draining.pk}/")
    assert "Active – Inactive – Sticky –" in page
    assert "who is connected is not known" in page


@pytest.mark.parametrize(
    ("act", "state"), [("undo", "undoing"), ("remove", "removing"), ("keep", "kept")]
)
def test_people_decide_earlier(act, state, draining, operator):
    answer = browser(operator).post(f"/drains/{draining.pk}/act/", {"act": act})
    assert answer.status_code == 302
    draining.refresh_from_db()
    assert draining.state == state


def test_a_viewer_decides_nothing(draining, viewer):
    assert browser(viewer).get(NEW).status_code == 403
    answer = browser(viewer).post(f"/drains/{draining.pk}/act/", {"act": "undo"})
    assert answer.status_code == 403
    draining.refresh_from_db()
    assert draining.state == "draining"


def test_an_ended_one_says_so_and_stays(draining, operator):
    path = f"/drains/{draining.pk}/act/"
    browser(operator).post(path, {"act": "keep"})
    answer = browser(operator).post(path, {"act": "undo"})
    assert answer.status_code == 409
    assert "This drain has ended" in text_of(answer)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"reason": ""}, "reason"), ({"minutes": "soon"}, "minutes"), ({"then": "x"}, "then")],
)
def test_what_is_wrong_stands_beside_its_field(wrong, field, balanced, operator):
    response = browser(operator).post(NEW, ASKED | wrong)
    assert response.status_code == 422
    assert error_beside(response, field)
    assert not Drain.objects.exists()


def test_the_last_usable_real_server_is_asked_about(operator, approver, cluster):
    make_applied(
        make_submitted(operator, cluster, make_service(servers=make_service().real_servers[:1])),
        approver,
    )
    client = browser(operator)
    assert "the last usable real server" in text_of(client.get(NEW))
    assert client.post(NEW, ASKED).status_code == 409
    assert client.post(NEW, ASKED | {"allow_empty": "on"}).status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/clusters/web/drain/tcp-192.168.49.134-81/192.168.1.103-80/",
        "/clusters/web/drain/tcp-192.168.49.134-80/192.168.1.99-80/",
        "/clusters/web/drain/nonsense/192.168.1.99-80/",
        "/clusters/web/drain/tcp-192.168.49.134-80/nonsense/",
        "/drains/99/",
    ],
)
def test_what_is_not_there_is_not_found(path, balanced, operator):
    assert browser(operator).get(path).status_code == 404
