"""What the database refuses, whoever asks: raw SQL on the audit log."""

import pytest
from django.db import DatabaseError, connection, transaction

from apps.audit.models import AuditLink, AuditRecord, AuditSeal
from tests.services.audit_log import run, write

pytestmark = pytest.mark.django_db

TABLES = ["audit_auditrecord", "audit_auditlink", "audit_auditseal"]
SEAL = """INSERT INTO audit_auditseal(position, hash, sealed_at, key_id, signature)
    SELECT position, hash, '2026-01-01 00:00:00', 'key', 'signature' FROM audit_auditlink
    WHERE position = 1"""


@pytest.fixture
def log(cluster):
    """Some records, linked, and a seal."""
    made = write(cluster, 3)
    run(SEAL)
    return made


def refused(sql, says):
    with pytest.raises(DatabaseError, match=says), transaction.atomic():
        run(sql)


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_deleted(log, table):
    refused(f"DELETE FROM {table}", "never changed or deleted: DELETE is refused")


@pytest.mark.parametrize(
    "change",
    [
        "audit_auditrecord SET reason = 'another'",
        "audit_auditrecord SET at = '2020-01-01 00:00:00'",
        "audit_auditrecord SET search_text = ''",
        "audit_auditlink SET hash = previous",
        "audit_auditseal SET signature = ''",
    ],
)
def test_nothing_is_changed(log, change):
    refused(f"UPDATE {change}", "never changed or deleted: UPDATE is refused")


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_emptied(log, table):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    refused(f"TRUNCATE {table} CASCADE", "never changed or deleted: TRUNCATE is refused")


def test_nothing_is_replaced(log):
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has REPLACE")
    columns = ", ".join(field.column for field in AuditRecord._meta.concrete_fields)
    refused(
        f"REPLACE INTO audit_auditrecord({columns}) SELECT {columns} FROM audit_auditrecord LIMIT 1",
        "never replaced",
    )
    refused(f"REPLACE {SEAL.removeprefix('INSERT')}", "never replaced")


def test_a_record_without_a_digest_is_refused(log):
    columns = ", ".join(
        field.column for field in AuditRecord._meta.concrete_fields if field.column != "id"
    )
    values = columns.replace("digest", "''")
    refused(
        f"INSERT INTO audit_auditrecord({columns}) SELECT {values} FROM audit_auditrecord",
        "carries the digest of its content",
    )


def test_a_link_that_does_not_follow_the_last_is_refused(log):
    forged = "INSERT INTO audit_auditlink(position, record_id, previous, hash) VALUES"
    refused(f"{forged} (900, {log[0].pk}, '', '')", "follows the last one|never replaced")


def test_a_seal_of_nothing_is_refused(log):
    refused(SEAL.replace("SELECT position, hash", "SELECT 7, 'x'"), "a seal is of a link")


@pytest.mark.parametrize("model", [AuditLink, AuditSeal])
def test_the_models_refuse_it_as_well(log, model):
    with pytest.raises(TypeError, match="never changed"):
        model.objects.update(hash="")
    with pytest.raises(TypeError, match="never deleted"):
        model.objects.all().delete()
    with pytest.raises(TypeError, match="never deleted"):
        model.objects.first().delete()
    with pytest.raises(TypeError, match="never changed"):
        model.objects.first().save()
