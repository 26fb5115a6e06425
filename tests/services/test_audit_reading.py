"""Reading and filtering the audit log, and where its records come from."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import grant_role
from apps.audit.filters import AuditFilter
from apps.audit.selectors import records
from tests.factories import PASSWORD, make_cluster, make_draft, make_service, make_user
from tests.services.records import newest, said

pytestmark = pytest.mark.django_db


def found(user, **wanted):
    form = AuditFilter({name: str(value) for name, value in wanted.items()}, records(user))
    assert form.is_valid(), form.errors
    return [record.action for record in form.qs]


@pytest.mark.parametrize("role", ["operator", "approver", "auditor", "admin"])
def test_most_roles_read_it(role):
    assert records(make_user(role)) is not None


def test_without_such_a_role_nobody_reads_it(viewer):
    stranger = User.objects.create(username="stranger")
    for user in (stranger, viewer, AnonymousUser()):
        with pytest.raises(PermissionDenied, match="role auditor"):
            records(user)


def test_a_switched_off_account_reads_nothing(operator):
    operator.is_active = False
    with pytest.raises(PermissionDenied):
        records(operator)


def test_who_reads_one_clusters_records_reads_no_others(operator, cluster):
    reader = User.objects.create(username="reader")
    grant_role(actor=None, user=reader, role="auditor", cluster_id=cluster.pk)
    mine, theirs = make_draft(operator, cluster), make_draft(operator, make_cluster("other"))
    assert found(reader, change=mine.pk) == ["change.opened"]
    assert found(reader, change=theirs.pk) == []
    assert set(found(reader)) == {"change.opened", "cluster.created"}


def test_newest_first_with_their_actors_in_one_query(
    auditor, operator, cluster, django_assert_num_queries
):
    make_draft(operator, cluster, make_service(80), make_service(81))
    assert auditor.held_roles  # read once
    with django_assert_num_queries(1):
        names = [record.actor and record.actor.username for record in records(auditor)]
    assert names[:3] == ["olga", "olga", "olga"]


def test_by_person(auditor, operator, approver, cluster):
    make_draft(operator, cluster)
    assert found(auditor, actor="OLGA") == ["change.opened"]
    assert found(auditor, actor="adil") == []


def test_by_act_and_by_the_beginning_of_one(auditor, operator, cluster):
    make_draft(operator, cluster, make_service())
    assert found(auditor, action="change.opened") == ["change.opened"]
    assert found(auditor, action="change.") == ["change.service_added", "change.opened"]


def test_by_kind_of_object(auditor, operator, cluster):
    assert found(auditor, object_type="cluster") == ["cluster.created"]


def test_by_change(auditor, operator, cluster):
    first, second = make_draft(operator, cluster), make_draft(operator, cluster)
    assert found(auditor, change=second.pk) == ["change.opened"]
    assert found(auditor, change=first.pk + second.pk) == []


@pytest.mark.parametrize("text", ["launch", "Balance the web", "olga", "192.168.1.104"])
def test_by_text_in_reason_name_person_and_values(text, auditor, operator, cluster):
    make_draft(operator, cluster, make_service())
    assert "change.service_added" in found(auditor, text=text)


def test_by_text_that_stands_nowhere(auditor, operator, cluster):
    make_draft(operator, cluster, make_service())
    assert found(auditor, text="192.168.1.199") == []


def test_by_day(auditor, operator, cluster):
    make_draft(operator, cluster)
    today = timezone.localdate()
    assert "change.opened" in found(auditor, since=today, until=today)
    assert found(auditor, since=today + timedelta(days=1)) == []
    assert found(auditor, until=today - timedelta(days=1)) == []


def test_a_date_that_is_none_is_refused(auditor):
    assert not AuditFilter({"since": "tomorrow"}, records(auditor)).is_valid()


def test_signing_in_and_out_is_recorded_with_address_and_request(client, operator):
    answer = client.post(
        reverse("web:sign-in"),
        {"username": "olga", "password": PASSWORD},
        REMOTE_ADDR="192.0.2.9",
    )
    came = newest("user.signed_in")
    by_password = {"with": ["password"]}
    assert said("user.signed_in") == ("olga", "user olga", None, by_password, "", None)
    assert came.address == "192.0.2.9"
    assert came.request_id == answer["X-Request-ID"]
    client.post(reverse("web:sign-out"), REMOTE_ADDR="192.0.2.9")
    assert said("user.signed_out") == ("olga", "user olga", None, None, "", None)
    assert newest("user.signed_out").request_id not in ("", came.request_id)


def test_what_a_browser_claims_of_its_address_is_not_believed(client, operator):
    client.post(
        reverse("web:sign-in"),
        {"username": "olga", "password": PASSWORD},
        REMOTE_ADDR="192.0.2.9",
        HTTP_X_FORWARDED_FOR="10.0.0.1",
    )
    assert newest("user.signed_in").address == "192.0.2.9"
