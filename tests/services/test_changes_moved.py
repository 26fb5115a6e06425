"""What reviewers are told when directors moved since a change was submitted."""

import time

import pytest

from apps.changes.services import approve_change, submit_change
from apps.changes.staleness import moved_since_submit
from lvs.agent import streams
from lvs.canonical_form import make_table
from lvs.diff import diff_tables
from lvs.model import EMPTY
from tests.factories import (
    WEB1,
    WEB2,
    make_applied,
    make_draft,
    make_service,
    make_submitted,
    observe,
)
from tests.identities import store_heartbeat

pytestmark = pytest.mark.django_db

HEAD = make_table([make_service()])
LIGHTER = make_table([make_service(servers=(WEB1._replace(weight=0), WEB2))])


@pytest.fixture
def change(operator, approver, cluster):
    """In review: it gives the head's service another scheduler."""
    make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    return make_submitted(operator, cluster, make_service(scheduler="wlc"))


def test_nothing_is_said_while_nothing_moved(viewer, change):
    assert moved_since_submit(viewer, change) == []


def test_a_kernel_that_moved_is_shown_with_what_the_plan_started_from(viewer, change):
    director = change.cluster.directors.get()
    observe(director, LIGHTER)
    (moved,) = moved_since_submit(viewer, change)
    assert (moved.before, moved.now) == (HEAD, LIGHTER)
    (service,) = diff_tables(moved.before, moved.now)
    assert [tuple(field) for field in service.servers[0].fields] == [("weight", "1", "0")]
    assert moved.says == (
        f"{director} holds another table than when the plan was made: "
        "192.168.1.103:80 of tcp 192.168.49.134:80 has weight 0 instead of 1."
    )


def test_a_stale_change_names_the_difference(approver, change):
    observe(change.cluster.directors.get(), LIGHTER)
    after = approve_change(actor=approver, change=change, digest=change.digest)
    assert after.state == "stale"
    assert "has weight 0 instead of 1" in after.state_note


def test_what_others_put_in_the_way_is_said(viewer, operator, cluster):
    change = submit_change(actor=operator, change=make_draft(operator, cluster, make_service()))
    director = cluster.directors.get()
    observe(director, EMPTY, foreign=HEAD)
    (moved,) = moved_since_submit(viewer, change)
    assert "Other programs changed which of these services" in moved.says
    assert (moved.before, moved.now) == (EMPTY, HEAD)


def test_a_director_of_which_it_is_not_known_is_named(viewer, change):
    director = change.cluster.directors.get()
    message = streams.heartbeat(
        *(str(director.uuid), time.time()),
        facts={},
        revision=1,
        owned_digest="",
        problem="no ip_vs",
    )
    store_heartbeat(director=director, message=message)
    (moved,) = moved_since_submit(viewer, change)
    assert "can't read its kernel: no ip_vs" in moved.says
    assert moved.before == moved.now


def test_of_a_draft_nothing_is_said(viewer, operator, cluster):
    assert moved_since_submit(viewer, make_draft(operator, cluster, make_service())) == []
