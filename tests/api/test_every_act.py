"""Every operation that writes leaves a record which names the token, and is refused to who may only look."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.api.views.schema import _document
from apps.audit.models import AuditRecord
from apps.changes.models import Change
from lvs.documents import service_to_document
from tests.api.conftest import Program
from tests.factories import make_applied, make_draft, make_service, make_submitted, make_user

pytestmark = pytest.mark.django_db

WRITING = ("post", "put", "patch", "delete")
SERVICE = service_to_document(make_service(port=81))


def story(author, approver, cluster):
    """Each operation that writes: what it is called, by whom, and how."""
    make_applied(make_submitted(author.owner, cluster), approver.owner)
    behind = make_draft(author.owner, cluster, make_service(port=82))
    drafts = [make_draft(author.owner, cluster, make_service(scheduler="wrr")) for _ in range(6)]
    newest = make_submitted(author.owner, cluster, make_service(port=83))
    newest = make_applied(newest, approver.owner)
    soon = timezone.now() + timedelta(minutes=5)
    Change.objects.filter(pk=newest.pk).update(confirm_by=soon)
    reviewed = [
        make_submitted(author.owner, cluster, make_service(port=84 + number)) for number in range(4)
    ]
    one, two, three, four, five, *_ = (f"changes/{draft.pk}" for draft in drafts)
    yes, no, words, again = (f"changes/{change.pk}" for change in reviewed)
    verdicts = [
        {"digest": change.digest, "version": change.version, "comment": "Read it"}
        for change in reviewed
    ]
    fresh = make_draft(author.owner, cluster, make_service(port=90))
    yield "changes_open", author, "POST", "changes/", {"cluster": "web", "title": "New"}
    yield "changes_edit", author, "PATCH", f"{one}/", {"title": "Other", "version": 2}
    yield "changes_put_table", author, "PUT", f"{two}/table/", _with({"table": {"services": []}})
    at = "services/tcp-192.168.49.134"
    yield "changes_put_service", author, "PUT", f"{three}/{at}-81/", _with({"service": SERVICE})
    yield "changes_remove_service", author, "DELETE", f"{four}/{at}-80/", _with({})
    yield "changes_rebase", author, "POST", f"changes/{behind.pk}/rebase/", _with({})
    yield "changes_submit", author, "POST", f"changes/{fresh.pk}/submit/", _with({})
    yield "changes_withdraw", author, "POST", f"{five}/withdraw/", {}
    yield "changes_reopen", author, "POST", f"{again}/reopen/", {}
    yield "changes_confirm", author, "POST", f"changes/{newest.pk}/confirm/", {}
    yield "changes_comment", approver, "POST", f"{words}/comment/", {"comment": "Why?"}
    yield "changes_reject", approver, "POST", f"{no}/reject/", verdicts[1]
    yield "changes_approve", approver, "POST", f"{yes}/approve/", verdicts[0]
    yield "revisions_roll_back", author, "POST", "clusters/web/revisions/1/roll-back/", {}


def _with(body):
    return body | {"version": 2}


def test_every_operation_that_writes_is_recorded_and_refused_to_who_may_only_look(
    operator, approver, cluster
):
    onlooker = Program(make_user("viewer", "vera"))
    done = set()
    for name, program, method, path, body in story(operator, approver, cluster):
        before = AuditRecord.objects.count()
        assert onlooker.call(method, path, body).status_code == 403, name
        assert AuditRecord.objects.count() == before, name
        response = program.call(method, path, body)
        assert response.status_code in (200, 201), (name, response.content)
        record = AuditRecord.objects.exclude(actor=None).first()
        assert AuditRecord.objects.count() > before, name
        assert record.actor_name == str(program.token), name
        done.add(name)
    operations = {
        operation["operationId"]
        for methods in _document()["paths"].values()
        for method, operation in methods.items()
        if method in WRITING
    }
    assert done == operations
