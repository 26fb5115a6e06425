"""Acts on a change by programs: submit, verdicts, second thoughts, confirming, rolling back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit.models import AuditRecord
from apps.changes.models import Change, Review
from apps.changes.selectors import table_of
from apps.changes.services import set_policy
from apps.jobs.models import Run
from tests.api.conftest import Program
from tests.factories import (
    make_applied,
    make_draft,
    make_service,
    make_submitted,
    make_user,
    observe,
)

pytestmark = pytest.mark.django_db
SOON = timedelta(minutes=5)


@pytest.fixture
def draft(operator, cluster):
    return make_draft(operator.owner, cluster, make_service())


@pytest.fixture
def submitted(operator, cluster):
    return make_submitted(operator.owner, cluster)


def act(program, change, name, **body):
    return program.post(f"changes/{change.pk}/{name}/", body)


def shown(change):
    return {"digest": change.digest, "version": change.version}


def state(change):
    return Change.objects.get(pk=change.pk).state


def test_a_draft_is_submitted(operator, draft):
    got = act(operator, draft, "submit", version=2).json()
    assert (got["state"], got["version"]) == ("in_review", 3)
    assert got["digest"] == table_of(draft).digest
    assert got["approvals"] == {"needed": 1, "missing": 1, "given": []}
    (plan,) = got["plans"]
    assert plan["steps"][0]["command"] == "ipvsadm -A -t 192.168.49.134:80 -s rr"


def test_submitting_takes_a_time_and_a_confirmation(operator, draft):
    at = timezone.now() + SOON
    got = act(
        operator, draft, "submit", version=2, start_at=at.isoformat(), confirm_within=10
    ).json()
    assert got["start_at"] == at.isoformat().replace("+00:00", "Z")
    assert Change.objects.get().confirm_within == 10


def test_a_submit_is_refused_as_on_the_page(operator, approver, draft, cluster):
    assert act(operator, draft, "submit", version=1).status_code == 409
    past = (timezone.now() - SOON).isoformat()
    response = act(operator, draft, "submit", version=2, start_until=past)
    assert response.status_code == 422
    assert response.json()["problems"][0]["path"] == ["start_until"]
    assert act(operator, draft, "submit", version=2, start_at="soon").status_code == 422
    assert act(operator, draft, "submit", version=2, adopts=True).status_code == 422
    assert act(approver, draft, "submit", version=2).status_code == 403
    assert act(operator, draft, "submit", version=2, emergency=True).status_code == 403
    operator.patch(f"changes/{draft.pk}/", {"reason": "", "version": 2})
    response = act(operator, draft, "submit", version=3)
    assert response.json()["problems"][0]["path"] == ["reason"]
    assert state(draft) == "draft"


def test_services_that_nobody_serves_are_submitted_only_when_that_is_meant(operator, cluster):
    draft = make_draft(operator.owner, cluster, make_service(servers=()))
    response = act(operator, draft, "submit", version=2)
    assert response.status_code == 409
    assert "clients would be refused" in response.json()["error"]
    assert act(operator, draft, "submit", version=2, allow_empty=True).status_code == 200


def test_what_directors_hold_already_is_taken_over_only_when_that_is_meant(operator, cluster):
    from lvs.canonical_form import make_table
    from lvs.model import EMPTY

    observe(cluster.directors.get(), EMPTY, foreign=make_table([make_service(scheduler="wlc")]))
    draft = make_draft(operator.owner, cluster, make_service())
    response = act(operator, draft, "submit", version=2)
    assert response.status_code == 409
    assert "made by somebody else" in response.json()["error"]
    got = act(operator, draft, "submit", version=2, adopt=True).json()
    assert got["plans"][0]["conflicts"] == ["tcp 192.168.49.134:80"]


def test_an_approval_begins_the_change(approver, submitted):
    response = act(approver, submitted, "approve", **shown(submitted), comment="Good")
    got = response.json()
    assert got["state"] == "applying"
    assert [run["state"] for run in got["runs"]] == ["queued"]
    assert got["reviews"][0]["reviewer"] == "adil"
    assert got["reviews"][0]["comment"] == "Good"
    assert got["revision"] == 1
    approved = AuditRecord.objects.get(action="change.approved")
    assert approved.actor_name.startswith("adil (token ")


def test_an_approval_is_for_exactly_what_was_seen(approver, submitted):
    for other in ({"digest": "0" * 64}, {"version": 2}):
        assert act(approver, submitted, "approve", **shown(submitted) | other).status_code == 409
    assert act(approver, submitted, "approve", digest=submitted.digest).status_code == 422
    assert act(approver, submitted, "approve", version=submitted.version).status_code == 422
    assert not Review.objects.exists()


def test_nobody_approves_their_own_change_by_any_token(cluster):
    chief = Program(make_user("admin"))
    change = make_submitted(chief.owner, cluster)
    tokens = [chief, *(Program(chief.owner, role, where) for role, where in _WAYS(cluster))]
    records = AuditRecord.objects.count()
    for program in tokens:
        for verdict in ("approve", "reject", "comment"):
            body = {"comment": "x"} if verdict == "comment" else shown(change) | {"comment": "x"}
            response = act(program, change, verdict, **body)
            assert response.status_code == 403
            says = "comments are for those who" if verdict == "comment" else "someone else must"
            assert f"You wrote this change: {says}" in response.json()["error"]
    assert state(change) == "in_review"
    assert not Review.objects.exists()
    assert AuditRecord.objects.count() == records
    assert not Run.objects.exists()


def _WAYS(cluster):
    return [("approver", None), ("approver", cluster), ("admin", cluster)]


def test_a_token_without_the_role_or_of_another_cluster_approves_nothing(
    admin, operator, viewer, submitted, cluster, mail
):
    other = Program(make_user("operator"))
    for program in (viewer, other):
        response = act(program, submitted, "approve", **shown(submitted))
        assert response.status_code == 403
        assert "approve or reject changes" in response.json()["error"]
    elsewhere = Program(admin.owner, "approver", mail)
    assert act(elsewhere, submitted, "approve", **shown(submitted)).status_code == 404
    looks = Program(admin.owner, "operator", cluster)
    response = act(looks, submitted, "approve", **shown(submitted))
    assert response.json()["error"].startswith("This token may not approve or reject changes")
    assert not Review.objects.exists()
    here = Program(admin.owner, "approver", cluster)
    assert act(here, submitted, "approve", **shown(submitted)).status_code == 200


def test_an_approval_of_what_became_stale_says_so(approver, submitted, cluster):
    from lvs.canonical_form import make_table

    observe(cluster.directors.get(), make_table([make_service(port=99)]))
    response = act(approver, submitted, "approve", **shown(submitted))
    assert response.status_code == 409
    assert response.json()["error"].startswith("Not approved, it is stale now: ")
    assert state(submitted) == "stale"


def test_a_rejection_needs_a_why(approver, submitted):
    response = act(approver, submitted, "reject", **shown(submitted))
    assert response.status_code == 422
    assert response.json()["problems"][0]["path"] == ["comment"]
    got = act(approver, submitted, "reject", **shown(submitted), comment="Not today").json()
    assert (got["state"], got["state_note"]) == ("rejected", "Not today")


def test_a_comment_is_no_verdict(approver, viewer, submitted):
    got = act(approver, submitted, "comment", comment="Why rr?").json()
    assert (got["state"], got["reviews"][0]["verdict"]) == ("in_review", "comment")
    assert act(approver, submitted, "comment", comment=" ").status_code == 422
    assert act(viewer, submitted, "comment", comment="x").status_code == 403


def test_a_change_is_reopened_and_withdrawn_by_its_author(operator, approver, submitted):
    assert act(approver, submitted, "reopen").status_code == 403
    assert act(approver, submitted, "withdraw").status_code == 403
    assert act(operator, submitted, "reopen").json()["state"] == "draft"
    assert act(operator, submitted, "reopen").status_code == 409
    assert act(operator, submitted, "withdraw").json()["state"] == "withdrawn"
    assert act(operator, submitted, "withdraw").status_code == 409


@pytest.mark.parametrize("name", ["reopen", "withdraw", "confirm"])
def test_an_act_that_takes_nothing_says_so(operator, submitted, name):
    response = act(operator, submitted, name, sure=True)
    assert response.status_code == 422
    assert response.json()["problems"][0]["path"] == ["sure"]
    assert state(submitted) == "in_review"


def test_an_applied_change_is_confirmed(operator, approver, viewer, submitted):
    assert act(operator, submitted, "confirm").status_code == 409
    applied = make_applied(submitted, approver.owner)
    Change.objects.filter(pk=applied.pk).update(confirm_by=timezone.now() + SOON)
    assert act(viewer, applied, "confirm").status_code == 403
    assert act(operator, applied, "confirm").json()["confirmed_at"] is not None


def test_a_revision_is_rolled_back_to(operator, approver, viewer, submitted, cluster):
    first = make_applied(submitted, approver.owner)
    other = make_submitted(operator.owner, cluster, make_service(scheduler="wrr"))
    make_applied(other, approver.owner)
    path = "clusters/web/revisions/1/roll-back/"
    assert viewer.post(path).status_code == 403
    response = operator.post(path, {"reason": "wrr was slower"})
    got = response.json()
    assert (response.status_code, got["state"], got["rolls_back_to"]) == (201, "draft", 1)
    assert got["title"] == "Go back to revision 1"
    assert got["table"] == first.table
    assert operator.post("clusters/web/revisions/9/roll-back/").status_code == 404


def test_a_change_that_nobody_needs_to_approve_begins_at_its_submit(
    admin, operator, draft, cluster
):
    policy = {"approvals": 0, "approvers": [], "free_weights": False, "confirm_within": 0}
    set_policy(actor=admin.owner, cluster=cluster, version=1, **policy)
    assert act(operator, draft, "submit", version=2).json()["state"] == "applying"
