"""The chain of the audit log: made by the database, for ever, and every tampering is named."""

import json
import threading
from io import StringIO
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction

from apps.audit.canonical import FIELDS, digest_of, link_of, plain
from apps.audit.models import AuditLink, AuditRecord, AuditSeal
from apps.audit.services import record, seal_head
from apps.audit.verifying import Broken, verify
from apps.jobs.signing import create_signing_key, signing_key
from apps.jobs.tasks import seal_audit
from tests.factories import make_draft, make_service, make_user
from tests.guards import unguarded
from tests.services.records import count

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = ["audit_auditrecord", "audit_auditlink", "audit_auditseal"]


@pytest.fixture
def key(settings, tmp_path):
    settings.SIGNING_KEY_FILE = tmp_path / "signing.key"
    create_signing_key()
    return signing_key()


@pytest.fixture
def log(operator, cluster, key):
    """Some records, the first five of them sealed."""
    draft = make_draft(operator, cluster, make_service())
    seal_head(key=key)
    return make_draft(operator, cluster), draft


def check(key):
    return verify(key.public_key())


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def tamper(sql):
    """As somebody with all rights on the database, who lifts what guards it."""
    with unguarded():
        run(sql)


def test_every_record_has_its_place(log, key):
    found = check(key)
    assert found.records == count() == AuditLink.objects.count()
    assert found.seals == 1
    assert found.head == AuditLink.objects.order_by("-position").first().hash


def test_the_database_links_as_the_pure_function_does(log):
    previous = ""
    for link in AuditLink.objects.select_related("record"):
        assert link.hash == link_of(previous, link.record.digest, link.record_id)
        previous = link.hash


@pytest.mark.parametrize(
    "value",
    [
        {"b": 1, "a": [1.0, 2.5, -0.0, 1e20, 10**15, None, True, "ü\u2028"]},
        {"deep": {"z": {"y": [{"x": ""}]}}},
        [],
        "text",
        0,
    ],
)
def test_what_comes_back_has_the_digest_of_what_was_written(value, operator):
    with transaction.atomic():
        made = record(actor=operator, action="test", obj=operator, before=value, after=value)
    stored = AuditRecord.objects.get(pk=made.pk)
    assert digest_of({name: getattr(stored, name) for name in FIELDS}) == made.digest


def test_what_json_can_not_hold_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        plain({"weight": float("nan")})


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("sql", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses_to_change_or_drop_any_of_it(sql, table, log):
    if "TRUNCATE" in sql and connection.vendor == "sqlite":
        sql = "DELETE FROM {}"  # there is no other way in SQLite
    column = {"audit_auditrecord": "reason", "audit_auditlink": "hash", "audit_auditseal": "hash"}
    name = column[table]
    before = count()
    statement = sql.format(table, name, name)
    with pytest.raises(Error, match="never changed: it only grows"), transaction.atomic():
        run(statement)
    assert count() == before


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "UPDATE audit_auditrecord SET reason = 'nothing' WHERE id = {id}",
            "content is not what was",
        ),
        (
            "UPDATE audit_auditrecord SET actor_name = 'x' WHERE id = {id}",
            "content is not what was",
        ),
        ("UPDATE audit_auditrecord SET digest = 'x' WHERE id = {id}", "content is not what was"),
        ("UPDATE audit_auditlink SET hash = 'x' WHERE record_id = {id}", "hash is not that of"),
        ("UPDATE audit_auditlink SET previous = 'x' WHERE record_id = {id}", "does not follow"),
        ("DELETE FROM audit_auditlink WHERE record_id = {id}", "is missing: the chain goes on"),
    ],
)
def test_tampering_is_named_at_its_first_record(sql, says, log, key):
    victim = AuditRecord.objects.order_by("pk")[2]
    tamper(sql.format(id=victim.pk))
    with pytest.raises(Broken, match=says) as broken:
        check(key)
    assert str(victim.pk) in str(broken.value) or "Position 3" in str(broken.value)


def test_a_tail_that_is_cut_off_is_found_by_the_seal(log, key):
    seal_head(key=key)
    last = AuditLink.objects.order_by("-position").first()
    tamper(f"DELETE FROM audit_auditlink WHERE position = {last.position}")
    tamper(f"DELETE FROM audit_auditrecord WHERE id = {last.record_id}")
    with pytest.raises(Broken, match="its tail was cut off"):
        check(key)


def test_a_chain_that_was_made_anew_is_not_what_was_sealed(log, key):
    victim = AuditRecord.objects.order_by("pk").first()
    victim.reason = "nothing happened"
    digest = digest_of({name: getattr(victim, name) for name in FIELDS})
    tamper(
        f"UPDATE audit_auditrecord SET reason = '{victim.reason}', digest = '{digest}' WHERE id = {victim.pk}"
    )
    previous = ""
    for link in list(AuditLink.objects.select_related("record")):
        made = link_of(previous, link.record.digest, link.record_id)
        tamper(
            f"UPDATE audit_auditlink SET previous = '{previous}', hash = '{made}' "
            f"WHERE position = {link.position}"
        )
        previous = made
    with pytest.raises(Broken, match="it is not what was sealed"):
        check(key)


def test_a_seal_of_another_hand_is_no_seal(log, key):
    tamper("UPDATE audit_auditseal SET signature = '00'")
    with pytest.raises(Broken, match="is forged"):
        check(key)


def test_a_seal_by_another_key_is_no_seal(log, key):
    tamper("UPDATE audit_auditseal SET key_id = 'abc'")
    with pytest.raises(Broken, match="by another key"):
        check(key)


def test_a_record_without_a_place_is_found(log, key):
    last = AuditLink.objects.order_by("-position").first()
    tamper(f"DELETE FROM audit_auditlink WHERE position = {last.position}")
    with pytest.raises(Broken, match=f"Record {last.record_id} has no place"):
        check(key)


def test_the_command_says_so_and_ends_with_1(log, key):
    out = StringIO()
    call_command("audit", "verify", stdout=out)
    assert out.getvalue().startswith(f"The chain is whole: {count()} records, 1 seals, head ")
    victim = AuditRecord.objects.order_by("pk").first()
    tamper(f"UPDATE audit_auditrecord SET reason = 'x' WHERE id = {victim.pk}")
    with pytest.raises(CommandError, match=f"record {victim.pk}: its content") as refused:
        call_command("audit", "verify")
    assert refused.value.returncode == 1


def test_the_command_exports_and_says_that_it_did(log, key):
    out = StringIO()
    call_command("audit", "export", stdout=out)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[-1]["action"] == "audit.exported"
    for row, following in pairwise(rows):
        assert following["previous"] == row["hash"]


def test_the_worker_seals_only_what_is_new(key, operator):
    seal_audit()
    seal_audit()
    assert AuditSeal.objects.count() == 1
    make_user("viewer")
    seal_audit()
    assert AuditSeal.objects.count() == 2


def test_a_worker_without_its_key_says_so_and_goes_on(settings, tmp_path, operator, caplog):
    settings.SIGNING_KEY_FILE = tmp_path / "none"
    seal_audit()
    assert "is not sealed" in caplog.text


def test_what_is_rolled_back_leaves_no_gap(log, key):
    with pytest.raises(RuntimeError), transaction.atomic():
        make_user("viewer")
        raise RuntimeError
    make_user("viewer")
    assert check(key).records == count()


def test_many_at_once_make_one_line(key):
    """Each thread writes transactions of several records; on PostgreSQL they really run at once."""
    failed = []

    def write(number):
        try:
            for turn in range(8):
                with transaction.atomic():
                    make_user("viewer", f"t{number}-{turn}")
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert check(key).records == count() == 48
