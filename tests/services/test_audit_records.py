"""Writing the audit log: whole, in the act's transaction, for ever."""

import pytest
from django.db import transaction
from django.db.models import ProtectedError

from apps.audit.models import AuditRecord
from apps.audit.origin import Origin, acting_from
from apps.audit.services import changed, record
from apps.inventory.models import Cluster
from tests.services.records import newest

pytestmark = pytest.mark.django_db


def test_a_record_keeps_all_that_it_was_told(operator, cluster):
    with acting_from(Origin("192.0.2.7", "request-1")):
        made = record(
            actor=operator,
            action="cluster.edited",
            obj=cluster,
            before={"name": "old"},
            after={"name": "web"},
            reason="A better name",
            change_number=7,
        )
    made.refresh_from_db()
    assert (made.actor, made.actor_name) == (operator, "olga")
    assert (made.address, made.request_id) == ("192.0.2.7", "request-1")
    assert (made.object_type, made.object_id, made.object_name) == (
        "cluster",
        str(cluster.pk),
        "web",
    )
    assert (made.before, made.after) == ({"name": "old"}, {"name": "web"})
    assert (made.reason, made.change_number) == ("A better name", 7)
    assert made.at


def test_without_a_person_it_was_the_system(cluster):
    made = record(actor=None, action="cluster.edited", obj=cluster)
    assert (made.actor, made.actor_name, made.address) == (None, "system", "")


def test_a_director_is_named(cluster):
    made = record(actor=None, actor_name="d1", action="run.verified", obj=cluster)
    assert (made.actor, made.actor_name) == (None, "d1")


def test_who_is_nobody_can_not_act(cluster):
    with pytest.raises(TypeError, match="is not a user"):
        record(actor="olga", action="cluster.edited", obj=cluster)


@pytest.mark.django_db(transaction=True)
def test_a_record_belongs_into_a_transaction(operator, cluster):
    with pytest.raises(RuntimeError, match="transaction"):
        record(actor=operator, action="cluster.edited", obj=cluster)


def test_an_act_that_fails_leaves_no_record(operator, cluster):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(actor=operator, action="cluster.edited", obj=cluster)
        raise ZeroDivisionError
    assert newest("cluster.edited") is None


def test_a_record_is_never_changed():
    stored = _any_record()
    stored.reason = "another"
    with pytest.raises(TypeError, match="never changed"):
        stored.save()


def test_a_record_is_never_deleted():
    with pytest.raises(TypeError, match="never deleted"):
        _any_record().delete()


@pytest.mark.parametrize(
    "act",
    [
        lambda found: found.update(reason="x"),
        lambda found: found.delete(),
        lambda found: found.bulk_update([found.get()], ["reason"]),
        lambda found: found.update_or_create(action="cluster.created", defaults={"reason": "x"}),
        lambda found: found.bulk_create(
            list(found), update_conflicts=True, unique_fields=["id"], update_fields=["reason"]
        ),
    ],
)
def test_neither_are_many(act):
    _any_record()
    with pytest.raises(TypeError, match="never"):
        act(AuditRecord.objects.all())


def test_a_renamed_user_does_not_rewrite_history(operator, cluster):
    made = record(actor=operator, action="cluster.edited", obj=cluster)
    type(operator).objects.filter(pk=operator.pk).update(username="another")
    made.refresh_from_db()
    assert made.actor_name == "olga"


def test_who_has_acted_can_not_be_deleted(operator, cluster):
    record(actor=operator, action="cluster.edited", obj=cluster)
    with pytest.raises(ProtectedError):
        operator.delete()


def test_only_what_changed_is_kept():
    before, after = changed({"name": "a", "weight": 1}, {"name": "a", "weight": 2})
    assert (before, after) == ({"weight": 1}, {"weight": 2})


def _any_record():
    cluster = Cluster.objects.create(name="any")
    return record(actor=None, action="cluster.created", obj=cluster)
