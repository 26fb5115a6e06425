"""The page of a director's drift, the acts on it, and where else drift is named."""

import re
import time

import pytest

from apps.changes.models import Change, Drift
from apps.changes.services import set_policy
from apps.telemetry.services import relay_was_here
from lvs.agent import streams
from lvs.canonical_form import make_table
from lvs.model import EMPTY
from tests.factories import (
    WEB1,
    WEB2,
    make_applied,
    make_cluster,
    make_director,
    make_service,
    make_submitted,
    make_user,
    make_user_of,
    observe,
)
from tests.identities import store_heartbeat
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db

HEAD = make_table([make_service()])
LIGHTER = make_table([make_service(servers=(WEB1._replace(weight=0), WEB2))])
FOREIGN = make_table([make_service(port=25)])


@pytest.fixture
def director(operator, approver, cluster):
    """It drifts from revision 1 in one weight, and holds a service of others."""
    make_applied(make_submitted(operator, cluster), approver)
    director = cluster.directors.get()
    observe(director, LIGHTER, foreign=FOREIGN)
    return director


def page_of(director):
    return f"/directors/{director.uuid}/drift/"


def digest_on(page):
    return re.search(r'name="digest"\s+value="([0-9a-f]{64})"', page.text)[1]


def act(user, director, name, reason="It was meant", **fields):
    """Post what the person's page shows."""
    client = browser(user)
    digest = digest_on(client.get(page_of(director)))
    data = {f"{name}-reason": reason, "digest": digest} | fields
    return client.post(f"{page_of(director)}{name}/", data)


def cells(page):
    """The lines of the difference: what, in the head, in the kernel."""
    rows = re.findall(r"<tr>\s*<td>(.*?)</td>(.*?)</tr>", page.text, re.S)
    lines = []
    for name, rest in rows:
        values = re.findall(r"<td[^>]*data-label[^>]*>(.*?)</td>", rest, re.S)
        lines.append((name, *(" ".join(re.sub("<[^>]+>", "", v).split()) for v in values)))
    return lines


def test_the_difference_stands_field_by_field(viewer, director):
    page = browser(viewer).get(page_of(director))
    assert cells(page) == [("Real server 192.168.1.103:80: weight", "1", "0")]
    assert f"{director.name} does not hold revision 1." in text_of(page)


def test_real_servers_that_came_and_went(viewer, director):
    more = WEB1._replace(address="192.168.1.105")
    observe(director, make_table([make_service(servers=(WEB1, more))]))
    assert cells(browser(viewer).get(page_of(director))) == [
        ("Real server 192.168.1.104:80", "masquerade, weight 1", "not there"),
        ("Real server 192.168.1.105:80", "not there", "masquerade, weight 1"),
    ]


def test_a_service_that_is_gone(viewer, director):
    observe(director, EMPTY)
    page = browser(viewer).get(page_of(director))
    whole = "rr; 2 real servers: 192.168.1.103:80, 192.168.1.104:80"
    assert cells(page) == [("The whole service", whole, "not there")]
    assert "gone from the kernel" in text_of(page)


def test_services_of_others_are_listed_apart(viewer, director):
    page = text_of(browser(viewer).get(page_of(director)))
    assert re.search(r"Not ours Put there by other programs.*tcp 192.168.49.134:25", page)
    assert page.index("What differs") < page.index("Not ours")


def test_a_director_that_holds_the_head_says_so(viewer, director):
    observe(director, HEAD)
    page = text_of(browser(viewer).get(page_of(director)))
    assert f"{director.name} holds revision 1." in page
    assert "Put it back" not in page
    assert "The kernel was put back without this console" in page


def test_what_is_not_known_is_said(viewer, director):
    message = streams.heartbeat(
        *(str(director.uuid), time.time()),
        facts={},
        revision=1,
        owned_digest="",
        problem="no ip_vs",
    )
    store_heartbeat(director=director, message=message)
    page = text_of(browser(viewer).get(page_of(director)))
    assert "can't read its kernel: no ip_vs" in page
    assert "When it was last known, it differed: 192.168.1.103:80" in page


def test_of_a_director_that_is_not_heard_it_says_of_when_it_is(viewer, director):
    assert "What stands here is of" in text_of(browser(viewer).get(page_of(director)))
    relay_was_here(name="r1")
    assert "What stands here is of" not in text_of(browser(viewer).get(page_of(director)))


def test_a_director_of_no_cluster(admin):
    page = browser(admin).get(page_of(make_director()))
    assert "belongs to no cluster" in text_of(page)


@pytest.mark.parametrize("part", ["now", "acts"])
def test_a_part_that_stays_as_it_is_is_not_sent_again(part, operator, director):
    client = browser(operator)
    pattern = rf'hx-get="([^"]+\?part={part}&amp;mark=[^"]*)"'
    address = re.search(pattern, client.get(page_of(director)).text)[1].replace("&amp;", "&")
    assert client.get(address).status_code == 204
    observe(director, HEAD)
    again = client.get(address)
    assert again.status_code == 200
    assert "<html" not in again.text


def test_what_is_typed_stays_while_the_kernel_moves_on(operator, director):
    client = browser(operator)
    page = client.get(page_of(director)).text
    acts = re.search(r'hx-get="([^"]+\?part=acts[^"]*)"', page)[1].replace("&amp;", "&")
    observe(director, EMPTY)
    assert client.get(acts).status_code == 204


# --- acts ----------------------------------------------------------------------------------------


def test_adopting_leads_to_the_draft(operator, director):
    response = act(operator, director, "adopt")
    change = Change.objects.latest("pk")
    assert response["Location"] == f"/changes/{change.pk}/"
    assert (change.state, change.title) == ("draft", f"Adopt what {director.name} holds")
    page = text_of(browser(operator).get(page_of(director)))
    assert f"A change to adopt it is under way: change {change.pk}" in page


def test_putting_back_leads_to_the_change(operator, director):
    response = act(operator, director, "revert")
    change = Change.objects.latest("pk")
    assert response["Location"] == f"/changes/{change.pk}/"
    assert (change.state, change.reason) == ("in_review", "It was meant")
    page = text_of(browser(operator).get(page_of(director)))
    assert f"A change to put it back is under way: change {change.pk} In review" in page


def test_where_nobody_needs_to_approve_it_is_put_back_at_once(operator, admin, director):
    set_policy(actor=admin, cluster=director.cluster, version=1, approvals=0)
    assert "asks for nobody's approval" in text_of(browser(operator).get(page_of(director)))
    response = act(operator, director, "revert")
    assert Change.objects.latest("pk").state == "applying"
    assert response.status_code == 302
    page = text_of(browser(operator).get(page_of(director)))
    assert "is being applied to web. Until that has ended, its kernel may differ." in page


def test_only_the_role_emergency_may_go_first(operator, director):
    assert "review after" not in text_of(browser(operator).get(page_of(director)))
    assert act(operator, director, "revert", emergency="yes").status_code == 403
    somebody = make_user("emergency")
    assert "Put it back now, review after" in text_of(browser(somebody).get(page_of(director)))
    act(somebody, director, "revert", emergency="yes")
    change = Change.objects.latest("pk")
    assert (change.state, change.review_due) == ("applying", True)


def test_who_may_not_see_the_cluster_does_not_find_the_page(director):
    client = browser(make_user_of(make_cluster("mail"), "operator"))
    assert client.get(page_of(director)).status_code == 404
    assert client.post(f"{page_of(director)}heed/").status_code == 404
    assert str(director.uuid) not in client.get("/").text


def test_ignoring_shows_by_whom_and_why_and_can_be_taken_back(operator, viewer, director):
    act(operator, director, "ignore", reason="Until Monday")
    page = text_of(browser(viewer).get(page_of(director)))
    assert "Ignored by Olga Berg" in page
    assert "Until Monday" in page
    browser(operator).post(f"{page_of(director)}heed/")
    assert "Ignored by" not in text_of(browser(viewer).get(page_of(director)))


@pytest.mark.parametrize("name", ["adopt", "revert", "ignore"])
def test_without_a_reason_the_field_says_so(name, operator, director):
    response = act(operator, director, name, reason=" ")
    assert response.status_code == 422
    assert "Say why" in error_beside(response, f"{name}-reason")
    assert Change.objects.count() == 1


@pytest.mark.parametrize("name", ["adopt", "revert", "ignore"])
def test_what_moved_since_is_not_acted_on_and_what_was_typed_is_kept(name, operator, director):
    response = act(operator, director, name, digest="f" * 64)
    assert response.status_code == 409
    page = text_of(response)
    assert "holds something else than you were shown" in page
    assert "It was meant" in page
    assert Change.objects.count() == 1
    assert not Drift.objects.get().is_ignored


@pytest.mark.parametrize("name", ["adopt", "revert", "ignore", "heed"])
def test_who_only_looks_is_refused_and_sees_no_buttons(name, viewer, director):
    client = browser(viewer)
    page = client.get(page_of(director))
    assert f"/drift/{name}/" not in page.text
    assert "needs the role operator" in text_of(page)
    data = {f"{name}-reason": "why not", "digest": digest_on(page)}
    assert client.post(f"{page_of(director)}{name}/", data).status_code == 403
    assert Change.objects.count() == 1


def test_an_act_that_is_loaded_again_shows_the_page(operator, director):
    response = browser(operator).get(f"{page_of(director)}adopt/")
    assert response["Location"] == page_of(director)


def test_taking_over_is_asked_for_where_another_program_stands_in_the_way(operator, director):
    assert "Take over" not in text_of(browser(operator).get(page_of(director)))
    observe(director, EMPTY, foreign=HEAD)
    page = text_of(browser(operator).get(page_of(director)))
    assert "not put there by this console" in page
    assert "Take over what other programs put in the place of ours." in page
    refused = act(operator, director, "revert")
    assert refused.status_code == 409
    assert "Confirm that this console takes them over" in text_of(refused)
    assert act(operator, director, "revert", adopt="on").status_code == 302


# --- elsewhere -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/directors/", "/clusters/web/", "/directors/{uuid}/"])
def test_drift_is_named_and_leads_to_its_page(path, viewer, director):
    page = browser(viewer).get(path.format(uuid=director.uuid))
    assert f'href="{page_of(director)}"' in page.text
    assert "192.168.1.103:80 of tcp 192.168.49.134:80 has weight 0 instead of 1" in page.text
    observe(director, HEAD)
    page = browser(viewer).get(path.format(uuid=director.uuid))
    assert "weight 0 instead of 1" not in page.text


@pytest.mark.parametrize("path", ["/", "/clusters/web/", "/directors/{uuid}/"])
def test_an_ignored_drift_is_grey_and_says_by_whom(path, viewer, operator, director):
    act(operator, director, "ignore", reason="Until Monday")
    page = browser(viewer).get(path.format(uuid=director.uuid))
    assert "Drift, ignored" in text_of(page)
    assert "Ignored by Olga Berg: Until Monday" in text_of(page)
    assert "callout-bad" not in page.text


def test_reviewers_are_told_what_moved_before_they_approve(operator, approver, cluster, director):
    observe(director, HEAD)
    cluster.refresh_from_db()
    change = make_submitted(operator, cluster, make_service(scheduler="wlc"))
    address = f"/changes/{change.pk}/"
    assert "another table than when the plan" not in text_of(browser(approver).get(address))
    observe(director, LIGHTER)
    for page in (
        browser(approver).get(address),
        browser(approver).get(f"{address}?part=moved"),
    ):
        assert "holds another table than when the plan was made" in text_of(page)
        assert cells(page) == [("Real server 192.168.1.103:80: weight", "1", "0")]


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (make_service(servers=(WEB1._replace(weight=7), WEB2)), "asks for nobody's approval"),
        (make_service(scheduler="wrr"), "Someone else must approve it first"),
    ],
)
def test_where_weights_are_free_only_weights_are_put_back_at_once(
    held, says, operator, approver, admin, cluster
):
    set_policy(actor=admin, cluster=cluster, version=1, approvals=1, free_weights=True)
    make_applied(make_submitted(operator, cluster), approver)
    drifted = cluster.directors.get()
    observe(drifted, make_table([held]))
    assert says in text_of(browser(operator).get(page_of(drifted)))
