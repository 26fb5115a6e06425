"""What tests of the audit log share: records by the dozen, and hands that go past its guards."""

from django.db import connection, transaction

from apps.audit.models import AuditLink
from apps.audit.services import record
from tests.guards import unguarded


def write(obj, many=1, **said):
    """So many records about the object, each linked: PostgreSQL links when its checks are due."""
    with transaction.atomic():
        made = [record(actor=None, action="cluster.edited", obj=obj, **said) for _ in range(many)]
    connection.check_constraints()
    return made


def run(sql, *parameters):
    """Raw SQL, as somebody with the database's password would write it."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def tamper(sql, *parameters):
    """Raw SQL of somebody who may lift the triggers, too."""
    with unguarded():
        run(sql, *parameters)


def positions():
    """The chain's positions with their records."""
    return list(AuditLink.objects.values_list("position", "record_id"))
