"""The page on which many services are edited at once."""

import re

import pytest

from apps.changes.models import Change
from apps.changes.selectors import table_of
from lvs.canonical_form import make_table
from lvs.documents import table_to_document
from tests.factories import make_draft, make_service, make_submitted, put
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(operator, cluster):
    return make_draft(operator, cluster, *(make_service(port) for port in (80, 443, 8080)))


def post(draft, act="preview", headers=None, **typed):
    data = {"act": act, "which": "every", "what": "weight", "weight": "5", "new_weight": "1"}
    data |= {"new_forwarding": "masquerade"}
    data |= {"version": draft.version} | typed
    client = browser(draft.author)
    return client.post(f"/changes/{draft.pk}/many/", data, headers=headers or {})


def mark_in(page):
    return re.search(r'name="mark" value="([0-9a-f]+)"', page.text)[1]


def weights(draft):
    draft.refresh_from_db()
    services = table_of(draft).services
    return [[server.weight for server in service.real_servers] for service in services]


def test_what_was_ticked_is_chosen(operator, draft):
    keys = ["tcp-192.168.49.134-80", "tcp-192.168.49.134-443"]
    data = {"key": keys, "text": "", "server": "192.168.1.103", "version": draft.version}
    page = browser(operator).post(f"/changes/{draft.pk}/many/", data)
    assert page.status_code == 200
    assert "The 2 that you ticked" in text_of(page)
    assert re.search(r'name="which" value="keys"[^>]*checked', page.text)
    assert re.search(r'name="server"[^>]*value="192.168.1.103"', page.text)
    assert page.text.count('name="key"') == 2


def test_without_ticks_all_that_match_the_filter_are_chosen(operator, draft):
    page = browser(operator).post(f"/changes/{draft.pk}/many/", {"text": ":44"})
    assert re.search(r'name="text"[^>]*value=":44"', page.text)
    assert '<input type="hidden" name="which" value="every">' in page.text


def test_what_would_change_is_shown_and_nothing_stored(draft):
    page = post(draft, what="percent", percent="300", server="192.168.1.104")
    text = text_of(page)
    assert "3 of 3 selected services, 3 real servers" in text
    assert "192.168.1.104:80 changed masquerade, weight 1 masquerade, weight 3" in text
    assert "Store in the draft" in text
    assert weights(draft) == [[1, 1]] * 3


def test_what_was_shown_is_stored(draft):
    typed = {"what": "drain", "server": "192.168.1.103"}
    page = post(draft, "store", mark=mark_in(post(draft, **typed)), **typed)
    assert page["Location"] == f"/changes/{draft.pk}/"
    assert weights(draft) == [[0, 1]] * 3


def test_only_the_ticked_ones_are_edited(draft):
    typed = {"which": "keys", "key": ["tcp-192.168.49.134-443", "rubbish"]}
    post(draft, "store", mark=mark_in(post(draft, **typed)), **typed)
    assert weights(draft) == [[1, 1], [5, 5], [1, 1]]


def test_what_was_not_shown_is_not_stored(draft):
    mark = mark_in(post(draft, weight="5"))
    page = post(draft, "store", weight="6", mark=mark)
    assert page.status_code == 409
    assert "This is not what you were shown" in text_of(page)
    assert "weight 6" in text_of(page)
    assert weights(draft) == [[1, 1]] * 3


def test_a_draft_that_was_edited_meanwhile_is_not_overwritten(draft):
    page = post(draft)
    put(draft, make_service(9000))  # in another window
    page = post(draft, "store", mark=mark_in(post(draft)))
    assert page.status_code == 409
    assert "The draft was changed while you typed." in text_of(page)
    assert re.search(r'name="weight"[^>]*value="5"', page.text)


def test_services_are_deleted_together(draft):
    typed = {"what": "delete", "text": "443"}
    page = post(draft, **typed)
    assert "tcp 192.168.49.134:443 removed" in text_of(page)
    post(draft, "store", mark=mark_in(page), **typed)
    draft.refresh_from_db()
    assert [service.port for service in table_of(draft).services] == [80, 8080]


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"weight": ""}, "weight", "Weight is missing."),
        ({"weight": "many"}, "weight", "whole number"),
        ({"what": "percent", "percent": "-1"}, "percent", "from 0 to 10000"),
        ({"what": "remove"}, "server", "Say which real server"),
        ({"what": "add", "address": ""}, "address", "missing"),
        ({"what": "add", "address": "web-3"}, "address", "not an IPv4 or IPv6 address"),
        ({"which": "keys"}, "which", "Choose at least one service"),
        ({"what": "best"}, "what", "best"),
    ],
)
def test_each_error_stands_beside_its_field(typed, field, says, draft):
    page = post(draft, **typed)
    assert page.status_code == 422
    slots = page.text + post(draft, headers={"HX-Request": "true"}, **typed).text
    assert says in slots
    if f'id="err-{field}"' in page.text:
        assert says in error_beside(page, field)


def test_fields_of_other_edits_are_not_looked_at(draft):
    page = post(draft, what="drain", weight="", percent="x", port="y")
    assert page.status_code == 200
    assert "Store in the draft" in text_of(page)


def test_errors_that_services_would_have_are_listed_and_refused(draft):
    page = post(draft, what="forwarding", forwarding="direct")
    text = text_of(page)
    assert "4 errors: this can't be stored" in text
    assert "Store in the draft" not in text
    answer = post(draft, "store", what="forwarding", forwarding="direct", mark=mark_in(page))
    assert answer.status_code == 422
    assert weights(draft) == [[1, 1]] * 3


def test_services_that_would_take_no_connections_are_counted(draft):
    text = text_of(post(draft, what="drain"))
    assert "3 services would take no new connections" in text


def test_an_edit_that_changes_nothing_says_so(draft):
    assert "they are like that already" in text_of(post(draft, weight="1"))
    assert "no service of the draft is selected" in text_of(post(draft, text="nowhere"))


def test_as_one_types_only_the_preview_is_sent(draft):
    part = post(draft, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "<html" not in part.text
    assert 'id="many-preview"' in part.text
    assert part.text.count("hx-swap-oob") == part.text.count('id="err-')


def test_a_thousand_services_take_no_thousand_fields(operator, cluster):
    draft = make_draft(operator, cluster)
    table = make_table(make_service(port) for port in range(1, 1001))
    Change.objects.filter(pk=draft.pk).update(table=table_to_document(table))
    page = post(draft)
    assert "1000 of 1000 selected services, 2000 real servers" in text_of(page)
    assert page.text.count("<input") < 40
    assert len(page.text) < 120_000


def test_only_a_draft_and_only_by_its_author(viewer, operator, cluster, draft):
    path = f"/changes/{draft.pk}/many/"
    assert browser(viewer).get(path).status_code == 403
    assert browser(operator).get(path).status_code == 200
    submitted = make_submitted(operator, cluster)
    answer = browser(operator).get(f"/changes/{submitted.pk}/many/")
    assert answer["Location"] == f"/changes/{submitted.pk}/"
