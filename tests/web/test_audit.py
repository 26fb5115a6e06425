"""The audit log and its filter."""

import csv
import json
import re

import pytest

from apps.accounts.models import User
from apps.accounts.services import grant_role
from apps.audit.models import AuditRecord
from apps.web.audit_text import difference
from lvs.model import RealServer
from tests.factories import make_applied, make_cluster, make_draft, make_service, make_submitted
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
    (older,) = re.findall(r"\?(actor=olga&amp;before=\d+)", page.content.decode())
    with django_assert_max_num_queries(12):
        second = client.get("/audit/?" + older.replace("&amp;", "&"))
    assert "Newer" in text_of(second)
    assert "Older" not in text_of(second)
    (newer,) = re.findall(r"\?(actor=olga&amp;after=\d+)", second.content.decode())
    again = client.get("/audit/?" + newer.replace("&amp;", "&"))
    assert records_in(again) == records_in(page)


def records_in(page):
    return re.findall(r"Record (\d+),", text_of(page))


def test_a_word_that_is_too_short_is_said_beside_it(auditor):
    assert "look for 3 characters or more" in text_of(browser(auditor).get("/audit/?text=rr"))


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_what_the_filter_shows_is_exported_with_its_place_in_the_chain(
    form, auditor, operator, cluster
):
    make_draft(operator, cluster, title="=HYPERLINK(1)")
    answer = browser(auditor).post("/audit/export/?actor=olga", {"format": form})
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode()
    if form == "jsonl":
        (row,) = map(json.loads, text.splitlines())
        assert (row["action"], row["after"]["title"]) == ("change.opened", "=HYPERLINK(1)")
        assert row["digest"]
    else:
        (row,) = csv.DictReader(text.splitlines())
        assert row["action"] == "change.opened"
    assert AuditRecord.objects.first().action == "audit.exported"
    assert AuditRecord.objects.first().after["filter"] == {"actor": "olga"}


def test_only_auditors_export_and_only_their_clusters(operator, cluster):
    make_draft(operator, cluster)
    assert browser(operator).post("/audit/export/", {"format": "csv"}).status_code == 403
    assert "JSONL" not in text_of(browser(operator).get("/audit/"))
    reader = User.objects.create(username="reader")
    grant_role(actor=None, user=reader, role="auditor", cluster_id=make_cluster("other").pk)
    answer = browser(reader).post("/audit/export/", {"format": "jsonl"})
    text = b"".join(answer.streaming_content).decode()
    assert {json.loads(line)["object_name"] for line in text.splitlines()} == {"other"}


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
