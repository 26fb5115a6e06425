"""From draft to review: what is frozen, and what is refused."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.changes.errors import Invalid, NotAllowed, Stale
from apps.changes.models import Change, DirectorPlan
from apps.changes.selectors import table_of
from apps.changes.services import remove_service, submit_change
from apps.inventory.services import edit_cluster
from apps.telemetry.models import DirectorStatus
from lvs.canonical_form import make_table
from lvs.model import EMPTY
from lvs.plan import plan_from_document
from tests.factories import (
    WEB1,
    WEB2,
    make_applied,
    make_cluster,
    make_director,
    make_draft,
    make_service,
    make_submitted,
    observe,
)
from tests.services.records import count, said

pytestmark = pytest.mark.django_db


def refused(error, change, actor=None, **options):
    """Submitting raises this and changes nothing. Returns the sentence."""
    before = count()
    with pytest.raises(error) as caught:
        submit_change(actor=actor or change.author, change=change, **options)
    change.refresh_from_db()
    assert change.state == Change.State.DRAFT
    assert not DirectorPlan.objects.filter(change=change).exists()
    assert count() == before
    return str(caught.value)


def steps(plan):
    return [step.text() for step in plan_from_document(plan.steps)]


def test_table_and_digest_are_frozen(operator, cluster):
    change = make_submitted(operator, cluster)
    assert change.state == Change.State.IN_REVIEW
    assert change.digest == table_of(change).digest == make_table([make_service()]).digest
    assert change.submitted_at


def test_it_is_recorded_with_digest_and_steps(operator, cluster):
    change = make_submitted(operator, cluster)
    who, _name, before, after, why, number = said("change.submitted")
    assert (who, why, number) == ("olga", "Launch day", change.pk)
    assert before == {"state": "draft"}
    assert after == {
        "state": "in_review",
        "digest": change.digest,
        "base": None,
        "steps": {cluster.directors.get().name: 3},
        "adopt": False,
        "allow_empty": False,
        "start_at": None,
        "start_until": None,
        "confirm_within": 0,
        "rolls_back_to": None,
    }


def test_each_director_gets_the_plan_from_what_it_holds(operator):
    fresh = make_director("fresh")
    half = make_director("half", holds=make_table([make_service(servers=(WEB1,))]))
    change = make_submitted(operator, make_cluster(directors=[fresh, half]))
    plans = {plan.director.name: plan for plan in change.plans.all()}
    assert plans["fresh"].expected_digest == EMPTY.digest
    assert len(steps(plans["fresh"])) == 3
    assert plans["half"].expected_digest == make_table([make_service(servers=(WEB1,))]).digest
    (step,) = plan_from_document(plans["half"].steps)
    assert (step.kind, step.server) == ("add server", WEB2)


def test_what_others_put_into_the_kernel_stays_out_of_the_plan(operator, cluster):
    observe(cluster.directors.get(), EMPTY, foreign=make_table([make_service(443)]))
    plan = make_submitted(operator, cluster).plans.get()
    assert plan.conflicts == []
    assert not [text for text in steps(plan) if ":443" in text]


def test_a_service_that_others_put_there_is_a_conflict(operator, cluster):
    observe(cluster.directors.get(), EMPTY, foreign=make_table([make_service(servers=(WEB1,))]))
    said_so = refused(NotAllowed, make_draft(operator, cluster, make_service()))
    assert "holds 1 of these already" in said_so
    assert "takes them over" in said_so


def test_it_is_taken_over_when_that_was_confirmed(operator, cluster):
    observe(cluster.directors.get(), EMPTY, foreign=make_table([make_service(servers=(WEB1,))]))
    change = make_draft(operator, cluster, make_service())
    change = submit_change(actor=operator, change=change, adopt=True)
    plan = change.plans.get()
    assert change.adopt
    assert plan.conflicts == [str(make_service())]
    assert plan.expected_digest == make_table([make_service(servers=(WEB1,))]).digest
    assert len(steps(plan)) == 1  # the other real server: what is there is edited, never recreated


def test_without_a_reason_it_is_refused(operator, cluster):
    change = make_draft(operator, cluster, make_service(), reason="")
    assert refused(Invalid, change) == "Say why: reviewers and the audit log need a reason."


def test_what_breaks_a_rule_is_refused(operator, cluster):
    change = make_draft(operator, cluster, make_service())
    document = change.table
    document["services"][0]["port"] = 70000  # as an importer might have left it
    Change.objects.filter(pk=change.pk).update(table=document)
    assert "70000" in refused(Invalid, change) or "65535" in refused(Invalid, change)


def test_without_a_director_it_is_refused(operator):
    change = make_draft(operator, make_cluster("empty", directors=0), make_service())
    assert "empty has no director yet" in refused(NotAllowed, change)


def test_a_director_that_never_reported_is_refused(operator):
    cluster = make_cluster(directors=[make_director("silent", holds=None)])
    change = make_draft(operator, cluster, make_service())
    assert "silent has not reported what it holds yet" in refused(NotAllowed, change)


def test_a_director_that_can_not_read_its_kernel_is_refused(operator, cluster):
    DirectorStatus.objects.update(problem="IPVS is not loaded")
    change = make_draft(operator, cluster, make_service())
    assert "can't read its kernel: IPVS is not loaded" in refused(NotAllowed, change)


def test_a_change_of_nothing_is_refused(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    assert "Nothing would change" in refused(NotAllowed, make_draft(operator, cluster))


def test_the_same_table_mends_a_director_that_drifted(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    observe(cluster.directors.get(), make_table([make_service(servers=(WEB1,))]))
    change = submit_change(actor=operator, change=make_draft(operator, cluster))
    assert len(change.plans.get().steps) == 1


def test_the_same_table_reaches_a_new_director(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    old = cluster.directors.get()
    edit_cluster(actor=operator, cluster=cluster, name="web", directors=[old, make_director("new")])
    change = submit_change(actor=operator, change=make_draft(operator, cluster))
    assert {p.director.name: len(p.steps) for p in change.plans.all()} == {old.name: 0, "new": 3}


@pytest.mark.parametrize("servers", [(), (WEB1._replace(weight=0),)])
def test_a_service_that_nobody_can_serve_needs_a_confirmation(servers, operator, cluster):
    change = make_draft(operator, cluster, make_service(servers=servers))
    assert "No real server can take connections" in refused(NotAllowed, change)
    change = submit_change(actor=operator, change=change, allow_empty=True)
    assert (change.state, change.allow_empty) == (Change.State.IN_REVIEW, True)


def test_an_empty_table_takes_all_services_away(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    change = make_draft(operator, cluster)
    change = remove_service(
        actor=operator, change=change, version=change.version, key=make_service().key
    )
    change = submit_change(actor=operator, change=change)
    assert [s.kind for s in plan_from_document(change.plans.get().steps)] == ["delete service"]


def test_a_draft_of_an_older_head_is_refused(operator, approver, cluster):
    draft = make_draft(operator, cluster, make_service(443))
    make_applied(make_submitted(operator, cluster), approver)
    assert "web r1 became the head since you opened this draft" in refused(Stale, draft)


def test_it_is_submitted_once(operator, cluster):
    change = make_submitted(operator, cluster)
    before = count()
    with pytest.raises(NotAllowed, match="is in review: it can't be submitted"):
        submit_change(actor=operator, change=change)
    assert count() == before


@pytest.mark.parametrize("role", ["viewer", "approver", "admin"])
def test_nobody_but_its_author_submits_it(role, request, operator, cluster):
    change = make_draft(operator, cluster, make_service())
    refused(PermissionDenied, change, actor=request.getfixturevalue(role))
