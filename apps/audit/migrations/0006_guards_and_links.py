"""The database keeps the log: it refuses to change or delete, and links each record to the one before.

Why the links are made there, and when, is told in docs/adr/0009-the-database-chains-the-audit-log.md.
"""

from django.db import migrations

KEPT = (
    ("audit_auditrecord", "an audit record"),
    ("audit_auditlink", "a link of the audit chain"),
    ("audit_auditseal", "a seal of the audit chain"),
)
GENESIS = "0" * 64
NEW_ONES = (
    ("audit_auditrecord", "length(NEW.digest) <> 64",
     "an audit record carries the digest of its content"),
    ("audit_auditseal", "NOT EXISTS (SELECT 1 FROM audit_auditlink WHERE position = NEW.position"
     " AND hash = NEW.hash)", "a seal is of a link that there is"),
    ("audit_auditlink", "NEW.position <> COALESCE((SELECT MAX(position) FROM audit_auditlink), 0) + 1"
     " OR NEW.previous <> COALESCE((SELECT hash FROM audit_auditlink ORDER BY position DESC LIMIT 1),"
     f" '{GENESIS}')", "a link of the audit chain follows the last one"),
)  # fmt: skip
TAKEN = {
    "audit_auditlink": "position = NEW.position OR record_id = NEW.record_id",
    "audit_auditseal": "id = NEW.id OR position = NEW.position",
}
LOCK = 730_580_886_922  # any number that no other advisory lock of this database has

QUEUE_POSTGRESQL = """
CREATE FUNCTION audit_queue() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO audit_unlinked(record_id) VALUES (NEW.id);
    RETURN NULL;
END $$
"""
LINK_POSTGRESQL = f"""
CREATE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place bigint := 0;
    before text := '{GENESIS}';
    content text;
BEGIN
    PERFORM pg_advisory_xact_lock({LOCK});
    SELECT position, hash INTO place, before FROM audit_auditlink ORDER BY position DESC LIMIT 1;
    SELECT digest INTO STRICT content FROM audit_auditrecord WHERE id = NEW.record_id;
    place := COALESCE(place, 0);
    before := COALESCE(before, '{GENESIS}');
    INSERT INTO audit_auditlink(position, record_id, previous, hash) VALUES (
        place + 1, NEW.record_id, before,
        encode(sha256(convert_to(before || ':' || content || ':' || NEW.record_id, 'UTF8')), 'hex'));
    DELETE FROM audit_unlinked WHERE record_id = NEW.record_id;
    RETURN NULL;
END $$
"""
LINK_SQLITE = f"""
INSERT INTO audit_auditlink(position, record_id, previous, hash)
    SELECT place + 1, NEW.id, before, SHA256(before || ':' || NEW.digest || ':' || NEW.id) FROM (
        SELECT COALESCE(MAX(position), 0) AS place, COALESCE(
            (SELECT hash FROM audit_auditlink ORDER BY position DESC LIMIT 1), '{GENESIS}') AS before
        FROM audit_auditlink);
"""


def on_postgresql():
    for table, what in KEPT:
        yield (
            f"CREATE FUNCTION keep_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" RAISE EXCEPTION '{what} is never changed or deleted: % is refused', TG_OP"
            " USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        for event, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            yield (
                f"CREATE TRIGGER keep_{table}_{each.lower()} BEFORE {event} ON {table}"
                f" FOR EACH {each} EXECUTE FUNCTION keep_{table}()"
            )
    for table, wrong, says in NEW_ONES:
        yield (
            f"CREATE FUNCTION new_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {wrong}"
            f" THEN RAISE EXCEPTION '{says}' USING ERRCODE = 'integrity_constraint_violation';"
            " END IF; RETURN NEW; END $$"
        )
        yield (
            f"CREATE TRIGGER new_{table} BEFORE INSERT ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION new_{table}()"
        )
    yield "CREATE TABLE audit_unlinked (record_id bigint PRIMARY KEY)"  # empty after each commit
    yield QUEUE_POSTGRESQL
    yield LINK_POSTGRESQL
    for name, table in (("audit_queue", "audit_auditrecord"), ("audit_link", "audit_unlinked")):
        yield (
            f"CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
            f" FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


def on_sqlite():
    for table, what in KEPT:
        for event in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER keep_{table}_{event.lower()} BEFORE {event} ON {table} BEGIN"
                f" SELECT RAISE(ABORT, '{what} is never changed or deleted: {event} is refused'); END"
            )
    for table, wrong, says in NEW_ONES:
        yield (
            f"CREATE TRIGGER new_{table} BEFORE INSERT ON {table} BEGIN"
            f" SELECT RAISE(ABORT, '{says}') WHERE {wrong}; END"
        )
        # REPLACE deletes without firing triggers: a number that is taken stays taken.
        taken = TAKEN.get(table, "id = NEW.id")
        yield (
            f"CREATE TRIGGER once_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT,"
            f" 'what is in the audit log is never replaced') WHERE EXISTS (SELECT 1 FROM {table}"
            f" WHERE {taken}); END"
        )
    yield f"CREATE TRIGGER audit_link AFTER INSERT ON audit_auditrecord BEGIN {LINK_SQLITE} END"


def put_up(apps, schema_editor):
    chain_what_is_there(apps, schema_editor.connection)
    write = {"postgresql": on_postgresql, "sqlite": on_sqlite}[schema_editor.connection.vendor]
    for statement in write():
        schema_editor.execute(statement, params=None)


def chain_what_is_there(apps, connection):
    """In the order of their numbers."""
    from apps.audit.canonical import link_hash

    records, links = (
        apps.get_model("audit", name)._base_manager for name in ("AuditRecord", "AuditLink")
    )
    before, made = GENESIS, []
    rows = records.order_by("id").values_list("id", "digest").iterator(chunk_size=2000)
    for place, (record, digest) in enumerate(rows, start=1):
        hash_ = link_hash(before, digest, record)
        made.append(links.model(position=place, record_id=record, previous=before, hash=hash_))
        before = hash_
        if len(made) == 2000:
            links.bulk_create(made)
            made.clear()
    links.bulk_create(made)
    if connection.vendor == "postgresql":  # no ALTER or trigger goes with checks that wait
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def take_down(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in list(on_postgresql() if postgresql else on_sqlite())[::-1]:
        words = statement.split()
        kind, name = (words[2], words[3]) if words[1] == "CONSTRAINT" else (words[1], words[2])
        if kind == "TRIGGER" and postgresql:
            name += f" ON {words[words.index('ON') + 1]}"
        schema_editor.execute(f"DROP {kind} {name}")
    apps.get_model("audit", "AuditLink")._base_manager.all().delete()


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_search_index")]

    operations = [migrations.RunPython(put_up, take_down)]
