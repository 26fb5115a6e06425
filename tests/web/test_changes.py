"""The page of a change, and the acts on it."""

import re

import pytest

from apps.changes.models import Change
from apps.jobs.services import store_run_finished, store_run_started, store_run_steps
from lvs.agent import streams
from lvs.canonical_form import make_table
from tests.factories import (
    make_applied,
    make_director,
    make_draft,
    make_service,
    make_submitted,
    observe,
    put,
)
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db


def act(user, change, name, **data):
    if name == "submit":
        data.setdefault("version", Change.objects.get(pk=change.pk).version)
    return browser(user).post(f"/changes/{change.pk}/{name}/", data)


def shown(change, comment):
    """What the review form posts."""
    return {"digest": change.digest, "version": change.version, "comment": comment}


def state(change):
    return Change.objects.get(pk=change.pk).state


def test_a_draft_is_opened_from_the_cluster(operator, cluster):
    data = {"title": "Add mail", "reason": "It moves here"}
    response = browser(operator).post("/clusters/web/changes/new/", data)
    change = Change.objects.get()
    assert response["Location"] == f"/changes/{change.pk}/"
    assert (change.title, change.reason, change.author) == ("Add mail", "It moves here", operator)


def test_a_draft_without_a_title_keeps_the_reason(operator, cluster):
    data = {"title": " ", "reason": "It moves here"}
    response = browser(operator).post("/clusters/web/changes/new/", data)
    assert response.status_code == 422
    assert error_beside(response, "title") == "Title is missing."
    assert "It moves here" in text_of(response)


def test_title_and_reason_can_be_edited(operator, cluster):
    draft = make_draft(operator, cluster)
    data = {"title": "Other", "reason": "Better", "version": draft.version}
    assert act(operator, draft, "edit", **data).status_code == 302
    draft.refresh_from_db()
    assert (draft.title, draft.reason) == ("Other", "Better")


def test_an_old_version_of_the_title_is_kept_beside_the_news(operator, cluster):
    draft = make_draft(operator, cluster)
    put(draft, make_service())
    response = act(operator, draft, "edit", title="Mine", reason="x", version=draft.version)
    assert response.status_code == 409
    assert "changed this draft" in text_of(response)
    assert 'value="Mine"' in response.content.decode()


def test_the_page_shows_plan_commands_and_diff(viewer, operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    change = make_submitted(operator, cluster, make_service(scheduler="wrr"))
    page = text_of(browser(viewer).get(f"/changes/{change.pk}/"))
    assert "Set the scheduler of tcp 192.168.49.134:80 from rr to wrr" in page
    assert "ipvsadm -E -t 192.168.49.134:80 -s wrr" in page
    assert "Scheduler: rr → becomes wrr" in page
    assert "No step ends a connection" in page


def test_the_page_says_what_costs_connections(viewer, operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    change = make_submitted(
        operator, cluster, make_service(servers=make_service().real_servers[:1])
    )
    page = text_of(browser(viewer).get(f"/changes/{change.pk}/"))
    assert "This costs connections" in page
    assert "Removing 192.168.1.104:80" in page


def test_the_author_is_told_who_must_approve(operator, cluster):
    change = make_submitted(operator, cluster)
    page = browser(operator).get(f"/changes/{change.pk}/")
    assert "You wrote this change: someone else must approve it." in text_of(page)
    assert "Approve and apply" not in text_of(page)


def test_a_viewer_is_told_which_role_approves(viewer, operator, cluster):
    change = make_submitted(operator, cluster)
    page = text_of(browser(viewer).get(f"/changes/{change.pk}/"))
    assert "Approving needs the role approver. Yours: viewer everywhere." in page
    assert "Approve and apply" not in page


def test_submit_approve_apply(operator, approver, cluster):
    draft = make_draft(operator, cluster, make_service())
    assert act(operator, draft, "submit").status_code == 302
    draft.refresh_from_db()
    page = browser(approver).get(f"/changes/{draft.pk}/").content.decode()
    assert f'name="digest" value="{draft.digest}"' in " ".join(page.split())
    response = act(approver, draft, "approve", **shown(draft, "Fine"))
    assert response.status_code == 302
    assert state(draft) == "applying"
    page = text_of(browser(operator).get(f"/changes/{draft.pk}/"))
    assert "Waiting for the director to take it" in page
    assert "Adil Khan approved" in page


def test_another_digest_than_the_shown_one_is_refused(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    response = act(approver, change, "approve", digest="0" * 64, comment="I typed this")
    assert response.status_code == 409
    assert "not the one that you were shown" in text_of(response)
    assert "I typed this" in text_of(response)
    assert state(change) == "in_review"


def test_an_approval_is_for_what_was_submitted_when_the_page_was_shown(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    data = shown(change, "Fine")
    observe(cluster.directors.get(), make_table([]), make_table([make_service(scheduler="wlc")]))
    act(operator, change, "reopen")
    act(operator, change, "submit", adopt="on")
    response = act(approver, change, "approve", **data)
    assert response.status_code == 409
    assert "not the one that you were shown" in text_of(response)
    assert state(change) == "in_review"


def test_a_comment_may_hold_anything_that_a_form_can_send(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    data = shown(change, "No\0way")
    assert act(approver, change, "reject", **data).status_code == 302
    assert browser(approver).get("/changes/?cluster=%00").status_code == 200


def test_nobody_without_the_right_acts(viewer, operator, approver, cluster):
    change = make_submitted(operator, cluster)
    for person in (viewer, operator):
        for name in ("approve", "reject"):
            response = act(person, change, name, **shown(change, "x"))
            assert response.status_code == 403
    for person in (viewer, approver):
        assert act(person, change, "reopen").status_code == 403
        assert act(person, change, "withdraw").status_code == 403
    assert state(change) == "in_review"


@pytest.mark.parametrize("name", ["submit", "approve", "reject", "withdraw", "reopen", "rebase"])
def test_the_address_of_an_act_does_nothing_by_itself_and_leads_to_the_change(
    operator, cluster, name
):
    change = make_submitted(operator, cluster)
    response = browser(operator).get(f"/changes/{change.pk}/{name}/")
    assert response["Location"] == f"/changes/{change.pk}/"
    assert state(change) == "in_review"


def test_a_yes_to_the_draft_that_was_shown_is_none_to_a_later_one(operator, cluster):
    empty = make_service(servers=())
    draft = make_draft(operator, cluster, empty)
    put(draft, make_service(port=81, servers=()))  # in another window
    response = act(operator, draft, "submit", version=draft.version, allow_empty="on")
    assert response.status_code == 409
    assert "not the one that you were shown" in text_of(response)
    (box,) = re.findall(r'<input[^>]*name="allow_empty"[^>]*>', response.text)
    assert "checked" not in box
    assert state(draft) == "draft"


def test_who_manages_the_console_can_withdraw_what_others_left(admin, operator, cluster):
    change = make_submitted(operator, cluster)
    assert "Withdraw this change" in text_of(browser(admin).get(f"/changes/{change.pk}/"))
    assert act(admin, change, "withdraw").status_code == 302
    assert state(change) == "withdrawn"


def test_what_submit_refuses_is_said_on_the_page(operator, cluster):
    draft = make_draft(operator, cluster, make_service(), reason="")
    response = act(operator, draft, "submit")
    assert response.status_code == 422
    assert "Say why" in text_of(response)
    assert state(draft) == "draft"


def test_an_unusable_service_asks_for_a_yes(operator, cluster):
    draft = make_draft(operator, cluster, make_service(servers=()))
    page = text_of(browser(operator).get(f"/changes/{draft.pk}/"))
    assert "Yes, leave 1 service without a usable real server" in page
    assert act(operator, draft, "submit").status_code == 409
    assert act(operator, draft, "submit", allow_empty="on").status_code == 302


def test_taking_over_names_the_services(operator, cluster):
    observe(cluster.directors.get(), make_table([]), make_table([make_service()]))
    draft = make_draft(operator, cluster, make_service(scheduler="wlc"))
    page = text_of(browser(operator).get(f"/changes/{draft.pk}/"))
    assert "Take over what someone else set up" in page
    assert act(operator, draft, "submit").status_code == 409
    assert act(operator, draft, "submit", adopt="on").status_code == 302


def test_rejecting_needs_a_why_and_the_author_can_go_on(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    assert act(approver, change, "reject", **shown(change, "")).status_code == 422
    response = act(approver, change, "reject", **shown(change, "Too early"))
    assert response.status_code == 302
    assert "Too early" in text_of(browser(operator).get(f"/changes/{change.pk}/"))
    assert act(operator, change, "reopen").status_code == 302
    assert state(change) == "draft"
    assert act(operator, change, "withdraw").status_code == 302
    assert state(change) == "withdrawn"


def test_an_approval_that_comes_too_late_is_not_called_one(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    observe(cluster.directors.get(), make_table([make_service(port=8080)]))
    client = browser(approver)
    data = shown(change, "")
    page = text_of(client.post(f"/changes/{change.pk}/approve/", data, follow=True))
    assert state(change) == "stale"
    assert "Not approved" in page
    assert "The runs below" not in page


def test_a_draft_behind_its_head_can_be_brought_up_to_date(operator, approver, cluster):
    draft = make_draft(operator, cluster, make_service(port=443))
    make_applied(make_submitted(operator, cluster), approver)
    assert "Bring the draft up to date" in text_of(browser(operator).get(f"/changes/{draft.pk}/"))
    assert act(operator, draft, "rebase").status_code == 302
    draft.refresh_from_db()
    assert draft.base.number == 1


def approved(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    act(approver, change, "approve", **shown(change, ""))
    return Change.objects.get(pk=change.pk)


def steps(count):
    return [{"text": f"Step {n}", "command": f"ipvsadm {n}"} for n in range(count)]


def test_a_run_is_shown_step_by_step(viewer, operator, approver, cluster):
    change = approved(operator, approver, cluster)
    run = change.runs.get()
    uuid = str(run.director.uuid)
    message = streams.run_started(uuid, 0.0, run=run.pk, revision=1, steps=steps(3))
    store_run_started(director=run.director, message=message)
    results = [{"index": 0, "state": "done", "error": ""}]
    results += [{"index": 1, "state": "failed", "error": "Unknown scheduler: modprobe ip_vs_mh"}]
    store_run_steps(
        director=run.director, message=streams.run_steps(uuid, 0.0, run=run.pk, results=results)
    )
    response = browser(viewer).get(f"/changes/{change.pk}/?part=runs")
    page = response.content.decode()
    assert "<html" not in page
    assert 'data-step-state="done"' in page
    assert 'data-step-state="failed"' in page
    assert 'data-step-state="waiting"' in page
    assert "modprobe ip_vs_mh" in page
    assert 'max="3"' in page


def test_a_long_run_shows_where_it_is(viewer, operator, approver, cluster):
    change = approved(operator, approver, cluster)
    run = change.runs.get()
    uuid = str(run.director.uuid)
    done = [s | {"state": "done", "error": ""} for s in steps(900)]
    message = streams.run_finished(
        uuid, 0.0, run=run.pk, revision=1, state="verified", digest=change.digest, steps=done
    )
    store_run_finished(director=run.director, message=message)
    page = text_of(browser(viewer).get(f"/changes/{change.pk}/?part=runs"))
    assert "900 of 900 steps done, read back and equal" in page
    assert page.count("ipvsadm ") <= 50


def test_the_body_stays_while_nothing_changed(approver, operator, cluster):
    change = make_submitted(operator, cluster)
    client = browser(approver)
    mark = client.get(f"/changes/{change.pk}/").context["mark"]
    assert client.get(f"/changes/{change.pk}/?part=body&mark={mark}").status_code == 204
    act(operator, change, "reopen")
    assert client.get(f"/changes/{change.pk}/?part=body&mark={mark}").status_code == 200


def test_the_list_says_what_waits_for_me(operator, approver, cluster):
    change = make_submitted(operator, cluster, title="Look at me")
    assert "Look at me" in text_of(browser(approver).get("/changes/?show=waiting"))
    assert "Nothing waits for you" in text_of(browser(operator).get("/changes/?show=waiting"))
    page = text_of(browser(approver).get("/"))
    assert "1 change waits for your review" in page
    assert f"Review change {change.pk}" in page


def test_more_changes_cost_no_more_queries(
    viewer, operator, cluster, django_assert_max_num_queries
):
    client = browser(viewer)
    make_draft(operator, cluster)
    client.get("/changes/")
    with django_assert_max_num_queries(14):
        client.get("/changes/")
    for _ in range(10):
        make_draft(operator, cluster)
    with django_assert_max_num_queries(14):
        client.get("/changes/")


def test_more_directors_on_a_change_cost_few_queries(
    viewer, operator, django_assert_max_num_queries
):
    from tests.factories import make_cluster

    wide = make_cluster("wide", directors=[make_director() for _ in range(8)])
    change = make_submitted(operator, wide)
    client = browser(viewer)
    client.get(f"/changes/{change.pk}/")
    with django_assert_max_num_queries(17):
        client.get(f"/changes/{change.pk}/")
