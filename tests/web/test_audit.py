"""The audit log and its filter."""

import pytest

from apps.audit.models import AuditRecord
from apps.web.audit_text import difference
from lvs.model import RealServer
from tests.factories import make_applied, make_draft, make_service, make_submitted
from tests.web.conftest import browser, text_of

pytestmark = pytest.mark.django_db


def test_acts_stand_there_with_before_and_after(auditor, operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    make_draft(operator, cluster, make_service(scheduler="wlc"))
    page = text_of(browser(auditor).get("/audit/"))
    assert "olga change.service_edited" in page
    assert "scheduler rr wlc" in page
    assert "Why: Launch day" in page


def test_the_filter_lets_through_what_it_says(auditor, operator, approver, cluster):
    first = make_applied(make_submitted(operator, cluster), approver)
    make_draft(operator, cluster, title="Second")
    client = browser(auditor)
    assert "Second" not in text_of(client.get(f"/audit/?change={first.pk}"))
    assert "change.service_added" not in text_of(client.get("/audit/?actor=adil"))
    assert "No records" in text_of(client.get("/audit/?text=nothing-like-that"))
    assert client.get("/audit/?change=abc&since=never").status_code == 200


def test_someone_without_a_role_reads_nothing(auditor):
    auditor.grants.all().delete()
    assert browser(auditor).get("/audit/").status_code == 403


def test_nothing_can_be_posted(auditor):
    assert browser(auditor).post("/audit/").status_code == 405


def test_a_long_log_has_pages_and_few_queries(
    auditor, operator, cluster, django_assert_max_num_queries
):
    for _ in range(60):
        make_draft(operator, cluster)
    client = browser(auditor)
    page = client.get("/audit/?actor=olga")
    assert "page=2" in page.content.decode()
    assert "actor=olga" in page.content.decode()
    with django_assert_max_num_queries(12):
        client.get("/audit/?page=2")


def test_lists_compare_by_identity_not_by_place():
    one = {"protocol": "tcp", "address": "10.0.0.1", "port": 80, "weight": 1}
    two = one | {"port": 81}
    lines = difference({"s": [two]}, {"s": [one, two | {"weight": 5}]})
    assert [(line.name, line.before, line.after) for line in lines] == [
        ("s.tcp 10.0.0.1:80.address", "", "10.0.0.1"),
        ("s.tcp 10.0.0.1:80.port", "", "80"),
        ("s.tcp 10.0.0.1:80.protocol", "", "tcp"),
        ("s.tcp 10.0.0.1:80.weight", "", "1"),
        ("s.tcp 10.0.0.1:81.weight", "1", "5"),
    ]


def test_a_long_difference_is_cut_aloud_and_whole_on_its_own_page(auditor, operator, cluster):
    servers = [RealServer(f"10.0.0.{n}", 80, weight=n) for n in range(1, 101)]
    draft = make_draft(operator, cluster, make_service(servers=servers))
    act = AuditRecord.objects.get(action="change.service_added", change_number=draft.pk)
    client = browser(auditor)
    listed = client.get("/audit/")
    assert "10.0.0.99:80.weight" not in listed.text
    assert "more values differ" in text_of(listed)
    assert f'href="/audit/{act.pk}/"' in listed.text
    assert "10.0.0.99:80.weight" in client.get(f"/audit/{act.pk}/").text


def test_a_record_that_there_is_not_is_not_found(auditor):
    assert browser(auditor).get("/audit/999/").status_code == 404
