"""Drafts by programs: opened, filled, mended."""

import pytest

from apps.audit.models import AuditRecord
from apps.changes.models import Change
from apps.changes.selectors import table_of
from lvs.canonical_form import make_table
from lvs.documents import service_to_document, table_to_document
from tests.api.conftest import Program
from tests.factories import (
    make_applied,
    make_draft,
    make_service,
    make_submitted,
    make_user,
    tell,
)

pytestmark = pytest.mark.django_db

KEY = "tcp-192.168.49.134-80"
SERVICE = service_to_document(make_service())
TABLE = table_to_document(make_table([make_service()]))


@pytest.fixture
def draft(operator, cluster):
    return make_draft(operator.owner, cluster)


def problems(response):
    assert response.status_code == 422, response.content
    return {tuple(each["path"]): each["message"] for each in response.json()["problems"]}


def services(change):
    return [str(each) for each in table_of(Change.objects.get(pk=change.pk)).services]


def test_a_draft_is_opened(operator, cluster):
    response = operator.post("changes/", {"cluster": "web", "title": "Mail", "reason": "It moves"})
    assert response.status_code == 201
    change = Change.objects.get()
    got = response.json()
    assert (got["number"], got["state"], got["version"]) == (change.pk, "draft", 1)
    assert (got["title"], got["reason"], got["author"]) == ("Mail", "It moves", "olga")
    assert response["ETag"] == '"1"'


def test_what_is_missing_or_misspelt_is_said_at_its_place(operator, cluster):
    assert problems(operator.post("changes/", {"cluster": "web"})) == {
        ("title",): "This field is required."
    }
    found = problems(operator.post("changes/", {"cluster": "web", "title": "x", "raeson": "y"}))
    assert found == {("raeson",): "This is unknown here. Did you mean “reason”?"}
    found = problems(operator.post("changes/", {"cluster": "none", "title": "x"}))
    assert "no such cluster" in found["cluster",]
    assert problems(operator.post("changes/", {"cluster": "web", "title": " "}))
    assert problems(operator.post("changes/", [1]))
    assert not Change.objects.exists()


def test_who_may_not_edit_opens_none(viewer, approver, cluster):
    for program in (viewer, approver):
        response = program.post("changes/", {"cluster": "web", "title": "x"})
        assert response.status_code == 403
        assert "needs the role operator" in response.json()["error"]
    assert not Change.objects.exists()


def test_a_token_of_another_cluster_opens_none_here(admin, cluster, mail):
    narrow = Program(admin.owner, "operator", mail)
    assert problems(narrow.post("changes/", {"cluster": "web", "title": "x"}))
    assert not Change.objects.exists()


def test_title_and_reason_are_edited_each_by_itself(operator, draft):
    response = operator.patch(f"changes/{draft.pk}/", {"title": "Other", "version": 1})
    assert response.json()["title"] == "Other"
    assert response.json()["reason"] == "Launch day"
    response = operator.patch(f"changes/{draft.pk}/", {"reason": ""}, **{"If-Match": '"2"'})
    assert (response.json()["reason"], response.json()["version"]) == ("", 3)


def test_the_whole_table_is_replaced(operator, draft):
    response = operator.put(f"changes/{draft.pk}/table/", {"table": TABLE, "version": 1})
    assert response.status_code == 200
    assert response.json()["table"] == TABLE
    assert services(draft) == ["tcp 192.168.49.134:80"]
    empty = {"table": {"services": []}, "version": 2}
    assert operator.put(f"changes/{draft.pk}/table/", empty).json()["version"] == 3
    record = AuditRecord.objects.filter(action="change.table_replaced").first()
    assert list(record.before["services"]) == ["tcp 192.168.49.134:80"]
    assert record.after == {}


def test_a_table_may_leave_out_what_has_a_default(operator, draft):
    server = {"address": "192.168.1.103"}
    short = {"services": [{"address": "192.0.2.1", "port": 80, "real_servers": [server]}]}
    got = operator.put(f"changes/{draft.pk}/table/", {"table": short, "version": 1}).json()
    service = got["table"]["services"][0]
    assert (service["protocol"], service["scheduler"]) == ("tcp", "wlc")
    assert service["real_servers"][0]["port"] == 80


def test_putting_the_same_table_is_no_act(operator, draft):
    operator.put(f"changes/{draft.pk}/table/", {"table": TABLE, "version": 1})
    got = operator.put(f"changes/{draft.pk}/table/", {"table": TABLE, "version": 2}).json()
    assert got["version"] == 2
    assert AuditRecord.objects.filter(action="change.table_replaced").count() == 1


def wrong(**fields):
    return {"services": [SERVICE | fields]}


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ({}, ()),
        ([], ()),
        (None, ()),
        ({"services": {}}, ("services",)),
        ({"services": [1]}, ("services", 0)),
        ({"services": [], "servces": []}, ("servces",)),
        (wrong(port="80"), ("services", 0, "port")),
        (wrong(port=70000), ("services", 0, "port")),
        (wrong(scheduler="zz"), ("services", 0, "scheduler")),
        (wrong(persistence={"timeout": "x"}), ("services", 0, "persistence", "timeout")),
        (
            wrong(persistence={"timeout": 300, "netmask": "x"}),
            ("services", 0, "persistence", "netmask"),
        ),
        (
            wrong(real_servers=[{"address": "no"}]),
            ("services", 0, "real_servers", 0, "address"),
        ),
        ({"services": [SERVICE, SERVICE]}, ("services", 1, "address")),
        ({"services": [], "timeouts": {"tcp": -1}}, ("timeouts", "tcp")),
    ],
)
def test_a_wrong_table_is_refused_with_the_path_of_what_is_wrong(operator, draft, table, path):
    response = operator.put(f"changes/{draft.pk}/table/", {"table": table, "version": 1})
    assert ("table", *path) in problems(response)
    assert services(draft) == []


def test_a_service_is_added_replaced_renamed_and_removed(operator, draft):
    path = f"changes/{draft.pk}/services/{KEY}/"
    assert operator.put(path, {"service": SERVICE, "version": 1}).status_code == 200
    assert services(draft) == ["tcp 192.168.49.134:80"]
    other = SERVICE | {"scheduler": "wrr", "port": 81}
    got = operator.put(path, {"service": other, "version": 2}).json()
    assert [(s["scheduler"], s["port"]) for s in got["table"]["services"]] == [("wrr", 81)]
    assert operator.delete(path, {"version": 3}).status_code == 404
    moved = f"changes/{draft.pk}/services/tcp-192.168.49.134-81/"
    assert operator.delete(moved, **{"If-Match": "3"}).status_code == 200
    assert services(draft) == []


def test_a_new_service_is_put_under_its_own_key_only(operator, draft):
    response = operator.put(
        f"changes/{draft.pk}/services/{KEY}/", {"service": SERVICE | {"port": 81}, "version": 1}
    )
    assert "not in the draft" in problems(response)["service",]


@pytest.mark.parametrize(
    ("service", "path"),
    [
        (5, ()),
        (SERVICE | {"port": None}, ("port",)),
        (SERVICE | {"address": "nowhere"}, ("address",)),
        (
            SERVICE | {"real_servers": [{"address": "192.168.1.103", "weight": -1}]},
            ("real_servers", 0, "weight"),
        ),
    ],
)
def test_a_wrong_service_is_refused_with_the_path_of_what_is_wrong(operator, draft, service, path):
    response = operator.put(
        f"changes/{draft.pk}/services/{KEY}/", {"service": service, "version": 1}
    )
    assert ("service", *path) in problems(response)


@pytest.mark.parametrize(
    "key", ["x", "tcp-1-2-3", "fwmark-a-inet", "fwmark-²-inet", "tcp-192.0.2.1-x"]
)
def test_a_key_that_names_nothing_is_not_found(operator, draft, key):
    assert operator.delete(f"changes/{draft.pk}/services/{key}/", {"version": 1}).status_code == 404


def test_an_old_version_is_a_conflict_and_none_is_a_mistake(operator, draft):
    path = f"changes/{draft.pk}/table/"
    assert operator.put(path, {"table": TABLE, "version": 1}).status_code == 200
    empty = {"table": {"services": []}}
    response = operator.put(path, empty | {"version": 1})
    assert response.status_code == 409
    assert "nothing is stored yet" in response.json()["error"]
    assert operator.put(path, empty, **{"If-Match": '"1"'}).status_code == 409
    assert "version" in str(problems(operator.put(path, empty)))
    assert problems(operator.put(path, empty, **{"If-Match": "*"}))
    assert problems(operator.put(path, empty | {"version": 2}, **{"If-Match": '"1"'}))
    assert services(draft) == ["tcp 192.168.49.134:80"]


def test_only_its_author_edits_a_draft(admin, draft):
    for response in (
        admin.patch(f"changes/{draft.pk}/", {"title": "x", "version": 1}),
        admin.put(f"changes/{draft.pk}/table/", {"table": TABLE, "version": 1}),
        admin.put(f"changes/{draft.pk}/services/{KEY}/", {"service": SERVICE, "version": 1}),
        admin.post(f"changes/{draft.pk}/rebase/", {"version": 1}),
    ):
        assert response.status_code == 403
        assert "who opened this change" in response.json()["error"]
    assert Change.objects.get().version == 1


def test_what_is_submitted_is_edited_no_more(operator, cluster):
    change = make_submitted(operator.owner, cluster)
    response = operator.put(
        f"changes/{change.pk}/table/", {"table": TABLE, "version": change.version}
    )
    assert response.status_code == 409
    assert "can't be edited" in response.json()["error"]


def test_changes_are_listed_by_cluster_state_and_author(operator, draft, mail, viewer):
    other = make_submitted(make_user("operator", "otto"), mail)

    def get(query=""):
        return [each["number"] for each in viewer.get(f"changes/{query}").json()["items"]]

    assert get() == [other.pk, draft.pk]
    assert get("?cluster=web") == [draft.pk]
    assert get("?state=in_review") == [other.pk]
    assert get("?author=otto") == [other.pk]
    assert get("?limit=1") == [other.pk]
    assert get(f"?limit=1&before={other.pk}") == [draft.pk]
    assert viewer.get("changes/?state=lost").status_code == 422


def test_a_draft_says_what_is_wrong_with_it(operator, draft, viewer):
    tell(draft.cluster.directors.get())
    odd = SERVICE | {"scheduler": "mh"}
    operator.put(f"changes/{draft.pk}/services/{KEY}/", {"service": odd, "version": 1})
    (problem,) = viewer.get(f"changes/{draft.pk}/").json()["problems"]
    assert problem["path"] == ["table", "services", 0, "scheduler"]
    assert (problem["severity"], problem["code"]) == ("error", "director.unable")
    assert viewer.get("changes/999/").status_code == 404


def test_a_draft_is_brought_up_to_date(operator, approver, cluster):
    draft = make_draft(operator.owner, cluster, make_service(port=81))
    make_applied(make_submitted(operator.owner, cluster), approver.owner)
    response = operator.post(f"changes/{draft.pk}/submit/", {"version": 2})
    assert response.status_code == 409
    assert operator.post(f"changes/{draft.pk}/rebase/", {"version": 2}).json()["base"] == 1
    assert services(draft) == ["tcp 192.168.49.134:80", "tcp 192.168.49.134:81"]


def test_what_both_changed_is_asked_and_decided(operator, approver, cluster):
    make_applied(make_submitted(operator.owner, cluster), approver.owner)
    draft = make_draft(operator.owner, cluster, make_service(scheduler="wlc"))
    make_applied(
        make_submitted(operator.owner, cluster, make_service(scheduler="wrr")), approver.owner
    )
    path = f"changes/{draft.pk}/rebase/"
    ((key,),) = problems(operator.post(path, {"version": 2}))
    assert operator.post(path, {"version": 2, "choices": {key: "yours"}}).status_code == 422
    got = operator.post(path, {"version": 2, "choices": {key: "mine"}}).json()
    assert got["table"]["services"][0]["scheduler"] == "wlc"
    assert got["base"] == 2
