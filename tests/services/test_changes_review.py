"""Verdicts, and what makes them void."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from apps.changes import services
from apps.changes.errors import Conflict, Invalid, NotAllowed
from apps.changes.models import Change, Review
from apps.jobs.services import approve_and_start
from apps.telemetry.models import DirectorStatus
from lvs.canonical_form import make_table
from lvs.model import EMPTY
from tests.factories import (
    make_applied,
    make_draft,
    make_service,
    make_submitted,
    make_user,
    observe,
    put,
)
from tests.guards import force
from tests.services.records import count, said

pytestmark = pytest.mark.django_db
S = Change.State


def approve(actor, change, **other):
    return services.approve_change(
        **{"actor": actor, "change": change, "digest": change.digest, "comment": "Fine"} | other
    )


def reject(actor, change, **other):
    return services.reject_change(
        **{"actor": actor, "change": change, "digest": change.digest, "comment": "No"} | other
    )


def test_an_approval_is_kept_with_its_digest(operator, approver, cluster):
    change = approve(approver, make_submitted(operator, cluster))
    assert change.state == S.APPROVED
    review = change.reviews.get()
    assert (review.reviewer, review.author) == (approver, operator)
    assert (review.verdict, review.digest, review.comment) == ("approve", change.digest, "Fine")
    after = {"state": "approved", "digest": change.digest, "approvals": "1 of 1"}
    name = f"change #{change.pk} Balance the web"
    assert said("change.approved") == (
        "adil",
        name,
        {"state": "in_review"},
        after,
        "Fine",
        change.pk,
    )


def test_a_rejection_says_why(operator, approver, cluster):
    change = reject(approver, make_submitted(operator, cluster), comment="Use wrr")
    assert (change.state, change.state_note) == (S.REJECTED, "Use wrr")
    assert change.reviews.get().verdict == "reject"
    who, _name, before, after, why, number = said("change.rejected")
    assert (who, why, number) == ("adil", "Use wrr", change.pk)
    assert (before, after["state"]) == ({"state": "in_review"}, "rejected")


def test_a_rejection_without_a_why_is_refused(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    with pytest.raises(Invalid, match="Say why you reject it"):
        reject(approver, change, comment=" ")
    assert not Review.objects.exists()


@pytest.mark.parametrize("verdict", [approve, reject])
def test_nobody_reviews_their_own_change(verdict, admin, cluster):
    change = make_submitted(admin, cluster)
    before = count()
    with pytest.raises(PermissionDenied, match="You wrote this change"):
        verdict(admin, change)
    change.refresh_from_db()
    assert change.state == S.IN_REVIEW
    assert count() == before


def test_the_database_itself_refuses_self_approval(admin, cluster):
    change = make_submitted(admin, cluster)
    with (
        pytest.raises(IntegrityError, match="nobody_reviews_their_own_change"),
        transaction.atomic(),
    ):
        Review.objects.create(
            change=change,
            author=admin,
            reviewer=admin,
            verdict="approve",
            digest=change.digest,
            version=change.version,
        )


@pytest.mark.parametrize("verdict", [approve, reject])
@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_only_approvers_review(verdict, role, operator, cluster):
    change = make_submitted(operator, cluster)
    with pytest.raises(PermissionDenied, match="role approver"):
        verdict(make_user(role), change)


@pytest.mark.parametrize("verdict", [approve, reject])
def test_a_verdict_on_another_digest_is_refused(verdict, operator, approver, cluster):
    change = make_submitted(operator, cluster)
    for digest in ("", make_table([make_service(443)]).digest):
        with pytest.raises(Conflict, match="not the one that you were shown"):
            verdict(approver, change, digest=digest)
    assert not Review.objects.exists()


@pytest.mark.parametrize("verdict", [approve, reject])
def test_only_what_is_in_review_is_reviewed(verdict, operator, approver, cluster):
    draft = make_draft(operator, cluster, make_service())
    with pytest.raises(NotAllowed, match="is draft: it can't be"):
        verdict(approver, draft)
    rejected = reject(approver, make_submitted(operator, cluster))
    with pytest.raises(NotAllowed, match="is rejected: it can't be"):
        verdict(approver, rejected)


def test_an_edit_voids_what_a_reviewer_was_shown(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    shown = change.digest
    change = services.reopen_change(actor=operator, change=change)
    assert change.digest == ""
    change = services.submit_change(actor=operator, change=put(change, make_service(443)))
    with pytest.raises(Conflict, match="not the one that you were shown"):
        approve(approver, change, digest=shown)


def test_it_is_stale_when_a_director_holds_another_table(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    director = cluster.directors.get()
    observe(director, make_table([make_service(443)]))
    change = approve(approver, change)
    assert change.state == S.STALE
    assert change.state_note == (
        f"{director} holds another table than when the plan was made: "
        "tcp 192.168.49.134:443 is there and should not be."
    )
    assert not change.reviews.exists()
    who, _name, before, after, why, number = said("change.stale")
    assert (who, before) == ("system", {"state": "in_review"})
    assert after == {"state": "stale", "note": change.state_note}
    assert (why, number) == (change.state_note, change.pk)


def test_it_is_stale_when_others_put_one_of_its_services_there(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    observe(cluster.directors.get(), EMPTY, foreign=make_table([make_service()]))
    change = approve(approver, change)
    assert change.state == S.STALE
    assert change.state_note.startswith("Other programs changed")


def test_it_waits_while_a_director_can_not_read_its_kernel(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    DirectorStatus.objects.update(problem="IPVS is not loaded")
    with pytest.raises(NotAllowed, match="IPVS is not loaded"):
        approve(approver, change)
    DirectorStatus.objects.update(problem="")
    assert approve(approver, change).state == S.APPROVED


def test_what_others_do_elsewhere_in_the_kernel_does_not_matter(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    observe(cluster.directors.get(), EMPTY, foreign=make_table([make_service(443)]))
    assert approve(approver, change).state == S.APPROVED


def test_what_waits_on_an_old_head_becomes_stale_by_itself(operator, approver, cluster):
    waiting = make_submitted(operator, cluster, make_service(443))
    first = make_applied(make_submitted(operator, cluster), approver)
    waiting.refresh_from_db()
    assert waiting.state == S.STALE
    assert waiting.state_note == f"Change #{first.pk} was applied since it was submitted."


def test_one_change_at_a_time_is_applied(operator, approver, cluster):
    first = make_submitted(operator, cluster)
    second = make_submitted(operator, cluster, make_service(443))
    approve_and_start(actor=approver, change=first, digest=first.digest)
    with pytest.raises(NotAllowed, match=f"Change #{first.pk} is being applied to web"):
        approve(approver, second)
    second.refresh_from_db()
    assert second.state == S.IN_REVIEW


def test_the_database_itself_holds_one_change_at_a_time(operator, approver, cluster):
    first = make_submitted(operator, cluster)
    second = make_submitted(operator, cluster, make_service(443))
    approve_and_start(actor=approver, change=first, digest=first.digest)
    with pytest.raises(IntegrityError), transaction.atomic():
        Change.objects.filter(pk=second.pk).update(state=S.APPLYING)


@pytest.mark.parametrize("state", [S.DRAFT, S.IN_REVIEW, S.APPROVED, S.REJECTED, S.STALE])
def test_it_can_be_withdrawn_before_it_is_applied(state, operator, cluster):
    change = make_submitted(operator, cluster)
    force(change, state=state)
    change = services.withdraw_change(actor=operator, change=change)
    assert change.state == S.WITHDRAWN
    assert change.ended_at
    who, _name, before, after, why, number = said("change.withdrawn")
    assert (who, before, after["state"]) == ("olga", {"state": state}, "withdrawn")
    assert (why, number) == ("Launch day", change.pk)


def test_an_administrator_withdraws_what_its_author_left(operator, admin, cluster):
    change = services.withdraw_change(actor=admin, change=make_draft(operator, cluster))
    assert change.state == S.WITHDRAWN


@pytest.mark.parametrize("state", [S.APPLYING, S.APPLIED, S.FAILED, S.WITHDRAWN])
def test_once_it_is_applied_it_is_not_withdrawn_or_reopened(state, operator, cluster):
    change = make_submitted(operator, cluster)
    force(change, state=state)
    with pytest.raises(NotAllowed, match="it can't be withdrawn"):
        services.withdraw_change(actor=operator, change=change)
    with pytest.raises(NotAllowed, match="it can't be reopened"):
        services.reopen_change(actor=operator, change=change)


@pytest.mark.parametrize("state", [S.IN_REVIEW, S.APPROVED, S.REJECTED, S.STALE])
def test_it_can_be_a_draft_again_without_plans_or_confirmations(state, operator, cluster):
    change = make_draft(operator, cluster, make_service(servers=()))
    change = services.submit_change(actor=operator, change=change, adopt=True, allow_empty=True)
    force(change, state=state)
    change = services.reopen_change(actor=operator, change=change)
    assert (change.state, change.digest, change.submitted_at) == (S.DRAFT, "", None)
    assert (change.adopt, change.allow_empty) == (False, False)
    assert not change.plans.exists()
    who, _name, before, after, _why, number = said("change.reopened")
    assert (who, before, number) == ("olga", {"state": state}, change.pk)
    assert after == {"state": "draft"}


def test_nobody_reopens_or_withdraws_anothers_change(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    other = make_user("operator")
    for actor in (other, approver):
        with pytest.raises(PermissionDenied):
            services.reopen_change(actor=actor, change=change)
        with pytest.raises(PermissionDenied):
            services.withdraw_change(actor=actor, change=change)
