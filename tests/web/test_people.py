"""People: accounts, roles, passwords."""

import pytest

from apps.accounts.models import RoleSetting, User
from apps.accounts.selectors import roles_of
from apps.accounts.services import grant_role
from tests.factories import make_cluster, make_user_of
from tests.web.conftest import browser, error_beside, text_of
from tests.web.test_second_factor import long_ago

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
    assert roles_of(person) == ["operator everywhere"]
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


def test_role_password_and_switch(admin, viewer, cluster):
    client, path = browser(admin), f"/people/{viewer.pk}/"
    give = {"act": "grant", "role": "approver", "where": str(cluster.pk)}
    assert client.post(path, give).status_code == 302
    assert client.post(path, {"act": "password", "password": "another-long-one"}).status_code == 302
    assert client.post(path, {"act": "off"}).status_code == 302
    person = User.objects.get(pk=viewer.pk)
    assert roles_of(person) == ["viewer everywhere", "approver in web"]
    assert person.check_password("another-long-one")
    assert not person.is_active
    assert client.post(path, {"act": "on"}).status_code == 302
    assert User.objects.get(pk=viewer.pk).is_active


def test_the_last_administrator_stays(admin):
    client, path = browser(admin), f"/people/{admin.pk}/"
    response = client.post(path, {"act": "revoke", "grant": admin.grants.get().pk})
    assert response.status_code == 422
    assert "anna is the last administrator" in text_of(response)
    response = client.post(path, {"act": "off"})
    assert response.status_code == 422
    assert "your own account" in text_of(response)


def test_a_role_is_taken_away(admin, viewer):
    path = f"/people/{viewer.pk}/"
    response = browser(admin).post(path, {"act": "revoke", "grant": viewer.grants.get().pk})
    assert response.status_code == 302
    assert roles_of(User.objects.get(pk=viewer.pk)) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"role": "king"}, "role"), ({"where": "999"}, "where"), ({"where": ""}, "where")],
)
def test_a_role_or_place_that_there_is_not_is_said_beside_it(admin, viewer, wrong, field):
    give = {"act": "grant", "role": "approver", "where": "0"} | wrong
    response = browser(admin).post(f"/people/{viewer.pk}/", give)
    assert response.status_code == 422
    assert error_beside(response, field)
    assert roles_of(User.objects.get(pk=viewer.pk)) == ["viewer everywhere"]


def test_who_manages_people_in_one_cluster_offers_roles_there_only(viewer, cluster):
    chief = User.objects.create(username="chief")
    grant_role(actor=None, user=chief, role="admin", cluster_id=cluster.pk)
    client, path = browser(chief), f"/people/{viewer.pk}/"
    page = text_of(client.get(path))
    assert "in web" in page
    assert "Take away" not in page
    assert "Set password" not in page
    assert client.post(path, {"act": "off"}).status_code == 403
    assert client.post(path, {"act": "grant", "role": "viewer", "where": "0"}).status_code == 422
    assert client.post(path, {"act": "revoke", "grant": viewer.grants.get().pk}).status_code == 404
    assert client.get("/people/new/").status_code == 403


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


def test_who_has_not_shown_lately_who_they_are_makes_no_account(admin):
    client = long_ago(browser(admin))
    assert client.get("/people/new/")["Location"] == "/account/confirm/?next=%2Fpeople%2Fnew%2F"
    response = client.post("/people/new/", NEW)
    assert response.status_code == 403
    assert "not done" in text_of(response)
    assert 'value="Nils Ahl"' in response.content.decode()  # to be sent again
    assert NEW["password"] not in response.content.decode()
    assert not User.objects.filter(username="nils").exists()


@pytest.mark.parametrize(
    "act",
    [
        {"act": "grant", "role": "admin", "where": "0"},
        {"act": "password", "password": "another-long-one"},
        {"act": "off"},
        {"act": "revoke"},
    ],
)
def test_who_has_not_shown_lately_who_they_are_changes_no_account(admin, viewer, act):
    client, path = long_ago(browser(admin)), f"/people/{viewer.pk}/"
    grant = viewer.grants.get()
    assert client.get(path).status_code == 200
    assert client.post(path, act | {"grant": grant.pk}).status_code == 403
    person = User.objects.get(pk=viewer.pk)
    assert (person.is_active, person.password) == (True, viewer.password)
    assert list(person.grants.all()) == [grant]


def test_who_has_not_shown_lately_who_they_are_asks_nothing_of_roles(admin):
    client = long_ago(browser(admin))
    assert client.get("/people/roles/").status_code == 200
    response = client.post("/people/roles/", {"role": "operator", "asked": "yes"})
    assert response.status_code == 403
    assert not RoleSetting.objects.exists()


def test_ones_own_password_is_set_only_where_the_old_one_is_asked(admin):
    client, path = browser(admin), f"/people/{admin.pk}/"
    page = client.get(path).content.decode()
    assert 'name="password"' not in page
    assert "/account/password/" in page
    response = client.post(path, {"act": "password", "password": "another-long-one"})
    assert response.status_code == 422
    assert "page “Account”" in text_of(response)
    assert User.objects.get(pk=admin.pk).password == admin.password


def test_who_manages_people_in_one_cluster_sees_no_role_in_another(viewer, cluster):
    chief, hidden = make_user_of(cluster, "admin"), make_cluster("secret-project")
    grant_role(actor=None, user=viewer, role="approver", cluster_id=cluster.pk)
    grant_role(actor=None, user=viewer, role="operator", cluster_id=hidden.pk)
    elsewhere = make_user_of(hidden, "emergency")
    client = browser(chief)
    for path in ("/people/", f"/people/{viewer.pk}/", f"/people/{elsewhere.pk}/"):
        page = client.get(path).content.decode()
        assert "secret-project" not in page
    rows = text_of(client.get("/people/"))
    assert "vera viewer everywhere approver in web" in rows
    assert f"{elsewhere.username} none in your clusters" in rows
    page = text_of(client.get(f"/people/{viewer.pk}/"))
    assert "approver in web" in page and "viewer everywhere" in page
    assert "None in your clusters" in text_of(client.get(f"/people/{elsewhere.pk}/"))


def test_who_manages_people_everywhere_sees_each_role(admin, viewer, cluster):
    grant_role(actor=None, user=viewer, role="operator", cluster_id=cluster.pk)
    for path in ("/people/", f"/people/{viewer.pk}/"):
        assert "operator in web" in text_of(browser(admin).get(path))
