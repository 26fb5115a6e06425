"""What one wants to be told by e-mail, and where."""

import pytest

from apps.accounts.models import User
from apps.accounts.services import grant_role
from apps.audit.models import AuditRecord
from apps.notify.models import Delivery
from apps.notify.services import ask_test_mail, deliver_due
from tests.factories import make_cluster, make_submitted
from tests.telling import reachable, with_mail
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db

PAGE = "/account/notifications/"
NONE = dict.fromkeys(
    (
        *("review_asked", "review_due", "applied", "failed", "partial", "confirm_due"),
        *("taken_back", "drift_began", "director_away", "director_back"),
    ),
    "none",
)


def post(user, **data):
    return browser(user).post(PAGE, data)


def test_without_a_mail_server_the_page_says_so(viewer):
    text = text_of(browser(viewer).get(PAGE))
    assert "E-mail is not set up on this console." in text
    assert "Send me a test" not in text


def test_an_address_is_stored(viewer):
    assert post(viewer, act="address", email="vera@example.net")["Location"] == PAGE
    viewer.refresh_from_db()
    assert viewer.email == "vera@example.net"


def test_a_wrong_address_is_named_beside_its_field(viewer):
    response = post(viewer, act="address", email="vera at home")
    assert response.status_code == 422
    assert "That is no e-mail address" in error_beside(response, "email")
    assert 'value="vera at home"' in response.text


def test_the_choice_is_stored_and_shown_again(viewer, cluster):
    chosen = NONE | {"act": "choices", "applied": "chosen", "clusters": [cluster.pk]}
    assert post(viewer, **chosen)["Location"] == PAGE
    page = browser(viewer).get(PAGE).text
    assert '<option value="chosen" selected>' in page
    assert AuditRecord.objects.filter(action="mails.chosen", actor=viewer).exists()


def test_chosen_clusters_without_any_is_named_beside_them(viewer, cluster):
    response = post(viewer, **NONE | {"act": "choices", "applied": "chosen"})
    assert response.status_code == 422
    assert "Choose at least one cluster" in error_beside(response, "clusters")


def test_only_clusters_that_one_sees_are_offered(admin, cluster):
    stranger = User.objects.create(username="sam")
    grant_role(actor=admin, user=stranger, role="viewer", cluster_id=make_cluster("mail").pk)
    offered = text_of(browser(stranger).get(PAGE)).split("Your chosen clusters")[1]
    assert "mail" in offered
    assert "web" not in offered
    response = post(stranger, **NONE | {"act": "choices", "clusters": [cluster.pk]})
    assert response.status_code == 422


def test_a_test_can_be_sent_and_its_end_is_listed(viewer, settings, mailoutbox):
    with_mail(settings)
    assert post(reachable(viewer), act="test")["Location"] == PAGE
    assert "Not yet sent" in text_of(browser(viewer).get(PAGE))
    deliver_due()
    assert mailoutbox[0].subject == "[LVS Console] Test"
    assert "Sent" in text_of(browser(viewer).get(PAGE))


def test_a_test_without_an_address_is_refused(viewer, settings):
    with_mail(settings)
    response = post(viewer, act="test")
    assert response.status_code == 422
    assert "Give an address first." in text_of(response)


def test_what_was_given_up_is_said(viewer, settings):
    with_mail(settings)
    ask_test_mail(actor=reachable(viewer))
    Delivery.objects.update(state="given_up", tries=11, note="The mail server refused the address.")
    text = text_of(browser(viewer).get(PAGE))
    assert "Given up" in text
    assert "The mail server refused the address. 11 tries" in text


def test_nobody_sees_the_mails_of_others(approver, operator, viewer, cluster, settings):
    with_mail(settings)
    reachable(approver)
    make_submitted(operator, cluster)
    assert "Balance the web" in text_of(browser(approver).get(PAGE))
    assert "Balance the web" not in text_of(browser(viewer).get(PAGE))
