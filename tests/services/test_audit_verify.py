"""`manage.py audit verify` names the first bad record, whatever was done to the log."""

from datetime import timedelta
from io import StringIO

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import connection

from apps.audit.canonical import FIELDS, digest_of, form
from apps.audit.models import AuditLink, AuditRecord, AuditSeal
from apps.audit.services import seal_head
from apps.jobs.tasks import seal_audit_log
from apps.trust.signing import create_signing_key, signing_key
from tests.services.audit_log import run, tamper, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(settings, tmp_path):
    settings.SIGNING_KEY_FILE = tmp_path / "signing.key"
    create_signing_key()
    return signing_key()


@pytest.fixture
def log(cluster, key):
    """Records 1 … n with a seal in the middle and one at the end; the records."""
    write(cluster, 6, after={"weight": 1})
    seal_head(key=key)
    write(cluster, 4, after={"weight": 2})
    seal_head(key=key)
    return list(AuditRecord.objects.order_by("id"))


def verify(**options):
    """What the command says."""
    out = StringIO()
    call_command("audit", "verify", stdout=out, **options)
    return out.getvalue()


def complaint(status=1, **options):
    with pytest.raises(CommandError) as raised:
        verify(**options)
    assert raised.value.returncode == status, raised.value
    return str(raised.value)


def test_a_log_that_is_whole(log):
    head = AuditLink.objects.last()
    assert verify().splitlines() == [
        f"The audit log is whole: {len(log)} records, 2 seals.",
        f"Head: position {len(log)}, hash {head.hash}",
    ]


def test_an_empty_log_is_whole(db):
    tamper("DELETE FROM audit_auditlink")
    tamper("DELETE FROM audit_auditrecord")
    assert "0 records, 0 seals" in verify()


def test_more_records_than_are_in_memory_at_once(cluster, key, django_assert_max_num_queries):
    write(cluster, 120)
    with django_assert_max_num_queries(20):
        assert "whole" in verify()


@pytest.mark.parametrize(
    "change",
    ["reason = 'x'", "actor_name = 'x'", "change_number = 9", "after = '{\"weight\": 7}'"],
)
def test_a_changed_content(change, log):
    tamper(f"UPDATE audit_auditrecord SET {change} WHERE id = %s", log[3].pk)
    assert f"record {log[3].pk} (position 4) was changed" in complaint()


def test_a_changed_time(log):
    early = log[3].at - timedelta(seconds=1)
    tamper("UPDATE audit_auditrecord SET at = %s WHERE id = %s", early, log[3].pk)
    assert f"record {log[3].pk} (position 4) was changed" in complaint()


def test_a_changed_content_whose_digest_was_made_anew(log):
    changed = log[-1]
    changed.reason = "another"
    digest = digest_of(form(changed.at, {name: getattr(changed, name) for name in FIELDS}))
    tamper("UPDATE audit_auditrecord SET reason = 'another', digest = %s WHERE id = %s",
           digest, changed.pk)  # fmt: skip
    assert f"record {changed.pk} (position {len(log)}): its link is not the hash" in complaint()


def test_a_deleted_record(log):
    tamper("DELETE FROM audit_auditrecord WHERE id = %s", log[3].pk)
    assert f"record {log[3].pk} (position 4) was deleted" in complaint()
    tamper("DELETE FROM audit_auditlink WHERE position = 4")  # foreign keys are checked at the end


def test_a_deleted_record_with_its_link(log):
    tamper("DELETE FROM audit_auditlink WHERE position = 4")
    tamper("DELETE FROM audit_auditrecord WHERE id = %s", log[3].pk)
    assert f"position 4 of the chain is missing, before record {log[4].pk}" in complaint()


def test_a_gap_closed_by_moving_the_rest(log):
    tamper("DELETE FROM audit_auditlink WHERE position = 4")
    for position in range(5, len(log) + 1):
        tamper(
            "UPDATE audit_auditlink SET position = %s WHERE position = %s", position - 1, position
        )
    assert f"record {log[4].pk} (position 4) does not follow" in complaint()


def test_a_record_put_in(log):
    columns = ", ".join(
        f'"{field.column}"' for field in AuditRecord._meta.concrete_fields if field.column != "id"
    )
    tamper(f"INSERT INTO audit_auditrecord({columns}) SELECT {columns} FROM audit_auditrecord WHERE id = %s",
           log[3].pk)  # fmt: skip
    if connection.vendor == "postgresql":  # the trigger was lifted when it was put in
        run("DELETE FROM audit_unlinked")
    loose = AuditRecord.objects.order_by("id").last()
    assert f"record {loose.pk} was put in past the chain" in complaint()


def test_two_records_swapped(log):
    for position, other in ((4, -1), (5, log[3].pk), (4, log[4].pk)):
        tamper(
            "UPDATE audit_auditlink SET record_id = %s WHERE position = %s",
            -4 if other == -1 else other, position,
        )  # fmt: skip
    assert f"record {log[4].pk} (position 4): its link is not the hash" in complaint()


def test_a_tail_that_was_cut(log):
    for table, column in (("audit_auditlink", "record_id"), ("audit_auditrecord", "id")):
        tamper(f"DELETE FROM {table} WHERE {column} >= %s", log[-2].pk)
    said = complaint()
    assert f"position {len(log) - 1} of the chain is missing, and all after it" in said
    assert f"a seal was made at position {len(log)}" in said


def test_a_forged_seal(log):
    tamper("UPDATE audit_auditseal SET sealed_at = '2020-01-01 00:00:00'")
    assert "is forged: its signature is not the console's" in complaint()


def test_a_seal_by_another_key(log, cluster):
    write(cluster)
    seal_head(key=Ed25519PrivateKey.generate())
    assert "which is none of those given" in complaint(status=2)


def test_a_seal_by_another_key_hides_no_bad_record(log):
    tamper("UPDATE audit_auditseal SET key_id = 'abc'")
    tamper("UPDATE audit_auditrecord SET reason = 'x' WHERE id >= %s", log[-1].pk)
    assert f"record {log[-1].pk}" in complaint()


def test_a_guard_that_is_gone_is_named(log):
    on = " ON audit_auditlink" if connection.vendor == "postgresql" else ""
    run(f"DROP TRIGGER new_audit_auditlink{on}")
    assert (
        "is what was written, but the database does not guard it: new_audit_auditlink"
        in complaint()
    )


def test_a_chain_made_anew_from_its_changed_place_is_another_than_the_sealed_one(log):
    tamper("UPDATE audit_auditseal SET hash = %s", "0" * 64)
    assert "is of another chain" in complaint()


def test_the_first_bad_record_is_named(log):
    tamper("UPDATE audit_auditrecord SET reason = 'x' WHERE id >= %s", log[2].pk)
    assert f"record {log[2].pk} (position 3)" in complaint()


def test_without_the_public_key_seals_can_not_be_checked(log, settings, tmp_path):
    settings.SIGNING_KEY_FILE = tmp_path / "elsewhere"
    assert "could not be checked" in complaint(status=2)
    assert "whole" in verify(public_key=[tmp_path / "signing.key.pub"])


def test_what_is_no_public_key_is_said(log, tmp_path):
    (tmp_path / "bad.pub").write_text("nonsense")
    assert "bad.pub is no public key" in complaint(status=2, public_key=[tmp_path / "bad.pub"])


def test_a_head_is_sealed_once(log, key):
    assert AuditSeal.objects.count() == 2
    assert seal_head(key=key) is None


def test_the_worker_seals_what_is_new(cluster, key):
    write(cluster)
    seal_audit_log()
    assert AuditSeal.objects.get().position == AuditLink.objects.count()


def test_without_a_key_the_worker_says_so_and_goes_on(cluster, settings, tmp_path, caplog):
    settings.SIGNING_KEY_FILE = tmp_path / "none"
    write(cluster)
    seal_audit_log()
    assert "the audit log is not sealed: There is no signing key" in caplog.text
    assert not AuditSeal.objects.exists()


def test_a_guard_of_that_name_that_does_nothing_is_named(log):
    if connection.vendor == "sqlite":
        run("DROP TRIGGER keep_audit_auditrecord_delete")
        run(
            "CREATE TRIGGER keep_audit_auditrecord_delete BEFORE DELETE ON audit_auditrecord"
            " WHEN 0 BEGIN SELECT 1; END"
        )
    else:
        run(
            "CREATE OR REPLACE FUNCTION keep_audit_auditrecord() RETURNS trigger"
            " LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$"
        )
    with pytest.raises(CommandError, match="does not guard it: keep_audit_auditrecord"):
        verify()


@pytest.mark.parametrize("hiding", ["search_text = ''", "size = 100000"])
def test_a_record_that_is_hidden_from_lists_or_the_search_is_named(hiding, log):
    tamper(f"UPDATE audit_auditrecord SET {hiding} WHERE id = %s", log[0].pk)
    with pytest.raises(CommandError, match=f"record {log[0].pk} .* is kept from lists") as error:
        verify()
    assert error.value.returncode == 1


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL's jsonb has no such number")
def test_a_record_that_holds_a_number_without_end_is_named(log):
    tamper("""UPDATE audit_auditrecord SET after = '{"weight": 1e999}' WHERE id = %s""", log[0].pk)
    with pytest.raises(CommandError, match=f"record {log[0].pk} .* was changed") as error:
        verify()
    assert error.value.returncode == 1


def test_a_file_with_a_place_without_end_could_not_be_checked(log, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"kind":"record","position":1e999}\n')
    with pytest.raises(CommandError) as error:
        verify(file=path)
    assert error.value.returncode == 2


def test_a_broken_line_of_an_export_is_not_passed_over(log, tmp_path):
    out = StringIO()
    call_command("audit", "export", stdout=out)
    connection.check_constraints()  # the export's own record is linked
    lines = out.getvalue().splitlines()
    lines[3] = lines[3][:-20]
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(CommandError, match="line 4 of the file is no JSON") as error:
        verify(from_file=path)
    assert error.value.returncode == 2
