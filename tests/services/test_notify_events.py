"""Who is put into the outbox, and when: in the transaction of what happened."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.services import grant_role, revoke_role, set_active
from apps.changes.models import Change
from apps.changes.services import (
    approve_change,
    open_rollback,
    set_policy,
    submit_change,
    take_back,
)
from apps.changes.signals import drift_began
from apps.changes.timing import Timing
from apps.inventory.models import Director
from apps.notify.models import Delivery, Event
from apps.notify.services import deliver_due, set_choices
from lvs.canonical_form import make_table
from tests.factories import (
    WEB1,
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
from tests.telling import applying, ended, hook_to, reachable, told, with_mail

pytestmark = pytest.mark.django_db
S = Change.State


@pytest.fixture(autouse=True)
def mail_server(settings):
    with_mail(settings)


@pytest.fixture
def people(viewer, operator, approver, admin):
    return [reachable(user) for user in (viewer, operator, approver, admin)]


def test_a_submitted_change_asks_everybody_whose_review_would_count(people, operator, cluster):
    change = make_submitted(operator, cluster)
    assert told("review_asked") == ["adil", "anna"]
    facts = Event.objects.get().facts
    assert facts["change"]["title"] == change.title
    assert (facts["cluster"], facts["by"]) == ("web", "Olga Berg")


def test_its_author_is_never_asked(people, admin, cluster):
    make_submitted(admin, cluster)
    assert told("review_asked") == ["adil"]


def test_where_approvers_are_named_only_they_are_asked(people, operator, admin, approver, cluster):
    set_policy(actor=admin, cluster=cluster, version=1, approvals=1, approvers=[approver])
    make_submitted(operator, cluster)
    assert told("review_asked") == ["adil"]


def test_nobody_is_asked_where_the_policy_asks_for_nobody(people, operator, admin, cluster):
    set_policy(actor=admin, cluster=cluster, version=1, approvals=0)
    make_submitted(operator, cluster)
    assert told("review_asked") == []


def test_a_reviewer_of_another_cluster_is_not_asked(operator, admin, cluster):
    stranger = make_user("viewer", "sam")
    grant_role(actor=admin, user=stranger, role="approver", cluster_id=make_cluster().pk)
    reachable(stranger)
    make_submitted(operator, cluster)
    assert told() == []


def test_who_is_switched_off_or_has_no_address_is_not_asked(operator, approver, admin, cluster):
    set_active(actor=admin, user=reachable(approver), active=False)
    make_submitted(operator, cluster)
    assert told() == []


def test_without_a_mail_server_nothing_waits_for_one(people, operator, cluster, settings):
    settings.EMAIL_HOST = ""
    make_submitted(operator, cluster)
    assert told() == []
    assert Event.objects.get().kind == "review_asked"


def test_what_is_rolled_back_is_not_told(people, operator, cluster):
    draft = make_draft(operator, cluster, make_service())
    with pytest.raises(RuntimeError), transaction.atomic():
        submit_change(actor=operator, change=draft)
        assert Delivery.objects.exists()
        raise RuntimeError("the page breaks after the act")
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()


def all_of(user, *kinds, clusters=(), reach="all"):
    set_choices(actor=user, reach=dict.fromkeys(kinds, reach), clusters=clusters)


@pytest.mark.parametrize("state", ["applied", "failed", "partial"])
def test_the_end_of_a_change_is_told_to_who_chose_it(
    people, operator, approver, viewer, cluster, state
):
    all_of(viewer, state)
    change = make_submitted(operator, cluster)
    change = approve_change(actor=approver, change=change, digest=change.digest)
    ended(applying(change, approver), S(state), "0 of 1 directors verified it")
    assert told(state) == ["vera"]
    assert told("confirm_due") == []
    assert Event.objects.get(kind=state).facts["detail"] == "0 of 1 directors verified it"


def test_confirmation_and_taking_back(people, operator, approver, viewer, cluster):
    all_of(viewer, "confirm_due", "taken_back")
    change = submit_change(
        actor=operator,
        change=make_draft(operator, cluster, make_service()),
        timing=Timing(None, None, 5),
    )
    change = make_applied(change, approver)
    assert told("confirm_due") == ["vera"]
    assert "else it is taken back" in Event.objects.get(kind="confirm_due").facts["detail"]
    force(change, confirm_by=timezone.now())
    take_back(change=change)
    assert told("taken_back") == ["vera"]
    assert Event.objects.get(kind="taken_back").change == change


def test_a_rollback_that_goes_first_asks_for_its_review(people, approver, admin, cluster):
    first = make_applied(make_submitted(admin, cluster), approver)
    second = make_draft(admin, cluster)
    second = submit_change(actor=admin, change=put(second, make_service(scheduler="wlc")))
    make_applied(second, approver)
    grant_role(actor=admin, user=make_user("viewer", "emil"), role="emergency", cluster_id=None)
    emil = reachable(type(admin).objects.get(username="emil"))
    back = open_rollback(actor=emil, revision=first.revision, title="Back", reason="It burns")
    submit_change(actor=emil, change=back, emergency=True)
    assert told("review_due") == ["adil", "anna"]
    assert Event.objects.filter(kind="review_asked", change=back).count() == 0
    assert deliver_due() == 2  # what was asked before is over


def test_chosen_clusters_only(people, viewer, operator, cluster):
    other = make_cluster("mail")
    set_choices(actor=viewer, reach={"drift_began": "chosen"}, clusters=[cluster])
    for each in (cluster, other):
        drift_began.send(sender=Director, director=each.directors.get(), text="weight 1, not 2")
    assert told("drift_began") == ["vera"]
    assert Delivery.objects.get().event.cluster == cluster


def test_what_was_switched_off_is_not_told(people, approver, operator, cluster):
    all_of(approver, "review_asked", reach="none")
    make_submitted(operator, cluster)
    assert told("review_asked") == ["anna"]


def test_a_webhook_hears_of_its_own_cluster_a_consoles_of_all(admin, operator, cluster):
    other = make_cluster("mail")
    ours, _ = hook_to("https://hooks.example.net/a", admin, cluster)
    all_hook, _ = hook_to("https://hooks.example.net/b", admin)
    hook_to("https://hooks.example.net/c", admin, events=["failed"])
    make_submitted(operator, cluster)
    assert told() == [f"hook {ours.pk}", f"hook {all_hook.pk}"]
    make_submitted(operator, other)
    assert Delivery.objects.filter(event__cluster=other).get().webhook == all_hook


def test_who_lost_the_role_hears_nothing_more(people, viewer, admin, operator, cluster):
    all_of(viewer, "drift_began")
    revoke_role(actor=admin, grant=viewer.grants.get())
    drift_began.send(sender=Director, director=cluster.directors.get(), text="x")
    assert told() == []


def test_a_drift_is_told_once_as_it_begins(people, viewer, operator, approver, cluster):
    all_of(viewer, "drift_began")
    make_applied(make_submitted(operator, cluster), approver)
    director = cluster.directors.get()
    for weight in (7, 7, 8):
        typed = make_service(servers=[WEB1._replace(weight=weight)])
        observe(director, make_table([typed]))
    assert told("drift_began") == ["vera"]
    event = Event.objects.get(kind="drift_began")
    assert event.facts["director"]["name"] == director.name
    assert "weight 7 instead" in event.facts["detail"]


def test_asking_many_costs_no_more_queries_than_asking_a_few(
    people, operator, cluster, django_assert_max_num_queries
):
    first, second = (make_draft(operator, cluster, make_service()) for _ in range(2))
    with CaptureQueriesContext(connection) as few:
        submit_change(actor=operator, change=first)
    for _ in range(10):
        reachable(make_user("approver"))
    with django_assert_max_num_queries(len(few)):
        submit_change(actor=operator, change=second)
    assert len(told("review_asked")) == 2 + 12
