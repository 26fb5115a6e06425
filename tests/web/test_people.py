"""People: accounts, roles, passwords."""

import pytest

from apps.accounts.models import User
from apps.accounts.selectors import role_of
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db

NEW = {
    "username": "nils",
    "full_name": "Nils Ahl",
    "role": "operator",
    "password": "a-good-long-one",
}


def test_a_person_is_added(admin):
    assert browser(admin).post("/people/new/", NEW).status_code == 302
    person = User.objects.get(username="nils")
    assert role_of(person) == "operator"
    assert person.check_password("a-good-long-one")


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"username": ""}, "username", "missing"),
        ({"username": "anna"}, "username", "already"),
        ({"password": "short"}, "password", "12"),
        ({"role": "emperor"}, "role", "emperor"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(admin, wrong, field, says):
    response = browser(admin).post("/people/new/", NEW | wrong)
    assert response.status_code == 422
    assert says in error_beside(response, field)
    assert "Nils Ahl" in response.content.decode()
    assert not User.objects.filter(username="nils").exists()


def test_role_password_and_switch(admin, viewer):
    client, path = browser(admin), f"/people/{viewer.pk}/"
    assert client.post(path, {"act": "role", "role": "approver"}).status_code == 302
    assert client.post(path, {"act": "password", "password": "another-long-one"}).status_code == 302
    assert client.post(path, {"act": "off"}).status_code == 302
    person = User.objects.get(pk=viewer.pk)
    assert role_of(person) == "approver"
    assert person.check_password("another-long-one")
    assert not person.is_active
    assert client.post(path, {"act": "on"}).status_code == 302
    assert User.objects.get(pk=viewer.pk).is_active


def test_the_last_administrator_stays(admin):
    client, path = browser(admin), f"/people/{admin.pk}/"
    response = client.post(path, {"act": "role", "role": "viewer"})
    assert response.status_code == 422
    assert error_beside(response, "role")
    response = client.post(path, {"act": "off"})
    assert response.status_code == 422
    assert "your own account" in text_of(response)


def test_a_weak_password_is_said_beside_it(admin, viewer):
    response = browser(admin).post(f"/people/{viewer.pk}/", {"act": "password", "password": "x"})
    assert response.status_code == 422
    assert "12" in error_beside(response, "password")


def test_only_administrators_see_people(viewer, operator, approver):
    for person in (viewer, operator, approver):
        client = browser(person)
        for path in ("/people/", "/people/new/", f"/people/{viewer.pk}/"):
            assert client.get(path).status_code == 403
            assert client.post(path, NEW).status_code in (403, 405)
    assert User.objects.filter(username="nils").count() == 0
