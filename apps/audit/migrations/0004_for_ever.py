"""From here on the audit log only grows, and the database itself links what is written to it.

PostgreSQL links at commit, under a lock that is therefore the last one taken: no deadlock with the row
locks of services, and the chain's order is that of the commits. SQLite has one writer at a time.
"""

from django.db import migrations

TABLES = ("audit_auditrecord", "audit_auditlink", "audit_auditseal")
SAYS = "the audit log is never changed: it only grows"
LOCK = 0x6C76_7361  # "lvsa": the advisory lock of the chain's end

POSTGRESQL = f"""
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX audit_search_trigrams ON audit_auditrecord USING gin (search_text gin_trgm_ops);
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last audit_auditlink%ROWTYPE;
BEGIN
  PERFORM pg_advisory_xact_lock({LOCK});
  SELECT * INTO last FROM audit_auditlink ORDER BY position DESC LIMIT 1;
  INSERT INTO audit_auditlink (position, record_id, previous, hash) VALUES (
    coalesce(last.position, 0) + 1, NEW.id, coalesce(last.hash, ''),
    encode(sha256(convert_to(
      coalesce(last.hash, '') || ':' || NEW.digest || ':' || NEW.id, 'UTF8')), 'hex'));
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_link AFTER INSERT ON audit_auditrecord
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_link();
"""
POSTGRESQL_GUARD = """
CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER {table}_stays_whole BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
SQLITE = (
    "CREATE VIRTUAL TABLE audit_search USING fts5(text, content='', tokenize='trigram')",
    "INSERT INTO audit_search(rowid, text) SELECT id, search_text FROM audit_auditrecord",
    """CREATE TRIGGER audit_link AFTER INSERT ON audit_auditrecord BEGIN
    INSERT INTO audit_search(rowid, text) VALUES (NEW.id, NEW.search_text);
    INSERT INTO audit_auditlink (position, record_id, previous, hash)
    SELECT coalesce(max(position), 0) + 1, NEW.id,
        coalesce((SELECT hash FROM audit_auditlink ORDER BY position DESC LIMIT 1), ''),
        SHA256(coalesce((SELECT hash FROM audit_auditlink ORDER BY position DESC LIMIT 1), '')
            || ':' || NEW.digest || ':' || NEW.id)
    FROM audit_auditlink; END""",
)


def put_up(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL, params=None)
        for table in TABLES:
            schema_editor.execute(POSTGRESQL_GUARD.format(table=table), params=None)
        return
    for statement in SQLITE:
        schema_editor.execute(statement, params=None)
    for table in TABLES:
        for event in ("UPDATE", "DELETE"):
            schema_editor.execute(
                f"CREATE TRIGGER {table}_stays_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
            )


def take_down(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"DROP TRIGGER {table}_stays ON {table}")
            schema_editor.execute(f"DROP TRIGGER {table}_stays_whole ON {table}")
        schema_editor.execute("DROP TRIGGER audit_link ON audit_auditrecord")
        schema_editor.execute("DROP FUNCTION audit_link(); DROP FUNCTION audit_refuse()")
        schema_editor.execute("DROP INDEX audit_search_trigrams")
        return
    for table in TABLES:
        for event in ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER {table}_stays_{event}")
    schema_editor.execute("DROP TRIGGER audit_link")
    schema_editor.execute("DROP TABLE audit_search")


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_chain")]

    operations = [migrations.RunPython(put_up, take_down)]
