"""Whoever writes past the services: the database itself refuses each illegal act, by raw SQL."""

from datetime import timedelta

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.changes import services
from apps.changes.models import Change
from apps.inventory.models import Revision
from apps.jobs.services import approve_and_start
from lvs.canonical_form import make_table
from lvs.documents import table_to_document
from tests.factories import (
    make_applied,
    make_cluster,
    make_draft,
    make_service,
    make_submitted,
    make_user,
)
from tests.guards import force
from tests.services.records import count
from tests.services.timed import opened, timed

pytestmark = pytest.mark.django_db
REVIEW = (
    "INSERT INTO changes_review (change_id, author_id, reviewer_id, verdict, digest, version,"
    " comment, afterwards, at) SELECT id, {author}, {reviewer}, 'approve', digest, version,"
    " '', {no}, CURRENT_TIMESTAMP FROM changes_change WHERE id = {id}"
)


def refused(sql, match):
    """The statement fails with these words, and changes nothing."""
    with pytest.raises(Error, match=match), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def done(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def review(change, author, reviewer):
    no = "FALSE" if connection.vendor == "postgresql" else "0"
    return REVIEW.format(id=change.pk, author=author.pk, reviewer=reviewer.pk, no=no)


def update(change, what):
    return f"UPDATE changes_change SET {what} WHERE id = {change.pk}"


@pytest.fixture
def change(operator, cluster):
    return make_submitted(operator, cluster)


@pytest.fixture
def applied(change, approver):
    return make_applied(change, approver)


def test_nobody_reviews_their_own_change(change, operator):
    refused(review(change, operator, operator), "nobody_reviews_their_own_change")


def test_nobody_writes_another_author_to_review_their_own(change, operator, approver):
    refused(review(change, approver, operator), "names its author")


@pytest.mark.parametrize("basis", ["people", "policy", "emergency", "unconfirmed", ""])
def test_a_change_that_nobody_approved_is_not_approved(basis, change):
    refused(
        update(change, f"state = 'approved', approved_by = '{basis}'"), "approved by others, as"
    )


def test_what_others_approved_may_be_approved(change, operator, approver):
    done(review(change, operator, approver))
    done(update(change, "state = 'approved', approved_by = 'people'"))


def test_one_approval_is_not_two(change, admin, operator, approver):
    services.set_policy(actor=admin, cluster=change.cluster, version=1, approvals=2)
    done(review(change, operator, approver))
    refused(update(change, "state = 'approved', approved_by = 'people'"), "as the policy of its")
    refused(review(change, operator, approver), "one_approval_a_person|UNIQUE")


def test_who_is_not_named_does_not_count(change, admin, operator, approver):
    services.set_policy(
        actor=admin, cluster=change.cluster, version=1, approvals=1, approvers=[admin]
    )
    done(review(change, operator, approver))
    refused(update(change, "state = 'approved', approved_by = 'people'"), "as the policy of its")


@pytest.mark.parametrize(
    "what",
    [
        "state = 'applying'",
        "state = 'applied'",
        "state = 'failed'",
    ],
)
def test_no_state_is_jumped_over(what, change):
    refused(update(change, what), "no legal step|what is applied")


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("digest = 'x'", "digest of a submitted change is frozen"),
        ("version = 99", "version of a submitted change is frozen"),
    ],
)
def test_what_was_submitted_is_frozen(what, says, change):
    refused(update(change, what), says)


def test_its_table_is_frozen(change):
    refused(update(change, """"table" = '{"services": []}'"""), "table of a submitted change")


def test_its_author_and_cluster_stay(change, approver):
    refused(update(change, f"author_id = {approver.pk}"), "keeps its author")


def test_an_approved_table_is_not_swapped_as_it_starts(change, approver):
    approved = services.approve_change(actor=approver, change=change, digest=change.digest)
    refused(update(approved, "state = 'applying', revision_id = NULL"), "is the approved table")


def test_what_was_applied_stays_applied(applied):
    refused(update(applied, "state = 'draft'"), "no legal step")
    refused(update(applied, "revision_id = NULL"), "keeps its revision")


def test_changes_begin_as_drafts(change):
    columns = [f.column for f in Change._meta.concrete_fields if f.column != "id"]
    names = ", ".join(f'"{name}"' for name in columns)
    refused(
        f"INSERT INTO changes_change ({names}) SELECT {names} FROM changes_change",
        "a change begins as a draft",
    )


@pytest.mark.parametrize("table", ["changes_change", "changes_review", "inventory_revision"])
def test_nothing_of_it_is_deleted(table, applied):
    refused(f"DELETE FROM {table}", "is never deleted")


def test_a_review_never_changes(applied):
    refused("UPDATE changes_review SET comment = 'Fine, all fine'", "a review never changes")


@pytest.mark.parametrize("what", ["digest = 'x'", "number = 9", """"table" = '{}'"""])
def test_a_revision_never_changes(what, applied):
    refused(f"UPDATE inventory_revision SET {what}", "a revision never changes")


def test_a_revision_stays_applied(applied):
    refused("UPDATE inventory_revision SET applied_at = NULL", "stays applied")


def test_the_head_is_an_applied_revision(change, approver):
    started = approve_and_start(actor=approver, change=change, digest=change.digest)
    refused(
        f"UPDATE inventory_cluster SET head_id = {started.revision_id}", "the head is an applied"
    )


def test_reviewers_are_not_deleted_away(applied, approver):
    with pytest.raises(Error), transaction.atomic():
        done(f"DELETE FROM accounts_rolegrant WHERE user_id = {approver.pk}")
        done(f"DELETE FROM accounts_user WHERE id = {approver.pk}")
        connection.check_constraints()
    assert User.objects.filter(pk=approver.pk).exists()


def test_two_changes_are_not_applied_at_once(operator, approver, change):
    other = make_submitted(operator, change.cluster, make_service(443))
    approved = services.approve_change(actor=approver, change=other, digest=other.digest)
    started = approve_and_start(actor=approver, change=change, digest=change.digest)
    refused(update(approved, f"state = 'applying', revision_id = {started.revision_id}"), ".")


def test_a_draft_is_free(operator, cluster):
    draft = make_draft(operator, cluster)
    before = count()
    done(update(draft, "title = 'Another'"))
    assert count() == before


def test_the_workers_clock_may_be_a_little_before_the_databases(unconfirmed):
    force(unconfirmed, confirm_by=timezone.now() + timedelta(seconds=40))
    back = make_draft(unconfirmed.author, unconfirmed.cluster)
    force(back, state="in_review", takes_back=unconfirmed)
    done(update(back, "state = 'approved', approved_by = 'unconfirmed'"))


def test_before_its_time_nothing_is_taken_back(unconfirmed):
    back = make_draft(unconfirmed.author, unconfirmed.cluster)
    force(back, state="in_review", takes_back=unconfirmed)
    refused(
        update(back, "state = 'approved', approved_by = 'unconfirmed'"), "approved by others, as"
    )


# --- revisions, emergencies, and what was submitted with a change ----------------------------------


def forged(cluster, **fields):
    wanted = {"number": 99, "table": make_doc(), "digest": "e" * 64} | fields
    return Revision.objects.create(cluster=cluster, **wanted)


def make_doc():
    return table_to_document(make_table([make_service(6666)]))


def test_a_revision_that_no_change_applied_is_not_called_applied(cluster):
    evil = forged(cluster)
    refused(
        f"UPDATE inventory_revision SET applied_at = CURRENT_TIMESTAMP WHERE id = {evil.pk}",
        "applied by its change",
    )


def test_a_revision_is_not_applied_as_it_is_made(cluster):
    with pytest.raises(Error, match="begins unapplied"), transaction.atomic():
        forged(cluster, applied_at=timezone.now())


def test_a_revision_is_applied_once(applied):
    refused("UPDATE inventory_revision SET applied_at = '2020-01-01'", "is applied once")


@pytest.fixture
def rollback(two_revisions):
    """An emergency's draft, submitted by raw SQL."""
    draft = opened(make_user("emergency"), two_revisions)
    digest = draft.rolls_back_to.digest
    done(update(draft, f"state = 'in_review', digest = '{digest}'"))
    return draft


YES, NO = ("TRUE", "FALSE")


def test_an_emergency_that_nobody_would_look_at_is_none(rollback):
    said = "state = 'approved', approved_by = 'emergency', review_due = "
    refused(update(rollback, said + NO), "its review is due")
    done(update(rollback, said + YES))
    refused(update(rollback, f"review_due = {NO}"), "until somebody has looked at it")


def test_an_emergency_goes_back_to_no_other_clusters_revision(rollback, operator, approver):
    other = make_applied(make_submitted(operator, make_cluster()), approver)
    force(rollback, rolls_back_to=other.revision)
    wanted = f"state = 'approved', approved_by = 'emergency', review_due = {YES}"
    refused(update(rollback, wanted), "a revision of its cluster")


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("start_at = CURRENT_TIMESTAMP", "submitted with a change is frozen"),
        ("start_until = CURRENT_TIMESTAMP", "submitted with a change is frozen"),
        (f"allow_empty = {YES}", "submitted with a change is frozen"),
        (f"adopt = {YES}", "takes over no more"),
        ("confirm_within = 0", "only gets stricter"),
        ("confirm_within = 11", "only gets stricter"),
    ],
)
def test_what_was_submitted_with_it_is_frozen(what, says, operator, cluster):
    change = timed(operator, cluster, confirm_within=10)
    refused(update(change, what), says)


def test_its_confirmation_may_get_stricter(operator, cluster):
    done(update(timed(operator, cluster), "confirm_within = 5"))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE changes_directorplan SET steps = '[]'",
        "DELETE FROM changes_directorplan",
        "INSERT INTO changes_directorplan (change_id, director_id, expected_digest, steps, conflicts)"
        " SELECT change_id, director_id, '', '[]', '[]' FROM changes_directorplan",
    ],
)
def test_the_plans_of_a_submitted_change_are_frozen(sql, change):
    refused(sql, "a plan never changes|plans of a submitted change are frozen")
