"""The table of legal steps, and the one function that takes them."""

from itertools import product

import pytest

from apps.changes.errors import Conflict, NotAllowed
from apps.changes.models import Change
from apps.changes.states import ENDED, NEXT, locked, move
from tests.factories import make_draft
from tests.guards import unguarded

pytestmark = pytest.mark.django_db
S = Change.State

LEGAL = {
    ("draft", "in_review"),
    ("draft", "withdrawn"),
    ("in_review", "draft"),
    ("in_review", "approved"),
    ("in_review", "rejected"),
    ("in_review", "withdrawn"),
    ("in_review", "stale"),
    ("rejected", "draft"),
    ("rejected", "withdrawn"),
    ("stale", "draft"),
    ("stale", "withdrawn"),
    ("approved", "applying"),
    ("approved", "draft"),
    ("approved", "withdrawn"),
    ("approved", "stale"),
    ("applying", "applied"),
    ("applying", "failed"),
    ("applying", "partial"),
    ("failed", "applied"),
    ("failed", "partial"),
    ("partial", "applied"),
    ("partial", "failed"),
}


def test_every_step_is_legal_or_refused(operator, cluster):
    change = make_draft(operator, cluster)
    taken = set()
    for before, after in product(S, S):
        with unguarded():
            Change.objects.filter(pk=change.pk).update(state=before)
            found = locked(change)
            try:
                move(found, after)
            except NotAllowed as refused:
                assert f"can't become {after.label}" in str(refused)
            else:
                taken.add((before.value, after.value))
    assert taken == LEGAL


def test_applied_and_withdrawn_are_for_ever():
    assert not NEXT.get(S.APPLIED)
    assert not NEXT.get(S.WITHDRAWN)


@pytest.mark.parametrize("state", sorted(ENDED))
def test_an_end_has_its_time(state, operator, cluster):
    change = make_draft(operator, cluster)
    before = next(state_ for state_, after in NEXT.items() if state in after)
    with unguarded():
        Change.objects.filter(pk=change.pk).update(state=before, ended_at=None)
        move(locked(change), S(state))
    change.refresh_from_db()
    assert change.ended_at


def test_a_change_that_moved_meanwhile_is_a_conflict(operator, cluster):
    change = make_draft(operator, cluster)
    Change.objects.filter(pk=change.pk).update(state=S.WITHDRAWN)
    with pytest.raises(Conflict, match="moved by somebody else just now"):
        move(change, S.IN_REVIEW)


def test_a_draft_that_was_edited_meanwhile_is_a_conflict(operator, cluster):
    change = make_draft(operator, cluster)
    Change.objects.filter(pk=change.pk).update(version=9)
    with pytest.raises(Conflict):
        move(change, S.IN_REVIEW)


def test_a_long_note_is_cut(operator, cluster):
    change = move(make_draft(operator, cluster), S.WITHDRAWN, note="x" * 400)
    change.refresh_from_db()
    assert change.state_note == "x" * 300
