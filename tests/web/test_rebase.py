"""The page on which a draft is brought up to date, part by part."""

import re

import pytest

from apps.changes import services
from apps.changes.selectors import table_of
from apps.inventory.models import Cluster
from tests.factories import (
    WEB1,
    WEB2,
    make_applied,
    make_draft,
    make_service,
    make_submitted,
    put,
)
from tests.web.conftest import browser, text_of

pytestmark = pytest.mark.django_db


def weighing(weight, scheduler="rr"):
    return make_service(80, scheduler, servers=(WEB1._replace(weight=weight), WEB2))


@pytest.fixture
def draft(operator, approver, cluster):
    """A draft that clashes in scheduler and weight of one service, and removed another."""
    make_applied(make_submitted(operator, cluster, weighing(1), make_service(443)), approver)
    draft = make_draft(operator, cluster, weighing(2, "wlc"), make_service(8080))
    key = make_service(443).key
    draft = services.remove_service(actor=operator, change=draft, version=draft.version, key=key)
    newer = make_submitted(operator, cluster, weighing(3, "wrr"), make_service(443, "sh"))
    make_applied(newer, approver)
    draft.refresh_from_db()
    return draft


def get(draft):
    return browser(draft.author).get(f"/changes/{draft.pk}/rebase/")


def names_in(page):
    return list(dict.fromkeys(re.findall(r'name="(choose:[^"]+)"', page.text)))


def post(draft, page=None, **choices):
    page = page or get(draft)
    version = re.search(r'name="version" value="(\d+)"', page.text)[1]
    head = re.search(r'name="head" value="(\d+)"', page.text)[1]
    data = {"version": version, "head": head} | choices
    return browser(draft.author).post(f"/changes/{draft.pk}/rebase/", data)


def test_each_part_is_shown_three_way(draft):
    page = get(draft)
    text = text_of(page)
    assert "3 parts were changed on both sides" in text
    assert "Base Theirs , revision 2 Mine , this draft scheduler rr wrr wlc" in text
    assert "weight 1 3 2" in text
    assert "tcp 192.168.49.134:443 edited in the head, removed here" in text
    assert "scheduler rr sh not there" in text
    assert len(names_in(page)) == 3
    assert '<ins class="now">wrr</ins>' in page.text


def test_what_is_chosen_is_stored(draft):
    scheduler, weight, gone = names_in(get(draft))
    answer = post(draft, **{scheduler: "theirs", weight: "mine", gone: "theirs"})
    assert answer["Location"] == f"/changes/{draft.pk}/"
    draft.refresh_from_db()
    assert draft.base_id == Cluster.objects.get().head_id
    assert table_of(draft).by_key() == {
        service.key: service
        for service in (weighing(2, "wrr"), make_service(443, "sh"), make_service(8080))
    }


def test_before_all_is_decided_nothing_is_stored_and_the_choices_stay(draft):
    scheduler, weight, _gone = names_in(get(draft))
    page = post(draft, **{scheduler: "theirs", weight: "nonsense"})
    assert page.status_code == 422
    assert "2 parts are not decided yet" in text_of(page)
    assert checked(page) == {scheduler: "theirs"}
    assert page.text.count('aria-invalid="true"') == 2
    version = draft.version
    draft.refresh_from_db()
    assert (draft.version, draft.base.number) == (version, 1)


def checked(page):
    found = re.findall(r'name="(choose:[^"]+)"\s+value="(\w+)"\s+checked', page.text)
    return dict(found)


def test_all_that_is_left_can_be_decided_together(draft):
    scheduler, *_ = names_in(get(draft))
    assert post(draft, **{scheduler: "mine", "rest": "theirs"}).status_code == 302
    draft.refresh_from_db()
    assert weighing(3, "wlc") in table_of(draft).services


def test_when_the_head_moves_again_it_is_said_and_choices_that_still_stand_are_kept(
    draft, approver, cluster
):
    page = get(draft)
    scheduler, weight, gone = names_in(page)
    make_applied(make_submitted(draft.author, cluster, weighing(4, "wrr")), approver)
    answer = post(draft, page, **dict.fromkeys((scheduler, weight, gone), "mine"))
    assert answer.status_code == 409
    assert "web r3 became the head meanwhile: nothing is stored yet." in text_of(answer)
    assert "weight 1 4 2" in text_of(answer)
    assert checked(answer) == {scheduler: "mine", gone: "mine"}
    (other,) = set(names_in(answer)) - {scheduler, gone}
    assert other != weight
    assert post(draft, answer, **checked(answer), **{other: "theirs"}).status_code == 302


def test_when_the_draft_changes_meanwhile_it_is_said(draft):
    page = get(draft)
    put(draft, make_service(9000))
    answer = post(draft, page, rest="mine")
    assert answer.status_code == 409
    assert "in another window" in text_of(answer)
    assert len(checked(answer)) == 3


def test_a_change_that_clashes_is_reopened_into_the_page_that_decides(operator, approver, cluster):
    waiting = make_submitted(operator, cluster, weighing(2))
    make_applied(make_submitted(operator, cluster, weighing(3)), approver)
    client = browser(operator)
    answer = client.post(f"/changes/{waiting.pk}/reopen/", follow=True)
    assert answer.redirect_chain == [(f"/changes/{waiting.pk}/rebase/", 302)]
    assert "weight not there 3 2" in text_of(answer)


def test_with_hundreds_of_clashes_those_not_shown_are_decided_together(draft, monkeypatch):
    monkeypatch.setattr("apps.web.views.rebase.SHOWN", 1)
    page = get(draft)
    assert len(names_in(page)) == 1
    assert "2 more parts are not shown one by one" in text_of(page)
    assert post(draft, page, rest="mine").status_code == 302


def test_on_the_newest_revision_there_is_nothing_to_do(operator, cluster):
    draft = make_draft(operator, cluster)
    assert get(draft)["Location"] == f"/changes/{draft.pk}/"


def test_only_its_author_decides(draft, viewer, approver):
    for person in (viewer, approver):
        assert browser(person).get(f"/changes/{draft.pk}/rebase/").status_code == 403
        assert browser(person).post(f"/changes/{draft.pk}/rebase/").status_code == 403
