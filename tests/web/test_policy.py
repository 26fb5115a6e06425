"""The page of a cluster's policy and its freezes."""

import pytest

from apps.accounts.services import grant_role
from apps.changes.approval import policy_of
from apps.changes.models import ClusterPolicy, FreezeWindow
from tests.factories import make_cluster, make_user
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db
PATH = "/clusters/web/policy/"
POLICY = {"act": "policy", "version": "1", "approvals": "2", "confirm_within": ""}
FREEZE = {"act": "freeze", "reason": "Sale", "weekdays": ["4", "5"]}
NIGHT = {"from_time": "22:00", "to_time": "06:00"}


def test_an_administrator_sets_it(admin, approver, cluster):
    data = POLICY | {"approvers": [admin.pk, approver.pk], "free_weights": "on"}
    assert browser(admin).post(PATH, data | {"confirm_within": "5"}).status_code == 302
    policy = ClusterPolicy.objects.get(cluster=cluster)
    assert (policy.approvals, policy.free_weights, policy.confirm_within) == (2, True, 5)
    assert set(policy.approvers.all()) == {admin, approver}


def test_only_those_who_may_review_are_offered(admin, approver, viewer, cluster):
    other = make_user("viewer", "otto", "Otto Other")
    grant_role(actor=None, user=other, role="approver", cluster_id=make_cluster("other").pk)
    page = text_of(browser(admin).get(PATH))
    assert "Adil Khan" in page
    assert "Otto" not in page
    assert "vera" not in page


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"approvals": "7"}, "approvals", "7"),
        ({"confirm_within": "soon"}, "confirm_within", "whole number"),
        ({"confirm_within": "2000"}, "confirm_within", "1440"),
        ({"approvers": ["999"]}, "approvers", "999"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(wrong, field, says, admin, cluster):
    response = browser(admin).post(PATH, POLICY | wrong)
    assert response.status_code == 422
    assert says in error_beside(response, field)
    assert not ClusterPolicy.objects.exists()


def test_too_few_approvers_are_said_beside_them(admin, approver, cluster):
    response = browser(admin).post(PATH, POLICY | {"approvers": [approver.pk]})
    assert response.status_code == 422
    assert "only 1 people" in error_beside(response, "approvers")


def test_an_old_page_does_not_overwrite_a_newer_policy(admin, cluster):
    client = browser(admin)
    client.post(PATH, POLICY | {"approvals": "3"})
    response = client.post(PATH, POLICY | {"approvals": "0"})  # the version of before
    assert response.status_code == 409
    assert "Somebody else changed this policy" in text_of(response)
    assert policy_of(cluster).approvals == 3


def test_others_read_it_and_set_nothing(admin, operator, viewer, cluster):
    browser(admin).post(PATH, POLICY)
    for person in (operator, viewer):
        page = browser(person).get(PATH)
        assert "Store the policy" not in text_of(page)
        assert "Approvals needed 2" in " ".join(text_of(page).split())
        assert browser(person).post(PATH, POLICY).status_code == 403


def test_a_freeze_is_added_shown_and_removed(admin, cluster):
    client = browser(admin)
    assert client.post(PATH, FREEZE | NIGHT).status_code == 302
    assert "every Fri, Sat 22:00–06:00" in text_of(client.get(PATH))
    window = FreezeWindow.objects.get()
    assert client.post(PATH, {"act": "thaw", "freeze": window.pk}).status_code == 302
    assert not FreezeWindow.objects.exists()


def test_a_freeze_that_is_on_says_until_when(admin, cluster):
    always = {"weekdays": [str(day) for day in range(7)], "from_time": "00:00", "to_time": "00:00"}
    browser(admin).post(PATH, FREEZE | always)
    assert "Frozen until" in text_of(browser(admin).get(PATH))


def test_a_freeze_of_another_cluster_is_not_removed_here(admin, cluster):
    make_cluster("other")
    browser(admin).post("/clusters/other/policy/", FREEZE | NIGHT)
    window = FreezeWindow.objects.get()
    response = browser(admin).post(PATH, {"act": "thaw", "freeze": window.pk})
    assert response.status_code == 404
    assert FreezeWindow.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"weekdays": []}, "starts_at"),
        ({"from_time": "late"}, "from_time"),
        ({"starts_at": "2026-11-27T10:00", "ends_at": "2026-11-27T09:00"}, "ends_at"),
    ],
)
def test_a_freeze_that_is_none_says_why(wrong, field, admin, cluster):
    response = browser(admin).post(PATH, FREEZE | NIGHT | wrong)
    assert response.status_code == 422
    assert error_beside(response, field)
