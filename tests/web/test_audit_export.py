"""Exporting the audit log from its page."""

import asyncio
import json

import pytest

from apps.accounts.models import User
from apps.accounts.services import grant_role
from apps.web.views.audit import _in_threads
from tests.factories import make_cluster, make_draft
from tests.services.records import newest
from tests.web.conftest import browser, text_of

pytestmark = pytest.mark.django_db


def lines_of(response):
    assert response.status_code == 200
    return [json.loads(line) for line in response.getvalue().decode().splitlines()]


def test_what_the_filter_finds_goes_out(auditor, operator, cluster):
    make_draft(operator, cluster)
    response = browser(auditor).post("/audit/export/?actor=olga", {"format": "jsonl"})
    assert response["Content-Disposition"] == 'attachment; filename="audit.jsonl"'
    assert {line["actor_name"] for line in lines_of(response)} == {"olga"}
    assert newest("audit.exported").after["filter"] == {"actor": "olga"}
    assert newest("audit.exported").actor == auditor


def test_found_by_a_word(auditor, operator, cluster):
    draft = make_draft(operator, cluster)
    response = browser(auditor).post("/audit/export/?text=launch", {"format": "jsonl"})
    assert {line["change_number"] for line in lines_of(response)} == {draft.pk}


def test_as_csv(auditor, cluster):
    response = browser(auditor).post("/audit/export/", {"format": "csv"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response.getvalue().startswith(b"position,id,at,")


def test_who_reads_but_may_not_export_is_refused(operator, cluster):
    client = browser(operator)
    assert "Export" not in text_of(client.get("/audit/"))
    refused = client.post("/audit/export/", {"format": "jsonl"})
    assert refused.status_code == 403
    assert "You may not export the audit log" in text_of(refused)
    assert newest("audit.exported") is None


def test_an_auditor_of_one_cluster_exports_its_records_alone(cluster):
    make_cluster("other")
    reader = User.objects.create(username="reader")
    grant_role(actor=None, user=reader, role="auditor", cluster_id=cluster.pk)
    lines = lines_of(browser(reader).post("/audit/export/", {"format": "jsonl"}))
    assert {line["cluster_number"] for line in lines} == {cluster.pk}


@pytest.mark.parametrize(("query", "style"), [("?since=never", "jsonl"), ("", "pdf")])
def test_a_mistake_exports_nothing(query, style, auditor, cluster):
    client = browser(auditor)
    response = client.post(f"/audit/export/{query}", {"format": style}, follow=True)
    assert "Nothing was exported" in text_of(response)
    assert newest("audit.exported") is None


def test_it_is_no_link_that_a_page_could_load(auditor):
    assert browser(auditor).get("/audit/export/").status_code == 405


def test_under_asgi_it_comes_in_pieces():
    async def pieces():
        return [piece async for piece in _in_threads(iter(["x"] * 120))]

    assert [len(piece) for piece in asyncio.run(pieces())] == [50, 50, 20]
