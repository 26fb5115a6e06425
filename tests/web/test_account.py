"""What people do with their own account."""

import pytest

from apps.audit.models import AuditRecord
from tests.factories import PASSWORD
from tests.web.conftest import browser, error_beside

pytestmark = pytest.mark.django_db

NEW = "another-long-password"


def change(client, **fields):
    data = {"old_password": PASSWORD, "password": NEW, "password_again": NEW} | fields
    return client.post("/account/password/", data)


def test_people_change_their_own_password_and_stay_signed_in(viewer):
    client, elsewhere = browser(viewer), browser(viewer)
    assert change(client)["Location"] == "/account/"
    viewer.refresh_from_db()
    assert viewer.check_password(NEW)
    assert client.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    act = AuditRecord.objects.get(action="user.password_changed")
    assert (act.actor, act.object_name) == (viewer, "vera")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("old_password", "wrong", "That is not your password."),
        ("old_password", "", "Your password until now is missing."),
        ("password_again", "different-from-it", "The two new passwords differ."),
    ],
)
def test_a_mistake_is_named_beside_its_field(viewer, field, value, says):
    response = change(browser(viewer), **{field: value})
    assert response.status_code == 422
    assert error_beside(response, field) == says
    viewer.refresh_from_db()
    assert viewer.check_password(PASSWORD)


def test_a_weak_password_is_refused(viewer):
    response = change(browser(viewer), password="short", password_again="short")
    assert response.status_code == 422
    assert "too short" in error_beside(response, "password")


def test_no_password_is_kept_for_a_second_try_when_the_session_has_ended(viewer):
    client = browser(viewer)
    client.session.flush()
    response = change(client)
    assert response.status_code == 401
    assert NEW not in response.text and PASSWORD not in response.text
    assert "Send it again" not in response.text
