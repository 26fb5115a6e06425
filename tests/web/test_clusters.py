"""Clusters: list, live page, new and edit."""

import re
from typing import get_args

import pytest
from django.conf import settings

from apps.inventory.models import Cluster
from apps.inventory.services import edit_cluster
from apps.telemetry.selectors import Presence
from apps.telemetry.services import relay_was_here
from tests.factories import (
    make_applied,
    make_cluster,
    make_director,
    make_draft,
    make_service,
    make_submitted,
)
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db


def test_a_cluster_is_made_with_its_directors(operator):
    director = make_director("lb-1")
    data = {"name": "mail", "description": "Post", "directors": [director.pk]}
    response = browser(operator).post("/clusters/new/", data)
    assert response["Location"] == "/clusters/mail/"
    assert list(Cluster.objects.get(name="mail").directors.all()) == [director]


@pytest.mark.parametrize(
    ("name", "says"),
    [("", "missing"), ("has space", "valid"), ("web", "already"), ("new", "taken")],
)
def test_a_wrong_name_is_said_beside_the_field(operator, cluster, name, says):
    data = {"name": name, "description": "Kept as typed"}
    response = browser(operator).post("/clusters/new/", data)
    assert response.status_code == 422
    assert says in error_beside(response, "name")
    assert "Kept as typed" in response.content.decode()


def test_a_director_of_another_cluster_can_not_be_taken(operator, cluster):
    taken = cluster.directors.get()
    response = browser(operator).post("/clusters/new/", {"name": "two", "directors": [taken.pk]})
    assert response.status_code == 422
    assert not Cluster.objects.filter(name="two").exists()


def test_editing_shows_and_keeps_the_directors(operator, cluster):
    client, director = browser(operator), cluster.directors.get()
    assert director.name in text_of(client.get("/clusters/web/edit/"))
    data = {"name": "web", "description": "New words", "directors": [director.pk]}
    assert client.post("/clusters/web/edit/", data).status_code == 302
    cluster.refresh_from_db()
    assert cluster.description == "New words"


def test_viewers_may_not_edit(viewer, cluster):
    client = browser(viewer)
    assert client.post("/clusters/new/", {"name": "x"}).status_code == 403
    assert client.post("/clusters/web/edit/", {"name": "x"}).status_code == 403
    assert "Propose a change" not in text_of(client.get("/clusters/web/"))


def test_the_live_page_names_every_row_that_frames_carry(viewer, operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    page = browser(viewer).get("/clusters/web/").content.decode()
    assert 'data-row="tcp 192.168.49.134:80"' in page
    assert 'data-row="tcp 192.168.49.134:80|192.168.1.103:80"' in page
    assert f'data-live-topics="cluster.{cluster.pk} samples.{cluster.pk} directors"' in page
    assert "Live, updated" not in page  # only a frame makes it live


def test_the_live_page_can_be_filtered(viewer, operator, approver, cluster):
    make_applied(
        make_submitted(operator, cluster, make_service(), make_service(port=443)), approver
    )
    page = browser(viewer).get("/clusters/web/?q=:443").content.decode()
    assert 'data-row="tcp 192.168.49.134:443"' in page
    assert 'data-row="tcp 192.168.49.134:80"' not in page


def test_an_empty_cluster_says_what_to_do_first(operator):
    make_cluster("bare", directors=0)
    client = browser(operator)
    assert "First give it a director" in text_of(client.get("/clusters/bare/"))
    cluster = make_cluster("idle")
    assert "Nothing is balanced yet" in text_of(client.get("/clusters/idle/"))
    make_draft(operator, cluster)
    assert "Its first table is on the way" in text_of(client.get("/clusters/idle/"))


def test_parts_are_fragments(viewer, cluster):
    client = browser(viewer)
    for part in ("head", "services", "directors", "changes"):
        address = f"/clusters/{cluster.pk}/parts/{part}/"
        page = client.get(address).content.decode()
        assert "<html" not in page
        assert f'hx-get="{address}' in page


def test_there_is_no_other_part(viewer, cluster):
    assert browser(viewer).get(f"/clusters/{cluster.pk}/parts/roof/").status_code == 404


def test_the_parts_of_an_open_page_outlive_a_new_name(viewer, operator, cluster):
    client = browser(viewer)
    addresses = re.findall(r'hx-get="(/clusters/[^"]+)"', client.get("/clusters/web/").text)
    edit_cluster(actor=operator, cluster=cluster, name="shop")
    assert len(addresses) == 6
    assert {client.get(address).status_code for address in addresses} == {200}
    assert "shop" in client.get(f"/clusters/{cluster.pk}/parts/head/").text


def test_without_a_relay_presence_is_unknown_not_away(viewer, cluster):
    page = browser(viewer).get(f"/clusters/{cluster.pk}/parts/directors/").content.decode()
    assert 'data-presence="present"' not in page
    assert 'data-presence="away"' not in page
    relay_was_here(name="r1")


@pytest.mark.parametrize("path", ["/clusters/", "/", "/directors/", "/clusters/web/"])
def test_more_of_all_costs_no_more_queries(
    viewer, operator, cluster, path, django_assert_num_queries, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = browser(viewer)
    client.get(path)
    with CaptureQueriesContext(connection) as before:
        client.get(path)
    for number in range(5):
        more = make_cluster(f"more-{number}", directors=2)
        make_draft(operator, more, make_service())
        make_draft(operator, cluster, make_service(port=1000 + number))
    with django_assert_max_num_queries(len(before)):
        client.get(path)


def test_the_live_table_has_words_for_every_presence():
    script = (settings.BASE_DIR / "static/js/cluster.js").read_text()
    (words,) = re.findall(r"const WHY = {(.*?)};", script)
    assert set(re.findall(r"(\w+): \"", words)) == set(get_args(Presence)) - {"present"}
