"""The page of a change: several approvals, times, confirmation, rollback and late review."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.changes import services
from apps.changes.models import Change
from apps.changes.timing import Timing
from apps.jobs.services import begin_what_is_due
from apps.web import change_page
from lvs.canonical_form import make_table
from lvs.model import EMPTY
from lvs.settings import Timeouts
from tests.applying import verified
from tests.factories import (
    WEB1,
    WEB2,
    decide,
    make_applied,
    make_cluster,
    make_draft,
    make_service,
    make_submitted,
    make_user,
    observe,
    put,
)
from tests.guards import force
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db
S = Change.State


def set_policy(admin, cluster, **wanted):
    asked = {"version": 1, "approvals": 1} | wanted
    services.set_policy(actor=admin, cluster=cluster, **asked)


def act(user, change, name, **data):
    change.refresh_from_db()
    data = {"version": change.version, "digest": change.digest} | data
    return browser(user).post(f"/changes/{change.pk}/{name}/", data, follow=True)


def page(user, change):
    return " ".join(text_of(browser(user).get(f"/changes/{change.pk}/")).split())


def test_the_first_of_two_approvals_is_noted(admin, operator, approver, cluster):
    set_policy(admin, cluster, approvals=2)
    change = make_submitted(operator, cluster)
    assert "0 of 2 approvals" in page(approver, change)
    answer = act(approver, change, "approve")
    assert "It needs 1 more approval." in text_of(answer)
    assert "You approved it. 1 more approval is needed" in page(approver, change)
    assert "1 of 2 approvals" in page(admin, change)
    act(admin, change, "approve")
    change.refresh_from_db()
    assert change.state == S.APPLYING


def test_who_approved_under_a_stricter_policy_is_asked_to_go_on(admin, operator, approver, cluster):
    set_policy(admin, cluster, approvals=2)
    change = make_submitted(operator, cluster)
    act(approver, change, "approve")
    set_policy(admin, cluster, approvals=1, version=2)
    assert "it needs only your word to go on" in page(approver, change)
    act(approver, change, "approve")
    change.refresh_from_db()
    assert change.state == S.APPLYING


def test_who_is_not_named_is_told_who_is(admin, operator, approver, cluster):
    set_policy(admin, cluster, approvers=[admin])
    change = make_submitted(operator, cluster)
    assert "In web only the approval of Anna Stern counts." in page(approver, change)
    assert act(approver, change, "approve").status_code == 409
    change.refresh_from_db()
    assert change.state == S.IN_REVIEW


def test_where_nobody_approves_the_button_says_what_it_does(admin, operator, cluster):
    set_policy(admin, cluster, approvals=0)
    change = make_draft(operator, cluster, make_service())
    assert "Submit and apply" in page(operator, change)
    act(operator, change, "submit")
    change.refresh_from_db()
    assert (change.state, change.approved_by) == (S.APPLYING, "policy")


def test_where_weights_are_free_the_page_says_when_they_are_not(admin, operator, approver, cluster):
    set_policy(admin, cluster, free_weights=True)
    make_applied(make_submitted(operator, cluster), approver)
    change = put(
        make_draft(operator, cluster), make_service(servers=[WEB1._replace(weight=7), WEB2])
    )
    assert "unless a director would get more than that" in page(operator, change)


def test_a_comment_stands_there_and_decides_nothing(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    act(approver, change, "comment", comment="Why now?")
    assert "Adil Khan commented" in page(operator, change)
    change.refresh_from_db()
    assert change.state == S.IN_REVIEW


def test_a_change_may_be_given_a_time(operator, approver, cluster):
    change = make_draft(operator, cluster, make_service())
    later = timezone.now() + timedelta(days=1)
    act(operator, change, "submit", start_at=f"{later:%Y-%m-%dT%H:%M}", confirm_within="10")
    change.refresh_from_db()
    assert (change.state, change.confirm_within) == (S.IN_REVIEW, 10)
    assert abs(change.start_at - later) < timedelta(minutes=1)
    answer = act(approver, change, "approve")
    assert "Approved. It begins on" in text_of(answer)
    assert "Approved, not begun" in page(operator, change)


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"start_at": "soon"}, "start_at", "give a date and a time"),
        ({"start_until": "2020-01-01T00:00"}, "start_until", "ends before it begins"),
        ({"confirm_within": "x"}, "confirm_within", "whole number"),
        ({"confirm_within": "9999"}, "confirm_within", "1440"),
    ],
)
def test_a_time_that_is_none_is_said_beside_it(wrong, field, says, operator, cluster):
    change = make_draft(operator, cluster, make_service())
    response = act(operator, change, "submit", **wrong)
    assert response.status_code == 422
    assert says in error_beside(response, field)
    change.refresh_from_db()
    assert change.state == S.DRAFT


@pytest.fixture
def unconfirmed(operator, approver, cluster):
    change = make_draft(operator, cluster, make_service())
    act(operator, change, "submit", confirm_within="5")
    act(approver, change, "approve")
    change.refresh_from_db()
    return verified(change)


def test_an_applied_change_asks_whether_it_works(unconfirmed, operator, viewer):
    assert "Confirm: it stays" in page(operator, unconfirmed)
    assert "needs the role operator" in page(viewer, unconfirmed)
    assert "Confirm it" in text_of(browser(viewer).get("/"))
    assert "Confirm it" in text_of(browser(viewer).get("/clusters/web/"))
    answer = act(operator, unconfirmed, "confirm")
    assert "Confirmed: it stays." in text_of(answer)
    assert "confirmed by Olga Berg" in page(viewer, unconfirmed)
    assert "Confirm it" not in text_of(browser(viewer).get("/"))


def test_what_was_taken_back_says_by_which_change(unconfirmed, operator):
    force(unconfirmed, confirm_by=timezone.now())
    begin_what_is_due()
    back = Change.objects.get(takes_back=unconfirmed)
    assert f"Taken back by change {back.pk}" in page(operator, unconfirmed)
    assert f"Takes back change {unconfirmed.pk}" in page(operator, back)
    assert act(operator, unconfirmed, "confirm").status_code == 409


def test_what_could_not_be_taken_back_is_marked_wherever_it_is_listed(unconfirmed, viewer):
    force(unconfirmed, confirm_by=timezone.now())
    begin_what_is_due()
    back = Change.objects.get(takes_back=unconfirmed)
    services.end_change(change=back, state=S.FAILED)
    assert "Not taken back" in page(viewer, unconfirmed)
    assert "Not taken back" in text_of(browser(viewer).get("/clusters/web/"))
    other = make_submitted(unconfirmed.author, unconfirmed.cluster, make_service(8080))
    make_applied(other, make_user("approver"))
    assert "Not taken back" not in page(viewer, unconfirmed)


def test_a_plan_that_could_not_be_made_says_who_makes_it(unconfirmed, viewer):
    status = unconfirmed.cluster.directors.get().status
    status.problem = "no right to read it"
    status.save()
    force(unconfirmed, confirm_by=timezone.now())
    begin_what_is_due()
    shown = page(viewer, Change.objects.get(takes_back=unconfirmed))
    assert "the director makes the plan itself" in shown
    assert "holds the table already" not in shown


@pytest.fixture
def two_revisions(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    make_applied(make_submitted(operator, cluster, make_service(scheduler="wrr")), approver)
    cluster.refresh_from_db()
    return cluster


def go_back(user, reason="It burns"):
    data = {"title": "Go back", "reason": reason}
    return browser(user).post("/clusters/web/revisions/1/", data)


def test_revisions_are_listed_and_compared_with_the_head(two_revisions, viewer):
    listed = text_of(browser(viewer).get("/clusters/web/revisions/"))
    assert re.search(r"2\s+head", listed)
    shown = text_of(browser(viewer).get("/clusters/web/revisions/1/"))
    assert "wrr" in shown
    assert "Open the draft" not in shown


def test_going_back_opens_a_draft_with_exactly_that_table(two_revisions, operator):
    response = go_back(operator)
    assert response.status_code == 302
    change = Change.objects.first()
    assert change.table == two_revisions.revisions.get(number=1).table
    assert "Goes back to revision 1" in page(operator, change)
    assert "Apply now, review after" not in page(operator, change)


def test_going_back_asks_why(two_revisions, operator):
    response = go_back(operator, reason="")
    assert response.status_code == 422
    assert "Say why" in error_beside(response, "reason")


def test_a_viewer_does_not_go_back(two_revisions, viewer):
    assert go_back(viewer).status_code == 403


def test_an_emergency_is_marked_until_it_is_reviewed(two_revisions, approver):
    ema = make_user("emergency", "ema", "Ema Lind")
    go_back(ema)
    change = Change.objects.first()
    assert "Apply now, review after" in page(ema, change)
    act(ema, change, "submit", emergency="yes")
    change.refresh_from_db()
    assert change.state == S.APPLYING
    for path in ("/", "/clusters/web/", "/changes/", f"/changes/{change.pk}/"):
        assert "Review due" in text_of(browser(approver).get(path)), path
    assert "Someone else must look at it" in page(ema, change)
    act(approver, change, "afterwards", verdict="approve")
    assert "Adil Khan approved afterwards" in page(ema, change)
    for path in ("/", "/clusters/web/", "/changes/", f"/changes/{change.pk}/"):
        assert "Review due" not in text_of(browser(approver).get(path)), path


def test_an_objection_needs_a_why(two_revisions, approver):
    ema = make_user("emergency")
    go_back(ema)
    change = Change.objects.first()
    act(ema, change, "submit", emergency="yes")
    assert act(approver, change, "afterwards", verdict="reject").status_code == 422
    assert act(approver, change, "afterwards", verdict="reject", comment="No").status_code == 200
    change.refresh_from_db()
    assert not change.review_due


# --- what an open page hears, and what it says of orders that go back ------------------------------


def body_again(user, change, mark):
    return browser(user).get(f"/changes/{change.pk}/", {"part": "body", "mark": mark})


def mark_of(change):
    return change_page.mark_of(Change.objects.get(pk=change.pk))


def test_an_open_page_hears_of_another_policy(operator, admin, approver, cluster):
    change = make_submitted(operator, cluster)
    mark = mark_of(change)
    assert body_again(approver, change, mark).status_code == 204
    set_policy(admin, cluster, approvals=2)
    assert "0 of 2 approvals" in text_of(body_again(approver, change, mark))


def test_an_open_page_hears_that_a_freeze_was_lifted(operator, admin, approver, cluster):
    now, hour = timezone.now(), timedelta(hours=1)
    freeze = services.add_freeze(
        actor=admin, cluster=cluster, reason="Sale", starts_at=now - hour, ends_at=now + hour
    )
    change = make_submitted(operator, cluster)
    assert "Frozen until" in page(approver, change)
    mark = mark_of(change)
    services.remove_freeze(actor=admin, window=freeze)
    answer = body_again(approver, change, mark)
    assert "Frozen until" not in text_of(answer)
    assert "It is applied at once" in " ".join(text_of(answer).split())


def test_who_approves_is_told_of_the_confirmation_that_the_policy_came_to_ask_for(
    operator, admin, approver, cluster
):
    change = make_submitted(operator, cluster)
    set_policy(admin, cluster, confirm_within=5)
    assert "unless somebody confirms it within 5 minutes" in page(approver, change)


@pytest.fixture
def waiting_emergency(two_revisions, operator, approver):
    """It waits for a change that is being applied."""
    busy = make_submitted(operator, two_revisions, make_service(443))
    act(approver, busy, "approve")
    ema = make_user("emergency", "ema", "Ema Lind")
    go_back(ema)
    change = Change.objects.first()
    act(ema, change, "submit", emergency="yes", start_at="2099-01-01T00:00")
    change.refresh_from_db()
    assert change.state == S.APPROVED
    return change, busy


def test_an_emergency_that_waits_has_applied_nothing_yet(waiting_emergency, approver):
    change, _busy = waiting_emergency
    shown = page(approver, change)
    assert "Goes first, review due" in shown
    assert "Ema Lind asked for this rollback" in shown
    assert "applied this rollback" not in shown
    assert "Not before" not in shown


def test_what_a_director_will_refuse_is_said_with_its_plan(waiting_emergency, viewer):
    change, busy = waiting_emergency
    foreign = make_table([make_service()])
    observe(change.cluster.directors.get(), EMPTY, foreign=foreign)
    services.end_change(change=busy, state=S.FAILED)
    begin_what_is_due()
    shown = page(viewer, change)
    assert "It will refuse" in shown
    assert "Taken over" not in shown


def test_what_could_not_be_put_back_is_said_before_it_is_approved(operator, approver):
    cluster = make_cluster("two", directors=2)
    for director, tcp in zip(cluster.directors.all(), (600, 900), strict=True):
        observe(director, EMPTY, foreign=make_table([], Timeouts(tcp, 120, 300), ()))
    draft = decide(make_draft(operator, cluster, make_service()), timeouts=Timeouts(tcp=5))
    change = services.submit_change(actor=operator, change=draft, timing=Timing(confirm_within=5))
    assert "TCP timeout: its directors had different ones" in page(approver, change)
