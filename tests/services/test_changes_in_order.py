"""Who comes second while the first has not committed: each order, one legal history.

`test_changes_at_once` lets the database choose the order; here the test does.
"""

import pytest

from apps.changes import services
from apps.changes.errors import Conflict, NotAllowed
from apps.changes.models import Change, Review
from apps.changes.selectors import table_of
from apps.inventory.errors import InventoryError
from apps.inventory.services import edit_cluster
from apps.jobs.services import approve_and_start
from lvs.canonical_form import make_table
from tests.factories import make_director, make_draft, make_service, make_submitted, make_user
from tests.services.in_order import one_after_the_other

pytestmark = pytest.mark.django_db(transaction=True)
S = Change.State


def starting(approver, change):
    return lambda: approve_and_start(actor=approver, change=change, digest=change.digest)


def approving(actor, change):
    return lambda: services.approve_change(actor=actor, change=change, digest=change.digest)


def rejecting(actor, change):
    return lambda: services.reject_change(
        actor=actor, change=change, digest=change.digest, comment="No"
    )


def putting(change, *, port):
    return lambda: services.put_service(
        actor=change.author,
        change=change,
        version=change.version,
        old_key=None,
        service=make_service(port),
    )


def state_of(change):
    return Change.objects.get(pk=change.pk).state


def test_who_approves_second_is_told(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    _, second = one_after_the_other(
        approving(approver, change), approving(make_user("approver"), change)
    )
    assert str(second) == f"Change #{change.pk} is approved: it can't be approved."


@pytest.mark.parametrize("approval_first", [True, False])
def test_an_approval_and_a_rejection(approval_first, operator, approver, cluster):
    change = make_submitted(operator, cluster)
    acts = [approving(approver, change), rejecting(make_user("approver"), change)]
    ordered = acts if approval_first else acts[::-1]
    _, second = one_after_the_other(*ordered)
    assert isinstance(second, NotAllowed)
    assert state_of(change) == (S.APPROVED if approval_first else S.REJECTED)
    assert Review.objects.count() == 1


def test_an_author_who_reopens_first_keeps_it_from_being_approved(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    _, second = one_after_the_other(
        lambda: services.reopen_change(actor=operator, change=change), approving(approver, change)
    )
    assert isinstance(second, NotAllowed)
    assert state_of(change) == S.DRAFT
    assert not Review.objects.exists()


def test_an_author_who_reopens_second_is_told_it_is_being_applied(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    _, second = one_after_the_other(
        starting(approver, change), lambda: services.reopen_change(actor=operator, change=change)
    )
    assert str(second) == f"Change #{change.pk} is applying: it can't be reopened."
    assert state_of(change) == S.APPLYING


def test_two_windows_do_not_overwrite_each_other(operator, cluster):
    change = make_draft(operator, cluster)
    _, second = one_after_the_other(putting(change, port=80), putting(change, port=443))
    assert isinstance(second, Conflict)
    stored = Change.objects.get(pk=change.pk)
    assert (stored.version, table_of(stored)) == (2, make_table([make_service(80)]))


def test_an_edit_before_a_submit_is_not_submitted_unseen(operator, cluster):
    change = make_draft(operator, cluster, make_service(80))
    _, submit = one_after_the_other(
        putting(change, port=443),
        lambda: services.submit_change(actor=operator, change=change),
    )
    assert isinstance(submit, Conflict)
    assert state_of(change) == S.DRAFT


def test_an_edit_after_a_submit_is_refused(operator, cluster):
    change = make_draft(operator, cluster, make_service(80))
    submitted, edit = one_after_the_other(
        lambda: services.submit_change(actor=operator, change=change), putting(change, port=443)
    )
    assert isinstance(edit, NotAllowed)
    assert table_of(Change.objects.get(pk=change.pk)).digest == submitted.digest


def test_directors_that_change_before_an_approval_make_it_stale(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    directors = [cluster.directors.get(), make_director()]
    _, second = one_after_the_other(
        lambda: edit_cluster(actor=operator, cluster=cluster, name="web", directors=directors),
        approving(approver, change),
    )
    assert state_of(change) == S.STALE
    assert isinstance(second, NotAllowed)


def test_directors_do_not_change_under_a_change_that_is_applied(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    directors = [cluster.directors.get(), make_director()]
    _, second = one_after_the_other(
        starting(approver, change),
        lambda: edit_cluster(actor=operator, cluster=cluster, name="web", directors=directors),
    )
    assert isinstance(second, InventoryError)
    assert f"Change #{change.pk} is being applied to web" in str(second)
    assert cluster.directors.count() == 1
