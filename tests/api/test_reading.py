"""Clusters, revisions, directors and the audit log, as programs read them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditRecord
from lvs.canonical_form import make_table
from tests.api.conftest import Program
from tests.factories import (
    make_applied,
    make_cluster,
    make_director,
    make_draft,
    make_service,
    make_submitted,
    make_user,
    make_user_of,
    observe,
    tell,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def applied(operator, approver, cluster):
    return make_applied(make_submitted(operator.owner, cluster), approver.owner)


def names(response):
    return [item["name"] for item in response.json()["items"]]


def queries_of(program, path):
    with CaptureQueriesContext(connection) as asked:
        assert program.get(path).status_code == 200
    return len(asked)


def test_clusters_are_listed_with_head_and_directors(viewer, applied, cluster, mail):
    listed = viewer.get("clusters/").json()["items"]
    assert [each["name"] for each in listed] == ["mail", "web"]
    assert listed[0]["head"] is None
    assert listed[1]["head"]["number"] == applied.revision.number
    assert listed[1]["directors"][0]["name"] == cluster.directors.get().name


def test_a_cluster_has_the_table_of_its_head(viewer, applied):
    got = viewer.get("clusters/web/").json()
    assert got["head"]["digest"] == applied.digest
    assert got["head"]["table"]["services"][0]["address"] == "192.168.49.134"
    assert viewer.get("clusters/none/").status_code == 404


def test_revisions_are_listed_and_one_has_its_table(viewer, applied):
    listed = viewer.get("clusters/web/revisions/").json()
    assert [(each["number"], each["digest"]) for each in listed["items"]] == [(1, applied.digest)]
    assert listed["older"] is None
    assert viewer.get("clusters/web/revisions/1/").json()["table"] == applied.table
    assert viewer.get("clusters/web/revisions/2/").status_code == 404
    assert viewer.get("clusters/none/revisions/").status_code == 404


def test_directors_are_listed_with_their_presence(viewer, cluster):
    director = cluster.directors.get()
    tell(director)
    free = make_director("zzz", holds=None)
    listed = viewer.get("directors/").json()["items"]
    assert [(each["name"], each["cluster"]) for each in listed] == [
        (director.name, "web"),
        ("zzz", None),
    ]
    assert listed[1]["presence"] == "never"
    assert listed[1]["last_seen"] is None
    got = viewer.get(f"directors/{director.uuid}/").json()
    assert got["facts"]["kernel"] == "6.1.0"
    assert viewer.get(f"directors/{free.uuid}/").json()["facts"] == {}
    assert viewer.get("directors/00000000-0000-4000-8000-000000000000/").status_code == 404


def test_a_token_for_one_cluster_sees_that_cluster_alone(admin, cluster, mail):
    draft = make_draft(make_user("operator"), mail)
    mine = make_draft(make_user("operator"), cluster)
    narrow = Program(admin.owner, "admin", cluster)
    assert names(narrow.get("clusters/")) == ["web"]
    assert narrow.get("clusters/mail/").status_code == 404
    assert narrow.get("clusters/mail/revisions/").status_code == 404
    assert names(narrow.get("directors/")) == [cluster.directors.get().name]
    assert narrow.get(f"directors/{mail.directors.get().uuid}/").status_code == 404
    assert [each["number"] for each in narrow.get("changes/").json()["items"]] == [mine.pk]
    assert narrow.get(f"changes/{draft.pk}/").status_code == 404
    records = narrow.get("audit/?limit=200").json()["items"]
    assert {each["cluster"] for each in records} == {cluster.pk}
    hidden = AuditRecord.objects.filter(cluster_number=mail.pk).first()
    assert narrow.get(f"audit/{hidden.pk}/").status_code == 404
    assert names(admin.get("clusters/")) == ["mail", "web"]


def test_a_token_for_everywhere_sees_what_its_owner_sees(cluster, mail):
    narrow = Program(make_user_of(cluster, "operator"), "operator", cluster)
    assert names(narrow.get("clusters/")) == ["web"]


def test_the_audit_log_is_read_by_its_filters_and_in_parts(auditor, operator, cluster):
    for title in ("One", "Two", "Three"):
        operator.post("changes/", {"cluster": "web", "title": title})
    first = auditor.get("audit/?action=change.opened&limit=2").json()
    assert [each["after"]["title"] for each in first["items"]] == ["Three", "Two"]
    second = auditor.get(f"audit/?action=change.opened&limit=2&before={first['older']}").json()
    assert [each["after"]["title"] for each in second["items"]] == ["One"]
    assert second["older"] is None
    one = auditor.get(f"audit/{first['items'][0]['id']}/").json()
    assert one | {"shortened": False} == first["items"][0]
    assert one["actor"].startswith("olga (token ")
    assert len(auditor.get("audit/?actor=olga&action=change").json()["items"]) == 3


def test_a_long_record_is_whole_by_itself_and_shortened_in_a_list(auditor, operator, cluster):
    number = operator.post("changes/", {"cluster": "web", "title": "Large"}).json()["number"]
    services = [{"address": f"192.0.2.{n}", "port": 80} for n in range(200)]
    table = {"version": 1, "table": {"services": services}}
    assert operator.put(f"changes/{number}/table/", table).status_code == 200
    (listed,) = auditor.get("audit/?action=change.table_replaced").json()["items"]
    assert (listed["after"], listed["shortened"]) == (None, True)
    whole = auditor.get(f"audit/{listed['id']}/").json()
    assert len(whole["after"]["services"]) == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("change=x", "change"),
        ("cluster=web", "cluster"),
        ("since=yesterday", "since"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("before=x", "before"),
        ("text=ab", "text"),
        ("acton=change", "acton"),
    ],
)
def test_a_filter_that_is_wrong_is_said_and_not_passed_over(auditor, query, field):
    response = auditor.get(f"audit/?{query}")
    assert response.status_code == 422
    assert response.json()["problems"][0]["path"] == [field]


def test_who_may_not_read_the_log_is_told_so(viewer):
    for path in ("audit/", "audit/1/"):
        response = viewer.get(path)
        assert response.status_code == 403
        assert "needs the role auditor" in response.json()["error"]


@pytest.mark.parametrize("path", ["clusters/", "directors/", "changes/", "audit/"])
def test_longer_lists_take_no_more_queries(admin, operator, cluster, path):
    make_draft(operator.owner, cluster)
    admin.get(path)  # notes that its token is used
    before = queries_of(admin, path)
    for _ in range(3):
        other = make_cluster(directors=2)
        make_submitted(make_user("operator"), other, make_service())
        observe(other.directors.first(), make_table([make_service()]))
    assert queries_of(admin, path) == before


def test_a_longer_list_of_revisions_takes_no_more_queries(
    operator, approver, cluster, viewer, applied
):
    path = "clusters/web/revisions/"
    viewer.get(path)
    before = queries_of(viewer, path)
    for scheduler in ("wrr", "wlc"):
        change = make_submitted(operator.owner, cluster, make_service(scheduler=scheduler))
        make_applied(change, approver.owner)
    assert queries_of(viewer, path) == before
    assert [each["number"] for each in viewer.get(path).json()["items"]] == [3, 2, 1]
