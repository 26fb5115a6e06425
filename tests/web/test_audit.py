"""The audit log and its filter."""

import re
import time
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditRecord
from apps.audit.services import send_outside
from apps.web.audit_text import difference
from lvs.model import RealServer
from tests.factories import make_applied, make_cluster, make_draft, make_service, make_submitted
from tests.services.audit_log import write
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


def acts_on(client, path):
    """The numbers of the records on a page, and where its links lead."""
    page = client.get(path)
    assert page.status_code == 200
    ways = dict(re.findall(r'href="([^"]+)"[^>]*>(Newest|Newer|Older)<', page.text))
    numbers = [record.pk for record in page.context["page"].records]
    return numbers, {name: f"/audit/{unescape(way)}" for way, name in ways.items()}


def test_a_long_log_has_pages_there_and_back(auditor, operator, cluster):
    for _ in range(120):
        make_draft(operator, cluster)
    client = browser(auditor)
    expected = list(AuditRecord.objects.filter(actor_name="olga").values_list("pk", flat=True))
    first, ways = acts_on(client, "/audit/?actor=olga")
    assert first == expected[:50]
    assert ways.keys() == {"Older"}
    second, ways = acts_on(client, ways["Older"])
    assert second == expected[50:100]
    third, further = acts_on(client, ways["Older"])
    assert third == expected[100:]
    assert further.keys() == {"Newest", "Newer"}
    assert acts_on(client, further["Newer"])[0] == second
    assert acts_on(client, ways["Newer"])[0] == first
    assert "Newer" not in acts_on(client, ways["Newer"])[1]
    assert acts_on(client, further["Newest"])[0] == first


def test_each_page_costs_as_many_queries(auditor, operator, cluster, django_assert_num_queries):
    for _ in range(120):
        make_draft(operator, cluster)
    client = browser(auditor)
    client.get("/audit/")  # the session is noted once
    with CaptureQueriesContext(connection) as first:
        _, ways = acts_on(client, "/audit/?text=launch")
    with django_assert_num_queries(len(first)):
        acts_on(client, ways["Older"])
    assert len(first) <= 10
    for query in first:
        assert "COUNT(" not in query["sql"]
        assert "OFFSET" not in query["sql"]


def test_what_is_no_number_of_a_page_gives_the_newest(auditor, cluster):
    assert acts_on(browser(auditor), "/audit/?before=x&after=-1")[0] == [
        *AuditRecord.objects.values_list("pk", flat=True)
    ]


def test_a_word_that_no_index_can_find_is_refused_at_its_field(auditor, cluster):
    said = text_of(browser(auditor).get("/audit/?text=ab"))
    assert "Write at least one word of 3 characters or more." in said


def test_by_cluster(auditor, operator, cluster):
    other = make_cluster("other")
    client = browser(auditor)
    page = client.get(f"/audit/?cluster={other.pk}")
    assert {record.cluster_number for record in page.context["page"].records} == {other.pk}
    assert "Select a valid choice" in text_of(client.get("/audit/?cluster=999"))


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


def test_numbers_stand_in_the_order_of_their_size():
    lines = difference(None, {"10.0.0.10": 1, "10.0.0.9": 1, "9": 1, "a": 1, "a1": 1, "²": 1})
    assert [line.name for line in lines] == ["9", "10.0.0.9", "10.0.0.10", "a", "a1", "²"]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (None, "text", [("value", "", "text")]),
        ({"a": True}, {"a": 1}, [("a", "yes", "1")]),
        ({"a": None}, {"a": []}, []),
        ({"a": {"b": 1}}, {"a": 2}, [("a", "", "2"), ("a.b", "1", "")]),
        ({"a": [1, 2]}, {"a": [1]}, [("a", "[1, 2]", "[1]")]),
        ({"b": 1, "a": 1}, {"a": 2, "b": 2}, [("a", "1", "2"), ("b", "1", "2")]),
        ({}, None, [("value", "{}", "")]),
    ],
)
def test_what_differs_is_named_by_its_path(before, after, lines):
    assert list(difference(before, after)) == lines


def test_the_first_values_of_many_wait_for_no_others():
    class Late(dict):
        def items(self):
            raise AssertionError("it was looked at")

    lines = difference(None, {"a": 1, "b": Late(x=1)})
    assert next(lines) == ("a", "", "1")


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


def test_a_record_of_a_whole_table_is_fast_in_the_list_and_has_pages_of_its_own(auditor, cluster):
    servers = [
        {"address": f"10.0.{n // 250}.{n % 250}", "port": 80, "weight": n} for n in range(11_000)
    ]
    later = [server | {"weight": server["weight"] + 1} for server in servers]
    (made,) = write(cluster, before={"servers": servers}, after={"servers": later})
    client = browser(auditor)
    begun = time.monotonic()
    listed = client.get("/audit/")
    assert "What was before and after is long" in text_of(listed)
    assert len(listed.content) < 100_000
    page = client.get(f"/audit/{made.pk}/")
    assert "Values 1 to 1000 of those that differ" in text_of(page)
    assert len(page.content) < 400_000
    last = client.get(f"/audit/{made.pk}/?from=10500")
    assert "Values 10001 to 11000" in text_of(last)
    assert "More values" not in text_of(last)
    assert "No more values differ" in text_of(client.get(f"/audit/{made.pk}/?from=11000"))
    assert time.monotonic() - begun < 20  # a second where nothing else runs


def test_a_copy_outside_that_is_behind_is_told_to_who_may_export_everything(
    auditor, operator, cluster, settings, tmp_path
):
    settings.AUDIT_FILE = str(tmp_path / "none" / "audit.jsonl")
    connection.check_constraints()  # PostgreSQL links at the end of a transaction
    send_outside()
    clients = [browser(auditor), browser(operator)]
    connection.check_constraints()
    page = text_of(clients[0].get("/audit/"))
    assert f"The copy outside (file) lacks {AuditRecord.objects.count()} records" in page
    assert "No such file or directory" in page
    assert "The copy outside" not in text_of(clients[1].get("/audit/"))
    settings.AUDIT_FILE = ""
    assert "The copy outside" not in text_of(clients[0].get("/audit/"))


def test_a_record_that_there_is_not_is_not_found(auditor):
    assert browser(auditor).get("/audit/999/").status_code == 404
