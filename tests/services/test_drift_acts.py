"""What people do about a drift: adopt, put back, ignore."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.changes.drift.difference import shown_digest
from apps.changes.drift.selectors import drift_of
from apps.changes.errors import Conflict, Invalid, NotAllowed
from apps.changes.models import Change, Drift
from apps.changes.selectors import table_of
from apps.changes.services import (
    adopt_drift,
    end_change,
    heed_drift,
    ignore_drift,
    set_policy,
    submit_change,
)
from apps.inventory.models import Cluster
from apps.inventory.services import edit_cluster
from apps.jobs.models import Outbox
from apps.jobs.services import approve_and_start, revert_drift, store_run_finished
from lvs.agent import streams
from lvs.canonical_form import make_table
from lvs.model import EMPTY
from lvs.plan import plan_from_document
from lvs.settings import Timeouts
from tests.factories import (
    WEB1,
    WEB2,
    make_applied,
    make_cluster,
    make_director,
    make_draft,
    make_service,
    make_user,
    make_user_of,
    observe,
    put,
)
from tests.services.records import count, newest, said
from tests.telling import hook_to, told

pytestmark = pytest.mark.django_db
S = Change.State

WEB, MAIL = make_service(), make_service(port=25)
HEAD = make_table([WEB, MAIL])
LIGHT = make_service(servers=(WEB1._replace(weight=0), WEB2))
HELD = make_table([LIGHT, MAIL])
HELD_OTHERWISE = make_table([MAIL])


@pytest.fixture
def director(operator, approver, cluster):
    """lvs-1 drifts from revision 1 in one weight; lvs-2 holds the head."""
    directors = [make_director("lvs-1"), make_director("lvs-2")]
    edit_cluster(actor=operator, cluster=cluster, name="web", directors=directors)
    draft = put(make_draft(operator, cluster, WEB), MAIL)
    make_applied(submit_change(actor=operator, change=draft), approver)
    observe(directors[0], HELD)
    return cluster.directors.get(name="lvs-1")


def shown(director):
    """The digest of the difference that a page of now shows."""
    drift = Drift.objects.get(director=director, ended_at=None)
    return shown_digest(drift.head.digest, drift.digest)


def adopt(actor, director, reason="It was meant", digest=None):
    digest = digest or shown(director)
    return adopt_drift(actor=actor, director=director, digest=digest, reason=reason)


def revert(actor, director, reason="Nobody knows why", digest=None, **options):
    digest = digest or shown(director)
    return revert_drift(actor=actor, director=director, digest=digest, reason=reason, **options)


def ignore(actor, director, reason="Until Monday", digest=None):
    digest = digest or shown(director)
    return ignore_drift(actor=actor, director=director, digest=digest, reason=reason)


def state(director, viewer):
    return drift_of(viewer, director).state


def free(admin, cluster):
    """From now on the cluster's changes need no approval."""
    policy = {"approvals": 0, "approvers": [], "free_weights": False, "confirm_within": 0}
    set_policy(actor=admin, cluster=cluster, version=1, **policy)


def verified(change):
    """Each director of the change says, in its turn, that it holds the table."""
    while run := change.runs.filter(state="queued").select_related("director").first():
        observe(run.director, table_of(change))
        message = streams.run_finished(
            *(str(run.director.uuid), 1.0),
            run=run.pk,
            revision=change.revision.number,
            state="verified",
            digest=change.digest,
        )
        store_run_finished(director=run.director, message=message)


# --- adopt ---------------------------------------------------------------------------------------


def test_adopting_opens_a_draft_of_the_head_with_what_drifted_put_in(operator, director):
    change = adopt(operator, director)
    assert (change.state, change.author) == (S.DRAFT, operator)
    assert (change.title, change.reason) == ("Adopt what lvs-1 holds", "It was meant")
    assert table_of(change) == HELD


def test_a_service_that_is_gone_is_gone_from_the_draft(operator, director):
    observe(director, HELD_OTHERWISE)
    assert table_of(adopt(operator, director)) == HELD_OTHERWISE


def test_settings_that_the_head_leaves_open_and_others_services_stay_out(operator, director):
    observe(director, HELD, foreign=make_table([make_service(port=22)], Timeouts(900, 120, 300)))
    assert table_of(adopt(operator, director)) == HELD


def test_the_other_directors_get_it_by_the_same_change(operator, approver, director):
    change = submit_change(actor=operator, change=adopt(operator, director))
    steps = {plan.director.name: len(plan.steps) for plan in change.plans.all()}
    assert steps == {"lvs-1": 0, "lvs-2": 1}


def test_a_drift_that_was_adopted_ends_so(operator, approver, director):
    change = submit_change(actor=operator, change=adopt(operator, director))
    change = approve_and_start(actor=approver, change=change, digest=change.digest)
    verified(change)
    drift = Drift.objects.get(director=director)
    assert (drift.ending, drift.answered_by) == (Drift.Ending.ADOPTED, change)
    assert said("drift.ended")[3] == {"ending": "adopted", "change": change.pk}


def test_adopting_is_recorded_with_its_change(operator, director):
    change = adopt(operator, director)
    actor, _, _, after, reason, number = said("drift.adopt")
    assert (actor, reason, number) == ("olga", "It was meant", change.pk)
    assert after["change"] == change.pk


# --- put back ------------------------------------------------------------------------------------


def test_putting_back_submits_a_change_with_the_table_of_the_head(operator, director):
    change = revert(operator, director)
    assert (change.state, change.title) == (S.IN_REVIEW, "Put lvs-1 back to revision 1")
    assert table_of(change) == HEAD
    plans = {plan.director.name: plan_from_document(plan.steps) for plan in change.plans.all()}
    assert [step.kind for step in plans["lvs-1"]] == ["edit server"]
    assert plans["lvs-2"] == ()


def test_it_needs_the_approval_that_the_policy_asks_for(operator, approver, viewer, director):
    change = revert(operator, director)
    assert not Outbox.objects.exists()
    change = approve_and_start(actor=approver, change=change, digest=change.digest)
    assert change.state == S.APPLYING
    assert state(director, viewer) == "applying"
    verified(change)
    change.refresh_from_db()
    assert change.state == S.APPLIED
    drift = Drift.objects.get()
    assert (drift.ending, drift.answered_by) == (Drift.Ending.REVERTED, change)
    assert state(director, viewer) == "none"


def test_where_the_policy_asks_for_nobody_it_begins_at_once(operator, admin, director):
    free(admin, director.cluster)
    assert revert(operator, director).state == S.APPLYING
    assert Outbox.objects.count() == 1


def test_the_one_that_drifts_is_the_first_to_get_it(operator, admin, director):
    free(admin, director.cluster)
    last = director.cluster.directors.get(name="lvs-2")
    observe(director, HEAD)
    observe(last, HELD)
    revert(operator, last)
    (entry,) = Outbox.objects.all()
    assert entry.run.director == last


def test_the_director_that_drifts_is_put_back_though_another_is_lost(operator, admin, director):
    free(admin, director.cluster)
    change = revert(operator, director)
    run = change.runs.get(director=director)
    observe(director, HEAD)
    message = streams.run_finished(
        *(str(director.uuid), 1.0),
        run=run.pk,
        revision=2,
        state="verified",
        digest=change.digest,
    )
    store_run_finished(director=director, message=message)
    end_change(change=change, state=S.PARTIAL)
    assert Drift.objects.get().ending == Drift.Ending.REVERTED


def test_who_may_act_in_an_emergency_goes_first(director):
    change = revert(make_user("emergency"), director, emergency=True)
    assert (change.state, change.review_due) == (S.APPLYING, True)


def test_a_service_that_another_program_put_there_is_taken_over_only_when_told_to(
    operator, director
):
    observe(director, make_table([WEB]), foreign=make_table([MAIL]))
    before = count()
    with pytest.raises(NotAllowed, match="made by somebody else"):
        revert(operator, director)
    assert (count(), Change.objects.count()) == (before, 1), "nothing half done"
    assert revert(operator, director, adopt=True).state == S.IN_REVIEW


def test_a_director_that_owns_more_than_the_head_says_can_be_put_back_without_steps(
    operator, director
):
    observe(director, HEAD._replace(timeouts=Timeouts(tcp=300)))
    change = revert(operator, director)
    assert change.state == S.IN_REVIEW
    assert not any(plan.steps for plan in change.plans.all())


# --- ignore --------------------------------------------------------------------------------------


def test_what_is_ignored_says_by_whom_and_why(operator, viewer, director):
    drift = ignore(operator, director)
    assert (drift.ignored_by, drift.ignored_because) == (operator, "Until Monday")
    assert state(director, viewer) == "ignored"
    actor, _, before, after, reason, _ = said("drift.ignored")
    assert (actor, reason) == ("olga", "Until Monday")
    assert (before["ignored"], after["ignored"]) == (False, True)


def test_the_same_report_again_leaves_it_ignored(operator, viewer, director):
    ignore(operator, director)
    observe(director, HELD)
    assert state(director, viewer) == "ignored"


def test_any_further_difference_is_drift_again(operator, viewer, director):
    ignore(operator, director)
    observe(director, make_table([LIGHT]))
    assert state(director, viewer) == "drifting"
    assert not Drift.objects.get().is_ignored
    assert newest("drift.moved").reason == "It is no longer what was ignored."


def test_another_head_is_drift_again(operator, approver, viewer, director):
    ignore(operator, director)
    cluster = Cluster.objects.get(pk=director.cluster_id)
    change = make_draft(operator, cluster, make_service(port=81))
    change = submit_change(actor=operator, change=change)
    change = approve_and_start(actor=approver, change=change, digest=change.digest)
    end_change(change=change, state=S.APPLIED)
    assert state(director, viewer) == "drifting"


def test_ignoring_can_be_taken_back(operator, viewer, director):
    ignore(operator, director)
    heed_drift(actor=operator, director=director)
    assert state(director, viewer) == "drifting"
    assert said("drift.heeded")[:3] == (
        "olga",
        "drift drift of lvs-1",
        {"ignored": True, "because": "Until Monday"},
    )
    with pytest.raises(NotAllowed, match="No difference of lvs-1 is ignored"):
        heed_drift(actor=operator, director=director)


def test_it_is_ignored_once(operator, director):
    ignore(operator, director)
    with pytest.raises(NotAllowed, match="Olga Berg ignored this difference already"):
        ignore(operator, director)


# --- all of them ---------------------------------------------------------------------------------

ACTS = [adopt, revert, ignore]


@pytest.mark.parametrize("act", ACTS)
def test_what_moved_since_it_was_shown_is_left_alone(act, operator, director):
    was = shown(director)
    observe(director, HELD_OTHERWISE)
    before = count()
    with pytest.raises(Conflict, match="something else than you were shown"):
        act(operator, director, digest=was)
    assert (count(), Change.objects.count()) == (before, 1)


@pytest.mark.parametrize("act", ACTS)
def test_what_was_put_back_meanwhile_is_left_alone(act, operator, director):
    was = shown(director)
    observe(director, HEAD)
    with pytest.raises(Conflict, match="holds what the head says by now"):
        act(operator, director, digest=was)


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_done_without_a_reason(act, operator, director):
    with pytest.raises(Invalid) as refused:
        act(operator, director, reason="  ")
    assert refused.value.problems[0].path == ("reason",)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("role", ["viewer", "approver"])
def test_who_does_not_operate_may_not(act, role, request, director):
    with pytest.raises(PermissionDenied, match="needs the role operator"):
        act(request.getfixturevalue(role), director)


@pytest.mark.parametrize("act", ACTS)
def test_a_role_in_another_cluster_does_not_count(act, director):
    with pytest.raises(PermissionDenied, match="in this cluster"):
        act(make_user_of(make_cluster("mail"), "operator"), director)
    act(make_user_of(director.cluster, "operator"), director)


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_begun_while_a_change_is_applied(act, operator, admin, director):
    was = shown(director)
    free(admin, director.cluster)
    change = revert(operator, director)
    with pytest.raises(NotAllowed, match=f"Change #{change.pk} is being applied"):
        act(operator, director, digest=was)


@pytest.mark.parametrize("act", ACTS)
def test_a_drift_that_no_report_has_noted_yet_can_be_acted_on(act, operator, director):
    was = shown(director)
    Drift.objects.all().delete()  # as right after the console learned of drifts
    act(operator, director, digest=was)
    assert Drift.objects.count() == 1


def test_two_directors_that_drift_are_both_put_back(operator, director):
    other = director.cluster.directors.get(name="lvs-2")
    observe(other, EMPTY)
    change = revert(operator, director)
    assert all(plan.steps for plan in change.plans.all())


@pytest.mark.parametrize("act", ACTS)
def test_the_same_kernel_beside_another_head_is_not_what_was_shown(
    act, operator, approver, director, cluster
):
    """A script keeps putting it there; meanwhile revision 2 became the head."""
    was = shown(director)
    for each in cluster.directors.all():
        observe(each, HEAD)
    draft = make_draft(operator, cluster, make_service(scheduler="wrr"), make_service(port=443))
    make_applied(submit_change(actor=operator, change=draft), approver)
    observe(director, HELD)
    with pytest.raises(Conflict, match="something else than you were shown"):
        act(operator, director, digest=was)


def test_what_comes_on_top_of_an_ignored_difference_is_told_again(admin, operator, director):
    hook_to("https://hooks.example.net/x", admin, events=["drift_began"])
    ignore(operator, director)
    observe(director, HELD_OTHERWISE)
    assert told("drift_began")


def test_what_moves_without_being_ignored_is_told_once(admin, director):
    hook_to("https://hooks.example.net/x", admin, events=["drift_began"])
    observe(director, HELD_OTHERWISE)
    assert not told("drift_began")


@pytest.mark.parametrize(("reached", "ending"), [(True, "reverted"), (False, "itself")])
def test_a_partly_applied_revert_ends_the_drift_only_where_it_was_carried_out(
    reached, ending, operator, approver, director
):
    change = revert(operator, director)
    change = approve_and_start(actor=approver, change=change, digest=change.digest)
    if reached:
        change.runs.filter(director=director).update(state="verified")
    end_change(change=change, state="partial", note="a director did not answer")
    observe(director, HEAD)
    assert Drift.objects.get(director=director).ending == ending
